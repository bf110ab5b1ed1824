-- What must never break of timers, price and funding, settlement, periods and keys, kept by the database itself.
-- Further SQLSTATEs: LD006 (a closed period), LD007 (settlements), LD008 (price and programmes), LD009 (timers and notices).

-- 1. Values -----------------------------------------------------------------------------------------------------------

ALTER TABLE areas
  ADD CONSTRAINT areas_work_check CHECK (0 <= work_start_minute AND work_start_minute < work_end_minute AND work_end_minute <= 1440);

ALTER TABLE services
  ADD CONSTRAINT services_gift_check CHECK (gift_fen >= 0);

ALTER TABLE sla_terms
  ADD CONSTRAINT sla_terms_check CHECK (urgency BETWEEN 1 AND 4 AND percent BETWEEN 1 AND 1000
    AND remind_at_percent BETWEEN 1 AND 99 AND escalate_after BETWEEN 1 AND 20);
CREATE UNIQUE INDEX sla_terms_once_key ON sla_terms (area_id, COALESCE(category_id, '00000000-0000-0000-0000-000000000000'), urgency);

ALTER TABLE funding_programmes
  ADD CONSTRAINT funding_programmes_budget_check
    CHECK (budget_fen > 0 AND reserved_fen >= 0 AND spent_fen >= 0 AND reserved_fen + spent_fen <= budget_fen),
  ADD CONSTRAINT funding_programmes_share_check CHECK (num_nonnulls(share_basis_points, amount_per_unit_fen) = 1
    AND COALESCE(share_basis_points, 1) BETWEEN 1 AND 10000 AND COALESCE(amount_per_unit_fen, 1) > 0),
  ADD CONSTRAINT funding_programmes_term_check CHECK (valid_from < valid_to),
  ADD CONSTRAINT funding_programmes_cap_check CHECK (cap_per_resident_fen > 0 AND cap_per_provider_fen > 0),
  ADD CONSTRAINT funding_programmes_age_check
    CHECK (minimum_age >= 0 AND maximum_age <= 150 AND (minimum_age IS NULL OR maximum_age IS NULL OR minimum_age <= maximum_age)),
  ADD CONSTRAINT funding_programmes_low_check CHECK (low_percent BETWEEN 0 AND 100);

ALTER TABLE programme_usages
  ADD CONSTRAINT programme_usages_cap_check CHECK (used_fen >= 0 AND used_fen <= cap_fen);

ALTER TABLE order_price_parts
  ADD CONSTRAINT order_price_parts_check CHECK (position > 0 AND amount_fen > 0 AND (payer = 'PROGRAMME') = (programme_id IS NOT NULL));

ALTER TABLE settlements
  ADD CONSTRAINT settlements_check CHECK (period_from < period_to AND total_fen >= 0
    AND (state NOT IN ('APPROVED', 'PAID') OR approved_at IS NOT NULL) AND (state = 'PAID') = (paid_at IS NOT NULL)),
  ADD CONSTRAINT settlements_created_by_fkey FOREIGN KEY (created_by_id) REFERENCES users (id) ON DELETE RESTRICT,
  ADD CONSTRAINT settlements_approved_by_fkey FOREIGN KEY (approved_by_id) REFERENCES users (id) ON DELETE RESTRICT;

ALTER TABLE settlement_lines
  ADD CONSTRAINT settlement_lines_check CHECK (amount_fen > 0);

ALTER TABLE ledger_periods
  ADD CONSTRAINT ledger_periods_check CHECK (period_to <= closed_at AND closing_seq >= 0),
  ADD CONSTRAINT ledger_periods_closed_by_fkey FOREIGN KEY (closed_by_id) REFERENCES users (id) ON DELETE RESTRICT;

ALTER TABLE idempotency_keys
  ADD CONSTRAINT idempotency_keys_check CHECK (length(key) BETWEEN 1 AND 200 AND length(body_hash) = 64);

ALTER TABLE notices
  ADD CONSTRAINT notices_handled_check CHECK (handled_at IS NOT NULL OR num_nonnulls(handled_by_id, note) = 0);

-- 2. Units served: those ordered, unless fewer are said; capacity is consumed by those served --------------------------

ALTER TABLE orders DISABLE TRIGGER USER;
UPDATE orders SET fulfilled_quantity = quantity WHERE state IN ('FULFILLED', 'CONFIRMED', 'DISPUTED') OR fulfilled_at IS NOT NULL;
ALTER TABLE orders ENABLE TRIGGER USER;

ALTER TABLE orders
  ADD CONSTRAINT orders_fulfilled_check CHECK (fulfilled_quantity BETWEEN 1 AND quantity
    AND (state NOT IN ('FULFILLED', 'CONFIRMED', 'DISPUTED') OR fulfilled_quantity IS NOT NULL)),
  ADD CONSTRAINT orders_remind_check CHECK (accept_remind_at <= accept_by AND complete_remind_at <= complete_by);

CREATE FUNCTION keep_fulfilled_quantity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state = 'FULFILLED' AND OLD.state = 'IN_SERVICE' THEN
    NEW.fulfilled_quantity := COALESCE(NEW.fulfilled_quantity, NEW.quantity);
  ELSIF NEW.fulfilled_quantity IS DISTINCT FROM OLD.fulfilled_quantity THEN
    RAISE EXCEPTION 'order %: what was served is said when it is fulfilled', OLD.id USING ERRCODE = 'LD001';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER orders_fulfilled_quantity BEFORE UPDATE ON orders
  FOR EACH ROW EXECUTE FUNCTION keep_fulfilled_quantity();

CREATE OR REPLACE FUNCTION move_service_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM service_capacities WHERE id IN (SELECT capacity_id FROM new_orders) ORDER BY id FOR NO KEY UPDATE;
  IF TG_OP = 'INSERT' THEN
    UPDATE service_capacities SET reserved = service_capacities.reserved + moved.quantity
    FROM (SELECT capacity_id, sum(quantity)::int AS quantity FROM new_orders GROUP BY capacity_id) AS moved
    WHERE service_capacities.id = moved.capacity_id;
  ELSE
    UPDATE service_capacities SET reserved = service_capacities.reserved - moved.released,
      consumed = service_capacities.consumed + moved.consumed
    FROM (
      SELECT n.capacity_id, sum(n.quantity)::int AS released,
        COALESCE(sum(n.fulfilled_quantity) FILTER (WHERE n.state = 'FULFILLED'), 0)::int AS consumed
      FROM new_orders n JOIN old_orders o ON o.id = n.id
      WHERE n.state <> o.state AND o.state IN ('DISPATCHED', 'ACCEPTED', 'IN_SERVICE')
        AND n.state NOT IN ('DISPATCHED', 'ACCEPTED', 'IN_SERVICE')
      GROUP BY n.capacity_id
    ) AS moved
    WHERE service_capacities.id = moved.capacity_id;
  END IF;
  RETURN NULL;
END $$;

-- 3. Timers: they come with the orders and end with what they wait for, so that none is lost ----------------------------

CREATE FUNCTION make_order_timers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO timers (order_id, kind, due_at)
  SELECT id, timer.kind, timer.due_at
  FROM new_orders CROSS JOIN LATERAL (VALUES
    ('ACCEPT_REMINDER'::timer_kind, accept_remind_at), ('ACCEPT_EXPIRY', accept_by),
    ('COMPLETE_REMINDER', complete_remind_at), ('COMPLETE_OVERDUE', complete_by)
  ) AS timer (kind, due_at)
  WHERE timer.due_at IS NOT NULL;
  RETURN NULL;
END $$;

CREATE TRIGGER orders_timers AFTER INSERT ON orders
  REFERENCING NEW TABLE AS new_orders FOR EACH STATEMENT EXECUTE FUNCTION make_order_timers();

-- Orders that were there before timers were.
INSERT INTO timers (order_id, kind, due_at)
SELECT id, 'ACCEPT_EXPIRY'::timer_kind, accept_by FROM orders WHERE state = 'DISPATCHED'
UNION ALL
SELECT id, 'COMPLETE_OVERDUE', complete_by FROM orders WHERE state IN ('DISPATCHED', 'ACCEPTED', 'IN_SERVICE');

CREATE FUNCTION end_order_timers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE timers SET ended_at = clock_timestamp()
  FROM new_orders n JOIN old_orders o ON o.id = n.id
  WHERE timers.order_id = n.id AND timers.ended_at IS NULL AND n.state <> o.state
    AND CASE
      WHEN timers.kind IN ('ACCEPT_REMINDER', 'ACCEPT_EXPIRY') THEN n.state <> 'DISPATCHED'
      ELSE n.state NOT IN ('DISPATCHED', 'ACCEPTED', 'IN_SERVICE')
    END;
  RETURN NULL;
END $$;

CREATE TRIGGER orders_timers_end AFTER UPDATE ON orders
  REFERENCING OLD TABLE AS old_orders NEW TABLE AS new_orders FOR EACH STATEMENT EXECUTE FUNCTION end_order_timers();

CREATE FUNCTION guard_timer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL
    OR (NEW.order_id, NEW.kind, NEW.due_at) IS DISTINCT FROM (OLD.order_id, OLD.kind, OLD.due_at)
    OR NEW.failures < OLD.failures
  THEN
    RAISE EXCEPTION 'timer % of order %: % refused', OLD.kind, OLD.order_id, TG_OP USING ERRCODE = 'LD009';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER timers_guard BEFORE UPDATE OR DELETE ON timers
  FOR EACH ROW EXECUTE FUNCTION guard_timer();
CREATE TRIGGER timers_no_truncate BEFORE TRUNCATE ON timers
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- 4. Notices: one of a kind for an order; one open of a kind for a need or a programme ----------------------------------

CREATE UNIQUE INDEX notices_once_per_order ON notices (order_id, kind) WHERE order_id IS NOT NULL;
CREATE UNIQUE INDEX notices_open_per_need ON notices (need_id, kind) WHERE order_id IS NULL AND need_id IS NOT NULL AND handled_at IS NULL;
CREATE UNIQUE INDEX notices_open_per_programme ON notices (programme_id, kind) WHERE programme_id IS NOT NULL AND handled_at IS NULL;

CREATE FUNCTION guard_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.handled_at IS NOT NULL
    OR (NEW.id, NEW.area_id, NEW.kind, NEW.community_id, NEW.provider_id, NEW.need_id, NEW.order_id, NEW.programme_id, NEW.at)
      IS DISTINCT FROM
       (OLD.id, OLD.area_id, OLD.kind, OLD.community_id, OLD.provider_id, OLD.need_id, OLD.order_id, OLD.programme_id, OLD.at)
  THEN
    RAISE EXCEPTION 'notice %: is handled once and not changed otherwise', OLD.id USING ERRCODE = 'LD009';
  END IF;
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;

CREATE TRIGGER notices_guard BEFORE UPDATE OR DELETE ON notices
  FOR EACH ROW EXECUTE FUNCTION guard_notice();

-- 5. Transfers: posted in whole or in part, the rest voided; what they name does not change -----------------------------

ALTER TABLE transfers DISABLE TRIGGER USER;
UPDATE transfers SET posted_amount = amount WHERE state = 'POSTED';
ALTER TABLE transfers ENABLE TRIGGER USER;

ALTER TABLE transfers
  ADD CONSTRAINT transfers_posted_check CHECK ((state = 'POSTED') = (posted_amount IS NOT NULL) AND posted_amount BETWEEN 1 AND amount);

CREATE OR REPLACE FUNCTION guard_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state = 'POSTED' THEN
    NEW.posted_amount := COALESCE(NEW.posted_amount, NEW.amount);
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF OLD.state <> 'PENDING' OR NEW.state = 'PENDING'
      OR (NEW.id, NEW.ledger_id, NEW.debit_account_id, NEW.credit_account_id, NEW.amount, NEW.unit, NEW.order_id, NEW.reverses_id,
          NEW.programme_id, NEW.settlement_id, NEW.reason, NEW.created_at)
        IS DISTINCT FROM
         (OLD.id, OLD.ledger_id, OLD.debit_account_id, OLD.credit_account_id, OLD.amount, OLD.unit, OLD.order_id, OLD.reverses_id,
          OLD.programme_id, OLD.settlement_id, OLD.reason, OLD.created_at)
    THEN
      RAISE EXCEPTION 'transfer %: a % transfer does not change so', OLD.id, OLD.state USING ERRCODE = 'LD004';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.state = 'VOIDED' OR NEW.posted_amount < NEW.amount THEN
    RAISE EXCEPTION 'transfer %: begins PENDING or wholly POSTED', NEW.id USING ERRCODE = 'LD004';
  END IF;
  IF (SELECT count(*) FROM accounts
      WHERE id IN (NEW.debit_account_id, NEW.credit_account_id) AND ledger_id = NEW.ledger_id AND unit = NEW.unit) <> 2
  THEN
    RAISE EXCEPTION 'transfer %: its accounts are not of its ledger and unit', NEW.id USING ERRCODE = 'LD004';
  END IF;
  IF NEW.order_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM orders o JOIN ledgers l ON l.id = NEW.ledger_id
    WHERE o.id = NEW.order_id AND (l.area_id, l.community_id, l.category_id) = (o.area_id, o.community_id, o.category_id)
  ) THEN
    RAISE EXCEPTION 'transfer %: its order is not of its ledger', NEW.id USING ERRCODE = 'LD004';
  END IF;
  IF NEW.programme_id IS NOT NULL AND (NEW.order_id IS NULL OR NEW.unit <> 'FEN') THEN
    RAISE EXCEPTION 'transfer %: a programme pays fen for orders only', NEW.id USING ERRCODE = 'LD004';
  END IF;
  IF NEW.reverses_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM transfers t
    WHERE t.id = NEW.reverses_id AND t.state = 'POSTED' AND t.posted_amount >= NEW.amount AND t.reverses_id IS NULL
      AND NEW.state = 'POSTED' AND t.programme_id IS NOT DISTINCT FROM NEW.programme_id
      AND (t.debit_account_id, t.credit_account_id) = (NEW.credit_account_id, NEW.debit_account_id)
  ) THEN
    RAISE EXCEPTION 'transfer %: reverses nothing that was posted the other way', NEW.id USING ERRCODE = 'LD004';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION balance_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM accounts
    WHERE id IN (SELECT debit_account_id FROM new_transfers UNION SELECT credit_account_id FROM new_transfers)
    ORDER BY ledger_id, kind = 'COMMUNITY_RECEIPT' DESC, id FOR NO KEY UPDATE;
  UPDATE accounts SET
    debits_pending = accounts.debits_pending + moved.debits_pending, debits_posted = accounts.debits_posted + moved.debits_posted,
    credits_pending = accounts.credits_pending + moved.credits_pending, credits_posted = accounts.credits_posted + moved.credits_posted
  FROM (
    SELECT side.account_id,
      COALESCE(sum(pending) FILTER (WHERE is_debit), 0)::bigint AS debits_pending,
      COALESCE(sum(posted) FILTER (WHERE is_debit), 0)::bigint AS debits_posted,
      COALESCE(sum(pending) FILTER (WHERE NOT is_debit), 0)::bigint AS credits_pending,
      COALESCE(sum(posted) FILTER (WHERE NOT is_debit), 0)::bigint AS credits_posted
    FROM (
      SELECT debit_account_id, credit_account_id,
        CASE WHEN TG_OP = 'UPDATE' THEN -amount WHEN state = 'PENDING' THEN amount ELSE 0 END AS pending,
        COALESCE(posted_amount, 0) AS posted
      FROM new_transfers
    ) AS change
    CROSS JOIN LATERAL (VALUES (debit_account_id, true), (credit_account_id, false)) AS side (account_id, is_debit)
    GROUP BY side.account_id
  ) AS moved
  WHERE accounts.id = moved.account_id;
  RETURN NULL;
END $$;

-- 6. Accounts that hold something cannot be debited beyond it -----------------------------------------------------------

ALTER TABLE accounts DISABLE TRIGGER USER;
UPDATE accounts SET overdraft = kind::text NOT IN ('PROVIDER_INCOME', 'RECOGNITION_HELD');
ALTER TABLE accounts ENABLE TRIGGER USER;

ALTER TABLE accounts
  ADD CONSTRAINT accounts_never_overdrawn CHECK (overdraft OR credits_posted >= debits_posted + debits_pending);

CREATE OR REPLACE FUNCTION guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF (NEW.debits_pending, NEW.debits_posted, NEW.credits_pending, NEW.credits_posted) <> (0, 0, 0, 0) THEN
      RAISE EXCEPTION 'account %: begins empty', NEW.id USING ERRCODE = 'LD004';
    END IF;
    NEW.overdraft := NEW.kind NOT IN ('PROVIDER_INCOME', 'RECOGNITION_HELD');
  ELSIF TG_OP = 'DELETE' OR pg_trigger_depth() < 2
    OR (NEW.id, NEW.ledger_id, NEW.kind, NEW.owner_id, NEW.unit, NEW.overdraft)
      IS DISTINCT FROM (OLD.id, OLD.ledger_id, OLD.kind, OLD.owner_id, OLD.unit, OLD.overdraft)
  THEN
    RAISE EXCEPTION 'account %: changes by its transfers only', OLD.id USING ERRCODE = 'LD004';
  END IF;
  RETURN NEW;
END $$;

-- 7. Price: its parts are fixed at dispatch and add up -------------------------------------------------------------------

INSERT INTO order_price_parts (order_id, position, payer, amount_fen)
SELECT id, 1, 'RESIDENT'::payer, quantity::bigint * unit_price_fen FROM orders WHERE unit_price_fen > 0;

CREATE TRIGGER order_price_parts_append_only BEFORE UPDATE OR DELETE ON order_price_parts
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER order_price_parts_no_truncate BEFORE TRUNCATE ON order_price_parts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_price_at_commit(checked_id uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  price bigint;
  parts bigint;
BEGIN
  SELECT quantity::bigint * unit_price_fen INTO price FROM orders WHERE id = checked_id;
  SELECT COALESCE(sum(amount_fen), 0) INTO parts FROM order_price_parts WHERE order_id = checked_id;
  IF price <> parts THEN
    RAISE EXCEPTION 'order %: the parts of its price are % fen of %', checked_id, parts, price USING ERRCODE = 'LD008';
  END IF;
END $$;

CREATE FUNCTION check_priced_order_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_price_at_commit(NEW.id);
  RETURN NULL;
END $$;
CREATE FUNCTION check_price_part_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_price_at_commit(NEW.order_id);
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER orders_price_at_commit AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.unit_price_fen > 0) EXECUTE FUNCTION check_priced_order_at_commit();
CREATE CONSTRAINT TRIGGER order_price_parts_at_commit AFTER INSERT ON order_price_parts DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION check_price_part_at_commit();

-- 8. Programmes: reserved and spent move with the transfers that they pay, never above the budget or a cap ---------------

CREATE FUNCTION move_programme_budget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM new_transfers WHERE programme_id IS NOT NULL) THEN
    RETURN NULL;
  END IF;
  PERFORM FROM funding_programmes WHERE id IN (SELECT programme_id FROM new_transfers) ORDER BY id FOR NO KEY UPDATE;
  WITH move AS (
    SELECT programme_id, order_id,
      CASE WHEN TG_OP = 'UPDATE' THEN -amount WHEN state = 'PENDING' THEN amount ELSE 0 END AS reserved,
      CASE WHEN reverses_id IS NULL THEN COALESCE(posted_amount, 0) ELSE -posted_amount END AS spent
    FROM new_transfers WHERE programme_id IS NOT NULL
  ), budget AS (
    UPDATE funding_programmes SET reserved_fen = reserved_fen + moved.reserved, spent_fen = spent_fen + moved.spent
    FROM (SELECT programme_id, sum(reserved)::bigint AS reserved, sum(spent)::bigint AS spent FROM move GROUP BY programme_id) AS moved
    WHERE id = moved.programme_id
  )
  INSERT INTO programme_usages AS kept (programme_id, owner_id, used_fen, cap_fen)
  SELECT move.programme_id, owner.id, sum(reserved + spent)::bigint, min(owner.cap_fen)
  FROM move JOIN orders ON orders.id = order_id JOIN needs ON needs.id = need_id
    JOIN funding_programmes programme ON programme.id = move.programme_id
    CROSS JOIN LATERAL (VALUES
      (needs.resident_id, programme.cap_per_resident_fen), (orders.provider_id, programme.cap_per_provider_fen)
    ) AS owner (id, cap_fen)
  WHERE owner.id IS NOT NULL
  GROUP BY move.programme_id, owner.id
  ORDER BY move.programme_id, owner.id
  -- What is given back is taken back whatever the cap has become.
  ON CONFLICT (programme_id, owner_id) DO UPDATE SET used_fen = kept.used_fen + EXCLUDED.used_fen,
    cap_fen = CASE WHEN EXCLUDED.used_fen > 0 THEN EXCLUDED.cap_fen ELSE kept.cap_fen END;
  RETURN NULL;
END $$;

CREATE TRIGGER transfers_programme_new AFTER INSERT ON transfers
  REFERENCING NEW TABLE AS new_transfers FOR EACH STATEMENT EXECUTE FUNCTION move_programme_budget();
CREATE TRIGGER transfers_programme_resolved AFTER UPDATE ON transfers
  REFERENCING NEW TABLE AS new_transfers FOR EACH STATEMENT EXECUTE FUNCTION move_programme_budget();

CREATE FUNCTION guard_programme() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF (NEW.reserved_fen, NEW.spent_fen) <> (0, 0) THEN
      RAISE EXCEPTION 'programme %: begins with its whole budget', NEW.id USING ERRCODE = 'LD008';
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' OR (NEW.id, NEW.area_id) IS DISTINCT FROM (OLD.id, OLD.area_id)
    OR ((NEW.reserved_fen, NEW.spent_fen) IS DISTINCT FROM (OLD.reserved_fen, OLD.spent_fen) AND pg_trigger_depth() < 2)
  THEN
    RAISE EXCEPTION 'programme %: its budget moves with its transfers only', OLD.id USING ERRCODE = 'LD008';
  END IF;
  IF pg_trigger_depth() < 2 THEN
    NEW.version := OLD.version + 1;
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER funding_programmes_guard BEFORE INSERT OR UPDATE OR DELETE ON funding_programmes
  FOR EACH ROW EXECUTE FUNCTION guard_programme();

CREATE FUNCTION guard_programme_usage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'usages of programmes move with transfers only' USING ERRCODE = 'LD008';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER programme_usages_guard BEFORE INSERT OR UPDATE OR DELETE ON programme_usages
  FOR EACH ROW EXECUTE FUNCTION guard_programme_usage();

-- 9. Settlements: DRAFT → APPROVED → PAID, or CANCELLED; lines are what was posted and not paid out ---------------------

CREATE FUNCTION guard_settlement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'DRAFT' THEN
      RAISE EXCEPTION 'settlement %: begins DRAFT', NEW.id USING ERRCODE = 'LD007';
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE'
    OR (NEW.id, NEW.area_id, NEW.programme_id, NEW.provider_id, NEW.period_from, NEW.period_to, NEW.total_fen, NEW.created_at, NEW.created_by_id)
      IS DISTINCT FROM
       (OLD.id, OLD.area_id, OLD.programme_id, OLD.provider_id, OLD.period_from, OLD.period_to, OLD.total_fen, OLD.created_at, OLD.created_by_id)
    OR (OLD.state, NEW.state) NOT IN (('DRAFT', 'APPROVED'), ('DRAFT', 'CANCELLED'), ('APPROVED', 'PAID'), ('APPROVED', 'CANCELLED'))
  THEN
    RAISE EXCEPTION 'settlement %: a % one does not change so', OLD.id, OLD.state USING ERRCODE = 'LD007';
  END IF;
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;

CREATE TRIGGER settlements_guard BEFORE INSERT OR UPDATE OR DELETE ON settlements
  FOR EACH ROW EXECUTE FUNCTION guard_settlement();

CREATE FUNCTION guard_settlement_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    RAISE EXCEPTION 'lines of settlements do not change' USING ERRCODE = 'LD007';
  END IF;
  IF TG_OP = 'DELETE' THEN
    -- A cancelled settlement gives its transfers back to be settled by another.
    IF NOT EXISTS (SELECT FROM settlements WHERE id = OLD.settlement_id AND state = 'CANCELLED') THEN
      RAISE EXCEPTION 'settlement %: is not cancelled', OLD.settlement_id USING ERRCODE = 'LD007';
    END IF;
    RETURN OLD;
  END IF;
  -- The transfer stays locked, so that it is not reversed meanwhile.
  PERFORM FROM transfers WHERE id = NEW.transfer_id FOR NO KEY UPDATE;
  IF NOT EXISTS (
    SELECT FROM settlements s JOIN transfers t ON t.id = NEW.transfer_id JOIN orders o ON o.id = t.order_id
    WHERE s.id = NEW.settlement_id AND s.state = 'DRAFT' AND t.state = 'POSTED' AND t.programme_id = s.programme_id
      AND t.reverses_id IS NULL AND o.provider_id = s.provider_id AND t.resolved_at >= s.period_from AND t.resolved_at < s.period_to
      AND NEW.amount_fen = t.posted_amount - COALESCE((SELECT amount FROM transfers r WHERE r.reverses_id = t.id), 0)
  ) THEN
    RAISE EXCEPTION 'settlement %: transfer % is not one to settle', NEW.settlement_id, NEW.transfer_id USING ERRCODE = 'LD007';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER settlement_lines_guard BEFORE INSERT OR UPDATE OR DELETE ON settlement_lines
  FOR EACH ROW EXECUTE FUNCTION guard_settlement_line();

-- At commit a settlement's total is that of its lines, and a PAID one was paid out exactly.
CREATE FUNCTION check_settlement_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  present settlements%ROWTYPE;
  lines bigint;
  paid bigint;
BEGIN
  SELECT * INTO present FROM settlements WHERE id = NEW.id;
  SELECT COALESCE(sum(amount_fen), 0) INTO lines FROM settlement_lines WHERE settlement_id = NEW.id;
  SELECT COALESCE(sum(posted_amount), 0) INTO paid FROM transfers WHERE settlement_id = NEW.id;
  IF (present.state <> 'CANCELLED' AND lines <> present.total_fen)
    OR paid <> (CASE WHEN present.state = 'PAID' THEN present.total_fen ELSE 0 END)
  THEN
    RAISE EXCEPTION 'settlement %: is % of % fen with % in its lines and % paid out',
      NEW.id, present.state, present.total_fen, lines, paid USING ERRCODE = 'LD007';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER settlements_at_commit AFTER INSERT OR UPDATE ON settlements DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION check_settlement_at_commit();

CREATE FUNCTION check_payout_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM settlements WHERE id = NEW.settlement_id AND state = 'PAID') THEN
    RAISE EXCEPTION 'transfer %: its settlement is not PAID', NEW.id USING ERRCODE = 'LD007';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER transfers_payout_at_commit AFTER INSERT ON transfers DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.settlement_id IS NOT NULL) EXECUTE FUNCTION check_payout_at_commit();

-- What is settled is not reversed behind the settlement's back.
CREATE FUNCTION guard_settled_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM transfers WHERE id = NEW.reverses_id FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM settlement_lines WHERE transfer_id = NEW.reverses_id) THEN
    RAISE EXCEPTION 'transfer %: reverses one that is settled', NEW.id USING ERRCODE = 'LD007';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER transfers_settled BEFORE INSERT ON transfers
  FOR EACH ROW WHEN (NEW.reverses_id IS NOT NULL) EXECUTE FUNCTION guard_settled_transfer();

-- 10. Periods: a closed one refuses new entries --------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION chain_ledger_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  broken record;
BEGIN
  PERFORM FROM ledgers WHERE id IN (SELECT ledger_id FROM new_entries) ORDER BY id FOR NO KEY UPDATE;
  SELECT e.ledger_id, e.seq INTO broken
  FROM new_entries e JOIN ledgers l ON l.id = e.ledger_id
  WHERE e.at < l.closed_before ORDER BY e.ledger_id, e.seq LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'ledger %: entry % falls into a closed period', broken.ledger_id, broken.seq USING ERRCODE = 'LD006';
  END IF;
  SELECT ledger_id, seq INTO broken
  FROM (
    SELECT e.ledger_id, e.seq, e.prev_hash,
      COALESCE(lag(e.seq) OVER chain, l.last_seq) AS last_seq,
      COALESCE(lag(e.hash) OVER chain, l.last_hash) AS last_hash
    FROM new_entries e JOIN ledgers l ON l.id = e.ledger_id
    WINDOW chain AS (PARTITION BY e.ledger_id ORDER BY e.seq)
  ) AS linked
  WHERE seq <> last_seq + 1 OR prev_hash <> last_hash
  ORDER BY ledger_id, seq LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'ledger %: entry % does not follow the last one', broken.ledger_id, broken.seq USING ERRCODE = 'LD003';
  END IF;
  UPDATE ledgers SET last_seq = head.seq, last_hash = head.hash
  FROM (SELECT DISTINCT ON (ledger_id) ledger_id, seq, hash FROM new_entries ORDER BY ledger_id, seq DESC) AS head
  WHERE ledgers.id = head.ledger_id;
  RETURN NULL;
END $$;

CREATE FUNCTION close_ledger_period() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  closed timestamptz;
BEGIN
  SELECT closed_before INTO closed FROM ledgers WHERE id = NEW.ledger_id FOR NO KEY UPDATE;
  IF closed >= NEW.period_to THEN
    RAISE EXCEPTION 'ledger %: is closed up to % already', NEW.ledger_id, closed USING ERRCODE = 'LD006';
  END IF;
  IF NEW.closing_seq <> (SELECT COALESCE(max(seq), 0) FROM ledger_entries WHERE ledger_id = NEW.ledger_id AND at < NEW.period_to) THEN
    RAISE EXCEPTION 'ledger %: entry % is not the last of the period', NEW.ledger_id, NEW.closing_seq USING ERRCODE = 'LD006';
  END IF;
  UPDATE ledgers SET closed_before = NEW.period_to WHERE id = NEW.ledger_id;
  RETURN NULL;
END $$;

CREATE TRIGGER ledger_periods_close AFTER INSERT ON ledger_periods
  FOR EACH ROW EXECUTE FUNCTION close_ledger_period();
CREATE TRIGGER ledger_periods_append_only BEFORE UPDATE OR DELETE ON ledger_periods
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_periods_no_truncate BEFORE TRUNCATE ON ledger_periods
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_period_balances_append_only BEFORE UPDATE OR DELETE ON ledger_period_balances
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_period_balances_no_truncate BEFORE TRUNCATE ON ledger_period_balances
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- 11. Keys of clients: written once, kept for their time ------------------------------------------------------------------

CREATE TRIGGER idempotency_keys_once BEFORE UPDATE ON idempotency_keys
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
