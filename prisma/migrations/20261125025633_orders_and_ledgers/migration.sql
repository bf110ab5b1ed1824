-- CreateEnum
CREATE TYPE "timer_kind" AS ENUM ('ACCEPT_REMINDER', 'ACCEPT_EXPIRY', 'COMPLETE_REMINDER', 'COMPLETE_OVERDUE');

-- CreateEnum
CREATE TYPE "notice_kind" AS ENUM ('ACCEPT_REMINDER', 'COMPLETE_REMINDER', 'COMPLETE_OVERDUE', 'ESCALATED_ATTEMPTS', 'ESCALATED_NO_CANDIDATE', 'PROGRAMME_LOW', 'PROGRAMME_EXHAUSTED');

-- CreateEnum
CREATE TYPE "programme_state" AS ENUM ('ACTIVE', 'SUSPENDED', 'CLOSED');

-- CreateEnum
CREATE TYPE "payer" AS ENUM ('PROGRAMME', 'RESIDENT', 'PROVIDER');

-- CreateEnum
CREATE TYPE "settlement_state" AS ENUM ('DRAFT', 'APPROVED', 'PAID', 'CANCELLED');

-- AlterEnum
-- This migration adds more than one value to an enum.
-- With PostgreSQL versions 11 and earlier, this is not possible
-- in a single migration. This can be worked around by creating
-- multiple migrations, each migration adding only one value to
-- the enum.


ALTER TYPE "account_kind" ADD VALUE 'PROGRAMME_FUND';
ALTER TYPE "account_kind" ADD VALUE 'PROVIDER_GIFT';
ALTER TYPE "account_kind" ADD VALUE 'PROVIDER_PAYOUT';
ALTER TYPE "account_kind" ADD VALUE 'COMMUNITY_RECOGNITION';
ALTER TYPE "account_kind" ADD VALUE 'RECOGNITION_HELD';

-- AlterEnum
ALTER TYPE "ledger_entry_kind" ADD VALUE 'PERIOD_CLOSED';

-- AlterEnum
-- This migration adds more than one value to an enum.
-- With PostgreSQL versions 11 and earlier, this is not possible
-- in a single migration. This can be worked around by creating
-- multiple migrations, each migration adding only one value to
-- the enum.


ALTER TYPE "ledger_unit" ADD VALUE 'VOLUNTEER_HOUR';
ALTER TYPE "ledger_unit" ADD VALUE 'POINT';

-- AlterTable
ALTER TABLE "accounts" ADD COLUMN     "overdraft" BOOLEAN NOT NULL DEFAULT true;

-- AlterTable
ALTER TABLE "areas" ADD COLUMN     "work_end_minute" INTEGER NOT NULL DEFAULT 1080,
ADD COLUMN     "work_start_minute" INTEGER NOT NULL DEFAULT 540;

-- AlterTable
ALTER TABLE "ledgers" ADD COLUMN     "closed_before" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "match_runs" ADD COLUMN     "heartbeat_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "orders" ADD COLUMN     "accept_remind_at" TIMESTAMPTZ(3),
ADD COLUMN     "complete_remind_at" TIMESTAMPTZ(3),
ADD COLUMN     "fulfilled_quantity" INTEGER;

-- AlterTable
ALTER TABLE "services" ADD COLUMN     "gift_fen" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "transfers" ADD COLUMN     "posted_amount" BIGINT,
ADD COLUMN     "programme_id" UUID,
ADD COLUMN     "reason" TEXT,
ADD COLUMN     "settlement_id" UUID;

-- CreateTable
CREATE TABLE "match_run_inputs" (
    "match_run_id" UUID NOT NULL,
    "content" BYTEA NOT NULL,

    CONSTRAINT "match_run_inputs_pkey" PRIMARY KEY ("match_run_id")
);

-- CreateTable
CREATE TABLE "calendar_days" (
    "area_id" UUID NOT NULL,
    "date" DATE NOT NULL,
    "working" BOOLEAN NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "calendar_days_pkey" PRIMARY KEY ("area_id","date")
);

-- CreateTable
CREATE TABLE "sla_terms" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "category_id" UUID,
    "urgency" INTEGER NOT NULL,
    "percent" INTEGER NOT NULL,
    "working_hours" BOOLEAN NOT NULL,
    "remind_at_percent" INTEGER NOT NULL DEFAULT 75,
    "escalate_after" INTEGER NOT NULL DEFAULT 3,

    CONSTRAINT "sla_terms_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "timers" (
    "order_id" UUID NOT NULL,
    "kind" "timer_kind" NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "failures" INTEGER NOT NULL DEFAULT 0,
    "failure" TEXT,

    CONSTRAINT "timers_pkey" PRIMARY KEY ("order_id","kind")
);

-- CreateTable
CREATE TABLE "notices" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "kind" "notice_kind" NOT NULL,
    "community_id" UUID,
    "provider_id" UUID,
    "need_id" UUID,
    "order_id" UUID,
    "programme_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "handled_at" TIMESTAMPTZ(3),
    "handled_by_id" UUID,
    "note" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "notices_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "funding_programmes" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "external_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "name_en" TEXT,
    "source" "funding_source" NOT NULL,
    "state" "programme_state" NOT NULL DEFAULT 'ACTIVE',
    "budget_fen" BIGINT NOT NULL,
    "reserved_fen" BIGINT NOT NULL DEFAULT 0,
    "spent_fen" BIGINT NOT NULL DEFAULT 0,
    "valid_from" TIMESTAMPTZ(3) NOT NULL,
    "valid_to" TIMESTAMPTZ(3) NOT NULL,
    "share_basis_points" INTEGER,
    "amount_per_unit_fen" INTEGER,
    "cap_per_resident_fen" BIGINT,
    "cap_per_provider_fen" BIGINT,
    "all_of" TEXT[],
    "any_of" TEXT[],
    "none_of" TEXT[],
    "minimum_age" INTEGER,
    "maximum_age" INTEGER,
    "priority" INTEGER NOT NULL DEFAULT 100,
    "low_percent" INTEGER NOT NULL DEFAULT 10,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "funding_programmes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "programme_categories" (
    "programme_id" UUID NOT NULL,
    "category_id" UUID NOT NULL,

    CONSTRAINT "programme_categories_pkey" PRIMARY KEY ("programme_id","category_id")
);

-- CreateTable
CREATE TABLE "programme_communities" (
    "programme_id" UUID NOT NULL,
    "community_id" UUID NOT NULL,

    CONSTRAINT "programme_communities_pkey" PRIMARY KEY ("programme_id","community_id")
);

-- CreateTable
CREATE TABLE "programme_usages" (
    "programme_id" UUID NOT NULL,
    "owner_id" UUID NOT NULL,
    "used_fen" BIGINT NOT NULL,
    "cap_fen" BIGINT,

    CONSTRAINT "programme_usages_pkey" PRIMARY KEY ("programme_id","owner_id")
);

-- CreateTable
CREATE TABLE "order_price_parts" (
    "order_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "payer" "payer" NOT NULL,
    "programme_id" UUID,
    "amount_fen" BIGINT NOT NULL,

    CONSTRAINT "order_price_parts_pkey" PRIMARY KEY ("order_id","position")
);

-- CreateTable
CREATE TABLE "settlements" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "programme_id" UUID NOT NULL,
    "provider_id" UUID NOT NULL,
    "period_from" TIMESTAMPTZ(3) NOT NULL,
    "period_to" TIMESTAMPTZ(3) NOT NULL,
    "state" "settlement_state" NOT NULL DEFAULT 'DRAFT',
    "total_fen" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by_id" UUID,
    "approved_at" TIMESTAMPTZ(3),
    "approved_by_id" UUID,
    "paid_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "settlements_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "settlement_lines" (
    "settlement_id" UUID NOT NULL,
    "transfer_id" UUID NOT NULL,
    "amount_fen" BIGINT NOT NULL,

    CONSTRAINT "settlement_lines_pkey" PRIMARY KEY ("settlement_id","transfer_id")
);

-- CreateTable
CREATE TABLE "ledger_periods" (
    "id" UUID NOT NULL,
    "ledger_id" UUID NOT NULL,
    "period_to" TIMESTAMPTZ(3) NOT NULL,
    "closing_seq" INTEGER NOT NULL,
    "closed_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_by_id" UUID,

    CONSTRAINT "ledger_periods_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ledger_period_balances" (
    "period_id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "debits_pending" BIGINT NOT NULL,
    "debits_posted" BIGINT NOT NULL,
    "credits_pending" BIGINT NOT NULL,
    "credits_posted" BIGINT NOT NULL,

    CONSTRAINT "ledger_period_balances_pkey" PRIMARY KEY ("period_id","account_id")
);

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "area_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "body_hash" TEXT NOT NULL,
    "answer_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("area_id","user_id","key")
);

-- CreateIndex
CREATE INDEX "sla_terms_category_id_idx" ON "sla_terms"("category_id");

-- CreateIndex
CREATE INDEX "timers_ended_at_due_at_idx" ON "timers"("ended_at", "due_at");

-- CreateIndex
CREATE INDEX "notices_community_id_handled_at_idx" ON "notices"("community_id", "handled_at");

-- CreateIndex
CREATE INDEX "notices_provider_id_handled_at_idx" ON "notices"("provider_id", "handled_at");

-- CreateIndex
CREATE INDEX "notices_need_id_idx" ON "notices"("need_id");

-- CreateIndex
CREATE INDEX "notices_order_id_idx" ON "notices"("order_id");

-- CreateIndex
CREATE INDEX "notices_programme_id_idx" ON "notices"("programme_id");

-- CreateIndex
CREATE UNIQUE INDEX "funding_programmes_area_id_external_id_key" ON "funding_programmes"("area_id", "external_id");

-- CreateIndex
CREATE INDEX "programme_categories_category_id_idx" ON "programme_categories"("category_id");

-- CreateIndex
CREATE INDEX "programme_communities_community_id_idx" ON "programme_communities"("community_id");

-- CreateIndex
CREATE INDEX "order_price_parts_programme_id_idx" ON "order_price_parts"("programme_id");

-- CreateIndex
CREATE INDEX "settlements_programme_id_idx" ON "settlements"("programme_id");

-- CreateIndex
CREATE INDEX "settlements_provider_id_period_from_idx" ON "settlements"("provider_id", "period_from");

-- CreateIndex
CREATE UNIQUE INDEX "settlement_lines_transfer_id_key" ON "settlement_lines"("transfer_id");

-- CreateIndex
CREATE UNIQUE INDEX "ledger_periods_ledger_id_period_to_key" ON "ledger_periods"("ledger_id", "period_to");

-- CreateIndex
CREATE INDEX "ledger_period_balances_account_id_idx" ON "ledger_period_balances"("account_id");

-- CreateIndex
CREATE INDEX "idempotency_keys_at_idx" ON "idempotency_keys"("at");

-- CreateIndex
CREATE INDEX "transfers_programme_id_idx" ON "transfers"("programme_id");

-- CreateIndex
CREATE INDEX "transfers_settlement_id_idx" ON "transfers"("settlement_id");

-- AddForeignKey
ALTER TABLE "match_run_inputs" ADD CONSTRAINT "match_run_inputs_match_run_id_fkey" FOREIGN KEY ("match_run_id") REFERENCES "match_runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_programme_id_fkey" FOREIGN KEY ("programme_id") REFERENCES "funding_programmes"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_settlement_id_fkey" FOREIGN KEY ("settlement_id") REFERENCES "settlements"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "calendar_days" ADD CONSTRAINT "calendar_days_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "areas"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sla_terms" ADD CONSTRAINT "sla_terms_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "areas"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sla_terms" ADD CONSTRAINT "sla_terms_category_id_fkey" FOREIGN KEY ("category_id") REFERENCES "categories"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "timers" ADD CONSTRAINT "timers_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notices" ADD CONSTRAINT "notices_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "areas"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notices" ADD CONSTRAINT "notices_community_id_fkey" FOREIGN KEY ("community_id") REFERENCES "communities"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notices" ADD CONSTRAINT "notices_provider_id_fkey" FOREIGN KEY ("provider_id") REFERENCES "providers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notices" ADD CONSTRAINT "notices_need_id_fkey" FOREIGN KEY ("need_id") REFERENCES "needs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notices" ADD CONSTRAINT "notices_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notices" ADD CONSTRAINT "notices_programme_id_fkey" FOREIGN KEY ("programme_id") REFERENCES "funding_programmes"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notices" ADD CONSTRAINT "notices_handled_by_id_fkey" FOREIGN KEY ("handled_by_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "funding_programmes" ADD CONSTRAINT "funding_programmes_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "areas"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "programme_categories" ADD CONSTRAINT "programme_categories_programme_id_fkey" FOREIGN KEY ("programme_id") REFERENCES "funding_programmes"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "programme_categories" ADD CONSTRAINT "programme_categories_category_id_fkey" FOREIGN KEY ("category_id") REFERENCES "categories"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "programme_communities" ADD CONSTRAINT "programme_communities_programme_id_fkey" FOREIGN KEY ("programme_id") REFERENCES "funding_programmes"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "programme_communities" ADD CONSTRAINT "programme_communities_community_id_fkey" FOREIGN KEY ("community_id") REFERENCES "communities"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "programme_usages" ADD CONSTRAINT "programme_usages_programme_id_fkey" FOREIGN KEY ("programme_id") REFERENCES "funding_programmes"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_price_parts" ADD CONSTRAINT "order_price_parts_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_price_parts" ADD CONSTRAINT "order_price_parts_programme_id_fkey" FOREIGN KEY ("programme_id") REFERENCES "funding_programmes"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "settlements" ADD CONSTRAINT "settlements_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "areas"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "settlements" ADD CONSTRAINT "settlements_programme_id_fkey" FOREIGN KEY ("programme_id") REFERENCES "funding_programmes"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "settlements" ADD CONSTRAINT "settlements_provider_id_fkey" FOREIGN KEY ("provider_id") REFERENCES "providers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "settlement_lines" ADD CONSTRAINT "settlement_lines_settlement_id_fkey" FOREIGN KEY ("settlement_id") REFERENCES "settlements"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "settlement_lines" ADD CONSTRAINT "settlement_lines_transfer_id_fkey" FOREIGN KEY ("transfer_id") REFERENCES "transfers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ledger_periods" ADD CONSTRAINT "ledger_periods_ledger_id_fkey" FOREIGN KEY ("ledger_id") REFERENCES "ledgers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ledger_period_balances" ADD CONSTRAINT "ledger_period_balances_period_id_fkey" FOREIGN KEY ("period_id") REFERENCES "ledger_periods"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ledger_period_balances" ADD CONSTRAINT "ledger_period_balances_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
