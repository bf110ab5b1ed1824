import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../src/audit/index.ts';
import type { Database } from '../../src/database/database.ts';
import { newId } from '../../src/database/id.ts';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import { cancelSettlement, draftSettlement } from '../../src/funding/settlement.store.ts';
import { systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { verifyLedgers } from '../../src/ledger/index.ts';
import { replayRun, runMatch } from '../../src/matchruns/index.ts';
import { recordConsent } from '../../src/needs/consent.store.ts';
import { eraseAsSystem, eraseResident, listErasures } from '../../src/needs/erasure.store.ts';
import { saveResident } from '../../src/needs/resident.store.ts';
import { exportResident } from '../../src/needs/resident-export.store.ts';
import { revealResident } from '../../src/needs/reveal.store.ts';
import { sealResidents } from '../../src/privacy/index.ts';
import { clockAt, execute, globalId, NOW, type PlantedArea, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { dispatchPairs, plantProgramme, TO_CONFIRMED, walkOrder } from '../funding/planted.ts';
import { brokenInvariants, movePlanted, type People, plantAccepted, signInPeople } from '../orders/planted.ts';

/** Everything by which Mrs Yang could be told, as it was written. */
const PERSONAL = [
  '杨秀英',
  '13808550000',
  '大十字街道3栋501',
  '522601195003080026',
  '1950-03-08',
  '送到家里',
  'LIVING_ALONE',
];

describe.each(DATABASE_KINDS)('a resident who is erased, in the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let people: People;
  let planted = 0;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
  });
  beforeEach(async () => {
    planted += 1;
    area = await plantArea(database, `ERASURE${planted}`);
    const { yang, long, wu } = area.residents;
    await database.prisma.resident.update({
      where: { id: yang },
      data: {
        address: '大十字街道3栋501',
        identityNumber: '522601195003080026',
        latitude: 26.5812,
        longitude: 107.9812,
      },
    });
    await database.prisma.resident.updateMany({ where: { id: { in: [long, wu] } }, data: { phone: '13900000000' } });
    await sealResidents(database);
    people = await signInPeople(database, area);
  });
  afterAll(() => database.close());

  const erase = (viewer: Viewer = people.admin, purpose: string | null = '居民书面申请删除') =>
    eraseResident(database, viewer, { residentId: area.residents.yang, purpose }, NOW);
  const accepted = () => plantAccepted(database, area.areaId, people.canteen, area.needs.yangMeal, area.services.lunch);
  const everything = async () => {
    const tables = await database.prisma.$queryRaw<{ name: string }[]>`
      SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`;
    const found: string[] = [];
    for (const { name } of tables) {
      const rows = await database.prisma.$queryRawUnsafe<{ text: string }[]>(`SELECT t::text AS text FROM "${name}" t`);
      for (const { text } of rows) {
        const told = PERSONAL.filter((word) => text.includes(word));
        if (told.length > 0 && text.includes(area.residents.yang)) found.push(`${name}: ${told.join(' ')}`);
        if (told.length > 0 && text.includes(area.needs.yangMeal)) found.push(`${name}: ${told.join(' ')}`);
      }
    }
    return found;
  };
  const faults = async () => [
    await verifyLedgers(database, area.areaId, () => {}),
    await verifyAudit(database, area.areaId, () => {}),
  ];

  it('leaves nothing personal in any table, and every chain whole', async () => {
    await runMatch(database, systemViewer(area.areaId), {}, { clock: clockAt(NOW) });
    const subject = { residentId: area.residents.yang, fields: ['PHONE'], purpose: '核实电话' };
    await revealResident(database, people.staff, subject, NOW);
    const consent = { residentId: area.residents.yang, purpose: 'FOLLOW_UP_CONTACT', given: false, manner: null };
    await recordConsent(database, people.yang, consent, NOW);
    expect(await everything()).not.toEqual([]);
    const entries = await database.prisma.ledgerEntry.findMany({ where: { ledger: { areaId: area.areaId } } });

    await erase();

    expect(await everything()).toEqual([]);
    expect(await database.prisma.residentKey.count({ where: { residentId: area.residents.yang } })).toBe(0);
    expect(await database.prisma.residentReveal.count({ where: { residentId: area.residents.yang } })).toBe(0);
    expect(await database.prisma.need.findUnique({ where: { id: area.needs.yangMeal } })).toMatchObject({
      state: 'WITHDRAWN',
      title: '',
      latitude: null,
      externalId: `erased:${area.needs.yangMeal}`,
    });
    expect(await database.prisma.resident.findUnique({ where: { id: area.residents.yang } })).toMatchObject({
      name: '',
      birthDate: null,
      latitude: null,
      nameIndex: null,
      externalId: `erased:${area.residents.yang}`,
    });
    for (const verified of await faults()) expect(verified).toMatchObject({ faults: 0 });
    expect(await brokenInvariants(database, area.areaId)).toEqual([]);
    const now = await database.prisma.ledgerEntry.findMany({ where: { id: { in: entries.map(({ id }) => id) } } });
    expect(now.map(({ hash }) => hash).sort()).toEqual(entries.map(({ hash }) => hash).sort());
  });

  it('was not personal in the ledgers before: entries hold ids, codes and numbers alone', async () => {
    const order = await accepted();
    await movePlanted(database, people.yang, order, 'CANCELLED', '13808550000 杨秀英 今天不在家');
    const entries = await database.prisma.ledgerEntry.findMany({ where: { ledger: { areaId: area.areaId } } });
    expect(entries.length).toBeGreaterThan(3);
    const values = new Set<unknown>();
    const collect = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) values.add(value);
      else for (const part of Object.values(value)) collect(part);
    };
    for (const { body } of entries) collect(body);
    const texts = [...values].filter((value) => typeof value === 'string');
    expect(texts.filter((text) => !/^[A-Z_.]+$|^[0-9a-f-]{36}$|^\d+$/.test(text))).toEqual([]);
  });

  it('has their order cancelled and their need withdrawn, and is not shown any more', async () => {
    const order = await accepted();
    await erase();
    expect(await database.prisma.order.findUnique({ where: { id: order } })).toMatchObject({ state: 'CANCELLED' });
    expect(await listErasures(database)).toContainEqual(
      expect.objectContaining({ residentId: area.residents.yang, purpose: '居民书面申请删除' }),
    );
    const source =
      'query ($resident: ID!, $order: ID!) { resident: node(id: $resident) { id } order: node(id: $order) { ... on Order { need { title resident { name } } events { reason } } } }';
    const ids = { resident: globalId('Resident', area.residents.yang), order: globalId('Order', order) };
    expect(await execute(database, people.admin, source, ids)).toEqual({
      resident: null,
      order: { need: { title: '', resident: null }, events: [{ reason: null }, { reason: null }, { reason: null }] },
    });
    for (const ask of [
      () => exportResident(database, people.admin, { residentId: area.residents.yang, purpose: '再核对一次' }, NOW),
      () => erase(),
    ]) {
      await expect(ask()).rejects.toMatchObject({ name: 'NotFound' });
    }
  });

  it('by themselves cannot sign in again, and the user is nobody', async () => {
    await erase(people.yang, null);
    const user = await database.prisma.user.findUniqueOrThrow({
      where: { id: people.yang.userId! },
      include: { grants: true },
    });
    expect(user).toMatchObject({ subject: `erased:${user.id}`, displayName: '', grants: [] });
  });

  it.each([
    ['IN_SERVICE', ['IN_SERVICE']],
    ['FULFILLED', ['IN_SERVICE', 'FULFILLED']],
  ] as const)('is refused while an order is %s, and nothing is touched', async (_state, path) => {
    const order = await accepted();
    for (const to of path) await movePlanted(database, people.canteen, order, to);
    const before = await database.prisma.resident.findUnique({ where: { id: area.residents.yang } });
    await expect(erase()).rejects.toMatchObject({ name: 'ErasureHindered', hindrance: 'ORDER_UNDER_WAY' });
    expect(await database.prisma.resident.findUnique({ where: { id: area.residents.yang } })).toEqual(before);
  });

  it('is refused while a settlement with an order of theirs is open, and not once it is cancelled', async () => {
    const programmeId = await plantProgramme(database, area.areaId, 'HALF');
    const pair = [area.needs.yangMeal, area.services.lunch] as const;
    const [outcome] = await dispatchPairs(database, area.areaId, [pair]);
    await walkOrder(database, area, outcome!.orderId!, TO_CONFIRMED);
    const period = { periodFrom: new Date(NOW.getTime() - 86_400_000), periodTo: new Date(NOW.getTime() + 86_400_000) };
    const asked = { programmeId, providerId: area.providers.canteen, ...period };
    const settlementId = await draftSettlement(database, people.admin, asked, new Date(NOW.getTime() + 2 * 86_400_000));
    await expect(erase()).rejects.toMatchObject({ name: 'ErasureHindered', hindrance: 'SETTLEMENT_OPEN' });
    await cancelSettlement(database, people.admin, { settlementId, version: 1 }, NOW);
    await erase();
    expect((await verifyLedgers(database, area.areaId, () => {})).faults).toBe(0);
    expect(await brokenInvariants(database, area.areaId)).toEqual([]);
  });

  it('comes back with a list as a new resident, to whom nothing of the old hangs', async () => {
    await erase();
    const again = {
      externalId: 'R01',
      communityId: area.communities.dashizi,
      name: '杨秀英',
      birthDate: '1950-03-08',
    };
    const id = await saveResident(database, people.admin, again, NOW);
    expect(id).not.toBe(area.residents.yang);
    expect(await database.prisma.need.count({ where: { residentId: id } })).toBe(0);
    expect(await database.prisma.consentRecord.count({ where: { residentId: id } })).toBe(0);
  });

  it('has the recorded inputs of their match runs removed, which are replayed no more', async () => {
    const runId = await runMatch(database, systemViewer(area.areaId), {}, { clock: clockAt(NOW) });
    expect((await replayRun(database, runId)).differences).toEqual([]);
    await erase();
    await expect(replayRun(database, runId)).rejects.toMatchObject({ name: 'NotFound' });
  });

  it('is erased again after an old copy was restored, once', async () => {
    const system = systemViewer(area.areaId);
    const again = () => eraseAsSystem(database, system, area.residents.yang, 'REAPPLIED', NOW);
    expect(await again()).toBe('ERASED');
    expect(await again()).toBe('GONE');
    expect(await eraseAsSystem(database, system, newId(), 'REAPPLIED', NOW)).toBe('GONE');
  });

  it('stays so against plain SQL: no change, no key, no need', async () => {
    await erase();
    const id = area.residents.yang;
    const { prisma } = database;
    const state = (work: Promise<unknown>) => work.then(() => null, sqlStateOf);
    expect(await state(prisma.$executeRaw`UPDATE residents SET name = 'x' WHERE id = ${id}::uuid`)).toBe('LD015');
    expect(
      await state(
        prisma.$executeRaw`INSERT INTO resident_keys (resident_id, key_id, wrapped) VALUES (${id}::uuid, 'k', 'w')`,
      ),
    ).toBe('LD016');
    expect(
      await state(prisma.$executeRaw`UPDATE needs SET resident_id = ${id}::uuid WHERE id = ${area.needs.wuPipe}::uuid`),
    ).toBe('LD017');
    expect(await state(prisma.$executeRaw`DELETE FROM resident_erasures WHERE resident_id = ${id}::uuid`)).toBe(
      'LD002',
    );
  });

  it('takes no need that is registered at the same moment', async () => {
    const {
      id: _,
      preferredWindows: __,
      ...like
    } = await database.prisma.need.findUniqueOrThrow({
      where: { id: area.needs.yangMeal },
    });
    const register = () => database.prisma.need.create({ data: { ...like, externalId: 'N77' } });
    await Promise.allSettled([erase(), register()]);
    await erase().catch(() => {});
    const titles = await database.prisma.need.findMany({ where: { residentId: area.residents.yang } });
    expect(titles.map(({ title }) => title).filter((title) => title !== '')).toEqual([]);
  });
});
