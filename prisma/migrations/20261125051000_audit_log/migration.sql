-- CreateTable
CREATE TABLE "audit_chains" (
    "area_id" UUID NOT NULL,
    "shard" INTEGER NOT NULL,
    "last_seq" INTEGER NOT NULL,
    "last_hash" TEXT NOT NULL,

    CONSTRAINT "audit_chains_pkey" PRIMARY KEY ("area_id","shard")
);

-- CreateTable
CREATE TABLE "audit_entries" (
    "id" UUID NOT NULL,
    "area_id" UUID NOT NULL,
    "shard" INTEGER NOT NULL,
    "seq" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor_id" UUID,
    "roles" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "action" TEXT NOT NULL,
    "subject_type" TEXT NOT NULL,
    "subject_id" UUID,
    "purpose" TEXT,
    "address" TEXT,
    "request_id" TEXT,
    "body" JSONB NOT NULL,
    "prev_hash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "audit_entries_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "audit_entries_area_id_at_idx" ON "audit_entries"("area_id", "at");

-- CreateIndex
CREATE INDEX "audit_entries_actor_id_at_idx" ON "audit_entries"("actor_id", "at");

-- CreateIndex
CREATE INDEX "audit_entries_subject_id_at_idx" ON "audit_entries"("subject_id", "at");

-- CreateIndex
CREATE UNIQUE INDEX "audit_entries_area_id_shard_seq_key" ON "audit_entries"("area_id", "shard", "seq");

-- AddForeignKey
ALTER TABLE "audit_chains" ADD CONSTRAINT "audit_chains_area_id_fkey" FOREIGN KEY ("area_id") REFERENCES "areas"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "audit_entries" ADD CONSTRAINT "audit_entries_chain_fkey" FOREIGN KEY ("area_id", "shard") REFERENCES "audit_chains"("area_id", "shard") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- Entries follow their chain, change nothing that stands, and are written by one function -------------------------------
-- SQLSTATE LD012: an entry that does not follow its chain, or a chain that moves without its entries.

ALTER TABLE audit_chains
  ADD CONSTRAINT audit_chains_values_check CHECK (shard BETWEEN 0 AND 15 AND last_seq >= 0);
ALTER TABLE audit_entries
  ADD CONSTRAINT audit_entries_values_check CHECK (seq > 0 AND hash ~ '^[0-9a-f]{64}$' AND action <> '' AND roles IS NOT NULL);

CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_chains_no_truncate BEFORE TRUNCATE ON audit_chains
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION chain_audit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE audit_chains SET last_seq = NEW.seq, last_hash = NEW.hash
  WHERE area_id = NEW.area_id AND shard = NEW.shard AND last_seq = NEW.seq - 1 AND last_hash = NEW.prev_hash;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'audit chain %: entry % does not follow the last one', NEW.shard, NEW.seq USING ERRCODE = 'LD012';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER audit_entries_chain AFTER INSERT ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION chain_audit_entry();

CREATE FUNCTION guard_audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.last_seq <> 0 OR NEW.last_hash <> '' THEN
      RAISE EXCEPTION 'audit chain %: begins without entries', NEW.shard USING ERRCODE = 'LD012';
    END IF;
  ELSIF TG_OP = 'DELETE' OR pg_trigger_depth() < 2 OR (NEW.area_id, NEW.shard) IS DISTINCT FROM (OLD.area_id, OLD.shard) THEN
    RAISE EXCEPTION 'audit chain %: changes by its entries only', OLD.shard USING ERRCODE = 'LD012';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER audit_chains_guard BEFORE INSERT OR UPDATE OR DELETE ON audit_chains
  FOR EACH ROW EXECUTE FUNCTION guard_audit_chain();

-- `content` is the canonical JSON of what the entry says; src/audit/entry.ts makes it and verifies what stands here. What is
-- stored is read from the text that is hashed. A connection has one chain, which stays locked until the transaction ends.
CREATE FUNCTION append_audit_entry(of_area uuid, content text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  at_shard int := pg_backend_pid() % 16;
  last audit_chains;
BEGIN
  INSERT INTO audit_chains (area_id, shard, last_seq, last_hash) VALUES (of_area, at_shard, 0, '') ON CONFLICT DO NOTHING;
  SELECT * INTO last FROM audit_chains WHERE area_id = of_area AND shard = at_shard FOR NO KEY UPDATE;
  INSERT INTO audit_entries (id, area_id, shard, seq, at, actor_id, roles, action, subject_type, subject_id, purpose, address, request_id, body, prev_hash, hash)
  SELECT said.id, of_area, at_shard, last.last_seq + 1, said.at, said."actorId", said.roles, said.action, said."subjectType", said."subjectId",
    said.purpose, said.address, said."requestId", said.body, last.last_hash,
    encode(sha256(convert_to(concat_ws(E'\n', of_area, at_shard, last.last_seq + 1, last.last_hash, content), 'UTF8')), 'hex')
  FROM jsonb_to_record(content::jsonb) AS said (
    id uuid, at timestamptz, "actorId" uuid, roles text[], action text, "subjectType" text, "subjectId" uuid, purpose text,
    address text, "requestId" text, body jsonb
  );
  RETURN at_shard;
END $$;
