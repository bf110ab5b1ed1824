-- AlterTable
ALTER TABLE "role_grants" ADD COLUMN     "until" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "caregivings" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "resident_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "named_at" TIMESTAMPTZ(3) NOT NULL,
    "named_by_id" UUID,
    "note" TEXT,
    "until" TIMESTAMPTZ(3),
    "accepted_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "ended_by_id" UUID,

    CONSTRAINT "caregivings_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "caregivings_resident_id_idx" ON "caregivings"("resident_id");

-- CreateIndex
CREATE INDEX "caregivings_user_id_idx" ON "caregivings"("user_id");

-- AddForeignKey
ALTER TABLE "caregivings" ADD CONSTRAINT "caregivings_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "areas"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "caregivings" ADD CONSTRAINT "caregivings_resident_id_fkey" FOREIGN KEY ("resident_id") REFERENCES "residents"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "caregivings" ADD CONSTRAINT "caregivings_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "caregivings" ADD CONSTRAINT "caregivings_named_by_fkey" FOREIGN KEY ("named_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "caregivings" ADD CONSTRAINT "caregivings_ended_by_fkey" FOREIGN KEY ("ended_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- A caregiver's grant is over a resident and may run out; what else a grant names is as before -----------------------------

ALTER TABLE role_grants
  DROP CONSTRAINT role_grants_scope_check,
  ADD CONSTRAINT role_grants_scope_check CHECK (
    num_nonnulls(community_id, provider_id, resident_id)
      = CASE WHEN role IN ('ANALYST', 'AREA_ADMIN', 'AUDITOR') THEN 0 ELSE 1 END
    AND CASE role
      WHEN 'RESIDENT' THEN resident_id IS NOT NULL
      WHEN 'CAREGIVER' THEN resident_id IS NOT NULL
      WHEN 'PROVIDER_STAFF' THEN provider_id IS NOT NULL
      WHEN 'GRID_WORKER' THEN community_id IS NOT NULL
      WHEN 'COMMUNITY_STAFF' THEN community_id IS NOT NULL
      ELSE TRUE
    END),
  ADD CONSTRAINT role_grants_until_check CHECK (until IS NULL OR role = 'CAREGIVER');

-- Caregivings go one way: named, accepted, ended. SQLSTATE LD014: one that does not. LD013: it is over something of another area.

CREATE UNIQUE INDEX caregivings_once_key ON caregivings (resident_id, user_id) WHERE ended_at IS NULL;

CREATE FUNCTION guard_caregiving() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.accepted_at IS NOT NULL OR NEW.ended_at IS NOT NULL OR NEW.ended_by_id IS NOT NULL THEN
      RAISE EXCEPTION 'caregiving %: begins neither accepted nor ended', NEW.id USING ERRCODE = 'LD014';
    END IF;
    IF NOT EXISTS (SELECT FROM users WHERE id = NEW.user_id AND area_id = NEW.area_id)
      OR NOT EXISTS (SELECT FROM residents WHERE id = NEW.resident_id AND area_id = NEW.area_id)
    THEN
      RAISE EXCEPTION 'caregiving %: is over something of another area', NEW.id USING ERRCODE = 'LD013';
    END IF;
  ELSIF (NEW.id, NEW.area_id, NEW.resident_id, NEW.user_id, NEW.named_at, NEW.named_by_id, NEW.until)
      IS DISTINCT FROM (OLD.id, OLD.area_id, OLD.resident_id, OLD.user_id, OLD.named_at, OLD.named_by_id, OLD.until)
    OR NEW.note IS DISTINCT FROM OLD.note AND NEW.note IS NOT NULL
    OR OLD.accepted_at IS DISTINCT FROM NEW.accepted_at AND (OLD.accepted_at IS NOT NULL OR OLD.ended_at IS NOT NULL)
    OR OLD.ended_at IS NOT NULL AND (NEW.ended_at, NEW.ended_by_id) IS DISTINCT FROM (OLD.ended_at, OLD.ended_by_id)
  THEN
    RAISE EXCEPTION 'caregiving %: is accepted once, ended once and not changed otherwise', OLD.id USING ERRCODE = 'LD014';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER caregivings_guard BEFORE INSERT OR UPDATE ON caregivings
  FOR EACH ROW EXECUTE FUNCTION guard_caregiving();
