import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { candidates, DEFAULT_PROFILE, type NeedRecord } from '../../src/matching/index.ts';
import { loadCatalogue } from '../../src/matchruns/catalogue.store.ts';
import { askCurrentCatalogue } from '../../src/matchruns/current-catalogue.store.ts';
import { runMatch } from '../../src/matchruns/index.ts';
import { readNeed } from '../../src/matchruns/need-records.store.ts';
import { readAreaFrame } from '../../src/matchruns/service-records.store.ts';
import { clockAt, NOW, type PlantedArea, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';

const DAY_MS = 86_400_000;

describe.each(DATABASE_KINDS)('the catalogue that is kept for previews (%s)', (kind) => {
  let database: Database;
  let area: PlantedArea;

  beforeAll(async () => {
    database = await scratchDatabase(kind);
    area = await plantArea(database);
  });
  afterAll(() => database.close());

  /** What all needs find in the kept catalogue, and in one that is read afresh. */
  async function foundBoth(now = NOW) {
    const { prisma } = database;
    const frame = await readAreaFrame(prisma, area.areaId);
    const needs: NeedRecord[] = [];
    for (const id of Object.values(area.needs)) needs.push((await readNeed(prisma, frame, id, now))!.record);
    const findAll = (catalogue: Parameters<typeof candidates>[0]) => ({
      size: catalogue.size,
      results: needs.map((need) => candidates(catalogue, need, DEFAULT_PROFILE, 10)),
    });
    const kept = await askCurrentCatalogue(database, frame, now, findAll);
    return { kept, fresh: findAll(await loadCatalogue(prisma, frame, now)) };
  }

  const changes: readonly (readonly [what: string, change: (area: PlantedArea) => Promise<unknown>])[] = [
    [
      'a description',
      ({ services }) =>
        database.prisma.service.update({ where: { id: services.lunch }, data: { description: '午餐' } }),
    ],
    [
      'a price, by hand',
      ({ services }) =>
        database.prisma.costOption.updateMany({ where: { serviceId: services.lunch }, data: { amountFen: 1234 } }),
    ],
    [
      'a place',
      ({ services }) =>
        database.prisma.serviceLocation.updateMany({
          where: { serviceId: services.lunch },
          data: { latitude: 26.579 },
        }),
    ],
    [
      'opening hours that are added',
      ({ services }) =>
        database.prisma.scheduleWindow.create({
          data: { serviceId: services.plumbing, day: 2, startMinute: 480, endMinute: 540 },
        }),
    ],
    [
      'a day on which it is closed',
      ({ services }) =>
        database.prisma.scheduleException.create({
          data: { serviceId: services.plumbing, date: new Date('2026-11-25') },
        }),
    ],
    [
      'opening hours that are taken away',
      ({ services }) => database.prisma.scheduleWindow.deleteMany({ where: { serviceId: services.plumbing } }),
    ],
    [
      'an eligibility rule',
      ({ services }) =>
        database.prisma.eligibilityRule.update({ where: { serviceId: services.lunch }, data: { minimumAge: 80 } }),
    ],
    [
      'a community',
      ({ services, communities }) =>
        database.prisma.serviceArea.create({
          data: { serviceId: services.mediation, communityId: communities.yatang },
        }),
    ],
    [
      'a category',
      ({ services, categories }) =>
        database.prisma.serviceCategory.create({
          data: { serviceId: services.plumbing, categoryId: categories.MEDIATION!, position: 1 },
        }),
    ],
    [
      'the admission of a provider',
      ({ providers }) =>
        database.prisma.provider.update({ where: { id: providers.repair }, data: { admission: 'SUSPENDED' } }),
    ],
    [
      'the name of a category',
      ({ categories }) =>
        database.prisma.category.update({ where: { id: categories.MEDIATION! }, data: { name: '邻里调解' } }),
    ],
    [
      'a service back among the drafts',
      ({ services }) =>
        database.prisma.service.update({ where: { id: services.closedCanteen }, data: { status: 'DRAFT' } }),
    ],
    [
      'a service that is new',
      ({ services }) =>
        database.prisma.service.update({ where: { id: services.closedCanteen }, data: { status: 'PUBLISHED' } }),
    ],
    ['places taken by orders', ({ areaId }) => runMatch(database, systemViewer(areaId), {}, { clock: clockAt(NOW) })],
  ];

  it.each(changes)('follows %s', async (_what, change) => {
    await foundBoth();
    await change(area);
    const { kept, fresh } = await foundBoth();
    expect(kept).toEqual(fresh);
  });

  it('counts the places of another day afresh', async () => {
    await foundBoth();
    const { kept, fresh } = await foundBoth(new Date(NOW.getTime() + DAY_MS));
    expect(kept).toEqual(fresh);
  });

  it('reads no service again while nothing is written, and only few where one changed', async () => {
    await foundBoth();
    const frame = await readAreaFrame(database.prisma, area.areaId);
    const catalogueNow = () => askCurrentCatalogue(database, frame, NOW, (catalogue) => catalogue);
    const before = await catalogueNow();
    const statements: string[] = [];
    // The client of Prisma tells of every statement.
    (database.prisma as unknown as { $on: (event: 'query', tell: (event: { query: string }) => void) => void }).$on(
      'query',
      ({ query }) => statements.push(query),
    );
    const services = () => statements.filter((statement) => statement.includes('places_free')).length;
    expect(await catalogueNow()).toBe(before);
    expect(services()).toBe(0);
    await database.prisma.service.update({ where: { id: area.services.lunch }, data: { description: '热午餐' } });
    expect(await catalogueNow()).toBe(before);
    expect(services()).toBe(1);
  });

  it('is asked by many at once, each of whom gets the list as it stands', async () => {
    const frame = await readAreaFrame(database.prisma, area.areaId);
    await database.prisma.service.update({ where: { id: area.services.lunch }, data: { places: 7 } });
    const sizes = await Promise.all(
      Array.from({ length: 5 }, () => askCurrentCatalogue(database, frame, NOW, (catalogue) => catalogue.size)),
    );
    expect(sizes).toEqual([4, 4, 4, 4, 4]);
  });

  it('goes on after a question that fails', async () => {
    const frame = await readAreaFrame(database.prisma, area.areaId);
    const failing = askCurrentCatalogue(database, frame, NOW, () => {
      throw new Error('no answer');
    });
    const next = askCurrentCatalogue(database, frame, NOW, (catalogue) => catalogue.size);
    await expect(failing).rejects.toThrow('no answer');
    expect(await next).toBe(4);
  });
});
