-- Moving an order in one statement, so that a move that neither ends nor posts transfers is a transaction of one round trip.

-- Moves an order that is still of the version seen, its need locked before it: its new state, its event, what its need
-- becomes (null: as it is), and its ledger entries (null: the caller appends them). What moves may be made stands in
-- order_transitions and need_transitions, who may make them in the application. Gives the number of the event.
-- SQLSTATE LD011: the order has another version by now, or is not there.
CREATE FUNCTION move_order(
  order_moved uuid, version_seen int, new_state order_state, need_becomes need_state, served int,
  new_event uuid, by_actor uuid, by_role text, because text, moved_at timestamptz, entries jsonb
) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  present record;
  event_seq int;
BEGIN
  SELECT n.id AS need_id, n.state AS need_state, o.area_id, o.state INTO present
  FROM needs n JOIN orders o ON o.need_id = n.id
  WHERE o.id = order_moved AND o.version = version_seen FOR NO KEY UPDATE OF n, o;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'order %: is not of version % any more', order_moved, version_seen USING ERRCODE = 'LD011';
  END IF;
  UPDATE orders SET state = new_state,
    accepted_at = CASE WHEN new_state = 'ACCEPTED' THEN moved_at ELSE accepted_at END,
    started_at = CASE WHEN new_state = 'IN_SERVICE' THEN moved_at ELSE started_at END,
    fulfilled_quantity = COALESCE(served, fulfilled_quantity),
    fulfilled_at = CASE WHEN new_state = 'FULFILLED' THEN moved_at ELSE fulfilled_at END,
    confirmed_at = CASE WHEN new_state = 'CONFIRMED' THEN moved_at ELSE confirmed_at END,
    ended_at = CASE WHEN new_state IN ('CONFIRMED', 'DECLINED', 'EXPIRED', 'CANCELLED') THEN moved_at ELSE ended_at END
  WHERE id = order_moved;
  SELECT max(seq) + 1 INTO event_seq FROM order_events WHERE order_id = order_moved;
  INSERT INTO order_events (id, order_id, seq, from_state, to_state, actor_id, actor_role, reason, at)
  VALUES (new_event, order_moved, event_seq, present.state, new_state, by_actor, by_role, because, moved_at);
  IF need_becomes <> present.need_state THEN
    UPDATE needs SET state = need_becomes, unmet_reason = NULL, updated_at = moved_at WHERE id = present.need_id;
  END IF;
  IF entries IS NOT NULL AND NOT append_ledger_entries(present.area_id, entries) THEN
    RAISE EXCEPTION 'order %: has no ledger', order_moved USING ERRCODE = 'LD003';
  END IF;
  RETURN event_seq;
END $$;
