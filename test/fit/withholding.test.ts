import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { newId } from '../../src/database/id.ts';
import type { Viewer } from '../../src/identity/viewer.ts';
import { execute, globalId, NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';

const FIT = `query ($filter: FitFilter, $groupBy: FitGroups) {
  fit(filter: $filter, groupBy: $groupBy, first: 100) {
    totalCount
    totals { isWithheld needs units unmet matchRate unmetReasons { needs } services placesTaken }
    nodes { isWithheld category { code } community { name } periodStart needs unmet accessibility services }
  } }`;

describe.each(DATABASE_KINDS)('the fit for who may not read the residents, on the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let analyst: Viewer;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
    area = await plantArea(database);
    analyst = await signIn(database, area.areaId, 'ANALYST');
  });
  afterAll(() => database.close());

  /** Needs of nobody in particular, each of which stands for one. */
  const plantNeeds = (count: number, category: string, communityId: string, data: object = {}) =>
    database.prisma.need.createMany({
      data: Array.from({ length: count }, () => {
        const id = newId();
        const categoryId = area.categories[category]!;
        const open = { channel: 'HOTLINE', urgency: 3 } as const;
        return {
          id,
          areaId: area.areaId,
          externalId: id,
          communityId,
          categoryId,
          title: '需求',
          registeredAt: NOW,
          ...open,
          ...data,
        };
      }) as never,
    });
  const fitFor = async (viewer: Viewer, variables = {}) => (await execute(database, viewer, FIT, variables)).fit;

  test('a handful of residents is nowhere told of; the services are, and nobody is refused', async () => {
    const { totals, nodes } = await fitFor(analyst);
    expect(totals).toMatchObject({
      isWithheld: true,
      needs: null,
      units: null,
      unmet: null,
      matchRate: null,
      unmetReasons: [],
      services: 3,
    });
    expect(nodes.length).toBeGreaterThan(0);
    for (const row of nodes) expect(row).toMatchObject({ needs: null, unmet: null, isWithheld: true });
  });

  test('an administrator, and the staff for their own community, are told all', async () => {
    const admin = await signIn(database, area.areaId, 'AREA_ADMIN');
    expect((await fitFor(admin)).totals).toMatchObject({ isWithheld: false, needs: 4 });
    const own = area.communities.dashizi;
    const staff = await signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId: own });
    const { totals, nodes } = await fitFor(staff, { groupBy: { community: true, category: false } });
    expect(totals).toMatchObject({ isWithheld: true, needs: null });
    const known = nodes.map((row: { isWithheld: boolean; needs: number | null }) => [
      row.isWithheld,
      row.needs !== null,
    ]);
    expect(known.toSorted()).toEqual([
      [false, true],
      [true, false],
    ]);
  });

  test('enough residents are told of by category and by community, the few among them not, nor by a difference', async () => {
    const { dashizi: one, yatang: other } = area.communities;
    await plantNeeds(8, 'ELDER.MEAL', one);
    await plantNeeds(6, 'ELDER.MEAL', other);
    await plantNeeds(2, 'HOME.PLUMBING', one);
    const { totals, nodes } = await fitFor(analyst);
    expect(totals).toMatchObject({ needs: 20, services: 3 });
    // Three of plumbing and one of mediation go together with meals: either alone would tell of the rest.
    for (const row of nodes) expect(row.needs).toBeNull();
    const byCommunity = await fitFor(analyst, { groupBy: { community: true, category: false } });
    const needs = byCommunity.nodes.map((row: { needs: number | null }) => row.needs);
    expect(needs.reduce((sum: number, each: number) => sum + each, 0)).toBe(20);
    expect(Math.min(...needs)).toBeGreaterThanOrEqual(5);
    const crossed = await fitFor(analyst, { groupBy: { community: true, category: true } });
    for (const row of crossed.nodes) expect(row.needs).toBeNull();
    await plantNeeds(9, 'HOME.PLUMBING', other);
    const meals = (await fitFor(analyst)).nodes.find(
      (row: { category: { code: string } }) => row.category.code === 'ELDER.MEAL',
    );
    expect(meals).toMatchObject({ needs: 16 });
  });

  test('times that are no whole local months are not told of', async () => {
    const month = { from: '2026-11-01T00:00:00+08:00', to: '2026-12-01T00:00:00+08:00' };
    expect((await fitFor(analyst, { filter: month })).totals.needs).not.toBeNull();
    expect((await fitFor(analyst, { filter: { ...month, to: '2026-11-30T23:59:59+08:00' } })).totals.needs).toBeNull();
    const byDay = await fitFor(analyst, { groupBy: { category: false, period: 'DAY' } });
    for (const row of byDay.nodes) expect(row.needs).toBeNull();
  });

  test('a filter on one category cannot be told from its difference to all', async () => {
    const ids = [globalId('Category', area.categories.MEDIATION!)];
    expect((await fitFor(analyst, { filter: { categoryIds: ids } })).totals).toMatchObject({
      needs: null,
      isWithheld: true,
    });
  });
});
