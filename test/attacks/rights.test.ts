import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemViewer } from '../../src/identity/viewer.ts';
import { dispatchOrders } from '../../src/orders/index.ts';
import { globalId, NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { openTarget, type Target } from './attack.ts';

/** Everything here is sent to the real server with real tokens; the attackers know every id. */
let target: Target;
let other: PlantedArea;
let strangerId: string;
let strangersGrantId: string;
let caregiverId: string;
let needOfYang: { id: string; version: number };
let orderOfYang: string;
let orderOfWu: string;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  target = await openTarget();
  const { database, area } = target;
  other = await plantArea(database, 'ELSEWHERE');
  const stranger = await signIn(database, other.areaId, 'GRID_WORKER', { communityId: other.communities.dashizi });
  strangerId = globalId('User', stranger.userId!);
  const theirs = await database.prisma.roleGrant.findFirstOrThrow({ where: { userId: stranger.userId! } });
  strangersGrantId = globalId('RoleGrant', theirs.id);
  const order = async (needId: string, serviceId: string) => {
    const dispatch = { needId, serviceId, mode: 'MATCH_RUN', matchRunId: null, candidateId: null } as const;
    const [outcome] = await database.transaction((tx) =>
      dispatchOrders(tx, systemViewer(area.areaId), [dispatch], NOW),
    );
    return globalId('Order', outcome!.orderId!);
  };
  orderOfYang = await order(area.needs.yangMeal, area.services.lunch);
  orderOfWu = await order(area.needs.wuPipe, area.services.plumbing);
  needOfYang = { id: globalId('Need', area.needs.yangMeal), version: 2 };
  tokens.admin = await target.token('AREA_ADMIN', { area: 'KAILI' });
  tokens.staff = await target.token('COMMUNITY_STAFF', { area: 'KAILI', community: 'C01' });
  tokens.gridWorker = await target.token('GRID_WORKER', { area: 'KAILI', community: 'C02' });
  tokens.provider = await target.token('PROVIDER_STAFF', { area: 'KAILI', provider: 'P01' });
  tokens.analyst = await target.token('ANALYST', { area: 'KAILI' });
  tokens.auditor = await target.token('AUDITOR', { area: 'KAILI' });
  tokens.yang = await target.token('RESIDENT', { area: 'KAILI', resident: 'R01' });
  tokens.long = await target.token('RESIDENT', { area: 'KAILI', resident: 'R02' });
  tokens.caregiver = await target.token('CAREGIVER', { area: 'KAILI', resident: 'R03' });
  // Whoever asks first is written as a user.
  for (const token of Object.values(tokens)) await target.ask('{ me { id } }', { token });
  caregiverId = (await target.ask('{ me { id } }', { token: tokens.caregiver! })).json.data.me.id;
});
afterAll(() => target.close());

const idOf = async (who: string) => (await target.ask('{ me { id } }', { token: tokens[who]! })).json.data.me.id;
const grantOf = async (who: string) =>
  (await target.ask('{ me { grants { id } } }', { token: tokens[who]! })).json.data.me.grants[0].id;
/** The code of the failure that a mutation answers with; `null` where it was done. */
async function attempt(who: string, mutation: string, type: string, input: object): Promise<string | null> {
  const query = `mutation ($input: ${type}!) { answer: ${mutation}(input: $input) { __typename ... on Failure { code } } }`;
  const { json } = await target.ask(query, { token: tokens[who]!, variables: { input } });
  return json.errors ? json.errors[0].extensions.code : (json.data.answer.code ?? null);
}

const resident = (key: 'yang' | 'long' | 'wu') => globalId('Resident', target.area.residents[key]);
const EVERYBODY_ELSE = ['staff', 'gridWorker', 'provider', 'analyst', 'auditor', 'yang', 'caregiver'];

describe('promotion', () => {
  it.each(EVERYBODY_ELSE)('%s grants themselves AREA_ADMIN', async (who) => {
    const input = { userId: await idOf(who), role: 'AREA_ADMIN' };
    expect(await attempt(who, 'grantRole', 'GrantRoleInput', input)).toBe('NOT_ALLOWED');
  });

  it.each(EVERYBODY_ELSE)('%s takes the administrator’s role away', async (who) => {
    const input = { grantId: await grantOf('admin') };
    expect(await attempt(who, 'revokeRole', 'RevokeRoleInput', input)).toBe('NOT_ALLOWED');
  });

  it.each(EVERYBODY_ELSE)('%s registers a user', async (who) => {
    const input = { subject: `friend of ${who}`, displayName: '朋友' };
    expect(await attempt(who, 'registerUser', 'RegisterUserInput', input)).toBe('NOT_ALLOWED');
  });

  it.each(['staff', 'gridWorker', 'provider', 'yang', 'caregiver'])('%s lists the users', async (who) => {
    const { json } = await target.ask('{ users(first: 5) { totalCount nodes { subject } } }', { token: tokens[who]! });
    expect(json.data?.users ?? null).toBeNull();
    expect(json.errors[0].extensions.code).toBe('NOT_ALLOWED');
  });
});

describe('an administrator', () => {
  const rows: readonly (readonly [string, string, string, () => Promise<object> | object, string | null])[] = [
    [
      'grants themselves AUDITOR',
      'grantRole',
      'GrantRoleInput',
      async () => ({ userId: await idOf('admin'), role: 'AUDITOR' }),
      'INVALID_INPUT',
    ],
    [
      'grants over a community of another area',
      'grantRole',
      'GrantRoleInput',
      async () => ({
        userId: await idOf('yang'),
        role: 'GRID_WORKER',
        communityId: globalId('Community', other.communities.yatang),
      }),
      'NOT_FOUND',
    ],
    [
      'grants over a resident of another area',
      'grantRole',
      'GrantRoleInput',
      async () => ({
        userId: await idOf('yang'),
        role: 'RESIDENT',
        residentId: globalId('Resident', other.residents.yang),
      }),
      'NOT_FOUND',
    ],
    [
      'grants to a user of another area',
      'grantRole',
      'GrantRoleInput',
      () => ({ userId: strangerId, role: 'AUDITOR' }),
      'NOT_FOUND',
    ],
    [
      'revokes a grant of another area',
      'revokeRole',
      'RevokeRoleInput',
      () => ({ grantId: strangersGrantId }),
      'NOT_FOUND',
    ],
    [
      'grants a role over nothing',
      'grantRole',
      'GrantRoleInput',
      async () => ({ userId: await idOf('yang'), role: 'PROVIDER_STAFF' }),
      'INVALID_INPUT',
    ],
    [
      'grants a role of the area over a community',
      'grantRole',
      'GrantRoleInput',
      async () => ({
        userId: await idOf('yang'),
        role: 'ANALYST',
        communityId: globalId('Community', target.area.communities.dashizi),
      }),
      'INVALID_INPUT',
    ],
    [
      'makes somebody a caregiver, whom no resident named',
      'grantRole',
      'GrantRoleInput',
      async () => ({ userId: await idOf('long'), role: 'CAREGIVER', residentId: resident('yang') }),
      'INVALID_INPUT',
    ],
    [
      'registers a subject of development tokens',
      'registerUser',
      'RegisterUserInput',
      () => ({ subject: 'auditor:KAILI', displayName: '审计' }),
      'INVALID_INPUT',
    ],
    [
      'names themselves with control characters',
      'registerUser',
      'RegisterUserInput',
      () => ({ subject: 'li\u0000na', displayName: '李娜' }),
      'INVALID_INPUT',
    ],
    [
      'takes the last administrator’s role away',
      'revokeRole',
      'RevokeRoleInput',
      async () => ({ grantId: await grantOf('admin') }),
      'LAST_ADMINISTRATOR',
    ],
  ];
  it.each(rows)('%s', async (_what, mutation, type, input, code) => {
    expect(await attempt('admin', mutation, type, await input())).toBe(code);
  });
});

describe('mass assignment', () => {
  it.each([
    ['registerUser', 'RegisterUserInput', { subject: 'x', displayName: 'x', grants: [{ role: 'AREA_ADMIN' }] }],
    ['registerUser', 'RegisterUserInput', { subject: 'x', displayName: 'x', areaId: 'ELSEWHERE' }],
    ['grantRole', 'GrantRoleInput', { userId: 'x', role: 'AUDITOR', until: '2030-01-01T00:00:00Z' }],
    ['grantRole', 'GrantRoleInput', { userId: 'x', role: 'SYSTEM' }],
    ['nameCaregiver', 'NameCaregiverInput', { residentId: 'x', userId: 'x', acceptedAt: '2026-01-01T00:00:00Z' }],
    ['nameCaregiver', 'NameCaregiverInput', { residentId: 'x', userId: 'x', role: 'AREA_ADMIN' }],
    ['acceptCaregiving', 'CaregivingActionInput', { caregivingId: 'x', userId: 'x' }],
  ])('%s with what it does not take: %o', async (mutation, type, input) => {
    const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { __typename } }`;
    const before = await target.database.prisma.user.count();
    const { json } = await target.ask(query, { token: tokens.admin!, variables: { input } });
    expect(json.data?.[mutation] ?? null).toBeNull();
    expect(json.errors[0].message).toMatch(/Variable "\$input"/);
    expect(await target.database.prisma.user.count()).toBe(before);
  });
});

describe('a caregiver', () => {
  const CAREGIVER_OF_WU: readonly (readonly [string, string, string, () => object, string | null])[] = [
    [
      'cancels an order of another resident',
      'cancelOrder',
      'ReasonedOrderActionInput',
      () => ({ orderId: orderOfYang, version: 1, reason: '…' }),
      'NOT_FOUND',
    ],
    [
      'confirms an order of another resident',
      'confirmOrder',
      'OrderActionInput',
      () => ({ orderId: orderOfYang, version: 1 }),
      'NOT_FOUND',
    ],
    [
      'amends a need of another resident',
      'amendNeed',
      'AmendNeedInput',
      () => ({ ...needOfYang, quantity: 9 }),
      'NOT_FOUND',
    ],
    [
      'withdraws a need of another resident',
      'withdrawNeed',
      'WithdrawNeedInput',
      () => ({ ...needOfYang, reason: 'NO_LONGER_NEEDED' }),
      'NOT_FOUND',
    ],
    [
      'registers a need for another resident',
      'registerNeed',
      'RegisterNeedInput',
      () => ({ title: '想订一份午餐送到家里', residentId: resident('yang') }),
      'NOT_FOUND',
    ],
    [
      'names another caregiver of the resident',
      'nameCaregiver',
      'NameCaregiverInput',
      () => ({ residentId: resident('wu'), userId: caregiverId }),
      'NOT_ALLOWED',
    ],
    [
      'reveals what is masked of the resident',
      'revealResident',
      'RevealResidentInput',
      () => ({ residentId: resident('wu'), fields: ['PHONE'], purpose: '上门核实情况' }),
      'NOT_ALLOWED',
    ],
    [
      'reveals what is masked of another',
      'revealResident',
      'RevealResidentInput',
      () => ({ residentId: resident('yang'), fields: ['PHONE'], purpose: '上门核实情况' }),
      'NOT_FOUND',
    ],
    [
      'registers a resident',
      'saveResident',
      'ResidentInput',
      () => ({
        externalId: 'R77',
        communityId: globalId('Community', target.area.communities.dashizi),
        name: '新人',
        birthDate: '1950-01-01',
      }),
      'NOT_ALLOWED',
    ],
    [
      'accepts an order in the provider’s place',
      'acceptOrder',
      'OrderActionInput',
      () => ({ orderId: orderOfWu, version: 1 }),
      'NOT_ALLOWED',
    ],
  ];
  it.each(CAREGIVER_OF_WU)('%s', async (_what, mutation, type, input, code) => {
    expect(await attempt('caregiver', mutation, type, input())).toBe(code);
  });

  it('reads the resident masked, whose they are, and nobody else', async () => {
    const query = '{ residents(first: 9) { nodes { externalId name phone identityNumber attributes { code } } } }';
    const { json } = await target.ask(query, { token: tokens.caregiver! });
    expect(json.data.residents.nodes).toEqual([
      { externalId: 'R03', name: '吴**', phone: '138****0000', identityNumber: null, attributes: null },
    ]);
  });
});

describe('naming', () => {
  const ROWS: readonly (readonly [string, string, () => Promise<object> | object, string | null])[] = [
    [
      'a resident names a caregiver of another resident',
      'long',
      () => ({ residentId: resident('yang'), userId: caregiverId }),
      'NOT_FOUND',
    ],
    [
      'staff of another community names one',
      'gridWorker',
      () => ({ residentId: resident('yang'), userId: caregiverId, note: '口头' }),
      'NOT_FOUND',
    ],
    [
      'a provider names one for whom it serves',
      'provider',
      () => ({ residentId: resident('yang'), userId: caregiverId, note: '口头' }),
      'NOT_ALLOWED',
    ],
    [
      'staff names one without saying how they were asked',
      'staff',
      () => ({ residentId: resident('yang'), userId: caregiverId }),
      'INVALID_INPUT',
    ],
    [
      'staff names themselves',
      'staff',
      async () => ({ residentId: resident('yang'), userId: await idOf('staff'), note: '口头' }),
      'INVALID_INPUT',
    ],
    [
      'a resident names themselves',
      'yang',
      async () => ({ residentId: resident('yang'), userId: await idOf('yang') }),
      'INVALID_INPUT',
    ],
    [
      'a resident names a user of another area',
      'yang',
      () => ({ residentId: resident('yang'), userId: strangerId }),
      'NOT_FOUND',
    ],
    [
      'a resident names a user who is not there',
      'yang',
      () => ({ residentId: resident('yang'), userId: globalId('User', '01900000-0000-7000-8000-000000000000') }),
      'NOT_FOUND',
    ],
  ];
  it.each(ROWS)('%s', async (_what, who, input, code) => {
    expect(await attempt(who, 'nameCaregiver', 'NameCaregiverInput', await input())).toBe(code);
    expect(await target.database.prisma.caregiving.count()).toBe(0);
  });

  it('is accepted by nobody else, gives rights to the named one alone, and none once dismissed', async () => {
    const NAME = `mutation ($input: NameCaregiverInput!) { nameCaregiver(input: $input) { ... on Caregiving { id } } }`;
    const input = { residentId: resident('yang'), userId: await idOf('long') };
    const { json } = await target.ask(NAME, { token: tokens.yang!, variables: { input } });
    const caregivingId = json.data.nameCaregiver.id;
    const act = (who: string, mutation: string) => attempt(who, mutation, 'CaregivingActionInput', { caregivingId });
    const cancel = () =>
      attempt('long', 'cancelOrder', 'ReasonedOrderActionInput', { orderId: orderOfYang, version: 7, reason: '…' });
    expect(await cancel()).toBe('NOT_FOUND');
    expect(await act('caregiver', 'acceptCaregiving')).toBe('NOT_FOUND');
    expect(await act('gridWorker', 'acceptCaregiving')).toBe('NOT_FOUND');
    expect(await act('staff', 'acceptCaregiving')).toBe('NOT_ALLOWED');
    expect(await act('yang', 'acceptCaregiving')).toBe('NOT_ALLOWED');
    expect(await act('long', 'acceptCaregiving')).toBeNull();
    // Let through to the version, which is wrong: nothing is done.
    expect(await cancel()).toBe('CONFLICT');
    expect(await act('caregiver', 'dismissCaregiver')).toBe('NOT_FOUND');
    expect(await act('provider', 'dismissCaregiver')).toBe('NOT_FOUND');
    expect(await act('yang', 'dismissCaregiver')).toBeNull();
    expect(await cancel()).toBe('NOT_FOUND');
    expect(await act('long', 'acceptCaregiving')).toBe('TRANSITION_REFUSED');
    const needs = await target.ask('{ needs(first: 20) { nodes { externalId } } }', { token: tokens.long! });
    expect(needs.json.data.needs.nodes).toEqual([{ externalId: 'N02' }]);
  });
});

describe('a role that was taken away', () => {
  it('is gone for a token that is still good, also for a server that starts anew', async () => {
    const token = tokens.analyst!;
    const RUNS = '{ matchRuns(first: 1) { nodes { id } } }';
    expect((await target.ask(RUNS, { token })).json.errors).toBeUndefined();
    expect(await attempt('admin', 'revokeRole', 'RevokeRoleInput', { grantId: await grantOf('analyst') })).toBeNull();
    expect((await target.ask(RUNS, { token })).json.errors[0].extensions.code).toBe('NOT_ALLOWED');
    const anew = await target.token('ANALYST', { area: 'KAILI' });
    expect((await target.ask(RUNS, { token: anew })).json.errors[0].extensions.code).toBe('NOT_ALLOWED');
  });
});
