-- Appending to ledgers in one statement, and two more guards of transfers.

-- 1. Numbers, links and hashes are made here, so that a busy ledger is locked for no way to the application and back -----
-- An entry comes as its canonical JSON (RFC 8785) without its place in the chain: `before` and `after` that place. Keys
-- ascend, so ledgerId, prevHash and seq stand side by side. What is stored is read from the text that is hashed.
-- src/ledger/chain.ts makes the two texts, and verifies what stands here.

CREATE FUNCTION append_ledger_entries(of_area uuid, entries jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  entry record;
  at_ledger uuid;
  at_seq int;
  at_hash text;
  canonical text;
  ids uuid[] := '{}';
  ledger_ids uuid[] := '{}';
  seqs int[] := '{}';
  texts text[] := '{}';
  prev_hashes text[] := '{}';
  hashes text[] := '{}';
BEGIN
  PERFORM FROM ledgers WHERE id IN (
    SELECT l.id
    FROM jsonb_to_recordset(entries) AS row ("communityId" uuid, "categoryId" uuid)
    JOIN ledgers l ON l.area_id = of_area AND l.category_id = row."categoryId"
      AND COALESCE(l.community_id, '00000000-0000-0000-0000-000000000000') = COALESCE(row."communityId", '00000000-0000-0000-0000-000000000000')
  ) ORDER BY id FOR NO KEY UPDATE;
  FOR entry IN
    SELECT l.id AS ledger_id, l.last_seq, l.last_hash, row.id, row.before, row.after
    FROM ROWS FROM (
      jsonb_to_recordset(entries) AS ("communityId" uuid, "categoryId" uuid, id uuid, before text, after text)
    ) WITH ORDINALITY AS row ("communityId", "categoryId", id, before, after, place)
    LEFT JOIN ledgers l ON l.area_id = of_area AND l.category_id = row."categoryId"
      AND COALESCE(l.community_id, '00000000-0000-0000-0000-000000000000') = COALESCE(row."communityId", '00000000-0000-0000-0000-000000000000')
    ORDER BY l.id NULLS FIRST, place
  LOOP
    IF entry.ledger_id IS NULL THEN
      RETURN false;
    END IF;
    IF at_ledger IS DISTINCT FROM entry.ledger_id THEN
      at_ledger := entry.ledger_id;
      at_seq := entry.last_seq;
      at_hash := entry.last_hash;
    END IF;
    at_seq := at_seq + 1;
    ids := array_append(ids, entry.id);
    ledger_ids := array_append(ledger_ids, at_ledger);
    seqs := array_append(seqs, at_seq);
    prev_hashes := array_append(prev_hashes, at_hash);
    canonical := entry.before || '"ledgerId":"' || at_ledger || '","prevHash":"' || at_hash || '","seq":' || at_seq || ',' || entry.after;
    texts := array_append(texts, canonical);
    at_hash := encode(sha256(convert_to(canonical, 'UTF8')), 'hex');
    hashes := array_append(hashes, at_hash);
  END LOOP;
  INSERT INTO ledger_entries (id, ledger_id, seq, kind, subject_id, actor_id, at, body, prev_hash, hash)
  SELECT chained.id, chained.ledger_id, chained.seq, said.kind, said."subjectId", said."actorId", said.at, said.body, chained.prev_hash, chained.hash
  FROM unnest(ids, ledger_ids, seqs, texts, prev_hashes, hashes) AS chained (id, ledger_id, seq, text, prev_hash, hash)
  CROSS JOIN LATERAL jsonb_to_record(chained.text::jsonb)
    AS said (kind ledger_entry_kind, "subjectId" uuid, "actorId" uuid, at timestamptz, body jsonb);
  RETURN true;
END $$;

-- 2. A closed period refuses transfers as it refuses their entries, so that its balances stay what they were --------------

CREATE FUNCTION guard_transfer_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF COALESCE(NEW.resolved_at, NEW.created_at) < (SELECT closed_before FROM ledgers WHERE id = NEW.ledger_id) THEN
    RAISE EXCEPTION 'transfer %: falls into a closed period', NEW.id USING ERRCODE = 'LD006';
  END IF;
  IF TG_OP = 'INSERT' AND NEW.created_at < (SELECT closed_before FROM ledgers WHERE id = NEW.ledger_id) THEN
    RAISE EXCEPTION 'transfer %: begins in a closed period', NEW.id USING ERRCODE = 'LD006';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER transfers_period BEFORE INSERT OR UPDATE ON transfers
  FOR EACH ROW EXECUTE FUNCTION guard_transfer_period();

-- 3. What was paid out is not taken back by a reversal: the settlement that paid it stands -------------------------------

CREATE OR REPLACE FUNCTION guard_settled_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM transfers WHERE id = NEW.reverses_id FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM settlement_lines WHERE transfer_id = NEW.reverses_id)
    OR EXISTS (SELECT FROM transfers WHERE id = NEW.reverses_id AND settlement_id IS NOT NULL)
  THEN
    RAISE EXCEPTION 'transfer %: reverses one that is settled', NEW.id USING ERRCODE = 'LD007';
  END IF;
  RETURN NEW;
END $$;
