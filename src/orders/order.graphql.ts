import { CategoryType } from '../communities/category.graphql.ts';
import { CommunityType, ServiceUnitEnum } from '../communities/community.graphql.ts';
import type { Order, Prisma } from '../generated/prisma/client.ts';
import { DispatchMode, OrderState } from '../generated/prisma/enums.ts';
import { builder } from '../graphql/builder.ts';
import type { Context } from '../graphql/context.ts';
import { describedEnum } from '../graphql/enums.ts';
import { guardNode } from '../graphql/node-access.ts';
import { demandAtAll, may } from '../identity/policy.ts';
import { TransferType } from '../ledger/ledger.graphql.ts';
import { NeedType } from '../needs/need.graphql.ts';
import { ProviderType } from '../services/provider.graphql.ts';
import { ordersInReach } from './access.ts';
import { type OrderContact, showContacts } from './contact.store.ts';
import { ORDER_STATES } from './lifecycle.ts';

const described = (state: OrderState) => `${capitalised(ORDER_STATES[state].en)} (${ORDER_STATES[state].zh})`;

export const OrderStateEnum = describedEnum('OrderState', 'Lifecycle of an order (订单状态).', OrderState, {
  DISPATCHED: described('DISPATCHED'),
  ACCEPTED: described('ACCEPTED'),
  IN_SERVICE: described('IN_SERVICE'),
  FULFILLED: described('FULFILLED'),
  CONFIRMED: described('CONFIRMED'),
  DECLINED: described('DECLINED'),
  EXPIRED: described('EXPIRED'),
  CANCELLED: described('CANCELLED'),
  DISPUTED: described('DISPUTED'),
});

export const DispatchModeEnum = describedEnum('DispatchMode', 'How an order came about (派单方式).', DispatchMode, {
  MATCH_RUN: 'A match run assigned it (批次匹配)',
  STAFF: 'Staff dispatched it by hand (人工派单)',
  RESIDENT_CHOICE: 'The resident chose the service (自主选择)',
  REDISPATCH: 'The service before it declined or did not answer (改派)',
});

/** Of an order, whether its resident was erased: what people wrote in its events and appraisal is not shown then. */
const ERASED_AT = { select: { need: { select: { resident: { select: { erasedAt: true } } } } } } as const;

function isErased({
  need: { resident },
}: {
  readonly need: { readonly resident: { readonly erasedAt: Date | null } | null };
}) {
  return resident !== null && resident.erasedAt !== null;
}

export const OrderEventType = builder.prismaObject('OrderEvent', {
  description: 'One change of an order: who, when, from, to, why; never changed (订单事件).',
  fields: (t) => ({
    seq: t.exposeInt('seq', { description: 'Its number in the path of the order, from 1 (序号).' }),
    from: t.expose('fromState', {
      type: OrderStateEnum,
      nullable: true,
      description: 'The state before; null for the dispatch (原状态).',
    }),
    to: t.expose('toState', { type: OrderStateEnum, description: 'The state after (新状态).' }),
    actorRole: t.exposeString('actorRole', {
      description: 'In which role it was done; SYSTEM for timers and re-dispatch (操作角色).',
    }),
    reason: t.string({
      nullable: true,
      description: 'Why, in the words of who did it; null where the resident was erased (原因).',
      select: { reason: true, order: ERASED_AT },
      resolve: ({ reason, order }) => (isErased(order) ? null : reason),
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When (时刻).' }),
  }),
});

export const AppraisalType = builder.prismaNode('Appraisal', {
  id: { field: 'id' },
  description: "The resident's rating of a fulfilled order (评议).",
  fields: (t) => ({
    mark: t.exposeInt('mark', { description: '1 very poor to 5 very good (评分).' }),
    resolved: t.exposeBoolean('resolved', { description: "Whether the resident's matter was resolved (是否解决)." }),
    comment: t.string({
      description: 'In their words; empty where the resident was erased (评语).',
      select: { comment: true, order: ERASED_AT },
      resolve: ({ comment, order }) => (isErased(order) ? '' : comment),
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When (时刻).' }),
    order: t.relation('order', { description: 'The order (订单).' }),
  }),
});

const OrderContactType = builder.objectRef<OrderContact>('OrderContact').implement({
  description: 'Whom the provider serves, and where (服务对象联系方式).',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Name (姓名).' }),
    phone: t.exposeString('phone', { nullable: true, description: 'Telephone (电话).' }),
    address: t.exposeString('address', { nullable: true, description: 'Address (住址).' }),
  }),
});

/** What is read with every order: whose it is. */
export const ORDER_INCLUDES = { need: { select: { residentId: true } } } satisfies Prisma.OrderInclude;

/** The need and how it was matched are for those who may read the need. */
const toReadersOfTheNeed = {
  authScopes: (
    { areaId, communityId, providerId, need }: Order & { readonly need: { readonly residentId: string | null } },
    _args: unknown,
    { viewer }: Context,
  ) => may(viewer, 'need.read', { areaId, communityId, providerId, residentId: need.residentId }),
  unauthorizedResolver: () => null,
};

export const OrderType = builder.prismaNode('Order', {
  id: { field: 'id' },
  description: 'A dispatched pair: who serves whom, what, when, how much (订单).',
  include: ORDER_INCLUDES,
  fields: (t) => ({
    state: t.expose('state', { type: OrderStateEnum, description: 'Where it stands (状态).' }),
    mode: t.expose('mode', { type: DispatchModeEnum, description: 'How it came about (派单方式).' }),
    attempt: t.exposeInt('attempt', {
      description: '1 for the first order of the need, then one more each time (第几次派单).',
    }),
    quantity: t.exposeInt('quantity', { description: 'How many units (数量).' }),
    unit: t.expose('unit', { type: ServiceUnitEnum, description: 'Of what (计量单位).' }),
    fulfilledQuantity: t.exposeInt('fulfilledQuantity', {
      nullable: true,
      description: 'How many units were served; null until it is fulfilled (实际完成数量).',
    }),
    unitPriceFen: t.expose('unitPriceFen', {
      type: 'Fen',
      description: 'The price of one unit, whoever bears it (单价).',
    }),
    priceFen: t.field({
      type: 'Fen',
      description: 'The whole price; `priceParts` says who bears what of it (总价).',
      resolve: ({ quantity, unitPriceFen }) => quantity * unitPriceFen,
    }),
    acceptBy: t.expose('acceptBy', { type: 'DateTime', description: 'By when it is to be accepted (接单时限).' }),
    completeBy: t.expose('completeBy', { type: 'DateTime', description: 'By when it is to be served (完成时限).' }),
    acceptRemindAt: t.expose('acceptRemindAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the provider is reminded to accept it (接单提醒时间).',
    }),
    completeRemindAt: t.expose('completeRemindAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the provider is reminded to complete it (办结提醒时间).',
    }),
    dispatchedAt: t.expose('dispatchedAt', { type: 'DateTime', description: 'When it was dispatched (派单时间).' }),
    acceptedAt: t.expose('acceptedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was accepted (接单时间).',
    }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When service began (开始时间).',
    }),
    fulfilledAt: t.expose('fulfilledAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was served (完成时间).',
    }),
    confirmedAt: t.expose('confirmedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was confirmed (办结时间).',
    }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its life ended, however (终结时间).',
    }),
    version: t.exposeInt('version', { description: 'Counts its changes; sent back with each action (版本).' }),
    need: t.relation('need', {
      nullable: true,
      description: 'The need that it serves; null where you may not read it (需求).',
      ...toReadersOfTheNeed,
    }),
    contact: t.loadable({
      type: OrderContactType,
      nullable: true,
      description:
        'Whom to serve and where, while the order is accepted or in service; null otherwise, where nobody is named, or ' +
        'where it is not yours to know. The audit log says to whom it was shown, once a day (联系方式，仅办理中可见).',
      // What was not shown a moment ago may be shown now, and the other way round: a subscription has one context.
      loaderOptions: { cache: false },
      load: (orderIds: string[], { database, viewer, clock }) => showContacts(database, viewer, orderIds, clock()),
      resolve: ({ id }) => id,
    }),
    service: t.relation('service', { description: 'The service (服务).' }),
    provider: t.relation('provider', { description: 'Who serves (供给主体).' }),
    community: t.relation('community', { description: 'The community of the need (社区).' }),
    category: t.relation('category', { description: 'The category of the need (类别).' }),
    candidate: t.relation('candidate', {
      nullable: true,
      description:
        'The candidate that it was dispatched to, with its score and why; null where you may not read the need (候选).',
      ...toReadersOfTheNeed,
    }),
    matchRunId: t.globalID({
      nullable: true,
      description: 'Id of the match run that found the candidate (匹配批次编号).',
      resolve: ({ matchRunId }) => (matchRunId === null ? null : { type: 'MatchRun', id: matchRunId }),
    }),
    events: t.relation('events', {
      description: 'Its path so far, oldest first (订单事件).',
      query: { orderBy: { seq: 'asc' } },
    }),
    appraisal: t.relation('appraisal', { nullable: true, description: "The resident's rating (评议)." }),
    transfers: t.field({
      type: [TransferType],
      nullable: true,
      description: 'What it moves in its ledger; null where you may not read that ledger (转账).',
      select: (_args, _context, nested) => ({
        areaId: true,
        communityId: true,
        transfers: nested({ orderBy: { id: 'asc' } }),
      }),
      resolve: ({ areaId, communityId, transfers }, _args, { viewer }) =>
        may(viewer, 'ledger.read', { areaId, communityId }) ? transfers : null,
    }),
  }),
});

guardNode('Order', async (id, { database, viewer }) => {
  return (await database.prisma.order.count({ where: { AND: [{ id }, ordersInReach(viewer)] } })) === 1;
});
guardNode('Appraisal', async (id, { database, viewer }) => {
  return (await database.prisma.appraisal.count({ where: { id, order: ordersInReach(viewer) } })) === 1;
});

const OrderFilterType = builder.inputType('OrderFilter', {
  description: 'Which orders; those that agree with everything given (订单筛选).',
  fields: (t) => ({
    states: t.field({ type: [OrderStateEnum], description: 'In any of these states (状态).' }),
    communityId: t.globalID({ for: CommunityType, description: 'Of this community (社区).' }),
    providerId: t.globalID({ for: ProviderType, description: 'Of this provider (供给主体).' }),
    categoryId: t.globalID({ for: CategoryType, description: 'Of this very category (类别).' }),
    needId: t.globalID({ for: NeedType, description: 'Of this need (需求).' }),
  }),
});

builder.queryFields((t) => ({
  orders: t.prismaConnection({
    type: 'Order',
    cursor: 'id',
    description: 'The orders that you may read, newest first (订单).',
    args: { filter: t.arg({ type: OrderFilterType, description: 'Which of them (筛选).' }) },
    totalCount: (_root, { filter }, { database, viewer }) =>
      database.prisma.order.count({ where: { AND: [ordersInReach(viewer), whereOf(filter)] } }),
    resolve: (query, _root, { filter }, { database, viewer }) => {
      demandAtAll(viewer, 'order.read');
      return database.prisma.order.findMany({
        ...query,
        where: { AND: [ordersInReach(viewer), whereOf(filter)] },
        // Ids ascend with the time of dispatch.
        orderBy: { id: 'desc' },
      });
    },
  }),
}));

function whereOf(filter: typeof OrderFilterType.$inferInput | null | undefined): Prisma.OrderWhereInput {
  const { states, communityId, providerId, categoryId, needId } = filter ?? {};
  return {
    ...(states ? { state: { in: [...states] } } : {}),
    ...(communityId ? { communityId: communityId.id } : {}),
    ...(providerId ? { providerId: providerId.id } : {}),
    ...(categoryId ? { categoryId: categoryId.id } : {}),
    ...(needId ? { needId: needId.id } : {}),
  };
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
