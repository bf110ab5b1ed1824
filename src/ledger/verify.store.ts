import type { Database } from '../database/database.ts';
import type { BilingualText } from '../matching/records.ts';
import { readBalancesAt } from './balances.store.ts';
import { type ChainBreak, type ChainedEntry, type ChainPosition, genesisOf, verifyChain } from './chain.ts';
import type { Balances } from './transfer.ts';
import { findMoneyFaults, type MoneyFault } from './verify-money.store.ts';

/** Something in a ledger, or in an area's money, that is not as it was written, or does not follow from what was. */
export type LedgerFault = {
  /** `null` for what is of no single ledger. */
  readonly ledgerId: string | null;
  /**
   * NUMBER, LINK, CONTENT: the first broken entry of the chain, see `ChainBreak`. END: entries are missing at its end.
   * BALANCE: an account does not hold the sum of its transfers. TRANSFER: a transfer is not as the chain says, or only one
   * of the two has it. ORDER_EVENT: an event of an order is not in the chain. PERIOD: a closed period does not hold what the
   * transfers made by its end, or the chain says otherwise. PRICE, PROGRAMME, USAGE, SETTLEMENT: see `MoneyFault`.
   */
  readonly rule: ChainBreak['rule'] | 'END' | 'BALANCE' | 'TRANSFER' | 'ORDER_EVENT' | 'PERIOD' | MoneyFault['rule'];
  /** Number of the entry where it is one. */
  readonly seq: number | null;
  /** Id of the account, transfer, order, period, programme or settlement where it is one. */
  readonly subjectId: string | null;
  /** Which ledger, which entry and how, in words. */
  readonly text: BilingualText;
};

/** How much was walked and how many faults were found. */
export type LedgerVerification = { readonly ledgers: number; readonly entries: number; readonly faults: number };

const LEDGERS_PER_PAGE = 100;
const ENTRIES_PER_PAGE = 1000;

/**
 * Walks the chain of every ledger of an area and recomputes every balance, those of closed periods too, a page at a time,
 * while others write: what was appended since a ledger's turn began is left for the next verification. At the end the parts
 * of prices, the counters of programmes and the totals of settlements are recomputed.
 *
 * @param report gets each fault as it is found
 */
export async function verifyLedgers(
  database: Database,
  areaId: string,
  report: (fault: LedgerFault) => void,
): Promise<LedgerVerification> {
  const sum = { ledgers: 0, entries: 0, faults: 0 };
  const tell = (fault: LedgerFault) => {
    sum.faults += 1;
    report(fault);
  };
  for await (const ledger of readLedgers(database, areaId)) {
    sum.ledgers += 1;
    sum.entries += await walkChain(database, ledger, tell);
    for (const fault of await findBalanceFaults(database, ledger)) tell(fault);
    for (const fault of await findTransferFaults(database, ledger)) tell(fault);
    for (const fault of await findOrderEventFaults(database, ledger)) tell(fault);
    for (const fault of await findPeriodFaults(database, ledger)) tell(fault);
  }
  for (const fault of await findMoneyFaults(database, areaId)) tell({ ...fault, ledgerId: null, seq: null });
  return sum;
}

type LedgerRow = {
  readonly id: string;
  readonly areaId: string;
  readonly communityId: string | null;
  readonly categoryId: string;
  readonly lastSeq: number;
  readonly lastHash: string;
  readonly closedBefore: Date | null;
  readonly community: { readonly name: string } | null;
  readonly category: { readonly name: string };
};

async function* readLedgers(database: Database, areaId: string): AsyncGenerator<LedgerRow, void, void> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const page = await database.prisma.ledger.findMany({
      where: { areaId, id: { gt: after } },
      include: { community: { select: { name: true } }, category: { select: { name: true } } },
      orderBy: { id: 'asc' },
      take: LEDGERS_PER_PAGE,
    });
    yield* page;
    if (page.length < LEDGERS_PER_PAGE) return;
    after = page.at(-1)!.id;
  }
}

/** @returns how many entries were walked */
async function walkChain(database: Database, ledger: LedgerRow, tell: (fault: LedgerFault) => void): Promise<number> {
  const { id, areaId, communityId, categoryId, lastSeq, lastHash } = ledger;
  let position: ChainPosition = genesisOf({ ledgerId: id, areaId, communityId, categoryId });
  let walked = 0;
  for (let after = -1; ; ) {
    const page = await database.prisma.ledgerEntry.findMany({
      where: { ledgerId: id, seq: { gt: after, lte: lastSeq } },
      orderBy: { seq: 'asc' },
      take: ENTRIES_PER_PAGE,
    });
    walked += page.length;
    const walk = verifyChain(id, position, page as unknown as readonly ChainedEntry[]);
    position = walk.position;
    if (walk.broken !== null) {
      tell(chainFault(ledger, walk.broken));
      return walked;
    }
    if (page.length < ENTRIES_PER_PAGE) break;
    after = page.at(-1)!.seq;
  }
  if (position.seq !== lastSeq || position.hash !== lastHash) {
    tell(
      fault(
        ledger,
        'END',
        { seq: position.seq },
        {
          zh: `止于第${position.seq}条（${position.hash.slice(0, 12)}…），而台账记为第${lastSeq}条（${lastHash.slice(0, 12)}…）`,
          en: `ends with entry ${position.seq} (${position.hash.slice(0, 12)}…), where the ledger has ${lastSeq} (${lastHash.slice(0, 12)}…)`,
        },
      ),
    );
  }
  return walked;
}

function chainFault(ledger: LedgerRow, { seq, rule, expected, found }: ChainBreak): LedgerFault {
  const words: Readonly<Record<ChainBreak['rule'], BilingualText>> = {
    NUMBER: { zh: `缺失或错位：此处应为第${expected}条`, en: `is out of place: entry ${expected} should stand here` },
    LINK: {
      zh: `前一条的哈希应为${expected.slice(0, 12)}…，写的是${found.slice(0, 12)}…`,
      en: `names ${found.slice(0, 12)}… as the hash before it, which is ${expected.slice(0, 12)}…`,
    },
    CONTENT: {
      zh: `内容被改动：其哈希应为${expected.slice(0, 12)}…，写的是${found.slice(0, 12)}…`,
      en: `was changed: its hash is ${expected.slice(0, 12)}…, it says ${found.slice(0, 12)}…`,
    },
  };
  return fault(ledger, rule, { seq }, words[rule]);
}

type AccountRow = { readonly id: string; readonly kept: string; readonly summed: string };

async function findBalanceFaults(database: Database, ledger: LedgerRow): Promise<readonly LedgerFault[]> {
  const rows = await database.prisma.$queryRaw<AccountRow[]>`
    SELECT id, kept, summed FROM (
      SELECT a.id,
        concat_ws(' ', debits_pending, debits_posted, credits_pending, credits_posted) AS kept,
        concat_ws(' ',
          COALESCE(sum(amount) FILTER (WHERE debit_account_id = a.id AND state = 'PENDING'), 0),
          COALESCE(sum(posted_amount) FILTER (WHERE debit_account_id = a.id AND state = 'POSTED'), 0),
          COALESCE(sum(amount) FILTER (WHERE credit_account_id = a.id AND state = 'PENDING'), 0),
          COALESCE(sum(posted_amount) FILTER (WHERE credit_account_id = a.id AND state = 'POSTED'), 0)) AS summed
      FROM accounts a
      LEFT JOIN LATERAL (
        SELECT amount, posted_amount, state, debit_account_id, credit_account_id FROM transfers WHERE debit_account_id = a.id
        UNION ALL
        SELECT amount, posted_amount, state, debit_account_id, credit_account_id FROM transfers WHERE credit_account_id = a.id
      ) t ON true
      WHERE a.ledger_id = ${ledger.id}::uuid
      GROUP BY a.id
    ) AS balances
    WHERE kept <> summed ORDER BY id`;
  return rows.map(({ id, kept, summed }) =>
    fault(
      ledger,
      'BALANCE',
      { subjectId: id },
      {
        zh: `账户${id}余额（借方待记、已记，贷方待记、已记）为${kept}，按转账应为${summed}`,
        en: `account ${id} holds ${kept} (debits pending, posted, credits pending, posted); its transfers make ${summed}`,
      },
    ),
  );
}

type TransferRow = {
  readonly id: string;
  readonly seq: number | null;
  readonly kept: string | null;
  readonly entered: string | null;
};

/**
 * The newest entry of a transfer says how it stands. Entries from before amounts could be posted in part say nothing of the
 * part: it was the whole.
 */
async function findTransferFaults(database: Database, ledger: LedgerRow): Promise<readonly LedgerFault[]> {
  const rows = await database.prisma.$queryRaw<TransferRow[]>`
    WITH entered AS (
      SELECT DISTINCT ON (subject_id) subject_id, seq,
        concat_ws(' ', body->>'state', body->>'amount', body->>'unit', body->>'debitAccountId', body->>'creditAccountId',
          'posted ' || COALESCE(body->>'postedAmount', CASE WHEN body->>'state' = 'POSTED' THEN body->>'amount' END),
          'order ' || (body->>'orderId'), 'reverses ' || (body->>'reversesId'), 'programme ' || (body->>'programmeId'),
          'settlement ' || (body->>'settlementId')) AS words
      FROM ledger_entries WHERE ledger_id = ${ledger.id}::uuid AND kind = 'TRANSFER'
      ORDER BY subject_id, seq DESC
    ), kept AS (
      SELECT id, concat_ws(' ', state, amount, unit, debit_account_id, credit_account_id, 'posted ' || posted_amount,
        'order ' || order_id, 'reverses ' || reverses_id, 'programme ' || programme_id, 'settlement ' || settlement_id) AS words
      FROM transfers WHERE ledger_id = ${ledger.id}::uuid
    )
    SELECT COALESCE(kept.id, entered.subject_id) AS id, entered.seq, kept.words AS kept, entered.words AS entered
    FROM kept FULL JOIN entered ON entered.subject_id = kept.id
    WHERE kept.words IS DISTINCT FROM entered.words ORDER BY 1`;
  return rows.map(({ id, seq, kept, entered }) =>
    fault(
      ledger,
      'TRANSFER',
      { subjectId: id, seq },
      {
        zh: `转账${id}：现为${kept ?? '不存在'}，台账记为${entered ?? '无此转账'}`,
        en: `transfer ${id} is ${kept ?? 'not there'}, where the ledger says ${entered ?? 'nothing of it'}`,
      },
    ),
  );
}

type OrderEventRow = { readonly orderId: string; readonly seq: number; readonly toState: string };

async function findOrderEventFaults(database: Database, ledger: LedgerRow): Promise<readonly LedgerFault[]> {
  if (ledger.communityId === null) return [];
  const rows = await database.prisma.$queryRaw<OrderEventRow[]>`
    SELECT e.order_id AS "orderId", e.seq, e.to_state::text AS "toState"
    FROM orders o JOIN order_events e ON e.order_id = o.id
    WHERE o.community_id = ${ledger.communityId}::uuid AND o.category_id = ${ledger.categoryId}::uuid
      AND NOT EXISTS (
        SELECT FROM ledger_entries l
        WHERE l.subject_id = o.id AND l.ledger_id = ${ledger.id}::uuid AND l.kind = 'ORDER_EVENT'
          AND l.body->>'seq' = e.seq::text AND l.body->>'to' = e.to_state::text AND l.at = e.at
      )
    ORDER BY 1, 2`;
  return rows.map(({ orderId, seq, toState }) =>
    fault(
      ledger,
      'ORDER_EVENT',
      { subjectId: orderId },
      {
        zh: `订单${orderId}的第${seq}个事件（${toState}）未入台账`,
        en: `event ${seq} (${toState}) of order ${orderId} is not in it`,
      },
    ),
  );
}

/** A closed period holds what the transfers made by its end, as the chain recorded it, and the ledger is closed up to the last. */
async function findPeriodFaults(database: Database, ledger: LedgerRow): Promise<readonly LedgerFault[]> {
  const periods = await database.prisma.ledgerPeriod.findMany({
    where: { ledgerId: ledger.id },
    include: { balances: { omit: { periodId: true }, orderBy: { accountId: 'asc' } } },
    orderBy: { periodTo: 'asc' },
  });
  const faults: LedgerFault[] = [];
  const found = (periodId: string | null, zh: string, en: string) =>
    faults.push(fault(ledger, 'PERIOD', { subjectId: periodId }, { zh, en }));
  for (const { id, periodTo, closingSeq, balances } of periods) {
    const end = periodTo.toISOString();
    const kept = balances.map(wordsOfBalances);
    const summed = (await readBalancesAt(database.prisma, [ledger.id], periodTo)).map(wordsOfBalances);
    const recorded = await database.prisma.ledgerEntry.findFirst({
      where: { ledgerId: ledger.id, kind: 'PERIOD_CLOSED', body: { path: ['periodId'], equals: id } },
    });
    const body = recorded?.body as { closingSeq: number; balances: HeldInWords[] } | undefined;
    const entered = body?.balances.map(wordsOfBalances);
    const { _max } = await database.prisma.ledgerEntry.aggregate({
      where: { ledgerId: ledger.id, at: { lt: periodTo } },
      _max: { seq: true },
    });
    for (const words of kept.filter((one) => !summed.includes(one))) {
      found(
        id,
        `至${end}的账期存有余额${words}，与转账不符`,
        `its period to ${end} holds ${words}, which its transfers do not make`,
      );
    }
    for (const words of summed.filter((one) => !kept.includes(one))) {
      found(id, `至${end}的账期缺少余额${words}`, `its period to ${end} lacks ${words}, which its transfers make`);
    }
    if (body === undefined || entered?.join() !== kept.join() || body.closingSeq !== closingSeq) {
      found(id, `至${end}的账期与其结账条目不符`, `its period to ${end} is not as the chain recorded its close`);
    }
    if ((_max.seq ?? 0) !== closingSeq) {
      const last = _max.seq ?? 0;
      found(
        id,
        `至${end}的账期止于第${closingSeq}条，应为第${last}条`,
        `its period to ${end} ends with entry ${closingSeq}, not ${last}`,
      );
    }
  }
  const last = periods.at(-1)?.periodTo.toISOString() ?? '—';
  const closed = ledger.closedBefore?.toISOString() ?? '—';
  if (last !== closed)
    found(null, `记为结账至${closed}，末个账期止于${last}`, `is closed up to ${closed}, its last period ends ${last}`);
  return faults;
}

type HeldInWords = { readonly accountId: string } & Readonly<Record<keyof Balances, bigint | string>>;

function wordsOfBalances({
  accountId,
  debitsPending,
  debitsPosted,
  creditsPending,
  creditsPosted,
}: HeldInWords): string {
  return `${accountId} ${debitsPending} ${debitsPosted} ${creditsPending} ${creditsPosted}`;
}

function fault(
  ledger: LedgerRow,
  rule: LedgerFault['rule'],
  { seq = null, subjectId = null }: { readonly seq?: number | null; readonly subjectId?: string | null },
  words: BilingualText,
): LedgerFault {
  const name = `${ledger.community?.name ?? '全区'}·${ledger.category.name}`;
  const isOfEntry = rule === 'NUMBER' || rule === 'LINK' || rule === 'CONTENT';
  return {
    ledgerId: ledger.id,
    rule,
    seq,
    subjectId,
    text: {
      zh: `台账 ${name}（${ledger.id}）${isOfEntry ? `第${seq}条` : ''}：${words.zh}`,
      en: `Ledger ${name} (${ledger.id})${isOfEntry ? ` entry ${seq}` : ''}: ${words.en}`,
    },
  };
}
