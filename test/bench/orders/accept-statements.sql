-- The minimum SQL of accepting an order, statement by statement: what `accepts` knows of order n is read first.
\set n :first + :client_id + :clients * :turn
\set turn :turn + 1
SELECT area_id, need_id, order_id, event_id, actor_id, at, entries FROM accepts WHERE n = :n \gset
BEGIN;
UPDATE needs SET state = 'MATCHED', updated_at = :at WHERE id = :need_id AND state = 'OFFERED';
UPDATE orders SET state = 'ACCEPTED', accepted_at = :at WHERE id = :order_id AND version = 1;
INSERT INTO order_events (id, order_id, seq, from_state, to_state, actor_id, actor_role, at) VALUES (:event_id, :order_id, 2, 'DISPATCHED', 'ACCEPTED', :actor_id, 'PROVIDER_STAFF', :at);
SELECT append_ledger_entries(:area_id, :entries);
COMMIT;
