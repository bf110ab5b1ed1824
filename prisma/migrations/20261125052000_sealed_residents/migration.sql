-- AlterTable
ALTER TABLE "residents" ADD COLUMN     "identity_number" TEXT,
ADD COLUMN     "identity_number_index" TEXT,
ADD COLUMN     "is_sealed" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "name_index" TEXT,
ADD COLUMN     "phone_index" TEXT;

-- CreateTable
CREATE TABLE "resident_keys" (
    "resident_id" UUID NOT NULL,
    "key_id" TEXT NOT NULL,
    "wrapped" TEXT NOT NULL,

    CONSTRAINT "resident_keys_pkey" PRIMARY KEY ("resident_id")
);

-- CreateTable
CREATE TABLE "resident_reveals" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "resident_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "fields" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "purpose" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "resident_reveals_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "resident_keys_key_id_idx" ON "resident_keys"("key_id");

-- CreateIndex
CREATE INDEX "resident_reveals_resident_id_idx" ON "resident_reveals"("resident_id");

-- CreateIndex
CREATE INDEX "resident_reveals_until_idx" ON "resident_reveals"("until");

-- CreateIndex
CREATE INDEX "residents_area_id_name_index_idx" ON "residents"("area_id", "name_index");

-- CreateIndex
CREATE INDEX "residents_area_id_phone_index_idx" ON "residents"("area_id", "phone_index");

-- CreateIndex
CREATE INDEX "residents_area_id_identity_number_index_idx" ON "residents"("area_id", "identity_number_index");

-- CreateIndex
CREATE INDEX "residents_is_sealed_idx" ON "residents"("is_sealed");

-- AddForeignKey
ALTER TABLE "resident_keys" ADD CONSTRAINT "resident_keys_resident_id_fkey" FOREIGN KEY ("resident_id") REFERENCES "residents"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "resident_reveals" ADD CONSTRAINT "resident_reveals_resident_id_fkey" FOREIGN KEY ("resident_id") REFERENCES "residents"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What is sealed has an index to be found by; an attribute list that is sealed is one text.
ALTER TABLE residents
  ADD CONSTRAINT residents_sealed_check CHECK (NOT is_sealed OR cardinality(attributes) <= 1);
ALTER TABLE resident_reveals
  ADD CONSTRAINT resident_reveals_values_check CHECK (cardinality(fields) > 0 AND purpose <> '' AND until > at);

CREATE TRIGGER resident_reveals_unchanged BEFORE UPDATE ON resident_reveals
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
