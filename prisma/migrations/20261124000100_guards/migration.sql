-- What must never break, kept by the database itself.
-- Errors raised here have SQLSTATE LD001 (lifecycle), LD002 (append-only), LD003 (ledger chain), LD004 (accounts and
-- transfers), LD005 (capacity).

-- 1. Values -----------------------------------------------------------------------------------------------------------

ALTER TABLE areas
  ADD CONSTRAINT areas_utc_offset_check CHECK (utc_offset_minutes BETWEEN -720 AND 840);

ALTER TABLE communities
  ADD CONSTRAINT communities_population_check CHECK (population >= 0),
  ADD CONSTRAINT communities_point_check CHECK (latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180);

ALTER TABLE categories
  ADD CONSTRAINT categories_hours_check CHECK (accept_within_hours > 0 AND complete_within_hours > 0),
  ADD CONSTRAINT categories_parent_check CHECK (parent_id <> id);

ALTER TABLE providers
  ADD CONSTRAINT providers_point_check CHECK ((latitude IS NULL) = (longitude IS NULL)
    AND (latitude IS NULL OR (latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180)));

ALTER TABLE services
  ADD CONSTRAINT services_radius_check CHECK (radius_metres > 0),
  ADD CONSTRAINT services_places_check CHECK (places >= 0),
  ADD CONSTRAINT services_term_check CHECK (valid_from IS NULL OR valid_to IS NULL OR valid_from <= valid_to),
  ADD CONSTRAINT services_appraisal_check CHECK (appraisal_sum BETWEEN appraisal_count AND 5 * appraisal_count);

ALTER TABLE service_locations
  ADD CONSTRAINT service_locations_point_check CHECK (latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180);

ALTER TABLE schedule_windows
  ADD CONSTRAINT schedule_windows_time_check
    CHECK (day BETWEEN 1 AND 7 AND 0 <= start_minute AND start_minute < end_minute AND end_minute <= 1440);

ALTER TABLE schedule_exceptions
  ADD CONSTRAINT schedule_exceptions_time_check CHECK ((start_minute IS NULL) = (end_minute IS NULL)
    AND (start_minute IS NULL OR (0 <= start_minute AND start_minute < end_minute AND end_minute <= 1440)));

ALTER TABLE eligibility_rules
  ADD CONSTRAINT eligibility_rules_age_check
    CHECK (minimum_age >= 0 AND maximum_age <= 150 AND (minimum_age IS NULL OR maximum_age IS NULL OR minimum_age <= maximum_age));

ALTER TABLE cost_options
  ADD CONSTRAINT cost_options_amount_check CHECK (amount_fen >= 0);

ALTER TABLE residents
  ADD CONSTRAINT residents_point_check CHECK ((latitude IS NULL) = (longitude IS NULL)
    AND (latitude IS NULL OR (latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180)));

ALTER TABLE needs
  ADD CONSTRAINT needs_urgency_check CHECK (urgency BETWEEN 1 AND 4),
  ADD CONSTRAINT needs_quantity_check CHECK (quantity > 0),
  ADD CONSTRAINT needs_price_check CHECK (maximum_price_fen >= 0),
  ADD CONSTRAINT needs_time_check CHECK (earliest_at IS NULL OR deadline_at IS NULL OR earliest_at <= deadline_at),
  ADD CONSTRAINT needs_unmet_check CHECK ((state = 'UNMET') = (unmet_reason IS NOT NULL)),
  ADD CONSTRAINT needs_point_check CHECK ((latitude IS NULL) = (longitude IS NULL)
    AND (latitude IS NULL OR (latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180)));

ALTER TABLE need_preferences
  ADD CONSTRAINT need_preferences_one_check CHECK (num_nonnulls(provider_id, service_id, nature) = 1);

ALTER TABLE candidates
  ADD CONSTRAINT candidates_score_check CHECK (score BETWEEN 0 AND 1000000 AND rank > 0);

ALTER TABLE orders
  ADD CONSTRAINT orders_quantity_check CHECK (quantity > 0 AND attempt > 0 AND unit_price_fen >= 0),
  ADD CONSTRAINT orders_time_check CHECK (dispatched_at <= accept_by AND accept_by <= complete_by);

ALTER TABLE appraisals
  ADD CONSTRAINT appraisals_mark_check CHECK (mark BETWEEN 1 AND 5);

ALTER TABLE accounts
  ADD CONSTRAINT accounts_balance_check
    CHECK (debits_pending >= 0 AND debits_posted >= 0 AND credits_pending >= 0 AND credits_posted >= 0);

ALTER TABLE transfers
  ADD CONSTRAINT transfers_amount_check CHECK (amount > 0 AND debit_account_id <> credit_account_id),
  ADD CONSTRAINT transfers_resolved_check CHECK ((state = 'PENDING') = (resolved_at IS NULL));

ALTER TABLE role_grants
  ADD CONSTRAINT role_grants_scope_check CHECK (
    CASE role
      WHEN 'RESIDENT' THEN resident_id IS NOT NULL
      WHEN 'PROVIDER_STAFF' THEN provider_id IS NOT NULL
      WHEN 'GRID_WORKER' THEN community_id IS NOT NULL
      WHEN 'COMMUNITY_STAFF' THEN community_id IS NOT NULL
      ELSE TRUE
    END);

-- Keys over columns that may be null, with the nil UUID in its place.
CREATE UNIQUE INDEX role_grants_once_key ON role_grants (user_id, role, COALESCE(community_id, provider_id, resident_id, '00000000-0000-0000-0000-000000000000'));
CREATE UNIQUE INDEX ledgers_book_key ON ledgers (area_id, COALESCE(community_id, '00000000-0000-0000-0000-000000000000'), category_id);

-- 2. Lifecycles: the same tables stand in src/needs/lifecycle.ts and src/orders/lifecycle.ts ---------------------------

INSERT INTO need_transitions (from_state, to_state) VALUES
  ('OPEN', 'OFFERED'), ('OPEN', 'UNMET'), ('OPEN', 'WITHDRAWN'),
  ('OFFERED', 'MATCHED'), ('OFFERED', 'OPEN'), ('OFFERED', 'UNMET'), ('OFFERED', 'WITHDRAWN'),
  ('MATCHED', 'FULFILLED'), ('MATCHED', 'OPEN'), ('MATCHED', 'UNMET'), ('MATCHED', 'WITHDRAWN'),
  ('FULFILLED', 'CLOSED'), ('FULFILLED', 'OPEN'),
  ('UNMET', 'OPEN'), ('UNMET', 'OFFERED'), ('UNMET', 'WITHDRAWN');

INSERT INTO order_transitions (from_state, to_state) VALUES
  ('DISPATCHED', 'ACCEPTED'), ('DISPATCHED', 'DECLINED'), ('DISPATCHED', 'EXPIRED'), ('DISPATCHED', 'CANCELLED'),
  ('ACCEPTED', 'IN_SERVICE'), ('ACCEPTED', 'CANCELLED'),
  ('IN_SERVICE', 'FULFILLED'), ('IN_SERVICE', 'CANCELLED'),
  ('FULFILLED', 'CONFIRMED'), ('FULFILLED', 'DISPUTED'),
  ('DISPUTED', 'CONFIRMED'), ('DISPUTED', 'CANCELLED');

CREATE FUNCTION guard_need_lifecycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'OPEN' THEN
      RAISE EXCEPTION 'a need begins OPEN, not %', NEW.state USING ERRCODE = 'LD001';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.state <> OLD.state AND NOT EXISTS (
    SELECT FROM need_transitions WHERE from_state = OLD.state AND to_state = NEW.state
  ) THEN
    RAISE EXCEPTION 'need %: % does not become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'LD001';
  END IF;
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;

CREATE TRIGGER needs_lifecycle BEFORE INSERT OR UPDATE ON needs
  FOR EACH ROW EXECUTE FUNCTION guard_need_lifecycle();

CREATE FUNCTION guard_order_lifecycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'DISPATCHED' THEN
      RAISE EXCEPTION 'an order begins DISPATCHED, not %', NEW.state USING ERRCODE = 'LD001';
    END IF;
    IF NOT EXISTS (
      SELECT FROM needs n, services s
      WHERE n.id = NEW.need_id AND s.id = NEW.service_id AND s.provider_id = NEW.provider_id
        AND (n.area_id, n.area_id, n.community_id, n.category_id, n.quantity)
          = (NEW.area_id, s.area_id, NEW.community_id, NEW.category_id, NEW.quantity)
    ) THEN
      RAISE EXCEPTION 'order %: does not agree with its need and its service', NEW.id USING ERRCODE = 'LD001';
    END IF;
    IF NOT EXISTS (
      SELECT FROM services s LEFT JOIN service_capacities c ON c.id = NEW.capacity_id
      WHERE s.id = NEW.service_id
        AND CASE WHEN NEW.capacity_id IS NULL THEN s.places IS NULL ELSE c.service_id = s.id END
    ) THEN
      RAISE EXCEPTION 'order %: takes no place of its service', NEW.id USING ERRCODE = 'LD005';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.state <> OLD.state AND NOT EXISTS (
    SELECT FROM order_transitions WHERE from_state = OLD.state AND to_state = NEW.state
  ) THEN
    RAISE EXCEPTION 'order %: % does not become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'LD001';
  END IF;
  IF (NEW.id, NEW.area_id, NEW.need_id, NEW.service_id, NEW.provider_id, NEW.community_id, NEW.category_id, NEW.capacity_id,
      NEW.match_run_id, NEW.candidate_id, NEW.mode, NEW.attempt, NEW.quantity, NEW.unit, NEW.unit_price_fen, NEW.dispatched_at)
    IS DISTINCT FROM
     (OLD.id, OLD.area_id, OLD.need_id, OLD.service_id, OLD.provider_id, OLD.community_id, OLD.category_id, OLD.capacity_id,
      OLD.match_run_id, OLD.candidate_id, OLD.mode, OLD.attempt, OLD.quantity, OLD.unit, OLD.unit_price_fen, OLD.dispatched_at)
  THEN
    RAISE EXCEPTION 'order %: whom it serves, with what and how much do not change', OLD.id USING ERRCODE = 'LD001';
  END IF;
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;

CREATE TRIGGER orders_lifecycle BEFORE INSERT OR UPDATE ON orders
  FOR EACH ROW EXECUTE FUNCTION guard_order_lifecycle();

CREATE FUNCTION count_service_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;

-- A new appraisal does not make a new version: whoever edits the service meanwhile has not lost anything.
CREATE TRIGGER services_version BEFORE UPDATE ON services
  FOR EACH ROW WHEN (OLD.appraisal_count = NEW.appraisal_count) EXECUTE FUNCTION count_service_version();

-- A need has at most one order that is still alive.
CREATE UNIQUE INDEX orders_one_live_per_need ON orders (need_id)
  WHERE state IN ('DISPATCHED', 'ACCEPTED', 'IN_SERVICE', 'FULFILLED', 'DISPUTED');

-- Events of an order form one path: numbered from 1, each from where the last one ended, the newest where the order is.
CREATE FUNCTION guard_order_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  last_event order_events%ROWTYPE;
BEGIN
  SELECT * INTO last_event FROM order_events WHERE order_id = NEW.order_id ORDER BY seq DESC LIMIT 1;
  IF NEW.seq <> COALESCE(last_event.seq, 0) + 1 OR NEW.from_state IS DISTINCT FROM last_event.to_state THEN
    RAISE EXCEPTION 'order %: event % does not follow the last one', NEW.order_id, NEW.seq USING ERRCODE = 'LD001';
  END IF;
  IF NOT EXISTS (SELECT FROM orders WHERE id = NEW.order_id AND state = NEW.to_state) THEN
    RAISE EXCEPTION 'order %: is not %', NEW.order_id, NEW.to_state USING ERRCODE = 'LD001';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER order_events_path BEFORE INSERT ON order_events
  FOR EACH ROW EXECUTE FUNCTION guard_order_event();

-- When a transaction ends, an order stands where its newest event says, its need stands where its live order says, and an
-- order that has ended has no transfer pending.
CREATE FUNCTION check_order_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  present order_state;
BEGIN
  SELECT state INTO present FROM orders WHERE id = NEW.id;
  IF present IS DISTINCT FROM (SELECT to_state FROM order_events WHERE order_id = NEW.id ORDER BY seq DESC LIMIT 1) THEN
    RAISE EXCEPTION 'order %: is % without an event that says so', NEW.id, present USING ERRCODE = 'LD001';
  END IF;
  IF present IN ('CONFIRMED', 'DECLINED', 'EXPIRED', 'CANCELLED')
    AND EXISTS (SELECT FROM transfers WHERE order_id = NEW.id AND state = 'PENDING')
  THEN
    RAISE EXCEPTION 'order %: is % with transfers still pending', NEW.id, present USING ERRCODE = 'LD004';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER orders_at_commit AFTER INSERT OR UPDATE OF state ON orders DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION check_order_at_commit();

CREATE FUNCTION check_need_at_commit(checked_id uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  present need_state;
  live order_state;
BEGIN
  SELECT state INTO present FROM needs WHERE id = checked_id;
  SELECT state INTO live FROM orders WHERE need_id = checked_id
    AND state IN ('DISPATCHED', 'ACCEPTED', 'IN_SERVICE', 'FULFILLED', 'DISPUTED');
  IF NOT (CASE
    WHEN live = 'DISPATCHED' THEN present = 'OFFERED'
    WHEN live IN ('ACCEPTED', 'IN_SERVICE') THEN present = 'MATCHED'
    WHEN live IN ('FULFILLED', 'DISPUTED') THEN present = 'FULFILLED'
    WHEN present = 'CLOSED' THEN EXISTS (SELECT FROM orders WHERE need_id = checked_id AND state = 'CONFIRMED')
    ELSE present IN ('OPEN', 'UNMET', 'WITHDRAWN')
  END) THEN
    RAISE EXCEPTION 'need %: is % while its live order is %', checked_id, present, COALESCE(live::text, 'none')
      USING ERRCODE = 'LD001';
  END IF;
END $$;

CREATE FUNCTION check_changed_need_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_need_at_commit(NEW.id);
  RETURN NULL;
END $$;

CREATE FUNCTION check_ordered_need_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_need_at_commit(NEW.need_id);
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER needs_at_commit AFTER UPDATE OF state ON needs DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION check_changed_need_at_commit();
CREATE CONSTRAINT TRIGGER orders_need_at_commit AFTER INSERT OR UPDATE OF state ON orders DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION check_ordered_need_at_commit();

-- 3. Capacity: reserved on dispatch, consumed on fulfilment, released otherwise; never more than offered ----------------

ALTER TABLE service_capacities
  ADD CONSTRAINT service_capacities_never_oversold
    CHECK (reserved >= 0 AND consumed >= 0 AND places >= 0 AND reserved + consumed <= places);

-- Once a statement, however many orders it moves: each capacity is locked and changed once, in the order of their ids.
CREATE FUNCTION move_service_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
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
        COALESCE(sum(n.quantity) FILTER (WHERE n.state = 'FULFILLED'), 0)::int AS consumed
      FROM new_orders n JOIN old_orders o ON o.id = n.id
      WHERE n.state <> o.state AND o.state IN ('DISPATCHED', 'ACCEPTED', 'IN_SERVICE')
        AND n.state NOT IN ('DISPATCHED', 'ACCEPTED', 'IN_SERVICE')
      GROUP BY n.capacity_id
    ) AS moved
    WHERE service_capacities.id = moved.capacity_id;
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER orders_reserve_capacity AFTER INSERT ON orders
  REFERENCING NEW TABLE AS new_orders FOR EACH STATEMENT EXECUTE FUNCTION move_service_capacity();
CREATE TRIGGER orders_move_capacity AFTER UPDATE ON orders
  REFERENCING OLD TABLE AS old_orders NEW TABLE AS new_orders FOR EACH STATEMENT EXECUTE FUNCTION move_service_capacity();

-- What is reserved and consumed moves with the orders and in no other way; places are those that the service offers, or as
-- many as are taken already where it offers fewer now; and each period of a service is counted once.
CREATE FUNCTION guard_service_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  offered services%ROWTYPE;
BEGIN
  SELECT * INTO offered FROM services WHERE id = NEW.service_id;
  IF TG_OP = 'INSERT' THEN
    IF NEW.reserved <> 0 OR NEW.consumed <> 0 THEN
      RAISE EXCEPTION 'capacity %: begins with nothing taken', NEW.id USING ERRCODE = 'LD005';
    END IF;
    IF NEW.period_start <> (CASE offered.capacity_period
      WHEN 'DAY' THEN NEW.period_start
      WHEN 'WEEK' THEN date_trunc('week', NEW.period_start)::date
      WHEN 'MONTH' THEN date_trunc('month', NEW.period_start)::date
      ELSE DATE '1970-01-01'
    END) THEN
      RAISE EXCEPTION 'capacity %: no % of the service begins on %', NEW.id, offered.capacity_period, NEW.period_start
        USING ERRCODE = 'LD005';
    END IF;
  ELSIF (NEW.id, NEW.service_id, NEW.period_start) IS DISTINCT FROM (OLD.id, OLD.service_id, OLD.period_start)
    OR ((NEW.reserved, NEW.consumed) IS DISTINCT FROM (OLD.reserved, OLD.consumed) AND pg_trigger_depth() < 2)
  THEN
    RAISE EXCEPTION 'capacity %: moves with the orders only', OLD.id USING ERRCODE = 'LD005';
  END IF;
  IF (TG_OP = 'INSERT' OR NEW.places <> OLD.places) AND NEW.places > GREATEST(offered.places, NEW.reserved + NEW.consumed) THEN
    RAISE EXCEPTION 'capacity %: has more places than the service offers', NEW.id USING ERRCODE = 'LD005';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER service_capacities_guard BEFORE INSERT OR UPDATE ON service_capacities
  FOR EACH ROW EXECUTE FUNCTION guard_service_capacity();

-- 4. Append-only records ------------------------------------------------------------------------------------------------

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'LD002';
END $$;

CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE ON ledger_entries
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entries_no_truncate BEFORE TRUNCATE ON ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER order_events_append_only BEFORE UPDATE OR DELETE ON order_events
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER order_events_no_truncate BEFORE TRUNCATE ON order_events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfers_no_delete BEFORE DELETE ON transfers
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfers_no_truncate BEFORE TRUNCATE ON transfers
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER orders_no_delete BEFORE DELETE ON orders
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER orders_no_truncate BEFORE TRUNCATE ON orders
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER appraisals_append_only BEFORE UPDATE OR DELETE ON appraisals
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER appraisals_no_truncate BEFORE TRUNCATE ON appraisals
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An appraisal is of an order that was fulfilled, and counts for its service.
CREATE FUNCTION count_appraisal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM orders WHERE id = NEW.order_id AND state IN ('FULFILLED', 'DISPUTED', 'CONFIRMED')) THEN
    RAISE EXCEPTION 'order %: is not fulfilled and cannot be appraised', NEW.order_id USING ERRCODE = 'LD001';
  END IF;
  UPDATE services SET appraisal_count = appraisal_count + 1, appraisal_sum = appraisal_sum + NEW.mark
    WHERE id = (SELECT service_id FROM orders WHERE id = NEW.order_id);
  RETURN NULL;
END $$;

CREATE TRIGGER appraisals_count AFTER INSERT ON appraisals
  FOR EACH ROW EXECUTE FUNCTION count_appraisal();

-- 5. Ledgers: every entry follows the last one, without gaps --------------------------------------------------------------

-- Once a statement, however many entries it brings: each ledger's new entries follow its last one, and it moves to their end.
CREATE FUNCTION chain_ledger_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  broken record;
BEGIN
  PERFORM FROM ledgers WHERE id IN (SELECT ledger_id FROM new_entries) ORDER BY id FOR NO KEY UPDATE;
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

CREATE TRIGGER ledger_entries_chain AFTER INSERT ON ledger_entries
  REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION chain_ledger_entries();

-- The end of a chain moves with its entries and in no other way: the trigger above is the only one that may move it.
CREATE FUNCTION guard_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.last_seq <> 0 THEN
      RAISE EXCEPTION 'ledger %: begins without entries', NEW.id USING ERRCODE = 'LD003';
    END IF;
  ELSIF TG_OP = 'DELETE' OR pg_trigger_depth() < 2
    OR (NEW.id, NEW.area_id, NEW.community_id, NEW.category_id) IS DISTINCT FROM (OLD.id, OLD.area_id, OLD.community_id, OLD.category_id)
  THEN
    RAISE EXCEPTION 'ledger %: changes by its entries only', OLD.id USING ERRCODE = 'LD003';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER ledgers_guard BEFORE INSERT OR UPDATE OR DELETE ON ledgers
  FOR EACH ROW EXECUTE FUNCTION guard_ledger();

-- 6. Transfers: between accounts of one ledger and unit, resolved at most once; balances follow from them ------------------

CREATE FUNCTION guard_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.state <> 'PENDING' OR NEW.state = 'PENDING'
      OR (NEW.id, NEW.ledger_id, NEW.debit_account_id, NEW.credit_account_id, NEW.amount, NEW.unit, NEW.order_id, NEW.reverses_id, NEW.created_at)
        IS DISTINCT FROM
         (OLD.id, OLD.ledger_id, OLD.debit_account_id, OLD.credit_account_id, OLD.amount, OLD.unit, OLD.order_id, OLD.reverses_id, OLD.created_at)
    THEN
      RAISE EXCEPTION 'transfer %: a % transfer does not change so', OLD.id, OLD.state USING ERRCODE = 'LD004';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.state = 'VOIDED' THEN
    RAISE EXCEPTION 'transfer %: begins PENDING or POSTED', NEW.id USING ERRCODE = 'LD004';
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
  IF NEW.reverses_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM transfers t
    WHERE t.id = NEW.reverses_id AND t.state = 'POSTED' AND t.amount >= NEW.amount AND t.reverses_id IS NULL
      AND (t.debit_account_id, t.credit_account_id) = (NEW.credit_account_id, NEW.debit_account_id)
  ) THEN
    RAISE EXCEPTION 'transfer %: reverses nothing that was posted the other way', NEW.id USING ERRCODE = 'LD004';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER transfers_guard BEFORE INSERT OR UPDATE ON transfers
  FOR EACH ROW EXECUTE FUNCTION guard_transfer();

-- Once a statement, however many transfers it brings: each account is locked and changed once, ledger by ledger and the
-- community's own account before all others, so that transactions that move one amount after another do not deadlock.
CREATE FUNCTION balance_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
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
        CASE WHEN state = 'POSTED' THEN amount ELSE 0 END AS posted
      FROM new_transfers
    ) AS change
    CROSS JOIN LATERAL (VALUES (debit_account_id, true), (credit_account_id, false)) AS side (account_id, is_debit)
    GROUP BY side.account_id
  ) AS moved
  WHERE accounts.id = moved.account_id;
  RETURN NULL;
END $$;

CREATE TRIGGER transfers_balance_new AFTER INSERT ON transfers
  REFERENCING NEW TABLE AS new_transfers FOR EACH STATEMENT EXECUTE FUNCTION balance_accounts();
CREATE TRIGGER transfers_balance_resolved AFTER UPDATE ON transfers
  REFERENCING NEW TABLE AS new_transfers FOR EACH STATEMENT EXECUTE FUNCTION balance_accounts();

CREATE FUNCTION guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF (NEW.debits_pending, NEW.debits_posted, NEW.credits_pending, NEW.credits_posted) <> (0, 0, 0, 0) THEN
      RAISE EXCEPTION 'account %: begins empty', NEW.id USING ERRCODE = 'LD004';
    END IF;
  ELSIF TG_OP = 'DELETE' OR pg_trigger_depth() < 2
    OR (NEW.id, NEW.ledger_id, NEW.kind, NEW.owner_id, NEW.unit) IS DISTINCT FROM (OLD.id, OLD.ledger_id, OLD.kind, OLD.owner_id, OLD.unit)
  THEN
    RAISE EXCEPTION 'account %: changes by its transfers only', OLD.id USING ERRCODE = 'LD004';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER accounts_guard BEFORE INSERT OR UPDATE OR DELETE ON accounts
  FOR EACH ROW EXECUTE FUNCTION guard_account();
