-- What must never break, kept by the database itself.
-- Errors raised here have SQLSTATE LD001 (lifecycle), LD002 (append-only), LD003 (ledger chain), LD004 (transfer).

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
    RETURN NEW;
  END IF;
  IF NEW.state <> OLD.state AND NOT EXISTS (
    SELECT FROM order_transitions WHERE from_state = OLD.state AND to_state = NEW.state
  ) THEN
    RAISE EXCEPTION 'order %: % does not become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'LD001';
  END IF;
  IF (NEW.need_id, NEW.service_id, NEW.provider_id, NEW.capacity_id, NEW.quantity)
    IS DISTINCT FROM (OLD.need_id, OLD.service_id, OLD.provider_id, OLD.capacity_id, OLD.quantity)
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

CREATE TRIGGER services_version BEFORE UPDATE ON services
  FOR EACH ROW EXECUTE FUNCTION count_service_version();

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

-- 3. Capacity: reserved on dispatch, consumed on fulfilment, released otherwise; never more than offered ----------------

ALTER TABLE service_capacities
  ADD CONSTRAINT service_capacities_never_oversold
    CHECK (reserved >= 0 AND consumed >= 0 AND places >= 0 AND reserved + consumed <= places);

CREATE FUNCTION move_service_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.capacity_id IS NULL THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'INSERT' THEN
    UPDATE service_capacities SET reserved = reserved + NEW.quantity WHERE id = NEW.capacity_id;
  ELSIF NEW.state = OLD.state THEN
    RETURN NULL;
  ELSIF NEW.state = 'FULFILLED' THEN
    UPDATE service_capacities SET reserved = reserved - NEW.quantity, consumed = consumed + NEW.quantity
      WHERE id = NEW.capacity_id;
  ELSIF NEW.state IN ('DECLINED', 'EXPIRED') OR (NEW.state = 'CANCELLED' AND OLD.state <> 'DISPUTED') THEN
    UPDATE service_capacities SET reserved = reserved - NEW.quantity WHERE id = NEW.capacity_id;
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER orders_capacity AFTER INSERT OR UPDATE ON orders
  FOR EACH ROW EXECUTE FUNCTION move_service_capacity();

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
  IF TG_OP = 'INSERT' THEN
    IF (SELECT count(*) FROM accounts
        WHERE id IN (NEW.debit_account_id, NEW.credit_account_id) AND ledger_id = NEW.ledger_id AND unit = NEW.unit) <> 2
    THEN
      RAISE EXCEPTION 'transfer %: its accounts are not of its ledger and unit', NEW.id USING ERRCODE = 'LD004';
    END IF;
    IF NEW.state = 'VOIDED' THEN
      RAISE EXCEPTION 'transfer %: begins PENDING or POSTED', NEW.id USING ERRCODE = 'LD004';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.state <> 'PENDING' OR NEW.state = 'PENDING'
    OR (NEW.id, NEW.ledger_id, NEW.debit_account_id, NEW.credit_account_id, NEW.amount, NEW.unit, NEW.order_id, NEW.reverses_id, NEW.created_at)
      IS DISTINCT FROM
       (OLD.id, OLD.ledger_id, OLD.debit_account_id, OLD.credit_account_id, OLD.amount, OLD.unit, OLD.order_id, OLD.reverses_id, OLD.created_at)
  THEN
    RAISE EXCEPTION 'transfer %: a % transfer does not change so', OLD.id, OLD.state USING ERRCODE = 'LD004';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER transfers_guard BEFORE INSERT OR UPDATE ON transfers
  FOR EACH ROW EXECUTE FUNCTION guard_transfer();

-- Accounts are locked in the order of their ids, so that opposite transfers do not deadlock.
CREATE FUNCTION balance_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  pending bigint := 0;
  posted bigint := 0;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    pending := -OLD.amount;
  ELSIF NEW.state = 'PENDING' THEN
    pending := NEW.amount;
  END IF;
  IF NEW.state = 'POSTED' THEN
    posted := NEW.amount;
  END IF;
  PERFORM FROM accounts WHERE id IN (NEW.debit_account_id, NEW.credit_account_id) ORDER BY id FOR UPDATE;
  UPDATE accounts SET debits_pending = debits_pending + pending, debits_posted = debits_posted + posted
    WHERE id = NEW.debit_account_id;
  UPDATE accounts SET credits_pending = credits_pending + pending, credits_posted = credits_posted + posted
    WHERE id = NEW.credit_account_id;
  RETURN NULL;
END $$;

CREATE TRIGGER transfers_balance AFTER INSERT OR UPDATE ON transfers
  FOR EACH ROW EXECUTE FUNCTION balance_accounts();
