import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { schema } from '../../src/graphql/schema.ts';
import { systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { dispatchOrders } from '../../src/orders/index.ts';
import { execute, globalId, NOW, type PlantedArea, plantArea } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { dispatchPairs, TO_CONFIRMED, walkOrder } from '../funding/planted.ts';
import { type People, plantCandidates, signInPeople } from '../orders/planted.ts';

const mutations = schema.getMutationType()!.getFields();

type Stage = { readonly database: Database; readonly area: PlantedArea; readonly people: People };
type Call = { readonly viewer: Viewer; readonly input: Record<string, unknown> };

async function act({ database }: Stage, mutation: string, { viewer, input }: Call) {
  const type = String(mutations[mutation]!.args[0]!.type);
  const source = `mutation ($input: ${type}) { answer: ${mutation}(input: $input) {
    __typename ... on Node { id } ... on Failure { code message path }
    ... on VersionConflict { currentVersion currentState current { __typename id } } } }`;
  return (await execute(database, viewer, source, { input })).answer;
}

async function stage(database: Database, code: string): Promise<Stage> {
  const area = await plantArea(database, code);
  return { database, area, people: await signInPeople(database, area) };
}

/** An order for Mrs Yang's lunch that has come so far. */
async function orderAt(at: Stage, ...actions: readonly string[]): Promise<{ orderId: string; version: number }> {
  const { database, area, people } = at;
  const wanted = {
    needId: area.needs.yangMeal,
    serviceId: area.services.lunch,
    mode: 'MATCH_RUN',
    matchRunId: null,
    candidateId: null,
  } as const;
  const [outcome] = await database.transaction((tx) => dispatchOrders(tx, systemViewer(area.areaId), [wanted], NOW));
  const orderId = globalId('Order', outcome!.orderId!);
  for (const [index, action] of actions.entries()) {
    const isResident = action === 'confirmOrder' || action === 'disputeOrder';
    const reason = action === 'disputeOrder' ? { reason: '没有送到' } : {};
    const viewer = isResident ? people.yang : people.canteen;
    const answer = await act(at, action, { viewer, input: { orderId, version: index + 1, ...reason } });
    if (answer.code) throw new Error(`${action}: ${answer.message}`);
  }
  return { orderId, version: actions.length + 1 };
}

const FULFILLED = ['acceptOrder', 'startOrder', 'fulfilOrder'] as const;

/** Points for Mrs Yang. */
function points({ area }: Stage, amount: string): Record<string, unknown> {
  return {
    communityId: globalId('Community', area.communities.dashizi),
    categoryId: globalId('Category', area.categories.MEDIATION!),
    residentId: globalId('Resident', area.residents.yang),
    unit: 'POINT',
    amount,
    reason: '楼道清扫',
  };
}

const PROGRAMME = {
  externalId: 'F-01',
  name: '老年助餐',
  source: 'GOVERNMENT_PURCHASE',
  budgetFen: 100_000,
  validFrom: '2026-01-01T00:00:00Z',
  validTo: '2027-01-01T00:00:00Z',
  shareBasisPoints: 5000,
};

/** A programme that has come so far. */
async function programmeAt(at: Stage, ...actions: readonly string[]) {
  const viewer = at.people.admin;
  const { id: programmeId } = await act(at, 'saveProgramme', { viewer, input: PROGRAMME });
  for (const [index, action] of actions.entries()) {
    await act(at, action, { viewer, input: { programmeId, version: index + 1 } });
  }
  return { programmeId, version: actions.length + 1 };
}

/** What a programme owes the canteen for one lunch. */
async function toSettle(at: Stage) {
  const { programmeId } = await programmeAt(at);
  const { database, area } = at;
  const anHourAgo = new Date(NOW.getTime() - 3_600_000);
  const pair = [area.needs.yangMeal, area.services.lunch] as const;
  const [outcome] = await dispatchPairs(database, area.areaId, [pair], anHourAgo);
  await walkOrder(database, area, outcome!.orderId!, TO_CONFIRMED, { now: anHourAgo });
  const providerId = globalId('Provider', at.area.providers.canteen);
  return { programmeId, providerId, periodFrom: '2026-11-24T00:00:00Z', periodTo: NOW.toISOString() };
}

/** A settlement that has come so far. */
async function settlementAt(at: Stage, ...actions: readonly string[]) {
  const viewer = at.people.admin;
  const { id: settlementId } = await act(at, 'draftSettlement', { viewer, input: await toSettle(at) });
  for (const [index, action] of actions.entries()) {
    await act(at, action, { viewer, input: { settlementId, version: index + 1 } });
  }
  return { settlementId, version: actions.length + 1 };
}

/** One call of every mutation that is answered with what it made or changed. */
const CALLS: Readonly<Record<string, (at: Stage) => Promise<Call>>> = {
  acceptOrder: async (at) => ({ viewer: at.people.canteen, input: await orderAt(at) }),
  declineOrder: async (at) => ({ viewer: at.people.canteen, input: { ...(await orderAt(at)), reason: '忙' } }),
  startOrder: async (at) => ({ viewer: at.people.canteen, input: await orderAt(at, 'acceptOrder') }),
  fulfilOrder: async (at) => ({ viewer: at.people.canteen, input: await orderAt(at, 'acceptOrder', 'startOrder') }),
  confirmOrder: async (at) => ({ viewer: at.people.yang, input: await orderAt(at, ...FULFILLED) }),
  disputeOrder: async (at) => ({
    viewer: at.people.yang,
    input: { ...(await orderAt(at, ...FULFILLED)), reason: '没有送到' },
  }),
  settleOrder: async (at) => ({
    viewer: at.people.staff,
    input: { ...(await orderAt(at, ...FULFILLED, 'disputeOrder')), settlement: 'CONFIRMED', reason: '已送到' },
  }),
  cancelOrder: async (at) => ({ viewer: at.people.yang, input: { ...(await orderAt(at)), reason: '不需要了' } }),
  appraiseOrder: async (at) => ({
    viewer: at.people.yang,
    input: { ...(await orderAt(at, ...FULFILLED)), mark: 5, resolved: true },
  }),
  dispatchOrder: async ({ area, people }) => ({
    viewer: people.staff,
    input: {
      needId: globalId('Need', area.needs.yangMeal),
      needVersion: 1,
      serviceId: globalId('Service', area.services.lunch),
    },
  }),
  chooseCandidate: async ({ database, area, people }) => {
    const [id] = await plantCandidates(database, area.areaId, area.needs.yangMeal, [area.services.lunch]);
    return { viewer: people.yang, input: { candidateId: globalId('Candidate', id!), needVersion: 1 } };
  },
  registerNeed: async ({ people }) => ({ viewer: people.yang, input: { title: '想订一份午餐送到家里' } }),
  amendNeed: async ({ area, people }) => ({
    viewer: people.yang,
    input: { id: globalId('Need', area.needs.yangMeal), version: 1, quantity: 2 },
  }),
  withdrawNeed: async ({ area, people }) => ({
    viewer: people.yang,
    input: { id: globalId('Need', area.needs.yangMeal), version: 1, reason: 'NO_LONGER_NEEDED' },
  }),
  saveService: async ({ area, people }) => ({
    viewer: people.canteen,
    input: {
      externalId: 'S90',
      providerId: globalId('Provider', area.providers.canteen),
      name: '老年早餐',
      nature: 'PUBLIC_BENEFIT',
      categoryIds: [globalId('Category', area.categories['ELDER.MEAL']!)],
      price: 300,
    },
  }),
  withdrawService: async ({ area, people }) => ({
    viewer: people.canteen,
    input: { id: globalId('Service', area.services.lunch), version: 1 },
  }),
  saveProvider: async ({ people }) => ({
    viewer: people.admin,
    input: {
      externalId: 'P01',
      version: 1,
      name: '大十字颐养饭桌',
      kind: 'SOCIAL',
      latitude: 26.58,
      longitude: 107.98,
    },
  }),
  saveCommunity: async ({ people }) => ({
    viewer: people.admin,
    input: { externalId: 'C01', name: '大十字社区', population: 8001, latitude: 26.58, longitude: 107.98 },
  }),
  saveCategory: async ({ people }) => ({
    viewer: people.admin,
    input: {
      code: 'ELDER',
      name: '养老',
      roomClass: 'SOCIAL',
      unit: 'VISIT',
      acceptWithinHours: 4,
      completeWithinHours: 24,
    },
  }),
  saveResident: async ({ area, people }) => ({
    viewer: people.staff,
    input: {
      externalId: 'R90',
      communityId: globalId('Community', area.communities.dashizi),
      name: '潘阿姨',
      birthDate: '1950-01-02',
    },
  }),
  saveScoringProfile: async ({ people }) => ({
    viewer: people.admin,
    input: { name: '就近', weights: [{ factor: 'PROXIMITY', weight: 1 }] },
  }),
  runMatch: async ({ people }) => ({ viewer: people.admin, input: {} }),
  setSlaTerm: async ({ people }) => ({
    viewer: people.admin,
    input: { urgency: 3, percent: 50, workingHours: false },
  }),
  setWorkingHours: async ({ people }) => ({ viewer: people.admin, input: { workStart: '08:30', workEnd: '17:30' } }),
  removeSlaTerms: async (at) => {
    const categoryId = globalId('Category', at.area.categories.ELDER!);
    const input = { categoryId, urgency: 3, percent: 50, workingHours: false };
    await act(at, 'setSlaTerm', { viewer: at.people.admin, input });
    return { viewer: at.people.admin, input: { categoryId } };
  },
  handleNotice: async (at) => {
    const input = { ...(await orderAt(at)), reason: '忙' };
    await act(at, 'declineOrder', { viewer: at.people.canteen, input });
    const { id } = await at.database.prisma.notice.findFirstOrThrow({ where: { areaId: at.area.areaId } });
    return { viewer: at.people.staff, input: { noticeId: globalId('Notice', id), version: 1, note: '已另约' } };
  },
  reverseTransfer: async (at) => {
    await orderAt(at, ...FULFILLED, 'confirmOrder');
    const posted = { state: 'POSTED', unit: 'FEN', ledger: { areaId: at.area.areaId } } as const;
    const { id } = await at.database.prisma.transfer.findFirstOrThrow({ where: posted });
    return { viewer: at.people.staff, input: { transferId: globalId('Transfer', id), reason: '多收了' } };
  },
  revealResident: async ({ area, people }) => ({
    viewer: people.staff,
    input: { residentId: globalId('Resident', area.residents.yang), fields: ['PHONE'], purpose: '上门核实' },
  }),
  recordRecognition: async (at) => ({ viewer: at.people.staff, input: points(at, '30') }),
  spendRecognition: async (at) => {
    await act(at, 'recordRecognition', { viewer: at.people.staff, input: points(at, '30') });
    return { viewer: at.people.staff, input: points(at, '12') };
  },
  closeLedgerPeriod: async (at) => {
    await orderAt(at);
    const { id } = await at.database.prisma.ledger.findFirstOrThrow({ where: { areaId: at.area.areaId } });
    return { viewer: at.people.staff, input: { ledgerId: globalId('Ledger', id) } };
  },
  closeCommunityLedgers: async (at) => {
    await orderAt(at);
    return { viewer: at.people.staff, input: { communityId: globalId('Community', at.area.communities.dashizi) } };
  },
  closeAreaLedgers: async (at) => {
    await orderAt(at);
    return { viewer: at.people.admin, input: {} };
  },
  saveProgramme: async ({ people }) => ({ viewer: people.admin, input: PROGRAMME }),
  suspendProgramme: async (at) => ({ viewer: at.people.admin, input: await programmeAt(at) }),
  resumeProgramme: async (at) => ({ viewer: at.people.admin, input: await programmeAt(at, 'suspendProgramme') }),
  closeProgramme: async (at) => ({ viewer: at.people.admin, input: await programmeAt(at) }),
  draftSettlement: async (at) => ({ viewer: at.people.admin, input: await toSettle(at) }),
  approveSettlement: async (at) => ({ viewer: at.people.admin, input: await settlementAt(at) }),
  paySettlement: async (at) => ({ viewer: at.people.admin, input: await settlementAt(at, 'approveSettlement') }),
  cancelSettlement: async (at) => ({ viewer: at.people.admin, input: await settlementAt(at) }),
};

/** How many rows each table holds, and how often they were changed as far as they count that. */
async function tally({ prisma }: Database): Promise<unknown> {
  const tables = await prisma.$queryRaw<{ name: string; versioned: boolean }[]>`
    SELECT t.table_name AS name, EXISTS (
      SELECT FROM information_schema.columns c WHERE c.table_name = t.table_name AND c.column_name = 'version') AS versioned
    FROM information_schema.tables t
    WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE' ORDER BY 1`;
  const counts = tables.map(
    ({ name, versioned }) =>
      `SELECT '${name}' AS name, count(*)::int AS rows, ${versioned ? 'sum(version)' : 'NULL'}::int AS versions FROM ${name}`,
  );
  return prisma.$queryRawUnsafe(counts.join(' UNION ALL '));
}

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
      const dying: Database = {
        ...database,
        transaction: (work, options) => {
          transactions += 1;
          if (transactions > 1) throw new Error('killed');
          return database.transaction(work, options);
        },
      };
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
