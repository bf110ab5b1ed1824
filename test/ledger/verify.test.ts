import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { newId } from '../../src/database/id.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { closeLedgers } from '../../src/ledger/period.store.ts';
import { type LedgerFault, verifyLedgers } from '../../src/ledger/verify.store.ts';
import { findNextCandidates } from '../../src/matchruns/next-candidates.store.ts';
import { dispatchOrders } from '../../src/orders/dispatch.store.ts';
import { moveOrder } from '../../src/orders/order.store.ts';
import { NOW, type PlantedArea, plantArea } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { plantNeedLike } from '../orders/planted.ts';

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
    const backup = [
      'ledger_entries',
      'ledgers',
      'accounts',
      'transfers',
      'order_events',
      'order_price_parts',
      'funding_programmes',
      'programme_usages',
      'settlements',
      'settlement_lines',
      'ledger_periods',
      'ledger_period_balances',
    ];
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
    expect(amount.map(({ rule }) => rule).sort()).toEqual(['PRICE', 'TRANSFER']);
    const lost = await afterTampering(`DELETE FROM transfers WHERE unit = 'MEAL'`);
    expect(lost.map(({ rule }) => rule).sort()).toEqual(['BALANCE', 'BALANCE', 'TRANSFER']);
    const event = await afterTampering(
      `UPDATE order_events SET at = at + interval '1 hour' WHERE order_id = '${mealOrderId}' AND seq = 4`,
    );
    expect(event).toMatchObject([{ rule: 'ORDER_EVENT', subjectId: mealOrderId }]);
  });

  describe('of money and periods', () => {
    let programmeId: string;
    let settlementId: string;
    let paidId: string;
    beforeAll(async () => {
      const { prisma } = database;
      const { areaId, needs, services, providers } = area;
      const viewer = systemViewer(areaId);
      const programme = await prisma.fundingProgramme.create({
        data: {
          areaId,
          externalId: 'F1',
          name: '助餐补贴',
          source: 'PROJECT_SUBSIDY',
          budgetFen: 100_000n,
          validFrom: new Date('2026-01-01'),
          validTo: new Date('2027-01-01'),
          shareBasisPoints: 5000,
          capPerProviderFen: 90_000n,
          allOf: [],
          anyOf: [],
          noneOf: [],
        },
      });
      programmeId = programme.id;
      const needId = await plantNeedLike(database, needs.yangMeal, 'N71');
      const pair = {
        needId,
        serviceId: services.lunch,
        mode: 'MATCH_RUN',
        matchRunId: null,
        candidateId: null,
      } as const;
      const [outcome] = await database.transaction((tx) => dispatchOrders(tx, viewer, [pair], NOW));
      const orderId = outcome!.orderId!;
      for (const [index, to] of (['ACCEPTED', 'IN_SERVICE', 'FULFILLED', 'CONFIRMED'] as const).entries()) {
        const move = { orderId, version: index + 1, to, reason: null };
        await moveOrder(database, viewer, move, NOW, findNextCandidates);
      }
      const paid = await prisma.transfer.findFirstOrThrow({ where: { programmeId } });
      paidId = paid.id;
      expect(paid.postedAmount).toBe(400n);
      settlementId = newId();
      await database.transaction(async (tx) => {
        await tx.$executeRaw`
          INSERT INTO settlements (id, area_id, programme_id, provider_id, period_from, period_to, total_fen, created_at)
          VALUES (${settlementId}::uuid, ${areaId}::uuid, ${programmeId}::uuid, ${providers.canteen}::uuid, '2026-11-01', '2026-12-01', 400, ${NOW})`;
        await tx.$executeRaw`
          INSERT INTO settlement_lines VALUES (${settlementId}::uuid, ${paidId}::uuid, 400)`;
      });
      await closeLedgers(
        database,
        viewer,
        { wholeArea: true },
        new Date(NOW.getTime() + 1000),
        new Date(NOW.getTime() + 86_400_000),
      );
      expect((await verify()).faults).toEqual([]);
    });

    const rules = async (...statements: readonly string[]) =>
      (await afterTampering(...statements)).map(({ rule }) => rule).sort();

    it('notices a part that was posted and is not as the chain says', async () => {
      expect(await rules(`UPDATE transfers SET posted_amount = 399 WHERE id = '${paidId}'`)).toEqual([
        'BALANCE',
        'BALANCE',
        'PERIOD',
        'PERIOD',
        'PERIOD',
        'PERIOD',
        'PROGRAMME',
        'SETTLEMENT',
        'TRANSFER',
        'USAGE',
        'USAGE',
      ]);
    });

    it('notices a price whose parts are not what was moved', async () => {
      const [fault, ...more] = await afterTampering(
        `UPDATE order_price_parts SET amount_fen = amount_fen + 1 WHERE programme_id = '${programmeId}'`,
      );
      expect(fault).toMatchObject({ rule: 'PRICE', ledgerId: null });
      expect(fault!.text.en).toMatch(/the parts of the price of order .* are 801 fen, of 800/);
      expect(more).toMatchObject([{ rule: 'PRICE', text: { en: expect.stringContaining('PROGRAMME bears 401 fen') } }]);
    });

    it('notices counters of a programme that its transfers do not make', async () => {
      const [spent] = await afterTampering(`UPDATE funding_programmes SET spent_fen = 0 WHERE id = '${programmeId}'`);
      expect(spent).toMatchObject({ rule: 'PROGRAMME', subjectId: programmeId });
      expect(spent!.text.en).toContain('has 0 0 fen reserved and spent; its transfers make 0 400');
      expect(await rules(`UPDATE funding_programmes SET reserved_fen = 7 WHERE id = '${programmeId}'`)).toEqual([
        'PROGRAMME',
      ]);
      expect(await rules(`UPDATE programme_usages SET used_fen = 1 WHERE owner_id = '${area.residents.yang}'`)).toEqual(
        ['USAGE'],
      );
      expect(await rules(`DELETE FROM programme_usages WHERE owner_id = '${area.providers.canteen}'`)).toEqual([
        'USAGE',
      ]);
    });

    it('notices a settlement whose total, lines or payout are not those of its transfers', async () => {
      const [total] = await afterTampering(`UPDATE settlements SET total_fen = 401 WHERE id = '${settlementId}'`);
      expect(total).toMatchObject({ rule: 'SETTLEMENT', subjectId: settlementId });
      expect(total!.text.en).toContain('is of 401 fen, its lines of 400, its transfers of 400, and 0 were paid');
      expect(await rules(`UPDATE settlement_lines SET amount_fen = 1`)).toEqual(['SETTLEMENT']);
      expect(await rules(`DELETE FROM settlement_lines`)).toEqual(['SETTLEMENT']);
      expect(await rules(`UPDATE settlements SET state = 'PAID', approved_at = now(), paid_at = now()`)).toEqual([
        'SETTLEMENT',
      ]);
    });

    it('notices a closed period that was changed, opened again or moved', async () => {
      const ofMeals = `(SELECT p.id FROM ledger_periods p JOIN ledgers l ON l.id = p.ledger_id
        JOIN categories c ON c.id = l.category_id WHERE c.code = 'ELDER.MEAL' AND l.community_id IS NOT NULL)`;
      const balance = await afterTampering(
        `UPDATE ledger_period_balances SET credits_posted = credits_posted + 1
         WHERE period_id IN ${ofMeals} AND account_id = (SELECT id FROM accounts WHERE kind = 'PROVIDER_INCOME'
           AND owner_id = '${area.providers.canteen}')`,
      );
      expect(balance.map(({ rule }) => rule)).toEqual(['PERIOD', 'PERIOD', 'PERIOD']);
      expect(balance[0]!.text.en).toContain('0 0 0 1601, which its transfers do not make');
      expect(balance[1]!.text.en).toContain('lacks');
      expect(balance[2]!.text.en).toContain('is not as the chain recorded its close');
      expect(await rules(`DELETE FROM ledger_period_balances WHERE period_id IN ${ofMeals}`)).toContain('PERIOD');
      expect(await rules(`UPDATE ledger_periods SET closing_seq = 1 WHERE id IN ${ofMeals}`)).toEqual([
        'PERIOD',
        'PERIOD',
      ]);
      expect(
        await rules(
          `UPDATE ledgers SET closed_before = NULL WHERE community_id IS NOT NULL AND category_id = '${area.categories['ELDER.MEAL']}'`,
        ),
      ).toEqual(['PERIOD']);
    });
  });

  it('looks at one area only', async () => {
    const other = await plantArea(database, 'OTHER');
    expect(await verifyLedgers(database, other.areaId, () => {})).toEqual({ ledgers: 0, entries: 0, faults: 0 });
  });
});
