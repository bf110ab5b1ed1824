import { CategoryType } from '../communities/category.graphql.ts';
import { CommunityType } from '../communities/community.graphql.ts';
import { categoriesWithin, textContains } from '../communities/index.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { CategorySource, Channel, NeedState, PreferenceKind } from '../generated/prisma/enums.ts';
import { builder } from '../graphql/builder.ts';
import type { Context } from '../graphql/context.ts';
import { describedEnum } from '../graphql/enums.ts';
import { guardNode } from '../graphql/node-access.ts';
import { demandAtAll, may } from '../identity/policy.ts';
import type { WeeklyWindow } from '../matching/records.ts';
import { ordersInReach } from '../orders/index.ts';
import { readableProviders, readableServices } from '../services/access.ts';
import { ProviderType } from '../services/provider.graphql.ts';
import { formatMinute } from '../services/schedule.ts';
import { ServiceNatureEnum, ServiceType } from '../services/service.graphql.ts';
import { mayFetchNeed, needsInReach, readsAsOwn } from './access.ts';
import { ResidentType } from './resident.graphql.ts';

export const ChannelEnum = describedEnum('Channel', 'How a need arrived (渠道).', Channel, {
  APP: 'An application (应用)',
  WECHAT: 'WeChat (微信)',
  OPINION_BOX: 'The opinion box (意见箱)',
  MEETING: "A residents' meeting (议事会)",
  GRID_VISIT: "A grid worker's visit (网格走访)",
  HOTLINE: 'The hotline (热线)',
  WELFARE_WATCH: 'A welfare alert (关爱预警)',
  IMPORT: 'An imported list (导入)',
});

export const NeedStateEnum = describedEnum('NeedState', 'Lifecycle of a need (需求状态).', NeedState, {
  OPEN: 'Registered, no order is out (待匹配)',
  OFFERED: 'An order is out and waits for its provider (已派单)',
  MATCHED: 'A provider accepted (已接单)',
  FULFILLED: 'Served, not confirmed yet (已服务)',
  CLOSED: 'Confirmed by the resident (已办结)',
  UNMET: 'No service, or every one declined (未满足)',
  WITHDRAWN: 'Taken back (已撤回)',
});

const CategorySourceEnum = describedEnum(
  'CategorySource',
  'How a need came to its category (类别来源).',
  CategorySource,
  { STATED: 'Somebody stated it (填报)', TEXT: 'Found by its text (按文字判断)' },
);

const PreferenceKindEnum = describedEnum(
  'PreferenceKind',
  'Whether a resident asks for someone or rules them out (偏好).',
  PreferenceKind,
  { PREFER: 'Asked for (希望)', EXCLUDE: 'Ruled out (排除)' },
);

const PreferredWindowType = builder.objectRef<WeeklyWindow>('PreferredWindow').implement({
  description: 'A weekly time, local, that suits the resident (方便时段).',
  fields: (t) => ({
    day: t.exposeInt('day', { description: 'Day of the week, 1 Monday to 7 Sunday (星期).' }),
    start: t.string({
      description: 'When it begins, HH:MM (开始).',
      resolve: ({ startMinute }) => formatMinute(startMinute),
    }),
    end: t.string({
      description: 'When it ends, HH:MM, 24:00 at most (结束).',
      resolve: ({ endMinute }) => formatMinute(endMinute),
    }),
  }),
});

const NeedPreferenceType = builder.prismaObject('NeedPreference', {
  description: 'A provider, a service or a nature that a resident asks for or rules out for one need (居民偏好).',
  fields: (t) => ({
    kind: t.expose('kind', { type: PreferenceKindEnum, description: 'Asked for or ruled out (希望或排除).' }),
    provider: t.loadable({
      type: ProviderType,
      nullable: true,
      description: 'The provider, where it is one that you may see (供给主体).',
      load: async (ids: string[], { database, viewer }) => {
        const where = { AND: [{ id: { in: ids } }, readableProviders(viewer)] };
        return inOrderOf(ids, await database.prisma.provider.findMany({ where }));
      },
      resolve: ({ providerId }) => providerId,
    }),
    service: t.loadable({
      type: ServiceType,
      nullable: true,
      description: 'The service, where it is one that you may see (服务).',
      load: async (ids: string[], { database, viewer }) => {
        const where = { AND: [{ id: { in: ids } }, readableServices(viewer)] };
        return inOrderOf(ids, await database.prisma.service.findMany({ where }));
      },
      resolve: ({ serviceId }) => serviceId,
    }),
    nature: t.expose('nature', {
      type: ServiceNatureEnum,
      nullable: true,
      description: 'The nature of service, where it is one (服务性质).',
    }),
  }),
});

/** Rows by id, null for one that is not among them. */
function inOrderOf<Row extends { readonly id: string }>(ids: readonly string[], rows: readonly Row[]): (Row | null)[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id) ?? null);
}

export const NeedType = builder.prismaNode('Need', {
  id: { field: 'id' },
  description: 'One entry of the demand list (需求).',
  fields: (t) => ({
    externalId: t.exposeString('externalId', { description: "Id in the office's own books (外部编号)." }),
    title: t.exposeString('title', { description: 'The need in a line (标题).' }),
    description: t.exposeString('description', { description: 'The need in more words (说明).' }),
    channel: t.expose('channel', { type: ChannelEnum, description: 'How it arrived (渠道).' }),
    urgency: t.exposeInt('urgency', {
      description: '1 life and safety, 2 urgent, 3 normal, 4 can wait (紧急程度).',
    }),
    quantity: t.exposeInt('quantity', { description: 'Units asked for (数量).' }),
    state: t.expose('state', { type: NeedStateEnum, description: 'Where it stands (状态).' }),
    unmetReason: t.exposeString('unmetReason', {
      nullable: true,
      description: 'Code of the reason for which it is UNMET; null otherwise (未满足原因).',
    }),
    registeredAt: t.expose('registeredAt', { type: 'DateTime', description: 'When it was registered (登记时间).' }),
    earliestAt: t.expose('earliestAt', { type: 'DateTime', nullable: true, description: 'Not before (最早时间).' }),
    deadlineAt: t.expose('deadlineAt', { type: 'DateTime', nullable: true, description: 'Not after (截止时间).' }),
    preferredWindows: t.field({
      type: [PreferredWindowType],
      description: 'Weekly times that suit the resident; none for any (方便时段).',
      resolve: ({ preferredWindows }) => preferredWindows as WeeklyWindow[],
    }),
    maximumPriceFen: t.expose('maximumPriceFen', {
      type: 'Fen',
      nullable: true,
      description: 'The most that the resident can pay for a unit, in fen (最高单价，分).',
    }),
    latitude: t.exposeFloat('latitude', { nullable: true, description: 'Where it is, degrees north (纬度).' }),
    longitude: t.exposeFloat('longitude', { nullable: true, description: 'Where it is, degrees east (经度).' }),
    version: t.exposeInt('version', { description: 'Counts its changes; given back with the next one (版本).' }),
    category: t.relation('category', { description: 'Its category (类别).' }),
    categorySource: t.expose('categorySource', {
      type: CategorySourceEnum,
      description: 'How it came to its category (类别来源).',
    }),
    community: t.relation('community', { description: 'Its community (社区).' }),
    resident: t.field({
      type: ResidentType,
      nullable: true,
      description: 'Whose need it is; null where nobody is named, or you may not see them (居民).',
      select: (_args, _context, nested) => ({ resident: nested(true) }),
      resolve: ({ resident }, _args, { viewer }) =>
        resident && may(viewer, 'resident.read', { ...resident, residentId: resident.id }) ? resident : null,
    }),
    preferences: t.field({
      type: [NeedPreferenceType],
      description: 'Whom the resident asks for and rules out; providers do not see it (居民偏好).',
      select: (_args, _context, nested) => ({ preferences: nested({ orderBy: { id: 'asc' } }) }),
      resolve: (need, _args, { viewer }) => (readsAsOwn(viewer, need) ? need.preferences : []),
    }),
    orders: t.relatedConnection('orders', {
      cursor: 'id',
      description: 'Its orders that you may see, the newest first (订单).',
      totalCount: true,
      query: (_args, { viewer }) => ({ where: ordersInReach(viewer), orderBy: [{ attempt: 'desc' }, { id: 'desc' }] }),
    }),
  }),
});

guardNode('Need', mayFetchNeed);

const NeedFilterType = builder.inputType('NeedFilter', {
  description: 'Which needs; what is left out does not narrow (需求筛选).',
  fields: (t) => ({
    states: t.field({ type: [NeedStateEnum], description: 'In any of these states (状态).' }),
    categoryIds: t.globalIDList({
      for: CategoryType,
      description: 'Of any of these categories or of what is under them (类别，含下级).',
    }),
    communityIds: t.globalIDList({ for: CommunityType, description: 'In any of these communities (社区).' }),
    urgencies: t.intList({ description: 'Of any of these urgencies, 1 to 4 (紧急程度).' }),
    channels: t.field({ type: [ChannelEnum], description: 'By any of these channels (渠道).' }),
    registeredFrom: t.field({ type: 'DateTime', description: 'Registered then or later (登记时间自).' }),
    registeredTo: t.field({ type: 'DateTime', description: 'Registered before then (登记时间至).' }),
    text: t.string({ description: 'Title, description or external id contains this (文字包含).' }),
  }),
});

const NeedOrderEnum = builder.enumType('NeedOrder', {
  description: 'In which order needs are listed (排序).',
  values: {
    NEWEST: { description: 'The latest registered first (最新登记)' },
    MOST_URGENT: { description: 'The most urgent first, of those the longest waiting (最紧急)' },
  } as const,
});

builder.queryFields((t) => ({
  needs: t.prismaConnection({
    type: 'Need',
    cursor: 'id',
    description: 'The needs that you may see (需求清单).',
    args: {
      filter: t.arg({ type: NeedFilterType, description: 'Which needs (筛选).' }),
      order: t.arg({ type: NeedOrderEnum, defaultValue: 'NEWEST', description: 'In which order (排序).' }),
    },
    totalCount: async (_root, { filter }, context) =>
      context.database.prisma.need.count({ where: await needsAsked(filter ?? {}, context) }),
    resolve: async (query, _root, { filter, order }, context) => {
      demandAtAll(context.viewer, 'need.read');
      return context.database.prisma.need.findMany({
        ...query,
        where: await needsAsked(filter ?? {}, context),
        orderBy:
          order === 'MOST_URGENT'
            ? [{ urgency: 'asc' }, { registeredAt: 'asc' }, { id: 'asc' }]
            : [{ registeredAt: 'desc' }, { id: 'desc' }],
      });
    },
  }),
}));

async function needsAsked(
  filter: typeof NeedFilterType.$inferInput,
  { database, viewer }: Context,
): Promise<Prisma.NeedWhereInput> {
  const { states, categoryIds, communityIds, urgencies, channels, registeredFrom, registeredTo, text } = filter;
  const contains = textContains(text ?? '');
  const asked: Prisma.NeedWhereInput[] = [needsInReach(viewer)];
  if (states) asked.push({ state: { in: states } });
  if (categoryIds) {
    const ids = await categoriesWithin(
      database.prisma,
      viewer.areaId,
      categoryIds.map(({ id }) => id),
    );
    asked.push({ categoryId: { in: [...ids] } });
  }
  if (communityIds) asked.push({ communityId: { in: communityIds.map(({ id }) => id) } });
  if (urgencies) asked.push({ urgency: { in: urgencies } });
  if (channels) asked.push({ channel: { in: channels } });
  if (registeredFrom) asked.push({ registeredAt: { gte: registeredFrom } });
  if (registeredTo) asked.push({ registeredAt: { lt: registeredTo } });
  if (text) asked.push({ OR: [{ title: contains }, { description: contains }, { externalId: contains }] });
  return { AND: asked };
}
