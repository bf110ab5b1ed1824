import type { Database } from '../database/database.ts';
import { InvalidInput, NotFound } from '../failures.ts';
import type { AccountKind, LedgerEntryKind, LedgerUnit, TransferState } from '../generated/prisma/enums.ts';
import { demand } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import type { Sheet, SheetColumn } from '../spreadsheets/index.ts';
import { type AccountBalances, readBalancesAt } from './balances.store.ts';
import { canonicalJson, type JsonValue } from './chain.ts';
import { ACCOUNT_WORDS, ENTRY_WORDS, TRANSFER_STATE_WORDS, UNIT_WORDS } from './export-words.ts';
import { LEDGER } from './names.ts';

/** Which ledger is filed, from which instant to before which. */
export type ExportScope = { readonly ledgerId: string; readonly from: Date; readonly to: Date };

/** A ledger as an office files it (台账归档): its entries, what its accounts held and moved, and its transfers. */
export type LedgerSheets = {
  readonly entries: Sheet<EntryRow>;
  readonly balances: Sheet<BalanceRow>;
  readonly transfers: Sheet<TransferRow>;
};

const ROWS_PER_PAGE = 1000;

/**
 * The sheets of a ledger for a period of time; entries and transfers are read a page at a time as the sheets are written.
 *
 * @throws NotFound, NotSignedIn, NotAllowed, InvalidInput
 */
export async function ledgerSheets(
  database: Database,
  viewer: Viewer,
  { ledgerId, from, to }: ExportScope,
): Promise<LedgerSheets> {
  const ledger = await database.prisma.ledger.findFirst({
    where: { id: ledgerId, areaId: viewer.areaId },
    include: { area: true, community: true, category: true },
  });
  if (ledger === null) throw new NotFound(LEDGER);
  demand(viewer, 'ledger.read', ledger, 'ledger.read', LEDGER);
  if (from >= to) throw InvalidInput.at(['to'], 'too_early', '截止时刻须晚于起始时刻', 'must be later than from');
  const { utcOffsetMinutes, name: areaName } = ledger.area;
  const day = (instant: Date) => new Date(instant.getTime() + utcOffsetMinutes * 60_000).toISOString().slice(0, 10);
  const last = day(new Date(to.getTime() - 1));
  const title = `${areaName} ${ledger.community?.name ?? '全区'} ${ledger.category.name}台账`;
  const sheet = <Row>(
    name: string,
    columns: readonly SheetColumn<Row>[],
    rows: Iterable<Row> | AsyncIterable<Row>,
  ): Sheet<Row> => ({ name, preamble: [title, `${name} ${day(from)} 至 ${last}`], columns, rows, utcOffsetMinutes });
  return {
    entries: sheet('台账条目', ENTRY_COLUMNS, readEntries(database, ledgerId, from, to)),
    balances: sheet('账户余额', BALANCE_COLUMNS, await readBalances(database, ledgerId, from, to)),
    transfers: sheet('转账', TRANSFER_COLUMNS, readTransfers(database, ledgerId, from, to)),
  };
}

type EntryRow = {
  readonly seq: number;
  readonly at: Date;
  readonly kind: LedgerEntryKind;
  readonly subjectId: string;
  readonly actor: string | null;
  readonly body: JsonValue;
  readonly prevHash: string;
  readonly hash: string;
};

const ENTRY_COLUMNS: readonly SheetColumn<EntryRow>[] = [
  { title: '序号', kind: 'INTEGER', width: 8, value: ({ seq }) => seq },
  { title: '时间', kind: 'INSTANT', width: 20, value: ({ at }) => at },
  { title: '类型', kind: 'TEXT', value: ({ kind }) => ENTRY_WORDS[kind] },
  { title: '对象编号', kind: 'TEXT', width: 38, value: ({ subjectId }) => subjectId },
  { title: '操作人', kind: 'TEXT', value: ({ actor }) => actor ?? '系统' },
  { title: '内容', kind: 'TEXT', width: 60, value: ({ body }) => canonicalJson(body) },
  { title: '前一条哈希', kind: 'TEXT', width: 66, value: ({ prevHash }) => prevHash },
  { title: '哈希', kind: 'TEXT', width: 66, value: ({ hash }) => hash },
];

async function* readEntries(
  { prisma }: Database,
  ledgerId: string,
  from: Date,
  to: Date,
): AsyncGenerator<EntryRow, void, void> {
  for (let after = 0; ; ) {
    const page = await prisma.$queryRaw<EntryRow[]>`
      SELECT e.seq, e.at, e.kind::text, e.subject_id AS "subjectId", u.display_name AS actor, e.body, e.prev_hash AS "prevHash", e.hash
      FROM ledger_entries e LEFT JOIN users u ON u.id = e.actor_id
      WHERE e.ledger_id = ${ledgerId}::uuid AND e.seq > ${after} AND e.at >= ${from} AND e.at < ${to}
      ORDER BY e.seq LIMIT ${ROWS_PER_PAGE}`;
    yield* page;
    if (page.length < ROWS_PER_PAGE) return;
    after = page.at(-1)!.seq;
  }
}

type BalanceRow = {
  readonly kind: AccountKind;
  readonly owner: string | null;
  readonly unit: LedgerUnit;
  readonly opening: bigint;
  readonly debits: bigint;
  readonly credits: bigint;
  readonly closing: bigint;
  readonly debitsPending: bigint;
  readonly creditsPending: bigint;
};

const BALANCE_COLUMNS: readonly SheetColumn<BalanceRow>[] = [
  { title: '账户', kind: 'TEXT', width: 18, value: ({ kind }) => ACCOUNT_WORDS[kind] },
  { title: '所有者', kind: 'TEXT', width: 30, value: ({ owner }) => owner },
  { title: '单位', kind: 'TEXT', value: ({ unit }) => UNIT_WORDS[unit] },
  { title: '期初余额', kind: 'INTEGER', value: ({ opening }) => opening },
  { title: '本期借方', kind: 'INTEGER', value: ({ debits }) => debits },
  { title: '本期贷方', kind: 'INTEGER', value: ({ credits }) => credits },
  { title: '期末余额', kind: 'INTEGER', value: ({ closing }) => closing },
  { title: '期末待记借方', kind: 'INTEGER', value: ({ debitsPending }) => debitsPending },
  { title: '期末待记贷方', kind: 'INTEGER', value: ({ creditsPending }) => creditsPending },
  { title: '期末余额（元）', kind: 'FEN', value: ({ unit, closing }) => (unit === 'FEN' ? closing : null) },
];

async function readBalances(
  { prisma }: Database,
  ledgerId: string,
  from: Date,
  to: Date,
): Promise<readonly BalanceRow[]> {
  const before = new Map((await readBalancesAt(prisma, [ledgerId], from)).map((row) => [row.accountId, row]));
  const after = await readBalancesAt(prisma, [ledgerId], to);
  const owners = await readOwners(
    prisma,
    after.map(({ ownerId }) => ownerId),
  );
  return after.map(({ accountId, kind, ownerId, unit, ...held }) => {
    const { debitsPosted, creditsPosted }: Pick<AccountBalances, 'debitsPosted' | 'creditsPosted'> = before.get(
      accountId,
    ) ?? { debitsPosted: 0n, creditsPosted: 0n };
    return {
      kind,
      owner: owners.get(ownerId) ?? null,
      unit,
      opening: creditsPosted - debitsPosted,
      debits: held.debitsPosted - debitsPosted,
      credits: held.creditsPosted - creditsPosted,
      closing: held.creditsPosted - held.debitsPosted,
      debitsPending: held.debitsPending,
      creditsPending: held.creditsPending,
    };
  });
}

/** Names of the providers and programmes whose accounts they are; residents go by the id in the office's books. */
async function readOwners(prisma: Database['prisma'], ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await prisma.$queryRaw<{ id: string; name: string }[]>`
    SELECT id, name FROM providers WHERE id = ANY(${ids}::uuid[])
    UNION ALL SELECT id, external_id FROM residents WHERE id = ANY(${ids}::uuid[])
    UNION ALL SELECT id, name FROM funding_programmes WHERE id = ANY(${ids}::uuid[])`;
  return new Map(rows.map(({ id, name }) => [id, name]));
}

type TransferRow = {
  readonly id: string;
  readonly createdAt: Date;
  readonly resolvedAt: Date | null;
  readonly debitKind: AccountKind;
  readonly debitOwner: string | null;
  readonly creditKind: AccountKind;
  readonly creditOwner: string | null;
  readonly unit: LedgerUnit;
  readonly amount: bigint;
  readonly postedAmount: bigint | null;
  readonly state: TransferState;
  readonly orderId: string | null;
  readonly reversesId: string | null;
  readonly reason: string | null;
};

const TRANSFER_COLUMNS: readonly SheetColumn<TransferRow>[] = [
  { title: '编号', kind: 'TEXT', width: 38, value: ({ id }) => id },
  { title: '创建时间', kind: 'INSTANT', width: 20, value: ({ createdAt }) => createdAt },
  { title: '确定时间', kind: 'INSTANT', width: 20, value: ({ resolvedAt }) => resolvedAt },
  { title: '借方账户', kind: 'TEXT', width: 18, value: ({ debitKind }) => ACCOUNT_WORDS[debitKind] },
  { title: '借方', kind: 'TEXT', width: 30, value: ({ debitOwner }) => debitOwner },
  { title: '贷方账户', kind: 'TEXT', width: 18, value: ({ creditKind }) => ACCOUNT_WORDS[creditKind] },
  { title: '贷方', kind: 'TEXT', width: 30, value: ({ creditOwner }) => creditOwner },
  { title: '单位', kind: 'TEXT', value: ({ unit }) => UNIT_WORDS[unit] },
  { title: '数量', kind: 'INTEGER', value: ({ amount }) => amount },
  { title: '已记数量', kind: 'INTEGER', value: ({ postedAmount }) => postedAmount },
  { title: '已记金额（元）', kind: 'FEN', value: ({ unit, postedAmount }) => (unit === 'FEN' ? postedAmount : null) },
  { title: '状态', kind: 'TEXT', value: ({ state }) => TRANSFER_STATE_WORDS[state] },
  { title: '订单编号', kind: 'TEXT', width: 38, value: ({ orderId }) => orderId },
  { title: '冲正的转账', kind: 'TEXT', width: 38, value: ({ reversesId }) => reversesId },
  { title: '原因', kind: 'TEXT', width: 30, value: ({ reason }) => reason },
];

/** Transfers that were opened or resolved in the period. */
async function* readTransfers(
  { prisma }: Database,
  ledgerId: string,
  from: Date,
  to: Date,
): AsyncGenerator<TransferRow, void, void> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const page = await prisma.$queryRaw<(TransferRow & { debitOwnerId: string; creditOwnerId: string })[]>`
      SELECT t.id, t.created_at AS "createdAt", t.resolved_at AS "resolvedAt", debit.kind::text AS "debitKind",
        debit.owner_id AS "debitOwnerId", credit.kind::text AS "creditKind", credit.owner_id AS "creditOwnerId", t.unit::text,
        t.amount, t.posted_amount AS "postedAmount", t.state::text, t.order_id AS "orderId", t.reverses_id AS "reversesId", t.reason
      FROM transfers t JOIN accounts debit ON debit.id = t.debit_account_id JOIN accounts credit ON credit.id = t.credit_account_id
      WHERE t.ledger_id = ${ledgerId}::uuid AND t.id > ${after}::uuid
        AND ((t.created_at >= ${from} AND t.created_at < ${to}) OR (t.resolved_at >= ${from} AND t.resolved_at < ${to}))
      ORDER BY t.id LIMIT ${ROWS_PER_PAGE}`;
    const owners = await readOwners(
      prisma,
      page.flatMap((row) => [row.debitOwnerId, row.creditOwnerId]),
    );
    for (const row of page) {
      const debitOwner = owners.get(row.debitOwnerId) ?? null;
      yield { ...row, debitOwner, creditOwner: owners.get(row.creditOwnerId) ?? null };
    }
    if (page.length < ROWS_PER_PAGE) return;
    after = page.at(-1)!.id;
  }
}
