import type { Database } from '../../src/database/database.ts';
import { schema } from '../../src/graphql/schema.ts';
import { systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { dispatchOrders } from '../../src/orders/index.ts';
import { execute, globalId, NOW, type PlantedArea, plantArea } from '../area.ts';
import { dispatchPairs, TO_CONFIRMED, walkOrder } from '../funding/planted.ts';
import { type People, plantCandidates, signInPeople } from '../orders/planted.ts';

/** Every mutation of the schema, by name. */
export const mutations = schema.getMutationType()!.getFields();

/** A planted area with people of every role that acts in it. */
export type Stage = { readonly database: Database; readonly area: PlantedArea; readonly people: People };
/** What is sent by whom. */
export type Call = { readonly viewer: Viewer; readonly input: Record<string, unknown> };

/** Sends a mutation; gives its answer, a failure with its code. */
export async function act({ database }: Stage, mutation: string, { viewer, input }: Call) {
  const type = String(mutations[mutation]!.args[0]!.type);
  const source = `mutation ($input: ${type}) { answer: ${mutation}(input: $input) {
    __typename ... on Node { id } ... on Failure { code message path }
    ... on VersionConflict { currentVersion currentState current { __typename id } } } }`;
  return (await execute(database, viewer, source, { input })).answer;
}

/** Plants an area of this code. */
export async function stage(database: Database, code: string): Promise<Stage> {
  const area = await plantArea(database, code);
  return { database, area, people: await signInPeople(database, area) };
}

/** An order for Mrs Yang's lunch that has come so far. */
export async function orderAt(at: Stage, ...actions: readonly string[]): Promise<{ orderId: string; version: number }> {
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

/** Mr Wu is to act for Mrs Yang. */
function naming({ area, people }: Stage): Record<string, unknown> {
  return { residentId: globalId('Resident', area.residents.yang), userId: globalId('User', people.wu.userId!) };
}

async function named(at: Stage) {
  const { id } = await act(at, 'nameCaregiver', { viewer: at.people.yang, input: naming(at) });
  return { caregivingId: id };
}

/** One call of every mutation that is answered with what it made or changed. */
export const CALLS: Readonly<Record<string, (at: Stage) => Promise<Call>>> = {
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
  recordConsent: async ({ area, people }) => ({
    viewer: people.staff,
    input: {
      residentId: globalId('Resident', area.residents.yang),
      purpose: 'FOLLOW_UP_CONTACT',
      given: false,
      manner: 'SPOKEN',
    },
  }),
  exportResident: async ({ area, people }) => ({
    viewer: people.staff,
    input: { residentId: globalId('Resident', area.residents.yang), purpose: '居民来窗口要求复印' },
  }),
  eraseResident: async ({ area, people }) => ({
    viewer: people.admin,
    input: { residentId: globalId('Resident', area.residents.yang), purpose: '居民书面申请删除' },
  }),
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
  registerUser: async ({ people }) => ({
    viewer: people.admin,
    input: { subject: 'li.na', displayName: '李娜' },
  }),
  grantRole: async ({ area, people }) => ({
    viewer: people.admin,
    input: {
      userId: globalId('User', people.yang.userId!),
      role: 'GRID_WORKER',
      communityId: globalId('Community', area.communities.yatang),
    },
  }),
  nameCaregiver: async (at) => ({ viewer: at.people.yang, input: naming(at) }),
  acceptCaregiving: async (at) => ({ viewer: at.people.wu, input: await named(at) }),
  dismissCaregiver: async (at) => ({ viewer: at.people.yang, input: await named(at) }),
  revokeRole: async ({ database, people }) => {
    const { id } = await database.prisma.roleGrant.findFirstOrThrow({ where: { userId: people.yang.userId! } });
    return { viewer: people.admin, input: { grantId: globalId('RoleGrant', id) } };
  },
};
