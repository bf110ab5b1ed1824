import { z } from 'zod';
import type { Order } from '../generated/prisma/client.ts';
import { builder } from '../graphql/builder.ts';
import type { Context } from '../graphql/context.ts';
import { Failure } from '../graphql/failures.graphql.ts';
import { parseInput, plainText } from '../input.ts';
import { CandidateType } from '../matchruns/candidate.graphql.ts';
import { evaluateCandidate, findNextCandidates } from '../matchruns/index.ts';
import { NeedType } from '../needs/need.graphql.ts';
import { ServiceType } from '../services/service.graphql.ts';
import { appraiseOrder } from './appraisal.store.ts';
import { chooseCandidate, dispatchByHand } from './choice.store.ts';
import { OrderType } from './order.graphql.ts';
import { moveOrder, type OrderMove } from './order.store.ts';
import { AlreadyAppraised, CapacityExhausted, ConstraintNotMet, ServiceNotOffered } from './order.ts';

builder.objectType(CapacityExhausted, {
  name: 'CapacityExhausted',
  description: 'The service has not enough places left in its present period (名额不足).',
  interfaces: [Failure],
});

builder.objectType(ServiceNotOffered, {
  name: 'ServiceNotOffered',
  description: 'The service is not published, not in term, or its provider is not admitted (服务未提供).',
  interfaces: [Failure],
});

builder.objectType(ConstraintNotMet, {
  name: 'ConstraintNotMet',
  description: 'The service may not serve the need: a hard constraint is not met (不符合硬约束).',
  interfaces: [Failure],
  fields: (t) => ({
    constraint: t.exposeString('constraint', { description: 'The first one that is not met (约束).' }),
  }),
});

builder.objectType(AlreadyAppraised, {
  name: 'AlreadyAppraised',
  description: 'The order was appraised already; an appraisal is given once (已评议).',
  interfaces: [Failure],
});

const version = z.int().min(1);
const reason = plainText(1000, 1);
const appraisalInput = z.object({
  version,
  mark: z.int().min(1).max(5),
  resolved: z.boolean(),
  comment: plainText(2000),
});

const DispatchOrderInputType = builder.inputType('DispatchOrderInput', {
  description: 'A need and the service that is to serve it (人工派单).',
  fields: (t) => ({
    needId: t.globalID({ for: NeedType, required: true, description: 'The need (需求).' }),
    needVersion: t.int({ required: true, description: 'Version of the need that you have seen (需求版本).' }),
    serviceId: t.globalID({ for: ServiceType, required: true, description: 'The service (服务).' }),
  }),
});

const ChooseCandidateInputType = builder.inputType('ChooseCandidateInput', {
  description: "The resident's choice (自主选择).",
  fields: (t) => ({
    candidateId: t.globalID({
      for: CandidateType,
      required: true,
      description: "A candidate of the need's latest match run (候选).",
    }),
    needVersion: t.int({ required: true, description: 'Version of the need that you have seen (需求版本).' }),
  }),
});

const OrderActionInputType = builder.inputType('OrderActionInput', {
  description: 'An order on which something is done (订单操作).',
  fields: (t) => ({
    orderId: t.globalID({ for: OrderType, required: true, description: 'The order (订单).' }),
    version: t.int({ required: true, description: 'Version of the order that you have seen (订单版本).' }),
  }),
});

const FulfilOrderInputType = builder.inputType('FulfilOrderInput', {
  description: 'An order that was served, in whole or in part (完成服务).',
  fields: (t) => ({
    orderId: t.globalID({ for: OrderType, required: true, description: 'The order (订单).' }),
    version: t.int({ required: true, description: 'Version of the order that you have seen (订单版本).' }),
    quantity: t.int({
      description:
        'How many of the ordered units were served, at least 1; all of them when not given. Only these take places, and ' +
        'only their share of each amount is posted (实际完成数量).',
    }),
  }),
});

const ReasonedActionInputType = builder.inputType('ReasonedOrderActionInput', {
  description: 'An order on which something is done that needs a reason (订单操作及原因).',
  fields: (t) => ({
    orderId: t.globalID({ for: OrderType, required: true, description: 'The order (订单).' }),
    version: t.int({ required: true, description: 'Version of the order that you have seen (订单版本).' }),
    reason: t.string({ required: true, description: 'Why (原因).' }),
  }),
});

const SettlementEnum = builder.enumType('DisputeSettlement', {
  description: 'How a dispute ends (争议裁决).',
  values: {
    CONFIRMED: { description: 'It was served: the order is confirmed and its transfers are posted (认定已办结)' },
    CANCELLED: {
      description:
        'It was not: the order is cancelled, its transfers are voided and the need is open again (认定未办结)',
    },
  },
});

const SettleOrderInputType = builder.inputType('SettleOrderInput', {
  description: 'How the office settles a disputed order (争议裁决).',
  fields: (t) => ({
    orderId: t.globalID({ for: OrderType, required: true, description: 'The order (订单).' }),
    version: t.int({ required: true, description: 'Version of the order that you have seen (订单版本).' }),
    settlement: t.field({ type: SettlementEnum, required: true, description: 'How it ends (裁决).' }),
    reason: t.string({ required: true, description: 'Why (原因).' }),
  }),
});

const AppraiseOrderInputType = builder.inputType('AppraiseOrderInput', {
  description: "The resident's rating of a fulfilled order (评议).",
  fields: (t) => ({
    orderId: t.globalID({ for: OrderType, required: true, description: 'The order (订单).' }),
    version: t.int({ required: true, description: 'Version of the order that you have seen (订单版本).' }),
    mark: t.int({ required: true, description: '1 very poor to 5 very good (评分).' }),
    resolved: t.boolean({ required: true, description: 'Whether your matter was resolved (是否解决).' }),
    comment: t.string({ description: 'In your words (评语).' }),
  }),
});

const choiceFailures = { types: [CapacityExhausted, ServiceNotOffered, ConstraintNotMet] };

builder.mutationFields((t) => ({
  dispatchOrder: t.prismaField({
    type: 'Order',
    description: 'Dispatches an order by hand; every hard constraint is checked again (人工派单).',
    errors: choiceFailures,
    args: { input: t.arg({ type: DispatchOrderInputType, required: true, description: 'What to dispatch (派单).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const { needVersion } = parseInput(z.object({ needVersion: version }), input);
      const choice = { needId: input.needId.id, serviceId: input.serviceId.id, needVersion };
      const id = await dispatchByHand(database, viewer, choice, evaluateCandidate, clock());
      return database.prisma.order.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
  chooseCandidate: t.prismaField({
    type: 'Order',
    description:
      'Dispatches an order to the candidate that the resident chooses; one that was not accepted yet is cancelled (自主选择).',
    errors: choiceFailures,
    args: { input: t.arg({ type: ChooseCandidateInputType, required: true, description: 'The choice (选择).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const { needVersion } = parseInput(z.object({ needVersion: version }), input);
      const choice = { candidateId: input.candidateId.id, needVersion };
      const id = await chooseCandidate(database, viewer, choice, evaluateCandidate, clock());
      return database.prisma.order.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
  settleOrder: t.prismaField({
    type: 'Order',
    description: 'The office settles a disputed order (争议裁决).',
    errors: {},
    args: { input: t.arg({ type: SettleOrderInputType, required: true, description: 'The settlement (裁决).' }) },
    resolve: (query, _root, { input }, context) => {
      const given = parseInput(z.object({ version, reason }), input);
      const move = { ...given, orderId: input.orderId.id, to: input.settlement, by: 'order.settle' } as const;
      return moveAndRead(query, context, move);
    },
  }),
  fulfilOrder: t.prismaField({
    type: 'Order',
    description: 'The provider has served the order, in whole or in part (完成服务).',
    errors: {},
    args: { input: t.arg({ type: FulfilOrderInputType, required: true, description: 'The order (订单).' }) },
    resolve: (query, _root, { input }, context) => {
      const { quantity, ...given } = parseInput(z.object({ version, quantity: z.int().min(1).nullish() }), input);
      const served = quantity == null ? {} : { quantity };
      const by = { to: 'FULFILLED', by: 'order.serve', reason: null } as const;
      return moveAndRead(query, context, { ...given, ...served, ...by, orderId: input.orderId.id });
    },
  }),
  appraiseOrder: t.prismaField({
    type: 'Appraisal',
    description: 'The resident rates an order that was fulfilled, once (评议).',
    errors: { types: [AlreadyAppraised] },
    args: { input: t.arg({ type: AppraiseOrderInputType, required: true, description: 'The rating (评议).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const given = parseInput(appraisalInput, { ...input, comment: input.comment ?? '' });
      const id = await appraiseOrder(database, viewer, { ...given, orderId: input.orderId.id }, clock());
      return database.prisma.appraisal.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
}));

/** Moves an order and reads what was asked for of it. */
async function moveAndRead(query: object, { database, viewer, clock }: Context, move: OrderMove): Promise<Order> {
  const id = await moveOrder(database, viewer, move, clock(), findNextCandidates);
  return database.prisma.order.findUniqueOrThrow({ ...query, where: { id } });
}

/** A mutation that moves an order, without or with a reason. */
function actionMutation(
  name: string,
  to: OrderMove['to'],
  by: NonNullable<OrderMove['by']>,
  description: string,
): void {
  builder.mutationField(name, (t) =>
    t.prismaField({
      type: 'Order',
      description,
      errors: {},
      args: { input: t.arg({ type: OrderActionInputType, required: true, description: 'The order (订单).' }) },
      resolve: (query, _root, { input }, context) => {
        const given = parseInput(z.object({ version }), input);
        return moveAndRead(query, context, { ...given, orderId: input.orderId.id, to, by, reason: null });
      },
    }),
  );
}

function reasonedMutation(
  name: string,
  to: OrderMove['to'],
  by: NonNullable<OrderMove['by']>,
  description: string,
): void {
  builder.mutationField(name, (t) =>
    t.prismaField({
      type: 'Order',
      description,
      errors: {},
      args: {
        input: t.arg({ type: ReasonedActionInputType, required: true, description: 'The order and why (订单及原因).' }),
      },
      resolve: (query, _root, { input }, context) => {
        const given = parseInput(z.object({ version, reason }), input);
        return moveAndRead(query, context, { ...given, orderId: input.orderId.id, to, by });
      },
    }),
  );
}

actionMutation('acceptOrder', 'ACCEPTED', 'order.serve', 'The provider accepts the order (接单).');
reasonedMutation(
  'declineOrder',
  'DECLINED',
  'order.serve',
  'The provider declines the order, which goes to the next candidate at once (拒单).',
);
actionMutation('startOrder', 'IN_SERVICE', 'order.serve', 'The provider begins to serve the order (开始服务).');
actionMutation(
  'confirmOrder',
  'CONFIRMED',
  'order.confirm',
  'The resident confirms that the order was served; its transfers are posted (确认办结).',
);
reasonedMutation(
  'disputeOrder',
  'DISPUTED',
  'order.confirm',
  'The resident does not agree that the order was served (提出争议).',
);
reasonedMutation(
  'cancelOrder',
  'CANCELLED',
  'order.cancel',
  'Cancels an order that was not served yet; the need is open again (取消订单).',
);
