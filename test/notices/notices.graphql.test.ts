import { parse, subscribe } from 'graphql';
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { NotAllowed, NotSignedIn } from '../../src/failures.ts';
import { schema } from '../../src/graphql/schema.ts';
import { anonymousViewer, systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { findNextCandidates } from '../../src/matchruns/next-candidates.store.ts';
import { writeNotices } from '../../src/notices/index.ts';
import { dispatchOrders, fireDueTimers } from '../../src/orders/index.ts';
import { moveOrder } from '../../src/orders/order.store.ts';
import { clockAt, execute, globalId, NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { plantProgramme } from '../funding/planted.ts';
import { type People, signInPeople } from '../orders/planted.ts';

const later = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000);

describe('notices over GraphQL', () => {
  let database: Database;
  let area: PlantedArea;
  let people: People;
  let orderId: string;
  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
  });
  /** The plumber was reminded to complete an order and did not; nobody accepted the quarrel. */
  beforeEach(async () => {
    area = await plantArea(database, `NOTICES${Math.random().toString(36).slice(2)}`);
    people = await signInPeople(database, area);
    orderId = await dispatch(area.needs.wuPipe, area.services.plumbing);
    const move = { orderId, version: 1, to: 'ACCEPTED', reason: null } as const;
    await moveOrder(database, systemViewer(area.areaId), move, NOW, findNextCandidates);
    await dispatch(area.needs.wuQuarrel, area.services.mediation);
    await fire(9);
    await fire(12);
  });
  afterAll(() => database.close());

  const dispatch = async (needId: string, serviceId: string) => {
    const wanted = { needId, serviceId, mode: 'MATCH_RUN', matchRunId: null, candidateId: null } as const;
    const [outcome] = await database.transaction((tx) => dispatchOrders(tx, systemViewer(area.areaId), [wanted], NOW));
    return outcome!.orderId!;
  };
  const fire = (hours: number) => fireDueTimers(database, later(hours), findNextCandidates);
  const kinds = async (viewer: Viewer, filter: Record<string, unknown> = {}) => {
    const { notices } = await execute(
      database,
      viewer,
      'query ($filter: NoticeFilter) { notices(filter: $filter) { totalCount nodes { kind } } }',
      { filter },
    );
    expect(notices.totalCount).toBe(notices.nodes.length);
    return notices.nodes.map(({ kind }: { kind: string }) => kind);
  };
  const handle = async (viewer: Viewer, noticeId: string, version: number, note = '已电话催办') =>
    (
      await execute(
        database,
        viewer,
        `mutation ($input: HandleNoticeInput!) { handleNotice(input: $input) {
          __typename ... on Notice { handledAt handledBy note version } ... on Failure { code message }
        } }`,
        { input: { noticeId: globalId('Notice', noticeId), version, note } },
        { now: later(13) },
      )
    ).handleNotice;
  const noticeId = async (kind: 'COMPLETE_OVERDUE' | 'COMPLETE_REMINDER' | 'ESCALATED_NO_CANDIDATE') =>
    (await database.prisma.notice.findFirstOrThrow({ where: { areaId: area.areaId, kind } })).id;

  it('are read by whom they are for', async () => {
    const all = ['COMPLETE_OVERDUE', 'COMPLETE_REMINDER', 'ESCALATED_NO_CANDIDATE'];
    expect(await kinds(people.admin)).toEqual(all);
    expect(await kinds(await signIn(database, area.areaId, 'AUDITOR'))).toEqual(all);
    expect(await kinds(people.staff)).toEqual(['COMPLETE_OVERDUE', 'ESCALATED_NO_CANDIDATE']);
    expect(await kinds(people.repair)).toEqual(['COMPLETE_OVERDUE', 'COMPLETE_REMINDER']);
    expect(await kinds(people.canteen)).toEqual([]);
    const elsewhere = await signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId: area.communities.yatang });
    expect(await kinds(elsewhere)).toEqual([]);
    await expect(kinds(people.yang)).rejects.toThrow(NotAllowed);
    await expect(kinds(anonymousViewer(area.areaId))).rejects.toThrow(NotSignedIn);
    const other = await plantArea(database, `ELSEWHERE${area.areaId}`);
    expect(await kinds(await signIn(database, other.areaId, 'AREA_ADMIN'))).toEqual([]);
    const node = '{ node(id: $id) { id } }';
    const id = globalId('Notice', await noticeId('ESCALATED_NO_CANDIDATE'));
    expect(await execute(database, people.staff, `query ($id: ID!) ${node}`, { id })).toEqual({ node: { id } });
    expect(await execute(database, people.repair, `query ($id: ID!) ${node}`, { id })).toEqual({ node: null });
  });

  it('are found by what they are about and whether they are open', async () => {
    const { wuQuarrel } = area.needs;
    expect(await kinds(people.admin, { needId: globalId('Need', wuQuarrel) })).toEqual(['ESCALATED_NO_CANDIDATE']);
    expect(await kinds(people.admin, { orderId: globalId('Order', orderId) })).toEqual([
      'COMPLETE_OVERDUE',
      'COMPLETE_REMINDER',
    ]);
    expect(await kinds(people.admin, { kinds: ['COMPLETE_REMINDER'] })).toEqual(['COMPLETE_REMINDER']);
    await handle(people.staff, await noticeId('COMPLETE_OVERDUE'), 1);
    expect(await kinds(people.staff, { open: true })).toEqual(['ESCALATED_NO_CANDIDATE']);
    expect(await kinds(people.staff, { open: false })).toEqual(['COMPLETE_OVERDUE']);
  });

  it('stand with their need and their order, each for whom they are for', async () => {
    const source = `query ($need: ID!, $order: ID!) {
      need: node(id: $need) { ... on Need { notices { kind need { title } } } }
      order: node(id: $order) { ... on Order { notices { kind order { id } } } }
    }`;
    const variables = { need: globalId('Need', area.needs.wuQuarrel), order: globalId('Order', orderId) };
    expect(await execute(database, people.staff, source, variables)).toEqual({
      need: { notices: [{ kind: 'ESCALATED_NO_CANDIDATE', need: { title: '楼上天天半夜吵，请人调解' } }] },
      order: { notices: [{ kind: 'COMPLETE_OVERDUE', order: { id: variables.order } }] },
    });
    // The resident reads the need and the order, but the reminders are not for them.
    expect(await execute(database, people.wu, source, variables)).toEqual({
      need: { notices: [] },
      order: { notices: [] },
    });
  });

  it('are handled once, by the staff where they are for both, and by the version that was seen', async () => {
    const overdue = await noticeId('COMPLETE_OVERDUE');
    expect(await handle(people.repair, overdue, 1)).toMatchObject({ code: 'NOT_ALLOWED' });
    expect(await handle(people.canteen, overdue, 1)).toMatchObject({ code: 'NOT_FOUND' });
    expect(await handle(people.staff, overdue, 2)).toMatchObject({ code: 'CONFLICT' });
    expect(await handle(people.staff, overdue, 1)).toEqual({
      __typename: 'Notice',
      handledAt: later(13).toISOString(),
      handledBy: people.staff.displayName,
      note: '已电话催办',
      version: 2,
    });
    expect(await handle(people.admin, overdue, 1)).toMatchObject({ code: 'CONFLICT' });
    expect(await handle(people.admin, overdue, 2)).toMatchObject({ code: 'TRANSITION_REFUSED' });
    expect(await handle(people.repair, await noticeId('COMPLETE_REMINDER'), 1, '')).toMatchObject({ note: null });
    expect(await handle(people.staff, await noticeId('COMPLETE_REMINDER'), 1)).toMatchObject({ code: 'NOT_FOUND' });
    const auditor = await signIn(database, area.areaId, 'AUDITOR');
    expect(await handle(auditor, await noticeId('ESCALATED_NO_CANDIDATE'), 1)).toMatchObject({ code: 'NOT_ALLOWED' });
  });

  it('are written once for what they are about, while it is open', async () => {
    const again = {
      areaId: area.areaId,
      kind: 'ESCALATED_NO_CANDIDATE',
      communityId: area.communities.dashizi,
      providerId: null,
      needId: area.needs.wuQuarrel,
    } as const;
    const write = () => database.transaction((tx) => writeNotices(tx, [again], later(14)));
    expect(await write()).toEqual([]);
    await handle(people.staff, await noticeId('ESCALATED_NO_CANDIDATE'), 1);
    expect(await write()).toMatchObject([{ communityId: area.communities.dashizi, providerId: null }]);
  });

  const listen = async (viewer: Viewer) =>
    (await subscribe({
      schema,
      document: parse('subscription { noticeAdded { kind provider { name } community { name } } }'),
      contextValue: { viewer, locale: 'en', database, clock: clockAt(NOW), log: pino({ level: 'silent' }) },
    })) as AsyncGenerator<{ data: { noticeAdded: { kind: string } } }>;

  it('reach those who listen, each what is for them', async () => {
    const staff = await listen(people.staff);
    const canteen = await listen(people.canteen);
    const meal = await dispatch(area.needs.yangMeal, area.services.lunch);
    await fire(3);
    expect((await canteen.next()).value.data.noticeAdded).toEqual({
      kind: 'ACCEPT_REMINDER',
      provider: { name: '大十字颐养饭桌' },
      community: null,
    });
    const decline = { orderId: meal, version: 1, to: 'DECLINED', reason: '今天停火' } as const;
    await moveOrder(database, people.canteen, decline, later(3.5), findNextCandidates);
    expect((await staff.next()).value.data.noticeAdded).toEqual({
      kind: 'ESCALATED_NO_CANDIDATE',
      provider: null,
      community: { name: '大十字社区' },
    });
    await staff.return(undefined);
    await canteen.return(undefined);
    await expect(listen(anonymousViewer(area.areaId))).resolves.toMatchObject({ errors: [{}] });
  });

  it('tell administrators of a programme that runs low, once what brought it there is committed', async () => {
    const admin = await listen(people.admin);
    const budget = (budgetFen: number) => plantProgramme(database, area.areaId, 'LOW', { budgetFen, lowPercent: 50 });
    await budget(1600);
    // Lunch is 8 yuan, half of which the programme bears. A dispatch that is undone would have exhausted it, and tells nobody.
    const pair = { needId: area.needs.yangMeal, serviceId: area.services.lunch, mode: 'MATCH_RUN' } as const;
    const undone = database.transaction(async (tx) => {
      await tx.fundingProgramme.updateMany({ where: { areaId: area.areaId }, data: { budgetFen: 400n } });
      await dispatchOrders(tx, systemViewer(area.areaId), [{ ...pair, matchRunId: null, candidateId: null }], NOW);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    await dispatch(area.needs.yangMeal, area.services.lunch);
    await budget(800);
    await budget(400);
    expect((await admin.next()).value.data.noticeAdded.kind).toBe('PROGRAMME_LOW');
    expect((await admin.next()).value.data.noticeAdded.kind).toBe('PROGRAMME_EXHAUSTED');
    expect(await kinds(people.admin, { kinds: ['PROGRAMME_LOW', 'PROGRAMME_EXHAUSTED'] })).toHaveLength(2);
    await admin.return(undefined);
  });
});
