import { builder } from '../graphql/builder.ts';
import { Failure } from '../graphql/failures.graphql.ts';
import { guardNode } from '../graphql/node-access.ts';
import { may } from '../identity/policy.ts';
import { ERASURE_HINDRANCES, ErasureHindered, eraseResident } from './erasure.store.ts';
import { ResidentType } from './resident.graphql.ts';

export const ResidentErasureType = builder.prismaNode('ResidentErasure', {
  id: { field: 'id' },
  description:
    'That everything personal of a resident was erased; never changed (删除记录). For who erased, and administrators.',
  authScopes: ({ areaId, actorId }, { viewer }) =>
    (actorId !== null && actorId === viewer.userId) || may(viewer, 'resident.erase', { areaId }),
  fields: (t) => ({
    purpose: t.exposeString('purpose', { description: 'For what it was asked (用途).' }),
    withdrawn: t.exposeInt('withdrawn', { description: 'How many needs were withdrawn with it (撤回需求数).' }),
    cancelled: t.exposeInt('cancelled', { description: 'How many orders were cancelled with it (取消订单数).' }),
    at: t.expose('at', { type: 'DateTime', description: 'When (时刻).' }),
  }),
});

guardNode('ResidentErasure', async (id, { database, viewer }) => {
  const { areaId } = viewer;
  if (viewer.userId === null) return false;
  const own = may(viewer, 'resident.erase', { areaId }) ? {} : { actorId: viewer.userId };
  return (await database.prisma.residentErasure.count({ where: { id, areaId, ...own } })) === 1;
});

const HindranceEnum = builder.enumType('ErasureHindrance', {
  description: 'Why a resident cannot be erased yet (暂不能删除的原因).',
  values: Object.fromEntries(
    Object.entries(ERASURE_HINDRANCES).map(([code, { zh, en }]) => [code, { description: `${en} (${zh})` }]),
  ) as Record<keyof typeof ERASURE_HINDRANCES, { description: string }>,
});

builder.objectType(ErasureHindered, {
  name: 'ErasureHindered',
  description: 'The resident cannot be erased yet (暂不能删除).',
  interfaces: [Failure],
  fields: (t) => ({
    hindrance: t.expose('hindrance', { type: HindranceEnum, description: 'Why (原因).' }),
  }),
});

const EraseResidentInputType = builder.inputType('EraseResidentInput', {
  description: 'Who is erased, and why (删除个人信息).',
  fields: (t) => ({
    residentId: t.globalID({ for: ResidentType, required: true, description: 'The resident (居民).' }),
    purpose: t.string({
      description: 'Why, in your words; auditors read it. Not needed where it is yourself (用途).',
    }),
  }),
});

builder.mutationField('eraseResident', (t) =>
  t.prismaField({
    type: 'ResidentErasure',
    description:
      'Erases everything personal of a resident for good: their key is destroyed, their needs are withdrawn and their orders cancelled; ledgers and the audit log stay whole (删除个人信息).',
    errors: { types: [ErasureHindered] },
    args: { input: t.arg({ type: EraseResidentInputType, required: true, description: 'Who (居民与用途).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const given = { residentId: input.residentId.id, purpose: input.purpose ?? null };
      const id = await eraseResident(database, viewer, given, clock());
      return database.prisma.residentErasure.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
);
