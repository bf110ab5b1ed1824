import { parse, subscribe } from 'graphql';
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { NotAllowed, NotSignedIn } from '../../src/failures.ts';
import { schema } from '../../src/graphql/schema.ts';
import { anonymousViewer, systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { dispatchOrders, publishOrderChanges } from '../../src/orders/index.ts';
import { clockAt, execute, globalId, NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { type People, plantCandidates, plantNeedLike, plantServiceLike, signInPeople } from './planted.ts';

describe('orders over GraphQL', () => {
  let database: Database;
  let area: PlantedArea;
  let people: People;
  let planted = 0;
  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
  });
  beforeEach(async () => {
    planted += 1;
    area = await plantArea(database, `GRAPHQL${planted}`);
    people = await signInPeople(database, area);
  });
  afterAll(() => database.close());

  const dispatch = async (needId: string, serviceId: string) => {
    const wanted = { needId, serviceId, mode: 'MATCH_RUN', matchRunId: null, candidateId: null } as const;
    const outcomes = await database.transaction((tx) => dispatchOrders(tx, systemViewer(area.areaId), [wanted], NOW));
    const [outcome] = outcomes;
    if (outcome?.outcome !== 'DISPATCHED') throw new Error(`the order was ${outcome?.outcome}`);
    return outcome;
  };
  const ANSWER = '__typename ... on Order { id state version need { title } } ... on Failure { code message path }';
  const act = async (
    viewer: Viewer,
    mutation: string,
    input: Record<string, unknown>,
    type = mutation === 'fulfilOrder' ? 'FulfilOrderInput' : 'OrderActionInput',
  ) =>
    (
      await execute(
        database,
        viewer,
        `mutation ($input: ${type}!) { answer: ${mutation}(input: $input) { ${ANSWER} } }`,
        {
          input,
        },
      )
    ).answer;

  it('goes from hand to hand: dispatched, accepted, started, fulfilled, confirmed, appraised', async () => {
    const { needs, services } = area;
    const staffInput = {
      needId: globalId('Need', needs.yangMeal),
      needVersion: 1,
      serviceId: globalId('Service', services.lunch),
    };
    const dispatched = await act(people.staff, 'dispatchOrder', staffInput, 'DispatchOrderInput');
    expect(dispatched).toMatchObject({ __typename: 'Order', state: 'DISPATCHED', version: 1 });
    const { id: orderId } = dispatched;
    expect(await act(people.canteen, 'acceptOrder', { orderId, version: 1 })).toMatchObject({
      state: 'ACCEPTED',
      version: 2,
    });
    expect(await act(people.canteen, 'startOrder', { orderId, version: 2 })).toMatchObject({ state: 'IN_SERVICE' });
    expect(await act(people.canteen, 'fulfilOrder', { orderId, version: 3 })).toMatchObject({ state: 'FULFILLED' });
    expect(await act(people.yang, 'confirmOrder', { orderId, version: 4 })).toMatchObject({ state: 'CONFIRMED' });
    const appraise = (mark: number) =>
      execute(
        database,
        people.yang,
        `mutation ($input: AppraiseOrderInput!) { appraiseOrder(input: $input) { __typename ... on Appraisal { mark resolved comment order { state } } ... on Failure { code path } } }`,
        { input: { orderId, version: 5, mark, resolved: true, comment: ' 很好 ' } },
      );
    expect((await appraise(6)).appraiseOrder).toMatchObject({ code: 'INVALID_INPUT', path: ['input', 'mark'] });
    expect((await appraise(5)).appraiseOrder).toEqual({
      __typename: 'Appraisal',
      mark: 5,
      resolved: true,
      comment: '很好',
      order: { state: 'CONFIRMED' },
    });
    expect((await appraise(5)).appraiseOrder).toEqual({
      __typename: 'AlreadyAppraised',
      code: 'ALREADY_APPRAISED',
      path: [],
    });
  });

  it('tells failures apart by type and code, and tells strangers nothing', async () => {
    const { orderId } = await dispatch(area.needs.yangMeal, area.services.lunch);
    const id = globalId('Order', orderId);
    expect(await act(people.repair, 'acceptOrder', { orderId: id, version: 1 })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await act(people.yang, 'acceptOrder', { orderId: id, version: 1 })).toMatchObject({ code: 'NOT_ALLOWED' });
    expect(await act(people.canteen, 'acceptOrder', { orderId: id, version: 9 })).toMatchObject({ code: 'CONFLICT' });
    expect(await act(people.canteen, 'fulfilOrder', { orderId: id, version: 1 })).toMatchObject({
      code: 'TRANSITION_REFUSED',
    });
    const anonymous = anonymousViewer(area.areaId);
    expect(await act(anonymous, 'acceptOrder', { orderId: id, version: 1 })).toMatchObject({ code: 'NOT_SIGNED_IN' });
    const reasoned = (viewer: Viewer, mutation: string, reason: string) =>
      act(viewer, mutation, { orderId: id, version: 1, reason }, 'ReasonedOrderActionInput');
    expect(await reasoned(people.canteen, 'declineOrder', ' ')).toMatchObject({
      code: 'INVALID_INPUT',
      path: ['input', 'reason'],
    });
    const full = await plantServiceLike(database, area.services.plumbing, 'S91', { places: 0 });
    const input = { needId: globalId('Need', area.needs.wuPipe), needVersion: 1, serviceId: globalId('Service', full) };
    expect(await act(people.admin, 'dispatchOrder', input, 'DispatchOrderInput')).toMatchObject({
      __typename: 'CapacityExhausted',
    });
    const unfit = { ...input, serviceId: globalId('Service', area.services.mediation) };
    expect(await act(people.admin, 'dispatchOrder', unfit, 'DispatchOrderInput')).toMatchObject({
      __typename: 'ConstraintNotMet',
    });
  });

  it('tells the provider whom to serve and where from acceptance to the end of the service, and at no other time', async () => {
    const { orderId } = await dispatch(area.needs.yangMeal, area.services.lunch);
    const id = globalId('Order', orderId);
    const contactFor = async (viewer: Viewer) => {
      const query =
        '($id: ID!) { node(id: $id) { ... on Order { contact { name phone } need { resident { name } } } } }';
      return (await execute(database, viewer, `query ${query}`, { id })).node;
    };
    const nobody = { contact: null, need: { resident: null } };
    expect(await contactFor(people.canteen)).toEqual(nobody);
    for (const [index, mutation] of ['acceptOrder', 'startOrder'].entries()) {
      await act(people.canteen, mutation, { orderId: id, version: index + 1 });
      const contact = { name: '杨秀英', phone: '13808550000' };
      expect(await contactFor(people.canteen)).toEqual({ ...nobody, contact });
    }
    await act(people.canteen, 'fulfilOrder', { orderId: id, version: 3 });
    expect(await contactFor(people.canteen)).toEqual(nobody);
  });

  it('settles a dispute only where there is one, and cancels nothing that is disputed', async () => {
    const { orderId } = await dispatch(area.needs.yangMeal, area.services.lunch);
    const id = globalId('Order', orderId);
    const settle = (version: number) =>
      act(
        people.staff,
        'settleOrder',
        { orderId: id, version, settlement: 'CANCELLED', reason: '核实' },
        'SettleOrderInput',
      );
    expect(await settle(1)).toMatchObject({ code: 'TRANSITION_REFUSED' });
    for (const [index, mutation] of ['acceptOrder', 'startOrder', 'fulfilOrder'].entries()) {
      await act(people.canteen, mutation, { orderId: id, version: index + 1 });
    }
    const reasoned = (viewer: Viewer, mutation: string, version: number) =>
      act(viewer, mutation, { orderId: id, version, reason: '没送到' }, 'ReasonedOrderActionInput');
    expect(await reasoned(people.yang, 'disputeOrder', 4)).toMatchObject({ state: 'DISPUTED' });
    expect(await reasoned(people.staff, 'cancelOrder', 5)).toMatchObject({ code: 'TRANSITION_REFUSED' });
    expect(await settle(5)).toMatchObject({ state: 'CANCELLED' });
  });

  it('goes to the candidate that the resident chooses', async () => {
    const other = await plantServiceLike(database, area.services.lunch, 'S91');
    const [, wanted] = await plantCandidates(database, area.areaId, area.needs.yangMeal, [area.services.lunch, other]);
    const { orderId } = await dispatch(area.needs.yangMeal, area.services.lunch);
    const input = { candidateId: globalId('Candidate', wanted!), needVersion: 2 };
    const chosen = await act(people.yang, 'chooseCandidate', input, 'ChooseCandidateInput');
    expect(chosen).toMatchObject({ state: 'DISPATCHED' });
    expect(chosen.id).not.toBe(globalId('Order', orderId));
    expect(await act(people.wu, 'chooseCandidate', input, 'ChooseCandidateInput')).toMatchObject({ code: 'NOT_FOUND' });
  });

  const LIST = `query ($filter: OrderFilter) { orders(first: 10, filter: $filter) { totalCount nodes {
    state unit priceFen need { title } service { name } provider { name } category { name } candidate { score }
    events { seq from to actorRole } appraisal { mark } transfers { amount unit state debitAccount { kind balance } }
  } } }`;
  const list = async (viewer: Viewer, filter: Record<string, unknown> = {}) =>
    (await execute(database, viewer, LIST, { filter })).orders;

  it('are listed to those whose they are, newest first, filtered; transfers only to who reads the ledger', async () => {
    const first = await dispatch(area.needs.yangMeal, area.services.lunch);
    await dispatch(area.needs.wuPipe, area.services.plumbing);
    await act(people.canteen, 'acceptOrder', { orderId: globalId('Order', first.orderId), version: 1 });
    const titles = async (viewer: Viewer) =>
      (await list(viewer)).nodes.map((node: { need: { title: string } | null }) => node.need?.title ?? null);
    expect(await titles(people.staff)).toEqual(['厨房水管爆了', '想订一份午餐送到家里']);
    expect(await titles(people.yang)).toEqual(['想订一份午餐送到家里']);
    expect(await titles(people.canteen)).toEqual(['想订一份午餐送到家里']);
    expect(await titles(people.mediators)).toEqual([]);
    const auditor = await signIn(database, area.areaId, 'AUDITOR');
    expect(await titles(auditor)).toEqual([null, null]);
    await expect(list(anonymousViewer(area.areaId))).rejects.toThrow(NotSignedIn);
    await expect(list(await signIn(database, area.areaId, 'ANALYST'))).rejects.toThrow(NotAllowed);

    const [own] = (await list(people.canteen)).nodes;
    expect(own).toMatchObject({
      state: 'ACCEPTED',
      unit: 'MEAL',
      priceFen: 800,
      transfers: null,
      events: [
        { seq: 1, from: null, to: 'DISPATCHED', actorRole: 'SYSTEM' },
        { seq: 2, from: 'DISPATCHED', to: 'ACCEPTED', actorRole: 'PROVIDER_STAFF' },
      ],
    });
    const repairs = await list(people.staff, { providerId: globalId('Provider', area.providers.repair) });
    expect(repairs).toMatchObject({ totalCount: 1, nodes: [{ provider: { name: '凯里快修便民公司' } }] });
    expect(repairs.nodes[0].transfers).toMatchObject([
      { amount: '1', unit: 'VISIT', state: 'PENDING', debitAccount: { kind: 'PROVIDER_SUPPLY', balance: '0' } },
      { amount: '5000', unit: 'FEN', state: 'PENDING', debitAccount: { kind: 'RESIDENT_PAYMENT' } },
    ]);
    expect((await list(people.staff, { states: ['ACCEPTED'] })).totalCount).toBe(1);
    expect((await list(people.staff, { communityId: globalId('Community', area.communities.yatang) })).totalCount).toBe(
      0,
    );
  });

  it('cost a constant number of SQL statements, however many are on the page', async () => {
    const statementsFor = async (orders: number) => {
      const wide = await plantServiceLike(database, area.services.lunch, `S${orders}`, { places: null });
      for (let n = 0; n < orders; n += 1) {
        const needId = await plantNeedLike(database, area.needs.yangMeal, `N${orders}-${n}`);
        await dispatch(needId, wide);
      }
      let statements = 0;
      const prisma = database.prisma as unknown as { $on: (event: 'query', count: () => void) => void };
      prisma.$on('query', () => {
        statements += 1;
      });
      await list(people.staff);
      return statements;
    };
    const few = await statementsFor(2);
    expect(few).toBeGreaterThan(3);
    expect(few).toBeLessThan(25);
    expect(await statementsFor(6)).toBe(few);
  });

  it('are found by their id by those whose they are, and by nobody else', async () => {
    const { orderId } = await dispatch(area.needs.yangMeal, area.services.lunch);
    const { id: transferId } = await database.prisma.transfer.findFirstOrThrow({ where: { orderId } });
    const fetch = async (viewer: Viewer, type: string, id: string) =>
      (await execute(database, viewer, 'query ($id: ID!) { node(id: $id) { id } }', { id: globalId(type, id) })).node;
    for (const viewer of [people.yang, people.canteen, people.staff]) {
      expect(await fetch(viewer, 'Order', orderId)).not.toBeNull();
    }
    for (const viewer of [people.wu, people.repair, anonymousViewer(area.areaId)]) {
      expect(await fetch(viewer, 'Order', orderId)).toBeNull();
    }
    expect(await fetch(people.staff, 'Transfer', transferId)).not.toBeNull();
    expect(await fetch(people.canteen, 'Transfer', transferId)).toBeNull();
    const { communities } = area;
    const elsewhere = await signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId: communities.yatang });
    expect(await fetch(elsewhere, 'Transfer', transferId)).toBeNull();
  });

  it('tell their readers of each change, through one listening connection, and stop when nobody listens', async () => {
    let listening = 0;
    const counted: Database = {
      ...database,
      listen: async (channel, receive) => {
        listening += 1;
        const stop = await database.listen(channel, receive);
        return async () => {
          listening -= 1;
          await stop();
        };
      },
    };
    const listen = async (viewer: Viewer, variables: Record<string, unknown> = {}) => {
      const contextValue = {
        viewer,
        locale: 'en',
        database: counted,
        clock: clockAt(NOW),
        log: pino({ level: 'silent' }),
      };
      const document = parse(
        'subscription ($orderId: ID) { orderChanged(orderId: $orderId) { id state need { title } } }',
      );
      return (await subscribe({ schema, document, contextValue, variableValues: variables })) as AsyncGenerator<{
        data: { orderChanged: { id: string; state: string } };
      }>;
    };
    const meal = await dispatch(area.needs.yangMeal, area.services.lunch);
    const pipe = await dispatch(area.needs.wuPipe, area.services.plumbing);
    const staff = await listen(people.staff);
    const yang = await listen(people.yang);
    const onlyPipe = await listen(people.staff, { orderId: globalId('Order', pipe.orderId) });
    expect(listening).toBe(1);
    await publishOrderChanges(counted, [meal.change, pipe.change, meal.change]);
    await act(people.canteen, 'acceptOrder', { orderId: globalId('Order', meal.orderId), version: 1 });
    const state = async (stream: typeof staff) => {
      const { data, ...rest } = (await stream.next()).value;
      expect(rest).toEqual({});
      return [data.orderChanged.id, data.orderChanged.state];
    };
    const ids = { meal: globalId('Order', meal.orderId), pipe: globalId('Order', pipe.orderId) };
    expect((await state(staff))[0]).toBe(ids.meal);
    expect(await state(staff)).toEqual([ids.pipe, 'DISPATCHED']);
    expect(await state(staff)).toEqual([ids.meal, 'ACCEPTED']);
    expect((await state(yang))[0]).toBe(ids.meal);
    expect(await state(yang)).toEqual([ids.meal, 'ACCEPTED']);
    expect(await state(onlyPipe)).toEqual([ids.pipe, 'DISPATCHED']);
    const waiting = yang.next();
    await yang.return(undefined);
    expect(await waiting).toMatchObject({ done: true });
    await Promise.all([staff.return(undefined), onlyPipe.return(undefined)]);
    expect(listening).toBe(0);
    const refused = await listen(anonymousViewer(area.areaId)).catch((error) => ({ errors: [error] }));
    expect(refused).toMatchObject({ errors: [{ message: expect.stringContaining('Sign in first') }] });
  });
});
