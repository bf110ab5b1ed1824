import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { type LedgerFault, verifyLedgers } from '../../src/ledger/verify.store.ts';
import { findNextCandidates } from '../../src/matchruns/next-candidates.store.ts';
import { dispatchOrders } from '../../src/orders/dispatch.store.ts';
import { moveOrder } from '../../src/orders/order.store.ts';
import { NOW, type PlantedArea, plantArea } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';

describe('the verification of ledgers', () => {
  let database: Database;
  let area: PlantedArea;
  let mealOrderId: string;
  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
    area = await plantArea(database);
    const viewer = systemViewer(area.areaId);
    const { needs, services } = area;
    const pairs = [
      [needs.yangMeal, services.lunch],
      [needs.wuPipe, services.plumbing],
      [needs.wuQuarrel, services.mediation],
    ] as const;
    const outcomes = await database.transaction((tx) =>
      dispatchOrders(
        tx,
        viewer,
        pairs.map(([needId, serviceId]) => ({
          needId,
          serviceId,
          mode: 'MATCH_RUN',
          matchRunId: null,
          candidateId: null,
        })),
        NOW,
      ),
    );
    mealOrderId = outcomes[0]!.orderId!;
    for (const [index, to] of (['ACCEPTED', 'IN_SERVICE', 'FULFILLED', 'CONFIRMED'] as const).entries()) {
      const move = { orderId: mealOrderId, version: index + 1, to, reason: null };
      await moveOrder(database, viewer, move, NOW, findNextCandidates);
    }
  });
  afterAll(() => database.close());

  const verify = async () => {
    const faults: LedgerFault[] = [];
    const sum = await verifyLedgers(database, area.areaId, (fault) => faults.push(fault));
    return { sum, faults };
  };

  /** Does what the guards refuse, as someone with the keys of the database could, finds the faults, and undoes it. */
  const afterTampering = async (...statements: readonly string[]): Promise<readonly LedgerFault[]> => {
    const { prisma } = database;
    await prisma.$executeRaw`SET session_replication_role = replica`;
    const backup = ['ledger_entries', 'ledgers', 'accounts', 'transfers', 'order_events'];
    for (const table of backup) await prisma.$executeRawUnsafe(`CREATE TEMP TABLE kept_${table} AS TABLE ${table}`);
    try {
      for (const statement of statements) expect(await prisma.$executeRawUnsafe(statement)).toBeGreaterThan(0);
      return (await verify()).faults;
    } finally {
      for (const table of backup) {
        await prisma.$executeRawUnsafe(`DELETE FROM ${table}`);
        await prisma.$executeRawUnsafe(`INSERT INTO ${table} TABLE kept_${table}`);
        await prisma.$executeRawUnsafe(`DROP TABLE kept_${table}`);
      }
      await prisma.$executeRaw`SET session_replication_role = DEFAULT`;
    }
  };
  const mealLedger = () =>
    database.prisma.ledger.findFirstOrThrow({ where: { category: { code: 'ELDER.MEAL' }, areaId: area.areaId } });

  it('finds nothing in ledgers that are as they were written', async () => {
    const { sum, faults } = await verify();
    expect(faults).toEqual([]);
    expect(sum).toEqual({ ledgers: 3, entries: 9 + 3 + 2, faults: 0 });
  });

  it('names the ledger and the entry that was changed, and how', async () => {
    const { id } = await mealLedger();
    const faults = await afterTampering(
      `UPDATE ledger_entries SET body = jsonb_set(body, '{quantity}', '99') WHERE ledger_id = '${id}' AND seq = 1`,
    );
    expect(faults).toMatchObject([{ ledgerId: id, rule: 'CONTENT', seq: 1 }]);
    expect(faults[0]!.text.zh).toContain('大十字社区·老年助餐');
    expect(faults[0]!.text.zh).toContain('第1条：内容被改动');
    expect(faults[0]!.text.en).toContain('entry 1: was changed');
  });

  it('notices entries that were taken out, at their place and at the end', async () => {
    const { id, lastSeq } = await mealLedger();
    const without = (seq: number) => `DELETE FROM ledger_entries WHERE ledger_id = '${id}' AND seq = ${seq}`;
    expect((await afterTampering(without(4)))[0]).toMatchObject({ rule: 'NUMBER', seq: 5 });
    expect((await afterTampering(without(lastSeq)))[0]).toMatchObject({ rule: 'END', seq: lastSeq - 1 });
  });

  it('notices a balance, a transfer and an event that the chain does not bear out', async () => {
    const balance = await afterTampering(
      `UPDATE accounts SET debits_posted = debits_posted + 1 WHERE kind = 'PROVIDER_SUPPLY' AND unit = 'MEAL'`,
    );
    expect(balance).toMatchObject([{ rule: 'BALANCE' }]);
    expect(balance[0]!.text.en).toContain('holds 0 2 0 0');
    expect(balance[0]!.text.en).toContain('make 0 1 0 0');
    const amount = await afterTampering(
      `UPDATE transfers SET amount = 80000 WHERE unit = 'FEN' AND order_id = '${mealOrderId}'`,
    );
    expect(amount.map(({ rule }) => rule).sort()).toEqual(['BALANCE', 'BALANCE', 'TRANSFER']);
    const lost = await afterTampering(`DELETE FROM transfers WHERE unit = 'MEAL'`);
    expect(lost.map(({ rule }) => rule).sort()).toEqual(['BALANCE', 'BALANCE', 'TRANSFER']);
    const event = await afterTampering(
      `UPDATE order_events SET at = at + interval '1 hour' WHERE order_id = '${mealOrderId}' AND seq = 4`,
    );
    expect(event).toMatchObject([{ rule: 'ORDER_EVENT', subjectId: mealOrderId }]);
  });

  it('looks at one area only', async () => {
    const other = await plantArea(database, 'OTHER');
    expect(await verifyLedgers(database, other.areaId, () => {})).toEqual({ ledgers: 0, entries: 0, faults: 0 });
  });
});
