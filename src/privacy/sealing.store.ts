import type { Database, Transaction } from '../database/database.ts';
import type { Keyring, WrappedKey } from './keyring.ts';
import { keyringIn, sealInformation } from './sealed-resident.ts';

/** Rows in one statement. */
const ROWS_PER_BATCH = 500;

/** Ids of the keys of the key file that something is sealed under; none where nothing is. */
export async function keysInUse({ prisma }: Pick<Database, 'prisma'>): Promise<string[]> {
  const used = await prisma.$queryRaw<
    { keyId: string }[]
  >`SELECT DISTINCT key_id AS "keyId" FROM resident_keys ORDER BY 1`;
  return used.map(({ keyId }) => keyId);
}

/** Writes the keys of residents, new ones or over those that they had, in one statement. */
export async function writeResidentKeys(
  tx: Transaction,
  keys: readonly { readonly residentId: string; readonly key: WrappedKey }[],
): Promise<void> {
  const rows = keys.map(({ residentId, key }) => ({ residentId, ...key }));
  await tx.$executeRaw`
    INSERT INTO resident_keys (resident_id, key_id, wrapped)
    SELECT "residentId", "keyId", wrapped
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row ("residentId" uuid, "keyId" text, wrapped text)
    ON CONFLICT (resident_id) DO UPDATE SET key_id = excluded.key_id, wrapped = excluded.wrapped`;
}

/**
 * Seals residents who are still in the clear, in batches of a transaction each; one that is interrupted goes on when it is
 * called again, and two at a time do not disturb each other.
 *
 * @returns how many it sealed
 */
export async function sealResidents(database: Database): Promise<number> {
  let sealed = 0;
  for (;;) {
    const batch = await database.transaction((tx) => sealBatch(tx));
    sealed += batch;
    if (batch < ROWS_PER_BATCH) return sealed;
  }
}

async function sealBatch(tx: Transaction): Promise<number> {
  const residents = await tx.$queryRaw<ClearRow[]>`
    SELECT id, area_id AS "areaId", name, phone, address, identity_number AS "identityNumber", attributes
    FROM residents WHERE NOT is_sealed ORDER BY id LIMIT ${ROWS_PER_BATCH} FOR NO KEY UPDATE`;
  if (residents.length === 0) return 0;
  const keyring = keyringIn(tx);
  const rows = residents.map((row) => ({ id: row.id, ...sealInformation(keyring, row.areaId, row.id, row) }));
  await tx.$executeRaw`
    UPDATE residents SET is_sealed = true, name = row.name, phone = row.phone, address = row.address,
      identity_number = row."identityNumber", attributes = row.attributes, name_index = row."nameIndex",
      phone_index = row."phoneIndex", identity_number_index = row."identityNumberIndex"
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (
      id uuid, name text, phone text, address text, "identityNumber" text, attributes text[], "nameIndex" text,
      "phoneIndex" text, "identityNumberIndex" text
    ) WHERE residents.id = row.id`;
  await writeResidentKeys(
    tx,
    rows.map(({ id, key }) => ({ residentId: id, key })),
  );
  return rows.length;
}

type ClearRow = {
  readonly id: string;
  readonly areaId: string;
  readonly name: string;
  readonly phone: string | null;
  readonly address: string | null;
  readonly identityNumber: string | null;
  readonly attributes: readonly string[];
};

/**
 * Wraps every data key that is under an older key of the ring by the current one, in batches; what is sealed is not touched.
 * One that is interrupted goes on when it is called again.
 *
 * @returns how many it wrapped anew
 */
export async function rewrapResidentKeys(database: Database, keyring: Keyring): Promise<number> {
  let rewrapped = 0;
  for (;;) {
    const batch = await database.transaction(async (tx) => {
      const keys = await tx.$queryRaw<(WrappedKey & { residentId: string })[]>`
        SELECT resident_id AS "residentId", key_id AS "keyId", wrapped FROM resident_keys
        WHERE key_id <> ${keyring.currentKeyId} ORDER BY resident_id LIMIT ${ROWS_PER_BATCH} FOR UPDATE`;
      if (keys.length === 0) return 0;
      const anew = keys.map(({ residentId, ...key }) => ({
        residentId,
        key: keyring.wrap(residentId, keyring.unwrap(residentId, key)),
      }));
      await writeResidentKeys(tx, anew);
      return keys.length;
    });
    rewrapped += batch;
    if (batch < ROWS_PER_BATCH) return rewrapped;
  }
}
