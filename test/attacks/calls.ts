import { type GraphQLField, getNamedType, isObjectType } from 'graphql';
import type { Database } from '../../src/database/database.ts';
import { schema } from '../../src/graphql/schema.ts';
import { MATCH_RUN_PROGRESS_CHANNEL, writeProgress } from '../../src/matchruns/progress.ts';
import { publishNotices } from '../../src/notices/index.ts';
import { publishOrderChanges } from '../../src/orders/index.ts';
import { globalId, NOW } from '../area.ts';
import { ASKERS, type Grounds, type PlantedThings } from './grounds.ts';
import { insideOf } from './shapes.ts';

/** Who may ask for a field of Query, with arguments that name what is theirs; `list`: its pages are of this type. */
export type QueryRight = {
  readonly who: string;
  readonly list?: string;
  readonly args?: (things: PlantedThings) => Readonly<Record<string, unknown>>;
};

const EVERYONE = ASKERS.join(' ');
const SIGNED_IN = ASKERS.slice(1).join(' ');
const ANALYSING = 'staff analyst admin auditor';
const CARING = 'resident grid staff admin';

const need = (id: string) => globalId('Need', id);
const community = ({ area }: PlantedThings) => globalId('Community', area.communities.dashizi);
const category = ({ area }: PlantedThings) => globalId('Category', area.categories['ELDER.MEAL']!);
const canteen = ({ area }: PlantedThings) => globalId('Provider', area.providers.canteen);
const lunch = ({ area }: PlantedThings) => globalId('Service', area.services.lunch);
const yang = ({ area }: PlantedThings) => globalId('Resident', area.residents.yang);
const orderOf = ({ orders }: PlantedThings) => globalId('Order', orders.yang);

/** Every field of Query. Every argument that takes an id is there, so that other ids can stand in its place. */
export const QUERIES: Readonly<Record<string, QueryRight>> = {
  area: { who: EVERYONE },
  auditEntries: {
    who: 'auditor',
    list: 'AuditEntry',
    args: (things) => ({ filter: { actorId: yang(things), subjectId: yang(things) } }),
  },
  calendarDays: { who: EVERYONE, args: () => ({ year: 2026 }) },
  caregivings: { who: SIGNED_IN, list: 'Caregiving', args: (things) => ({ residentId: yang(things) }) },
  categories: { who: EVERYONE, list: 'Category' },
  communities: { who: EVERYONE, list: 'Community' },
  fit: {
    who: ANALYSING,
    args: (things) => ({ filter: { categoryIds: [category(things)], communityIds: [community(things)] } }),
  },
  heldRecognition: { who: 'resident staff admin auditor', args: (things) => ({ residentId: yang(things) }) },
  ledgers: {
    who: 'staff admin auditor',
    list: 'Ledger',
    args: (things) => ({ categoryId: category(things), communityId: community(things) }),
  },
  matchRuns: { who: ANALYSING, list: 'MatchRun' },
  me: { who: EVERYONE },
  needs: {
    who: 'resident provider grid staff admin',
    list: 'Need',
    args: (things) => ({ filter: { categoryIds: [category(things)], communityIds: [community(things)] } }),
  },
  node: { who: EVERYONE, args: (things) => ({ id: lunch(things) }) },
  notices: {
    who: 'provider staff admin auditor',
    list: 'Notice',
    args: (things) => ({
      filter: {
        communityId: community(things),
        needId: need(things.area.needs.yangMeal),
        orderId: orderOf(things),
        providerId: canteen(things),
      },
    }),
  },
  orders: {
    who: 'resident provider grid staff admin auditor',
    list: 'Order',
    args: (things) => ({
      filter: {
        categoryId: category(things),
        communityId: community(things),
        needId: need(things.area.needs.yangMeal),
        providerId: canteen(things),
      },
    }),
  },
  previewCandidates: { who: CARING, args: ({ openNeed }) => ({ needId: need(openNeed) }) },
  previewNeed: {
    who: SIGNED_IN,
    args: (things) => ({ input: { title: '午餐', communityId: community(things), categoryId: category(things) } }),
  },
  priceOf: { who: CARING, args: (things) => ({ needId: need(things.openNeed), serviceId: lunch(things) }) },
  programmes: { who: ANALYSING, list: 'FundingProgramme' },
  providers: { who: EVERYONE, list: 'Provider' },
  residents: { who: CARING, list: 'Resident' },
  scoringProfiles: { who: ANALYSING, list: 'ScoringProfile' },
  services: {
    who: EVERYONE,
    list: 'Service',
    args: (things) => ({
      filter: { categoryIds: [category(things)], communityId: community(things), providerId: canteen(things) },
    }),
  },
  settlements: {
    who: 'provider admin auditor',
    list: 'Settlement',
    args: (things) => ({
      filter: { programmeId: globalId('FundingProgramme', things.programmeId), providerId: canteen(things) },
    }),
  },
  slaTerms: { who: EVERYONE },
  slaTermsInForce: { who: EVERYONE, args: (things) => ({ categoryId: category(things) }) },
  users: {
    who: 'admin auditor',
    list: 'User',
    args: (things) => ({
      filter: { communityId: community(things), providerId: canteen(things), residentId: yang(things) },
    }),
  },
};

/**
 * Who may call a mutation with an input that names only what is theirs. `input` has every field that takes an id, so that
 * other ids can stand in its place, and is such that who may call changes little: a version of nothing, a period too new.
 */
export type MutationRight = {
  readonly who: string;
  readonly input: (things: PlantedThings, version: number) => Readonly<Record<string, unknown>>;
};

const orderAction = (who: string, more: object = {}): MutationRight => ({
  who,
  input: (things, version) => ({ orderId: orderOf(things), version, ...more }),
});
const programmeAction: MutationRight = {
  who: 'admin',
  input: ({ programmeId }, version) => ({ programmeId: globalId('FundingProgramme', programmeId), version }),
};
const settlementAction: MutationRight = {
  who: 'admin',
  input: ({ settlementId }, version) => ({ settlementId: globalId('Settlement', settlementId), version }),
};
const recognition = (amount: string): MutationRight => ({
  who: 'staff admin',
  input: (things) => ({
    communityId: community(things),
    categoryId: category(things),
    residentId: yang(things),
    unit: 'POINT',
    amount,
    reason: '志愿服务',
  }),
});
const preferences = (things: PlantedThings) => ({
  preferredProviders: [canteen(things)],
  excludedProviders: [globalId('Provider', things.area.providers.mediators)],
  preferredServices: [lunch(things)],
  excludedServices: [globalId('Service', things.area.services.mediation)],
});
const caregiving = ({ caregivingId }: PlantedThings) => ({ caregivingId: globalId('Caregiving', caregivingId) });
const reason = '核实情况';

/** Every field of Mutation. */
export const MUTATIONS: Readonly<Record<string, MutationRight>> = {
  // Only who was named accepts, and nobody who asks here was.
  acceptCaregiving: { who: '', input: caregiving },
  acceptOrder: orderAction('provider'),
  amendNeed: {
    who: CARING,
    input: (things, version) => ({
      id: need(things.openNeed),
      version,
      residentId: yang(things),
      communityId: community(things),
      categoryId: category(things),
      ...preferences(things),
    }),
  },
  appraiseOrder: orderAction('resident grid staff', { mark: 1, resolved: false }),
  approveSettlement: settlementAction,
  cancelOrder: orderAction('resident staff admin', { reason }),
  cancelSettlement: settlementAction,
  chooseCandidate: {
    who: 'resident staff admin',
    input: ({ candidateId }, needVersion) => ({ candidateId: globalId('Candidate', candidateId), needVersion }),
  },
  closeAreaLedgers: { who: 'admin', input: () => ({ until: NOW }) },
  closeCommunityLedgers: {
    who: 'staff admin',
    input: (things) => ({ communityId: community(things), until: NOW }),
  },
  closeLedgerPeriod: {
    who: 'staff admin',
    input: ({ ledgerId }) => ({ ledgerId: globalId('Ledger', ledgerId), until: NOW }),
  },
  closeProgramme: programmeAction,
  confirmOrder: orderAction('resident grid staff'),
  declineOrder: orderAction('provider', { reason }),
  dismissCaregiver: { who: CARING, input: caregiving },
  dispatchOrder: {
    who: 'staff admin',
    input: (things, needVersion) => ({ needId: need(things.openNeed), needVersion, serviceId: lunch(things) }),
  },
  disputeOrder: orderAction('resident grid staff', { reason }),
  draftSettlement: {
    who: 'admin',
    input: (things) => ({
      programmeId: globalId('FundingProgramme', things.programmeId),
      providerId: canteen(things),
      periodFrom: '2026-01-01T00:00:00Z',
      periodTo: '2026-01-02T00:00:00Z',
    }),
  },
  eraseResident: { who: 'resident admin', input: (things) => ({ residentId: yang(things), purpose: '本人要求删除' }) },
  exportResident: {
    who: 'resident staff admin',
    input: (things) => ({ residentId: yang(things), purpose: '本人要求查阅' }),
  },
  fulfilOrder: orderAction('provider'),
  grantRole: {
    who: 'admin',
    input: (things) => ({
      userId: globalId('User', things.userId),
      role: 'COMMUNITY_STAFF',
      communityId: community(things),
    }),
  },
  handleNotice: {
    who: 'staff admin',
    input: ({ notices }, version) => ({ noticeId: globalId('Notice', notices.dashizi), version }),
  },
  nameCaregiver: {
    who: 'resident grid staff',
    input: (things) => ({ residentId: yang(things), userId: globalId('User', things.userId), note: '当面提出' }),
  },
  paySettlement: settlementAction,
  recordRecognition: recognition('1'),
  registerNeed: {
    who: CARING,
    input: (things) => ({
      // Taken already, so that nothing is registered.
      externalId: 'N01',
      title: '午餐',
      residentId: yang(things),
      communityId: community(things),
      categoryId: category(things),
      ...preferences(things),
    }),
  },
  registerUser: { who: 'admin', input: () => ({ subject: 'someone', displayName: '某人' }) },
  recordConsent: {
    who: 'resident grid staff admin',
    input: (things) => ({ residentId: yang(things), purpose: 'FOLLOW_UP_CONTACT', given: true, manner: 'SPOKEN' }),
  },
  removeSlaTerms: { who: 'admin', input: ({ area }) => ({ categoryId: globalId('Category', area.categories.HOME!) }) },
  resumeProgramme: programmeAction,
  revealResident: {
    who: 'grid staff admin',
    input: (things) => ({ residentId: yang(things), fields: ['PHONE'], purpose: '上门核实住址' }),
  },
  reverseTransfer: {
    who: 'staff admin',
    input: ({ transferId }) => ({ transferId: globalId('Transfer', transferId), reason, amount: '999999' }),
  },
  revokeRole: { who: 'admin', input: ({ grantId }) => ({ grantId: globalId('RoleGrant', grantId) }) },
  runMatch: {
    who: 'staff admin',
    // Of another category than the candidate that is chosen, which stays one of the latest run.
    input: (things) => ({
      communityIds: [community(things)],
      categoryIds: [globalId('Category', things.area.categories.MEDIATION!)],
      dispatch: false,
    }),
  },
  saveCategory: {
    who: 'admin',
    input: () => ({
      code: 'HOME',
      name: '家政维修',
      roomClass: 'SOCIAL',
      unit: 'VISIT',
      acceptWithinHours: 4,
      completeWithinHours: 24,
    }),
  },
  saveCommunity: {
    who: 'admin',
    input: () => ({ externalId: 'C01', name: '大十字社区', population: 8000, latitude: 26.58, longitude: 107.98 }),
  },
  saveProgramme: {
    who: 'admin',
    input: (_things, version) => ({
      externalId: 'HALF',
      version,
      name: '助老补贴',
      source: 'PROJECT_SUBSIDY',
      budgetFen: 100_000,
      validFrom: '2026-01-01T00:00:00Z',
      validTo: '2027-01-01T00:00:00Z',
      shareBasisPoints: 5000,
    }),
  },
  saveProvider: {
    who: 'admin',
    input: (_things, version) => ({ externalId: 'P01', version, name: '大十字颐养饭桌', kind: 'SOCIAL' }),
  },
  saveResident: {
    who: 'grid staff admin',
    // Born tomorrow, so that nobody is written over.
    input: (things) => ({ externalId: 'R01', name: '杨秀英', communityId: community(things), birthDate: '2026-11-30' }),
  },
  saveScoringProfile: {
    who: 'admin',
    input: (_things, version) => ({ name: 'default', version, weights: [{ factor: 'CATEGORY', weight: 1 }] }),
  },
  saveService: {
    who: 'provider admin',
    input: (things, version) => ({
      externalId: 'S01',
      version,
      providerId: canteen(things),
      name: '老年午餐送餐',
      nature: 'PUBLIC_BENEFIT',
      categoryIds: [category(things)],
      communityIds: [community(things)],
    }),
  },
  setSlaTerm: {
    who: 'admin',
    input: (things) => ({ categoryId: category(things), urgency: 4, percent: 50, workingHours: false }),
  },
  setWorkingHours: { who: 'admin', input: () => ({ workStart: '09:00', workEnd: '18:00' }) },
  settleOrder: orderAction('staff admin', { settlement: 'CONFIRMED', reason }),
  spendRecognition: recognition('999999'),
  startOrder: orderAction('provider'),
  suspendProgramme: programmeAction,
  withdrawNeed: {
    who: CARING,
    input: ({ openNeed }, version) => ({ id: need(openNeed), version, reason: 'NO_LONGER_NEEDED' }),
  },
  withdrawService: {
    who: 'provider admin',
    input: (things, version) => ({ id: lunch(things), version }),
  },
};

/** Every field of Subscription: who may open it, and its arguments that take ids. */
export const SUBSCRIPTIONS: Readonly<Record<string, QueryRight>> = {
  matchRunProgress: {
    who: ANALYSING,
    args: ({ runId }) => ({ runId: globalId('MatchRun', runId) }),
  },
  noticeAdded: { who: 'provider staff admin auditor' },
  orderChanged: {
    who: 'resident provider grid staff admin auditor',
    args: (things) => ({
      orderId: orderOf(things),
      needId: need(things.area.needs.yangMeal),
      providerId: canteen(things),
    }),
  },
};

/** A query of one field with these arguments as variables. */
export function queryOf(field: string, args: Readonly<Record<string, unknown>> = {}): string {
  return operationOf('query', schema.getQueryType()!.getFields()[field]!, Object.keys(args), { first: 100 });
}

/** A subscription to one field with these arguments as variables. */
export function subscriptionOf(field: string, args: Readonly<Record<string, unknown>> = {}): string {
  return operationOf('subscription', schema.getSubscriptionType()!.getFields()[field]!, Object.keys(args), {});
}

/** A mutation with the variable `input`, whose answer tells all of a failure, and the id of a result. */
export function mutationOf(field: string): string {
  const [argument] = schema.getMutationType()!.getFields()[field]!.args;
  return `mutation ($input: ${argument!.type}) { ${field}(input: $input) {
    __typename ... on Node { id } ... on Failure { code message path } ... on InvalidInput { issues { path rule message } }
    ... on VersionConflict { current { __typename id } currentState currentVersion } ... on TransitionRefused { from to }
  } }`;
}

function operationOf(
  kind: string,
  field: GraphQLField<unknown, unknown>,
  args: readonly string[],
  constants: Readonly<Record<string, unknown>>,
): string {
  const taken = field.args.filter(({ name }) => args.includes(name));
  const fixed = field.args.filter(({ name }) => name in constants);
  const variables = taken.map(({ name, type }) => `$${name}: ${type}`).join(', ');
  const given = [
    ...taken.map(({ name }) => `${name}: $${name}`),
    ...fixed.map(({ name }) => `${name}: ${constants[name]}`),
  ];
  const type = getNamedType(field.type);
  const inside = isObjectType(type) || type.name === 'Node' ? insideOf(field.type) : '';
  const put = (text: string) => (text === '' ? '' : `(${text})`);
  return `${kind} ${put(variables)} { ${field.name}${put(given.join(', '))} ${inside} }`;
}

/** Tells every subscriber of all orders, notices and match runs, of the home area last, and of those Mrs Yang's last. */
export async function tellOfEverything(database: Database, { home, abroad }: Grounds): Promise<void> {
  for (const { area } of [abroad, home]) {
    const where = { areaId: area.areaId };
    const orders = await database.prisma.order.findMany({ where, include: { need: true }, orderBy: { id: 'desc' } });
    const changes = orders.map(({ id, need, ...order }) => ({ orderId: id, residentId: need.residentId, ...order }));
    const isYangs = ({ residentId }: { residentId: string | null }) => residentId === area.residents.yang;
    await publishOrderChanges(
      database,
      changes.toSorted((a, b) => Number(isYangs(a)) - Number(isYangs(b))),
    );
    const notices = await database.prisma.notice.findMany({ where, orderBy: { id: 'desc' } });
    await publishNotices(
      database,
      notices.map(({ id, ...notice }) => ({ noticeId: id, ...notice })),
    );
    for (const { id } of await database.prisma.matchRun.findMany({ where })) {
      const progress = { runId: id, areaId: area.areaId, stage: 'WRITING', done: 1, total: 2 } as const;
      await database.notify(MATCH_RUN_PROGRESS_CHANNEL, writeProgress(progress));
    }
  }
}

/** What is asked of each event, and of what type that is which the event is about. */
export const EVENT: Readonly<Record<string, string>> = {
  matchRunProgress: '{ runId stage }',
  noticeAdded: '{ __typename id need { __typename id } order { __typename id } }',
  orderChanged: '{ __typename id need { __typename id } service { __typename id } }',
};
export const EVENT_TYPES: Readonly<Record<string, string>> = {
  matchRunProgress: 'MatchRun',
  noticeAdded: 'Notice',
  orderChanged: 'Order',
};
