-- CreateEnum
CREATE TYPE "legal_basis" AS ENUM ('CONSENT', 'CONTRACT', 'STATUTORY_DUTY', 'EMERGENCY');

-- CreateEnum
CREATE TYPE "consent_purpose" AS ENUM ('HEALTH_ATTRIBUTES', 'SHARING_WITH_PROVIDERS', 'FOLLOW_UP_CONTACT');

-- CreateEnum
CREATE TYPE "consent_manner" AS ENUM ('SELF', 'PAPER', 'SPOKEN');

-- AlterTable
ALTER TABLE "residents" ADD COLUMN     "basis" "legal_basis" NOT NULL DEFAULT 'STATUTORY_DUTY';

-- CreateTable
CREATE TABLE "consent_records" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "resident_id" UUID NOT NULL,
    "purpose" "consent_purpose" NOT NULL,
    "given" BOOLEAN NOT NULL,
    "manner" "consent_manner" NOT NULL,
    "actor_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "consent_records_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "consent_records_resident_id_purpose_at_id_idx" ON "consent_records"("resident_id", "purpose", "at", "id");

-- AddForeignKey
ALTER TABLE "consent_records" ADD CONSTRAINT "consent_records_resident_id_fkey" FOREIGN KEY ("resident_id") REFERENCES "residents"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What was said stays said; the latest record for a purpose holds.
CREATE TRIGGER consent_records_append_only BEFORE UPDATE OR DELETE ON consent_records
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consent_records_no_truncate BEFORE TRUNCATE ON consent_records
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
