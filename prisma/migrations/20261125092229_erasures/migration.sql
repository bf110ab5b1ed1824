-- AlterTable
ALTER TABLE "residents" ADD COLUMN     "erased_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "resident_erasures" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "resident_id" UUID NOT NULL,
    "actor_id" UUID,
    "purpose" TEXT NOT NULL,
    "withdrawn" INTEGER NOT NULL,
    "cancelled" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "resident_erasures_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "resident_erasures_resident_id_key" ON "resident_erasures"("resident_id");

-- AddForeignKey
ALTER TABLE "resident_erasures" ADD CONSTRAINT "resident_erasures_resident_id_fkey" FOREIGN KEY ("resident_id") REFERENCES "residents"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What was erased stays erased -------------------------------------------------------------------------------------------
-- SQLSTATEs LD015: a resident who was erased changes; LD016: gets a key; LD017: gets a need.

ALTER TABLE residents
  ADD CONSTRAINT residents_erased_check CHECK (erased_at IS NULL OR (
    name = '' AND is_sealed AND cardinality(attributes) = 0
    AND num_nonnulls(birth_date, phone, address, identity_number, latitude, longitude, name_index, phone_index, identity_number_index) = 0));

CREATE FUNCTION guard_erased_resident() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'resident %: was erased', OLD.id USING ERRCODE = 'LD015';
END $$;

CREATE TRIGGER residents_erased BEFORE UPDATE ON residents
  FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL) EXECUTE FUNCTION guard_erased_resident();

CREATE FUNCTION guard_resident_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM residents WHERE id = NEW.resident_id AND erased_at IS NOT NULL) THEN
    RAISE EXCEPTION 'resident %: was erased and gets no key', NEW.resident_id USING ERRCODE = 'LD016';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER resident_keys_guard BEFORE INSERT OR UPDATE ON resident_keys
  FOR EACH ROW EXECUTE FUNCTION guard_resident_key();

-- The lock waits for an erasure that is under way, and then sees it.
CREATE FUNCTION guard_need_of_resident() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  erased timestamptz;
BEGIN
  SELECT erased_at INTO erased FROM residents WHERE id = NEW.resident_id FOR KEY SHARE;
  IF erased IS NOT NULL THEN
    RAISE EXCEPTION 'resident %: was erased and has no further needs', NEW.resident_id USING ERRCODE = 'LD017';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER needs_of_resident BEFORE INSERT ON needs
  FOR EACH ROW WHEN (NEW.resident_id IS NOT NULL) EXECUTE FUNCTION guard_need_of_resident();
CREATE TRIGGER needs_to_resident BEFORE UPDATE ON needs
  FOR EACH ROW WHEN (NEW.resident_id IS NOT NULL AND NEW.resident_id IS DISTINCT FROM OLD.resident_id) EXECUTE FUNCTION guard_need_of_resident();

CREATE TRIGGER resident_erasures_append_only BEFORE UPDATE OR DELETE ON resident_erasures
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER resident_erasures_no_truncate BEFORE TRUNCATE ON resident_erasures
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
