-- Timers that failed wait before they are tried again; notices end by themselves with what they are about.

-- AlterTable
ALTER TABLE "timers" ADD COLUMN     "retry_at" TIMESTAMPTZ(3);

-- Few fail at a time, and these are all that is looked through for the next try.
CREATE INDEX timers_retry_idx ON timers (retry_at) WHERE retry_at IS NOT NULL AND ended_at IS NULL;

ALTER TABLE timers ADD CONSTRAINT timers_failures_check CHECK (failures >= 0 AND (failures > 0 OR num_nonnulls(failure, retry_at) = 0));

-- A reminder has come to its end when the order has moved on: nobody has to handle it any more.
CREATE FUNCTION end_order_notices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE notices SET handled_at = GREATEST(notices.at, clock_timestamp())
  FROM new_orders n JOIN old_orders o ON o.id = n.id
  WHERE notices.order_id = n.id AND notices.handled_at IS NULL AND n.state <> o.state
    AND CASE
      WHEN notices.kind = 'ACCEPT_REMINDER' THEN n.state <> 'DISPATCHED'
      WHEN notices.kind IN ('COMPLETE_REMINDER', 'COMPLETE_OVERDUE') THEN n.state NOT IN ('DISPATCHED', 'ACCEPTED', 'IN_SERVICE')
      ELSE false
    END;
  RETURN NULL;
END $$;

CREATE TRIGGER orders_notices_end AFTER UPDATE ON orders
  REFERENCING OLD TABLE AS old_orders NEW TABLE AS new_orders FOR EACH STATEMENT EXECUTE FUNCTION end_order_notices();

-- So has an escalation when its need has an order again, is put up for matching again or is taken back.
CREATE FUNCTION end_need_notices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE notices SET handled_at = GREATEST(notices.at, clock_timestamp())
  FROM new_needs n JOIN old_needs o ON o.id = n.id
  WHERE notices.need_id = n.id AND notices.handled_at IS NULL AND o.state = 'UNMET' AND n.state <> 'UNMET'
    AND notices.kind IN ('ESCALATED_ATTEMPTS', 'ESCALATED_NO_CANDIDATE');
  RETURN NULL;
END $$;

CREATE TRIGGER needs_notices_end AFTER UPDATE ON needs
  REFERENCING OLD TABLE AS old_needs NEW TABLE AS new_needs FOR EACH STATEMENT EXECUTE FUNCTION end_need_notices();
