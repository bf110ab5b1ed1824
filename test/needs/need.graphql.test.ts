import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { anonymousViewer, systemViewer } from '../../src/identity/viewer.ts';
import { CONSTRAINTS } from '../../src/matching/index.ts';
import { dispatchOrders } from '../../src/orders/index.ts';
import { execute, globalId, NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { type People, plantCandidates, plantNeedLike, signInPeople } from '../orders/planted.ts';
import { countStatements } from './count-statements.ts';

let database: Database;
let area: PlantedArea;
let people: People;

beforeAll(async () => {
  database = await scratchDatabase('EMBEDDED');
  area = await plantArea(database);
  people = await signInPeople(database, area);
});
afterAll(() => database.close());

const run = (viewer: People['wu'], source: string, variables: Record<string, unknown> = {}, options = {}) =>
  execute(database, viewer, source, variables, options);

const FAILURES = `... on Failure { code message path } ... on InvalidInput { issues { path rule } }`;
const REGISTER = `mutation ($input: RegisterNeedInput!) { registerNeed(input: $input) {
  __typename ${FAILURES}
  ... on CategoryUnclear { considered { confidence category { code } } }
  ... on Need { id title state version urgency channel categorySource category { code } community { name } resident { name } }
} }`;
const AMEND = `mutation ($input: AmendNeedInput!) { amendNeed(input: $input) {
  __typename ${FAILURES}
  ... on VersionConflict { currentVersion currentState } ... on NeedNotWaiting { state }
  ... on Need { title version state urgency maximumPriceFen preferences { kind provider { name } nature } preferredWindows { day start end } }
} }`;
const WITHDRAW = `mutation ($input: WithdrawNeedInput!) { withdrawNeed(input: $input) {
  __typename ${FAILURES}
  ... on TransitionRefused { from to }
  ... on Need { state orders { nodes { state } } }
} }`;

const register = async (viewer: People['wu'], input: Record<string, unknown>) =>
  (await run(viewer, REGISTER, { input })).registerNeed;
const amend = async (viewer: People['wu'], input: Record<string, unknown>) =>
  (await run(viewer, AMEND, { input })).amendNeed;
const withdraw = async (viewer: People['wu'], input: Record<string, unknown>) =>
  (await run(viewer, WITHDRAW, { input })).withdrawNeed;
const rowId = (id: string) => Buffer.from(id, 'base64').toString().split(':')[1]!;
const dispatch = (needId: string, serviceId: string) =>
  database.transaction((tx) =>
    dispatchOrders(
      tx,
      systemViewer(area.areaId),
      [{ needId, serviceId, mode: 'STAFF', matchRunId: null, candidateId: null }],
      NOW,
    ),
  );

describe('registering a need', () => {
  test('a resident registers their own without saying whose it is, where it is or what it is', async () => {
    const need = await register(people.wu, { title: '厨房水管漏水，要水电维修' });
    expect(need).toMatchObject({
      __typename: 'Need',
      state: 'OPEN',
      urgency: 3,
      channel: 'APP',
      categorySource: 'TEXT',
      category: { code: 'HOME.PLUMBING' },
      community: { name: '大十字社区' },
      resident: { name: '吴建国' },
    });
    const entry = await database.prisma.ledgerEntry.findFirstOrThrow({ where: { subjectId: rowId(need.id) } });
    expect(entry).toMatchObject({ kind: 'NEED_REGISTERED', actorId: people.wu.userId });
    expect(JSON.stringify(entry.body)).not.toContain('水管');
  });

  test('a text that says little gets back the categories that it may be of, and nothing is written', async () => {
    const before = await database.prisma.need.count();
    const answer = await register(people.wu, { title: '想请人来一趟' });
    expect(answer).toMatchObject({ __typename: 'CategoryUnclear', path: ['input', 'categoryId'] });
    expect(Array.isArray(answer.considered)).toBe(true);
    expect(await database.prisma.need.count()).toBe(before);
  });

  test('a text between two categories gets both named', async () => {
    const answer = await register(people.wu, { title: '家政养老' });
    expect(answer.considered.map(({ category }: { category: { code: string } }) => category.code)).toEqual(
      expect.arrayContaining(['ELDER', 'HOME']),
    );
  });

  test('staff register for a community without a resident', async () => {
    const need = await register(people.staff, {
      title: '广场路灯坏了',
      communityId: globalId('Community', area.communities.dashizi),
      categoryId: globalId('Category', area.categories.HOME!),
      channel: 'GRID_VISIT',
      urgency: 2,
    });
    expect(need).toMatchObject({ categorySource: 'STATED', resident: null, channel: 'GRID_VISIT', urgency: 2 });
  });

  test.each([
    ['title', { title: ' ' }, 'too_small'],
    ['urgency', { urgency: 5 }, 'too_big'],
    ['quantity', { quantity: 0 }, 'too_small'],
    ['deadlineAt', { deadlineAt: '2026-11-24T01:59:00Z' }, 'deadline_past'],
    ['registeredAt', { registeredAt: '2026-11-24T02:01:00Z' }, 'registered_later'],
    ['latitude', { latitude: 26.5 }, 'whole_point'],
    ['maximumPriceFen', { maximumPriceFen: -1 }, 'too_small'],
    [
      'communityId',
      { communityId: globalId('Community', '00000000-0000-7000-8000-000000000000') },
      'unknown_reference',
    ],
    [
      'excludedServices',
      { excludedServices: [globalId('Service', '00000000-0000-7000-8000-000000000000')] },
      'unknown_reference',
    ],
  ])('names the field %s when a rule is broken', async (field, input, rule) => {
    const category = { categoryId: globalId('Category', area.categories.HOME!) };
    const answer = await register(people.wu, { title: '打扫', ...category, ...input });
    expect(answer).toMatchObject({ __typename: 'InvalidInput', path: ['input', field], issues: [{ rule }] });
  });

  test('answers in Chinese where Chinese is asked for', async () => {
    const answer = await run(people.wu, REGISTER, { input: { title: '' } }, { locale: 'zh' });
    expect(answer.registerNeed.message).toBe('不能为空');
  });

  test('an id that is registered is not registered again', async () => {
    const answer = await register(people.wu, {
      title: '别的事',
      externalId: 'N01',
      categoryId: globalId('Category', area.categories.HOME!),
    });
    expect(answer).toMatchObject({ path: ['input', 'externalId'], issues: [{ rule: 'taken' }] });
    expect(await database.prisma.need.findUniqueOrThrow({ where: { id: area.needs.yangMeal } })).toMatchObject({
      title: '想订一份午餐送到家里',
      version: 1,
    });
  });

  test('nobody registers for those who are not theirs', async () => {
    const input = { title: '订餐', categoryId: globalId('Category', area.categories['ELDER.MEAL']!) };
    const forYang = { ...input, residentId: globalId('Resident', area.residents.yang) };
    expect((await register(people.wu, forYang)).__typename).toBe('NotFound');
    const inYatang = { ...input, communityId: globalId('Community', area.communities.yatang) };
    expect((await register(people.staff, inYatang)).__typename).toBe('NotAllowed');
    expect((await register(people.canteen, inYatang)).__typename).toBe('NotAllowed');
    expect((await register(anonymousViewer(area.areaId), input)).__typename).toBe('NotSignedIn');
  });
});

describe('amending a need', () => {
  test('changes what is given, empties what is null, keeps the rest, and counts the version up', async () => {
    const id = await plantNeedLike(database, area.needs.wuPipe, 'A1');
    const input = {
      id: globalId('Need', id),
      version: 1,
      urgency: 1,
      maximumPriceFen: 3000,
      excludedProviders: [globalId('Provider', area.providers.canteen)],
      excludedNatures: ['COMMERCIAL'],
      preferredWindows: [{ day: 6, startMinute: 540, endMinute: 720 }],
    };
    expect(await amend(people.wu, input)).toEqual({
      __typename: 'Need',
      title: '厨房水管爆了',
      version: 2,
      state: 'OPEN',
      urgency: 1,
      maximumPriceFen: 3000,
      preferences: [
        { kind: 'EXCLUDE', provider: { name: '大十字颐养饭桌' }, nature: null },
        { kind: 'EXCLUDE', provider: null, nature: 'COMMERCIAL' },
      ],
      preferredWindows: [{ day: 6, start: '09:00', end: '12:00' }],
    });
    expect(await amend(people.wu, { id: globalId('Need', id), version: 2, maximumPriceFen: null })).toMatchObject({
      version: 3,
      maximumPriceFen: null,
      urgency: 1,
    });
  });

  test('is refused to whoever has not seen the last change', async () => {
    const id = await plantNeedLike(database, area.needs.wuPipe, 'A2');
    await amend(people.wu, { id: globalId('Need', id), version: 1, urgency: 1 });
    expect(await amend(people.staff, { id: globalId('Need', id), version: 1, urgency: 4 })).toMatchObject({
      __typename: 'VersionConflict',
      currentVersion: 2,
      currentState: 'OPEN',
    });
  });

  test('is refused once an order is out', async () => {
    const id = await plantNeedLike(database, area.needs.wuQuarrel, 'A3');
    await dispatch(id, area.services.mediation);
    expect(await amend(people.wu, { id: globalId('Need', id), version: 2, urgency: 1 })).toMatchObject({
      __typename: 'NeedNotWaiting',
      state: 'OFFERED',
    });
  });

  test("another's need looks as if it were not there", async () => {
    const input = { id: globalId('Need', area.needs.longMeal), version: 1, urgency: 1 };
    const missing = { ...input, id: globalId('Need', '00000000-0000-7000-8000-000000000000') };
    expect(await amend(people.wu, input)).toEqual(await amend(people.wu, missing));
    expect(await amend(people.staff, input)).toMatchObject({ __typename: 'NotFound' });
  });

  test('does not move a need where the viewer could not reach it', async () => {
    const id = await plantNeedLike(database, area.needs.wuPipe, 'A4');
    const communityId = globalId('Community', area.communities.yatang);
    const moved = { id: globalId('Need', id), version: 1, communityId };
    expect(await amend(people.staff, moved)).toMatchObject({ __typename: 'NotAllowed' });
  });
});

describe('withdrawing a need', () => {
  test('is recorded in its ledger with the reason', async () => {
    const id = await plantNeedLike(database, area.needs.wuPipe, 'W1');
    const answer = await withdraw(people.wu, { id: globalId('Need', id), version: 1, reason: 'SOLVED_OTHERWISE' });
    expect(answer).toMatchObject({ state: 'WITHDRAWN' });
    expect(await database.prisma.ledgerEntry.findFirstOrThrow({ where: { subjectId: id } })).toMatchObject({
      kind: 'NEED_WITHDRAWN',
      body: { category: 'HOME.PLUMBING', reason: 'SOLVED_OTHERWISE' },
    });
  });

  test('cancels the order that is out', async () => {
    const id = await plantNeedLike(database, area.needs.wuQuarrel, 'W2');
    await dispatch(id, area.services.mediation);
    const answer = await withdraw(people.wu, { id: globalId('Need', id), version: 2, reason: 'NO_LONGER_NEEDED' });
    expect(answer).toMatchObject({ state: 'WITHDRAWN', orders: { nodes: [{ state: 'CANCELLED' }] } });
  });

  test('with an order out is for those who may cancel it: not for a grid worker', async () => {
    const id = await plantNeedLike(database, area.needs.wuQuarrel, 'W3');
    await dispatch(id, area.services.mediation);
    const grid = await signIn(database, area.areaId, 'GRID_WORKER', { communityId: area.communities.dashizi });
    const answer = await withdraw(grid, { id: globalId('Need', id), version: 2, reason: 'NO_LONGER_NEEDED' });
    expect(answer).toMatchObject({ __typename: 'NotAllowed' });
  });

  test('is final', async () => {
    const id = await plantNeedLike(database, area.needs.wuPipe, 'W4');
    await withdraw(people.wu, { id: globalId('Need', id), version: 1, reason: 'NO_LONGER_NEEDED' });
    const again = await withdraw(people.wu, { id: globalId('Need', id), version: 2, reason: 'NO_LONGER_NEEDED' });
    expect(again).toMatchObject({ __typename: 'TransitionRefused', from: 'WITHDRAWN', to: 'WITHDRAWN' });
  });
});

describe('who sees a need', () => {
  const NEED = `query ($id: ID!) { node(id: $id) { ... on Need {
    title resident { name } preferences { kind } outcome { passed } candidates { totalCount } orders { totalCount }
  } } }`;
  const see = async (viewer: People['wu'], id: string) => (await run(viewer, NEED, { id: globalId('Need', id) })).node;
  let id: string;
  beforeAll(async () => {
    id = await plantNeedLike(database, area.needs.wuQuarrel, 'V1');
    await database.prisma.needPreference.create({
      data: { needId: id, kind: 'EXCLUDE', providerId: area.providers.canteen },
    });
    await plantCandidates(database, area.areaId, id, [area.services.mediation, area.services.plumbing]);
    const { matchRunId } = await database.prisma.candidate.findFirstOrThrow({ where: { needId: id } });
    await database.prisma.matchOutcome.create({ data: { matchRunId, needId: id, passed: 2, removed: {} } });
    await dispatch(id, area.services.mediation);
  });

  test('the resident and the staff of the community see all of it, the staff with the name masked', async () => {
    const all = {
      title: '楼上天天半夜吵，请人调解',
      resident: { name: '吴建国' },
      preferences: [{ kind: 'EXCLUDE' }],
      outcome: { passed: 2 },
      candidates: { totalCount: 2 },
      orders: { totalCount: 1 },
    };
    expect(await see(people.wu, id)).toEqual(all);
    const masked = { ...all, resident: { name: '吴**' } };
    expect(await see(people.staff, id)).toEqual(masked);
    expect(await see(people.admin, id)).toEqual(masked);
  });

  test('the provider of its order sees the need and its own place, not the person, the others or the preferences', async () => {
    expect(await see(people.mediators, id)).toEqual({
      title: '楼上天天半夜吵，请人调解',
      resident: null,
      preferences: [],
      outcome: null,
      candidates: { totalCount: 1 },
      orders: { totalCount: 1 },
    });
  });

  test('nobody else sees that it is there', async () => {
    const analyst = await signIn(database, area.areaId, 'ANALYST');
    const other = await signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId: area.communities.yatang });
    for (const viewer of [people.yang, people.repair, analyst, other, anonymousViewer(area.areaId)]) {
      expect(await see(viewer, id)).toBeNull();
    }
  });

  test('an unmet need says what removed the services and which came nearest, in both languages', async () => {
    const { longMeal } = area.needs;
    await plantCandidates(database, area.areaId, longMeal, []);
    const run1 = await database.prisma.matchRun.findFirstOrThrow({ orderBy: { id: 'desc' } });
    await database.prisma.matchOutcome.create({
      data: {
        matchRunId: run1.id,
        needId: longMeal,
        passed: 0,
        removed: Object.fromEntries(CONSTRAINTS.map((name) => [name, name === 'CATCHMENT' ? 1 : 0])),
        nearestMiss: {
          serviceId: area.services.lunch,
          constraint: 'CATCHMENT',
          zh: '还差1.9公里',
          en: '1.9 km too far',
        },
        unmetReason: 'CATCHMENT',
      },
    });
    const source = `query ($id: ID!) { node(id: $id) { ... on Need { outcome {
      unmetReason removed { constraint services } nearestMiss { message service { name } } } } } }`;
    const ask = async (locale: 'zh' | 'en') =>
      (await run(people.admin, source, { id: globalId('Need', longMeal) }, { locale })).node.outcome;
    expect(await ask('zh')).toMatchObject({
      unmetReason: 'CATCHMENT',
      removed: expect.arrayContaining([{ constraint: 'CATCHMENT', services: 1 }]),
      nearestMiss: { message: '还差1.9公里', service: { name: '老年午餐送餐' } },
    });
    expect((await ask('en')).nearestMiss.message).toBe('1.9 km too far');
  });
});

describe('the list of needs', () => {
  const LIST = `query ($filter: NeedFilter, $order: NeedOrder, $first: Int, $after: String) {
    needs(filter: $filter, order: $order, first: $first, after: $after) {
      totalCount pageInfo { hasNextPage endCursor } nodes { externalId } } }`;
  let small: Database;
  let planted: PlantedArea;
  let who: People;
  beforeAll(async () => {
    small = await scratchDatabase('EMBEDDED');
    planted = await plantArea(small);
    who = await signInPeople(small, planted);
  });
  afterAll(() => small.close());
  const list = async (viewer: People['wu'], variables: Record<string, unknown> = {}): Promise<string[]> =>
    (await execute(small, viewer, LIST, variables)).needs.nodes.map(
      ({ externalId }: { externalId: string }) => externalId,
    );

  test('holds for each viewer what is theirs', async () => {
    expect((await list(who.admin)).toSorted()).toEqual(['N01', 'N02', 'N03', 'N04']);
    expect((await list(who.staff)).toSorted()).toEqual(['N01', 'N03', 'N04']);
    expect((await list(who.wu)).toSorted()).toEqual(['N03', 'N04']);
    expect(await list(who.canteen)).toEqual([]);
    await expect(list(anonymousViewer(planted.areaId))).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
    await expect(list(await signIn(small, planted.areaId, 'ANALYST'))).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
  });

  test.each([
    [{ categoryIds: ['ELDER'] }, ['N01', 'N02']],
    [{ states: ['UNMET'] }, []],
    [{ urgencies: [2] }, ['N03']],
    [{ channels: ['WECHAT'] }, ['N01', 'N02', 'N03', 'N04']],
    [{ registeredFrom: '2026-11-24T01:00:01Z' }, []],
    [{ registeredFrom: '2026-11-24T01:00:00Z', registeredTo: '2026-11-24T01:00:01Z' }, ['N01', 'N02', 'N03', 'N04']],
    [{ registeredTo: '2026-11-24T01:00:00Z' }, []],
    [{ text: '食堂' }, ['N02']],
    [{ text: '100%' }, []],
    [{ text: '食堂', urgencies: [2] }, []],
  ])('is narrowed by %j', async (filter, expected) => {
    const { categoryIds, ...rest } = filter as { categoryIds?: string[] };
    const ids = categoryIds?.map((code) => globalId('Category', planted.categories[code]!));
    expect((await list(who.admin, { filter: ids ? { ...rest, categoryIds: ids } : rest })).toSorted()).toEqual(
      expected,
    );
  });

  test('comes page by page, the most urgent first, none twice and none left out', async () => {
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { needs } = await execute(small, who.admin, LIST, { order: 'MOST_URGENT', first: 3, after });
      seen.push(...needs.nodes.map(({ externalId }: { externalId: string }) => externalId));
      after = needs.pageInfo.hasNextPage ? needs.pageInfo.endCursor : null;
    } while (after);
    expect(seen[0]).toBe('N03');
    expect(seen.toSorted()).toEqual(['N01', 'N02', 'N03', 'N04']);
  });
});

describe('a page of needs with candidates, services and providers', () => {
  const PAGE = `query ($first: Int!) { needs(first: $first) { totalCount nodes {
    title category { name } community { name } resident { name attributes { name } }
    preferences { kind provider { name } service { name } }
    candidates(first: 5) { totalCount nodes { rank score factors { factor } service { name provider { name } } } }
    outcome { passed nearestMiss { message } }
    orders { nodes { state } }
  } } }`;

  test('costs the same number of SQL statements for 20 needs as for 1', async () => {
    const crowded = await scratchDatabase('EMBEDDED');
    const { areaId, needs, services } = await plantArea(crowded);
    const admin = await signIn(crowded, areaId, 'AREA_ADMIN');
    for (let index = 0; index < 24; index += 1) {
      const id = await plantNeedLike(crowded, needs.wuQuarrel, `X${index}`);
      await plantCandidates(crowded, areaId, id, [services.mediation, services.plumbing, services.lunch]);
      const { matchRunId } = await crowded.prisma.candidate.findFirstOrThrow({ where: { needId: id, current: true } });
      await crowded.prisma.matchOutcome.create({ data: { matchRunId, needId: id, passed: 3, removed: {} } });
      await crowded.prisma.needPreference.create({ data: { needId: id, kind: 'PREFER', serviceId: services.lunch } });
    }
    const ask = (first: number) => countStatements(crowded, () => execute(crowded, admin, PAGE, { first }));
    const one = await ask(1);
    const twenty = await ask(20);
    expect(twenty.result.needs.nodes).toHaveLength(20);
    expect(twenty.result.needs.nodes[0].candidates.nodes[2]).toMatchObject({
      rank: 3,
      service: { provider: { name: '大十字颐养饭桌' } },
    });
    expect(twenty.count).toBe(one.count);
    expect(twenty.count).toBeLessThan(25);
    await crowded.close();
  });
});
