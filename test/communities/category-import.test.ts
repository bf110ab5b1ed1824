import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { categoryImport } from '../../src/communities/category.import.ts';
import { communityImport } from '../../src/communities/community.import.ts';
import type { Database } from '../../src/database/database.ts';
import { type PlantedArea, plantArea } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { contextOf, faultsOf, writeRecords } from '../imports/records.ts';

const CARE = {
  code: 'CARE',
  parent_code: '',
  name: '照护',
  room_class: '社会服务',
  unit: '次',
  accept_within_hours: '4',
  complete_within_hours: '24',
  synonyms: '护理；照料',
};

describe('the list of categories', () => {
  let database: Database;
  let area: PlantedArea;

  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
    area = await plantArea(database);
  });
  afterAll(() => database.close());

  const write = (...records: Record<string, string>[]) =>
    writeRecords(database, categoryImport, contextOf(area.areaId), records);

  it('brings parents and children in together, in Chinese terms', async () => {
    const outcomes = await write(CARE, { ...CARE, code: 'CARE.NIGHT', parent_code: 'CARE', name: '夜间照护' });
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['CREATED', 'CREATED']);
    const night = await database.prisma.category.findFirstOrThrow({
      where: { code: 'CARE.NIGHT' },
      include: { parent: true },
    });
    expect(night.parent?.code).toBe('CARE');
    expect(night).toMatchObject({ roomClass: 'SOCIAL', unit: 'VISIT', synonyms: ['护理', '照料'] });
  });

  it('comes in again as an update that keeps ids', async () => {
    const [before] = await write(CARE);
    const [after] = await write({ ...CARE, name: '照护服务' });
    expect(after).toEqual({ outcome: 'UPDATED', id: (before as { id: string }).id });
    expect(await database.prisma.category.count({ where: { code: 'CARE' } })).toBe(1);
  });

  it('rejects a child whose parent is not there, and takes its neighbours', async () => {
    const outcomes = await write(
      { ...CARE, code: 'ORPHAN', parent_code: 'NOWHERE' },
      { ...CARE, code: 'BELOW_ORPHAN', parent_code: 'ORPHAN' },
      { ...CARE, code: 'FINE', parent_code: 'ELDER' },
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['REJECTED', 'REJECTED', 'CREATED']);
    expect(outcomes[0]).toMatchObject({ issues: [{ path: ['parent_code'], rule: 'unknown_reference' }] });
  });

  it('rejects a category that would come below itself', async () => {
    await write(
      { ...CARE, code: 'A' },
      { ...CARE, code: 'B', parent_code: 'A' },
      { ...CARE, code: 'C', parent_code: 'B' },
    );
    const [outcome] = await write({ ...CARE, code: 'A', parent_code: 'C' });
    expect(outcome).toMatchObject({ outcome: 'REJECTED', issues: [{ path: ['parent_code'], rule: 'cycle' }] });
  });

  it('names the column and rule of what is wrong with a row', () => {
    expect(faultsOf(categoryImport, { ...CARE, room_class: '楼上', accept_within_hours: '四' })).toEqual([
      'room_class choice',
      'accept_within_hours whole_number',
    ]);
    expect(faultsOf(categoryImport, { ...CARE, accept_within_hours: '0' })).toEqual(['accept_within_hours too_small']);
    expect(faultsOf(categoryImport, { ...CARE, parent_code: 'CARE' })).toEqual(['parent_code own_parent']);
    expect(faultsOf(categoryImport, { ...CARE, code: 'A,B' })).toEqual(['code code']);
  });
});

describe('the list of communities', () => {
  it('asks for whole people and a place on earth', () => {
    const community = {
      external_id: 'C9',
      name: '文化社区',
      population: '8,120',
      latitude: '26.58',
      longitude: '107.98',
    };
    expect(faultsOf(communityImport, community)).toEqual([]);
    expect(faultsOf(communityImport, { ...community, population: '8120.5' })).toEqual(['population whole_number']);
    expect(faultsOf(communityImport, { ...community, population: '-1' })).toEqual(['population too_small']);
    expect(faultsOf(communityImport, { ...community, latitude: '107.98', longitude: '26.58' })).toEqual([
      'latitude too_big',
    ]);
    expect(faultsOf(communityImport, { ...community, population: '', name: ' ' })).toEqual([
      'name too_small',
      'population invalid_type',
    ]);
  });
});
