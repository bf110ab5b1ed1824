import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { anonymousViewer, type Viewer } from '../../src/identity/viewer.ts';
import { execute, globalId, type PlantedArea, plantArea, signIn } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';

describe('communities and categories over GraphQL', () => {
  let database: Database;
  let area: PlantedArea;
  let elsewhere: PlantedArea;
  let admin: Viewer;

  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
    area = await plantArea(database);
    elsewhere = await plantArea(database, 'ELSEWHERE');
    admin = await signIn(database, area.areaId, 'AREA_ADMIN');
  });
  afterAll(() => database.close());

  it('are those of the viewer and of no other area', async () => {
    const viewer = anonymousViewer(area.areaId);
    const {
      area: own,
      communities,
      categories,
    } = await execute(
      database,
      viewer,
      '{ area { code communities { totalCount } } communities { nodes { externalId } } categories { totalCount } }',
    );
    expect(own).toEqual({ code: 'KAILI', communities: { totalCount: 2 } });
    expect(communities.nodes).toEqual([{ externalId: 'C01' }, { externalId: 'C02' }]);
    expect(categories.totalCount).toBe(5);
    const node = async (typename: string, id: string) =>
      (await execute(database, viewer, 'query ($id: ID!) { node(id: $id) { id } }', { id: globalId(typename, id) }))
        .node;
    expect(await node('Community', area.communities.yatang)).not.toBeNull();
    expect(await node('Area', area.areaId)).not.toBeNull();
    expect(await node('Category', area.categories.HOME!)).not.toBeNull();
    expect(await node('Community', elsewhere.communities.yatang)).toBeNull();
    expect(await node('Area', elsewhere.areaId)).toBeNull();
    expect(await node('Category', elsewhere.categories.HOME!)).toBeNull();
  });

  it('show the taxonomy as a tree from its tops', async () => {
    const { categories } = await execute(
      database,
      admin,
      '{ categories(topOnly: true) { nodes { code parent { code } children { code parent { code } } } } }',
    );
    expect(categories.nodes).toEqual([
      { code: 'ELDER', parent: null, children: [{ code: 'ELDER.MEAL', parent: { code: 'ELDER' } }] },
      { code: 'HOME', parent: null, children: [{ code: 'HOME.PLUMBING', parent: { code: 'HOME' } }] },
      { code: 'MEDIATION', parent: null, children: [] },
    ]);
  });

  it('are written by those who keep the lists of the area, under the rules of the import', async () => {
    const save = `mutation ($input: CategoryInput!) { saveCategory(input: $input) { __typename
      ... on Category { code parent { code } synonyms } ... on Failure { code path } ... on InvalidInput { issues { rule } } } }`;
    const run = async (viewer: Viewer, input: object) =>
      (await execute(database, viewer, save, { input })).saveCategory;
    const wash = {
      code: 'HOME.WASH',
      parentCode: 'HOME',
      name: '洗衣',
      roomClass: 'SOCIAL',
      unit: 'ITEM',
      acceptWithinHours: 4,
      completeWithinHours: 48,
    };
    expect(await run(admin, { ...wash, synonyms: ['干洗'] })).toEqual({
      __typename: 'Category',
      code: 'HOME.WASH',
      parent: { code: 'HOME' },
      synonyms: ['干洗'],
    });
    expect(await run(admin, { ...wash, parentCode: 'NOWHERE' })).toEqual({
      __typename: 'InvalidInput',
      code: 'INVALID_INPUT',
      path: ['input', 'parentCode'],
      issues: [{ rule: 'unknown_reference' }],
    });
    expect(await run(admin, { ...wash, acceptWithinHours: 0 })).toMatchObject({ path: ['input', 'acceptWithinHours'] });
    const staff = await signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId: area.communities.dashizi });
    expect(await run(staff, wash)).toMatchObject({ code: 'NOT_ALLOWED' });
    expect(await run(anonymousViewer(area.areaId), wash)).toMatchObject({ code: 'NOT_SIGNED_IN' });
  });

  it('take a community once however often it is written', async () => {
    const save = `mutation ($input: CommunityInput!) { saveCommunity(input: $input) { __typename
      ... on Community { id name officePhone } ... on Failure { path } } }`;
    const run = async (input: object) => (await execute(database, admin, save, { input })).saveCommunity;
    const community = { externalId: 'C50', name: '开怀社区', population: 9000, latitude: 26.57, longitude: 107.99 };
    const first = await run({ ...community, officePhone: '0855-1' });
    expect(await run({ ...community, name: '开怀新社区' })).toEqual({
      ...first,
      name: '开怀新社区',
      officePhone: null,
    });
    expect(await run({ ...community, latitude: 91 })).toMatchObject({ path: ['input', 'latitude'] });
  });
});
