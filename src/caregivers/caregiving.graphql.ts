import type { Prisma } from '../generated/prisma/client.ts';
import { builder } from '../graphql/builder.ts';
import { describedEnum } from '../graphql/enums.ts';
import { guardNode } from '../graphql/node-access.ts';
import { may } from '../identity/policy.ts';
import { UserType } from '../identity/user.graphql.ts';
import { ResidentType } from '../needs/resident.graphql.ts';
import { keyringIn, maskName, openField } from '../privacy/index.ts';
import { acceptCaregiving, caregivingsInReach, dismissCaregiver, nameCaregiver } from './caregiving.store.ts';
import { CaregivingState, stateOf } from './caregiving.ts';

const CaregivingStateEnum = describedEnum(
  'CaregivingState',
  'Where a caregiving stands (照护委托状态).',
  CaregivingState,
  {
    NAMED: 'Named, not accepted yet (待接受)',
    ACCEPTED: 'Accepted: the caregiver may act (生效)',
    ENDED: 'Ended by someone (已终止)',
    EXPIRED: 'Has run out (已到期)',
  },
);

const WHOSE = {
  resident: { select: { id: true, areaId: true, communityId: true } },
} satisfies Prisma.CaregivingInclude;

export const CaregivingType = builder.prismaNode('Caregiving', {
  id: { field: 'id' },
  include: WHOSE,
  description:
    'That a resident names a user who may act for them: register, amend and withdraw needs, choose, confirm, appraise and cancel; not name others, nor consent or erase (照护委托).',
  authScopes: ({ userId, areaId, resident }, { viewer }) =>
    userId === viewer.userId ||
    may(viewer, 'caregiver.read', { areaId, communityId: resident.communityId, residentId: resident.id }),
  fields: (t) => ({
    state: t.field({
      type: CaregivingStateEnum,
      description: 'Where it stands (状态).',
      select: { acceptedAt: true, endedAt: true, until: true },
      resolve: (caregiving, _args, { clock }) => stateOf(caregiving, clock()),
    }),
    resident: t.field({
      type: ResidentType,
      nullable: true,
      description: 'For whom; null where you may not read them, as before you have accepted (居民).',
      select: (_args, _context, nested) => ({ resident: nested(true) }),
      resolve: ({ resident }, _args, { viewer }) =>
        may(viewer, 'resident.read', { ...resident, residentId: resident.id }) ? resident : null,
    }),
    residentName: t.string({
      description: 'The name of the resident, masked (居民姓名，脱敏).',
      select: { resident: { select: { id: true, isSealed: true, key: true, name: true } } },
      resolve: ({ resident }, _args, { database }) =>
        maskName(openField(keyringIn(database.prisma), resident, 'name', resident.name) ?? ''),
    }),
    caregiverName: t.string({
      description: 'What the caregiver is called (照护人姓名).',
      select: { user: { select: { displayName: true } } },
      resolve: ({ user }) => user.displayName,
    }),
    note: t.string({
      nullable: true,
      description:
        'How the resident asked for it, where someone recorded it for them; not for the caregiver (提出方式).',
      select: { note: true, areaId: true, ...WHOSE },
      resolve: ({ note, areaId, resident }, _args, { viewer }) =>
        may(viewer, 'caregiver.read', { areaId, communityId: resident.communityId, residentId: resident.id })
          ? note
          : null,
    }),
    namedAt: t.expose('namedAt', { type: 'DateTime', description: 'When they were named (指定时间).' }),
    acceptedAt: t.expose('acceptedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When they accepted (接受时间).',
    }),
    until: t.expose('until', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when it counts; null for no end (到期时间).',
    }),
    endedAt: t.expose('endedAt', { type: 'DateTime', nullable: true, description: 'When it was ended (终止时间).' }),
  }),
});

guardNode(
  'Caregiving',
  async (id, { database, viewer }) =>
    (await database.prisma.caregiving.count({ where: { AND: [caregivingsInReach(viewer), { id }] } })) === 1,
);

builder.queryField('caregivings', (t) =>
  t.prismaConnection({
    type: 'Caregiving',
    cursor: 'id',
    description: 'Who acts for whom: those that you may read, and those that name you, newest first (照护委托).',
    authScopes: { signedIn: true },
    args: { residentId: t.arg.globalID({ for: ResidentType, description: 'For this resident (居民).' }) },
    totalCount: (_root, { residentId }, { database, viewer }) =>
      database.prisma.caregiving.count({ where: { AND: [caregivingsInReach(viewer), whereOf(residentId?.id)] } }),
    resolve: (query, _root, { residentId }, { database, viewer }) =>
      database.prisma.caregiving.findMany({
        ...query,
        where: { AND: [caregivingsInReach(viewer), whereOf(residentId?.id)] },
        orderBy: { id: 'desc' },
      }),
  }),
);

function whereOf(residentId: string | undefined): Prisma.CaregivingWhereInput {
  return residentId === undefined ? {} : { residentId };
}

const NameCaregiverInputType = builder.inputType('NameCaregiverInput', {
  description: 'Who is to act for whom (照护委托).',
  fields: (t) => ({
    residentId: t.globalID({ for: ResidentType, required: true, description: 'The resident (居民).' }),
    userId: t.globalID({
      for: UserType,
      required: true,
      description: 'The caregiver, by the id that `me` tells them and that they pass on (照护人).',
    }),
    until: t.field({ type: 'DateTime', description: 'Until when it counts; no end when not given (到期时间).' }),
    note: t.string({
      description: 'How the resident asked for it; required of who records it for the resident (提出方式).',
    }),
  }),
});

const CaregivingActionInputType = builder.inputType('CaregivingActionInput', {
  description: 'A caregiving with which something is done (照护委托操作).',
  fields: (t) => ({
    caregivingId: t.globalID({ for: CaregivingType, required: true, description: 'Which (照护委托).' }),
  }),
});

builder.mutationFields((t) => ({
  nameCaregiver: t.prismaField({
    type: 'Caregiving',
    description: 'Names a user who may act for a resident, once they have accepted (指定照护人).',
    errors: {},
    args: { input: t.arg({ type: NameCaregiverInputType, required: true, description: 'Who for whom (委托内容).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const given = { ...input, residentId: input.residentId.id, userId: input.userId.id };
      const id = await nameCaregiver(database, viewer, given, clock());
      return database.prisma.caregiving.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
  acceptCaregiving: t.prismaField({
    type: 'Caregiving',
    description: 'The one who was named accepts, and may act from then on (接受照护委托).',
    errors: {},
    args: { input: t.arg({ type: CaregivingActionInputType, required: true, description: 'Which (照护委托).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const id = await acceptCaregiving(database, viewer, input.caregivingId.id, clock());
      return database.prisma.caregiving.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
  dismissCaregiver: t.prismaField({
    type: 'Caregiving',
    description:
      'Ends it at once: by the resident, those who look after their community, or the caregiver who declines or lays it down (终止照护委托).',
    errors: {},
    args: { input: t.arg({ type: CaregivingActionInputType, required: true, description: 'Which (照护委托).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const id = await dismissCaregiver(database, viewer, input.caregivingId.id, clock());
      return database.prisma.caregiving.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
}));
