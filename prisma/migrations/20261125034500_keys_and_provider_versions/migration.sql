-- A key is claimed by the first statement of the transaction that makes the change and says at its end what the answer
-- is; at commit it has said it. Further SQLSTATE: LD010 (keys).

ALTER TABLE idempotency_keys ALTER COLUMN answer_id DROP NOT NULL;

DROP TRIGGER idempotency_keys_once ON idempotency_keys;

CREATE FUNCTION guard_idempotency_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.answer_id IS NOT NULL
    OR (NEW.area_id, NEW.user_id, NEW.key, NEW.operation, NEW.body_hash, NEW.at)
      IS DISTINCT FROM (OLD.area_id, OLD.user_id, OLD.key, OLD.operation, OLD.body_hash, OLD.at)
  THEN
    RAISE EXCEPTION 'key %: is used once', OLD.key USING ERRCODE = 'LD010';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER idempotency_keys_once BEFORE UPDATE ON idempotency_keys
  FOR EACH ROW EXECUTE FUNCTION guard_idempotency_key();

CREATE FUNCTION check_idempotency_key_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM idempotency_keys
    WHERE (area_id, user_id, key) = (NEW.area_id, NEW.user_id, NEW.key) AND answer_id IS NULL
  ) THEN
    RAISE EXCEPTION 'key %: has no answer', NEW.key USING ERRCODE = 'LD010';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER idempotency_keys_at_commit AFTER INSERT ON idempotency_keys DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION check_idempotency_key_at_commit();

-- Providers count their versions like services.
ALTER TABLE providers ADD COLUMN version integer NOT NULL DEFAULT 1;

CREATE FUNCTION count_provider_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;

CREATE TRIGGER providers_version BEFORE UPDATE ON providers
  FOR EACH ROW EXECUTE FUNCTION count_provider_version();

-- A run that failed may be started again under its key; nothing of the earlier attempt was written.
ALTER TABLE match_runs ADD COLUMN attempt integer NOT NULL DEFAULT 1;
