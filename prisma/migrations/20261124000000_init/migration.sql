-- CreateEnum
CREATE TYPE "room_class" AS ENUM ('ADMINISTRATIVE', 'SELF_GOVERNING', 'SOCIAL');

-- CreateEnum
CREATE TYPE "service_unit" AS ENUM ('VISIT', 'MEAL', 'HOUR', 'CASE', 'ITEM');

-- CreateEnum
CREATE TYPE "provider_kind" AS ENUM ('GOVERNMENT', 'SELF_GOVERNING', 'SOCIAL');

-- CreateEnum
CREATE TYPE "provider_admission" AS ENUM ('APPLIED', 'ADMITTED', 'SUSPENDED');

-- CreateEnum
CREATE TYPE "service_nature" AS ENUM ('SELF_GOVERNANCE', 'COMMERCIAL', 'PUBLIC_BENEFIT', 'DERIVED');

-- CreateEnum
CREATE TYPE "service_status" AS ENUM ('DRAFT', 'PUBLISHED', 'WITHDRAWN');

-- CreateEnum
CREATE TYPE "capacity_period" AS ENUM ('DAY', 'WEEK', 'MONTH', 'OPEN');

-- CreateEnum
CREATE TYPE "funding_source" AS ENUM ('GOVERNMENT_PURCHASE', 'PROJECT_SUBSIDY', 'PROJECT_AWARD', 'CIVIL_AFFAIRS_GRANT', 'VOLUNTEER');

-- CreateEnum
CREATE TYPE "gender" AS ENUM ('FEMALE', 'MALE', 'UNKNOWN');

-- CreateEnum
CREATE TYPE "channel" AS ENUM ('APP', 'WECHAT', 'OPINION_BOX', 'MEETING', 'GRID_VISIT', 'HOTLINE', 'WELFARE_WATCH', 'IMPORT');

-- CreateEnum
CREATE TYPE "need_state" AS ENUM ('OPEN', 'OFFERED', 'MATCHED', 'FULFILLED', 'CLOSED', 'UNMET', 'WITHDRAWN');

-- CreateEnum
CREATE TYPE "category_source" AS ENUM ('STATED', 'TEXT');

-- CreateEnum
CREATE TYPE "preference_kind" AS ENUM ('PREFER', 'EXCLUDE');

-- CreateEnum
CREATE TYPE "match_policy" AS ENUM ('OPTIMAL', 'EQUITABLE', 'CHOICE');

-- CreateEnum
CREATE TYPE "match_run_state" AS ENUM ('RUNNING', 'COMPLETED', 'FAILED');

-- CreateEnum
CREATE TYPE "order_state" AS ENUM ('DISPATCHED', 'ACCEPTED', 'IN_SERVICE', 'FULFILLED', 'CONFIRMED', 'DECLINED', 'EXPIRED', 'CANCELLED', 'DISPUTED');

-- CreateEnum
CREATE TYPE "dispatch_mode" AS ENUM ('MATCH_RUN', 'STAFF', 'RESIDENT_CHOICE', 'REDISPATCH');

-- CreateEnum
CREATE TYPE "ledger_entry_kind" AS ENUM ('NEED_REGISTERED', 'NEED_WITHDRAWN', 'SERVICE_PUBLISHED', 'SERVICE_WITHDRAWN', 'ORDER_EVENT', 'APPRAISAL', 'TRANSFER');

-- CreateEnum
CREATE TYPE "account_kind" AS ENUM ('PROVIDER_SUPPLY', 'COMMUNITY_RECEIPT', 'RESIDENT_PAYMENT', 'PROVIDER_INCOME');

-- CreateEnum
CREATE TYPE "ledger_unit" AS ENUM ('FEN', 'VISIT', 'MEAL', 'HOUR', 'CASE', 'ITEM');

-- CreateEnum
CREATE TYPE "transfer_state" AS ENUM ('PENDING', 'POSTED', 'VOIDED');

-- CreateEnum
CREATE TYPE "role" AS ENUM ('RESIDENT', 'PROVIDER_STAFF', 'GRID_WORKER', 'COMMUNITY_STAFF', 'ANALYST', 'AREA_ADMIN', 'AUDITOR');

-- CreateTable
CREATE TABLE "areas" (
    "id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "name_en" TEXT,
    "utc_offset_minutes" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "areas_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "communities" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "external_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "name_en" TEXT,
    "population" INTEGER NOT NULL,
    "latitude" DOUBLE PRECISION NOT NULL,
    "longitude" DOUBLE PRECISION NOT NULL,
    "office_address" TEXT,
    "office_phone" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "communities_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "categories" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "parent_id" UUID,
    "name" TEXT NOT NULL,
    "name_en" TEXT,
    "room_class" "room_class" NOT NULL,
    "unit" "service_unit" NOT NULL,
    "accept_within_hours" INTEGER NOT NULL,
    "complete_within_hours" INTEGER NOT NULL,
    "synonyms" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "categories_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "providers" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "external_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "name_en" TEXT,
    "kind" "provider_kind" NOT NULL,
    "admission" "provider_admission" NOT NULL DEFAULT 'ADMITTED',
    "description" TEXT NOT NULL DEFAULT '',
    "phone" TEXT,
    "email" TEXT,
    "address" TEXT,
    "latitude" DOUBLE PRECISION,
    "longitude" DOUBLE PRECISION,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "providers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "services" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "provider_id" UUID NOT NULL,
    "external_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "name_en" TEXT,
    "description" TEXT NOT NULL DEFAULT '',
    "nature" "service_nature" NOT NULL,
    "status" "service_status" NOT NULL DEFAULT 'PUBLISHED',
    "keywords" TEXT[],
    "radius_metres" INTEGER,
    "places" INTEGER,
    "capacity_period" "capacity_period" NOT NULL DEFAULT 'OPEN',
    "valid_from" TIMESTAMPTZ(3),
    "valid_to" TIMESTAMPTZ(3),
    "appraisal_count" INTEGER NOT NULL DEFAULT 0,
    "appraisal_sum" INTEGER NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 1,
    "published_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "services_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "service_categories" (
    "service_id" UUID NOT NULL,
    "category_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,

    CONSTRAINT "service_categories_pkey" PRIMARY KEY ("service_id","category_id")
);

-- CreateTable
CREATE TABLE "service_locations" (
    "id" UUID NOT NULL,
    "service_id" UUID NOT NULL,
    "name" TEXT,
    "address" TEXT,
    "latitude" DOUBLE PRECISION NOT NULL,
    "longitude" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "service_locations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "service_areas" (
    "service_id" UUID NOT NULL,
    "community_id" UUID NOT NULL,

    CONSTRAINT "service_areas_pkey" PRIMARY KEY ("service_id","community_id")
);

-- CreateTable
CREATE TABLE "schedule_windows" (
    "id" UUID NOT NULL,
    "service_id" UUID NOT NULL,
    "day" INTEGER NOT NULL,
    "start_minute" INTEGER NOT NULL,
    "end_minute" INTEGER NOT NULL,

    CONSTRAINT "schedule_windows_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "schedule_exceptions" (
    "id" UUID NOT NULL,
    "service_id" UUID NOT NULL,
    "date" DATE NOT NULL,
    "start_minute" INTEGER,
    "end_minute" INTEGER,

    CONSTRAINT "schedule_exceptions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "eligibility_rules" (
    "service_id" UUID NOT NULL,
    "all_of" TEXT[],
    "any_of" TEXT[],
    "none_of" TEXT[],
    "minimum_age" INTEGER,
    "maximum_age" INTEGER,

    CONSTRAINT "eligibility_rules_pkey" PRIMARY KEY ("service_id")
);

-- CreateTable
CREATE TABLE "cost_options" (
    "id" UUID NOT NULL,
    "service_id" UUID NOT NULL,
    "option" TEXT NOT NULL DEFAULT 'standard',
    "amount_fen" INTEGER NOT NULL,
    "unit" "service_unit" NOT NULL,

    CONSTRAINT "cost_options_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "service_funding" (
    "service_id" UUID NOT NULL,
    "source" "funding_source" NOT NULL,

    CONSTRAINT "service_funding_pkey" PRIMARY KEY ("service_id","source")
);

-- CreateTable
CREATE TABLE "service_capacities" (
    "id" UUID NOT NULL,
    "service_id" UUID NOT NULL,
    "period_start" DATE NOT NULL,
    "places" INTEGER NOT NULL,
    "reserved" INTEGER NOT NULL DEFAULT 0,
    "consumed" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "service_capacities_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "residents" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "community_id" UUID NOT NULL,
    "external_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "birth_date" DATE,
    "gender" "gender" NOT NULL DEFAULT 'UNKNOWN',
    "phone" TEXT,
    "address" TEXT,
    "latitude" DOUBLE PRECISION,
    "longitude" DOUBLE PRECISION,
    "attributes" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "residents_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "need_transitions" (
    "from_state" "need_state" NOT NULL,
    "to_state" "need_state" NOT NULL,

    CONSTRAINT "need_transitions_pkey" PRIMARY KEY ("from_state","to_state")
);

-- CreateTable
CREATE TABLE "needs" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "community_id" UUID NOT NULL,
    "resident_id" UUID,
    "category_id" UUID NOT NULL,
    "category_source" "category_source" NOT NULL DEFAULT 'STATED',
    "external_id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "channel" "channel" NOT NULL,
    "urgency" INTEGER NOT NULL DEFAULT 3,
    "quantity" INTEGER NOT NULL DEFAULT 1,
    "state" "need_state" NOT NULL DEFAULT 'OPEN',
    "unmet_reason" TEXT,
    "registered_at" TIMESTAMPTZ(3) NOT NULL,
    "earliest_at" TIMESTAMPTZ(3),
    "deadline_at" TIMESTAMPTZ(3),
    "preferred_windows" JSONB NOT NULL DEFAULT '[]',
    "maximum_price_fen" INTEGER,
    "latitude" DOUBLE PRECISION,
    "longitude" DOUBLE PRECISION,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "needs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "need_preferences" (
    "id" UUID NOT NULL,
    "need_id" UUID NOT NULL,
    "kind" "preference_kind" NOT NULL,
    "provider_id" UUID,
    "service_id" UUID,
    "nature" "service_nature",

    CONSTRAINT "need_preferences_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "scoring_profiles" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "weights" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "scoring_profiles_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "match_runs" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "profile_id" UUID NOT NULL,
    "policy" "match_policy" NOT NULL,
    "state" "match_run_state" NOT NULL DEFAULT 'RUNNING',
    "parameters" JSONB NOT NULL,
    "input_digest" TEXT,
    "needs" INTEGER NOT NULL DEFAULT 0,
    "services" INTEGER NOT NULL DEFAULT 0,
    "matched" INTEGER NOT NULL DEFAULT 0,
    "dispatched" INTEGER NOT NULL DEFAULT 0,
    "unmet" INTEGER NOT NULL DEFAULT 0,
    "total_score" BIGINT NOT NULL DEFAULT 0,
    "failure" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    "actor_id" UUID,

    CONSTRAINT "match_runs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "match_outcomes" (
    "id" UUID NOT NULL,
    "match_run_id" UUID NOT NULL,
    "need_id" UUID NOT NULL,
    "passed" INTEGER NOT NULL,
    "removed" JSONB NOT NULL,
    "nearest_miss" JSONB,
    "unmet_reason" TEXT,
    "current" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "match_outcomes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "candidates" (
    "id" UUID NOT NULL,
    "match_run_id" UUID NOT NULL,
    "need_id" UUID NOT NULL,
    "service_id" UUID NOT NULL,
    "rank" INTEGER NOT NULL,
    "score" INTEGER NOT NULL,
    "distance_metres" INTEGER,
    "factors" JSONB NOT NULL,
    "assigned" BOOLEAN NOT NULL DEFAULT false,
    "current" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "candidates_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "order_transitions" (
    "from_state" "order_state" NOT NULL,
    "to_state" "order_state" NOT NULL,

    CONSTRAINT "order_transitions_pkey" PRIMARY KEY ("from_state","to_state")
);

-- CreateTable
CREATE TABLE "orders" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "need_id" UUID NOT NULL,
    "service_id" UUID NOT NULL,
    "provider_id" UUID NOT NULL,
    "community_id" UUID NOT NULL,
    "category_id" UUID NOT NULL,
    "match_run_id" UUID,
    "candidate_id" UUID,
    "capacity_id" UUID,
    "mode" "dispatch_mode" NOT NULL,
    "attempt" INTEGER NOT NULL DEFAULT 1,
    "state" "order_state" NOT NULL DEFAULT 'DISPATCHED',
    "quantity" INTEGER NOT NULL,
    "unit" "service_unit" NOT NULL,
    "unit_price_fen" INTEGER NOT NULL,
    "accept_by" TIMESTAMPTZ(3) NOT NULL,
    "complete_by" TIMESTAMPTZ(3) NOT NULL,
    "dispatched_at" TIMESTAMPTZ(3) NOT NULL,
    "accepted_at" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3),
    "fulfilled_at" TIMESTAMPTZ(3),
    "confirmed_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "orders_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "order_events" (
    "id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "from_state" "order_state",
    "to_state" "order_state" NOT NULL,
    "actor_id" UUID,
    "actor_role" TEXT NOT NULL,
    "reason" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "order_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "appraisals" (
    "id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "mark" INTEGER NOT NULL,
    "resolved" BOOLEAN NOT NULL,
    "comment" TEXT NOT NULL DEFAULT '',
    "actor_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "appraisals_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ledgers" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "community_id" UUID,
    "category_id" UUID NOT NULL,
    "last_seq" INTEGER NOT NULL DEFAULT 0,
    "last_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ledgers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ledger_entries" (
    "id" UUID NOT NULL,
    "ledger_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "kind" "ledger_entry_kind" NOT NULL,
    "subject_id" UUID NOT NULL,
    "actor_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "body" JSONB NOT NULL,
    "prev_hash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "ledger_entries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "accounts" (
    "id" UUID NOT NULL,
    "ledger_id" UUID NOT NULL,
    "kind" "account_kind" NOT NULL,
    "owner_id" UUID NOT NULL,
    "unit" "ledger_unit" NOT NULL,
    "debits_pending" BIGINT NOT NULL DEFAULT 0,
    "debits_posted" BIGINT NOT NULL DEFAULT 0,
    "credits_pending" BIGINT NOT NULL DEFAULT 0,
    "credits_posted" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "accounts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "transfers" (
    "id" UUID NOT NULL,
    "ledger_id" UUID NOT NULL,
    "debit_account_id" UUID NOT NULL,
    "credit_account_id" UUID NOT NULL,
    "amount" BIGINT NOT NULL,
    "unit" "ledger_unit" NOT NULL,
    "state" "transfer_state" NOT NULL,
    "order_id" UUID,
    "reverses_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "resolved_at" TIMESTAMPTZ(3),

    CONSTRAINT "transfers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "subject" TEXT NOT NULL,
    "display_name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "role_grants" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "role" "role" NOT NULL,
    "community_id" UUID,
    "provider_id" UUID,
    "resident_id" UUID,

    CONSTRAINT "role_grants_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "areas_code_key" ON "areas"("code");

-- CreateIndex
CREATE UNIQUE INDEX "communities_area_id_external_id_key" ON "communities"("area_id", "external_id");

-- CreateIndex
CREATE INDEX "categories_parent_id_idx" ON "categories"("parent_id");

-- CreateIndex
CREATE UNIQUE INDEX "categories_area_id_code_key" ON "categories"("area_id", "code");

-- CreateIndex
CREATE UNIQUE INDEX "providers_area_id_external_id_key" ON "providers"("area_id", "external_id");

-- CreateIndex
CREATE INDEX "services_provider_id_id_idx" ON "services"("provider_id", "id");

-- CreateIndex
CREATE INDEX "services_status_id_idx" ON "services"("status", "id");

-- CreateIndex
CREATE UNIQUE INDEX "services_area_id_external_id_key" ON "services"("area_id", "external_id");

-- CreateIndex
CREATE INDEX "service_categories_category_id_idx" ON "service_categories"("category_id");

-- CreateIndex
CREATE INDEX "service_locations_service_id_idx" ON "service_locations"("service_id");

-- CreateIndex
CREATE INDEX "service_areas_community_id_idx" ON "service_areas"("community_id");

-- CreateIndex
CREATE INDEX "schedule_windows_service_id_idx" ON "schedule_windows"("service_id");

-- CreateIndex
CREATE INDEX "schedule_exceptions_service_id_date_idx" ON "schedule_exceptions"("service_id", "date");

-- CreateIndex
CREATE UNIQUE INDEX "cost_options_service_id_option_key" ON "cost_options"("service_id", "option");

-- CreateIndex
CREATE UNIQUE INDEX "service_capacities_service_id_period_start_key" ON "service_capacities"("service_id", "period_start");

-- CreateIndex
CREATE INDEX "residents_community_id_id_idx" ON "residents"("community_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "residents_area_id_external_id_key" ON "residents"("area_id", "external_id");

-- CreateIndex
CREATE INDEX "needs_state_urgency_id_idx" ON "needs"("state", "urgency", "id");

-- CreateIndex
CREATE INDEX "needs_community_id_category_id_registered_at_idx" ON "needs"("community_id", "category_id", "registered_at");

-- CreateIndex
CREATE INDEX "needs_category_id_state_idx" ON "needs"("category_id", "state");

-- CreateIndex
CREATE INDEX "needs_resident_id_idx" ON "needs"("resident_id");

-- CreateIndex
CREATE UNIQUE INDEX "needs_area_id_external_id_key" ON "needs"("area_id", "external_id");

-- CreateIndex
CREATE INDEX "need_preferences_need_id_idx" ON "need_preferences"("need_id");

-- CreateIndex
CREATE INDEX "need_preferences_provider_id_idx" ON "need_preferences"("provider_id");

-- CreateIndex
CREATE INDEX "need_preferences_service_id_idx" ON "need_preferences"("service_id");

-- CreateIndex
CREATE UNIQUE INDEX "scoring_profiles_area_id_name_version_key" ON "scoring_profiles"("area_id", "name", "version");

-- CreateIndex
CREATE INDEX "match_runs_area_id_started_at_idx" ON "match_runs"("area_id", "started_at");

-- CreateIndex
CREATE INDEX "match_outcomes_need_id_id_idx" ON "match_outcomes"("need_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "match_outcomes_match_run_id_need_id_key" ON "match_outcomes"("match_run_id", "need_id");

-- CreateIndex
CREATE INDEX "candidates_need_id_match_run_id_rank_idx" ON "candidates"("need_id", "match_run_id", "rank");

-- CreateIndex
CREATE INDEX "candidates_service_id_idx" ON "candidates"("service_id");

-- CreateIndex
CREATE UNIQUE INDEX "candidates_match_run_id_need_id_service_id_key" ON "candidates"("match_run_id", "need_id", "service_id");

-- CreateIndex
CREATE INDEX "orders_need_id_attempt_idx" ON "orders"("need_id", "attempt");

-- CreateIndex
CREATE INDEX "orders_provider_id_state_id_idx" ON "orders"("provider_id", "state", "id");

-- CreateIndex
CREATE INDEX "orders_community_id_category_id_dispatched_at_idx" ON "orders"("community_id", "category_id", "dispatched_at");

-- CreateIndex
CREATE INDEX "orders_service_id_idx" ON "orders"("service_id");

-- CreateIndex
CREATE INDEX "orders_match_run_id_idx" ON "orders"("match_run_id");

-- CreateIndex
CREATE INDEX "orders_candidate_id_idx" ON "orders"("candidate_id");

-- CreateIndex
CREATE INDEX "orders_capacity_id_idx" ON "orders"("capacity_id");

-- CreateIndex
CREATE INDEX "orders_state_accept_by_idx" ON "orders"("state", "accept_by");

-- CreateIndex
CREATE UNIQUE INDEX "order_events_order_id_seq_key" ON "order_events"("order_id", "seq");

-- CreateIndex
CREATE UNIQUE INDEX "appraisals_order_id_key" ON "appraisals"("order_id");

-- CreateIndex
CREATE INDEX "ledgers_community_id_category_id_idx" ON "ledgers"("community_id", "category_id");

-- CreateIndex
CREATE INDEX "ledgers_category_id_idx" ON "ledgers"("category_id");

-- CreateIndex
CREATE INDEX "ledger_entries_subject_id_idx" ON "ledger_entries"("subject_id");

-- CreateIndex
CREATE UNIQUE INDEX "ledger_entries_ledger_id_seq_key" ON "ledger_entries"("ledger_id", "seq");

-- CreateIndex
CREATE UNIQUE INDEX "accounts_ledger_id_kind_owner_id_unit_key" ON "accounts"("ledger_id", "kind", "owner_id", "unit");

-- CreateIndex
CREATE UNIQUE INDEX "transfers_reverses_id_key" ON "transfers"("reverses_id");

-- CreateIndex
CREATE INDEX "transfers_order_id_idx" ON "transfers"("order_id");

-- CreateIndex
CREATE INDEX "transfers_debit_account_id_idx" ON "transfers"("debit_account_id");

-- CreateIndex
CREATE INDEX "transfers_credit_account_id_idx" ON "transfers"("credit_account_id");

-- CreateIndex
CREATE INDEX "transfers_ledger_id_state_idx" ON "transfers"("ledger_id", "state");

-- CreateIndex
CREATE UNIQUE INDEX "users_area_id_subject_key" ON "users"("area_id", "subject");

-- CreateIndex
CREATE INDEX "role_grants_user_id_idx" ON "role_grants"("user_id");

-- CreateIndex
CREATE INDEX "role_grants_community_id_idx" ON "role_grants"("community_id");

-- CreateIndex
CREATE INDEX "role_grants_provider_id_idx" ON "role_grants"("provider_id");

-- CreateIndex
CREATE INDEX "role_grants_resident_id_idx" ON "role_grants"("resident_id");

-- AddForeignKey
ALTER TABLE "communities" ADD CONSTRAINT "communities_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "areas"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "categories" ADD CONSTRAINT "categories_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "areas"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "categories" ADD CONSTRAINT "categories_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "categories"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "providers" ADD CONSTRAINT "providers_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "areas"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "services" ADD CONSTRAINT "services_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "areas"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "services" ADD CONSTRAINT "services_provider_id_fkey" FOREIGN KEY ("provider_id") REFERENCES "providers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "service_categories" ADD CONSTRAINT "service_categories_service_id_fkey" FOREIGN KEY ("service_id") REFERENCES "services"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "service_categories" ADD CONSTRAINT "service_categories_category_id_fkey" FOREIGN KEY ("category_id") REFERENCES "categories"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "service_locations" ADD CONSTRAINT "service_locations_service_id_fkey" FOREIGN KEY ("service_id") REFERENCES "services"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "service_areas" ADD CONSTRAINT "service_areas_service_id_fkey" FOREIGN KEY ("service_id") REFERENCES "services"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "service_areas" ADD CONSTRAINT "service_areas_community_id_fkey" FOREIGN KEY ("community_id") REFERENCES "communities"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "schedule_windows" ADD CONSTRAINT "schedule_windows_service_id_fkey" FOREIGN KEY ("service_id") REFERENCES "services"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "schedule_exceptions" ADD CONSTRAINT "schedule_exceptions_service_id_fkey" FOREIGN KEY ("service_id") REFERENCES "services"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "eligibility_rules" ADD CONSTRAINT "eligibility_rules_service_id_fkey" FOREIGN KEY ("service_id") REFERENCES "services"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cost_options" ADD CONSTRAINT "cost_options_service_id_fkey" FOREIGN KEY ("service_id") REFERENCES "services"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "service_funding" ADD CONSTRAINT "service_funding_service_id_fkey" FOREIGN KEY ("service_id") REFERENCES "services"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "service_capacities" ADD CONSTRAINT "service_capacities_service_id_fkey" FOREIGN KEY ("service_id") REFERENCES "services"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "residents" ADD CONSTRAINT "residents_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "areas"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "residents" ADD CONSTRAINT "residents_community_id_fkey" FOREIGN KEY ("community_id") REFERENCES "communities"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "needs" ADD CONSTRAINT "needs_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "areas"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "needs" ADD CONSTRAINT "needs_community_id_fkey" FOREIGN KEY ("community_id") REFERENCES "communities"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "needs" ADD CONSTRAINT "needs_resident_id_fkey" FOREIGN KEY ("resident_id") REFERENCES "residents"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "needs" ADD CONSTRAINT "needs_category_id_fkey" FOREIGN KEY ("category_id") REFERENCES "categories"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "need_preferences" ADD CONSTRAINT "need_preferences_need_id_fkey" FOREIGN KEY ("need_id") REFERENCES "needs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "need_preferences" ADD CONSTRAINT "need_preferences_provider_id_fkey" FOREIGN KEY ("provider_id") REFERENCES "providers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "need_preferences" ADD CONSTRAINT "need_preferences_service_id_fkey" FOREIGN KEY ("service_id") REFERENCES "services"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "scoring_profiles" ADD CONSTRAINT "scoring_profiles_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "areas"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "match_runs" ADD CONSTRAINT "match_runs_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "areas"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "match_runs" ADD CONSTRAINT "match_runs_profile_id_fkey" FOREIGN KEY ("profile_id") REFERENCES "scoring_profiles"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "match_runs" ADD CONSTRAINT "match_runs_actor_id_fkey" FOREIGN KEY ("actor_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "match_outcomes" ADD CONSTRAINT "match_outcomes_match_run_id_fkey" FOREIGN KEY ("match_run_id") REFERENCES "match_runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "match_outcomes" ADD CONSTRAINT "match_outcomes_need_id_fkey" FOREIGN KEY ("need_id") REFERENCES "needs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "candidates" ADD CONSTRAINT "candidates_match_run_id_fkey" FOREIGN KEY ("match_run_id") REFERENCES "match_runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "candidates" ADD CONSTRAINT "candidates_need_id_fkey" FOREIGN KEY ("need_id") REFERENCES "needs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "candidates" ADD CONSTRAINT "candidates_service_id_fkey" FOREIGN KEY ("service_id") REFERENCES "services"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "areas"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_need_id_fkey" FOREIGN KEY ("need_id") REFERENCES "needs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_service_id_fkey" FOREIGN KEY ("service_id") REFERENCES "services"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_provider_id_fkey" FOREIGN KEY ("provider_id") REFERENCES "providers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_community_id_fkey" FOREIGN KEY ("community_id") REFERENCES "communities"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_category_id_fkey" FOREIGN KEY ("category_id") REFERENCES "categories"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_match_run_id_fkey" FOREIGN KEY ("match_run_id") REFERENCES "match_runs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_candidate_id_fkey" FOREIGN KEY ("candidate_id") REFERENCES "candidates"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_capacity_id_fkey" FOREIGN KEY ("capacity_id") REFERENCES "service_capacities"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_events" ADD CONSTRAINT "order_events_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_events" ADD CONSTRAINT "order_events_actor_id_fkey" FOREIGN KEY ("actor_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "appraisals" ADD CONSTRAINT "appraisals_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "appraisals" ADD CONSTRAINT "appraisals_actor_id_fkey" FOREIGN KEY ("actor_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ledgers" ADD CONSTRAINT "ledgers_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "areas"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ledgers" ADD CONSTRAINT "ledgers_community_id_fkey" FOREIGN KEY ("community_id") REFERENCES "communities"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ledgers" ADD CONSTRAINT "ledgers_category_id_fkey" FOREIGN KEY ("category_id") REFERENCES "categories"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ledger_entries" ADD CONSTRAINT "ledger_entries_ledger_id_fkey" FOREIGN KEY ("ledger_id") REFERENCES "ledgers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_ledger_id_fkey" FOREIGN KEY ("ledger_id") REFERENCES "ledgers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_ledger_id_fkey" FOREIGN KEY ("ledger_id") REFERENCES "ledgers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_debit_account_id_fkey" FOREIGN KEY ("debit_account_id") REFERENCES "accounts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_credit_account_id_fkey" FOREIGN KEY ("credit_account_id") REFERENCES "accounts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_reverses_id_fkey" FOREIGN KEY ("reverses_id") REFERENCES "transfers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "users" ADD CONSTRAINT "users_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "areas"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_grants" ADD CONSTRAINT "role_grants_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_grants" ADD CONSTRAINT "role_grants_community_id_fkey" FOREIGN KEY ("community_id") REFERENCES "communities"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_grants" ADD CONSTRAINT "role_grants_provider_id_fkey" FOREIGN KEY ("provider_id") REFERENCES "providers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_grants" ADD CONSTRAINT "role_grants_resident_id_fkey" FOREIGN KEY ("resident_id") REFERENCES "residents"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
