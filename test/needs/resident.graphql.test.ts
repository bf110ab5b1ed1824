import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { anonymousViewer, systemViewer } from '../../src/identity/viewer.ts';
import { sealResidents } from '../../src/privacy/index.ts';
import { execute, globalId, type PlantedArea, plantArea, signIn } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { type People, signInPeople } from '../orders/planted.ts';

let database: Database;
let area: PlantedArea;
let people: People;

beforeAll(async () => {
  database = await scratchDatabase('EMBEDDED');
  area = await plantArea(database);
  people = await signInPeople(database, area);
  await sealResidents(database);
});
afterAll(() => database.close());

describe('who sees residents', () => {
  const list = async (viewer: People['wu'], text?: string): Promise<string[]> => {
    const source = 'query ($text: String) { residents(text: $text) { totalCount nodes { name } } }';
    const { residents } = await execute(database, viewer, source, { text });
    expect(residents.totalCount).toBe(residents.nodes.length);
    return residents.nodes.map(({ name }: { name: string }) => name);
  };
  const node = async (viewer: People['wu'], id: string) =>
    (
      await execute(database, viewer, 'query ($id: ID!) { node(id: $id) { ... on Resident { name phone } } }', {
        id: globalId('Resident', id),
      })
    ).node;

  test('each viewer sees themselves or those whom they look after', async () => {
    expect(await list(people.admin)).toEqual(['杨**', '龙**', '吴**']);
    expect(await list(people.staff)).toEqual(['杨**', '吴**']);
    expect(await list(people.wu)).toEqual(['吴建国']);
    expect(await list(people.admin, ' 杨秀英')).toEqual(['杨**']);
    expect(await list(people.staff, '+86 138-0855-0000')).toEqual(['杨**', '吴**']);
    expect(await list(people.staff, '龙老四')).toEqual([]);
    await expect(list(people.canteen)).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
    await expect(list(await signIn(database, area.areaId, 'AUDITOR'))).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
    await expect(list(anonymousViewer(area.areaId))).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
  });

  test('by id, one who is not theirs looks as if they were not there', async () => {
    expect(await node(people.wu, area.residents.wu)).toEqual({ name: '吴建国', phone: '13808550000' });
    expect(await node(people.wu, area.residents.yang)).toBeNull();
    expect(await node(people.staff, area.residents.long)).toBeNull();
    expect(await node(people.canteen, area.residents.yang)).toBeNull();
  });

  test('attributes have names in both languages', async () => {
    const source = '{ residents(text: "R01") { nodes { attributes { code name } birthDate needs { totalCount } } } }';
    const { residents } = await execute(database, systemViewer(area.areaId), source, {}, { locale: 'zh' });
    expect(residents.nodes).toEqual([
      {
        attributes: [
          { code: 'ELDERLY', name: '老年人' },
          { code: 'LIVING_ALONE', name: '独居' },
        ],
        birthDate: '1950-03-08',
        needs: { totalCount: 1 },
      },
    ]);
  });
});

describe('registering a resident', () => {
  const save = async (viewer: People['wu'], input: Record<string, unknown>) =>
    (
      await execute(
        database,
        viewer,
        `mutation ($input: ResidentInput!) { saveResident(input: $input) {
          __typename ... on Failure { path message } ... on Resident { name phone attributes { code } community { name } }
        } }`,
        { input: { communityId: globalId('Community', area.communities.dashizi), ...input } },
      )
    ).saveResident;

  test('writes a new one, and over the one with the same external id', async () => {
    expect(await save(people.staff, { externalId: 'R50', name: '潘阿婆', attributes: ['独居'] })).toEqual({
      __typename: 'Resident',
      name: '潘**',
      phone: null,
      attributes: null,
      community: { name: '大十字社区' },
    });
    expect(await save(people.staff, { externalId: 'R50', name: '潘阿婆', phone: '0855-8222222' })).toMatchObject({
      phone: '085****2222',
    });
    expect(await database.prisma.resident.count({ where: { externalId: 'R50' } })).toBe(1);
  });

  test.each([
    ['name', { name: '' }],
    ['phone', { phone: '无' }],
    ['identityNumber', { identityNumber: '522601199105200031' }],
    ['birthDate', { birthDate: '2026-11-25' }],
    ['communityId', { communityId: globalId('Community', '00000000-0000-7000-8000-000000000000') }],
  ])('names the field %s when a rule is broken', async (field, input) => {
    const answer = await save(people.admin, { externalId: 'R51', name: '李四', ...input });
    expect(answer).toMatchObject({ __typename: 'InvalidInput', path: ['input', field] });
  });

  test('staff neither register in another community nor draw a resident out of one', async () => {
    const yatang = { communityId: globalId('Community', area.communities.yatang) };
    expect(await save(people.staff, { externalId: 'R52', name: '李四', ...yatang })).toMatchObject({
      __typename: 'NotAllowed',
    });
    expect(await save(people.staff, { externalId: 'R02', name: '龙老四' })).toMatchObject({ __typename: 'NotAllowed' });
    expect(await database.prisma.resident.findUniqueOrThrow({ where: { id: area.residents.long } })).toMatchObject({
      communityId: area.communities.yatang,
    });
  });

  test('is for staff', async () => {
    expect(await save(people.wu, { externalId: 'R53', name: '李四' })).toMatchObject({ __typename: 'NotAllowed' });
    expect(await save(anonymousViewer(area.areaId), { externalId: 'R53', name: '李四' })).toMatchObject({
      __typename: 'NotSignedIn',
    });
  });
});
