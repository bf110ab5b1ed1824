import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { type FitFilter, type FitGroups, fitByCategory, measureFit } from '../../src/fit/index.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { findNextCandidates } from '../../src/matchruns/next-candidates.store.ts';
import { appraiseOrder } from '../../src/orders/appraisal.store.ts';
import { dispatchOrders } from '../../src/orders/index.ts';
import { moveOrder } from '../../src/orders/order.store.ts';
import { NOW, type PlantedArea, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { countStatements } from '../needs/count-statements.ts';
import { type People, plantNeedLike, signInPeople } from '../orders/planted.ts';

/** NOW is Tuesday 2026-11-24, 10:00 in Kaili. The needs of the small area were registered an hour before. */
const MINUTE = 60_000;
const DAY = 86_400_000;
const later = (minutes: number) => new Date(NOW.getTime() + minutes * MINUTE);
const EVERYTHING: FitGroups = { category: false, community: false, period: 'WHOLE' };

describe.each(DATABASE_KINDS)('the fit of the small area on the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let people: People;
  const measure = (groups: Partial<FitGroups>, filter: FitFilter = {}, now = later(120)) =>
    measureFit(database.prisma, area.areaId, filter, { ...EVERYTHING, ...groups }, now);

  /**
   * Mr Wu's quarrel: dispatched 10:00, accepted 10:10, served 10:50, confirmed, appraised 5 and resolved.
   * A second quarrel like it: dispatched 10:00, accepted 10:30, served 11:30, appraised 3 and not resolved.
   * His pipe: dispatched 10:00, declined 10:05, so unmet. A pipe of the month before: withdrawn.
   * Mrs Yang's meal: dispatched 10:00, accepted 10:20, not served yet. Mr Long's meal: unmet, CATCHMENT.
   */
  beforeAll(async () => {
    database = await scratchDatabase(kind);
    area = await plantArea(database);
    people = await signInPeople(database, area);
    const { needs, services } = area;
    const quarrel2 = await plantNeedLike(database, needs.wuQuarrel, 'N05');
    const oldPipe = await plantNeedLike(database, needs.wuPipe, 'N06');
    await database.prisma.need.update({
      where: { id: oldPipe },
      data: { registeredAt: new Date(NOW.getTime() - 30 * DAY), state: 'WITHDRAWN' },
    });
    await database.prisma.need.update({
      where: { id: needs.longMeal },
      data: { state: 'UNMET', unmetReason: 'CATCHMENT' },
    });
    const [first, second, pipe, meal] = await dispatch([
      [needs.wuQuarrel, services.mediation],
      [quarrel2, services.mediation],
      [needs.wuPipe, services.plumbing],
      [needs.yangMeal, services.lunch],
    ]);
    await move(first!, 'ACCEPTED', people.mediators, 10);
    await move(first!, 'IN_SERVICE', people.mediators, 20);
    await move(first!, 'FULFILLED', people.mediators, 50);
    await move(first!, 'CONFIRMED', people.wu, 60);
    await appraise(first!, 5, true);
    await move(second!, 'ACCEPTED', people.mediators, 30);
    await move(second!, 'IN_SERVICE', people.mediators, 40);
    await move(second!, 'FULFILLED', people.mediators, 90);
    await appraise(second!, 3, false);
    await move(pipe!, 'DECLINED', people.repair, 5);
    await move(meal!, 'ACCEPTED', people.canteen, 20);
  });
  afterAll(() => database.close());

  const dispatch = async (pairs: readonly (readonly [string, string])[]) => {
    const orders = pairs.map(
      ([needId, serviceId]) => ({ needId, serviceId, mode: 'STAFF', matchRunId: null, candidateId: null }) as const,
    );
    const outcomes = await database.transaction((tx) => dispatchOrders(tx, systemViewer(area.areaId), orders, NOW));
    return outcomes.map(({ orderId }) => orderId!);
  };
  const versionOf = async (id: string) => (await database.prisma.order.findUniqueOrThrow({ where: { id } })).version;
  const move = async (
    orderId: string,
    to: 'ACCEPTED' | 'IN_SERVICE' | 'FULFILLED' | 'CONFIRMED' | 'DECLINED',
    viewer: People['wu'],
    minutes: number,
  ) => {
    const version = await versionOf(orderId);
    return moveOrder(database, viewer, { orderId, version, to, reason: 'x' }, later(minutes), findNextCandidates);
  };
  const appraise = async (orderId: string, mark: number, resolved: boolean) =>
    appraiseOrder(
      database,
      people.wu,
      { orderId, version: await versionOf(orderId), mark, resolved, comment: '' },
      later(100),
    );

  test('as a whole: of 6 needs 1 taken back, 3 accepted, 2 served, 2 unmet', async () => {
    const { rows, totals } = await measure({});
    expect(rows).toEqual([totals]);
    expect(totals.counts).toMatchObject({
      needs: 6,
      units: 5,
      withdrawn: 1,
      matched: 3,
      fulfilled: 2,
      unmet: 2,
      unmetReasons: { CATCHMENT: 1, ALL_DECLINED: 1 },
      answersDue: 4,
      acceptedInTime: 3,
      appraised: 2,
      resolved: 1,
      satisfied: 1,
    });
    // 3 matched and 2 served of 5 not taken back; 3 of 4 answers; 1 of 2 resolved; 1 of 2 satisfied.
    expect(totals.rates).toMatchObject({
      matchRate: 6000,
      fillRate: 4000,
      responseRate: 7500,
      resolutionRate: 5000,
      satisfactionRate: 5000,
    });
  });

  test('the median time to accept is 20 minutes of 10, 20, 30; to serve 130 minutes from 09:00 to 10:50 and 11:30', async () => {
    // From registration: 10:50 - 09:00 = 110 minutes, 11:30 - 09:00 = 150 minutes; half way between is 130.
    const { totals } = await measure({});
    expect(totals.counts.medianSecondsToAccept).toBe(20 * 60);
    expect(totals.counts.medianSecondsToFulfil).toBe(130 * 60);
  });

  test('by category: in the order of codes, with the categories that have services and no needs', async () => {
    const { rows } = await measure({ category: true });
    const codes = new Map(Object.entries(area.categories).map(([code, id]) => [id, code]));
    expect(rows.map(({ categoryId, counts }) => [codes.get(categoryId!), counts.needs, counts.fulfilled])).toEqual([
      ['ELDER.MEAL', 2, 0],
      ['HOME.PLUMBING', 2, 0],
      ['MEDIATION', 2, 2],
    ]);
  });

  test('by community: Yatang has one need, unmet, and nobody who accepted', async () => {
    const { rows } = await measure({ community: true });
    expect(rows.map(({ communityId }) => communityId)).toEqual([area.communities.dashizi, area.communities.yatang]);
    expect(rows[1]!.counts).toMatchObject({ needs: 1, matched: 0, unmet: 1, answersDue: 0 });
    expect(rows[1]!.rates.responseRate).toBeNull();
  });

  test.each([
    ['DAY', ['2026-10-25', '2026-11-24']],
    ['WEEK', ['2026-10-19', '2026-11-23']],
    ['MONTH', ['2026-10-01', '2026-11-01']],
    ['QUARTER', ['2026-10-01']],
    ['WHOLE', [null]],
  ] as const)('by %s: needs of 25 October and 24 November, in the periods that begin on %j', async (period, starts) => {
    const { rows } = await measure({ period });
    expect(rows.filter(({ counts }) => counts.needs > 0).map(({ periodStart }) => periodStart)).toEqual(starts);
  });

  test('a need registered at 23:30 UTC belongs to the next day in Kaili', async () => {
    const id = await plantNeedLike(database, area.needs.longMeal, 'N90');
    await database.prisma.need.update({ where: { id }, data: { registeredAt: new Date('2026-11-10T23:30:00Z') } });
    const { rows } = await measure({ period: 'DAY' });
    expect(rows.map(({ periodStart }) => periodStart)).toContain('2026-11-11');
    await database.prisma.need.delete({ where: { id } });
  });

  test('narrowed to a category takes in what is under it', async () => {
    const { totals } = await measure({}, { categoryIds: [area.categories.ELDER!] });
    expect(totals.counts.needs).toBe(2);
  });

  test('narrowed to a room class, a community or a time takes in nothing else', async () => {
    const count = async (filter: FitFilter) => (await measure({}, filter)).totals.counts.needs;
    expect(await count({ roomClass: 'SELF_GOVERNING' })).toBe(2);
    expect(await count({ communityIds: [area.communities.yatang] })).toBe(1);
    expect(await count({ from: new Date(NOW.getTime() - DAY) })).toBe(5);
    expect(await count({ to: new Date(NOW.getTime() - DAY) })).toBe(1);
    expect(await count({ communityIds: [] })).toBe(0);
  });

  test('places: lunch offers 2 a day and plumbing 3, on the one day since they were published; the meal takes 1', async () => {
    const { rows, totals } = await measure({ category: true });
    const supply = ({ counts }: (typeof rows)[number]) => [
      counts.services,
      counts.unlimitedServices,
      counts.placesOffered,
      counts.placesTaken,
    ];
    expect(rows.map(supply)).toEqual([
      [1, 0, 2, 1],
      [1, 0, 3, 0],
      [1, 1, 0, 0],
    ]);
    // Lunch 2 + plumbing 3 are offered, the meal's order takes 1, the declined pipe none: 1 of 5.
    expect(supply(totals)).toEqual([3, 1, 5, 1]);
    expect(totals.rates.capacityUsed).toBe(2000);
  });

  test('places over four days are four times those of one, and count in the month in which they are offered', async () => {
    // From 24 November to 2 December, when the range ends: 7 days in November, 1 in December.
    const { rows } = await measure(
      { category: true, period: 'MONTH' },
      { categoryIds: [area.categories['ELDER.MEAL']!], from: NOW, to: new Date('2026-12-01T16:00:00Z') },
    );
    expect(rows.map(({ periodStart, counts }) => [periodStart, counts.placesOffered])).toEqual([
      ['2026-11-01', 14],
      ['2026-12-01', 2],
    ]);
  });

  test('the circle of the canteen holds Dashizi, not Yatang: 2 places for the 1 meal asked for there, none for the other', async () => {
    const { rows } = await measure({ category: true, community: true }, { categoryIds: [area.categories.ELDER!] });
    const seen = rows.map(({ communityId, counts, accessibility }) => [communityId, counts.services, accessibility]);
    expect(seen).toEqual([
      [area.communities.dashizi, 1, 2],
      [area.communities.yatang, 0, 0],
    ]);
  });

  test('one plumber of 3 places for the whole city, asked for 1 unit in Dashizi, gives each community 3 a unit', async () => {
    const { rows } = await measure({ category: true, community: true }, { categoryIds: [area.categories.HOME!] });
    expect(rows.map(({ accessibility }) => accessibility)).toEqual([3, 3]);
  });

  test('a closed day offers nothing, and a day without a weekly window neither', async () => {
    const { plumbing } = area.services;
    const days = { from: NOW, to: new Date('2026-11-28T16:00:00Z') }; // Tuesday 24 to Saturday 28
    const offered = async () =>
      (await measure({}, { ...days, categoryIds: [area.categories.HOME!] })).totals.counts.placesOffered;
    expect(await offered()).toBe(15);
    await database.prisma.scheduleWindow.createMany({
      data: [2, 4, 6].map((day) => ({ serviceId: plumbing, day, startMinute: 480, endMinute: 720 })),
    });
    expect(await offered()).toBe(9);
    await database.prisma.scheduleException.create({ data: { serviceId: plumbing, date: new Date('2026-11-26') } });
    expect(await offered()).toBe(6);
    await database.prisma.scheduleWindow.deleteMany();
    await database.prisma.scheduleException.deleteMany();
  });

  test('the table for people names each category that has needs', async () => {
    const rows = await fitByCategory(database, area.areaId, { now: later(120) });
    expect(rows.map(({ categoryName, needs, fillRate }) => [categoryName, needs, fillRate])).toEqual([
      ['老年助餐', 2, 0],
      ['水电维修', 2, 0],
      ['矛盾调解', 2, 10_000],
    ]);
  });

  test('another area sees nothing of it', async () => {
    const other = await database.prisma.area.create({ data: { code: 'OTHER', name: '他市', utcOffsetMinutes: 480 } });
    const { rows, totals } = await measureFit(database.prisma, other.id, {}, EVERYTHING, NOW);
    expect(rows).toEqual([]);
    expect(totals.counts.needs).toBe(0);
  });

  test('takes the same number of statements for one row as for many', async () => {
    const statements = async (groups: Partial<FitGroups>) => {
      const { result, count } = await countStatements(database, () => measure(groups));
      return { rows: result.rows.length, count };
    };
    const one = await statements({});
    const many = await statements({ category: true, community: true, period: 'DAY' });
    expect(many.rows).toBeGreaterThan(one.rows);
    expect(many.count).toBe(one.count);
  });
});
