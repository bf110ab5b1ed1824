import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { newId } from '../../src/database/id.ts';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import { systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { readBalancesAt } from '../../src/ledger/balances.store.ts';
import { appendLedgerEntries } from '../../src/ledger/ledger.store.ts';
import { closeLedgers } from '../../src/ledger/period.store.ts';
import { balancesAt, lastMonthEnd, PeriodClosed } from '../../src/ledger/period.ts';
import { verifyLedgers } from '../../src/ledger/verify.store.ts';
import { findNextCandidates } from '../../src/matchruns/next-candidates.store.ts';
import { dispatchOrders } from '../../src/orders/dispatch.store.ts';
import { moveOrder } from '../../src/orders/order.store.ts';
import { execute, globalId, type PlantedArea, plantArea, signIn } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';

it('closes by default up to the last month end of local time that is some minutes past', () => {
  const end = (now: string) => lastMonthEnd(new Date(now), 480).toISOString();
  expect(end('2026-11-25T02:00:00Z')).toBe('2026-10-31T16:00:00.000Z');
  expect(end('2026-10-31T16:14:59Z')).toBe('2026-09-30T16:00:00.000Z');
  expect(end('2026-10-31T16:15:00Z')).toBe('2026-10-31T16:00:00.000Z');
});

const OCTOBER = new Date('2026-10-20T02:00:00Z');
const NOVEMBER = new Date('2026-11-10T02:00:00Z');
const MONTH_END = new Date('2026-10-31T16:00:00Z');
const LATER = new Date('2026-11-24T02:00:00Z');

describe.each(DATABASE_KINDS)('the close of a period on the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let orderId: string;
  let viewer: Viewer;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
    area = await plantArea(database);
    viewer = systemViewer(area.areaId);
    const pair = { needId: area.needs.wuPipe, serviceId: area.services.plumbing, mode: 'MATCH_RUN' } as const;
    const [outcome] = await database.transaction((tx) =>
      dispatchOrders(tx, viewer, [{ ...pair, matchRunId: null, candidateId: null }], OCTOBER),
    );
    orderId = outcome!.orderId!;
    for (const [index, to] of (['ACCEPTED', 'IN_SERVICE', 'FULFILLED', 'CONFIRMED'] as const).entries()) {
      const move = { orderId, version: index + 1, to, reason: null };
      await moveOrder(database, viewer, move, index < 2 ? OCTOBER : NOVEMBER, findNextCandidates);
    }
  });
  afterAll(() => database.close());

  const ledger = () => database.prisma.ledger.findFirstOrThrow({ where: { category: { code: 'HOME.PLUMBING' } } });

  it('recomputes at any instant what the accounts held, as the rule says', async () => {
    const { id } = await ledger();
    const transfers = await database.prisma.transfer.findMany({ where: { ledgerId: id } });
    const accounts = await database.prisma.account.findMany({ where: { ledgerId: id } });
    const instants = fc.date({ min: new Date('2026-10-19'), max: new Date('2026-11-12'), noInvalidDate: true });
    await fc.assert(
      fc.asyncProperty(fc.oneof(instants, fc.constantFrom(OCTOBER, NOVEMBER)), async (instant) => {
        const read = new Map((await readBalancesAt(database.prisma, [id], instant)).map((row) => [row.accountId, row]));
        for (const account of accounts) {
          const expected = balancesAt(account.id, transfers, instant);
          const isEmpty = Object.values(expected).every((amount) => amount === 0n);
          expect(read.has(account.id)).toBe(!isEmpty);
          if (!isEmpty) expect(read.get(account.id)).toMatchObject(expected);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('keeps the balances as of its end, records them in the chain, and is done once', async () => {
    const { id } = await ledger();
    const staff = await signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId: area.communities.dashizi });
    const CLOSE = `mutation ($input: CloseLedgerPeriodInput!) { closeLedgerPeriod(input: $input) {
      ... on LedgerPeriod { id periodTo closingSeq
        balances { totalCount nodes { account { kind unit } debitsPending debitsPosted creditsPending balance } }
        ledger { closedBefore lastSeq periods { totalCount } entries(first: 1) { nodes { kind body } } } }
      ... on Failure { code message path }
    } }`;
    const close = async (who: Viewer, until?: Date) => {
      const input = { ledgerId: globalId('Ledger', id), ...(until ? { until: until.toISOString() } : {}) };
      return (await execute(database, who, CLOSE, { input }, { now: LATER })).closeLedgerPeriod;
    };
    const auditor = await signIn(database, area.areaId, 'AUDITOR');
    expect(await close(auditor)).toMatchObject({ code: 'NOT_ALLOWED' });
    expect(await close(staff, new Date(LATER.getTime() - 60_000))).toMatchObject({
      code: 'INVALID_INPUT',
      path: ['input', 'until'],
      message: 'a period can be closed 15 minutes after its end',
    });
    const period = await close(staff);
    // Dispatched and accepted in October, confirmed in November: at the end of October all was pending.
    expect(period).toMatchObject({
      periodTo: '2026-10-31T16:00:00.000Z',
      closingSeq: 5,
      balances: { totalCount: 4 },
      ledger: { closedBefore: '2026-10-31T16:00:00.000Z', lastSeq: 10, periods: { totalCount: 1 } },
    });
    expect(period.balances.nodes).toEqual(
      expect.arrayContaining([
        {
          account: { kind: 'RESIDENT_PAYMENT', unit: 'FEN' },
          debitsPending: '5000',
          debitsPosted: '0',
          creditsPending: '0',
          balance: '0',
        },
        {
          account: { kind: 'PROVIDER_INCOME', unit: 'FEN' },
          debitsPending: '0',
          debitsPosted: '0',
          creditsPending: '5000',
          balance: '0',
        },
      ]),
    );
    const [entry] = period.ledger.entries.nodes;
    expect(entry).toMatchObject({
      kind: 'PERIOD_CLOSED',
      body: { periodTo: '2026-10-31T16:00:00.000Z', closingSeq: 5 },
    });
    expect(entry.body.balances).toHaveLength(4);
    expect((await close(staff)).id).toBe(period.id);
    expect(await close(staff, new Date('2026-10-01T00:00:00Z'))).toMatchObject({ code: 'PERIOD_CLOSED' });
  });

  it('lets nothing be entered before its end, by the application or around it', async () => {
    const { id } = await ledger();
    const { areaId, communities, categories } = area;
    const book = { communityId: communities.dashizi, categoryId: categories['HOME.PLUMBING']! };
    const entry = { ...book, kind: 'ORDER_EVENT', subjectId: orderId, actorId: null, body: {} } as const;
    const append = (at: Date) => database.transaction((tx) => appendLedgerEntries(tx, areaId, [entry], at));
    await expect(append(new Date(MONTH_END.getTime() - 1))).rejects.toThrow(PeriodClosed);
    const refused = async (statement: string) =>
      sqlStateOf(await database.prisma.$executeRawUnsafe(statement).catch((error) => error));
    const like = await database.prisma.transfer.findFirstOrThrow({ where: { orderId, unit: 'FEN' } });
    const insert = (state: string, created: string, resolved: string) =>
      refused(`INSERT INTO transfers (id, ledger_id, debit_account_id, credit_account_id, amount, unit, state, created_at, resolved_at)
        VALUES ('${newId()}', '${id}', '${like.debitAccountId}', '${like.creditAccountId}', 1, 'FEN', '${state}', '${created}', ${resolved})`);
    expect(await insert('POSTED', '2026-10-30', `'2026-10-30'`)).toBe('LD006');
    expect(await insert('PENDING', '2026-10-30', 'NULL')).toBe('LD006');
    expect(await insert('POSTED', '2026-10-30', `'2026-11-20'`)).toBe('LD006');
    expect(await refused(`DELETE FROM ledger_period_balances`)).toBe('LD002');
    expect(await refused(`UPDATE ledger_periods SET closing_seq = 1`)).toBe('LD002');
    const period = (to: string, seq: number) =>
      refused(`INSERT INTO ledger_periods (id, ledger_id, period_to, closing_seq, closed_at)
        VALUES ('${newId()}', '${id}', '${to}', ${seq}, '2026-11-24')`);
    expect(await period('2026-10-15', 0)).toBe('LD006');
    expect(await period('2026-11-05', 4)).toBe('LD006');
    expect(await period('2026-12-05', 10)).toBe('23514');
  });

  it('closes all ledgers of a community or of the area, goes on where it stopped, and still verifies', async () => {
    const { areaId, communities } = area;
    const closing = await closeLedgers(database, viewer, { communityId: communities.dashizi }, null, LATER);
    expect(closing).toEqual({ until: MONTH_END, closed: 0, closedBefore: 1 });
    const mid = new Date('2026-11-15T00:00:00Z');
    expect(await closeLedgers(database, viewer, { wholeArea: true }, mid, LATER)).toEqual({
      until: mid,
      closed: 1,
      closedBefore: 0,
    });
    const other = await plantArea(database, 'OTHER');
    const admin = await signIn(database, areaId, 'AREA_ADMIN');
    await expect(closeLedgers(database, admin, { communityId: other.communities.yatang }, null, LATER)).rejects.toThrow(
      'No such community',
    );
    const faults: unknown[] = [];
    await verifyLedgers(database, areaId, (fault) => faults.push(fault));
    expect(faults).toEqual([]);
  });
});
