import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { NotAllowed, NotFound, NotSignedIn } from '../../src/failures.ts';
import { anonymousViewer, systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { failAbandonedRuns, type MatchRunStage, runMatch, startMatch } from '../../src/matchruns/index.ts';
import { clockAt, NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';

describe('a match run', () => {
  let database: Database;
  let area: PlantedArea;
  let system: Viewer;

  beforeEach(async () => {
    database = await scratchDatabase('EMBEDDED');
    area = await plantArea(database);
    system = systemViewer(area.areaId);
  });
  afterEach(() => database.close());

  const run = async (input: object = {}, viewer = system, now = NOW) => {
    const id = await runMatch(database, viewer, input, { clock: clockAt(now) });
    return database.prisma.matchRun.findUniqueOrThrow({ where: { id } });
  };
  const need = (id: string) => database.prisma.need.findUniqueOrThrow({ where: { id } });
  const ordersOf = (needId: string) => database.prisma.order.findMany({ where: { needId } });
  const outcomeOf = (needId: string) =>
    database.prisma.matchOutcome.findFirstOrThrow({ where: { needId, current: true } });
  const addNeed = async (fields: {
    title: string;
    urgency?: number;
    categoryId?: string;
    residentId?: string;
    quantity?: number;
  }) =>
    (
      await database.prisma.need.create({
        data: {
          areaId: area.areaId,
          communityId: area.communities.dashizi,
          residentId: area.residents.yang,
          categoryId: area.categories['ELDER.MEAL']!,
          externalId: `X-${fields.title}`,
          channel: 'APP',
          registeredAt: NOW,
          ...fields,
        },
      })
    ).id;

  it("sends an elder's meal need to the canteen whose circle holds the home", async () => {
    await run();
    const [order] = await ordersOf(area.needs.yangMeal);
    expect(order).toMatchObject({ serviceId: area.services.lunch, state: 'DISPATCHED', mode: 'MATCH_RUN', attempt: 1 });
    expect((await need(area.needs.yangMeal)).state).toBe('OFFERED');
    const candidate = await database.prisma.candidate.findUniqueOrThrow({ where: { id: order!.candidateId! } });
    expect(candidate).toMatchObject({ rank: 1, assigned: true, current: true, serviceId: area.services.lunch });
    expect(candidate.distanceMetres).toBeLessThan(1200);
  });

  it('explains a candidate by factors whose contributions add up to its score', async () => {
    await run();
    for (const candidate of await database.prisma.candidate.findMany()) {
      const factors = candidate.factors as { contribution: number; zh: string; en: string }[];
      expect(factors).toHaveLength(9);
      expect(factors.reduce((sum, factor) => sum + factor.contribution, 0)).toBe(candidate.score);
      for (const factor of factors) expect([factor.zh, factor.en]).not.toContain('');
    }
  });

  it('leaves the meal need outside every circle unmet, and says by how much the nearest circle misses it', async () => {
    await run();
    expect(await need(area.needs.longMeal)).toMatchObject({ state: 'UNMET', unmetReason: 'CATCHMENT' });
    expect(await outcomeOf(area.needs.longMeal)).toMatchObject({
      passed: 0,
      removed: { CATEGORY: 2, ADMISSION: 1, CATCHMENT: 1 },
      nearestMiss: { serviceId: area.services.lunch, constraint: 'CATCHMENT' },
      unmetReason: 'CATCHMENT',
    });
  });

  it('takes no withdrawn service and none of a suspended provider as a candidate', async () => {
    await database.prisma.provider.update({ where: { id: area.providers.canteen }, data: { admission: 'SUSPENDED' } });
    await run();
    expect(await need(area.needs.yangMeal)).toMatchObject({ state: 'UNMET', unmetReason: 'ADMISSION' });
    expect(await database.prisma.candidate.count({ where: { needId: area.needs.yangMeal } })).toBe(0);
  });

  it('gives the last place to the more urgent need', async () => {
    await database.prisma.service.update({ where: { id: area.services.lunch }, data: { places: 1 } });
    const urgent = await addNeed({ title: '病后无人做饭', urgency: 1 });
    const finished = await run();
    expect((await need(urgent)).state).toBe('OFFERED');
    expect(await need(area.needs.yangMeal)).toMatchObject({ state: 'UNMET', unmetReason: 'CAPACITY_CONTENDED' });
    expect(finished).toMatchObject({ needs: 5, matched: 3, dispatched: 3, unmet: 2 });
  });

  it('counts the places that earlier orders of the day have taken', async () => {
    await run();
    const two = await addNeed({ title: '两份午餐', quantity: 2 });
    await run();
    expect(await need(two)).toMatchObject({ state: 'UNMET', unmetReason: 'CAPACITY' });
    await run({}, system, new Date(NOW.getTime() + 86_400_000));
    expect((await need(two)).state).toBe('OFFERED');
  });

  it('judges age on the day of the run, by the local date', async () => {
    // 60 on 25 November, which in Kaili begins at 16:00 UTC the day before.
    await database.prisma.resident.update({
      where: { id: area.residents.yang },
      data: { birthDate: new Date('1966-11-25') },
    });
    await run({}, system, new Date('2026-11-24T15:59:00Z'));
    expect(await need(area.needs.yangMeal)).toMatchObject({ state: 'UNMET', unmetReason: 'ELIGIBILITY' });
    await run({}, system, new Date('2026-11-24T16:00:00Z'));
    expect((await need(area.needs.yangMeal)).state).toBe('OFFERED');
  });

  it('changes nothing more when it is run again', async () => {
    await run();
    const before = await database.prisma.need.findMany({ orderBy: { id: 'asc' } });
    const orders = await database.prisma.order.findMany();
    const again = await run();
    expect(await database.prisma.need.findMany({ orderBy: { id: 'asc' } })).toEqual(before);
    expect(await database.prisma.order.findMany()).toEqual(orders);
    expect(again).toMatchObject({ needs: 1, matched: 0, dispatched: 0, unmet: 1 });
    expect(await database.prisma.matchOutcome.count({ where: { needId: area.needs.longMeal, current: true } })).toBe(1);
  });

  it('gives the identical assignment for the same input, and names that input by its digest', async () => {
    const assigned = async (runId: string) =>
      (
        await database.prisma.candidate.findMany({
          where: { matchRunId: runId },
          orderBy: [{ needId: 'asc' }, { rank: 'asc' }],
        })
      ).map(({ needId, serviceId, rank, score, assigned: isAssigned }) => ({
        needId,
        serviceId,
        rank,
        score,
        isAssigned,
      }));
    const first = await run({ dispatch: false });
    const second = await run({ dispatch: false });
    expect(second.inputDigest).toMatch(/^[0-9a-f]{64}$/);
    expect(second.inputDigest).toBe(first.inputDigest);
    expect(await assigned(second.id)).toEqual(await assigned(first.id));
    expect(second.totalScore).toBe(first.totalScore);
    await database.prisma.costOption.updateMany({
      where: { serviceId: area.services.lunch },
      data: { amountFen: 900 },
    });
    expect((await run({ dispatch: false })).inputDigest).not.toBe(first.inputDigest);
  });

  it('sends no order when it is only to be looked at, and the needs with a service wait on', async () => {
    const finished = await run({ dispatch: false });
    expect(finished).toMatchObject({ needs: 4, matched: 3, dispatched: 0, unmet: 1 });
    expect(await database.prisma.order.count()).toBe(0);
    expect((await need(area.needs.yangMeal)).state).toBe('OPEN');
    expect(await database.prisma.candidate.count({ where: { assigned: true } })).toBe(3);
  });

  it('looks only at the communities and categories it is asked for, and at all categories below them', async () => {
    const finished = await run({ categoryIds: [area.categories.ELDER], communityIds: [area.communities.dashizi] });
    expect(finished).toMatchObject({ needs: 1, matched: 1 });
    expect((await need(area.needs.wuPipe)).state).toBe('OPEN');
    expect((await need(area.needs.longMeal)).state).toBe('OPEN');
  });

  it('does not ask a service again that has declined the need', async () => {
    await run();
    const [order] = await ordersOf(area.needs.yangMeal);
    await database.transaction(async (tx) => {
      await tx.order.update({ where: { id: order!.id }, data: { state: 'DECLINED', endedAt: NOW } });
      await tx.orderEvent.create({
        data: {
          orderId: order!.id,
          seq: 2,
          fromState: 'DISPATCHED',
          toState: 'DECLINED',
          actorRole: 'SYSTEM',
          at: NOW,
        },
      });
      await tx.transfer.updateMany({ where: { orderId: order!.id }, data: { state: 'VOIDED', resolvedAt: NOW } });
      await tx.need.update({ where: { id: area.needs.yangMeal }, data: { state: 'OPEN' } });
    });
    await run();
    expect(await need(area.needs.yangMeal)).toMatchObject({ state: 'UNMET', unmetReason: 'ALL_DECLINED' });
  });

  it('leaves out a need that changes while it computes', async () => {
    const amend = () =>
      database.prisma.need
        .update({ where: { id: area.needs.wuPipe }, data: { title: '水管修好了，换个龙头' } })
        .then(() => {});
    const id = await runMatch(database, system, {}, { clock: clockAt(NOW), onProgress: once('ASSIGNING', amend) });
    expect(await database.prisma.matchRun.findUniqueOrThrow({ where: { id } })).toMatchObject({ needs: 3, matched: 2 });
    expect(await need(area.needs.wuPipe)).toMatchObject({ state: 'OPEN', title: '水管修好了，换个龙头' });
    expect(await database.prisma.matchOutcome.count({ where: { matchRunId: id, needId: area.needs.wuPipe } })).toBe(0);
  });

  it('leaves nothing when it is stopped between computing and writing, but its own record', async () => {
    const controller = new AbortController();
    const stopped = runMatch(
      database,
      system,
      {},
      { clock: clockAt(NOW), signal: controller.signal, onProgress: once('WRITING', () => controller.abort()) },
    );
    await expect(stopped).rejects.toThrow();
    expect(await database.prisma.matchRun.findFirstOrThrow()).toMatchObject({
      state: 'FAILED',
      failure: 'ABORTED',
      finishedAt: NOW,
    });
    await expectUntouched();
  });

  it('writes all or nothing: an order that cannot be written takes the whole run with it', async () => {
    // A ledger whose chain was broken by hand refuses every entry.
    await database.prisma.$executeRawUnsafe(
      `CREATE FUNCTION refuse_all() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full'; END $$`,
    );
    await database.prisma.$executeRawUnsafe(
      'CREATE TRIGGER refuse BEFORE INSERT ON ledger_entries FOR EACH ROW EXECUTE FUNCTION refuse_all()',
    );
    await expect(run()).rejects.toThrow();
    expect(await database.prisma.matchRun.findFirstOrThrow()).toMatchObject({ state: 'FAILED', failure: 'INTERNAL' });
    await expectUntouched();
  });

  it('is recorded as FAILED at the next start when its process was killed', async () => {
    const { profileId } = await run({ dispatch: false });
    await database.prisma.matchRun.create({
      data: { areaId: area.areaId, profileId, policy: 'OPTIMAL', parameters: {}, startedAt: NOW },
    });
    expect(await failAbandonedRuns(database, NOW, 0)).toBe(1);
    expect(await database.prisma.matchRun.findFirstOrThrow({ where: { state: 'FAILED' } })).toMatchObject({
      failure: 'PROCESS_ENDED',
      finishedAt: NOW,
    });
    expect(await failAbandonedRuns(database, NOW, 0)).toBe(0);
  });

  it('writes nothing once it was given up as abandoned', async () => {
    const { finished } = await startMatch(database, system, {}, { clock: clockAt(NOW) });
    await failAbandonedRuns(database, NOW, 0);
    await expect(finished).rejects.toThrow('is not RUNNING any more');
    await expectUntouched();
  });

  it('tells how far it is, stage by stage', async () => {
    const stages: MatchRunStage[] = [];
    await runMatch(
      database,
      system,
      {},
      {
        clock: clockAt(NOW),
        onProgress: ({ stage }) => {
          if (stages.at(-1) !== stage) stages.push(stage);
        },
      },
    );
    expect(stages).toEqual(['LOADING', 'CANDIDATES', 'ASSIGNING', 'WRITING', 'COMPLETED']);
  });

  it('is for the staff of the communities that it looks at', async () => {
    const staff = await signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId: area.communities.yatang });
    const finished = await run({}, staff);
    expect(finished).toMatchObject({ needs: 1, unmet: 1, actorId: staff.userId });
    expect((await need(area.needs.yangMeal)).state).toBe('OPEN');
    await expect(run({ communityIds: [area.communities.dashizi] }, staff)).rejects.toThrow(NotAllowed);
    const resident = await signIn(database, area.areaId, 'RESIDENT', { residentId: area.residents.yang });
    await expect(run({}, resident)).rejects.toThrow(NotAllowed);
    await expect(run({}, anonymousViewer(area.areaId))).rejects.toThrow(NotSignedIn);
    expect(await database.prisma.matchRun.count()).toBe(1);
  });

  it('refuses a community, a category or a profile that the area does not have', async () => {
    const nowhere = '01990000-0000-7000-8000-000000000000';
    await expect(run({ communityIds: [nowhere] })).rejects.toThrow(NotFound);
    await expect(run({ categoryIds: [nowhere] })).rejects.toThrow(NotFound);
    await expect(run({ profile: 'unheard-of' })).rejects.toThrow(NotFound);
    await expect(run({ candidatesPerNeed: 0 })).rejects.toMatchObject({ fieldPath: ['input', 'candidatesPerNeed'] });
    expect(await database.prisma.matchRun.count()).toBe(0);
  });

  /** Does something the first time that a stage is reported. */
  function once(at: MatchRunStage, act: () => unknown) {
    let done = false;
    return ({ stage }: { stage: MatchRunStage }) => {
      if (stage !== at || done) return;
      done = true;
      act();
    };
  }

  async function expectUntouched() {
    expect(await database.prisma.order.count()).toBe(0);
    expect(await database.prisma.candidate.count()).toBe(0);
    expect(await database.prisma.matchOutcome.count()).toBe(0);
    expect(await database.prisma.ledgerEntry.count()).toBe(0);
    expect(await database.prisma.need.count({ where: { state: { not: 'OPEN' } } })).toBe(0);
  }
});
