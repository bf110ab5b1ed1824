import { CategoryType } from '../communities/category.graphql.ts';
import { CategoryUnclear, type RankedCategory } from '../communities/category-by-text.ts';
import { CommunityType } from '../communities/community.graphql.ts';
import { builder } from '../graphql/builder.ts';
import { Failure } from '../graphql/failures.graphql.ts';
import { ProviderType } from '../services/provider.graphql.ts';
import { ServiceNatureEnum, ServiceType } from '../services/service.graphql.ts';
import { ChannelEnum, NeedStateEnum, NeedType } from './need.graphql.ts';
import { NeedNotWaiting, WITHDRAWAL_REASONS, type WithdrawalReason } from './need.ts';
import { amendNeed, registerNeed, withdrawNeed } from './need-changes.store.ts';
import { ResidentType } from './resident.graphql.ts';

const RankedCategoryType = builder.objectRef<RankedCategory>('RankedCategory').implement({
  description: 'A category that a text may be of (可能的类别).',
  fields: (t) => ({
    confidence: t.exposeFloat('confidence', { description: 'How sure that is, 0 to 1 (置信度).' }),
    category: t.loadable({
      type: CategoryType,
      description: 'The category (类别).',
      load: async (codes: string[], { database, viewer }) => {
        const categories = await database.prisma.category.findMany({
          where: { areaId: viewer.areaId, code: { in: codes } },
        });
        const byCode = new Map(categories.map((category) => [category.code, category]));
        return codes.map((code) => byCode.get(code)!);
      },
      resolve: ({ code }) => code,
    }),
  }),
});

builder.objectType(CategoryUnclear, {
  name: 'CategoryUnclear',
  description: 'The text leaves the category open; state one, perhaps of those considered (类别不明).',
  interfaces: [Failure],
  fields: (t) => ({
    considered: t.field({
      type: [RankedCategoryType],
      description: 'The categories that it may be of, surest first (可能的类别).',
      resolve: (failure) => [...failure.considered],
    }),
  }),
});

builder.objectType(NeedNotWaiting, {
  name: 'NeedNotWaiting',
  description: 'The need is dispatched or its life has ended: what it says stays as it is (需求已派单或已结束).',
  interfaces: [Failure],
  fields: (t) => ({
    state: t.expose('state', { type: NeedStateEnum, description: 'The state that it is in (当前状态).' }),
  }),
});

const PreferredWindowInputType = builder.inputType('PreferredWindowInput', {
  description: 'A weekly time, local, that suits the resident (方便时段).',
  fields: (t) => ({
    day: t.int({ required: true, description: 'Day of the week, 1 Monday to 7 Sunday (星期).' }),
    startMinute: t.int({ required: true, description: 'When it begins, minutes from midnight (开始).' }),
    endMinute: t.int({ required: true, description: 'When it ends, minutes from midnight, at most 1440 (结束).' }),
  }),
});

/** The fields of a need that a client may write; `isNew` says which of them a registration must have. */
const writtenFields = (isNew: boolean) => (t: Parameters<Parameters<typeof builder.inputType>[1]['fields']>[0]) => ({
  title: t.string({ required: isNew, description: 'The need in a line (标题).' }),
  description: t.string({ description: 'The need in more words (说明).' }),
  residentId: t.globalID({ for: ResidentType, description: 'Whose need it is (居民).' }),
  communityId: t.globalID({ for: CommunityType, description: "Where it is; the resident's when left out (社区)." }),
  categoryId: t.globalID({ for: CategoryType, description: 'Its category; found by the text when left out (类别).' }),
  channel: t.field({ type: ChannelEnum, description: 'How it arrived; APP when left out (渠道).' }),
  urgency: t.int({
    description: '1 life and safety, 2 urgent, 3 normal, which is what it is when left out, 4 can wait (紧急程度).',
  }),
  quantity: t.int({ description: 'Units asked for; 1 when left out (数量).' }),
  registeredAt: t.field({ type: 'DateTime', description: 'When it was registered; now when left out (登记时间).' }),
  earliestAt: t.field({ type: 'DateTime', description: 'Not before (最早时间).' }),
  deadlineAt: t.field({ type: 'DateTime', description: 'Not after (截止时间).' }),
  preferredWindows: t.field({
    type: [PreferredWindowInputType],
    description: 'Weekly times that suit the resident; none for any (方便时段).',
  }),
  maximumPriceFen: t.field({
    type: 'Fen',
    description: 'The most that the resident can pay for a unit, in fen (最高单价，分).',
  }),
  latitude: t.float({ description: 'Where it is, degrees north (纬度).' }),
  longitude: t.float({ description: 'Where it is, degrees east (经度).' }),
  preferredProviders: t.globalIDList({
    for: ProviderType,
    description: 'Ids of providers asked for (希望的供给主体).',
  }),
  excludedProviders: t.globalIDList({ for: ProviderType, description: 'Ids of providers ruled out (排除的供给主体).' }),
  preferredServices: t.globalIDList({ for: ServiceType, description: 'Ids of services asked for (希望的服务).' }),
  excludedServices: t.globalIDList({ for: ServiceType, description: 'Ids of services ruled out (排除的服务).' }),
  excludedNatures: t.field({
    type: [ServiceNatureEnum],
    description: 'Natures of service ruled out (排除的服务性质).',
  }),
});

const RegisterNeedInputType = builder.inputType('RegisterNeedInput', {
  description: 'A need to register (登记需求).',
  fields: (t) => ({
    externalId: t.string({ description: "Id in the office's own books; one is made when left out (外部编号)." }),
    ...writtenFields(true)(t),
  }),
});

const AmendNeedInputType = builder.inputType('AmendNeedInput', {
  description: 'What to change of a need; what is left out stays, null empties (修改需求).',
  fields: (t) => ({
    id: t.globalID({ for: NeedType, required: true, description: 'The need (需求).' }),
    version: t.int({ required: true, description: 'The version that you have seen (版本).' }),
    ...writtenFields(false)(t),
  }),
});

const WithdrawalReasonEnum = builder.enumType('WithdrawalReason', {
  description: 'Why a need is taken back (撤回原因).',
  values: Object.fromEntries(
    Object.entries(WITHDRAWAL_REASONS).map(([value, description]) => [value, { value, description }]),
  ) as Record<WithdrawalReason, { value: WithdrawalReason; description: string }>,
});

const WithdrawNeedInputType = builder.inputType('WithdrawNeedInput', {
  description: 'Which need is taken back, and why (撤回需求).',
  fields: (t) => ({
    id: t.globalID({ for: NeedType, required: true, description: 'The need (需求).' }),
    version: t.int({ required: true, description: 'The version that you have seen (版本).' }),
    reason: t.field({ type: WithdrawalReasonEnum, required: true, description: 'Why (原因).' }),
  }),
});

builder.mutationFields((t) => ({
  registerNeed: t.prismaField({
    type: 'Need',
    description: 'Registers a need; a resident registers their own (登记需求).',
    errors: { types: [CategoryUnclear] },
    args: { input: t.arg({ type: RegisterNeedInputType, required: true, description: 'The need (需求信息).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const id = await registerNeed(database, viewer, withIds(input), clock());
      return database.prisma.need.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
  amendNeed: t.prismaField({
    type: 'Need',
    description: 'Changes what a need says while no order is out for it; it is matched anew (修改需求).',
    errors: { types: [CategoryUnclear, NeedNotWaiting] },
    args: { input: t.arg({ type: AmendNeedInputType, required: true, description: 'The change (修改内容).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const { id, version, ...changes } = input;
      await amendNeed(database, viewer, { needId: id.id, version }, withIds(changes), clock());
      return database.prisma.need.findUniqueOrThrow({ ...query, where: { id: id.id } });
    },
  }),
  withdrawNeed: t.prismaField({
    type: 'Need',
    description: 'Takes a need back, and cancels its order where one is out and not served (撤回需求).',
    errors: {},
    args: { input: t.arg({ type: WithdrawNeedInputType, required: true, description: 'Which, and why (撤回信息).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const { id, version, reason } = input;
      await withdrawNeed(database, viewer, { needId: id.id, version }, reason, clock());
      return database.prisma.need.findUniqueOrThrow({ ...query, where: { id: id.id } });
    },
  }),
}));

type DecodedId = { readonly typename: string; readonly id: string };

/** An input with the row ids in the place of Relay's. */
function withIds(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isId = (value: unknown): value is DecodedId =>
    typeof value === 'object' && value !== null && 'typename' in value;
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain);
    return isId(value) ? value.id : value;
  };
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, plain(value)]));
}
