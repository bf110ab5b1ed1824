import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { findNextCandidates } from '../../src/matchruns/next-candidates.store.ts';
import { dispatchOrders } from '../../src/orders/dispatch.store.ts';
import { moveOrder } from '../../src/orders/order.store.ts';
import { setSlaTerm } from '../../src/orders/sla.store.ts';
import { NOW, type PlantedArea, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { brokenInvariants, type People, plantCandidates, plantServiceLike, signInPeople } from './planted.ts';

describe.each(DATABASE_KINDS)('an order that is declined, on the %s database', (kind) => {
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

  const dispatch = async (needId: string, serviceId: string) => {
    const wanted = { needId, serviceId, mode: 'MATCH_RUN', matchRunId: null, candidateId: null } as const;
    await database.transaction((tx) => dispatchOrders(tx, systemViewer(area.areaId), [wanted], NOW));
  };
  const live = (needId: string) => database.prisma.order.findFirst({ where: { needId, state: 'DISPATCHED' } });
  const decline = async (needId: string, viewer: Viewer = systemViewer(area.areaId)) => {
    const { id: orderId, version } = (await live(needId))!;
    await moveOrder(
      database,
      viewer,
      { orderId, version, to: 'DECLINED', reason: '人手不够' },
      NOW,
      findNextCandidates,
    );
  };
  const need = (id: string) => database.prisma.need.findUniqueOrThrow({ where: { id } });
  const notices = () => database.prisma.notice.findMany({ where: { areaId: area.areaId }, orderBy: { id: 'asc' } });
  const like = (externalId: string, fields: Parameters<typeof plantServiceLike>[3] = {}) =>
    plantServiceLike(database, area.services.lunch, externalId, { places: 5, ...fields });

  it('goes at once to the next candidate of the run, past those that may not serve it any more', async () => {
    const { yangMeal } = area.needs;
    const { lunch, closedCanteen } = area.services;
    const full = await like('S91', { places: 0 });
    const spare = await like('S92');
    const candidateIds = await plantCandidates(database, area.areaId, yangMeal, [lunch, full, closedCanteen, spare]);
    await dispatch(yangMeal, lunch);
    await decline(yangMeal, people.canteen);
    expect(await live(yangMeal)).toMatchObject({
      serviceId: spare,
      attempt: 2,
      mode: 'REDISPATCH',
      candidateId: candidateIds[3]!,
    });
    expect(await need(yangMeal)).toMatchObject({ state: 'OFFERED' });
    expect(await notices()).toEqual([]);
  });

  it('goes to the one that is best now, not to the one that was best when the run scored', async () => {
    const { yangMeal } = area.needs;
    const [first, second] = [await like('S91'), await like('S92')];
    await plantCandidates(database, area.areaId, yangMeal, [area.services.lunch, first, second]);
    await database.prisma.service.update({ where: { id: second }, data: { appraisalCount: 50, appraisalSum: 250 } });
    await database.prisma.service.update({ where: { id: first }, data: { appraisalCount: 50, appraisalSum: 60 } });
    await dispatch(yangMeal, area.services.lunch);
    await decline(yangMeal);
    expect(await live(yangMeal)).toMatchObject({ serviceId: second });
  });

  it('goes to a service that the run did not know when its candidates are used up, and never to one twice', async () => {
    const { yangMeal } = area.needs;
    await plantCandidates(database, area.areaId, yangMeal, [area.services.lunch]);
    const fresh = await like('S91');
    await like('S92', { places: 0 });
    await dispatch(yangMeal, area.services.lunch);
    await decline(yangMeal);
    expect(await live(yangMeal)).toMatchObject({ serviceId: fresh, candidateId: null, matchRunId: null });
  });

  it('is the last when nobody is left: the need is unmet, and the community’s staff are told', async () => {
    const { wuPipe } = area.needs;
    await dispatch(wuPipe, area.services.plumbing);
    await decline(wuPipe);
    expect(await need(wuPipe)).toMatchObject({ state: 'UNMET', unmetReason: 'ALL_DECLINED' });
    expect(await notices()).toMatchObject([
      {
        kind: 'ESCALATED_NO_CANDIDATE',
        needId: wuPipe,
        orderId: null,
        communityId: area.communities.dashizi,
        providerId: null,
        handledAt: null,
      },
    ]);
  });

  it('is the last after as many refusals as the terms allow, though others could serve; then the staff decide', async () => {
    const { yangMeal } = area.needs;
    for (const id of ['S91', 'S92', 'S93']) await like(id);
    await dispatch(yangMeal, area.services.lunch);
    await decline(yangMeal);
    await decline(yangMeal);
    expect(await need(yangMeal)).toMatchObject({ state: 'OFFERED' });
    await decline(yangMeal);
    expect(await live(yangMeal)).toBeNull();
    expect(await need(yangMeal)).toMatchObject({ state: 'UNMET', unmetReason: 'NOT_ACCEPTED' });
    expect(await notices()).toMatchObject([{ kind: 'ESCALATED_ATTEMPTS', needId: yangMeal, handledAt: null }]);

    // Whom the staff choose may decline, too: then it is with them again. The notice before ended when they acted.
    const fourth = await like('S94');
    await dispatch(yangMeal, fourth);
    await decline(yangMeal);
    expect(await notices()).toMatchObject([
      { kind: 'ESCALATED_ATTEMPTS', handledAt: expect.any(Date), handledById: null },
      { kind: 'ESCALATED_ATTEMPTS', handledAt: null },
    ]);
  });

  it('is the last by the terms of the category above it, where its own has none', async () => {
    const { yangMeal } = area.needs;
    const terms = { percent: 100, workingHours: true, remindAtPercent: 50 };
    const set = (categoryId: string | null, escalateAfter: number) =>
      setSlaTerm(database, people.admin, { ...terms, categoryId, urgency: 3, escalateAfter }, NOW);
    await set(null, 9);
    await set(area.categories.ELDER!, 1);
    await set(area.categories.HOME!, 7);
    await like('S91');
    await dispatch(yangMeal, area.services.lunch);
    await decline(yangMeal);
    expect(await need(yangMeal)).toMatchObject({ state: 'UNMET', unmetReason: 'NOT_ACCEPTED' });
  });
});
