import { CommunityType } from '../communities/community.graphql.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { Role } from '../generated/prisma/enums.ts';
import { builder } from '../graphql/builder.ts';
import { describedEnum } from '../graphql/enums.ts';
import { Failure } from '../graphql/failures.graphql.ts';
import { guardNode } from '../graphql/node-access.ts';
import { residentsInReach } from '../needs/access.ts';
import { ResidentType } from '../needs/resident.graphql.ts';
import { ProviderType } from '../services/provider.graphql.ts';
import { grantRole, registerUser, revokeRole } from './grant.store.ts';
import { LastAdministrator } from './grant.ts';
import { demandAtAll, may, reachOf } from './policy.ts';
import type { Viewer } from './viewer.ts';

export const RoleEnum = describedEnum('Role', 'A role (角色).', Role, {
  RESIDENT: 'A resident, for themselves (居民)',
  PROVIDER_STAFF: 'Staff of a provider (供给主体人员)',
  GRID_WORKER: 'A grid worker of a community (网格员)',
  COMMUNITY_STAFF: 'Staff of a community (社区工作人员)',
  ANALYST: 'An analyst of the area (分析员)',
  AREA_ADMIN: 'An administrator of the area (区域管理员)',
  AUDITOR: 'An auditor of the area (审计员)',
  CAREGIVER: 'Acts for a resident who named them (照护人)',
});

/** Which users the viewer may read, for a WHERE: all of the area, or themselves. */
function usersInReach(viewer: Viewer): Prisma.UserWhereInput {
  const { areaId, wholeArea } = reachOf(viewer, 'user.read');
  return wholeArea ? { areaId } : { areaId, id: { in: viewer.userId === null ? [] : [viewer.userId] } };
}

export const UserType = builder.prismaNode('User', {
  id: { field: 'id' },
  description: 'A person who signs in (用户). Seen by themselves and by those who manage or audit users.',
  authScopes: ({ id, areaId }, { viewer }) => id === viewer.userId || may(viewer, 'user.read', { areaId }),
  fields: (t) => ({
    subject: t.exposeString('subject', {
      description: 'By what tokens of the identity provider name them (身份标识).',
    }),
    displayName: t.exposeString('displayName', { description: 'What others call them (姓名).' }),
    grants: t.relation('grants', {
      query: { orderBy: { id: 'asc' } },
      description: 'The roles that they hold; their rights are those of all together (角色).',
    }),
  }),
});

export const RoleGrantType = builder.prismaNode('RoleGrant', {
  id: { field: 'id' },
  include: { user: { select: { areaId: true } } },
  description: 'A role of a user, with what it is held over; nothing for a role of the whole area (授权).',
  authScopes: ({ userId, user }, { viewer }) => userId === viewer.userId || may(viewer, 'user.read', user),
  fields: (t) => ({
    role: t.expose('role', { type: RoleEnum, description: 'The role (角色).' }),
    community: t.relation('community', { nullable: true, description: 'Over this community (社区).' }),
    provider: t.relation('provider', { nullable: true, description: 'Over this provider (供给主体).' }),
    resident: t.field({
      type: ResidentType,
      nullable: true,
      description: 'Over this resident; null also where you may not read them (居民).',
      select: (_args, _context, nested) => ({ resident: nested(true) }),
      resolve: ({ resident }, _args, { viewer }) =>
        resident && may(viewer, 'resident.read', { ...resident, residentId: resident.id }) ? resident : null,
    }),
  }),
});

guardNode(
  'User',
  async (id, { database, viewer }) =>
    (await database.prisma.user.count({ where: { AND: [usersInReach(viewer), { id }] } })) === 1,
);
guardNode(
  'RoleGrant',
  async (id, { database, viewer }) =>
    (await database.prisma.roleGrant.count({ where: { id, user: usersInReach(viewer) } })) === 1,
);

const UserFilterType = builder.inputType('UserFilter', {
  description: 'Which users are wanted; all that is said must hold (筛选用户).',
  fields: (t) => ({
    role: t.field({ type: RoleEnum, description: 'Who hold this role (角色).' }),
    communityId: t.globalID({ for: CommunityType, description: 'Over this community (社区).' }),
    providerId: t.globalID({ for: ProviderType, description: 'Over this provider (供给主体).' }),
    residentId: t.globalID({ for: ResidentType, description: 'Over this resident (居民).' }),
  }),
});

function whereOf(viewer: Viewer, filter: typeof UserFilterType.$inferInput | null | undefined): Prisma.UserWhereInput {
  const held = {
    ...(filter?.role ? { role: filter.role } : {}),
    ...(filter?.communityId ? { communityId: filter.communityId.id } : {}),
    ...(filter?.providerId ? { providerId: filter.providerId.id } : {}),
    // Whose account is whose is told only to those who may read the resident.
    ...(filter?.residentId ? { residentId: filter.residentId.id, resident: residentsInReach(viewer) } : {}),
  };
  return Object.keys(held).length === 0 ? {} : { grants: { some: held } };
}

builder.queryFields((t) => ({
  me: t.prismaField({
    type: 'User',
    nullable: true,
    description: 'Who you are; null where you have not signed in (当前用户).',
    resolve: (query, _root, _args, { database, viewer }) =>
      viewer.userId === null
        ? null
        : database.prisma.user.findUnique({ ...query, where: { id: viewer.userId, areaId: viewer.areaId } }),
  }),
  users: t.prismaConnection({
    type: 'User',
    cursor: 'id',
    description: 'The users of the area, in the order of their registration (用户). For administrators and auditors.',
    args: { filter: t.arg({ type: UserFilterType, description: 'Which of them (筛选).' }) },
    totalCount: (_root, { filter }, { database, viewer }) => {
      demandAtAll(viewer, 'user.read');
      return database.prisma.user.count({ where: { AND: [usersInReach(viewer), whereOf(viewer, filter)] } });
    },
    resolve: (query, _root, { filter }, { database, viewer }) => {
      demandAtAll(viewer, 'user.read');
      return database.prisma.user.findMany({
        ...query,
        where: { AND: [usersInReach(viewer), whereOf(viewer, filter)] },
        orderBy: { id: 'asc' },
      });
    },
  }),
}));

builder.objectType(LastAdministrator, {
  name: 'LastAdministrator',
  description: 'It is the last administrator of the area (最后一名管理员).',
  interfaces: [Failure],
});

const RegisterUserInputType = builder.inputType('RegisterUserInput', {
  description: 'Who is registered (用户信息).',
  fields: (t) => ({
    subject: t.string({
      required: true,
      description: 'By what tokens of the identity provider name them; named anew when known (身份标识).',
    }),
    displayName: t.string({ required: true, description: 'What others call them (姓名).' }),
  }),
});

const GrantRoleInputType = builder.inputType('GrantRoleInput', {
  description: 'To whom which role is granted, over what (授权内容). It names exactly what the role is held over.',
  fields: (t) => ({
    userId: t.globalID({ for: UserType, required: true, description: 'The user (用户).' }),
    role: t.field({ type: RoleEnum, required: true, description: 'The role (角色).' }),
    communityId: t.globalID({
      for: CommunityType,
      description: 'The community, of GRID_WORKER and COMMUNITY_STAFF (社区).',
    }),
    providerId: t.globalID({ for: ProviderType, description: 'The provider, of PROVIDER_STAFF (供给主体).' }),
    residentId: t.globalID({ for: ResidentType, description: 'The resident, of RESIDENT (居民).' }),
  }),
});

const RevokeRoleInputType = builder.inputType('RevokeRoleInput', {
  description: 'What is taken away (收回内容).',
  fields: (t) => ({
    grantId: t.globalID({ for: RoleGrantType, required: true, description: 'The grant (授权).' }),
  }),
});

builder.mutationFields((t) => ({
  registerUser: t.prismaField({
    type: 'User',
    description: 'Registers someone who may sign in, without any role, or names them anew (登记用户).',
    errors: {},
    args: { input: t.arg({ type: RegisterUserInputType, required: true, description: 'Who (用户信息).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const id = await registerUser(database, viewer, input, clock());
      return database.prisma.user.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
  grantRole: t.prismaField({
    type: 'User',
    description: 'Grants a role to another user, once however often it is asked for (授予角色).',
    errors: {},
    args: { input: t.arg({ type: GrantRoleInputType, required: true, description: 'What to whom (授权内容).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const { userId, role, communityId, providerId, residentId } = input;
      const given = {
        userId: userId.id,
        role,
        communityId: communityId?.id,
        providerId: providerId?.id,
        residentId: residentId?.id,
      };
      const id = await grantRole(database, viewer, given, clock());
      return database.prisma.user.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
  revokeRole: t.prismaField({
    type: 'User',
    description: 'Takes a role away; it counts no more from now on, also for event streams that are open (收回角色).',
    errors: { types: [LastAdministrator] },
    args: { input: t.arg({ type: RevokeRoleInputType, required: true, description: 'Which (收回内容).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const id = await revokeRole(database, viewer, input.grantId.id, clock());
      return database.prisma.user.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
}));
