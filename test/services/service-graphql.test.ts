import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { anonymousViewer, type Viewer } from '../../src/identity/viewer.ts';
import { execute, globalId, type PlantedArea, plantArea, signIn } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';

const SAVE = `mutation ($input: ServiceInput!) { saveService(input: $input) {
  __typename
  ... on Service { id externalId name version status price unit schedule radiusMetres publishedAt
    scheduleWindows { day start end } scheduleExceptions { date start end }
    mainCategory { code } categories { code } communities { externalId } locations { latitude name }
    eligibility { anyOf minimumAge } funding places capacityPeriod provider { externalId } }
  ... on Failure { code message path }
  ... on InvalidInput { issues { path rule } }
  ... on VersionConflict { currentVersion }
} }`;
const WITHDRAW = `mutation ($input: WithdrawServiceInput!) { withdrawService(input: $input) {
  __typename ... on Service { status version } ... on Failure { code } } }`;
const LIST = `query ($filter: ServiceFilter) { services(first: 50, filter: $filter) { totalCount nodes { externalId } } }`;

describe('the service list over GraphQL', () => {
  let database: Database;
  let area: PlantedArea;
  let admin: Viewer;
  let canteenStaff: Viewer;
  let resident: Viewer;

  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
    area = await plantArea(database);
    admin = await signIn(database, area.areaId, 'AREA_ADMIN');
    canteenStaff = await signIn(database, area.areaId, 'PROVIDER_STAFF', { providerId: area.providers.canteen });
    resident = await signIn(database, area.areaId, 'RESIDENT', { residentId: area.residents.yang });
  });
  afterAll(() => database.close());

  const listed = async (viewer: Viewer, filter: object = {}): Promise<string[]> => {
    const { services } = await execute(database, viewer, LIST, { filter });
    expect(services.totalCount).toBe(services.nodes.length);
    return services.nodes.map((node: { externalId: string }) => node.externalId);
  };
  const supper = (changes: object = {}) => ({
    externalId: 'S50',
    providerId: globalId('Provider', area.providers.canteen),
    name: '老年晚餐',
    nature: 'PUBLIC_BENEFIT',
    categoryIds: [globalId('Category', area.categories['ELDER.MEAL']!)],
    communityIds: [globalId('Community', area.communities.dashizi)],
    locations: [{ latitude: 26.58, longitude: 107.98, name: '饭桌' }],
    radiusMetres: 900,
    schedule: '周一至周五 16:30-18:30',
    scheduleExceptions: '2027-01-01 休',
    anyOf: ['LIVING_ALONE'],
    minimumAge: 60,
    price: 850,
    funding: ['GOVERNMENT_PURCHASE'],
    places: 20,
    capacityPeriod: 'DAY',
    ...changes,
  });
  const save = async (viewer: Viewer, input: object) => (await execute(database, viewer, SAVE, { input })).saveService;

  it('is public as far as it is published by admitted providers', async () => {
    const published = ['S01', 'S02', 'S03'];
    expect(await listed(anonymousViewer(area.areaId))).toEqual(published);
    expect(await listed(resident)).toEqual(published);
    expect(await listed(resident, { statuses: ['WITHDRAWN'] })).toEqual([]);
    expect(await listed(admin)).toEqual([...published, 'S04']);
    expect(await listed(canteenStaff, { statuses: ['WITHDRAWN'] })).toEqual(['S04']);
    await database.prisma.provider.update({ where: { id: area.providers.repair }, data: { admission: 'SUSPENDED' } });
    expect(await listed(resident)).toEqual(['S01', 'S03']);
    const { providers } = await execute(
      database,
      resident,
      '{ providers { nodes { externalId services { totalCount } } } }',
    );
    expect(providers.nodes).toEqual([
      { externalId: 'P01', services: { totalCount: 1 } },
      { externalId: 'P03', services: { totalCount: 1 } },
    ]);
    await database.prisma.provider.update({ where: { id: area.providers.repair }, data: { admission: 'ADMITTED' } });
  });

  it('gives a withdrawn service by its id only to those who may read it', async () => {
    const query = `query ($id: ID!) { node(id: $id) { ... on Service { externalId } ... on Provider { externalId } } }`;
    const get = async (viewer: Viewer, id: string) => (await execute(database, viewer, query, { id })).node;
    const closed = globalId('Service', area.services.closedCanteen);
    expect(await get(resident, closed)).toBeNull();
    expect(await get(canteenStaff, closed)).toEqual({ externalId: 'S04' });
    expect(await get(anonymousViewer(area.areaId), globalId('Service', area.services.lunch))).toEqual({
      externalId: 'S01',
    });
    const elsewhere = await plantArea(database, 'ELSEWHERE');
    expect(await get(admin, globalId('Service', elsewhere.services.lunch))).toBeNull();
    expect(await get(admin, globalId('Provider', elsewhere.providers.canteen))).toBeNull();
  });

  it('is narrowed by category with those below it, nature, kind, community and words', async () => {
    const id = (code: string) => globalId('Category', area.categories[code]!);
    expect(await listed(resident, { categoryIds: [id('ELDER'), id('HOME')] })).toEqual(['S01', 'S02']);
    expect(await listed(resident, { natures: ['SELF_GOVERNANCE'] })).toEqual(['S03']);
    expect(await listed(resident, { providerKinds: ['SOCIAL'] })).toEqual(['S01', 'S02']);
    expect(await listed(resident, { communityId: globalId('Community', area.communities.yatang) })).toEqual([
      'S01',
      'S02',
    ]);
    expect(await listed(resident, { providerId: globalId('Provider', area.providers.mediators) })).toEqual(['S03']);
    expect(await listed(resident, { text: '漏水' })).toEqual(['S02']);
    expect(await listed(resident, { text: '%' })).toEqual([]);
  });

  it('takes a service from its own provider and shows it as it was written', async () => {
    const saved = await save(canteenStaff, supper());
    expect(saved).toMatchObject({
      __typename: 'Service',
      version: 1,
      status: 'PUBLISHED',
      price: 850,
      unit: 'MEAL',
      schedule: 'Mo-Fr 16:30-18:30',
      scheduleExceptions: [{ date: '2027-01-01', start: null, end: null }],
      mainCategory: { code: 'ELDER.MEAL' },
      communities: [{ externalId: 'C01' }],
      locations: [{ latitude: 26.58, name: '饭桌' }],
      eligibility: { anyOf: ['LIVING_ALONE'], minimumAge: 60 },
      funding: ['GOVERNMENT_PURCHASE'],
      places: 20,
      capacityPeriod: 'DAY',
      provider: { externalId: 'P01' },
    });
    expect(saved.scheduleWindows).toHaveLength(5);
    expect(saved.scheduleWindows[0]).toEqual({ day: 1, start: '16:30', end: '18:30' });
    const entry = await database.prisma.ledgerEntry.findFirstOrThrow({
      where: { kind: 'SERVICE_PUBLISHED', actorId: canteenStaff.userId },
    });
    expect(entry.body).toMatchObject({ externalId: 'S50', priceFen: 850 });
  });

  it('changes only by who read its present version', async () => {
    await save(canteenStaff, supper({ externalId: 'S51' }));
    expect(await save(canteenStaff, supper({ externalId: 'S51', name: '改' }))).toMatchObject({
      code: 'CONFLICT',
      currentVersion: 1,
    });
    expect(await save(canteenStaff, supper({ externalId: 'S51', name: '改', version: 7 }))).toMatchObject({
      code: 'CONFLICT',
    });
    expect(await save(canteenStaff, supper({ externalId: 'S51', name: '改', version: 1 }))).toMatchObject({
      name: '改',
      version: 2,
    });
    expect(await save(canteenStaff, supper({ externalId: 'S52', version: 1 }))).toMatchObject({ code: 'NOT_FOUND' });
    const both = await Promise.all(
      [1, 2].map((n) => save(admin, supper({ externalId: 'S51', name: `同时${n}`, version: 2 }))),
    );
    expect(both.map(({ __typename }) => __typename).toSorted()).toEqual(['Service', 'VersionConflict']);
  });

  it('is not for others to write', async () => {
    const repair = await signIn(database, area.areaId, 'PROVIDER_STAFF', { providerId: area.providers.repair });
    const own = { providerId: globalId('Provider', area.providers.repair) };
    expect(await save(anonymousViewer(area.areaId), supper())).toMatchObject({ code: 'NOT_SIGNED_IN' });
    expect(await save(resident, supper())).toMatchObject({ code: 'NOT_FOUND' });
    expect(await save(repair, supper({ externalId: 'S53' }))).toMatchObject({ code: 'NOT_FOUND' });
    // A service cannot be taken over by its external id.
    expect(await save(repair, supper({ ...own, externalId: 'S01', version: 1 }))).toMatchObject({ code: 'NOT_FOUND' });
    const id = globalId('Service', area.services.lunch);
    expect((await execute(database, repair, WITHDRAW, { input: { id, version: 1 } })).withdrawService).toEqual({
      __typename: 'NotFound',
      code: 'NOT_FOUND',
    });
    const staff = await signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId: area.communities.dashizi });
    expect(await save(staff, supper({ externalId: 'S54' }))).toMatchObject({ code: 'NOT_ALLOWED' });
  });

  it('has the same rules as the import, named by field', async () => {
    const faults = async (changes: object) =>
      ((await save(admin, supper({ externalId: 'S55', ...changes }))).issues ?? []).map(
        ({ path, rule }: { path: string[]; rule: string }) => `${path.join('.')} ${rule}`,
      );
    expect(await faults({ name: ' ' })).toEqual(['input.name too_small']);
    expect(await faults({ price: -1, places: -1 })).toEqual(['input.price too_small', 'input.places too_small']);
    expect(await faults({ schedule: '早上' })).toEqual(['input.schedule schedule']);
    expect(await faults({ maximumAge: 50 })).toEqual(['input.maximumAge age_range']);
    expect(await faults({ locations: [] })).toEqual(['input.radiusMetres circle']);
    expect(await faults({ categoryIds: [globalId('Category', area.communities.yatang)] })).toEqual([
      'input.categoryIds.0 unknown_reference',
    ]);
    expect(await faults({ categoryIds: [], name: '其他' })).toEqual(['input.categoryIds category_unclear']);
    expect(await database.prisma.service.count({ where: { externalId: 'S55' } })).toBe(0);
  });

  it('is left by a service once, with an entry in its ledger', async () => {
    const { id } = await save(canteenStaff, supper({ externalId: 'S56' }));
    const withdraw = async (version: number) =>
      (await execute(database, canteenStaff, WITHDRAW, { input: { id, version } })).withdrawService;
    expect(await withdraw(9)).toEqual({ __typename: 'VersionConflict', code: 'CONFLICT' });
    expect(await withdraw(1)).toEqual({ __typename: 'Service', status: 'WITHDRAWN', version: 2 });
    expect(await withdraw(2)).toEqual({ __typename: 'TransitionRefused', code: 'TRANSITION_REFUSED' });
    const subjectId = Buffer.from(id, 'base64').toString().split(':')[1]!;
    const entries = await database.prisma.ledgerEntry.findMany({ where: { subjectId }, orderBy: { id: 'asc' } });
    expect(entries.map(({ kind }) => kind)).toEqual(['SERVICE_PUBLISHED', 'SERVICE_WITHDRAWN']);
  });

  it('is read in a constant number of statements, however long the page', async () => {
    const query = `query ($first: Int!) { services(first: $first) { nodes { name price unit schedule mainCategory { name parent { code } }
      categories { code } communities { name } locations { address } scheduleExceptions { date } eligibility { anyOf }
      funding provider { name services { totalCount } } } } }`;
    let statements = 0;
    (database.prisma as unknown as { $on: (event: 'query', count: () => void) => void }).$on('query', () => {
      statements += 1;
    });
    const count = async (first: number) => {
      statements = 0;
      const { services } = await execute(database, admin, query, { first });
      expect(services.nodes).toHaveLength(first);
      return statements;
    };
    const one = await count(2);
    expect(await count(6)).toBe(one);
  });
});

describe('providers over GraphQL', () => {
  it('are written by the area and seen by all once admitted', async () => {
    const database = await scratchDatabase('EMBEDDED');
    const { areaId } = await plantArea(database);
    const admin = await signIn(database, areaId, 'AREA_ADMIN');
    const save = `mutation ($input: ProviderInput!) { saveProvider(input: $input) { __typename
      ... on Provider { id admission } ... on Failure { code } ... on InvalidInput { issues { path rule } }
      ... on VersionConflict { currentVersion current { ... on Provider { id admission } } } } }`;
    const run = async (viewer: Viewer, input: object) =>
      (await execute(database, viewer, save, { input })).saveProvider;
    const firm = { externalId: 'P50', name: '黔东南律师事务所', kind: 'SOCIAL', admission: 'APPLIED' };
    expect(await run(anonymousViewer(areaId), firm)).toMatchObject({ code: 'NOT_SIGNED_IN' });
    const applied = await run(admin, firm);
    expect(applied).toMatchObject({ __typename: 'Provider', admission: 'APPLIED' });
    const names = async (viewer: Viewer) =>
      (await execute(database, viewer, `{ providers(filter: { text: "律师" }) { nodes { id } totalCount } }`)).providers
        .totalCount;
    expect([await names(anonymousViewer(areaId)), await names(admin)]).toEqual([0, 1]);
    expect(await run(admin, { ...firm, name: '又一家', version: 2 })).toMatchObject({
      __typename: 'VersionConflict',
      currentVersion: 1,
      current: { id: applied.id, admission: 'APPLIED' },
    });
    expect(await run(admin, { ...firm, admission: 'ADMITTED', version: 1 })).toEqual({
      ...applied,
      admission: 'ADMITTED',
    });
    expect(await run(admin, firm)).toMatchObject({ code: 'CONFLICT', currentVersion: 2 });
    expect(await names(anonymousViewer(areaId))).toBe(1);
    expect(await run(admin, { ...firm, latitude: 26.5 })).toMatchObject({
      issues: [{ path: ['input', 'longitude'], rule: 'point' }],
    });
    await database.close();
  });
});
