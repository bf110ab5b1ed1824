import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { residentImport } from '../../src/needs/resident.import.ts';
import { keyringIn, openAttributes, openField } from '../../src/privacy/index.ts';
import { type PlantedArea, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { bringIn, importContext, readRecord } from './bring-in.ts';

const MRS_PAN = { external_id: 'R90', community: 'C01', name: '潘阿婆' };

describe('a record of a list of residents', () => {
  const read = (record: Record<string, string>) => readRecord(residentImport, importContext('area'), record);

  test('is read with Chinese words for gender and attributes', () => {
    const cells = {
      birth_date: '1948年3月8日',
      gender: '女',
      phone: '0855-8222222',
      address: ' 环城西路12号 ',
      identity_number: '522601194803080026',
      latitude: '26.58',
      longitude: '107.98',
      attributes: '独居；残疾、low_income;烈士遗属',
    };
    expect(read({ ...MRS_PAN, ...cells })).toEqual({
      row: {
        externalId: 'R90',
        community: 'C01',
        name: '潘阿婆',
        basis: null,
        birthDate: '1948-03-08',
        gender: 'FEMALE',
        phone: '0855-8222222',
        address: '环城西路12号',
        identityNumber: '522601194803080026',
        latitude: 26.58,
        longitude: 107.98,
        attributes: ['LIVING_ALONE', 'DISABLED', 'LOW_INCOME', '烈士遗属'],
      },
    });
  });

  test('needs no more than an id, a community and a name', () => {
    expect(read(MRS_PAN)).toMatchObject({
      row: { gender: 'UNKNOWN', birthDate: null, attributes: [], latitude: null },
    });
  });

  test.each([
    ['external_id', { external_id: ' ' }, 'too_small'],
    ['community', { community: '' }, 'too_small'],
    ['name', { name: '' }, 'too_small'],
    ['birth_date', { birth_date: '2026-11-25' }, 'birth_date'],
    ['birth_date', { birth_date: '1899-12-31' }, 'date'],
    ['birth_date', { birth_date: '2001-02-29' }, 'date'],
    ['gender', { gender: '男人' }, 'choice'],
    ['phone', { phone: '请打给儿子' }, 'phone'],
    ['identity_number', { identity_number: '522601194803080021' }, 'identity_number'],
    ['latitude', { latitude: '91', longitude: '107' }, 'too_big'],
    ['latitude', { latitude: '26.5' }, 'whole_point'],
  ])('names the column %s when %j breaks a rule', (column, cells, rule) => {
    expect(read({ ...MRS_PAN, ...cells })).toEqual({
      issues: [expect.objectContaining({ path: [column], rule })],
    });
  });

  test('accepts someone born today, local time, although it is still yesterday in London', () => {
    const context = importContext('area', { now: new Date('2026-11-24T17:00:00Z') });
    expect(readRecord(residentImport, context, { ...MRS_PAN, birth_date: '2026-11-25' })).toHaveProperty('row');
  });

  test('moves birth dates with every other date of the example area', () => {
    const context = importContext('area', { shiftDays: 2 });
    expect(readRecord(residentImport, context, { ...MRS_PAN, birth_date: '1950-12-31' })).toMatchObject({
      row: { birthDate: '1951-01-02' },
    });
  });
});

describe.each(DATABASE_KINDS)('a list of residents on the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
    area = await plantArea(database);
  });
  afterAll(() => database.close());

  test('comes in once, and again over itself', async () => {
    const context = importContext(area.areaId);
    const records = [
      { ...MRS_PAN, attributes: '独居' },
      { external_id: 'R91', community: '鸭塘社区', name: '王大爷' },
    ];
    const first = await bringIn(database, residentImport, context, records);
    expect(first.map(({ outcome }) => outcome)).toEqual(['CREATED', 'CREATED']);
    const second = await bringIn(database, residentImport, context, [
      { ...MRS_PAN, attributes: '独居;残疾', phone: '13885500000' },
      records[1]!,
    ]);
    expect(second.map(({ outcome }) => outcome)).toEqual(['UPDATED', 'UPDATED']);
    const stored = await database.prisma.resident.findMany({
      where: { externalId: { in: ['R90', 'R91'] } },
      orderBy: { externalId: 'asc' },
      include: { key: true },
    });
    const keyring = keyringIn(database.prisma);
    const opened = stored.map((resident) => ({
      communityId: resident.communityId,
      name: openField(keyring, resident, 'name', resident.name),
      phone: openField(keyring, resident, 'phone', resident.phone),
      attributes: openAttributes(keyring, resident, resident.attributes),
    }));
    expect(opened).toMatchObject([
      { communityId: area.communities.dashizi, attributes: ['LIVING_ALONE', 'DISABLED'], phone: '13885500000' },
      { communityId: area.communities.yatang, name: '王大爷' },
    ]);
    expect(JSON.stringify(stored)).not.toMatch(/王大爷|LIVING_ALONE|13885500000/);
    expect(second.map((outcome) => 'id' in outcome && outcome.id)).toEqual(stored.map(({ id }) => id));
  });

  test('leaves out who names a community that is not there, and takes the others', async () => {
    const outcomes = await bringIn(database, residentImport, importContext(area.areaId), [
      { external_id: 'R92', community: 'C77', name: '李四' },
      { external_id: 'R93', community: 'C01', name: '张三' },
    ]);
    expect(outcomes).toMatchObject([
      { outcome: 'REJECTED', issues: [{ path: ['community'], rule: 'unknown_reference' }] },
      { outcome: 'CREATED' },
    ]);
    expect(await database.prisma.resident.count({ where: { externalId: 'R92' } })).toBe(0);
  });

  test('does not find the communities of another area', async () => {
    const other = await database.prisma.area.create({ data: { code: 'OTHER', name: '他市', utcOffsetMinutes: 480 } });
    const [outcome] = await bringIn(database, residentImport, importContext(other.id), [MRS_PAN]);
    expect(outcome).toMatchObject({ outcome: 'REJECTED', issues: [{ path: ['community'] }] });
  });
});
