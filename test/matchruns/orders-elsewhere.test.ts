import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { replayRun, runMatch } from '../../src/matchruns/index.ts';
import { clockAt, NOW, type PlantedArea, plantArea } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { partsOf, plantProgramme } from '../funding/planted.ts';
import { brokenInvariants, plantNeedLike, plantServiceLike } from '../orders/planted.ts';

/** Two residents' needs for the canteen's lunch of 8 yuan, 4 yuan each at most, and a budget that pays for one of them. */
describe('a match run whose budget ends on the way', () => {
  let database: Database;
  let area: PlantedArea;
  let second: string;
  let cheap: string;
  beforeEach(async () => {
    database = await scratchDatabase('EMBEDDED');
    area = await plantArea(database);
    const { needs, services } = area;
    await database.prisma.need.update({ where: { id: needs.yangMeal }, data: { maximumPriceFen: 400 } });
    second = await plantNeedLike(database, needs.yangMeal, 'N90');
    cheap = await plantServiceLike(database, services.lunch, 'S91', { places: 1 });
    await database.prisma.serviceArea.create({ data: { serviceId: cheap, communityId: area.communities.dashizi } });
    await database.prisma.costOption.updateMany({ where: { serviceId: cheap }, data: { amountFen: 400 } });
    await plantProgramme(database, area.areaId, 'HALF', { budgetFen: 600, categories: ['ELDER'] });
    for (const needId of [needs.yangMeal, second]) await prefer(needId, services.lunch);
  });
  afterEach(async () => {
    expect(await brokenInvariants(database, area.areaId)).toEqual([]);
    await database.close();
  });

  const prefer = (needId: string, serviceId: string) =>
    database.prisma.needPreference.create({ data: { needId, serviceId, kind: 'PREFER' } });
  const run = async () => {
    const id = await runMatch(database, systemViewer(area.areaId), {}, { clock: clockAt(NOW) });
    return database.prisma.matchRun.findUniqueOrThrow({ where: { id } });
  };
  const assignedOf = (needId: string) =>
    database.prisma.candidate.findMany({ where: { needId, current: true, assigned: true } });
  const need = (id: string) => database.prisma.need.findUniqueOrThrow({ where: { id } });

  it('sends the need that it cannot pay for to its next candidate, and counts what was sent', async () => {
    const finished = await run();
    const orders = await database.prisma.order.findMany({ where: { needId: second } });
    expect(orders).toMatchObject([{ serviceId: cheap, state: 'DISPATCHED', mode: 'MATCH_RUN', attempt: 1 }]);
    expect(await partsOf(database, orders[0]!.id)).toEqual(['HALF 200', 'RESIDENT 200']);
    expect(await need(second)).toMatchObject({ state: 'OFFERED', unmetReason: null });
    expect(await assignedOf(second)).toMatchObject([{ id: orders[0]!.candidateId, serviceId: cheap, rank: 2 }]);
    expect(await assignedOf(area.needs.yangMeal)).toMatchObject([{ serviceId: area.services.lunch }]);
    // Mr Long is out of reach; the other four have an order.
    expect(finished).toMatchObject({ needs: 5, matched: 4, dispatched: 4, unmet: 1 });
    const scores = await database.prisma.candidate.findMany({ where: { matchRunId: finished.id, assigned: true } });
    expect(finished.totalScore).toBe(scores.reduce((sum, { score }) => sum + BigInt(score), 0n));
    expect(await replayRun(database, finished.id)).toMatchObject({ refused: 0, elsewhere: 1, differences: [] });
  });

  it('takes no place that the assignment gave to another need, and then leaves the need unmet', async () => {
    const third = await plantNeedLike(database, area.needs.yangMeal, 'N91');
    await database.prisma.need.update({ where: { id: third }, data: { maximumPriceFen: 500 } });
    await prefer(third, cheap);
    const finished = await run();
    expect(await assignedOf(third)).toMatchObject([{ serviceId: cheap }]);
    expect(await need(second)).toMatchObject({ state: 'UNMET', unmetReason: 'PRICE' });
    expect(await assignedOf(second)).toEqual([]);
    expect(finished).toMatchObject({ needs: 6, matched: 4, dispatched: 4, unmet: 2 });
    expect(await replayRun(database, finished.id)).toMatchObject({ refused: 1, elsewhere: 0, differences: [] });
  });

  it('replays an assignment that no order bears out as a difference', async () => {
    const finished = await run();
    const { yangMeal } = area.needs;
    await database.prisma.candidate.updateMany({ where: { needId: yangMeal }, data: { assigned: false } });
    await database.prisma.candidate.updateMany({
      where: { needId: yangMeal, serviceId: cheap },
      data: { assigned: true },
    });
    const { differences } = await replayRun(database, finished.id);
    expect(differences).toContainEqual({
      of: 'ASSIGNMENT',
      needId: yangMeal,
      written: cheap,
      found: area.services.lunch,
    });
  });
});
