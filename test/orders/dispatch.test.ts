import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { InvalidInput, NotAllowed, NotFound, TransitionRefused, VersionConflict } from '../../src/failures.ts';
import { systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { findNextCandidates } from '../../src/matchruns/next-candidates.store.ts';
import { evaluateCandidate } from '../../src/matchruns/preview.store.ts';
import { appraiseOrder } from '../../src/orders/appraisal.store.ts';
import { chooseCandidate, dispatchByHand } from '../../src/orders/choice.store.ts';
import { dispatchOrders } from '../../src/orders/dispatch.store.ts';
import type { Dispatch } from '../../src/orders/dispatch-plan.store.ts';
import { cancelOrdersOfNeeds, moveOrder, type OrderMove } from '../../src/orders/order.store.ts';
import { AlreadyAppraised, CapacityExhausted, ConstraintNotMet, ServiceNotOffered } from '../../src/orders/order.ts';
import { NOW, type PlantedArea, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import {
  brokenInvariants,
  type People,
  plantCandidates,
  plantNeedLike,
  plantServiceLike,
  signInPeople,
} from './planted.ts';

const HOUR_MS = 3_600_000;
const later = (hours: number) => new Date(NOW.getTime() + hours * HOUR_MS);

describe.each(DATABASE_KINDS)('orders on the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let people: People;
  let planted = 0;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
  });
  beforeEach(async () => {
    planted += 1;
    area = await plantArea(database, `AREA${planted}`);
    people = await signInPeople(database, area);
  });
  afterEach(async () => {
    expect(await brokenInvariants(database, area.areaId)).toEqual([]);
  });
  afterAll(() => database.close());

  const dispatch = (
    pairs: readonly (readonly [needId: string, serviceId: string])[],
    viewer: Viewer = systemViewer(area.areaId),
  ) =>
    database.transaction((tx) =>
      dispatchOrders(
        tx,
        viewer,
        pairs.map(
          ([needId, serviceId]): Dispatch => ({
            needId,
            serviceId,
            mode: 'MATCH_RUN',
            matchRunId: null,
            candidateId: null,
          }),
        ),
        NOW,
      ),
    );
  const dispatched = async (needId: string, serviceId: string) => (await dispatch([[needId, serviceId]]))[0]!.orderId!;
  const order = (id: string) => database.prisma.order.findUniqueOrThrow({ where: { id } });
  const need = (id: string) => database.prisma.need.findUniqueOrThrow({ where: { id } });
  const move = async (viewer: Viewer, orderId: string, to: OrderMove['to'], reason: string | null = null, now = NOW) =>
    moveOrder(
      database,
      viewer,
      { orderId, version: (await order(orderId)).version, to, reason },
      now,
      findNextCandidates,
    );
  const capacity = (serviceId: string) => database.prisma.serviceCapacity.findFirst({ where: { serviceId } });
  const accounts = async () => {
    const all = await database.prisma.account.findMany({
      where: { ledger: { areaId: area.areaId } },
      orderBy: [{ unit: 'asc' }, { kind: 'asc' }],
    });
    return all.map((a) => [
      a.kind,
      a.unit,
      ...[a.debitsPending, a.debitsPosted, a.creditsPending, a.creditsPosted].map(Number),
    ]);
  };

  describe('dispatching', () => {
    it('promises the need an order by the category’s working hours, reserves its place and opens its transfers', async () => {
      const orderId = await dispatched(area.needs.yangMeal, area.services.lunch);
      expect(await order(orderId)).toMatchObject({
        state: 'DISPATCHED',
        attempt: 1,
        unit: 'MEAL',
        unitPriceFen: 800,
        providerId: area.providers.canteen,
        acceptBy: later(4),
        // 8 hours on Tuesday, 9 on Wednesday, 7 on Thursday.
        completeBy: later(54),
        acceptRemindAt: later(3),
        completeRemindAt: later(48),
      });
      expect(await need(area.needs.yangMeal)).toMatchObject({ state: 'OFFERED' });
      expect(await capacity(area.services.lunch)).toMatchObject({
        places: 2,
        reserved: 1,
        consumed: 0,
        periodStart: new Date('2026-11-24T00:00:00Z'),
      });
      expect(await accounts()).toEqual([
        ['RESIDENT_PAYMENT', 'FEN', 800, 0, 0, 0],
        ['PROVIDER_INCOME', 'FEN', 0, 0, 800, 0],
        ['PROVIDER_SUPPLY', 'MEAL', 1, 0, 0, 0],
        ['COMMUNITY_RECEIPT', 'MEAL', 0, 0, 1, 0],
      ]);
      const entries = await database.prisma.ledgerEntry.findMany({
        where: { ledger: { areaId: area.areaId } },
        orderBy: { seq: 'asc' },
      });
      expect(entries.map(({ kind: entryKind }) => entryKind)).toEqual(['ORDER_EVENT', 'TRANSFER', 'TRANSFER']);
    });

    it('gives an urgent need half of the time, around the clock', async () => {
      expect(await order(await dispatched(area.needs.wuPipe, area.services.plumbing))).toMatchObject({
        acceptBy: later(2),
        completeBy: later(12),
      });
    });

    it('moves no money for what is free, and counts no places that are unlimited', async () => {
      await dispatched(area.needs.wuQuarrel, area.services.mediation);
      expect(await accounts()).toEqual([
        ['PROVIDER_SUPPLY', 'CASE', 1, 0, 0, 0],
        ['COMMUNITY_RECEIPT', 'CASE', 0, 0, 1, 0],
      ]);
      expect(await capacity(area.services.mediation)).toBeNull();
    });

    it('says of each dispatch of a bulk what became of it, and lets the candidates of a need follow one another', async () => {
      const more = await Promise.all(['N91', 'N92'].map((id) => plantNeedLike(database, area.needs.yangMeal, id)));
      const spare = await plantServiceLike(database, area.services.lunch, 'S91', { places: null });
      const outcomes = await dispatch([
        [area.needs.yangMeal, area.services.closedCanteen],
        [area.needs.yangMeal, area.services.lunch],
        [more[0]!, area.services.lunch],
        [more[1]!, area.services.lunch],
        [more[1]!, spare],
        [more[1]!, area.services.lunch],
      ]);
      expect(outcomes.map(({ outcome }) => outcome)).toEqual([
        'NOT_OFFERED',
        'DISPATCHED',
        'DISPATCHED',
        'NO_PLACES',
        'DISPATCHED',
        'NOT_WAITING',
      ]);
      expect((await dispatch([[more[0]!, spare]]))[0]).toMatchObject({ outcome: 'NOT_WAITING', needState: 'OFFERED' });
    });

    it('counts the places that the service offers now, and never fewer than are taken', async () => {
      const { lunch } = area.services;
      await dispatched(area.needs.yangMeal, lunch);
      const more = await plantNeedLike(database, area.needs.yangMeal, 'N91');
      const offer = (places: number) => database.prisma.service.update({ where: { id: lunch }, data: { places } });
      await offer(0);
      expect((await dispatch([[more, lunch]]))[0]!.outcome).toBe('NO_PLACES');
      expect(await capacity(lunch)).toMatchObject({ places: 1, reserved: 1 });
      await offer(5);
      expect((await dispatch([[more, lunch]]))[0]!.outcome).toBe('DISPATCHED');
      expect(await capacity(lunch)).toMatchObject({ places: 5, reserved: 2 });
    });

    it('is for those whose need or community it is', async () => {
      const { longMeal, yangMeal } = area.needs;
      await expect(dispatch([[longMeal, area.services.lunch]], people.staff)).rejects.toThrow(NotFound);
      await expect(dispatch([[yangMeal, area.services.lunch]], people.yang)).rejects.toThrow(NotAllowed);
      expect(await database.prisma.order.count({ where: { areaId: area.areaId } })).toBe(0);
    });
  });

  describe('the way to the end', () => {
    it('goes by acceptance, service and confirmation; then places are consumed and transfers posted', async () => {
      const orderId = await dispatched(area.needs.yangMeal, area.services.lunch);
      await move(people.canteen, orderId, 'ACCEPTED', null, later(1));
      expect(await need(area.needs.yangMeal)).toMatchObject({ state: 'MATCHED' });
      await move(people.canteen, orderId, 'IN_SERVICE', null, later(2));
      await move(people.canteen, orderId, 'FULFILLED', null, later(3));
      expect(await need(area.needs.yangMeal)).toMatchObject({ state: 'FULFILLED' });
      expect(await capacity(area.services.lunch)).toMatchObject({ reserved: 0, consumed: 1 });
      await move(people.yang, orderId, 'CONFIRMED', null, later(4));
      expect(await need(area.needs.yangMeal)).toMatchObject({ state: 'CLOSED' });
      expect(await order(orderId)).toMatchObject({
        acceptedAt: later(1),
        startedAt: later(2),
        fulfilledAt: later(3),
        confirmedAt: later(4),
        endedAt: later(4),
        version: 5,
      });
      expect(await accounts()).toEqual([
        ['RESIDENT_PAYMENT', 'FEN', 0, 800, 0, 0],
        ['PROVIDER_INCOME', 'FEN', 0, 0, 0, 800],
        ['PROVIDER_SUPPLY', 'MEAL', 0, 1, 0, 0],
        ['COMMUNITY_RECEIPT', 'MEAL', 0, 0, 0, 1],
      ]);
      const events = await database.prisma.orderEvent.findMany({ where: { orderId }, orderBy: { seq: 'asc' } });
      expect(events.map(({ toState, actorRole }) => [toState, actorRole])).toEqual([
        ['DISPATCHED', 'SYSTEM'],
        ['ACCEPTED', 'PROVIDER_STAFF'],
        ['IN_SERVICE', 'PROVIDER_STAFF'],
        ['FULFILLED', 'PROVIDER_STAFF'],
        ['CONFIRMED', 'RESIDENT'],
      ]);
    });

    it('is refused out of turn, to others, without a reason where one is needed, and on an old version', async () => {
      const orderId = await dispatched(area.needs.yangMeal, area.services.lunch);
      await expect(move(people.canteen, orderId, 'FULFILLED')).rejects.toThrow(TransitionRefused);
      await expect(move(people.repair, orderId, 'ACCEPTED')).rejects.toThrow(NotFound);
      await expect(move(people.yang, orderId, 'ACCEPTED')).rejects.toThrow(NotAllowed);
      await expect(move(people.canteen, orderId, 'DECLINED')).rejects.toThrow(InvalidInput);
      await move(people.canteen, orderId, 'ACCEPTED');
      const begin = { orderId, version: 1, to: 'IN_SERVICE', reason: null } as const;
      const stale = moveOrder(database, people.canteen, begin, NOW, findNextCandidates);
      await expect(stale).rejects.toThrow(VersionConflict);
      await expect(stale).rejects.toMatchObject({ currentVersion: 2, currentState: 'ACCEPTED' });
      expect(await order(orderId)).toMatchObject({ state: 'ACCEPTED', version: 2 });
    });

    it('ends by cancellation before it is served: the place is free again, nothing is owed, the need is open', async () => {
      const orderId = await dispatched(area.needs.yangMeal, area.services.lunch);
      await move(people.canteen, orderId, 'ACCEPTED');
      await move(people.yang, orderId, 'CANCELLED', '临时外出');
      expect(await need(area.needs.yangMeal)).toMatchObject({ state: 'OPEN' });
      expect(await capacity(area.services.lunch)).toMatchObject({ reserved: 0, consumed: 0 });
      expect((await accounts()).every(([, , ...sums]) => sums.every((sum) => sum === 0))).toBe(true);
    });

    it.each([
      ['CONFIRMED', 'CLOSED', 1],
      ['CANCELLED', 'OPEN', 0],
    ] as const)('goes through a dispute that the office settles as %s', async (settled, needState, posted) => {
      const orderId = await dispatched(area.needs.yangMeal, area.services.lunch);
      for (const to of ['ACCEPTED', 'IN_SERVICE', 'FULFILLED'] as const) await move(people.canteen, orderId, to);
      await move(people.yang, orderId, 'DISPUTED', '没有送到');
      await expect(move(people.yang, orderId, settled, '我说了算')).rejects.toThrow(NotAllowed);
      await move(people.staff, orderId, settled, '查看了签收单');
      expect(await need(area.needs.yangMeal)).toMatchObject({ state: needState });
      expect(await capacity(area.services.lunch)).toMatchObject({ reserved: 0, consumed: 1 });
      expect((await accounts()).at(-1)).toEqual(['COMMUNITY_RECEIPT', 'MEAL', 0, 0, 0, posted]);
    });

    it('is appraised once, by the resident, when it was served; the marks count for the service', async () => {
      const orderId = await dispatched(area.needs.yangMeal, area.services.lunch);
      const appraise = async (viewer: Viewer) => {
        const { version } = await order(orderId);
        return appraiseOrder(database, viewer, { orderId, version, mark: 4, resolved: true, comment: '菜还热着' }, NOW);
      };
      await expect(appraise(people.yang)).rejects.toThrow(TransitionRefused);
      for (const to of ['ACCEPTED', 'IN_SERVICE', 'FULFILLED'] as const) await move(people.canteen, orderId, to);
      await expect(appraise(people.canteen)).rejects.toThrow(NotAllowed);
      const { version } = await database.prisma.service.findUniqueOrThrow({ where: { id: area.services.lunch } });
      await appraise(people.yang);
      await expect(appraise(people.yang)).rejects.toThrow(AlreadyAppraised);
      expect(await database.prisma.service.findUnique({ where: { id: area.services.lunch } })).toMatchObject({
        appraisalCount: 1,
        appraisalSum: 4,
        version,
      });
      const entry = await database.prisma.ledgerEntry.findFirstOrThrow({
        where: { kind: 'APPRAISAL', ledger: { areaId: area.areaId } },
      });
      expect(entry.body).toEqual({ orderId, mark: 4, resolved: true });
    });
  });

  describe('a person’s own choice', () => {
    const version = async (needId: string) => (await need(needId)).version;

    it('lets staff dispatch any service that meets every hard constraint', async () => {
      const { yangMeal, longMeal } = area.needs;
      const byHand = async (viewer: Viewer, needId: string, serviceId: string) =>
        dispatchByHand(
          database,
          viewer,
          { needId, serviceId, needVersion: await version(needId) },
          evaluateCandidate,
          NOW,
        );
      await expect(byHand(people.admin, longMeal, area.services.lunch)).rejects.toThrow(ConstraintNotMet);
      await expect(byHand(people.staff, yangMeal, area.services.closedCanteen)).rejects.toThrow(ServiceNotOffered);
      await expect(byHand(people.staff, longMeal, area.services.lunch)).rejects.toThrow(NotFound);
      await expect(byHand(people.yang, yangMeal, area.services.lunch)).rejects.toThrow(NotAllowed);
      const orderId = await byHand(people.staff, yangMeal, area.services.lunch);
      expect(await order(orderId)).toMatchObject({ mode: 'STAFF', state: 'DISPATCHED' });
      await expect(byHand(people.staff, yangMeal, area.services.lunch)).rejects.toThrow(TransitionRefused);
    });

    it('lets the resident choose among the candidates, and takes back an order that was not accepted', async () => {
      const { yangMeal } = area.needs;
      const { lunch } = area.services;
      const other = await plantServiceLike(database, lunch, 'S91');
      const full = await plantServiceLike(database, lunch, 'S92', { places: 0 });
      const [asked, wanted, sold] = await plantCandidates(database, area.areaId, yangMeal, [lunch, other, full]);
      const first = await dispatched(yangMeal, lunch);
      const choose = async (candidateId: string, needVersion?: number) =>
        chooseCandidate(
          database,
          people.yang,
          { candidateId, needVersion: needVersion ?? (await version(yangMeal)) },
          evaluateCandidate,
          NOW,
        );
      expect(await choose(asked!)).toBe(first);
      await expect(choose(sold!)).rejects.toThrow(CapacityExhausted);
      await expect(choose(wanted!, 1)).rejects.toThrow(VersionConflict);
      expect(await order(first)).toMatchObject({ state: 'DISPATCHED' });
      const second = await choose(wanted!);
      expect(await order(first)).toMatchObject({ state: 'CANCELLED' });
      expect(await order(second)).toMatchObject({
        serviceId: other,
        mode: 'RESIDENT_CHOICE',
        attempt: 2,
        candidateId: wanted!,
      });
      expect(await need(yangMeal)).toMatchObject({ state: 'OFFERED' });
      await move(people.canteen, second, 'ACCEPTED');
      await expect(choose(asked!)).rejects.toThrow(TransitionRefused);
      await plantCandidates(database, area.areaId, yangMeal, [lunch]);
      await expect(choose(asked!)).rejects.toThrow(NotFound);
    });

    it('takes the order back with the need, unless it was served', async () => {
      const { yangMeal } = area.needs;
      const withdraw = () =>
        database.transaction((tx) => cancelOrdersOfNeeds(tx, people.yang, 'need.amend', [yangMeal], '不需要了', NOW));
      const orderId = await dispatched(yangMeal, area.services.lunch);
      expect(await withdraw()).toMatchObject([{ orderId }]);
      expect(await need(yangMeal)).toMatchObject({ state: 'OPEN' });
      const again = await dispatched(yangMeal, area.services.lunch);
      for (const to of ['ACCEPTED', 'IN_SERVICE', 'FULFILLED'] as const) await move(people.canteen, again, to);
      await expect(withdraw()).rejects.toThrow(TransitionRefused);
    });
  });
});
