import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { programmeImport } from '../../src/funding/index.ts';
import type { Viewer } from '../../src/identity/viewer.ts';
import { importList } from '../../src/imports/index.ts';
import { bytesSource } from '../../src/imports/source.ts';
import { execute, globalId, NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { plantCandidates, plantNeedLike } from '../orders/planted.ts';
import { dispatchPairs, plantProgramme } from './planted.ts';

describe('funding programmes', () => {
  let database: Database;
  let area: PlantedArea;
  let admin: Viewer;
  let planted = 0;
  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
  });
  beforeEach(async () => {
    planted += 1;
    area = await plantArea(database, `AREA${planted}`);
    admin = await signIn(database, area.areaId, 'AREA_ADMIN');
  });
  afterAll(() => database.close());

  const MEALS = {
    externalId: 'F-01',
    name: '老年助餐',
    source: 'GOVERNMENT_PURCHASE',
    budgetFen: 100_000,
    validFrom: '2026-01-01T00:00:00Z',
    validTo: '2027-01-01T00:00:00Z',
    amountPerUnitFen: 300,
    categories: ['ELDER'],
    communities: ['C01'],
    minimumAge: 60,
  };
  const save = async (input: object, viewer = admin) =>
    (
      await execute(
        database,
        viewer,
        `mutation ($input: ProgrammeInput!) { saveProgramme(input: $input) {
          __typename ... on FundingProgramme { id version budgetFen leftFen low categories { code } communities { externalId } }
          ... on Failure { code path message } ... on InvalidInput { issues { path rule } } ... on VersionConflict { currentVersion } } }`,
        { input },
      )
    ).saveProgramme;
  const act = async (mutation: string, programmeId: string, version: number, viewer = admin) =>
    (
      await execute(
        database,
        viewer,
        `mutation ($input: ProgrammeActionInput!) { answer: ${mutation}(input: $input) {
          ... on FundingProgramme { state version } ... on Failure { code } } }`,
        { input: { programmeId, version } },
      )
    ).answer;

  it('are written by an administrator, new and over the version that they read', async () => {
    const made = await save(MEALS);
    expect(made).toMatchObject({
      version: 1,
      leftFen: 100_000,
      low: false,
      categories: [{ code: 'ELDER' }],
      communities: [{ externalId: 'C01' }],
    });
    expect(await save({ ...MEALS, budgetFen: 5 })).toMatchObject({ code: 'CONFLICT', currentVersion: 1 });
    const again = await save({ ...MEALS, version: 1, budgetFen: 200_000, communities: null });
    expect(again).toMatchObject({ id: made.id, version: 2, budgetFen: 200_000, communities: [] });
    expect(await save({ ...MEALS, externalId: 'F-02', version: 1 })).toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each([
    [{ shareBasisPoints: 5000 }, 'shareBasisPoints', 'share_or_amount'],
    [{ validTo: '2026-01-01T00:00:00Z' }, 'validTo', 'term'],
    [{ categories: ['NONE'] }, 'categories', 'unknown_reference'],
    [{ communities: ['C99'] }, 'communities', 'unknown_reference'],
    [{ budgetFen: 0 }, 'budgetFen', 'too_small'],
  ])('are refused with %o by field and rule', async (change, field, rule) => {
    const refused = await save({ ...MEALS, ...change });
    expect(refused).toMatchObject({ code: 'INVALID_INPUT', path: ['input', field] });
    expect(refused.issues[0]).toMatchObject({ rule });
    expect(await database.prisma.fundingProgramme.count({ where: { areaId: area.areaId } })).toBe(0);
  });

  it('keep what has gone of their budget; a budget that is cut to its line tells the administrators', async () => {
    await plantProgramme(database, area.areaId, 'F-01');
    await dispatchPairs(database, area.areaId, [[area.needs.yangMeal, area.services.lunch]]);
    const { version } = await database.prisma.fundingProgramme.findFirstOrThrow({ where: { areaId: area.areaId } });
    expect(await save({ ...MEALS, version, budgetFen: 399 })).toMatchObject({
      path: ['input', 'budgetFen'],
      issues: [{ rule: 'budget_in_use' }],
    });
    expect(await save({ ...MEALS, version, budgetFen: 440 })).toMatchObject({ leftFen: 40, low: true });
    const notices = await database.prisma.notice.findMany({ where: { areaId: area.areaId } });
    expect(notices.map(({ kind }) => kind)).toEqual(['PROGRAMME_LOW']);
  });

  it('are suspended, resumed and closed; a closed one is not written over', async () => {
    const { id } = await save(MEALS);
    expect(await act('suspendProgramme', id, 1)).toEqual({ state: 'SUSPENDED', version: 2 });
    expect(await act('resumeProgramme', id, 2)).toEqual({ state: 'ACTIVE', version: 3 });
    expect(await act('closeProgramme', id, 2)).toEqual({ code: 'CONFLICT' });
    expect(await act('closeProgramme', id, 3)).toEqual({ state: 'CLOSED', version: 4 });
    expect(await act('resumeProgramme', id, 4)).toEqual({ code: 'TRANSITION_REFUSED' });
    expect(await save({ ...MEALS, version: 4 })).toMatchObject({ issues: [{ rule: 'closed' }] });
  });

  it('are read by staff, analysts and auditors of the area, and written by none of them', async () => {
    const { id } = await save(MEALS);
    const staff = await signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId: area.communities.dashizi });
    const yang = await signIn(database, area.areaId, 'RESIDENT', { residentId: area.residents.yang });
    const query = '{ programmes(filter: { text: "助餐" }) { totalCount nodes { name leftFen } } }';
    expect((await execute(database, staff, query)).programmes).toEqual({
      totalCount: 1,
      nodes: [{ name: '老年助餐', leftFen: 100_000 }],
    });
    await expect(execute(database, yang, query)).rejects.toThrow(/may not/);
    expect((await execute(database, yang, `{ node(id: "${id}") { id } }`)).node).toBeNull();
    expect(await save(MEALS, staff)).toMatchObject({ code: 'NOT_ALLOWED' });
    expect(await act('closeProgramme', id, 1, staff)).toEqual({ code: 'NOT_ALLOWED' });
  });

  it('show in the price of a service before it is chosen, and in that of the order', async () => {
    await save(MEALS);
    await database.prisma.service.update({ where: { id: area.services.lunch }, data: { giftFen: 100 } });
    await plantCandidates(database, area.areaId, area.needs.yangMeal, [area.services.lunch]);
    const yang = await signIn(database, area.areaId, 'RESIDENT', { residentId: area.residents.yang });
    const wu = await signIn(database, area.areaId, 'RESIDENT', { residentId: area.residents.wu });
    const canteen = await signIn(database, area.areaId, 'PROVIDER_STAFF', { providerId: area.providers.canteen });
    const parts = [
      { payer: 'PROVIDER', amountFen: 100, programmeName: null },
      { payer: 'PROGRAMME', amountFen: 300, programmeName: '老年助餐' },
      { payer: 'RESIDENT', amountFen: 400, programmeName: null },
    ];
    const split = 'priceFen residentFen isAboveMaximum parts { payer amountFen programmeName }';
    const pair = `needId: "${globalId('Need', area.needs.yangMeal)}", serviceId: "${globalId('Service', area.services.lunch)}"`;
    expect((await execute(database, yang, `{ priceOf(${pair}) { ${split} } }`)).priceOf).toEqual({
      priceFen: 800,
      residentFen: 400,
      isAboveMaximum: false,
      parts,
    });
    await expect(execute(database, wu, `{ priceOf(${pair}) { ${split} } }`)).rejects.toThrow(/No such need/);
    const candidates = `{ node(id: "${globalId('Need', area.needs.yangMeal)}") { ... on Need { candidates { nodes { price { ${split} } } } } } }`;
    expect((await execute(database, yang, candidates)).node.candidates.nodes[0].price.parts).toEqual(parts);
    await dispatchPairs(database, area.areaId, [[area.needs.yangMeal, area.services.lunch]]);
    const orders = '{ orders { nodes { priceFen priceParts { payer amountFen programmeName } } } }';
    expect((await execute(database, canteen, orders)).orders.nodes[0]).toEqual({ priceFen: 800, priceParts: parts });
    // The provider sees where its service stands, but nothing of the resident that a price tells.
    expect((await execute(database, canteen, candidates)).node.candidates.nodes[0].price).toBeNull();
  });

  it('cost a page of candidates a fixed number of statements for their prices', async () => {
    await save(MEALS);
    const statements = async (count: number) => {
      const needs = await Promise.all(
        Array.from({ length: count }, (_, n) => plantNeedLike(database, area.needs.yangMeal, `N${count}-${n}`)),
      );
      for (const needId of needs) await plantCandidates(database, area.areaId, needId, [area.services.lunch]);
      let counted = 0;
      let isCounting = true;
      database.prisma.$on('query' as never, () => {
        if (isCounting) counted += 1;
      });
      await execute(
        database,
        admin,
        `{ needs(first: ${count}) { nodes { candidates { nodes { price { residentFen } } } } } }`,
      );
      isCounting = false;
      return counted;
    };
    await statements(1);
    expect(await statements(8)).toBe(await statements(2));
  });

  it('come in as a list in Chinese, with bad rows told by column and the good ones written', async () => {
    const text = [
      '项目编号,项目名称,资金来源,预算,开始日期,结束日期,支付比例,每人上限,类别,最低年龄',
      'Z1,助餐,政府购买服务,"20,000.50",2026-01-01,2026-12-31,33.33%,300,ELDER,60',
      'Z2,修理,补贴,100,2026-01-01,2025-12-31,50,,HOME,',
      'Z3,修理,彩票,100,2026-01-01,2026-12-31,50,,HOME,',
      'Z4,修理,补贴,100,2026-01-01,2026-12-31,50,,NONE,',
      'Z5,修理,补贴,100,2026-01-01,2026-12-31,,,HOME,',
    ].join('\n');
    const context = { areaId: area.areaId, utcOffsetMinutes: 480, shiftDays: 0, actorId: null, now: NOW };
    const source = bytesSource('programmes.csv', Buffer.from(text));
    const { firstRejected } = await importList(database, programmeImport, source, { context });
    expect(firstRejected.map(({ line, issues: [issue] }) => [line, issue!.path[0], issue!.rule])).toEqual([
      [3, 'valid_to', 'term'],
      [4, 'source', 'choice'],
      [5, 'categories', 'unknown_reference'],
      [6, 'share_percent', 'share_or_amount'],
    ]);
    expect(await database.prisma.fundingProgramme.findMany({ where: { areaId: area.areaId } })).toMatchObject([
      {
        externalId: 'Z1',
        budgetFen: 2_000_050n,
        shareBasisPoints: 3333,
        capPerResidentFen: 30_000n,
        validFrom: new Date('2025-12-31T16:00:00Z'),
        validTo: new Date('2026-12-31T15:59:59.999Z'),
      },
    ]);
  });
});
