import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { providerImport } from '../../src/services/provider.import.ts';
import { serviceImport } from '../../src/services/service.import.ts';
import { NOW, type PlantedArea, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { contextOf, faultsOf, writeRecords } from '../imports/records.ts';

const SUPPER = {
  external_id: 'S90',
  provider_external_id: 'P01',
  name: '老年晚餐送餐',
  nature: '公益性服务',
  categories: 'ELDER.MEAL;HOME',
  keywords: '助餐、晚餐',
  communities: 'C01；C02',
  locations: '26.581,107.981|颐养饭桌|大十字街道1号; 26.59，107.99',
  radius_metres: '1200',
  schedule: '周一至周五 16:30-18:30；周六 17:00-18:00',
  schedule_exceptions: '2027-01-01 休; 2027-02-06 16:00-17:00,17:30-18:00',
  any_of: 'LIVING_ALONE;DISABLED',
  minimum_age: '60',
  price_yuan: '8.50',
  funding: '政府购买;VOLUNTEER',
  places: '20',
  capacity_period: '每天',
  valid_from: '2026-11-01',
  valid_to: '2027-10-31',
};

describe.each(DATABASE_KINDS)('the service list, %s', (kind) => {
  let database: Database;
  let area: PlantedArea;

  beforeAll(async () => {
    database = await scratchDatabase(kind);
    area = await plantArea(database);
  });
  afterAll(() => database.close());

  const write = (...records: Record<string, string>[]) =>
    writeRecords(database, serviceImport, contextOf(area.areaId), records);
  const service = (externalId: string) =>
    database.prisma.service.findUniqueOrThrow({
      where: { areaId_externalId: { areaId: area.areaId, externalId } },
      include: {
        categories: { orderBy: { position: 'asc' }, include: { category: true } },
        locations: { orderBy: { latitude: 'asc' } },
        serviceAreas: true,
        scheduleWindows: { orderBy: [{ day: 'asc' }, { startMinute: 'asc' }] },
        scheduleExceptions: { orderBy: [{ date: 'asc' }, { startMinute: 'asc' }] },
        eligibility: true,
        costOptions: true,
        funding: true,
      },
    });
  const ledgerOf = async (subjectId: string) =>
    (
      await database.prisma.ledgerEntry.findMany({
        where: { subjectId },
        orderBy: { id: 'asc' },
        include: { ledger: { include: { category: true } } },
      })
    ).map(({ kind, ledger }) => `${kind} ${ledger.category.code} ${ledger.communityId ?? 'area'}`);

  it('brings a service in with everything that belongs to it', async () => {
    const [outcome] = await write(SUPPER);
    expect(outcome).toMatchObject({ outcome: 'CREATED' });
    const written = await service('S90');
    expect(written).toMatchObject({
      providerId: area.providers.canteen,
      nature: 'PUBLIC_BENEFIT',
      status: 'PUBLISHED',
      publishedAt: NOW,
      keywords: ['助餐', '晚餐'],
      radiusMetres: 1200,
      places: 20,
      capacityPeriod: 'DAY',
      validFrom: new Date('2026-10-31T16:00:00Z'),
      validTo: new Date('2027-10-31T15:59:59.999Z'),
      eligibility: { allOf: [], anyOf: ['LIVING_ALONE', 'DISABLED'], noneOf: [], minimumAge: 60, maximumAge: null },
      costOptions: [{ option: 'standard', amountFen: 850, unit: 'MEAL' }],
    });
    expect(written.categories.map(({ category }) => category.code)).toEqual(['ELDER.MEAL', 'HOME']);
    expect(written.locations).toMatchObject([
      { latitude: 26.581, longitude: 107.981, name: '颐养饭桌', address: '大十字街道1号' },
      { latitude: 26.59, longitude: 107.99, name: null, address: null },
    ]);
    expect(written.serviceAreas.map(({ communityId }) => communityId).toSorted()).toEqual(
      Object.values(area.communities).toSorted(),
    );
    expect(written.scheduleWindows).toHaveLength(6);
    expect(written.scheduleExceptions).toMatchObject([
      { date: new Date('2027-01-01'), startMinute: null, endMinute: null },
      { date: new Date('2027-02-06'), startMinute: 960, endMinute: 1020 },
      { date: new Date('2027-02-06'), startMinute: 1050, endMinute: 1080 },
    ]);
    expect(written.funding.map(({ source }) => source).toSorted()).toEqual(['GOVERNMENT_PURCHASE', 'VOLUNTEER']);
  });

  it('coming in again leaves exactly what the list now says, under the same id', async () => {
    const [before] = await write(SUPPER);
    const bare = {
      external_id: 'S90',
      provider_external_id: 'P02',
      name: '晚餐',
      nature: 'COMMERCIAL',
      categories: 'HOME',
    };
    const [after] = await write(bare);
    expect(after).toEqual({ outcome: 'UPDATED', id: (before as { id: string }).id });
    expect(await service('S90')).toMatchObject({
      providerId: area.providers.repair,
      nature: 'COMMERCIAL',
      categories: [{ position: 0, category: { code: 'HOME' } }],
      locations: [],
      serviceAreas: [],
      scheduleWindows: [],
      scheduleExceptions: [],
      eligibility: null,
      costOptions: [{ amountFen: 0, unit: 'VISIT' }],
      funding: [],
      places: null,
      radiusMetres: null,
      validTo: null,
    });
  });

  it('records each publication and withdrawal once, in the book of the main category', async () => {
    const record = { ...SUPPER, external_id: 'S91' };
    const [created] = await write({ ...record, status: '草稿' });
    const { id } = created as { id: string };
    expect(await ledgerOf(id)).toEqual([]);
    await write(record);
    await write({ ...record, name: '换个名字' });
    expect(await ledgerOf(id)).toEqual(['SERVICE_PUBLISHED ELDER.MEAL area']);
    await write({ ...record, categories: 'HOME' });
    expect((await ledgerOf(id)).slice(1)).toEqual(['SERVICE_WITHDRAWN ELDER.MEAL area', 'SERVICE_PUBLISHED HOME area']);
    await write({ ...record, categories: 'HOME', status: 'WITHDRAWN' });
    await write({ ...record, categories: 'HOME', status: 'WITHDRAWN' });
    expect((await ledgerOf(id)).slice(3)).toEqual(['SERVICE_WITHDRAWN HOME area']);
  });

  it('rejects a row that refers to something that is not there, and takes its neighbours', async () => {
    const outcomes = await write(
      { ...SUPPER, external_id: 'S92', provider_external_id: 'P99', categories: 'ELDER.MEAL;NO', communities: 'C77' },
      { ...SUPPER, external_id: 'S93' },
    );
    expect(outcomes[0]).toMatchObject({
      outcome: 'REJECTED',
      issues: [
        { path: ['provider_external_id'], rule: 'unknown_reference' },
        { path: ['categories'], rule: 'unknown_reference' },
        { path: ['communities'], rule: 'unknown_reference' },
      ],
    });
    expect(outcomes[1]).toMatchObject({ outcome: 'CREATED' });
    expect(await database.prisma.service.count({ where: { externalId: 'S92' } })).toBe(0);
  });

  it('finds the category of a service without one by its words, or says how far it is open', async () => {
    const outcomes = await write(
      { ...SUPPER, external_id: 'S97', name: '水电维修', keywords: '修水管', categories: '' },
      { ...SUPPER, external_id: 'S98', name: '其他', keywords: '', categories: '' },
    );
    expect(outcomes[0]).toMatchObject({ outcome: 'CREATED' });
    expect((await service('S97')).categories.map(({ category }) => category.code)).toEqual(['HOME.PLUMBING']);
    expect(outcomes[1]).toMatchObject({
      outcome: 'REJECTED',
      issues: [{ path: ['categories'], rule: 'category_unclear' }],
    });
  });

  it('gives running periods the places now offered, never fewer than are taken, and leaves past ones', async () => {
    const record = { ...SUPPER, external_id: 'S94' };
    const [created] = await write(record);
    const { id: serviceId } = created as { id: string };
    // It is 24 November in Kaili.
    const period = (date: string, reserved: number) => ({
      serviceId,
      periodStart: new Date(date),
      places: 20,
      reserved,
    });
    // Places are taken by orders only; here they are planted.
    await database.prisma.$executeRaw`ALTER TABLE service_capacities DISABLE TRIGGER service_capacities_guard`;
    await database.prisma.serviceCapacity.createMany({
      data: [period('2026-11-23', 2), period('2026-11-24', 2), period('2026-11-25', 15)],
    });
    await database.prisma.$executeRaw`ALTER TABLE service_capacities ENABLE TRIGGER service_capacities_guard`;
    await write({ ...record, places: '10' });
    const periods = await database.prisma.serviceCapacity.findMany({
      where: { serviceId },
      orderBy: { periodStart: 'asc' },
    });
    expect(periods.map(({ places }) => places)).toEqual([20, 10, 15]);
  });

  it('keeps the appraisals and the publication time of a service that comes in again', async () => {
    const record = { ...SUPPER, external_id: 'S95' };
    await write(record);
    const { id } = await service('S95');
    await database.prisma.service.update({ where: { id }, data: { appraisalCount: 3, appraisalSum: 14 } });
    const later = contextOf(area.areaId, { now: new Date('2026-12-01T00:00:00Z') });
    await writeRecords(database, serviceImport, later, [record]);
    expect(await service('S95')).toMatchObject({ appraisalCount: 3, appraisalSum: 14, publishedAt: NOW });
  });

  it('moves every date by the days of an example area', async () => {
    await writeRecords(database, serviceImport, contextOf(area.areaId, { shiftDays: 10 }), [
      { ...SUPPER, external_id: 'S96' },
    ]);
    expect(await service('S96')).toMatchObject({
      validFrom: new Date('2026-11-10T16:00:00Z'),
      scheduleExceptions: [{ date: new Date('2027-01-11') }, { date: new Date('2027-02-16') }, {}],
    });
  });
});

describe('a row of the service list', () => {
  it.each([
    [{ price_yuan: '八块' }, 'price_yuan yuan'],
    [{ price_yuan: '8.505' }, 'price_yuan yuan'],
    [{ price_yuan: '-1' }, 'price_yuan yuan'],
    [{ price_yuan: '1000000.01' }, 'price_yuan too_big'],
    [{ schedule: '早上' }, 'schedule schedule'],
    [{ schedule: 'Mo 25:00-26:00' }, 'schedule schedule'],
    [{ schedule_exceptions: '2027-02-30 休' }, 'schedule_exceptions schedule_exceptions'],
    [{ locations: '大十字' }, 'locations locations'],
    [{ locations: '96.5,107.9' }, 'locations too_big'],
    [{ locations: '' }, 'radius_metres circle'],
    [{ radius_metres: '0' }, 'radius_metres too_small'],
    [{ maximum_age: '50' }, 'maximum_age age_range'],
    [{ valid_to: '2026-10-30' }, 'valid_to term'],
    [{ valid_to: '2027-13-01' }, 'valid_to date_time'],
    [{ nature: '' }, 'nature invalid_value'],
    [{ nature: '好服务' }, 'nature choice'],
    [{ funding: '众筹' }, 'funding choice'],
    [{ name: '' }, 'name too_small'],
    [{ external_id: '' }, 'external_id too_small'],
    [{ name: '晚餐\u0000' }, 'name control_characters'],
    [{ places: '3000000000' }, 'places too_big'],
  ])('%j breaks %s', (change, fault) => {
    expect(faultsOf(serviceImport, { ...SUPPER, ...change })).toEqual([fault]);
  });

  it('takes yuan to the fen, exactly', () => {
    const fen = (price_yuan: string) => serviceImport.schema(contextOf('')).parse({ ...SUPPER, price_yuan }).priceFen;
    expect(['0.29', '1.15', '8.5', '35.00', '¥12', '1,234.56元', '免费', ''].map(fen)).toEqual([
      29, 115, 850, 3500, 1200, 123456, 0, 0,
    ]);
  });
});

describe('the list of providers', () => {
  const PROVIDER = { external_id: 'P9', name: '凯里律师事务所', kind: '企业' };

  it('understands Chinese terms and asks for both coordinates or none', () => {
    expect(providerImport.schema(contextOf('')).parse(PROVIDER)).toMatchObject({
      kind: 'SOCIAL',
      admission: 'ADMITTED',
    });
    expect(faultsOf(providerImport, { ...PROVIDER, latitude: '26.5' })).toEqual(['longitude point']);
    expect(faultsOf(providerImport, { ...PROVIDER, kind: '', email: 'x' })).toEqual([
      'kind invalid_value',
      'email invalid_format',
    ]);
  });

  it('comes in again as an update that keeps ids', async () => {
    const database = await scratchDatabase('EMBEDDED');
    const { areaId } = await plantArea(database);
    const [created] = await writeRecords(database, providerImport, contextOf(areaId), [PROVIDER]);
    const [updated] = await writeRecords(database, providerImport, contextOf(areaId), [
      { ...PROVIDER, admission: '暂停' },
    ]);
    expect([created!.outcome, updated]).toEqual(['CREATED', { ...created, outcome: 'UPDATED' }]);
    expect(await database.prisma.provider.findFirst({ where: { externalId: 'P9' } })).toMatchObject({
      admission: 'SUSPENDED',
    });
    await database.close();
  });
});
