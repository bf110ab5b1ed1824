import { encodeGlobalID } from '@pothos/plugin-relay';
import { z } from 'zod';
import type { Prisma } from '../generated/prisma/client.ts';
import { SettlementState } from '../generated/prisma/enums.ts';
import { builder } from '../graphql/builder.ts';
import type { Context } from '../graphql/context.ts';
import { describedEnum } from '../graphql/enums.ts';
import { Failure } from '../graphql/failures.graphql.ts';
import { guardNode } from '../graphql/node-access.ts';
import { demandAtAll, mayAtAll } from '../identity/policy.ts';
import { parseInput } from '../input.ts';
import { ProviderType } from '../services/provider.graphql.ts';
import { csvLines } from '../spreadsheets/index.ts';
import { ProgrammeType } from './programme.graphql.ts';
import {
  approveSettlement,
  cancelSettlement,
  draftSettlement,
  paySettlement,
  settlementsInReach,
} from './settlement.store.ts';
import { NothingToSettle, SETTLEMENT_STATES, SecondPersonNeeded, settlementInput } from './settlement.ts';
import { settlementSheet } from './settlement-export.ts';

/** A file is as long as its settlement, so an operation may ask for a few only. */
const FILE_COMPLEXITY = 2000;

const described = (state: SettlementState) => `${SETTLEMENT_STATES[state].en} (${SETTLEMENT_STATES[state].zh})`;

const SettlementStateEnum = describedEnum('SettlementState', 'Where a settlement stands (结算状态).', SettlementState, {
  DRAFT: described('DRAFT'),
  APPROVED: described('APPROVED'),
  PAID: described('PAID'),
  CANCELLED: described('CANCELLED'),
});

builder.objectType(NothingToSettle, {
  name: 'NothingToSettle',
  description: 'Nothing that was posted in the period is still to be settled (无可结算).',
  interfaces: [Failure],
});

builder.objectType(SecondPersonNeeded, {
  name: 'SecondPersonNeeded',
  description: 'Another administrator than the one who drafted it has to approve it (须由他人核准).',
  interfaces: [Failure],
});

builder.prismaObject('SettlementLine', {
  description: 'What is settled of one confirmed order (结算明细).',
  select: { amountFen: true, transferId: true },
  fields: (t) => ({
    amountFen: t.field({
      type: 'Fen',
      description: 'How much (金额，分).',
      resolve: ({ amountFen }) => Number(amountFen),
    }),
    orderId: t.loadable({
      type: 'ID',
      description: 'Id of the order (订单编号).',
      load: async (ids: string[], context) =>
        (await loadSettled(ids, context)).map(({ orderId }) => encodeGlobalID('Order', orderId!)),
      resolve: ({ transferId }) => transferId,
    }),
    postedAt: t.loadable({
      type: 'DateTime',
      description: 'When the order was confirmed and this was posted (记账时间).',
      load: async (ids: string[], context) => (await loadSettled(ids, context)).map(({ resolvedAt }) => resolvedAt!),
      resolve: ({ transferId }) => transferId,
    }),
  }),
});

/** What a line says of its transfer, which stands in a ledger that the provider does not read; in the order of the ids. */
async function loadSettled(ids: readonly string[], { database }: Context) {
  const found = await database.system.prisma.transfer.findMany({
    where: { id: { in: [...ids] }, settlementLine: { isNot: null } },
    select: { id: true, orderId: true, resolvedAt: true },
  });
  const byId = new Map(found.map((transfer) => [transfer.id, transfer]));
  return ids.map((id) => byId.get(id)!);
}

export const SettlementType = builder.prismaNode('Settlement', {
  id: { field: 'id' },
  description: 'What a funding programme owes a provider for a period (结算单).',
  fields: (t) => ({
    state: t.expose('state', { type: SettlementStateEnum, description: 'Where it stands (状态).' }),
    programmeName: t.string({
      description: 'Name of the programme (资金项目名称).',
      select: { programme: { select: { name: true } } },
      resolve: ({ programme }) => programme.name,
    }),
    programme: t.relation('programme', {
      nullable: true,
      description: 'The programme with its budget; null where you may not read it (资金项目).',
      authScopes: (_settlement, _args, { viewer }) => mayAtAll(viewer, 'programme.read'),
      unauthorizedResolver: () => null,
    }),
    provider: t.relation('provider', { description: 'Whom it pays (供给主体).' }),
    periodFrom: t.expose('periodFrom', { type: 'DateTime', description: 'First instant of the period (期初).' }),
    periodTo: t.expose('periodTo', { type: 'DateTime', description: 'The instant at which it is over (期末).' }),
    totalFen: t.field({
      type: 'Fen',
      description: 'What is owed in all (合计，分).',
      resolve: ({ totalFen }) => Number(totalFen),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was drafted (编制时间).' }),
    createdById: t.id({
      nullable: true,
      description: 'Id of the user who drafted it (编制人编号).',
      resolve: ({ createdById }) => (createdById === null ? null : encodeGlobalID('User', createdById)),
    }),
    approvedAt: t.expose('approvedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was approved (核准时间).',
    }),
    approvedById: t.id({
      nullable: true,
      description: 'Id of the user who approved it (核准人编号).',
      resolve: ({ approvedById }) => (approvedById === null ? null : encodeGlobalID('User', approvedById)),
    }),
    paidAt: t.expose('paidAt', { type: 'DateTime', nullable: true, description: 'When it was paid (支付时间).' }),
    lines: t.relatedConnection('lines', {
      cursor: 'settlementId_transferId',
      description: 'What it is made of, in the order of posting; none once it is cancelled (明细).',
      totalCount: true,
      query: { orderBy: { transferId: 'asc' } },
    }),
    csv: t.string({
      description: 'It as a CSV file with Chinese headings and a byte order mark, as an office files it (CSV文件内容).',
      complexity: FILE_COMPLEXITY,
      resolve: async ({ id }, _args, { database, viewer }) =>
        (await Array.fromAsync(csvLines(await settlementSheet(database, viewer, id)))).join(''),
    }),
    version: t.exposeInt('version', { description: 'Counts its changes; sent back with each action (版本).' }),
  }),
});

guardNode('Settlement', async (id, { database, viewer }) => {
  return (await database.prisma.settlement.count({ where: { AND: [{ id }, settlementsInReach(viewer)] } })) === 1;
});

const SettlementFilterType = builder.inputType('SettlementFilter', {
  description: 'Which settlements; each part narrows it (结算单筛选).',
  fields: (t) => ({
    states: t.field({ type: [SettlementStateEnum], description: 'In any of these states (状态).' }),
    programmeId: t.globalID({ for: ProgrammeType, description: 'Of this programme (资金项目).' }),
    providerId: t.globalID({ for: ProviderType, description: 'Of this provider (供给主体).' }),
  }),
});

builder.queryFields((t) => ({
  settlements: t.prismaConnection({
    type: 'Settlement',
    cursor: 'id',
    description: 'The settlements that you may read, newest first; providers read their own (结算单).',
    args: { filter: t.arg({ type: SettlementFilterType, description: 'Which of them (筛选).' }) },
    totalCount: (_root, { filter }, { database, viewer }) =>
      database.prisma.settlement.count({ where: { AND: [settlementsInReach(viewer), whereOf(filter)] } }),
    resolve: (query, _root, { filter }, { database, viewer }) => {
      demandAtAll(viewer, 'settlement.read');
      return database.prisma.settlement.findMany({
        ...query,
        where: { AND: [settlementsInReach(viewer), whereOf(filter)] },
        orderBy: { id: 'desc' },
      });
    },
  }),
}));

function whereOf(filter: typeof SettlementFilterType.$inferInput | null | undefined): Prisma.SettlementWhereInput {
  const { states, programmeId, providerId } = filter ?? {};
  return {
    ...(states ? { state: { in: [...states] } } : {}),
    ...(programmeId ? { programmeId: programmeId.id } : {}),
    ...(providerId ? { providerId: providerId.id } : {}),
  };
}

const DraftSettlementInputType = builder.inputType('DraftSettlementInput', {
  description: 'What is to be settled (编制结算单).',
  fields: (t) => ({
    programmeId: t.globalID({ for: ProgrammeType, required: true, description: 'Which programme pays (资金项目).' }),
    providerId: t.globalID({ for: ProviderType, required: true, description: 'Which provider is paid (供给主体).' }),
    periodFrom: t.field({ type: 'DateTime', required: true, description: 'First instant of the period (期初).' }),
    periodTo: t.field({
      type: 'DateTime',
      required: true,
      description: 'The instant at which it is over, not after the present (期末).',
    }),
  }),
});

const SettlementActionInputType = builder.inputType('SettlementActionInput', {
  description: 'A settlement on which something is done (结算单操作).',
  fields: (t) => ({
    settlementId: t.globalID({ for: SettlementType, required: true, description: 'The settlement (结算单).' }),
    version: t.int({ required: true, description: 'The version that you have seen (版本).' }),
  }),
});

builder.mutationFields((t) => ({
  draftSettlement: t.prismaField({
    type: 'Settlement',
    description:
      'Drafts a settlement of everything that a programme paid a provider in a period and that is in no other (编制结算单).',
    errors: { types: [NothingToSettle] },
    args: { input: t.arg({ type: DraftSettlementInputType, required: true, description: 'What (结算内容).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const { programmeId, providerId, ...period } = input;
      const request = parseInput(settlementInput, {
        ...period,
        programmeId: programmeId.id,
        providerId: providerId.id,
      });
      const id = await draftSettlement(database, viewer, request, clock());
      return database.prisma.settlement.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
  approveSettlement: t.prismaField({
    type: 'Settlement',
    description:
      'Approves a settlement: another administrator than the one who drafted it, where the area has another (核准结算单).',
    errors: { types: [SecondPersonNeeded] },
    args: { input: t.arg({ type: SettlementActionInputType, required: true, description: 'Which (结算单).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const id = await approveSettlement(database, viewer, refOf(input), clock());
      return database.prisma.settlement.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
  paySettlement: t.prismaField({
    type: 'Settlement',
    description: 'Records that an approved settlement was paid out, in the ledgers that it is of (支付结算单).',
    errors: {},
    args: { input: t.arg({ type: SettlementActionInputType, required: true, description: 'Which (结算单).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const id = await paySettlement(database, viewer, refOf(input), clock());
      return database.prisma.settlement.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
  cancelSettlement: t.prismaField({
    type: 'Settlement',
    description: 'Takes back a settlement that was not paid; what it held may be settled by another (作废结算单).',
    errors: {},
    args: { input: t.arg({ type: SettlementActionInputType, required: true, description: 'Which (结算单).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const id = await cancelSettlement(database, viewer, refOf(input), clock());
      return database.prisma.settlement.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
}));

function refOf(input: typeof SettlementActionInputType.$inferInput) {
  const { version } = parseInput(z.object({ version: z.int().min(1) }), input);
  return { settlementId: input.settlementId.id, version };
}
