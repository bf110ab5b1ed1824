import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import type { ConsentPurpose } from '../../src/generated/prisma/enums.ts';
import { systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { runMatch } from '../../src/matchruns/index.ts';
import { ConsentWithheld, recordConsent } from '../../src/needs/consent.store.ts';
import { revealResident } from '../../src/needs/reveal.store.ts';
import { showContacts } from '../../src/orders/contact.store.ts';
import { sealResidents } from '../../src/privacy/index.ts';
import { clockAt, execute, globalId, NOW, type PlantedArea, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { type People, plantAccepted, signInPeople } from '../orders/planted.ts';

describe.each(DATABASE_KINDS)('consent, in the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let people: People;
  let planted = 0;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
  });
  beforeEach(async () => {
    planted += 1;
    area = await plantArea(database, `CONSENT${planted}`);
    await sealResidents(database);
    people = await signInPeople(database, area);
  });
  afterAll(() => database.close());

  const say = (viewer: Viewer, purpose: ConsentPurpose, given: boolean, manner: string | null = null) =>
    recordConsent(database, viewer, { residentId: area.residents.yang, purpose, given, manner }, NOW);
  const restOnConsent = () =>
    database.prisma.resident.update({ where: { id: area.residents.yang }, data: { basis: 'CONSENT' } });
  const lunchGoesTo = async () => {
    const { lunch } = area.services;
    await database.prisma.eligibilityRule.update({ where: { serviceId: lunch }, data: { allOf: ['LIVING_ALONE'] } });
    await runMatch(database, systemViewer(area.areaId), {}, { clock: clockAt(NOW) });
    return (await database.prisma.order.findMany({ where: { serviceId: lunch } })).map(({ needId }) => needId);
  };

  it('is assumed where the office works by law, and decides matching until it is withdrawn', async () => {
    expect(await lunchGoesTo()).toEqual([area.needs.yangMeal]);
  });

  it('to the use of sensitive attributes, withdrawn: a service for those who live alone is not matched', async () => {
    await say(people.yang, 'HEALTH_ATTRIBUTES', false);
    expect(await lunchGoesTo()).toEqual([]);
  });

  it('must have been given where the record rests on consent alone', async () => {
    await restOnConsent();
    expect(await lunchGoesTo()).toEqual([]);
    await say(people.yang, 'HEALTH_ATTRIBUTES', true);
    expect(await lunchGoesTo()).toEqual([area.needs.yangMeal]);
  });

  it('keeps what is not sensitive: a service for the elderly is matched all the same', async () => {
    await say(people.yang, 'HEALTH_ATTRIBUTES', false);
    const { lunch } = area.services;
    await database.prisma.eligibilityRule.update({ where: { serviceId: lunch }, data: { allOf: ['ELDERLY'] } });
    await runMatch(database, systemViewer(area.areaId), {}, { clock: clockAt(NOW) });
    expect(await database.prisma.order.count({ where: { serviceId: lunch } })).toBe(1);
  });

  it('to sharing with providers, withdrawn: the provider of an order sees the contact masked, staff see it', async () => {
    const { needs, services, areaId } = area;
    const order = await plantAccepted(database, areaId, people.canteen, needs.yangMeal, services.lunch);
    const contact = async (viewer: Viewer) => (await showContacts(database, viewer, [order], NOW))[0];
    const whole = { name: '杨秀英', phone: '13808550000', address: null };
    expect(await contact(people.canteen)).toEqual(whole);
    await say(people.staff, 'SHARING_WITH_PROVIDERS', false, 'SPOKEN');
    expect(await contact(people.canteen)).toEqual({ name: '杨**', phone: '138****0000', address: null });
    expect(await contact(people.staff)).toEqual(whole);
    expect(await contact(people.yang)).toEqual(whole);
    await say(people.staff, 'SHARING_WITH_PROVIDERS', true, 'PAPER');
    expect(await contact(people.canteen)).toEqual(whole);
  });

  it('to being called, withdrawn: staff see the telephone only while a need is under way', async () => {
    const ask = (fields: string[]) =>
      revealResident(database, people.staff, { residentId: area.residents.yang, fields, purpose: '回访满意度' }, NOW);
    await say(people.yang, 'FOLLOW_UP_CONTACT', false);
    await ask(['PHONE']);
    await database.prisma.need.update({ where: { id: area.needs.yangMeal }, data: { state: 'WITHDRAWN' } });
    await expect(ask(['PHONE'])).rejects.toThrow(ConsentWithheld);
    await ask(['NAME']);
  });

  it('is a history that nobody changes, with how it was said, and the audit log says who recorded it', async () => {
    await say(people.yang, 'HEALTH_ATTRIBUTES', false);
    const id = await say(people.staff, 'HEALTH_ATTRIBUTES', true, 'PAPER');
    const source = `query ($id: ID!) { node(id: $id) { ... on Resident {
      basis consents { purpose name given isPermitted } consentRecords { given manner } } } }`;
    const { node } = await execute(
      database,
      people.staff,
      source,
      { id: globalId('Resident', area.residents.yang) },
      { locale: 'zh' },
    );
    expect(node).toMatchObject({
      basis: 'STATUTORY_DUTY',
      consentRecords: [
        { given: false, manner: 'SELF' },
        { given: true, manner: 'PAPER' },
      ],
    });
    expect(node.consents[0]).toEqual({
      purpose: 'HEALTH_ATTRIBUTES',
      name: '使用健康、困难和家庭属性（敏感个人信息，单独同意）',
      given: true,
      isPermitted: true,
    });
    const entries = await database.prisma.auditEntry.findMany({
      where: { subjectId: area.residents.yang, action: { startsWith: 'consent.' } },
    });
    expect(entries.map(({ action, actorId }) => [action, actorId]).sort()).toEqual([
      ['consent.give', people.staff.userId],
      ['consent.withdraw', people.yang.userId],
    ]);
    await expect(
      database.prisma.$executeRaw`UPDATE consent_records SET given = false WHERE id = ${id}::uuid`,
    ).rejects.toThrow(/append-only/);
    await expect(database.prisma.$executeRaw`DELETE FROM consent_records WHERE id = ${id}::uuid`).rejects.toThrow(
      /append-only/,
    );
  });

  it.each([
    ['staff without saying how', () => people.staff, null, 'InvalidInput'],
    ['staff as if the resident had signed in', () => people.staff, 'SELF', 'InvalidInput'],
    ['the resident on paper', () => people.yang, 'PAPER', 'InvalidInput'],
    ['another resident', () => people.wu, null, 'NotFound'],
    ['the provider who wants to see', () => people.canteen, 'SPOKEN', 'NotFound'],
  ])('is not recorded by %s', async (_who, viewer, manner, failure) => {
    await expect(say(viewer(), 'SHARING_WITH_PROVIDERS', true, manner)).rejects.toMatchObject({ name: failure });
    expect(await database.prisma.consentRecord.count({ where: { residentId: area.residents.yang } })).toBe(0);
  });
});
