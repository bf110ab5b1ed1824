import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { runMatch } from '../../src/matchruns/index.ts';
import { revealResident } from '../../src/needs/reveal.store.ts';
import { showContacts } from '../../src/orders/contact.store.ts';
import { sealResidents } from '../../src/privacy/index.ts';
import { RETENTION_PERIODS, removeExpired } from '../../src/retention/index.ts';
import { readPeriods } from '../../src/retention/periods.ts';
import { clockAt, NOW, type PlantedArea, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { movePlanted, type People, plantAccepted, signInPeople } from '../orders/planted.ts';

const later = (days: number) => new Date(NOW.getTime() + days * 86_400_000);

describe.each(DATABASE_KINDS)('what is kept for a time, in the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let people: People;
  let planted = 0;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
  });
  beforeEach(async () => {
    planted += 1;
    area = await plantArea(database, `RETENTION${planted}`);
    await sealResidents(database);
    people = await signInPeople(database, area);
    const { prisma } = database;
    await prisma.resident.updateMany({ where: { areaId: area.areaId }, data: { updatedAt: NOW } });
    await prisma.need.updateMany({ where: { areaId: area.areaId }, data: { updatedAt: NOW } });
  });
  afterAll(() => database.close());

  const remove = async (days: number, isTrial = false) =>
    Object.fromEntries(
      (await removeExpired(database, later(days), { isTrial }))
        .filter(({ areaId }) => areaId === area.areaId)
        .map(({ kind: of, count }) => [of, count]),
    );
  const entries = () =>
    database.prisma.auditEntry.findMany({ where: { areaId: area.areaId, action: 'retention.remove' } });

  it('is removed when its time has come and not before, with an entry of the audit log that says how much', async () => {
    const { needs, services, areaId, residents } = area;
    const order = await plantAccepted(database, areaId, people.canteen, needs.yangMeal, services.lunch);
    await showContacts(database, people.canteen, [order], NOW);
    const subject = { residentId: residents.wu, fields: ['PHONE'], purpose: '核实电话' };
    await revealResident(database, people.staff, subject, NOW);
    await runMatch(database, systemViewer(areaId), {}, { clock: clockAt(NOW) });
    await database.prisma.notice.createMany({
      data: [
        { areaId, kind: 'COMPLETE_OVERDUE', orderId: order, at: NOW },
        { areaId, kind: 'COMPLETE_REMINDER', orderId: order, at: NOW, handledAt: NOW },
      ],
    });

    expect(await remove(1)).toEqual({});
    expect(await remove(2, true)).toEqual({ REVEALS: 1 });
    expect(await entries()).toEqual([]);
    expect(await remove(2)).toEqual({ REVEALS: 1 });
    expect(await remove(32)).toEqual({ CONTACT_VIEWS: 1 });
    expect(await remove(181)).toEqual({ MATCH_RUN_INPUTS: 1 });
    expect(await remove(366)).toEqual({ HANDLED_NOTICES: 1 });
    expect(await remove(366)).toEqual({});
    expect((await entries()).map(({ body, actorId }) => ({ ...(body as object), actorId }))).toEqual(
      expect.arrayContaining([
        { kind: 'REVEALS', count: 1, actorId: null },
        { kind: 'HANDLED_NOTICES', count: 1, actorId: null },
      ]),
    );
    expect(await database.prisma.notice.findMany({ where: { areaId } })).toMatchObject([{ handledAt: null }]);
    expect(await database.prisma.auditEntry.count({ where: { areaId, action: 'resident.reveal' } })).toBe(1);
  });

  it('ends for residents of whom nothing was heard for five years, unless an order is under way', async () => {
    const { needs, services, areaId, residents } = area;
    const order = await plantAccepted(database, areaId, people.canteen, needs.yangMeal, services.lunch);
    await movePlanted(database, people.canteen, order, 'IN_SERVICE');
    const { prisma } = database;
    await prisma.resident.updateMany({ where: { id: residents.long }, data: { updatedAt: later(100) } });
    expect(await remove(1826, true)).toEqual({ ENDED_RESIDENTS: 2 });
    expect(await remove(1826)).toEqual({ ENDED_RESIDENTS: 1 });
    const erased = await prisma.resident.findMany({ where: { areaId, erasedAt: { not: null } } });
    expect(erased.map(({ id }) => id)).toEqual([residents.wu]);
    expect(await remove(1826)).toEqual({});
  });

  it('is removed once when two do it at a time', async () => {
    const subject = { residentId: area.residents.wu, fields: ['PHONE'], purpose: '核实电话' };
    for (let count = 0; count < 5; count += 1) await revealResident(database, people.staff, subject, NOW);
    const [first, second] = await Promise.all([remove(2), remove(2)]);
    expect((first.REVEALS ?? 0) + (second.REVEALS ?? 0)).toBe(5);
  });

  it('is never an open notice', async () => {
    const { areaId } = area;
    const { id } = await database.prisma.notice.create({
      data: { areaId, kind: 'PROGRAMME_LOW', communityId: area.communities.dashizi, at: NOW },
    });
    await expect(database.prisma.$executeRaw`DELETE FROM notices WHERE id = ${id}::uuid`).rejects.toThrow(
      /not handled/,
    );
  });
});

describe('the list of periods', () => {
  it('names in both languages each kind once, and keeps the books and the audit log for good', () => {
    const forGood = RETENTION_PERIODS.filter(({ days }) => days === null).map(({ kind }) => kind);
    expect(forGood).toEqual(['AUDIT_LOG', 'LEDGERS', 'CONSENTS']);
    for (const { name } of RETENTION_PERIODS) expect(name).toEqual({ zh: expect.any(String), en: expect.any(String) });
  });

  const csv = (rows: readonly string[]) => readPeriods(`kind,days,zh,en\n${rows.join('\n')}\n`);
  const good = RETENTION_PERIODS.map(({ kind, days }) => `${kind},${days ?? ''},甲,a`);
  it.each([
    ['the audit log to be removed', good.map((row) => row.replace('AUDIT_LOG,', 'AUDIT_LOG,9'))],
    ['a kind that is not there', [...good.slice(1), 'TEA,9,茶,tea']],
    ['a kind twice', [...good.slice(1), good[1]!]],
    ['no days', good.map((row) => row.replace('REVEALS,1', 'REVEALS,0'))],
  ])('is refused with %s', (_which, rows) => {
    expect(csv(good)).toHaveLength(good.length);
    expect(() => csv(rows)).toThrow();
  });
});
