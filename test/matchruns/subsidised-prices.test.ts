import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import {
  evaluateCandidate,
  findNextCandidates,
  previewCandidates,
  previewNeed,
  replayRun,
  runMatch,
} from '../../src/matchruns/index.ts';
import { moveOrder } from '../../src/orders/order.store.ts';
import { clockAt, NOW, type PlantedArea, plantArea } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { dispatchPairs, partsOf, plantProgramme } from '../funding/planted.ts';
import { plantCandidates, plantNeedLike, plantServiceLike } from '../orders/planted.ts';

describe('matching by what the resident would pay', () => {
  let database: Database;
  let area: PlantedArea;
  let system: Viewer;
  beforeEach(async () => {
    database = await scratchDatabase('EMBEDDED');
    area = await plantArea(database);
    system = systemViewer(area.areaId);
    // Lunch is 8 yuan; Mrs Yang can pay 4.
    await database.prisma.need.update({ where: { id: area.needs.yangMeal }, data: { maximumPriceFen: 400 } });
  });
  afterEach(() => database.close());

  const run = (dispatch = true) => runMatch(database, system, { dispatch }, { clock: clockAt(NOW) });
  const need = () => database.prisma.need.findUniqueOrThrow({ where: { id: area.needs.yangMeal } });
  const outcome = () =>
    database.prisma.matchOutcome.findFirstOrThrow({ where: { needId: area.needs.yangMeal, current: true } });

  it('takes a subsidised service above the need’s maximum as a candidate, and not once the programme is dry', async () => {
    await run(false);
    expect(await need()).toMatchObject({ state: 'UNMET', unmetReason: 'PRICE' });
    expect((await outcome()).nearestMiss).toMatchObject({
      constraint: 'PRICE',
      en: 'It costs 8 yuan a unit, the resident can pay 4 yuan; 4 yuan would have to be taken off or subsidised',
    });
    const half = await plantProgramme(database, area.areaId, 'HALF', { categories: ['ELDER'] });
    const runId = await run();
    expect((await need()).state).toBe('OFFERED');
    const order = await database.prisma.order.findFirstOrThrow({ where: { needId: area.needs.yangMeal } });
    expect(await partsOf(database, order.id)).toEqual(['HALF 400', 'RESIDENT 400']);
    const candidate = await database.prisma.candidate.findUniqueOrThrow({ where: { id: order.candidateId! } });
    expect(candidate.factors).toContainEqual(
      expect.objectContaining({
        factor: 'AFFORDABILITY',
        zh: '每单位8元；居民最多自付4元，加上资金项目的补贴，单价最高可到8元',
      }),
    );

    // The recorded input holds what the programmes paid then, whatever becomes of them.
    await database.prisma.fundingProgramme.update({ where: { id: half }, data: { budgetFen: 700, lowPercent: 0 } });
    expect(await replayRun(database, runId)).toMatchObject({ refused: 0, differences: [] });

    // 3 yuan are left: with them 7 yuan could be paid, not 8.
    const another = await plantNeedLike(database, area.needs.yangMeal, 'N90');
    await run();
    expect(await database.prisma.need.findUniqueOrThrow({ where: { id: another } })).toMatchObject({
      state: 'UNMET',
      unmetReason: 'PRICE',
    });
    const kept = await database.prisma.matchOutcome.findFirstOrThrow({ where: { needId: another } });
    expect(kept.nearestMiss).toMatchObject({
      en: 'It costs 8 yuan a unit; the resident can pay 4 yuan, and with what programmes pay the price could be up to 7 yuan; 1 yuan more would have to be taken off or subsidised',
    });
  });

  it('counts the price without what the provider gives of it', async () => {
    await database.prisma.service.update({ where: { id: area.services.lunch }, data: { giftFen: 399 } });
    expect(await previewCandidates(database, system, area.needs.yangMeal, NOW)).toMatchObject({ unmetReason: 'PRICE' });
    await database.prisma.service.update({ where: { id: area.services.lunch }, data: { giftFen: 400 } });
    expect(await previewCandidates(database, system, area.needs.yangMeal, NOW)).toMatchObject({ passed: 1 });
  });

  it('holds for previews, for sketches, and for a service that someone picks', async () => {
    const sketch = { title: '想订一份老年午餐', communityId: area.communities.dashizi, age: 70, maximumPriceFen: 400 };
    const judged = () => evaluateCandidate(database, system, area.needs.yangMeal, area.services.lunch, NOW);
    expect((await previewNeed(database, system, sketch, NOW)).unmetReason).toBe('PRICE');
    expect(await judged()).toMatchObject({ passes: false, constraint: 'PRICE' });
    await plantProgramme(database, area.areaId, 'HALF', { minimumAge: 70 });
    expect(await previewCandidates(database, system, area.needs.yangMeal, NOW)).toMatchObject({ passed: 1 });
    expect(await previewNeed(database, system, sketch, NOW)).toMatchObject({ passed: 1 });
    expect(await previewNeed(database, system, { ...sketch, age: 69 }, NOW)).toMatchObject({ unmetReason: 'PRICE' });
    expect(await judged()).toMatchObject({ passes: true });
  });

  it('counts what the ending order had reserved as left when the next candidate is looked for', async () => {
    const { needs, services, areaId } = area;
    await plantProgramme(database, areaId, 'HALF', { capPerResidentFen: 400 });
    const other = await plantServiceLike(database, services.lunch, 'S91');
    await plantCandidates(database, areaId, needs.yangMeal, [services.lunch, other]);
    const [first] = await dispatchPairs(database, areaId, [[needs.yangMeal, services.lunch]]);
    const move = { orderId: first!.orderId!, version: 1, to: 'DECLINED', reason: '…' } as const;
    await moveOrder(database, system, move, NOW, findNextCandidates);
    const next = await database.prisma.order.findFirstOrThrow({ where: { needId: needs.yangMeal, attempt: 2 } });
    expect(next.serviceId).toBe(other);
    expect(await partsOf(database, next.id)).toEqual(['HALF 400', 'RESIDENT 400']);
  });
});
