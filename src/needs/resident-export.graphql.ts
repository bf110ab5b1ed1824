import { builder } from '../graphql/builder.ts';
import { guardNode } from '../graphql/node-access.ts';
import { ResidentType } from './resident.graphql.ts';
import { residentDocument } from './resident-document.store.ts';
import { EXPORTED, exportResident } from './resident-export.store.ts';

export const ResidentExportType = builder.prismaNode('ResidentReveal', {
  variant: 'ResidentExport',
  id: { field: 'id' },
  description: 'Everything about a resident, for the one who asked for it, for 15 minutes (个人信息副本).',
  authScopes: ({ userId, until, fields }, { viewer, clock }) =>
    userId === viewer.userId && clock() < until && fields.includes(EXPORTED),
  fields: (t) => ({
    purpose: t.exposeString('purpose', { description: 'For what it was asked (用途).' }),
    until: t.expose('until', { type: 'DateTime', description: 'Until when it is shown (截止时刻).' }),
    document: t.field({
      type: 'JSON',
      description: 'The document: keys in English, their meaning in Chinese under `labels` (内容).',
      // All of it, also what was done with it, which stands in a log that they may not read.
      resolve: ({ residentId }, _args, { database, clock }) =>
        residentDocument(database.system.prisma, residentId, clock()),
    }),
  }),
});

guardNode('ResidentExport', async (id, { database, viewer, clock }) => {
  if (viewer.userId === null) return false;
  const where = { id, userId: viewer.userId, until: { gt: clock() }, fields: { has: EXPORTED } };
  return (await database.prisma.residentReveal.count({ where })) === 1;
});

const ExportResidentInputType = builder.inputType('ExportResidentInput', {
  description: 'Of whom everything is asked, and for what (导出个人信息).',
  fields: (t) => ({
    residentId: t.globalID({ for: ResidentType, required: true, description: 'The resident (居民).' }),
    purpose: t.string({
      description: 'For what, in your words; auditors read it. Not needed for a copy of your own (用途).',
    }),
  }),
});

builder.mutationField('exportResident', (t) =>
  t.prismaField({
    type: ResidentExportType,
    description:
      'Everything about a resident in one document, for you alone, for 15 minutes; the audit log says so (导出个人信息).',
    errors: {},
    args: { input: t.arg({ type: ExportResidentInputType, required: true, description: 'Of whom (居民与用途).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const given = { residentId: input.residentId.id, purpose: input.purpose ?? null };
      const id = await exportResident(database, viewer, given, clock());
      return database.prisma.residentReveal.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
);
