import { CategoryType } from '../communities/category.graphql.ts';
import { CommunityType, ServiceUnitEnum } from '../communities/community.graphql.ts';
import { categoriesWithin, textContains } from '../communities/index.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { CapacityPeriod, FundingSource, ServiceNature, ServiceStatus } from '../generated/prisma/enums.ts';
import { builder } from '../graphql/builder.ts';
import type { Context } from '../graphql/context.ts';
import { describedEnum } from '../graphql/enums.ts';
import { guardNode } from '../graphql/node-access.ts';
import { readableServices } from './access.ts';
import { ProviderKindEnum, ProviderType } from './provider.graphql.ts';
import { formatMinute, formatSchedule } from './schedule.ts';

export const ServiceNatureEnum = describedEnum('ServiceNature', 'The nature of a service (服务性质).', ServiceNature, {
  SELF_GOVERNANCE: "Residents' self-governance for the public good (公益性自治服务)",
  COMMERCIAL: 'Commercial (商业服务)',
  PUBLIC_BENEFIT: 'For the public good (公益性服务)',
  DERIVED: 'Derived, the X of 3+3+X (衍生服务)',
});

export const ServiceStatusEnum = describedEnum(
  'ServiceStatus',
  'Where a service stands on the service list (服务状态).',
  ServiceStatus,
  {
    DRAFT: 'Not on the list yet (草稿)',
    PUBLISHED: 'On the list (已发布)',
    WITHDRAWN: 'Not on the list any more (已撤下)',
  },
);

export const CapacityPeriodEnum = describedEnum(
  'CapacityPeriod',
  'The time over which places are counted (容量周期).',
  CapacityPeriod,
  {
    DAY: 'Each day (每日)',
    WEEK: 'Each week (每周)',
    MONTH: 'Each month (每月)',
    OPEN: 'Once and for all (不分周期)',
  },
);

export const FundingSourceEnum = describedEnum(
  'FundingSource',
  'Who bears the cost beside the resident (资金来源).',
  FundingSource,
  {
    GOVERNMENT_PURCHASE: 'Bought by the government (政府购买)',
    PROJECT_SUBSIDY: 'Subsidy for a project (项目补贴)',
    PROJECT_AWARD: 'Award for results (以奖代补)',
    CIVIL_AFFAIRS_GRANT: 'Grant of the civil affairs office (民政资金)',
    VOLUNTEER: 'Volunteers (志愿服务)',
  },
);

const ServiceLocationType = builder.prismaObject('ServiceLocation', {
  description: 'A place where a service is given (服务地点).',
  fields: (t) => ({
    name: t.exposeString('name', { nullable: true, description: 'Its name (名称).' }),
    address: t.exposeString('address', { nullable: true, description: 'Its address (地址).' }),
    latitude: t.exposeFloat('latitude', { description: 'Degrees north (纬度).' }),
    longitude: t.exposeFloat('longitude', { description: 'Degrees east (经度).' }),
  }),
});

const ScheduleWindowType = builder.prismaObject('ScheduleWindow', {
  description: 'A weekly opening window in local time (每周服务时段).',
  fields: (t) => ({
    day: t.exposeInt('day', { description: 'Day of the week, 1 Monday to 7 Sunday (星期).' }),
    start: t.string({
      description: 'When it begins, HH:MM (开始).',
      resolve: (window) => formatMinute(window.startMinute),
    }),
    end: t.string({
      description: 'When it ends, HH:MM, 24:00 at most (结束).',
      resolve: (window) => formatMinute(window.endMinute),
    }),
  }),
});

const ScheduleExceptionType = builder.prismaObject('ScheduleException', {
  description: 'A date on which the weekly windows do not hold (例外日期).',
  fields: (t) => ({
    date: t.expose('date', { type: 'Date', description: 'The local date (日期).' }),
    start: t.string({
      nullable: true,
      description: 'When it opens, HH:MM; null where it is closed (开始).',
      resolve: ({ startMinute }) => (startMinute === null ? null : formatMinute(startMinute)),
    }),
    end: t.string({
      nullable: true,
      description: 'When it closes, HH:MM; null where it is closed (结束).',
      resolve: ({ endMinute }) => (endMinute === null ? null : formatMinute(endMinute)),
    }),
  }),
});

const EligibilityRuleType = builder.prismaObject('EligibilityRule', {
  description: 'Who a service is for (服务对象).',
  fields: (t) => ({
    allOf: t.exposeStringList('allOf', { description: 'Attributes that a resident must all have (须全部具备).' }),
    anyOf: t.exposeStringList('anyOf', { description: 'Attributes of which one is needed (须具备其一).' }),
    noneOf: t.exposeStringList('noneOf', { description: 'Attributes that a resident must not have (不得具备).' }),
    minimumAge: t.exposeInt('minimumAge', { nullable: true, description: 'Least age, whole years (最低年龄).' }),
    maximumAge: t.exposeInt('maximumAge', { nullable: true, description: 'Highest age, whole years (最高年龄).' }),
  }),
});

const inTimeOrder = { orderBy: [{ day: 'asc' }, { startMinute: 'asc' }] } satisfies Prisma.Service$scheduleWindowsArgs;
const standardCost = { where: { option: 'standard' } } satisfies Prisma.Service$costOptionsArgs;

export const ServiceType = builder.prismaNode('Service', {
  id: { field: 'id' },
  description: 'One entry of the service list (服务).',
  fields: (t) => ({
    externalId: t.exposeString('externalId', { description: "Id in the office's own books (外部编号)." }),
    name: t.exposeString('name', { description: 'Its name (名称).' }),
    nameEn: t.exposeString('nameEn', { nullable: true, description: 'Its name in English (英文名).' }),
    description: t.exposeString('description', { description: 'What is done (服务内容).' }),
    nature: t.expose('nature', { type: ServiceNatureEnum, description: 'Its nature (服务性质).' }),
    status: t.expose('status', { type: ServiceStatusEnum, description: 'Where it stands (状态).' }),
    keywords: t.exposeStringList('keywords', { description: 'Words by which it is looked for (关键词).' }),
    provider: t.relation('provider', { description: 'Who supplies it (供给主体).' }),
    mainCategory: t.field({
      type: CategoryType,
      description: 'Its main category, in whose ledger it stands (主类别).',
      select: (_args, _context, nested) => ({
        categories: { orderBy: { position: 'asc' }, select: { category: nested(true) } },
      }),
      resolve: ({ categories }) => categories[0]!.category,
    }),
    categories: t.field({
      type: [CategoryType],
      description: 'The categories that it serves, the main one first (类别).',
      select: (_args, _context, nested) => ({
        categories: { orderBy: { position: 'asc' }, select: { category: nested(true) } },
      }),
      resolve: ({ categories }) => categories.map(({ category }) => category),
    }),
    communities: t.field({
      type: [CommunityType],
      description: 'The communities that it serves; none for the whole area (服务社区).',
      select: (_args, _context, nested) => ({
        serviceAreas: { orderBy: { community: { externalId: 'asc' } }, select: { community: nested(true) } },
      }),
      resolve: ({ serviceAreas }) => serviceAreas.map(({ community }) => community),
    }),
    locations: t.relation('locations', {
      type: ServiceLocationType,
      description: 'Where it is given (服务地点).',
      query: { orderBy: { id: 'asc' } },
    }),
    radiusMetres: t.exposeInt('radiusMetres', {
      nullable: true,
      description: 'Radius of its circle around its locations, metres; null for no limit (服务半径，米).',
    }),
    scheduleWindows: t.relation('scheduleWindows', {
      type: ScheduleWindowType,
      description: 'Its weekly hours; none for by arrangement (每周服务时间).',
      query: inTimeOrder,
    }),
    schedule: t.string({
      description: 'Its weekly hours in words; empty for by arrangement (服务时间).',
      select: { scheduleWindows: inTimeOrder },
      resolve: ({ scheduleWindows }, _args, { locale }) => formatSchedule(scheduleWindows, locale),
    }),
    scheduleExceptions: t.relation('scheduleExceptions', {
      type: ScheduleExceptionType,
      description: 'Dates on which its hours differ (例外日期).',
      query: { orderBy: [{ date: 'asc' }, { startMinute: 'asc' }] },
    }),
    eligibility: t.relation('eligibility', {
      type: EligibilityRuleType,
      nullable: true,
      description: 'Who it is for; null for everyone (服务对象).',
    }),
    price: t.field({
      type: 'Fen',
      description: 'What the resident pays for one unit (单价).',
      select: { costOptions: standardCost },
      resolve: ({ costOptions }) => costOptions[0]?.amountFen ?? 0,
    }),
    unit: t.field({
      type: ServiceUnitEnum,
      description: 'What is counted (计量单位).',
      select: {
        costOptions: standardCost,
        categories: { orderBy: { position: 'asc' }, select: { category: { select: { unit: true } } } },
      },
      resolve: ({ costOptions, categories }) => costOptions[0]?.unit ?? categories[0]!.category.unit,
    }),
    giftFen: t.expose('giftFen', {
      type: 'Fen',
      description: 'What the provider gives of the price of each unit (让利).',
    }),
    funding: t.field({
      type: [FundingSourceEnum],
      description: 'Who else bears the cost (资金来源).',
      select: { funding: { orderBy: { source: 'asc' } } },
      resolve: ({ funding }) => funding.map(({ source }) => source),
    }),
    places: t.exposeInt('places', { nullable: true, description: 'Places in each period; null for unlimited (名额).' }),
    capacityPeriod: t.expose('capacityPeriod', {
      type: CapacityPeriodEnum,
      description: 'Over what places are counted (容量周期).',
    }),
    validFrom: t.expose('validFrom', {
      type: 'DateTime',
      nullable: true,
      description: 'From when it is offered (生效时间).',
    }),
    validTo: t.expose('validTo', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when it is offered (截止时间).',
    }),
    publishedAt: t.expose('publishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it came onto the list (发布时间).',
    }),
    appraisalCount: t.exposeInt('appraisalCount', { description: 'How many appraisals it has (评议数).' }),
    averageMark: t.float({
      nullable: true,
      description: 'Mean of its marks, 1 to 5; null without appraisals (平均评分).',
      resolve: ({ appraisalCount, appraisalSum }) => (appraisalCount === 0 ? null : appraisalSum / appraisalCount),
    }),
    version: t.exposeInt('version', { description: 'Counts its changes; sent back to change it (版本).' }),
  }),
});

guardNode(
  'Service',
  async (id, { database, viewer }) =>
    (await database.prisma.service.count({ where: { AND: [{ id }, readableServices(viewer)] } })) === 1,
);

const ServiceFilterType = builder.inputType('ServiceFilter', {
  description: 'Which services are asked for; each part narrows it (服务筛选).',
  fields: (t) => ({
    categoryIds: t.globalIDList({
      for: CategoryType,
      description: 'Of one of these categories or one below them (类别，含下级).',
    }),
    natures: t.field({ type: [ServiceNatureEnum], description: 'Of one of these natures (服务性质).' }),
    providerKinds: t.field({
      type: [ProviderKindEnum],
      description: 'Of providers of one of these kinds (供给主体类型).',
    }),
    providerId: t.globalID({ for: ProviderType, description: 'Of this provider (供给主体).' }),
    communityId: t.globalID({ for: CommunityType, description: 'That serve this community (所服务社区).' }),
    statuses: t.field({
      type: [ServiceStatusEnum],
      description: 'In one of these states, as far as you may see them (状态).',
    }),
    text: t.string({ description: 'Whose name, description, keywords or external id contain this (文字包含).' }),
  }),
});
type ServiceFilter = typeof ServiceFilterType.$inferInput;

builder.queryFields((t) => ({
  services: t.prismaConnection({
    type: 'Service',
    cursor: 'id',
    description: 'The service list, and what you may see beside it (服务清单).',
    args: { filter: t.arg({ type: ServiceFilterType, description: 'Which of them (筛选).' }) },
    totalCount: async (_root, { filter }, context) =>
      context.database.prisma.service.count({ where: await servicesAsked(filter, context) }),
    resolve: async (query, _root, { filter }, context) =>
      context.database.prisma.service.findMany({
        ...query,
        where: await servicesAsked(filter, context),
        orderBy: { externalId: 'asc' },
      }),
  }),
}));

async function servicesAsked(
  filter: ServiceFilter | null | undefined,
  { database, viewer }: Context,
): Promise<Prisma.ServiceWhereInput> {
  const { categoryIds, natures, providerKinds, providerId, communityId, statuses, text } = filter ?? {};
  const parts: Prisma.ServiceWhereInput[] = [readableServices(viewer)];
  if (categoryIds) {
    const ids = await categoriesWithin(
      database.prisma,
      viewer.areaId,
      categoryIds.map(({ id }) => id),
    );
    parts.push({ categories: { some: { categoryId: { in: [...ids] } } } });
  }
  if (natures) parts.push({ nature: { in: natures } });
  if (providerKinds) parts.push({ provider: { kind: { in: providerKinds } } });
  if (providerId) parts.push({ providerId: providerId.id });
  if (communityId) {
    parts.push({ OR: [{ serviceAreas: { none: {} } }, { serviceAreas: { some: { communityId: communityId.id } } }] });
  }
  if (statuses) parts.push({ status: { in: statuses } });
  if (text) {
    const contains = textContains(text);
    parts.push({
      OR: [
        { name: contains },
        { nameEn: contains },
        { description: contains },
        { keywords: { has: text } },
        { externalId: contains },
      ],
    });
  }
  return { AND: parts };
}
