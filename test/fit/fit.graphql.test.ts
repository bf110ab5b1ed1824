import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { anonymousViewer } from '../../src/identity/viewer.ts';
import { execute, globalId, type PlantedArea, plantArea, signIn } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { countStatements } from '../needs/count-statements.ts';

let database: Database;
let area: PlantedArea;

/** Mr Long's meal is unmet; the other three needs are open. */
beforeAll(async () => {
  database = await scratchDatabase('EMBEDDED');
  area = await plantArea(database);
  await database.prisma.need.update({
    where: { id: area.needs.longMeal },
    data: { state: 'UNMET', unmetReason: 'CATCHMENT' },
  });
});
afterAll(() => database.close());

const FIT = `query ($filter: FitFilter, $groupBy: FitGroups, $first: Int, $after: String) {
  fit(filter: $filter, groupBy: $groupBy, first: $first, after: $after) {
    totalCount
    totals { needs unmet fillRate unmetReasons { reason message needs } category { code } placesOffered }
    pageInfo { hasNextPage endCursor }
    nodes { category { code } community { name } periodStart needs unmet fillRate responseRate accessibility capacityUsed }
  } }`;
const admin = () => signIn(database, area.areaId, 'AREA_ADMIN');

test('an administrator reads the fit by category, with totals over all pages', async () => {
  const { fit } = await execute(database, await admin(), FIT, { first: 2 }, { locale: 'zh' });
  expect(fit).toMatchObject({
    totalCount: 3,
    // Four needs, one of them unmet, none served yet: 0 of 4. Lunch offers 2 places on the day, plumbing 3.
    totals: {
      needs: 4,
      unmet: 1,
      fillRate: 0,
      unmetReasons: [{ reason: 'CATCHMENT', message: '服务圈或服务范围没有覆盖', needs: 1 }],
      category: null,
      placesOffered: 5,
    },
    pageInfo: { hasNextPage: true },
    nodes: [
      { category: { code: 'ELDER.MEAL' }, community: null, needs: 2, unmet: 1, responseRate: null },
      { category: { code: 'HOME.PLUMBING' }, community: null, needs: 1, unmet: 0, capacityUsed: 0 },
    ],
  });
  const next = await execute(database, await admin(), FIT, { first: 2, after: fit.pageInfo.endCursor });
  expect(next.fit.nodes).toMatchObject([{ category: { code: 'MEDIATION' }, needs: 1, capacityUsed: null }]);
});

test('the fit is narrowed and grouped as asked', async () => {
  const { fit } = await execute(database, await admin(), FIT, {
    filter: { categoryIds: [globalId('Category', area.categories.ELDER!)], from: '2026-11-01T00:00:00+08:00' },
    groupBy: { community: true, period: 'MONTH' },
  });
  // The canteen's 2 places are for the one meal asked for within its circle; Yatang lies outside.
  expect(fit.nodes).toMatchObject([
    { community: { name: '大十字社区' }, periodStart: '2026-11-01', needs: 1, accessibility: 2 },
    { community: { name: '鸭塘社区' }, periodStart: '2026-11-01', needs: 1, unmet: 1, accessibility: 0 },
  ]);
});

test('the fit is for those who may read it', async () => {
  const wu = await signIn(database, area.areaId, 'RESIDENT', { residentId: area.residents.wu });
  await expect(execute(database, wu, FIT)).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
  await expect(execute(database, anonymousViewer(area.areaId), FIT)).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
});

test('more days than rows can tell apart are refused, naming the field', async () => {
  const old = await database.prisma.need.findUniqueOrThrow({ where: { id: area.needs.wuPipe } });
  const at = (registeredAt: Date) => database.prisma.need.update({ where: { id: old.id }, data: { registeredAt } });
  await at(new Date('2024-01-01T00:00:00Z'));
  const byDay = { groupBy: { period: 'DAY' } };
  await expect(execute(database, await admin(), FIT, byDay)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    fieldPath: ['filter', 'from'],
  });
  await at(old.registeredAt);
  await expect(execute(database, await admin(), FIT, byDay)).resolves.toBeDefined();
});

test('a page of rows names its categories and communities in a constant number of statements', async () => {
  const viewer = await admin();
  const groupBy = { category: true, community: true };
  const ask = (first: number) => countStatements(database, () => execute(database, viewer, FIT, { first, groupBy }));
  const one = await ask(1);
  const all = await ask(50);
  expect(all.result.fit.nodes.length).toBeGreaterThan(3);
  expect(all.count).toBe(one.count);
});
