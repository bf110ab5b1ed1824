import { queryFromInfo } from '@pothos/plugin-prisma';
import { z } from 'zod';
import { CommunityType } from '../communities/community.graphql.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { NoticeKind } from '../generated/prisma/enums.ts';
import { builder } from '../graphql/builder.ts';
import { describedEnum } from '../graphql/enums.ts';
import { guardNode } from '../graphql/node-access.ts';
import { demandAtAll, may } from '../identity/policy.ts';
import { parseInput, plainText } from '../input.ts';
import { NeedType } from '../needs/need.graphql.ts';
import { OrderType } from '../orders/order.graphql.ts';
import { ProviderType } from '../services/provider.graphql.ts';
import { noticesInReach } from './access.ts';
import { handleNotice } from './notice.store.ts';
import { NOTICE_KINDS } from './notice.ts';
import { subscribeToNotices } from './notice-added.ts';

const described = (kind: NoticeKind) => {
  const { zh, en } = NOTICE_KINDS[kind];
  return `${en.charAt(0).toUpperCase()}${en.slice(1)} (${zh})`;
};

export const NoticeKindEnum = describedEnum('NoticeKind', 'What a notice says (通知类型).', NoticeKind, {
  ACCEPT_REMINDER: described('ACCEPT_REMINDER'),
  COMPLETE_REMINDER: described('COMPLETE_REMINDER'),
  COMPLETE_OVERDUE: described('COMPLETE_OVERDUE'),
  ESCALATED_ATTEMPTS: described('ESCALATED_ATTEMPTS'),
  ESCALATED_NO_CANDIDATE: described('ESCALATED_NO_CANDIDATE'),
  PROGRAMME_LOW: described('PROGRAMME_LOW'),
  PROGRAMME_EXHAUSTED: described('PROGRAMME_EXHAUSTED'),
});

export const NoticeType = builder.prismaNode('Notice', {
  id: { field: 'id' },
  description:
    'A reminder to a provider or a matter for the staff. It is open until someone handles it, or what it is about moves on ' +
    '(提醒与督办).',
  fields: (t) => ({
    kind: t.expose('kind', { type: NoticeKindEnum, description: 'What it says (类型).' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was written (时刻).' }),
    community: t.relation('community', {
      nullable: true,
      description: 'The community whose staff it is for; null where it is for none (社区).',
    }),
    provider: t.relation('provider', {
      nullable: true,
      description: 'The provider that it is for; null where it is for none (供给主体).',
    }),
    need: t.field({
      type: NeedType,
      nullable: true,
      description: 'The need that it is about; null where it is about none, or you may not read it (需求).',
      select: (_args, _context, nested) => ({ providerId: true, need: nested(true) }),
      resolve: ({ need, providerId }, _args, { viewer }) =>
        need && may(viewer, 'need.read', { ...need, providerId }) ? need : null,
    }),
    order: t.relation('order', { nullable: true, description: 'The order that it is about, if any (订单).' }),
    programmeId: t.globalID({
      nullable: true,
      description: 'Id of the funding programme that it is about, if any (资金项目编号).',
      resolve: ({ programmeId }) => (programmeId === null ? null : { type: 'FundingProgramme', id: programmeId }),
    }),
    handledAt: t.expose('handledAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was handled or ended by itself; null while it is open (处理时间).',
    }),
    handledBy: t.string({
      nullable: true,
      description: 'Name of who handled it; null while it is open and where it ended by itself (处理人).',
      select: { handledBy: { select: { displayName: true } } },
      resolve: ({ handledBy }) => handledBy?.displayName ?? null,
    }),
    note: t.exposeString('note', { nullable: true, description: 'What was done about it (处理说明).' }),
    version: t.exposeInt('version', { description: 'Counts its changes; sent back when it is handled (版本).' }),
  }),
});

guardNode(
  'Notice',
  async (id, { database, viewer }) =>
    (await database.prisma.notice.count({ where: { AND: [{ id }, noticesInReach(viewer)] } })) === 1,
);

const OF_THING = 'Its notices that you may read, the newest first (提醒与督办).';

builder.prismaObjectFields('Order', (t) => ({
  notices: t.relation('notices', {
    description: OF_THING,
    query: (_args, { viewer }) => ({ where: noticesInReach(viewer), orderBy: { id: 'desc' } }),
  }),
}));

builder.prismaObjectFields('Need', (t) => ({
  notices: t.relation('notices', {
    description: OF_THING,
    query: (_args, { viewer }) => ({ where: noticesInReach(viewer), orderBy: { id: 'desc' } }),
  }),
}));

const NoticeFilterType = builder.inputType('NoticeFilter', {
  description: 'Which notices; those that agree with everything given (通知筛选).',
  fields: (t) => ({
    open: t.boolean({ description: 'Only those that are open, or only those that are not (是否待处理).' }),
    kinds: t.field({ type: [NoticeKindEnum], description: 'Of any of these kinds (类型).' }),
    communityId: t.globalID({ for: CommunityType, description: 'For the staff of this community (社区).' }),
    providerId: t.globalID({ for: ProviderType, description: 'For this provider (供给主体).' }),
    needId: t.globalID({ for: NeedType, description: 'About this need (需求).' }),
    orderId: t.globalID({ for: OrderType, description: 'About this order (订单).' }),
  }),
});

builder.queryFields((t) => ({
  notices: t.prismaConnection({
    type: 'Notice',
    cursor: 'id',
    description: 'The notices that you may read, newest first (提醒与督办).',
    args: { filter: t.arg({ type: NoticeFilterType, description: 'Which of them (筛选).' }) },
    totalCount: (_root, { filter }, { database, viewer }) =>
      database.prisma.notice.count({ where: { AND: [noticesInReach(viewer), whereOf(filter)] } }),
    resolve: (query, _root, { filter }, { database, viewer }) => {
      demandAtAll(viewer, 'notice.read');
      return database.prisma.notice.findMany({
        ...query,
        where: { AND: [noticesInReach(viewer), whereOf(filter)] },
        orderBy: { id: 'desc' },
      });
    },
  }),
}));

function whereOf(filter: typeof NoticeFilterType.$inferInput | null | undefined): Prisma.NoticeWhereInput {
  const { open, kinds, communityId, providerId, needId, orderId } = filter ?? {};
  return {
    ...(open == null ? {} : { handledAt: open ? null : { not: null } }),
    ...(kinds ? { kind: { in: [...kinds] } } : {}),
    ...(communityId ? { communityId: communityId.id } : {}),
    ...(providerId ? { providerId: providerId.id } : {}),
    ...(needId ? { needId: needId.id } : {}),
    ...(orderId ? { orderId: orderId.id } : {}),
  };
}

const HandleNoticeInputType = builder.inputType('HandleNoticeInput', {
  description: 'That someone has seen to a notice (处理通知).',
  fields: (t) => ({
    noticeId: t.globalID({ for: NoticeType, required: true, description: 'The notice (通知).' }),
    version: t.int({ required: true, description: 'Version of the notice that you have seen (版本).' }),
    note: t.string({ description: 'What you did about it (处理说明).' }),
  }),
});

builder.mutationField('handleNotice', (t) =>
  t.prismaField({
    type: 'Notice',
    description:
      'Takes a notice off the list of what is open. One that is for the staff and for a provider is handled by the staff ' +
      '(处理通知).',
    errors: {},
    args: { input: t.arg({ type: HandleNoticeInputType, required: true, description: 'The notice (通知).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const handling = parseInput(z.object({ version: z.int().min(1), note: plainText(1000) }), {
        version: input.version,
        note: input.note ?? '',
      });
      const id = await handleNotice(database, viewer, { ...handling, noticeId: input.noticeId.id }, clock());
      return database.prisma.notice.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
);

builder.subscriptionField('noticeAdded', (t) =>
  t.field({
    type: NoticeType,
    description: 'A notice that you may read, each time that one is written, from now on (新通知).',
    subscribe: (_root, _args, { database, viewer }) => subscribeToNotices(database, viewer),
    resolve: async ({ noticeId }, _args, context, info) => {
      const query = queryFromInfo({ context, info }) as { include: Prisma.NoticeInclude };
      return context.database.prisma.notice.findUniqueOrThrow({ ...query, where: { id: noticeId } });
    },
  }),
);
