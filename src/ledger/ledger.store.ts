import type { Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { asSystem } from '../database/row-wall.ts';
import { sqlStateOf } from '../database/sql-state.ts';
import type { LedgerEntryKind } from '../generated/prisma/enums.ts';
import { genesisOf, type JsonObject, textAroundPlace } from './chain.ts';
import { PeriodClosed } from './period.ts';

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
 * stay locked until the transaction ends, so this comes last in it, with everything there is to record: the database numbers,
 * links and hashes the entries in this one statement, and then only the commit is left to do.
 *
 * An entry bears the caller's `now`, as the event or transfer does that it records, and no other instant: where that lies in a
 * closed period nothing is written. It hardly ever does, for a period is closed some time after its end (see `period.ts`).
 *
 * @throws PeriodClosed
 */
export async function appendLedgerEntries(
  tx: Transaction,
  areaId: string,
  entries: readonly NewLedgerEntry[],
  now: Date,
): Promise<void> {
  if (entries.length === 0) return;
  const rows = JSON.stringify(ledgerEntryRows(entries, now));
  const append = async (): Promise<boolean> => {
    const [answer] = await tx.$queryRaw<{ appended: boolean }[]>`
      SELECT append_ledger_entries(${areaId}::uuid, ${rows}::jsonb) AS appended`;
    return answer!.appended;
  };
  await refusingClosedPeriods(now, async () => {
    if (await append()) return;
    await asSystem(tx, () => findOrMakeLedgers(tx, areaId, entries));
    await append();
  });
}

/** Entries as the function `append_ledger_entries` of the database takes them, in JSON. */
export function ledgerEntryRows(entries: readonly NewLedgerEntry[], now: Date): readonly JsonObject[] {
  return entries.map(({ communityId, categoryId, ...entry }) => {
    return { id: newId(), communityId, categoryId, ...textAroundPlace({ ...entry, at: now }) };
  });
}

/** Runs what appends entries of this instant. @throws PeriodClosed */
export async function refusingClosedPeriods<T>(now: Date, append: () => Promise<T>): Promise<T> {
  try {
    return await append();
  } catch (error) {
    throw sqlStateOf(error) === 'LD006' ? new PeriodClosed(now) : error;
  }
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

async function readLedgers(tx: Transaction, areaId: string, books: readonly BookKey[]): Promise<Map<string, string>> {
  const rows = await tx.$queryRaw<LedgerRow[]>`
    SELECT ledgers.id, community_id, category_id FROM ledgers
    JOIN jsonb_to_recordset(${JSON.stringify(books)}::jsonb) AS book ("communityId" uuid, "categoryId" uuid)
      ON category_id = book."categoryId"
      AND COALESCE(community_id, '00000000-0000-0000-0000-000000000000') = COALESCE(book."communityId", '00000000-0000-0000-0000-000000000000')
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
};

function bookNameOf(row: { readonly community_id: string | null; readonly category_id: string }): string {
  return bookName({ communityId: row.community_id, categoryId: row.category_id });
}
