import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { ExpectedFailure } from '../../src/failures.ts';
import type { OrderState } from '../../src/generated/prisma/enums.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { verifyLedgers } from '../../src/ledger/verify.store.ts';
import { findNextCandidates } from '../../src/matchruns/next-candidates.store.ts';
import { appraiseOrder } from '../../src/orders/appraisal.store.ts';
import { dispatchOrders } from '../../src/orders/dispatch.store.ts';
import { cancelOrdersOfNeeds, moveOrder, type OrderMove } from '../../src/orders/order.store.ts';
import { fireDueTimers } from '../../src/orders/timers.store.ts';
import { NOW, type PlantedArea, plantArea } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { brokenInvariants, plantCandidates, plantServiceLike } from './planted.ts';

const STATES: readonly OrderMove['to'][] = [
  'ACCEPTED',
  'DECLINED',
  'CANCELLED',
  'IN_SERVICE',
  'FULFILLED',
  'CONFIRMED',
  'DISPUTED',
];
/** The way that most orders go; without it a random walk hardly ever comes to its end. */
const ONWARD: Readonly<Partial<Record<OrderState, OrderMove['to']>>> = {
  DISPATCHED: 'ACCEPTED',
  ACCEPTED: 'IN_SERVICE',
  IN_SERVICE: 'FULFILLED',
  FULFILLED: 'CONFIRMED',
  DISPUTED: 'CONFIRMED',
};
const any = fc.nat(10);
const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ act: fc.constant('dispatch' as const), need: any, service: any }) },
  {
    weight: 4,
    arbitrary: fc.record({ act: fc.constant('move' as const), order: any, to: fc.constantFrom(...STATES) }),
  },
  { weight: 8, arbitrary: fc.record({ act: fc.constant('onward' as const), order: fc.nat(2) }) },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('appraise' as const), order: any, mark: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('expire' as const), hours: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('withdraw' as const), need: any }) },
);
type Step = typeof action extends fc.Arbitrary<infer T> ? T : never;

describe('any sequence of actions', () => {
  let database: Database;
  let planted = 0;
  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
  });
  afterAll(() => database.close());

  it('leaves legal paths, right balances, whole chains and no place sold twice', async () => {
    const reached = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 8, maxLength: 25 }), async (actions) => {
        planted += 1;
        const area = await plantArea(database, `SEQUENCE${planted}`);
        await run(area, actions);
        expect(await brokenInvariants(database, area.areaId)).toEqual([]);
        const faults: string[] = [];
        await verifyLedgers(database, area.areaId, (fault) => faults.push(fault.text.en));
        expect(faults).toEqual([]);
        const states = await database.prisma.order.groupBy({ by: ['state'], where: { areaId: area.areaId } });
        for (const { state } of states) reached.add(state);
      }),
      { numRuns: 12, seed: 20_261_124 },
    );
    // The property is worth something only when the sequences get somewhere.
    expect([...reached].sort()).toEqual(
      expect.arrayContaining(['CANCELLED', 'CONFIRMED', 'DECLINED', 'DISPATCHED', 'EXPIRED']),
    );
  }, 300_000);

  async function run(area: PlantedArea, actions: readonly Step[]) {
    const viewer = systemViewer(area.areaId);
    const { needs, services } = area;
    const spare = await plantServiceLike(database, services.lunch, 'S61', { places: 1 });
    const served = [services.lunch, spare, services.mediation, services.plumbing];
    const needIds = [needs.yangMeal, needs.wuPipe, needs.wuQuarrel];
    for (const needId of needIds) await plantCandidates(database, area.areaId, needId, served);
    let now = NOW;
    for (const step of actions) {
      now = new Date(now.getTime() + 600_000);
      const orders = await database.prisma.order.findMany({ where: { areaId: area.areaId }, orderBy: { id: 'desc' } });
      const order = 'order' in step ? orders[step.order % Math.max(1, orders.length)] : undefined;
      try {
        if (step.act === 'dispatch') {
          const dispatch = {
            needId: needIds[step.need % needIds.length]!,
            serviceId: served[step.service % served.length]!,
            mode: 'MATCH_RUN',
            matchRunId: null,
            candidateId: null,
          } as const;
          await database.transaction((tx) => dispatchOrders(tx, viewer, [dispatch], now));
        } else if (step.act === 'move' && order) {
          await moveOrder(
            database,
            viewer,
            { orderId: order.id, version: order.version, to: step.to, reason: '因故' },
            now,
            findNextCandidates,
          );
        } else if (step.act === 'onward' && order) {
          const to = ONWARD[order.state];
          const move = { orderId: order.id, version: order.version, reason: '因故' };
          if (to) await moveOrder(database, viewer, { ...move, to }, now, findNextCandidates);
        } else if (step.act === 'appraise' && order) {
          const appraisal = { orderId: order.id, version: order.version, mark: step.mark, resolved: true, comment: '' };
          await appraiseOrder(database, viewer, appraisal, now);
        } else if (step.act === 'expire') {
          now = new Date(now.getTime() + step.hours * 3_600_000);
          await fireDueTimers(database, now, findNextCandidates);
        } else if (step.act === 'withdraw') {
          const needId = needIds[step.need % needIds.length]!;
          await database.transaction((tx) => cancelOrdersOfNeeds(tx, viewer, 'need.amend', [needId], '撤回', now));
        }
      } catch (error) {
        if (!(error instanceof ExpectedFailure)) throw error;
      }
    }
  }
});
