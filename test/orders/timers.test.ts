import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { findNextCandidates } from '../../src/matchruns/next-candidates.store.ts';
import { dispatchOrders } from '../../src/orders/dispatch.store.ts';
import { moveOrder, type OrderMove } from '../../src/orders/order.store.ts';
import type { FindNextCandidates } from '../../src/orders/redispatch.store.ts';
import { fireDueTimers, nextTimerAt } from '../../src/orders/timers.store.ts';
import { NOW, type PlantedArea, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { brokenInvariants, plantCandidates, plantNeedLike, plantServiceLike } from './planted.ts';

const MINUTE_MS = 60_000;
const later = (hours: number, minutes = 0) => new Date(NOW.getTime() + (hours * 60 + minutes) * MINUTE_MS);
const none = { fired: 0, failed: 0, expired: 0, redispatched: 0, notices: 0 };

describe.each(DATABASE_KINDS)('the timers of an order on the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let failures: string[] = [];
  beforeEach(async () => {
    failures = [];
    database = await scratchDatabase(kind);
    area = await plantArea(database);
  });
  afterEach(async () => {
    expect(await brokenInvariants(database, area.areaId)).toEqual([]);
    expect(failures.filter((failure) => !failure.includes('the core is out'))).toEqual([]);
    await database.close();
  });

  const dispatch = async (needId: string, serviceId: string) => {
    const wanted = { needId, serviceId, mode: 'MATCH_RUN', matchRunId: null, candidateId: null } as const;
    const [outcome] = await database.transaction((tx) => dispatchOrders(tx, systemViewer(area.areaId), [wanted], NOW));
    return outcome!.orderId!;
  };
  const fire = (now: Date, findNext: FindNextCandidates = findNextCandidates) =>
    fireDueTimers(database, now, findNext, (error) => failures.push(String(error)));
  const order = (id: string) => database.prisma.order.findUniqueOrThrow({ where: { id } });
  const move = async (orderId: string, to: OrderMove['to'], now: Date) => {
    const { version } = await order(orderId);
    await moveOrder(
      database,
      systemViewer(area.areaId),
      { orderId, version, to, reason: null },
      now,
      findNextCandidates,
    );
  };
  const notices = () => database.prisma.notice.findMany({ orderBy: { id: 'asc' } });
  const waiting = async (orderId: string) =>
    (await database.prisma.timer.findMany({ where: { orderId, endedAt: null }, orderBy: { kind: 'asc' } })).map(
      (timer) => timer.kind,
    );

  it('remind its provider before the time to accept it runs out, once', async () => {
    // Accept within 4 hours, remind after 3.
    const orderId = await dispatch(area.needs.yangMeal, area.services.lunch);
    expect(await nextTimerAt(database)).toEqual(later(3));
    expect(await fire(later(2, 59))).toEqual(none);
    expect(await fire(later(3))).toEqual({ ...none, fired: 1, notices: 1 });
    expect(await fire(later(3, 1))).toEqual(none);
    const [reminder] = await notices();
    expect(reminder).toMatchObject({
      kind: 'ACCEPT_REMINDER',
      providerId: area.providers.canteen,
      communityId: null,
      orderId,
      needId: area.needs.yangMeal,
      at: later(3),
      handledAt: null,
    });
    await move(orderId, 'ACCEPTED', later(3, 30));
    // What it was about is done.
    expect((await notices())[0]).toMatchObject({ handledAt: expect.any(Date), handledById: null, version: 2 });
    expect(await waiting(orderId)).toEqual(['COMPLETE_REMINDER', 'COMPLETE_OVERDUE']);
  });

  it('send an order that nobody accepted to the next candidate, with deadlines from that moment on', async () => {
    const { yangMeal } = area.needs;
    const spare = await plantServiceLike(database, area.services.lunch, 'S91');
    await plantCandidates(database, area.areaId, yangMeal, [area.services.lunch, spare]);
    const first = await dispatch(yangMeal, area.services.lunch);
    await fire(later(3));
    expect(await fire(later(4))).toEqual({ ...none, fired: 1, expired: 1, redispatched: 1 });
    expect(await order(first)).toMatchObject({ state: 'EXPIRED', endedAt: later(4) });
    const next = await database.prisma.order.findFirstOrThrow({ where: { needId: yangMeal, state: 'DISPATCHED' } });
    // From 14:00 there are four working hours left of the day.
    expect(next).toMatchObject({ serviceId: spare, mode: 'REDISPATCH', acceptBy: later(8), dispatchedAt: later(4) });
    expect(await waiting(first)).toEqual([]);
    expect(await waiting(next.id)).toHaveLength(4);
    expect(await nextTimerAt(database)).toEqual(later(7));
  });

  it('tell the staff and the provider of an order that is not completed in time', async () => {
    const { wuPipe } = area.needs;
    const orderId = await dispatch(wuPipe, area.services.plumbing);
    await move(orderId, 'ACCEPTED', later(1));
    expect(await fire(later(9))).toEqual({ ...none, fired: 1, notices: 1 });
    expect(await fire(later(12))).toEqual({ ...none, fired: 1, notices: 1 });
    expect(await notices()).toMatchObject([
      { kind: 'COMPLETE_REMINDER', providerId: area.providers.repair, communityId: null },
      { kind: 'COMPLETE_OVERDUE', providerId: area.providers.repair, communityId: area.communities.dashizi, orderId },
    ]);
    await move(orderId, 'IN_SERVICE', later(13));
    expect((await notices()).every(({ handledAt }) => handledAt === null)).toBe(true);
    await move(orderId, 'FULFILLED', later(14));
    expect((await notices()).every(({ handledAt }) => handledAt !== null)).toBe(true);
  });

  it('that are all due after a long stop remind of nothing that is over', async () => {
    const orderId = await dispatch(area.needs.wuPipe, area.services.plumbing);
    expect(await fire(later(100))).toMatchObject({ fired: 2, expired: 1, redispatched: 0, failed: 0 });
    expect(await order(orderId)).toMatchObject({ state: 'EXPIRED' });
    expect((await notices()).map((notice) => notice.kind)).toEqual(['ESCALATED_NO_CANDIDATE']);
  });

  it('that fail leave everything as it was, are counted, and are tried again later and later', async () => {
    const orderId = await dispatch(area.needs.wuPipe, area.services.plumbing);
    await move(orderId, 'ACCEPTED', NOW);
    const meal = await dispatch(area.needs.yangMeal, area.services.lunch);
    await fire(later(3));
    const broken: FindNextCandidates = async () => {
      throw new Error('the core is out');
    };
    expect(await fire(later(4), broken)).toEqual({ ...none, failed: 1 });
    expect(await order(meal)).toMatchObject({ state: 'DISPATCHED', version: 1 });
    const timer = () =>
      database.prisma.timer.findUniqueOrThrow({ where: { orderId_kind: { orderId: meal, kind: 'ACCEPT_EXPIRY' } } });
    expect(await timer()).toMatchObject({
      failures: 1,
      failure: 'the core is out',
      retryAt: later(4, 1),
      endedAt: null,
    });
    expect(await fire(later(4, 0.5), broken)).toEqual(none);
    expect(await fire(later(4, 1), broken)).toEqual({ ...none, failed: 1 });
    expect(await timer()).toMatchObject({ failures: 2, retryAt: later(4, 3) });
    expect(await nextTimerAt(database)).toEqual(later(4, 3));
    expect(await fire(later(4, 3))).toMatchObject({ fired: 1, expired: 1, failed: 0 });
    expect(await order(meal)).toMatchObject({ state: 'EXPIRED' });
  });

  it('fire once, however many processes fire at the same time', async () => {
    const { wuQuarrel } = area.needs;
    const needs = await Promise.all(Array.from({ length: 12 }, (_, n) => plantNeedLike(database, wuQuarrel, `N9${n}`)));
    const spare = await plantServiceLike(database, area.services.mediation, 'S91');
    for (const needId of needs) {
      await plantCandidates(database, area.areaId, needId, [area.services.mediation, spare]);
      await dispatch(needId, area.services.mediation);
    }
    const sums = await Promise.all([1, 2, 3].map(() => fire(later(4))));
    const sum = (key: keyof typeof none) => sums.reduce((total, fired) => total + fired[key], 0);
    // 12 reminders that come too late, and 12 expiries.
    expect([sum('fired'), sum('expired'), sum('redispatched'), sum('failed')]).toEqual([24, 12, 12, 0]);
    expect(await database.prisma.order.count({ where: { state: 'EXPIRED' } })).toBe(12);
    expect(await database.prisma.order.count({ where: { state: 'DISPATCHED' } })).toBe(12);
    expect(await fire(later(4))).toEqual(none);
  });

  it('cannot be taken back, deleted or moved past the application', async () => {
    await dispatch(area.needs.yangMeal, area.services.lunch);
    await fire(later(3));
    const refused = async (work: Promise<unknown>) => sqlStateOf(await work.catch((error) => error));
    const { prisma } = database;
    expect(await refused(prisma.$executeRaw`DELETE FROM timers`)).toBe('LD009');
    expect(await refused(prisma.$executeRaw`UPDATE timers SET ended_at = NULL WHERE ended_at IS NOT NULL`)).toBe(
      'LD009',
    );
    expect(await refused(prisma.$executeRaw`UPDATE timers SET due_at = now() WHERE ended_at IS NULL`)).toBe('LD009');
    expect(await refused(prisma.$executeRaw`UPDATE timers SET failure = 'x' WHERE ended_at IS NULL`)).toBe('23514');
    expect(await refused(prisma.$executeRaw`DELETE FROM notices`)).toBe('LD009');
    expect(await refused(prisma.$executeRaw`UPDATE notices SET kind = 'COMPLETE_OVERDUE'`)).toBe('LD009');
  });
});
