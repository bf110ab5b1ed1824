import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../src/audit/index.ts';
import type { Database } from '../../src/database/database.ts';
import type { Viewer } from '../../src/identity/viewer.ts';
import { showContacts } from '../../src/orders/contact.store.ts';
import { sealResidents } from '../../src/privacy/index.ts';
import { NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { movePlanted, type People, plantAccepted, signInPeople } from './planted.ts';

const TOMORROW = new Date(NOW.getTime() + 86_400_000);

describe.each(DATABASE_KINDS)('the contact of an order in progress, in the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let people: People;
  let meal: string;
  let pipe: string;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
    area = await plantArea(database);
    await sealResidents(database);
    people = await signInPeople(database, area);
    const { needs, services, areaId } = area;
    meal = await plantAccepted(database, areaId, people.canteen, needs.yangMeal, services.lunch);
    pipe = await plantAccepted(database, areaId, people.repair, needs.wuPipe, services.plumbing);
  });
  afterAll(() => database.close());

  const names = async (viewer: Viewer, orderIds = [meal, pipe], now = NOW) =>
    (await showContacts(database, viewer, orderIds, now)).map((contact) => contact?.name ?? null);
  const entries = (viewer: Viewer) =>
    database.prisma.auditEntry.findMany({ where: { actorId: viewer.userId, action: 'resident.contact' } });

  it('is shown to its provider alone of all providers, and the audit log says to whom and for what', async () => {
    expect(await names(people.canteen)).toEqual(['杨秀英', null]);
    expect(await names(people.mediators)).toEqual([null, null]);
    expect(await entries(people.canteen)).toMatchObject([
      { subjectId: area.residents.yang, purpose: 'ORDER_IN_PROGRESS', body: { orderId: meal } },
    ]);
    expect(await entries(people.mediators)).toEqual([]);
  });

  it('is one entry for each viewer, order and day, however often and in parallel it is shown', async () => {
    const twice = [meal, pipe, meal];
    const shown = await Promise.all(Array.from({ length: 5 }, () => names(people.staff, twice)));
    expect(shown[4]).toEqual(['杨秀英', '吴建国', '杨秀英']);
    expect((await entries(people.staff)).map(({ body }) => body)).toHaveLength(2);
    await names(people.staff, [meal], TOMORROW);
    expect(await entries(people.staff)).toHaveLength(3);
    expect(await verifyAudit(database, area.areaId, () => {})).toMatchObject({ faults: 0 });
  });

  it('needs no entry when the resident looks at their own', async () => {
    expect(await names(people.yang)).toEqual(['杨秀英', null]);
    expect(await entries(people.yang)).toEqual([]);
  });

  it.each(['AUDITOR', 'ANALYST'] as const)('is not shown to an %s', async (role) => {
    expect(await names(await signIn(database, area.areaId, role))).toEqual([null, null]);
  });

  it('is hidden again once the order is fulfilled', async () => {
    await movePlanted(database, people.canteen, meal, 'IN_SERVICE');
    expect(await names(people.canteen)).toEqual(['杨秀英', null]);
    await movePlanted(database, people.canteen, meal, 'FULFILLED');
    expect(await names(people.canteen)).toEqual([null, null]);
  });
});
