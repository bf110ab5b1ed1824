import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { newId } from '../../src/database/id.ts';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import { verifyLedgers } from '../../src/ledger/index.ts';
import { type PlantedArea, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { brokenInvariants, plantNeedLike, plantServiceLike } from '../orders/planted.ts';
import { brokenFunding, dispatchPairs, partsOf, plantProgramme, TO_CONFIRMED, walkOrder } from './planted.ts';

describe.each(DATABASE_KINDS)('orders that programmes pay for, on the %s database,', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let planted = 0;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
  });
  beforeEach(async () => {
    planted += 1;
    area = await plantArea(database, `AREA${planted}`);
    await database.prisma.service.update({ where: { id: area.services.lunch }, data: { places: null } });
  });
  afterEach(async () => {
    expect(await brokenInvariants(database, area.areaId)).toEqual([]);
    expect(await brokenFunding(database, area.areaId)).toEqual([]);
    expect((await verifyLedgers(database, area.areaId, () => {})).faults).toBe(0);
  });
  afterAll(() => database.close());

  const dispatched = async (needId: string, serviceId: string, now?: Date) =>
    (await dispatchPairs(database, area.areaId, [[needId, serviceId]], now))[0]!.orderId!;
  const programme = async (id: string) => {
    const { reservedFen, spentFen } = await database.prisma.fundingProgramme.findUniqueOrThrow({ where: { id } });
    return { reserved: Number(reservedFen), spent: Number(spentFen) };
  };
  const notices = async () =>
    (await database.prisma.notice.findMany({ where: { areaId: area.areaId }, orderBy: { id: 'asc' } })).map(
      (notice) => notice.kind,
    );
  const needsLike = (count: number, needId = area.needs.yangMeal) =>
    Promise.all(Array.from({ length: count }, (_, n) => plantNeedLike(database, needId, `N9${n}`)));

  it('reserve the programme’s part at dispatch, post it at confirmation, and give it back otherwise', async () => {
    await database.prisma.service.update({ where: { id: area.services.lunch }, data: { giftFen: 100 } });
    const half = await plantProgramme(database, area.areaId, 'HALF');
    const orderId = await dispatched(area.needs.yangMeal, area.services.lunch);
    expect(await partsOf(database, orderId)).toEqual(['PROVIDER 100', 'HALF 350', 'RESIDENT 350']);
    expect(await programme(half)).toEqual({ reserved: 350, spent: 0 });
    await walkOrder(database, area, orderId, TO_CONFIRMED);
    expect(await programme(half)).toEqual({ reserved: 0, spent: 350 });
    const accounts = await database.prisma.account.findMany({
      where: { ledger: { areaId: area.areaId }, unit: 'FEN' },
      orderBy: { kind: 'asc' },
    });
    expect(
      accounts.map(({ kind: of, ownerId, creditsPosted, debitsPosted }) => [of, ownerId, creditsPosted - debitsPosted]),
    ).toEqual([
      ['COMMUNITY_RECEIPT', accounts[0]!.ledgerId, 100n],
      ['RESIDENT_PAYMENT', area.residents.yang, -350n],
      ['PROVIDER_INCOME', area.providers.canteen, 700n],
      ['PROGRAMME_FUND', half, -350n],
      ['PROVIDER_GIFT', area.providers.canteen, -100n],
    ]);
    const [another] = await needsLike(1);
    const cancelled = await dispatched(another!, area.services.lunch);
    await walkOrder(database, area, cancelled, ['ACCEPTED', 'CANCELLED']);
    expect(await programme(half)).toEqual({ reserved: 0, spent: 350 });
  });

  it('get it for whom it is: by category with all below it, community, attributes, age on the day, and term', async () => {
    const { areaId, services, needs } = area;
    await plantProgramme(database, areaId, 'ELDER', { categories: ['ELDER'], minimumAge: 76, allOf: ['LIVING_ALONE'] });
    await plantProgramme(database, areaId, 'YATANG', { communities: ['C02'] });
    await plantProgramme(database, areaId, 'HOME', { categories: ['HOME'] });
    await plantProgramme(database, areaId, 'OVER', { validTo: new Date('2026-11-24T02:00:00Z') });
    const [before, after] = await needsLike(2);
    const birthday = await plantProgramme(database, areaId, 'BIRTHDAY', { minimumAge: 77, categories: ['ELDER.MEAL'] });
    expect(await partsOf(database, await dispatched(needs.yangMeal, services.lunch))).toEqual([
      'ELDER 400',
      'RESIDENT 400',
    ]);
    expect(await partsOf(database, await dispatched(needs.longMeal, services.lunch))).toEqual([
      'YATANG 400',
      'RESIDENT 400',
    ]);
    expect(await partsOf(database, await dispatched(needs.wuPipe, services.plumbing))).toEqual([
      'HOME 2500',
      'RESIDENT 2500',
    ]);
    // Mrs Yang is 77 on 8 March 2027 in Kaili, eight hours before it is so in Greenwich; the others' terms are over by then.
    await database.prisma.fundingProgramme.update({
      where: { id: birthday },
      data: { validTo: new Date('2028-01-01T00:00:00Z') },
    });
    const dayBefore = new Date('2027-03-07T15:59:00Z');
    expect(await partsOf(database, await dispatched(before!, services.lunch, dayBefore))).toEqual(['RESIDENT 800']);
    const dayOf = new Date('2027-03-07T16:00:00Z');
    expect(await partsOf(database, await dispatched(after!, services.lunch, dayOf))).toEqual([
      'BIRTHDAY 400',
      'RESIDENT 400',
    ]);
  });

  it('share a budget among the orders of one bulk until it is dry; staff are told once as it gets low and ends', async () => {
    const dry = await plantProgramme(database, area.areaId, 'DRY', { budgetFen: 1500, lowPercent: 50 });
    const needs = await needsLike(6);
    const spares = needs.map((needId) => [needId, area.services.lunch] as const);
    await dispatchPairs(database, area.areaId, spares.slice(0, 1));
    expect(await notices()).toEqual([]);
    await dispatchPairs(database, area.areaId, spares.slice(1, 2));
    expect(await notices()).toEqual(['PROGRAMME_LOW']);
    const outcomes = await dispatchPairs(database, area.areaId, spares.slice(2));
    expect(await Promise.all(outcomes.map(({ orderId }) => partsOf(database, orderId!)))).toEqual([
      ['DRY 400', 'RESIDENT 400'],
      ['DRY 300', 'RESIDENT 500'],
      ['RESIDENT 800'],
      ['RESIDENT 800'],
    ]);
    expect(await programme(dry)).toEqual({ reserved: 1500, spent: 0 });
    expect(await notices()).toEqual(['PROGRAMME_LOW', 'PROGRAMME_EXHAUSTED']);
  });

  it('keep within the caps of the resident and of the provider', async () => {
    await plantProgramme(database, area.areaId, 'EACH', { capPerResidentFen: 500 });
    await plantProgramme(database, area.areaId, 'FIRM', { capPerProviderFen: 450, priority: 200 });
    const needs = await needsLike(3);
    const orders = [];
    for (const needId of needs) orders.push(await dispatched(needId, area.services.lunch));
    expect(await Promise.all(orders.map((id) => partsOf(database, id)))).toEqual([
      ['EACH 400', 'FIRM 400'],
      ['EACH 100', 'FIRM 50', 'RESIDENT 650'],
      ['RESIDENT 800'],
    ]);
    // What a cancelled order gives back may be used again.
    await walkOrder(database, area, orders[0]!, ['CANCELLED']);
    const again = await plantNeedLike(database, area.needs.yangMeal, 'N99');
    expect(await partsOf(database, await dispatched(again, area.services.lunch))).toEqual(['EACH 400', 'FIRM 400']);
  });

  it('are refused when the resident would pay more than they can, and then the next candidate is tried', async () => {
    await plantProgramme(database, area.areaId, 'HALF', { budgetFen: 600 });
    await database.prisma.need.update({ where: { id: area.needs.yangMeal }, data: { maximumPriceFen: 400 } });
    const [first, second] = await needsLike(2);
    const cheap = await plantServiceLike(database, area.services.lunch, 'S91', { places: null });
    await database.prisma.costOption.updateMany({ where: { serviceId: cheap }, data: { amountFen: 600 } });
    const outcomes = await dispatchPairs(database, area.areaId, [
      [first!, area.services.lunch],
      [second!, area.services.lunch],
      [second!, cheap],
    ]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['DISPATCHED', 'ABOVE_MAXIMUM', 'DISPATCHED']);
    expect(await partsOf(database, outcomes[2]!.orderId!)).toEqual(['HALF 200', 'RESIDENT 400']);
  });

  it('are paid for by nothing that is suspended', async () => {
    const id = await plantProgramme(database, area.areaId, 'HALF');
    await database.prisma.fundingProgramme.update({ where: { id }, data: { state: 'SUSPENDED' } });
    expect(await partsOf(database, await dispatched(area.needs.yangMeal, area.services.lunch))).toEqual([
      'RESIDENT 800',
    ]);
  });

  it('are a fixed number of statements, however many they are', async () => {
    await plantProgramme(database, area.areaId, 'HALF', { capPerResidentFen: 10_000 });
    const statements = async (count: number, from: number) => {
      const needs = await Promise.all(
        Array.from({ length: count }, (_, n) => plantNeedLike(database, area.needs.yangMeal, `M${from + n}`)),
      );
      let counted = 0;
      let isCounting = true;
      database.prisma.$on('query' as never, () => {
        if (isCounting) counted += 1;
      });
      await dispatchPairs(
        database,
        area.areaId,
        needs.map((needId) => [needId, area.services.lunch]),
      );
      isCounting = false;
      return counted;
    };
    await statements(1, 0);
    expect(await statements(40, 100)).toBe(await statements(2, 10));
  });

  describe('to whoever goes around the application', () => {
    const refusal = async (...sql: readonly string[]): Promise<string | null> => {
      const error = await database
        .transaction(async (tx) => {
          for (const statement of sql) await tx.$executeRawUnsafe(statement);
          await tx.$executeRaw`SET CONSTRAINTS ALL IMMEDIATE`;
        })
        .catch((reason) => reason);
      return error === undefined ? 'accepted' : sqlStateOf(error);
    };

    it('refuse a budget or a usage written by hand, and parts that are changed or do not add up', async () => {
      const id = await plantProgramme(database, area.areaId, 'HALF');
      const orderId = await dispatched(area.needs.yangMeal, area.services.lunch);
      expect(await refusal(`UPDATE funding_programmes SET spent_fen = 0, reserved_fen = 0 WHERE id = '${id}'`)).toBe(
        'LD008',
      );
      expect(await refusal(`UPDATE programme_usages SET used_fen = 0 WHERE programme_id = '${id}'`)).toBe('LD008');
      expect(await refusal(`DELETE FROM funding_programmes WHERE id = '${id}'`)).toBe('LD008');
      expect(await refusal(`UPDATE order_price_parts SET amount_fen = 1 WHERE order_id = '${orderId}'`)).toBe('LD002');
      const more = `INSERT INTO order_price_parts (order_id, position, payer, amount_fen) VALUES ('${orderId}', 9, 'RESIDENT', 1)`;
      expect(await refusal(more)).toBe('LD008');
    });

    it('refuse a transfer beyond the budget or a cap', async () => {
      const id = await plantProgramme(database, area.areaId, 'HALF', { budgetFen: 500, capPerResidentFen: 450 });
      const orderId = await dispatched(area.needs.yangMeal, area.services.lunch);
      const transfer = (fen: number) => `
        INSERT INTO transfers (id, ledger_id, debit_account_id, credit_account_id, amount, unit, state, order_id, programme_id, created_at)
        SELECT '${newId()}', ledger_id, debit_account_id, credit_account_id, ${fen}, unit, 'PENDING', order_id, programme_id, created_at
        FROM transfers WHERE order_id = '${orderId}' AND programme_id = '${id}'`;
      expect(await refusal(transfer(101))).toBe('23514');
      expect(await refusal(transfer(51))).toBe('23514');
    });
  });
});

describe('many dispatches at the same time', () => {
  it('race for the last fen of a budget and of caps: none is overspent, and the last fen is spent', async () => {
    const database = await scratchDatabase('SERVER');
    try {
      const area = await plantArea(database);
      await database.prisma.service.update({ where: { id: area.services.lunch }, data: { places: null } });
      await plantProgramme(database, area.areaId, 'FIRST', { budgetFen: 1999, priority: 1 });
      await plantProgramme(database, area.areaId, 'SECOND', { capPerResidentFen: 1111, capPerProviderFen: 3333 });
      const needs = await Promise.all(
        Array.from({ length: 16 }, (_, n) =>
          plantNeedLike(database, n % 2 === 0 ? area.needs.yangMeal : area.needs.longMeal, `N9${n}`),
        ),
      );
      const orders = await Promise.all(
        needs.map(async (needId) => (await dispatchPairs(database, area.areaId, [[needId, area.services.lunch]]))[0]!),
      );
      expect(orders.every(({ outcome }) => outcome === 'DISPATCHED')).toBe(true);
      // Some are confirmed and some called off while others are dispatched in their place.
      const more = await Promise.all(
        Array.from({ length: 8 }, (_, n) => plantNeedLike(database, area.needs.longMeal, `N8${n}`)),
      );
      await Promise.all([
        ...orders.slice(0, 6).map(({ orderId }) => walkOrder(database, area, orderId!, TO_CONFIRMED)),
        ...orders.slice(6, 12).map(({ orderId }) => walkOrder(database, area, orderId!, ['CANCELLED'])),
        ...more.map((needId) => dispatchPairs(database, area.areaId, [[needId, area.services.lunch]])),
      ]);
      expect(await brokenFunding(database, area.areaId)).toEqual([]);
      expect(await brokenInvariants(database, area.areaId)).toEqual([]);
      expect((await verifyLedgers(database, area.areaId, () => {})).faults).toBe(0);
    } finally {
      await database.close();
    }
  });
});
