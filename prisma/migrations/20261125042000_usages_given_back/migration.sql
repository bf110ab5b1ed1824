-- What an order that ends gives back of a programme is taken from its usages by an UPDATE: an INSERT that meets the row that
-- is there is checked as it stands, before ON CONFLICT, and a negative usage is refused.
CREATE OR REPLACE FUNCTION move_programme_budget() RETURNS trigger LANGUAGE plpgsql AS $$
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
  ), used AS (
    SELECT move.programme_id, owner.id AS owner_id, sum(reserved + spent)::bigint AS fen, min(owner.cap_fen) AS cap_fen
    FROM move JOIN orders ON orders.id = order_id JOIN needs ON needs.id = need_id
      JOIN funding_programmes programme ON programme.id = move.programme_id
      CROSS JOIN LATERAL (VALUES
        (needs.resident_id, programme.cap_per_resident_fen), (orders.provider_id, programme.cap_per_provider_fen)
      ) AS owner (id, cap_fen)
    WHERE owner.id IS NOT NULL
    GROUP BY move.programme_id, owner.id
  ), given_back AS (
    -- What is given back is taken back whatever the cap has become.
    UPDATE programme_usages AS kept SET used_fen = kept.used_fen + used.fen
    FROM used WHERE (kept.programme_id, kept.owner_id) = (used.programme_id, used.owner_id) AND used.fen < 0
  )
  INSERT INTO programme_usages AS kept (programme_id, owner_id, used_fen, cap_fen)
  SELECT programme_id, owner_id, fen, cap_fen FROM used WHERE fen > 0
  ORDER BY programme_id, owner_id
  ON CONFLICT (programme_id, owner_id) DO UPDATE SET used_fen = kept.used_fen + EXCLUDED.used_fen, cap_fen = EXCLUDED.cap_fen;
  RETURN NULL;
END $$;
