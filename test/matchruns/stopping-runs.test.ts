import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { endMatchRuns, type MatchRunStage, runMatch, startMatch } from '../../src/matchruns/index.ts';
import { WorkerPool } from '../../src/solver/index.ts';
import { clockAt, NOW, type PlantedArea, plantArea } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';

const NEEDS = 210;

describe('a match run of many needs', () => {
  const pool = new WorkerPool({ size: 2 });
  let database: Database;
  let area: PlantedArea;
  let system: Viewer;

  beforeEach(async () => {
    database = await scratchDatabase('EMBEDDED');
    area = await plantArea(database);
    system = systemViewer(area.areaId);
    await database.prisma.service.update({ where: { id: area.services.plumbing }, data: { places: 150 } });
    await database.prisma.need.createMany({
      data: Array.from({ length: NEEDS }, (_, index) => ({
        areaId: area.areaId,
        communityId: area.communities.dashizi,
        residentId: area.residents.wu,
        categoryId: area.categories['HOME.PLUMBING']!,
        externalId: `M${index}`,
        title: `水管漏水${index}`,
        channel: 'APP' as const,
        registeredAt: NOW,
        urgency: 1 + (index % 4),
      })),
    });
  });
  afterEach(() => database.close());
  afterAll(() => pool.close());

  const assigned = async (runId: string) =>
    database.prisma.candidate.findMany({
      where: { matchRunId: runId },
      select: { needId: true, serviceId: true, rank: true, score: true, factors: true, assigned: true },
      orderBy: [{ needId: 'asc' }, { rank: 'asc' }],
    });

  it('gives the identical result on one thread and on several', async () => {
    const one = new WorkerPool({ size: 1 });
    const options = { clock: clockAt(NOW) };
    const alone = await runMatch(database, system, { dispatch: false }, { ...options, pool: one });
    const together = await runMatch(database, system, { dispatch: false }, { ...options, pool });
    expect(await assigned(together)).toEqual(await assigned(alone));
    const [a, b] = await database.prisma.matchRun.findMany({ orderBy: { id: 'asc' } });
    expect(b!.inputDigest).toBe(a!.inputDigest);
    expect(b!.totalScore).toBe(a!.totalScore);
    await one.close();
  });

  it('lets other work in: queries are answered and timers come round in the middle of it', async () => {
    let stage: MatchRunStage | null = null;
    const answeredIn = new Set<MatchRunStage | null>();
    const ticksIn = new Set<MatchRunStage | null>();
    let ended = false;
    const timer = setInterval(() => ticksIn.add(stage), 1);
    const asking = (async () => {
      while (!ended) {
        await database.prisma.community.count();
        answeredIn.add(stage);
        await pause(1);
      }
    })();
    const onProgress = (progress: { stage: MatchRunStage }) => {
      stage = progress.stage;
    };
    await runMatch(database, system, {}, { clock: clockAt(NOW), pool, onProgress });
    ended = true;
    clearInterval(timer);
    await asking;
    for (const within of ['LOADING', 'CANDIDATES', 'WRITING'] as const) expect(ticksIn).toContain(within);
    for (const within of ['LOADING', 'CANDIDATES'] as const) expect(answeredIn).toContain(within);
  });

  it('tells of ever more needs within a stage', async () => {
    const done = new Map<MatchRunStage, number[]>();
    await runMatch(
      database,
      system,
      { dispatch: false },
      {
        clock: clockAt(NOW),
        pool,
        onProgress: (progress) => done.set(progress.stage, [...(done.get(progress.stage) ?? []), progress.done]),
      },
    );
    for (const counts of done.values()) expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(done.get('CANDIDATES')!.length).toBeGreaterThan(5);
    expect(done.get('ASSIGNING')!.at(-1)).toBe(NEEDS + 4);
  });

  it.each(['LOADING', 'CANDIDATES', 'ASSIGNING', 'WRITING'] as const)(
    'is FAILED and leaves nothing when it is stopped in the middle of %s',
    async (at) => {
      const controller = new AbortController();
      const reason = new Error('stopped by the office');
      let reports = 0;
      const onProgress = ({ stage }: { stage: MatchRunStage }) => {
        if (stage === at && ++reports === (at === 'LOADING' ? 1 : 2)) controller.abort(reason);
      };
      const stopped = runMatch(
        database,
        system,
        {},
        { clock: clockAt(NOW), pool, signal: controller.signal, onProgress },
      );
      await expect(stopped).rejects.toBe(reason);
      await expectNothingBut({ state: 'FAILED', failure: 'ABORTED' });
      // The next run has threads to compute in.
      const id = await runMatch(database, system, { dispatch: false }, { clock: clockAt(NOW), pool });
      expect(await database.prisma.matchRun.findUnique({ where: { id } })).toMatchObject({ state: 'COMPLETED' });
    },
  );

  it('is FAILED and leaves nothing when its process ends', async () => {
    const { finished } = await startMatch(database, system, {}, { clock: clockAt(NOW), pool });
    await endMatchRuns(database);
    await expect(finished).rejects.toThrow('the process is ending');
    await expectNothingBut({ state: 'FAILED', failure: 'PROCESS_ENDED' });
  });

  it('is FAILED and leaves nothing when a thread is lost', async () => {
    let reports = 0;
    const onProgress = ({ stage }: { stage: MatchRunStage }) => {
      if (stage === 'CANDIDATES' && ++reports === 2) void pool.close();
    };
    await expect(runMatch(database, system, {}, { clock: clockAt(NOW), pool, onProgress })).rejects.toMatchObject({
      name: 'WorkerLost',
    });
    await expectNothingBut({ state: 'FAILED', failure: 'INTERNAL' });
  });

  async function expectNothingBut(run: object) {
    expect(await database.prisma.matchRun.findMany()).toEqual([expect.objectContaining(run)]);
    expect(await database.prisma.order.count()).toBe(0);
    expect(await database.prisma.candidate.count()).toBe(0);
    expect(await database.prisma.matchOutcome.count()).toBe(0);
    expect(await database.prisma.ledgerEntry.count()).toBe(0);
    expect(await database.prisma.need.count({ where: { state: { not: 'OPEN' } } })).toBe(0);
  }
});
