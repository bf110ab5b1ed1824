import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { VersionConflict } from '../../src/failures.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { findNextCandidates } from '../../src/matchruns/next-candidates.store.ts';
import { evaluateCandidate } from '../../src/matchruns/preview.store.ts';
import { chooseCandidate } from '../../src/orders/choice.store.ts';
import { dispatchOrders } from '../../src/orders/dispatch.store.ts';
import type { Dispatch } from '../../src/orders/dispatch-plan.store.ts';
import { moveOrder, type OrderMove } from '../../src/orders/order.store.ts';
import { NOW, type PlantedArea, plantArea } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';
import {
  brokenInvariants,
  type People,
  plantCandidates,
  plantNeedLike,
  plantServiceLike,
  signInPeople,
} from './planted.ts';

describe('many at the same time', () => {
  let database: Database;
  let area: PlantedArea;
  let people: People;
  let planted = 0;
  beforeAll(async () => {
    database = await scratchDatabase('SERVER');
  });
  beforeEach(async () => {
    planted += 1;
    area = await plantArea(database, `RACE${planted}`);
    people = await signInPeople(database, area);
  });
  afterAll(() => database.close());

  const dispatch = async (needId: string, serviceId: string) => {
    const wanted: Dispatch = { needId, serviceId, mode: 'MATCH_RUN', matchRunId: null, candidateId: null };
    const [outcome] = await database.transaction((tx) => dispatchOrders(tx, systemViewer(area.areaId), [wanted], NOW));
    return outcome!;
  };
  const tally = <T extends string>(words: readonly T[]) =>
    Object.fromEntries([...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length]));

  it('twelve needs want the one place of a service: one gets it', async () => {
    const single = await plantServiceLike(database, area.services.lunch, 'S71', { places: 1 });
    const needs = await Promise.all(
      Array.from({ length: 12 }, (_, n) => plantNeedLike(database, area.needs.yangMeal, `N7${n}`)),
    );
    const outcomes = await Promise.all(needs.map((needId) => dispatch(needId, single)));
    expect(tally(outcomes.map(({ outcome }) => outcome))).toEqual({ DISPATCHED: 1, NO_PLACES: 11 });
    expect(await brokenInvariants(database, area.areaId)).toEqual([]);
  });

  it('twelve dispatches for one need: one is made', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, () => dispatch(area.needs.wuQuarrel, area.services.mediation)),
    );
    expect(tally(outcomes.map(({ outcome }) => outcome))).toEqual({ DISPATCHED: 1, NOT_WAITING: 11 });
    expect(await brokenInvariants(database, area.areaId)).toEqual([]);
  });

  it('twelve clients answer one order: the first is right, the others are told of it', async () => {
    const orderId = (await dispatch(area.needs.yangMeal, area.services.lunch)).orderId!;
    const answer = (to: OrderMove['to']) =>
      moveOrder(database, people.canteen, { orderId, version: 1, to, reason: '忙' }, NOW, findNextCandidates).then(
        () => 'done',
        (error) => (error instanceof VersionConflict ? 'told' : String(error)),
      );
    const answers = Array.from({ length: 12 }, (_, n) => answer(n % 3 === 0 ? 'DECLINED' : 'ACCEPTED'));
    expect(tally(await Promise.all(answers))).toEqual({ done: 1, told: 11 });
    expect(await database.prisma.orderEvent.count({ where: { orderId } })).toBe(2);
    expect(await brokenInvariants(database, area.areaId)).toEqual([]);
  });

  it('residents choose while providers decline and accept: nobody waits for ever and everything adds up', async () => {
    const { lunch } = area.services;
    const others = await Promise.all(
      ['S71', 'S72', 'S73'].map((id) => plantServiceLike(database, lunch, id, { places: 2 })),
    );
    const needs = await Promise.all(
      Array.from({ length: 6 }, (_, n) => plantNeedLike(database, area.needs.yangMeal, `N7${n}`)),
    );
    const services = [lunch, ...others];
    const candidates = new Map<string, readonly string[]>();
    for (const [n, needId] of needs.entries()) {
      const turned = [...services.slice(n % 4), ...services.slice(0, n % 4)];
      candidates.set(needId, await plantCandidates(database, area.areaId, needId, turned));
    }
    await Promise.all(needs.map((needId, n) => dispatch(needId, services[n % 4]!)));
    const expected = ['VersionConflict', 'TransitionRefused', 'CapacityExhausted', 'NotFound'];
    const attempt = (work: Promise<unknown>) =>
      work.catch((error) => {
        if (!expected.includes(error.name)) throw error;
      });
    await Promise.all(
      needs.map(async (needId, n) => {
        for (let round = 0; round < 4; round += 1) {
          const need = await database.prisma.need.findUniqueOrThrow({ where: { id: needId } });
          const live = await database.prisma.order.findFirst({ where: { needId, state: 'DISPATCHED' } });
          const candidateId = candidates.get(needId)![(n + round) % 4]!;
          const choice = { candidateId, needVersion: need.version };
          const work = [chooseCandidate(database, people.yang, choice, evaluateCandidate, NOW)];
          if (live !== null) {
            const move = {
              orderId: live.id,
              version: live.version,
              to: round === 3 ? 'ACCEPTED' : 'DECLINED',
              reason: '忙',
            } as const;
            work.push(moveOrder(database, people.canteen, move, NOW, findNextCandidates));
          }
          await Promise.all(work.map(attempt));
        }
      }),
    );
    expect(await database.prisma.order.count({ where: { areaId: area.areaId } })).toBeGreaterThan(needs.length);
    expect(await brokenInvariants(database, area.areaId)).toEqual([]);
  });
});
