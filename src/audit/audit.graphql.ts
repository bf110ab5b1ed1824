import type { Prisma } from '../generated/prisma/client.ts';
import { builder } from '../graphql/builder.ts';
import { readGlobalId } from '../graphql/global-id.ts';
import { guardNode } from '../graphql/node-access.ts';
import { demandAtAll, may, reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';

export const AuditEntryType = builder.prismaNode('AuditEntry', {
  id: { field: 'id' },
  description:
    'Who did what to what, when, from where and for what (审计条目). Entries are never changed; each is chained to the one before it by its hash.',
  authScopes: ({ areaId }, { viewer }) => may(viewer, 'audit.read', { areaId }),
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When (时间).' }),
    actorId: t.string({
      nullable: true,
      description: 'Id of the user who did it; null for Liangdan itself: the command line and jobs (操作人编号).',
      resolve: ({ actorId }) => actorId,
    }),
    roles: t.exposeStringList('roles', { description: 'The roles that they held then (当时角色).' }),
    action: t.exposeString('action', { description: 'What was done, e.g. settlement.approve (操作).' }),
    subjectType: t.exposeString('subjectType', { description: 'The type of what it was done to (对象类型).' }),
    subjectId: t.exposeString('subjectId', {
      nullable: true,
      description: 'The id of what it was done to, as in the database (对象编号).',
    }),
    purpose: t.exposeString('purpose', {
      nullable: true,
      description: 'Why, in their words, where the action asks for it (用途).',
    }),
    address: t.exposeString('address', {
      nullable: true,
      description: 'The network address from which it was asked for (来源地址).',
    }),
    requestId: t.exposeString('requestId', {
      nullable: true,
      description: 'The X-Request-Id of the request (请求编号).',
    }),
    body: t.field({
      type: 'JSON',
      description: 'What else belongs to it; no personal data (补充内容).',
      resolve: ({ body }) => body,
    }),
    shard: t.exposeInt('shard', { description: 'Number of its chain, 0 to 15 (链号).' }),
    seq: t.exposeInt('seq', { description: 'Its number in its chain (序号).' }),
    prevHash: t.exposeString('prevHash', { description: 'Hash of the entry before it (前一哈希).' }),
    hash: t.exposeString('hash', { description: 'SHA-256 over its place and what it says (哈希).' }),
  }),
});

guardNode(
  'AuditEntry',
  async (id, { database, viewer }) =>
    (await database.prisma.auditEntry.count({ where: { AND: [auditInReach(viewer), { id }] } })) === 1,
);

const AuditFilterType = builder.inputType('AuditFilter', {
  description: 'Which entries of the audit log are wanted; all that is said must hold (筛选审计条目).',
  fields: (t) => ({
    actorId: t.id({ description: 'Of this user, by the id that entries have (操作人编号).' }),
    action: t.string({ description: 'Of this action, e.g. resident.reveal (操作).' }),
    subjectType: t.string({ description: 'To things of this type, e.g. Resident (对象类型).' }),
    subjectId: t.id({ description: 'To this thing, by the id that entries have (对象编号).' }),
    from: t.field({ type: 'DateTime', description: 'From this instant on (起).' }),
    to: t.field({ type: 'DateTime', description: 'Before this instant (止).' }),
  }),
});

builder.queryFields((t) => ({
  auditEntries: t.prismaConnection({
    type: 'AuditEntry',
    cursor: 'id',
    description: 'The audit log, newest first (审计日志). For auditors.',
    args: { filter: t.arg({ type: AuditFilterType, description: 'Which of them (筛选).' }) },
    totalCount: (_root, { filter }, { database, viewer }) =>
      database.prisma.auditEntry.count({ where: { AND: [auditInReach(viewer), whereOf(filter)] } }),
    resolve: (query, _root, { filter }, { database, viewer }) => {
      demandAtAll(viewer, 'audit.read');
      return database.prisma.auditEntry.findMany({
        ...query,
        where: { AND: [auditInReach(viewer), whereOf(filter)] },
        orderBy: { id: 'desc' },
      });
    },
  }),
}));

function auditInReach(viewer: Viewer): Prisma.AuditEntryWhereInput {
  const { areaId, wholeArea } = reachOf(viewer, 'audit.read');
  return wholeArea ? { areaId } : { areaId, id: { in: [] } };
}

function whereOf(filter: typeof AuditFilterType.$inferInput | null | undefined): Prisma.AuditEntryWhereInput {
  const { actorId, action, subjectType, subjectId, from, to } = filter ?? {};
  return {
    ...(actorId == null ? {} : { actorId: rowId(actorId, 'actorId') }),
    ...(action ? { action } : {}),
    ...(subjectType ? { subjectType } : {}),
    ...(subjectId == null ? {} : { subjectId: rowId(subjectId, 'subjectId') }),
    at: { ...(from ? { gte: from } : {}), ...(to ? { lt: to } : {}) },
  };
}

/** The id of a row, given as such or as a Relay id. @throws InvalidInput when it is neither */
function rowId(id: string, field: 'actorId' | 'subjectId'): string {
  return UUID.test(id) ? id : readGlobalId(id, ['filter', field]).id;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
