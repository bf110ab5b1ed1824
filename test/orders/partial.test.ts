import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { newId } from '../../src/database/id.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { findNextCandidates } from '../../src/matchruns/next-candidates.store.ts';
import { dispatchOrders } from '../../src/orders/dispatch.store.ts';
import { moveOrder } from '../../src/orders/order.store.ts';
import { execute, globalId, NOW, type PlantedArea, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { plantProgramme } from '../funding/planted.ts';
import { brokenInvariants, type People, plantNeedLike, signInPeople } from './planted.ts';

const FULFIL = `mutation ($input: FulfilOrderInput!) { fulfilOrder(input: $input) {
  ... on Order { state quantity fulfilledQuantity version }
  ... on InvalidInput { path issues { rule message } }
  ... on Failure { code }
} }`;

describe.each(DATABASE_KINDS)('an order that is served in part, on the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let people: People;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
    area = await plantArea(database);
    people = await signInPeople(database, area);
  });
  afterAll(async () => {
    expect(await brokenInvariants(database, area.areaId)).toEqual([]);
    await database.close();
  });

  /** An order of so many visits at so many fen each that is being served; version 3. */
  const inService = async (quantity: number, unitPriceFen = 5000) => {
    const needId = await plantNeedLike(database, area.needs.wuPipe, newId());
    await database.prisma.need.update({ where: { id: needId }, data: { quantity } });
    await database.prisma.service.update({ where: { id: area.services.plumbing }, data: { places: 1000 } });
    await database.prisma.costOption.updateMany({
      where: { serviceId: area.services.plumbing },
      data: { amountFen: unitPriceFen },
    });
    const dispatch = {
      needId,
      serviceId: area.services.plumbing,
      mode: 'MATCH_RUN',
      matchRunId: null,
      candidateId: null,
    } as const;
    const [outcome] = await database.transaction((tx) =>
      dispatchOrders(tx, systemViewer(area.areaId), [dispatch], NOW),
    );
    const orderId = outcome!.orderId!;
    for (const [index, to] of (['ACCEPTED', 'IN_SERVICE'] as const).entries()) {
      await moveOrder(
        database,
        people.repair,
        { orderId, version: index + 1, to, reason: null },
        NOW,
        findNextCandidates,
      );
    }
    return orderId;
  };
  const fulfil = async (orderId: string, quantity?: number | null) => {
    const input = { orderId: globalId('Order', orderId), version: 3, quantity };
    return (await execute(database, people.repair, FULFIL, { input })).fulfilOrder;
  };
  const confirm = (orderId: string) =>
    moveOrder(database, people.wu, { orderId, version: 4, to: 'CONFIRMED', reason: null }, NOW, findNextCandidates);
  const transfersOf = async (orderId: string) =>
    (await database.prisma.transfer.findMany({ where: { orderId }, orderBy: { unit: 'asc' } })).map(
      ({ unit, state, amount, postedAmount }) => [unit, state, amount, postedAmount],
    );
  const consumed = async () => {
    const rows = await database.prisma.serviceCapacity.findMany({ where: { serviceId: area.services.plumbing } });
    return rows.reduce((sum, row) => sum + row.consumed, 0);
  };

  it('takes the places that were served, gives the others back, and posts their share of each amount', async () => {
    const orderId = await inService(3, 4999);
    const before = await consumed();
    expect(await fulfil(orderId, 2)).toMatchObject({ state: 'FULFILLED', quantity: 3, fulfilledQuantity: 2 });
    expect((await consumed()) - before).toBe(2);
    await confirm(orderId);
    expect(await transfersOf(orderId)).toEqual([
      ['FEN', 'POSTED', 14_997n, 9998n],
      ['VISIT', 'POSTED', 3n, 2n],
    ]);
    const entry = await database.prisma.ledgerEntry.findFirstOrThrow({
      where: { subjectId: orderId, kind: 'ORDER_EVENT', body: { path: ['to'], equals: 'FULFILLED' } },
    });
    expect(entry.body).toMatchObject({ fulfilledQuantity: 2 });
    const posted = await database.prisma.transfer.findFirstOrThrow({ where: { orderId, unit: 'FEN' } });
    const last = await database.prisma.ledgerEntry.findFirstOrThrow({
      where: { subjectId: posted.id },
      orderBy: { seq: 'desc' },
    });
    expect(last.body).toMatchObject({ state: 'POSTED', amount: '14997', postedAmount: '9998' });
  });

  it('rounds a share down to whole fen, and voids a transfer of which nothing is left', async () => {
    const orderId = await inService(7, 1);
    // A transfer of 1 fen beside the price: a fifth of it is nothing.
    const like = await database.prisma.transfer.findFirstOrThrow({ where: { orderId, unit: 'FEN' } });
    const small = newId();
    await database.prisma.$executeRaw`
      INSERT INTO transfers (id, ledger_id, debit_account_id, credit_account_id, amount, unit, state, order_id, created_at)
      SELECT ${small}::uuid, ledger_id, debit_account_id, credit_account_id, 1, unit, 'PENDING', order_id, created_at
      FROM transfers WHERE id = ${like.id}::uuid`;
    await fulfil(orderId, 5);
    await confirm(orderId);
    expect(await transfersOf(orderId)).toEqual(
      expect.arrayContaining([
        ['FEN', 'POSTED', 7n, 5n],
        ['FEN', 'VOIDED', 1n, null],
        ['VISIT', 'POSTED', 7n, 5n],
      ]),
    );
  });

  it('loses no fen to rounding: what the payers post adds up to the price of what was served', async () => {
    const anything = { shareBasisPoints: null, amountPerUnitFen: null } as const;
    const a = await plantProgramme(database, area.areaId, 'A', { ...anything, shareBasisPoints: 3333 });
    const b = await plantProgramme(database, area.areaId, 'B', { ...anything, shareBasisPoints: 1111 });
    // Three visits of 50 yuan: the programmes bear 4,999 and 1,666 fen, Mr Wu 8,335. One of three leaves each a third of a fen.
    const postedOf = async (served: number) => {
      const orderId = await inService(3, 5000);
      await fulfil(orderId, served);
      await confirm(orderId);
      const transfers = await database.prisma.transfer.findMany({
        where: { orderId, unit: 'FEN' },
        orderBy: { id: 'asc' },
      });
      return transfers.map(({ programmeId, postedAmount }) => [programmeId, postedAmount]);
    };
    expect(await postedOf(1)).toEqual([
      [a, 1667n],
      [b, 555n],
      [null, 2778n],
    ]);
    // Of two of three each has two thirds left over: the first two get them.
    expect(await postedOf(2)).toEqual([
      [a, 3333n],
      [b, 1111n],
      [null, 5556n],
    ]);
    await database.prisma.fundingProgramme.update({ where: { id: b }, data: { shareBasisPoints: 1112 } });
    // 1,668 fen of the second programme are whole thirds: what is over goes to those with a remainder.
    expect(await postedOf(1)).toEqual([
      [a, 1666n],
      [b, 556n],
      [null, 2778n],
    ]);
    await database.prisma.fundingProgramme.updateMany({ where: { areaId: area.areaId }, data: { state: 'CLOSED' } });
  });

  it('is one served wholly when no number is said', async () => {
    const orderId = await inService(2);
    expect(await fulfil(orderId, null)).toMatchObject({ fulfilledQuantity: 2 });
    await confirm(orderId);
    expect(await transfersOf(orderId)).toEqual([
      ['FEN', 'POSTED', 10_000n, 10_000n],
      ['VISIT', 'POSTED', 2n, 2n],
    ]);
  });

  it('recognises of volunteers the hours that were served', async () => {
    const { prisma } = database;
    const { areaId, categories, providers, services } = area;
    await prisma.category.update({ where: { id: categories.MEDIATION! }, data: { unit: 'HOUR' } });
    await prisma.serviceFunding.upsert({
      where: { serviceId_source: { serviceId: services.mediation, source: 'VOLUNTEER' } },
      create: { serviceId: services.mediation, source: 'VOLUNTEER' },
      update: {},
    });
    await prisma.need.update({ where: { id: area.needs.wuQuarrel }, data: { quantity: 3 } });
    const dispatch = { needId: area.needs.wuQuarrel, serviceId: services.mediation, mode: 'MATCH_RUN' } as const;
    const [outcome] = await database.transaction((tx) =>
      dispatchOrders(tx, systemViewer(areaId), [{ ...dispatch, matchRunId: null, candidateId: null }], NOW),
    );
    const orderId = outcome!.orderId!;
    const path = ['ACCEPTED', 'IN_SERVICE', 'FULFILLED', 'CONFIRMED'] as const;
    for (const [index, to] of path.entries()) {
      const move = { orderId, version: index + 1, to, reason: null, ...(to === 'FULFILLED' ? { quantity: 2 } : {}) };
      await moveOrder(database, systemViewer(areaId), move, NOW, findNextCandidates);
    }
    expect(await transfersOf(orderId)).toEqual([
      ['HOUR', 'POSTED', 3n, 2n],
      ['VOLUNTEER_HOUR', 'POSTED', 3n, 2n],
    ]);
    const held = await prisma.account.findFirstOrThrow({ where: { kind: 'RECOGNITION_HELD' } });
    expect(held).toMatchObject({ ownerId: providers.mediators, creditsPosted: 2n, creditsPending: 0n });
  });

  it('is not more than was ordered, nor nothing', async () => {
    const orderId = await inService(2);
    expect(await fulfil(orderId, 3)).toMatchObject({
      code: 'INVALID_INPUT',
      path: ['input', 'quantity'],
      issues: [{ rule: 'too_big', message: 'must be at most 2, as ordered' }],
    });
    expect(await fulfil(orderId, 0)).toMatchObject({ code: 'INVALID_INPUT', path: ['input', 'quantity'] });
    expect(await fulfil(orderId, 1)).toMatchObject({ fulfilledQuantity: 1 });
  });
});
