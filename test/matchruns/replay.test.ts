import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { replayRun, runMatch } from '../../src/matchruns/index.ts';
import { clockAt, NOW, type PlantedArea, plantArea } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';

describe('a replay of a match run', () => {
  let database: Database;
  let area: PlantedArea;
  let runId: string;
  beforeEach(async () => {
    database = await scratchDatabase('EMBEDDED');
    area = await plantArea(database);
    runId = await runMatch(database, systemViewer(area.areaId), {}, { clock: clockAt(NOW) });
  });
  afterEach(() => database.close());

  it('is identical, and stays so after the lists and the clock have moved on', async () => {
    const run = await database.prisma.matchRun.findUniqueOrThrow({ where: { id: runId } });
    const identical = {
      digest: run.inputDigest,
      needs: 4,
      services: 4,
      leftOut: 0,
      refused: 0,
      elsewhere: 0,
      differences: [],
    };
    expect(await replayRun(database, runId)).toEqual(identical);
    const { prisma } = database;
    await prisma.service.update({
      where: { id: area.services.plumbing },
      data: { name: '关门了', status: 'WITHDRAWN' },
    });
    await prisma.service.update({ where: { id: area.services.lunch }, data: { radiusMetres: 1 } });
    await prisma.costOption.deleteMany();
    await prisma.category.update({ where: { id: area.categories.MEDIATION! }, data: { name: '调停', code: 'PEACE' } });
    await prisma.need.update({ where: { id: area.needs.longMeal }, data: { title: '别的', urgency: 1 } });
    await prisma.area.update({ where: { id: area.areaId }, data: { utcOffsetMinutes: 0 } });
    expect(await replayRun(database, runId)).toEqual(identical);
  });

  it('tells of an assignment, a score, a reason and an input that are not what was computed', async () => {
    const { prisma } = database;
    const { yangMeal, wuPipe, longMeal } = area.needs;
    await prisma.candidate.updateMany({ where: { needId: yangMeal }, data: { score: { increment: 1 } } });
    await prisma.candidate.updateMany({ where: { needId: wuPipe }, data: { assigned: false } });
    await prisma.matchOutcome.updateMany({ where: { needId: longMeal }, data: { unmetReason: 'SCHEDULE' } });
    await prisma.matchRun.update({ where: { id: runId }, data: { inputDigest: '0'.repeat(64) } });
    const { differences } = await replayRun(database, runId);
    const told = differences.map(({ of, needId }) => ({ of, needId }));
    expect(told).toEqual(
      expect.arrayContaining([
        { of: 'CANDIDATES', needId: yangMeal },
        { of: 'ASSIGNMENT', needId: wuPipe },
        { of: 'REASON', needId: longMeal },
        { of: 'DIGEST', needId: null },
      ]),
    );
  });

  it('knows an order that could not be made any more from a difference', async () => {
    await database.prisma.candidate.updateMany({ where: { needId: area.needs.wuPipe }, data: { assigned: false } });
    await database.prisma.matchOutcome.updateMany({
      where: { needId: area.needs.wuPipe },
      data: { unmetReason: 'CAPACITY_CONTENDED' },
    });
    const { score } = await database.prisma.candidate.findFirstOrThrow({ where: { needId: area.needs.wuPipe } });
    await database.prisma.matchRun.update({ where: { id: runId }, data: { totalScore: { decrement: score } } });
    expect(await replayRun(database, runId)).toMatchObject({ refused: 1, differences: [] });
  });
});
