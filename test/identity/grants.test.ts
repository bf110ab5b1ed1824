import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import { InvalidInput, NotAllowed, NotFound, NotSignedIn } from '../../src/failures.ts';
import { grantRole, registerUser, revokeRole } from '../../src/identity/grant.store.ts';
import { LastAdministrator } from '../../src/identity/grant.ts';
import { may, reachOf } from '../../src/identity/policy.ts';
import { findViewer } from '../../src/identity/user.store.ts';
import { anonymousViewer, type Viewer } from '../../src/identity/viewer.ts';
import { execute, globalId, NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { countStatements } from '../needs/count-statements.ts';

describe.each(DATABASE_KINDS)('users and roles in the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let other: PlantedArea;
  let admin: Viewer;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
    area = await plantArea(database);
    other = await plantArea(database, 'ELSEWHERE');
    admin = await signIn(database, area.areaId, 'AREA_ADMIN');
  });
  afterAll(() => database.close());

  const register = (subject: string) => registerUser(database, admin, { subject, displayName: `${subject} 同志` }, NOW);
  const give = (userId: string, role: string, over: object = {}, by = admin) =>
    grantRole(database, by, { userId, role, ...over }, NOW);
  const viewerOf = async (subject: string) => (await findViewer(database, { subject, areaId: area.areaId }, NOW))!;
  const grantsOf = (userId: string) =>
    database.prisma.roleGrant.findMany({ where: { userId }, orderBy: { id: 'asc' } });
  const audited = (userId: string) =>
    database.prisma.auditEntry.findMany({ where: { subjectId: userId }, orderBy: { id: 'asc' } });

  it('a user who is registered holds no role and is named anew under the same subject', async () => {
    const id = await register('chen');
    expect((await viewerOf('chen')).grants).toEqual([]);
    expect(await registerUser(database, admin, { subject: 'chen', displayName: '陈主任' }, NOW)).toBe(id);
    expect((await viewerOf('chen')).displayName).toBe('陈主任');
  });

  it('one person is grid worker of two communities and a resident of one: rights are the union, each by its own relation', async () => {
    const id = await register('pan');
    await give(id, 'GRID_WORKER', { communityId: area.communities.dashizi });
    await give(id, 'GRID_WORKER', { communityId: area.communities.yatang });
    await give(id, 'RESIDENT', { residentId: area.residents.wu });
    const pan = await viewerOf('pan');
    const { areaId } = area;
    expect(pan.grants).toHaveLength(3);
    expect(reachOf(pan, 'need.read')).toMatchObject({
      wholeArea: false,
      communityIds: [area.communities.dashizi, area.communities.yatang],
      residentIds: [area.residents.wu],
      providerIds: [],
    });
    const ofWu = { areaId, communityId: area.communities.dashizi, residentId: area.residents.wu };
    const ofLong = { areaId, communityId: area.communities.yatang, residentId: area.residents.long };
    expect([may(pan, 'need.choose', ofWu), may(pan, 'need.choose', ofLong)]).toEqual([true, false]);
    expect([may(pan, 'order.cancel', ofWu), may(pan, 'order.cancel', ofLong)]).toEqual([true, false]);
    expect(may(pan, 'ledger.read', ofWu)).toBe(false);
    const { needs } = await execute(database, pan, '{ needs(first: 10) { nodes { externalId } } }');
    expect(needs.nodes).toHaveLength(4);
  });

  it('a person works for two providers and sees the orders of both and of no third', async () => {
    const id = await register('mei');
    await give(id, 'PROVIDER_STAFF', { providerId: area.providers.canteen });
    await give(id, 'PROVIDER_STAFF', { providerId: area.providers.repair });
    const mei = await viewerOf('mei');
    const serves = (providerId: string) => may(mei, 'order.serve', { areaId: area.areaId, providerId });
    expect(Object.values(area.providers).map(serves)).toEqual([true, true, false]);
  });

  it.each([
    ['a resident without one', 'RESIDENT', () => ({}), 'residentId', 'scope_missing'],
    ['staff of no provider', 'PROVIDER_STAFF', () => ({}), 'providerId', 'scope_missing'],
    ['a grid worker of no community', 'GRID_WORKER', () => ({}), 'communityId', 'scope_missing'],
    [
      'staff of a provider instead of a community',
      'COMMUNITY_STAFF',
      () => ({ providerId: area.providers.canteen }),
      'communityId',
      'scope_missing',
    ],
    [
      'an auditor of a community',
      'AUDITOR',
      () => ({ communityId: area.communities.dashizi }),
      'communityId',
      'scope_superfluous',
    ],
    [
      'a grid worker who is also said to be of a provider',
      'GRID_WORKER',
      () => ({ communityId: area.communities.dashizi, providerId: area.providers.canteen }),
      'providerId',
      'scope_superfluous',
    ],
  ])('%s is refused, by the field at fault', async (_what, role, over, field, broken) => {
    const id = await register('lu');
    const refused = await give(id, role, over()).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(InvalidInput);
    expect((refused as InvalidInput).issues).toContainEqual(
      expect.objectContaining({ path: ['input', field], rule: broken }),
    );
    expect(await grantsOf(id)).toEqual([]);
  });

  it.each([
    ['RESIDENT', 'community_id', (): string => area.communities.dashizi, '23514'],
    ['RESIDENT', null, (): string => '', '23514'],
    ['AREA_ADMIN', 'provider_id', (): string => area.providers.canteen, '23514'],
    ['GRID_WORKER', 'community_id', (): string => other.communities.dashizi, 'LD013'],
    ['PROVIDER_STAFF', 'provider_id', (): string => other.providers.canteen, 'LD013'],
    ['RESIDENT', 'resident_id', (): string => other.residents.yang, 'LD013'],
  ])('the database itself refuses %s over %s that does not fit', async (role, column, over, state) => {
    const id = await register('lu');
    const error = await database.prisma
      .$executeRawUnsafe(
        `INSERT INTO role_grants (id, user_id, role${column ? `, ${column}` : ''})
        VALUES (gen_random_uuid(), '${id}', '${role}'${column ? `, '${over()}'` : ''})`,
      )
      .catch((thrown: unknown) => thrown);
    expect(sqlStateOf(error)).toBe(state);
  });

  it('a role is held once, also one of the whole area, and granting it again writes nothing', async () => {
    const id = await register('deng');
    for (let time = 0; time < 2; time += 1) {
      await give(id, 'ANALYST');
      await give(id, 'GRID_WORKER', { communityId: area.communities.dashizi });
    }
    expect(await grantsOf(id)).toHaveLength(2);
    expect((await audited(id)).map(({ action }) => action)).toEqual(['user.register', 'user.grant', 'user.grant']);
    const twice = `INSERT INTO role_grants (id, user_id, role) VALUES (gen_random_uuid(), '${id}', 'ANALYST')`;
    const error = await database.prisma.$executeRawUnsafe(twice).catch((thrown: unknown) => thrown);
    expect(sqlStateOf(error)).toBe('23505');
  });

  it('what is of another area is not there: its communities, residents, users and grants', async () => {
    const id = await register('lu');
    const stranger = await signIn(database, other.areaId, 'GRID_WORKER', { communityId: other.communities.dashizi });
    const [theirs] = await grantsOf(stranger.userId!);
    const attempts = [
      () => give(id, 'GRID_WORKER', { communityId: other.communities.dashizi }),
      () => give(id, 'PROVIDER_STAFF', { providerId: other.providers.canteen }),
      () => give(id, 'RESIDENT', { residentId: other.residents.yang }),
      () => give(stranger.userId!, 'AUDITOR'),
      () => revokeRole(database, admin, theirs!.id, NOW),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toThrow(NotFound);
    expect(await grantsOf(id)).toEqual([]);
    expect(await grantsOf(stranger.userId!)).toHaveLength(1);
  });

  it('only administrators manage users, and none grants a role to themselves', async () => {
    const id = await register('lu');
    const staff = await signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId: area.communities.dashizi });
    await expect(give(id, 'AUDITOR', {}, staff)).rejects.toThrow(NotAllowed);
    await expect(give(staff.userId!, 'AREA_ADMIN', {}, staff)).rejects.toThrow(NotAllowed);
    await expect(give(id, 'AUDITOR', {}, anonymousViewer(area.areaId))).rejects.toThrow(NotSignedIn);
    await expect(give(admin.userId!, 'AUDITOR')).rejects.toMatchObject({ issues: [{ rule: 'oneself' }] });
    await expect(registerUser(database, admin, { subject: 'auditor:KAILI', displayName: '甲' }, NOW)).rejects.toThrow(
      InvalidInput,
    );
  });

  it('a revoked role is gone at the next request, and the audit log has who gave and took it', async () => {
    const id = await register('tian');
    await give(id, 'COMMUNITY_STAFF', { communityId: area.communities.yatang });
    const [held] = await grantsOf(id);
    await revokeRole(database, admin, held!.id, NOW);
    expect((await viewerOf('tian')).grants).toEqual([]);
    await expect(revokeRole(database, admin, held!.id, NOW)).rejects.toThrow(NotFound);
    const entries = await audited(id);
    expect(entries.map(({ action, actorId }) => [action, actorId])).toEqual([
      ['user.register', admin.userId],
      ['user.grant', admin.userId],
      ['user.revoke', admin.userId],
    ]);
    expect(entries[2]!.body).toEqual({
      role: 'COMMUNITY_STAFF',
      communityId: area.communities.yatang,
      providerId: null,
      residentId: null,
    });
    expect(JSON.stringify(entries)).not.toContain('同志');
  });

  it('the last administrator of an area stays, also when two take each other’s role away at once', async () => {
    const { areaId } = await plantArea(database, `SMALL-${kind}`);
    const [first, second] = [
      await signIn(database, areaId, 'AREA_ADMIN'),
      await signIn(database, areaId, 'AREA_ADMIN'),
    ];
    const [ofFirst] = await grantsOf(first.userId!);
    const [ofSecond] = await grantsOf(second.userId!);
    const outcomes = await Promise.allSettled([
      revokeRole(database, first, ofSecond!.id, NOW),
      revokeRole(database, second, ofFirst!.id, NOW),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const [left] = await database.prisma.roleGrant.findMany({ where: { user: { areaId } } });
    const last = left!.userId === first.userId ? first : second;
    await expect(revokeRole(database, last, left!.id, NOW)).rejects.toThrow(LastAdministrator);
    expect(await database.prisma.roleGrant.count({ where: { user: { areaId } } })).toBe(1);
  });
});

describe('users through the API', () => {
  let database: Database;
  let area: PlantedArea;
  let admin: Viewer;
  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
    area = await plantArea(database);
    admin = await signIn(database, area.areaId, 'AREA_ADMIN');
  });
  afterAll(() => database.close());

  const REGISTER = `mutation ($input: RegisterUserInput!) {
    registerUser(input: $input) { __typename ... on User { id subject grants { id } } ... on Failure { code } }
  }`;
  const GRANT = `mutation ($input: GrantRoleInput!) {
    grantRole(input: $input) {
      __typename ... on Failure { code path }
      ... on User { grants { id role community { externalId } provider { externalId } resident { externalId } } }
    }
  }`;
  const REVOKE = `mutation ($input: RevokeRoleInput!) {
    revokeRole(input: $input) { __typename ... on User { grants { role } } ... on Failure { code } }
  }`;

  it('are registered, granted roles, told of what they hold, and lose them', async () => {
    const { registerUser: user } = await execute(database, admin, REGISTER, {
      input: { subject: 'yang.wei', displayName: '杨伟', idempotencyKey: 'k1' },
    });
    const input = { userId: user.id, role: 'RESIDENT', residentId: globalId('Resident', area.residents.yang) };
    const { grantRole: granted } = await execute(database, admin, GRANT, { input });
    expect(granted.grants).toMatchObject([{ role: 'RESIDENT', resident: { externalId: 'R01' }, community: null }]);
    const viewer = (await findViewer(database, { subject: 'yang.wei', areaId: area.areaId }, NOW))!;
    const { me } = await execute(database, viewer, '{ me { id displayName grants { role resident { name } } } }');
    expect(me).toEqual({
      id: user.id,
      displayName: '杨伟',
      grants: [{ role: 'RESIDENT', resident: { name: '杨秀英' } }],
    });
    const { revokeRole: revoked } = await execute(database, admin, REVOKE, {
      input: { grantId: granted.grants[0].id },
    });
    expect(revoked).toEqual({ __typename: 'User', grants: [] });
    const last = await database.prisma.roleGrant.findFirstOrThrow({ where: { userId: admin.userId! } });
    const refused = await execute(database, admin, REVOKE, { input: { grantId: globalId('RoleGrant', last.id) } });
    expect(refused.revokeRole).toEqual({ __typename: 'LastAdministrator', code: 'LAST_ADMINISTRATOR' });
  });

  it('are listed for administrators and auditors, who read of no resident, and for nobody else; each sees themselves', async () => {
    const resident = await signIn(database, area.areaId, 'RESIDENT', { residentId: area.residents.long });
    const auditor = await signIn(database, area.areaId, 'AUDITOR');
    const USERS = `query ($filter: UserFilter) {
      users(first: 50, filter: $filter) { totalCount nodes { id grants { role resident { externalId } } } }
    }`;
    const filter = { role: 'RESIDENT', residentId: globalId('Resident', area.residents.long) };
    const forAdmin = await execute(database, admin, USERS, { filter });
    expect(forAdmin.users.nodes).toEqual([
      {
        id: globalId('User', resident.userId!),
        grants: [{ role: 'RESIDENT', resident: { externalId: 'R02' } }],
      },
    ]);
    const forAuditor = await execute(database, auditor, USERS, { filter: { role: 'RESIDENT' } });
    expect(forAuditor.users.nodes).toContainEqual({
      id: globalId('User', resident.userId!),
      grants: [{ role: 'RESIDENT', resident: null }],
    });
    await expect(execute(database, resident, USERS)).rejects.toThrow(NotAllowed);
    const NODE = 'query ($id: ID!) { node(id: $id) { id } }';
    const seen = async (id: string) => (await execute(database, resident, NODE, { id })).node?.id ?? null;
    const theirs = await database.prisma.roleGrant.findFirstOrThrow({ where: { userId: resident.userId! } });
    const admins = await database.prisma.roleGrant.findFirstOrThrow({ where: { userId: admin.userId! } });
    expect(await seen(globalId('User', resident.userId!))).toBe(globalId('User', resident.userId!));
    expect(await seen(globalId('RoleGrant', theirs.id))).toBe(globalId('RoleGrant', theirs.id));
    expect(await seen(globalId('User', admin.userId!))).toBeNull();
    expect(await seen(globalId('RoleGrant', admins.id))).toBeNull();
  });

  it('are read with the same number of statements however many there are', async () => {
    const USERS = `query ($first: Int!) {
      users(first: $first) { nodes { displayName grants { role community { name } provider { name } resident { name } } } }
    }`;
    const read = (first: number) => countStatements(database, () => execute(database, admin, USERS, { first }));
    for (let time = 0; time < 8; time += 1) {
      await signIn(database, area.areaId, 'RESIDENT', { residentId: area.residents.wu });
    }
    const [few, many] = [await read(2), await read(10)];
    expect(many.result.users.nodes).toHaveLength(10);
    expect(many.count).toBe(few.count);
  });
});
