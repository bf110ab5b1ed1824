import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { execute, globalId, NOW } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { tally } from '../database/tally.ts';
import { dispatchPairs } from '../funding/planted.ts';
import { act, CALLS, mutations, orderAt, type Stage, stage } from './mutation-calls.ts';

describe('every mutation', () => {
  let database: Database;
  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
  });
  afterAll(() => database.close());

  it('is tried here', () => {
    expect(Object.keys(mutations).filter((name) => !(name in CALLS))).toEqual([]);
  });

  it.each(Object.keys(CALLS))('%s is made once under a key, and answered alike again', async (mutation) => {
    const at = await stage(database, `KEY-${mutation}`);
    const { viewer, input } = await CALLS[mutation]!(at);
    const call = { viewer, input: { ...input, idempotencyKey: `${mutation}:1` } };
    const first = await act(at, mutation, call);
    expect(first.code, first.message).toBeUndefined();
    const before = await tally(database);
    expect(await act(at, mutation, call)).toEqual(first);
    expect(await tally(database)).toEqual(before);
  });
});

describe('the close of many ledgers under a key', () => {
  let database: Database;
  let at: Stage;
  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
    at = await stage(database, 'CLOSING');
  });
  afterAll(() => database.close());

  const close = (mutation: string, idempotencyKey: string, through: Database, now = NOW) => {
    const isArea = mutation === 'closeAreaLedgers';
    const input = isArea ? {} : { communityId: globalId('Community', at.area.communities.dashizi) };
    const source = `mutation ($input: ${mutations[mutation]!.args[0]!.type}) { answer: ${mutation}(input: $input) { __typename } }`;
    const viewer = isArea ? at.people.admin : at.people.staff;
    return execute(through, viewer, source, { input: { ...input, idempotencyKey } }, { now });
  };
  const ends = async () =>
    (await database.prisma.ledger.findMany({ orderBy: { id: 'asc' } })).map((row) => row.closedBefore?.toISOString());

  it('is answered where there is no ledger yet, and again', async () => {
    for (const mutation of ['closeCommunityLedgers', 'closeAreaLedgers']) {
      const first = await close(mutation, `none ${mutation}`.replace(' ', '-'), database);
      expect(await close(mutation, `none-${mutation}`, database)).toEqual(first);
      expect(first.answer.__typename).toMatch(/^(Community|Area)$/);
    }
  });

  it.each([
    ['closeCommunityLedgers', '2026-10-31T16:00:00.000Z', NOW, new Date('2026-12-05T02:00:00Z')],
    [
      'closeAreaLedgers',
      '2026-11-30T16:00:00.000Z',
      new Date('2026-12-05T02:00:00Z'),
      new Date('2027-01-05T02:00:00Z'),
    ],
  ])(
    'that was killed midway is finished by the repeat of %s, up to the end that it had',
    async (mutation, end, asked, later) => {
      await orderAt(at).catch(() => {});
      await dispatchPairs(database, at.area.areaId, [[at.area.needs.wuPipe, at.area.services.plumbing]]);
      let transactions = 0;
      const dyingAs = (handle: Database): Database => ({
        ...handle,
        transaction: (work, options) => {
          transactions += 1;
          if (transactions > 1) throw new Error('killed');
          return handle.transaction(work, options);
        },
        behindWall: (scope) => dyingAs(database.behindWall(scope)),
      });
      const dying = dyingAs(database);
      const before = await ends();
      expect(before).toHaveLength(2);
      await expect(close(mutation, `midway-${mutation}`, dying, asked)).rejects.toThrow('killed');
      expect((await ends()).toSorted()).toEqual([end, before[1]].toSorted());
      await close(mutation, `midway-${mutation}`, database, later);
      expect(await ends()).toEqual([end, end]);
    },
  );
});

describe('a client that sends keys', () => {
  let database: Database;
  let at: Stage;
  let order: { orderId: string; version: number };
  beforeAll(async () => {
    database = await scratchDatabase('SERVER');
    at = await stage(database, 'KEYS');
    order = await orderAt(at);
  });
  afterAll(() => database.close());

  const KEY = '0199c1de-7f00-7000-8000-000000000001';
  const accept = (input: object = {}, viewer = at.people.canteen) =>
    act(at, 'acceptOrder', { viewer, input: { ...order, idempotencyKey: KEY, ...input } });

  it('accepts an order once with 16 calls at the same time; without a key fifteen are told of the first', async () => {
    const answers = await Promise.all(Array.from({ length: 16 }, () => accept()));
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set([JSON.stringify({ __typename: 'Order', id: order.orderId })]),
    );
    expect(await database.prisma.orderEvent.count({ where: { toState: 'ACCEPTED' } })).toBe(1);
    expect(await accept({ idempotencyKey: null })).toMatchObject({ __typename: 'VersionConflict' });
  });

  it('registers a need once with 16 calls at the same time', async () => {
    const call = { viewer: at.people.yang, input: { title: '想订一份午餐送到家里', idempotencyKey: 'lunch!' } };
    const answers = await Promise.all(Array.from({ length: 16 }, () => act(at, 'registerNeed', call)));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(await database.prisma.need.count({ where: { title: '想订一份午餐送到家里' } })).toBe(2);
  });

  it('is answered with the thing as it stands by now', async () => {
    await act(at, 'startOrder', { viewer: at.people.canteen, input: { orderId: order.orderId, version: 2 } });
    const source = `mutation ($input: OrderActionInput!) { acceptOrder(input: $input) { ... on Order { state version } } }`;
    const { acceptOrder } = await execute(database, at.people.canteen, source, {
      input: { ...order, idempotencyKey: KEY },
    });
    expect(acceptOrder).toEqual({ state: 'IN_SERVICE', version: 3 });
  });

  it('is told when a key was used for something else', async () => {
    const reused = { __typename: 'IdempotencyKeyReused', code: 'IDEMPOTENCY_KEY_REUSED' };
    expect(await accept({ version: 2 })).toMatchObject(reused);
    const start = { viewer: at.people.canteen, input: { ...order, idempotencyKey: KEY } };
    expect(await act(at, 'startOrder', start)).toMatchObject(reused);
  });

  it('is not answered with what only another user was', async () => {
    expect(await accept({}, at.people.repair)).toMatchObject({ code: 'NOT_FOUND' });
    await expect(accept({}, { ...at.people.canteen, userId: null, grants: [] })).resolves.toMatchObject({
      code: 'NOT_SIGNED_IN',
    });
  });

  it('is not shown a thing again that it may not see any more', async () => {
    const stripped = { ...at.people.canteen, grants: [] };
    expect(await accept({}, stripped)).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('may try again with the same key what failed', async () => {
    const needId = at.area.needs.wuQuarrel;
    const withdraw = (version: number) =>
      act(at, 'withdrawNeed', {
        viewer: at.people.wu,
        input: { id: globalId('Need', needId), version, reason: 'NO_LONGER_NEEDED', idempotencyKey: 'take-back' },
      });
    expect(await withdraw(7)).toMatchObject({
      __typename: 'VersionConflict',
      currentVersion: 1,
      currentState: 'OPEN',
      current: { __typename: 'Need', id: globalId('Need', needId) },
    });
    expect(await withdraw(1)).toMatchObject({ __typename: 'Need' });
  });

  it.each(['', 'with space', '键', 'k'.repeat(201), 'line\n'])('cannot use %j as a key', async (idempotencyKey) => {
    expect(await accept({ idempotencyKey })).toMatchObject({
      __typename: 'InvalidInput',
      path: ['input', 'idempotencyKey'],
    });
  });
});
