import { resolveArrayConnection } from '@pothos/plugin-relay';
import { CategoryType } from '../communities/category.graphql.ts';
import { CommunityType, RoomClassEnum } from '../communities/community.graphql.ts';
import { builder } from '../graphql/builder.ts';
import { demandAtAll } from '../identity/policy.ts';
import { UNMET_REASONS, type UnmetReason } from '../matchruns/index.ts';
import { measureFit } from './fit.store.ts';
import type { FitPeriod } from './scope.store.ts';
import { type ShownFitRow, SMALLEST_GROUP, type WithheldTable, withholdSmallGroups } from './withholding.store.ts';

const PERIODS = {
  DAY: 'Each day (日)',
  WEEK: 'Each week from Monday (周)',
  MONTH: 'Each month (月)',
  QUARTER: 'Each quarter (季度)',
  WHOLE: 'The whole time in one (整段)',
} as const satisfies Readonly<Record<FitPeriod, string>>;

const FitPeriodEnum = builder.enumType('FitPeriod', {
  description: "Calendar unit of the rows, in the area's local time (统计周期).",
  values: Object.fromEntries(
    Object.entries(PERIODS).map(([value, description]) => [value, { value, description }]),
  ) as Record<FitPeriod, { value: FitPeriod; description: string }>,
});

const UnmetReasonCountType = builder
  .objectRef<{ readonly reason: string; readonly needs: number }>('UnmetReasonCount')
  .implement({
    description: 'How many needs are unmet for one reason (未满足原因计数).',
    fields: (t) => ({
      reason: t.exposeString('reason', { description: 'Code of the reason (原因编码).' }),
      message: t.string({
        description: 'The reason in words, in the language of Accept-Language (原因).',
        resolve: ({ reason }, _args, { locale }) => UNMET_REASONS[reason as UnmetReason]?.[locale] ?? reason,
      }),
      needs: t.exposeInt('needs', { description: 'How many needs (需求数).' }),
    }),
  });

/** What a field gives, unless its table is withheld from the viewer in this row. */
function unless<Shown>(table: WithheldTable, show: (row: ShownFitRow) => Shown) {
  return (row: ShownFitRow): Shown | null => (row.withheld.has(table) ? null : show(row));
}

const FitType = builder.objectRef<ShownFitRow>('Fit').implement({
  description:
    'How well supply fits need in a category, a community and a period (匹配度). A need counts in the period in which it was registered, with all that became of it since; places in that in which they are offered and taken. Rates are in basis points, hundredths of a per cent, and null where there is nothing to take a share of. Who may not read the residents gets null, too, for what would tell of a few of them: see isWithheld.',
  fields: (t) => ({
    category: t.loadable({
      type: CategoryType,
      nullable: true,
      description: 'The category; null for all of them together (类别).',
      load: async (ids: string[], { database, viewer }) => {
        const found = await database.prisma.category.findMany({ where: { areaId: viewer.areaId, id: { in: ids } } });
        const byId = new Map(found.map((category) => [category.id, category]));
        return ids.map((id) => byId.get(id)!);
      },
      resolve: ({ categoryId }) => categoryId,
    }),
    community: t.loadable({
      type: CommunityType,
      nullable: true,
      description: 'The community; null for all of them together (社区).',
      load: async (ids: string[], { database, viewer }) => {
        const found = await database.prisma.community.findMany({ where: { areaId: viewer.areaId, id: { in: ids } } });
        const byId = new Map(found.map((community) => [community.id, community]));
        return ids.map((id) => byId.get(id)!);
      },
      resolve: ({ communityId }) => communityId,
    }),
    periodStart: t.expose('periodStart', {
      type: 'Date',
      nullable: true,
      description: 'First local day of the period; null for the whole time (周期首日).',
    }),
    isWithheld: t.boolean({
      description:
        'Whether numbers are withheld because fewer than 5 residents (unless the operator sets another number) stand for them, or would for their difference to others. Such numbers may be narrowed in one way at a time: to categories, to communities, or to whole local months (是否因人数过少而隐去部分数字).',
      resolve: ({ withheld }) => withheld.size > 0,
    }),
    needs: t.int({
      nullable: true,
      description: 'Needs registered (登记需求).',
      resolve: unless('needs', ({ counts }) => counts.needs),
    }),
    units: t.int({
      nullable: true,
      description: 'Units that they ask for, without those taken back (需求数量).',
      resolve: unless('needs', ({ counts }) => counts.units),
    }),
    withdrawn: t.int({
      nullable: true,
      description: 'Of them taken back (撤回).',
      resolve: unless('states', ({ counts }) => counts.withdrawn),
    }),
    offered: t.int({
      nullable: true,
      description: 'Of them with an order out that the provider has not answered yet (待接单).',
      resolve: unless('states', ({ counts }) => counts.offered),
    }),
    matched: t.int({
      nullable: true,
      description: 'Of them accepted by a provider, served or not (已接单).',
      resolve: unless('states', ({ counts }) => counts.matched),
    }),
    fulfilled: t.int({
      nullable: true,
      description: 'Of them served (已服务).',
      resolve: unless('states', ({ counts }) => counts.fulfilled),
    }),
    unmet: t.int({
      nullable: true,
      description: 'Of them without a service (未满足).',
      resolve: unless('states', ({ counts }) => counts.unmet),
    }),
    unmetReasons: t.field({
      nullable: true,
      type: [UnmetReasonCountType],
      description: 'For which reasons they are unmet, the most frequent first (未满足原因).',
      resolve: unless('unmetReasons', ({ counts }) =>
        Object.entries(counts.unmetReasons)
          .map(([reason, needs]) => ({ reason, needs }))
          .sort((a, b) => b.needs - a.needs || (a.reason < b.reason ? -1 : 1)),
      ),
    }),
    matchRate: t.int({
      nullable: true,
      description:
        'Match rate: needs for which there is a service, offered or accepted / needs not taken back (匹配率).',
      resolve: unless('states', ({ rates }) => rates.matchRate),
    }),
    fillRate: t.int({
      nullable: true,
      description: 'Fill rate: served / needs not taken back (满足率).',
      resolve: unless('states', ({ rates }) => rates.fillRate),
    }),
    responseRate: t.int({
      nullable: true,
      description: 'Response rate: orders accepted in time / orders accepted, declined or expired (响应率).',
      resolve: unless('answers', ({ rates }) => rates.responseRate),
    }),
    resolutionRate: t.int({
      nullable: true,
      description: 'Resolution rate: appraisals that say the matter was resolved / appraisals (解决率).',
      resolve: unless('appraisals', ({ rates }) => rates.resolutionRate),
    }),
    satisfactionRate: t.int({
      nullable: true,
      description: 'Satisfaction rate: appraisals with a mark of 4 or 5 / appraisals (满意率).',
      resolve: unless('appraisals', ({ rates }) => rates.satisfactionRate),
    }),
    appraised: t.int({
      nullable: true,
      description: 'Orders that were appraised (已评议).',
      resolve: unless('appraisals', ({ counts }) => counts.appraised),
    }),
    medianSecondsToAccept: t.int({
      nullable: true,
      description: 'Median time from dispatch to acceptance, in seconds (接单用时中位数，秒).',
      resolve: unless('accepted', ({ counts }) => counts.medianSecondsToAccept),
    }),
    medianSecondsToFulfil: t.int({
      nullable: true,
      description: 'Median time from registration to the end of the service, in seconds (办结用时中位数，秒).',
      resolve: unless('served', ({ counts }) => counts.medianSecondsToFulfil),
    }),
    services: t.int({ description: 'Services on offer (可用服务).', resolve: ({ counts }) => counts.services }),
    unlimitedServices: t.int({
      description: 'Of them without a limit of places (不限名额的服务).',
      resolve: ({ counts }) => counts.unlimitedServices,
    }),
    placesOffered: t.int({
      description: 'Places that the services with a limit offer (提供名额).',
      resolve: ({ counts }) => counts.placesOffered,
    }),
    placesTaken: t.int({
      nullable: true,
      description: 'Places that orders hold or have used up (占用名额).',
      resolve: unless('placesTaken', ({ counts }) => counts.placesTaken),
    }),
    capacityUsed: t.int({
      nullable: true,
      description: 'Capacity used: places taken / places offered (名额使用率).',
      resolve: unless('placesTaken', ({ rates }) => rates.capacityUsed),
    }),
    accessibility: t.float({
      nullable: true,
      description:
        'Places offered for each unit asked for within reach of the community, by two-step floating catchment areas; null in rows of all communities (可达性，两步移动搜索法).',
      resolve: unless('accessibility', ({ accessibility }) => accessibility),
    }),
  }),
});

const FitFilterType = builder.inputType('FitFilter', {
  description: 'Which needs and services count; what is left out does not narrow (匹配度筛选).',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', description: 'Needs registered, places offered then or later (自).' }),
    to: t.field({ type: 'DateTime', description: 'Needs registered, places offered before then (至).' }),
    categoryIds: t.globalIDList({ for: CategoryType, description: 'These and what is under them (类别，含下级).' }),
    communityIds: t.globalIDList({ for: CommunityType, description: 'These communities (社区).' }),
    roomClass: t.field({ type: RoomClassEnum, description: 'This class of function rooms (功能室类别).' }),
  }),
});

const FitGroupsType = builder.inputType('FitGroups', {
  description: 'What has rows of its own; what has not is added up (分组).',
  fields: (t) => ({
    category: t.boolean({ defaultValue: true, description: 'A row for each category (按类别).' }),
    community: t.boolean({ defaultValue: false, description: 'A row for each community (按社区).' }),
    period: t.field({ type: FitPeriodEnum, defaultValue: 'WHOLE', description: 'A row for each such time (按周期).' }),
  }),
});

const FitConnection = builder.connectionObject(
  {
    type: FitType,
    name: 'FitConnection',
    description: 'One page of the fit (匹配度分页列表).',
    fields: (t) => ({
      totalCount: t.int({
        description: 'How many rows there are on all pages (总数).',
        resolve: (connection) => (connection as unknown as WithTotals).totalCount,
      }),
      totals: t.field({
        type: FitType,
        description: 'What all rows of all pages come to together (合计).',
        resolve: (connection) => (connection as unknown as WithTotals).totals,
      }),
    }),
  },
  { name: 'FitEdge', description: 'A row of the fit with its cursor (匹配度条目).' },
);

type WithTotals = { readonly totals: ShownFitRow; readonly totalCount: number };

builder.queryFields((t) => ({
  fit: t.connection(
    {
      type: FitType,
      description:
        'How well supply fits need, by category, community and period: a row for each that has a need or a service (匹配度).',
      args: {
        filter: t.arg({ type: FitFilterType, description: 'What counts (筛选).' }),
        groupBy: t.arg({
          type: FitGroupsType,
          description: 'What has rows of its own; the category alone when left out (分组).',
        }),
      },
      resolve: async (
        _root,
        { filter, groupBy, ...page },
        { database, viewer, clock, smallestGroup = SMALLEST_GROUP },
      ) => {
        demandAtAll(viewer, 'fit.read');
        const groups = {
          category: groupBy?.category ?? true,
          community: groupBy?.community ?? false,
          period: groupBy?.period ?? 'WHOLE',
        };
        const { categoryIds, communityIds, ...rest } = filter ?? {};
        const asked = {
          ...rest,
          categoryIds: categoryIds?.map(({ id }) => id) ?? null,
          communityIds: communityIds?.map(({ id }) => id) ?? null,
        };
        // Sums over the needs and orders of all, for people who may not see one of them.
        const { prisma } = database.system;
        const fit = await measureFit(prisma, viewer.areaId, asked, groups, clock());
        const { rows, totals } = await withholdSmallGroups(prisma, viewer, fit, groups, smallestGroup);
        const connection = await resolveArrayConnection({ args: page }, [...rows]);
        return { ...connection, totals, totalCount: rows.length };
      },
    },
    FitConnection,
  ),
}));
