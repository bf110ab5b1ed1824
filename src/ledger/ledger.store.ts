import type { Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import type { LedgerEntryKind } from '../generated/prisma/enums.ts';
import { type ChainPosition, chainEntry, genesisOf, type JsonObject } from './chain.ts';

/** What is to be recorded, and in which book: that of the category in the community, or in the whole area. */
export type NewLedgerEntry = {
  readonly communityId: string | null;
  readonly categoryId: string;
  readonly kind: LedgerEntryKind;
  /** Id of the need, service, order, appraisal or transfer. */
  readonly subjectId: string;
  /** The user who did it; `null` for the system. */
  readonly actorId: string | null;
  readonly body: JsonObject;
};

/** One book of an area: a category, in a community or in the whole area. */
export type BookKey = { readonly communityId: string | null; readonly categoryId: string };

/**
 * Appends entries to the books of an area, in the order given. Books that are not there are made. The ledgers concerned
 * stay locked until the transaction ends, so this comes last in it, with everything there is to record.
 */
export async function appendLedgerEntries(
  tx: Transaction,
  areaId: string,
  entries: readonly NewLedgerEntry[],
  now: Date,
): Promise<void> {
  if (entries.length === 0) return;
  const ledgers = await lockLedgers(tx, areaId, entries);
  const rows = entries.map(({ communityId, categoryId, ...entry }) => {
    const ledger = ledgers.get(bookName({ communityId, categoryId }))!;
    const chained = chainEntry(ledger.id, ledger.position, { ...entry, at: now });
    ledger.position = chained;
    return { ...chained, id: newId(), ledgerId: ledger.id };
  });
  await tx.$executeRaw`
    INSERT INTO ledger_entries (id, ledger_id, seq, kind, subject_id, actor_id, at, body, prev_hash, hash)
    SELECT id, "ledgerId", seq, kind, "subjectId", "actorId", at, body, "prevHash", hash
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (
      id uuid, "ledgerId" uuid, seq int, kind ledger_entry_kind, "subjectId" uuid, "actorId" uuid, at timestamptz,
      body jsonb, "prevHash" text, hash text
    )`;
}

/**
 * Ids of the ledgers of these books, by `bookName`. Those that are not there are made; none is locked.
 */
export async function findOrMakeLedgers(
  tx: Transaction,
  areaId: string,
  books: readonly BookKey[],
): Promise<ReadonlyMap<string, string>> {
  const wanted = distinct(books);
  const found = await readLedgers(tx, areaId, [...wanted.values()]);
  const missing = [...wanted].filter(([name]) => !found.has(name)).map(([, book]) => book);
  if (missing.length === 0) return found;
  await makeLedgers(tx, areaId, missing);
  return readLedgers(tx, areaId, [...wanted.values()]);
}

/** The name of a book within its area. */
export function bookName({ communityId, categoryId }: BookKey): string {
  return `${communityId ?? 'area'} ${categoryId}`;
}

function distinct(books: readonly BookKey[]): Map<string, BookKey> {
  return new Map(
    books.map(({ communityId, categoryId }) => [bookName({ communityId, categoryId }), { communityId, categoryId }]),
  );
}

async function lockLedgers(
  tx: Transaction,
  areaId: string,
  entries: readonly BookKey[],
): Promise<ReadonlyMap<string, { readonly id: string; position: ChainPosition }>> {
  const books = distinct(entries);
  const lock = () => tx.$queryRaw<LedgerRow[]>`
    SELECT ledgers.id, community_id, category_id, last_seq, last_hash FROM ledgers
    JOIN jsonb_to_recordset(${JSON.stringify([...books.values()])}::jsonb) AS book ("communityId" uuid, "categoryId" uuid)
      ON category_id = book."categoryId" AND community_id IS NOT DISTINCT FROM book."communityId"
    WHERE area_id = ${areaId}::uuid ORDER BY ledgers.id FOR NO KEY UPDATE OF ledgers`;
  let locked = await lock();
  if (locked.length < books.size) {
    const found = new Set(locked.map(bookNameOf));
    const missing = [...books].filter(([name]) => !found.has(name)).map(([, book]) => book);
    await makeLedgers(tx, areaId, missing);
    locked = await lock();
  }
  return new Map(
    locked.map((row) => [bookNameOf(row), { id: row.id, position: { seq: row.last_seq, hash: row.last_hash } }]),
  );
}

async function readLedgers(tx: Transaction, areaId: string, books: readonly BookKey[]): Promise<Map<string, string>> {
  const rows = await tx.$queryRaw<Pick<LedgerRow, 'id' | 'community_id' | 'category_id'>[]>`
    SELECT ledgers.id, community_id, category_id FROM ledgers
    JOIN jsonb_to_recordset(${JSON.stringify(books)}::jsonb) AS book ("communityId" uuid, "categoryId" uuid)
      ON category_id = book."categoryId" AND community_id IS NOT DISTINCT FROM book."communityId"
    WHERE area_id = ${areaId}::uuid`;
  return new Map(rows.map((row) => [bookNameOf(row), row.id]));
}

/** Sorted, so that two transactions that make the same books do not wait for each other in a ring. */
async function makeLedgers(tx: Transaction, areaId: string, books: readonly BookKey[]): Promise<void> {
  const rows = books
    .toSorted((a, b) => (bookName(a) < bookName(b) ? -1 : 1))
    .map(({ communityId, categoryId }) => {
      const book = { ledgerId: newId(), areaId, communityId, categoryId };
      return { ...book, genesis: genesisOf(book).hash };
    });
  await tx.$executeRaw`
    INSERT INTO ledgers (id, area_id, community_id, category_id, last_hash)
    SELECT "ledgerId", "areaId", "communityId", "categoryId", genesis
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (
      "ledgerId" uuid, "areaId" uuid, "communityId" uuid, "categoryId" uuid, genesis text
    )
    ON CONFLICT DO NOTHING`;
}

type LedgerRow = {
  readonly id: string;
  readonly community_id: string | null;
  readonly category_id: string;
  readonly last_seq: number;
  readonly last_hash: string;
};

function bookNameOf(row: { readonly community_id: string | null; readonly category_id: string }): string {
  return bookName({ communityId: row.community_id, categoryId: row.category_id });
}
