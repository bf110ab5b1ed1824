import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { NotFound, NotSignedIn } from '../../src/failures.ts';
import { anonymousViewer, systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { evaluateCandidate, previewCandidates, previewNeed } from '../../src/matchruns/index.ts';
import { NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';

describe('trying out a need', () => {
  let database: Database;
  let area: PlantedArea;
  let system: Viewer;

  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
    area = await plantArea(database);
    system = systemViewer(area.areaId);
  });
  afterAll(() => database.close());

  it('finds the candidates of a registered need without keeping anything', async () => {
    const preview = await previewCandidates(database, system, area.needs.yangMeal, NOW);
    expect(preview.candidates.map(({ serviceId }) => serviceId)).toEqual([area.services.lunch]);
    expect(preview).toMatchObject({ passed: 1, unmetReason: null, categoryId: area.categories['ELDER.MEAL'] });
    expect(await database.prisma.candidate.count()).toBe(0);
    expect(await database.prisma.matchRun.count()).toBe(0);
  });

  it('shows a need only to those who may read it', async () => {
    const neighbour = await signIn(database, area.areaId, 'RESIDENT', { residentId: area.residents.wu });
    await expect(previewCandidates(database, neighbour, area.needs.yangMeal, NOW)).rejects.toThrow(NotFound);
    const self = await signIn(database, area.areaId, 'RESIDENT', { residentId: area.residents.yang });
    expect((await previewCandidates(database, self, area.needs.yangMeal, NOW)).passed).toBe(1);
  });

  it('finds the category of a need from its words', async () => {
    const sketch = { title: '家里水管漏水，请人来修', communityId: area.communities.dashizi };
    const preview = await previewNeed(database, system, sketch, NOW);
    expect(preview.categoryId).toBe(area.categories['HOME.PLUMBING']);
    expect(preview.candidates.map(({ serviceId }) => serviceId)).toEqual([area.services.plumbing]);
  });

  it('takes a need without a point to be at the centre of its community', async () => {
    const meal = { title: '想订午餐', categoryId: area.categories['ELDER.MEAL'], age: 70 };
    const near = await previewNeed(database, system, { ...meal, communityId: area.communities.dashizi }, NOW);
    expect(near.candidates[0]).toMatchObject({ serviceId: area.services.lunch, distanceMetres: 149 });
    const far = await previewNeed(database, system, { ...meal, communityId: area.communities.yatang }, NOW);
    expect(far).toMatchObject({ passed: 0, unmetReason: 'CATCHMENT', nearestMiss: { serviceId: area.services.lunch } });
    const there = { latitude: 26.581, longitude: 107.981 };
    const atThePoint = await previewNeed(
      database,
      system,
      { ...meal, ...there, communityId: area.communities.yatang },
      NOW,
    );
    expect(atThePoint.candidates[0]?.distanceMetres).toBe(0);
  });

  it('says what is wrong with an input, and lets only people who signed in try', async () => {
    const sketch = { title: '修水管', communityId: area.communities.dashizi };
    await expect(previewNeed(database, system, { ...sketch, title: '' }, NOW)).rejects.toMatchObject({
      fieldPath: ['input', 'title'],
    });
    await expect(previewNeed(database, system, { ...sketch, latitude: 26 }, NOW)).rejects.toMatchObject({
      issues: [{ rule: 'point' }],
    });
    await expect(previewNeed(database, system, sketch, NOW, { most: 101 })).rejects.toMatchObject({
      fieldPath: ['most'],
    });
    const nowhere = '01990000-0000-7000-8000-000000000000';
    await expect(previewNeed(database, system, { ...sketch, communityId: nowhere }, NOW)).rejects.toThrow(NotFound);
    await expect(previewNeed(database, anonymousViewer(area.areaId), sketch, NOW)).rejects.toThrow(NotSignedIn);
  });

  it('holds one service against one need: a candidate, or the constraint that it fails and why', async () => {
    const judged = (needId: string, serviceId: string) => evaluateCandidate(database, system, needId, serviceId, NOW);
    expect(await judged(area.needs.yangMeal, area.services.lunch)).toMatchObject({
      passes: true,
      candidate: { serviceId: area.services.lunch },
    });
    expect(await judged(area.needs.longMeal, area.services.lunch)).toMatchObject({
      passes: false,
      constraint: 'CATCHMENT',
    });
    expect(await judged(area.needs.longMeal, area.services.closedCanteen)).toMatchObject({
      passes: false,
      constraint: 'ADMISSION',
    });
    expect(await judged(area.needs.wuPipe, area.services.mediation)).toMatchObject({
      passes: false,
      constraint: 'CATEGORY',
    });
    expect(await judged(area.needs.wuPipe, '01990000-0000-7000-8000-000000000000')).toBeNull();
    const elsewhere = await database.prisma.area.create({ data: { code: 'X', name: '别处', utcOffsetMinutes: 480 } });
    expect(
      await evaluateCandidate(database, systemViewer(elsewhere.id), area.needs.wuPipe, area.services.plumbing, NOW),
    ).toBeNull();
  });
});
