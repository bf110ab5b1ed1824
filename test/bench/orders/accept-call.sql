-- The same change as one call of the database's own function: the fewest ways there and back.
\set n :first + :client_id + :clients * :turn
\set turn :turn + 1
SELECT move_order(order_id, 1, 'ACCEPTED', 'MATCHED', NULL, event_id, actor_id, 'PROVIDER_STAFF', NULL, at, entries) FROM accepts WHERE n = :n;
