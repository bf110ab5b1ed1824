import { z } from 'zod';
import { CategoryType } from '../communities/category.graphql.ts';
import { CommunityType } from '../communities/community.graphql.ts';
import { textContains } from '../communities/index.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { ProgrammeState } from '../generated/prisma/enums.ts';
import { builder } from '../graphql/builder.ts';
import { describedEnum } from '../graphql/enums.ts';
import { guardNode } from '../graphql/node-access.ts';
import { demandAtAll, reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { parseInput, versionSeen } from '../input.ts';
import { FundingSourceEnum } from '../services/service.graphql.ts';
import { moveProgramme, saveProgramme } from './programme.store.ts';
import { isLow, leftOf, PROGRAMME_STATES, programmeInput } from './programme.ts';

const described = (state: ProgrammeState) => `${PROGRAMME_STATES[state].en} (${PROGRAMME_STATES[state].zh})`;

export const ProgrammeStateEnum = describedEnum(
  'ProgrammeState',
  'Whether a funding programme pays (项目状态).',
  ProgrammeState,
  { ACTIVE: described('ACTIVE'), SUSPENDED: described('SUSPENDED'), CLOSED: described('CLOSED') },
);

export const ProgrammeType = builder.prismaNode('FundingProgramme', {
  id: { field: 'id' },
  description: 'A budget that pays a share of the price of orders (资金项目).',
  fields: (t) => ({
    externalId: t.exposeString('externalId', { description: "Id in the office's own books (外部编号)." }),
    name: t.exposeString('name', { description: 'Its name (名称).' }),
    nameEn: t.exposeString('nameEn', { nullable: true, description: 'Its name in English (英文名).' }),
    source: t.expose('source', { type: FundingSourceEnum, description: 'Where the money comes from (资金来源).' }),
    state: t.expose('state', { type: ProgrammeStateEnum, description: 'Where it stands (状态).' }),
    budgetFen: t.field({
      type: 'Fen',
      description: 'Its budget (预算，分).',
      resolve: ({ budgetFen }) => Number(budgetFen),
    }),
    reservedFen: t.field({
      type: 'Fen',
      description: 'What is reserved for orders that are not confirmed (已预留，分).',
      resolve: ({ reservedFen }) => Number(reservedFen),
    }),
    spentFen: t.field({
      type: 'Fen',
      description: 'What was spent on confirmed orders (已支出，分).',
      resolve: ({ spentFen }) => Number(spentFen),
    }),
    leftFen: t.field({
      type: 'Fen',
      description: 'What is left for new orders (余额，分).',
      resolve: (programme) => Number(leftOf(programme)),
    }),
    low: t.boolean({
      description: 'Whether no more is left than the share at which the administrators are told (余额不足).',
      resolve: (programme) => isLow(programme),
    }),
    lowPercent: t.exposeInt('lowPercent', { description: 'That share, percent of the budget (预警比例).' }),
    validFrom: t.expose('validFrom', { type: 'DateTime', description: 'From when it pays (开始时间).' }),
    validTo: t.expose('validTo', { type: 'DateTime', description: 'Until when it pays (截止时间).' }),
    shareBasisPoints: t.exposeInt('shareBasisPoints', {
      nullable: true,
      description: 'The share of the price that it pays, in hundredths of a percent (支付比例，万分之一).',
    }),
    amountPerUnitFen: t.expose('amountPerUnitFen', {
      type: 'Fen',
      nullable: true,
      description: 'What it pays for each unit, in place of a share (每单位金额，分).',
    }),
    capPerResidentFen: t.field({
      type: 'Fen',
      nullable: true,
      description: 'The most for one resident (每人上限，分).',
      resolve: ({ capPerResidentFen }) => (capPerResidentFen === null ? null : Number(capPerResidentFen)),
    }),
    capPerProviderFen: t.field({
      type: 'Fen',
      nullable: true,
      description: 'The most for one provider (每主体上限，分).',
      resolve: ({ capPerProviderFen }) => (capPerProviderFen === null ? null : Number(capPerProviderFen)),
    }),
    categories: t.field({
      type: [CategoryType],
      description: 'The categories that it pays for, with all below them; empty for all (类别).',
      select: (_args, _context, nested) => ({
        categories: { select: { category: nested(true) }, orderBy: { category: { code: 'asc' } } },
      }),
      resolve: ({ categories }) => categories.map(({ category }) => category),
    }),
    communities: t.field({
      type: [CommunityType],
      description: 'The communities that it pays for; empty for the whole area (社区).',
      select: (_args, _context, nested) => ({
        communities: { select: { community: nested(true) }, orderBy: { community: { externalId: 'asc' } } },
      }),
      resolve: ({ communities }) => communities.map(({ community }) => community),
    }),
    allOf: t.exposeStringList('allOf', { description: 'Attributes a resident must all have (须具备).' }),
    anyOf: t.exposeStringList('anyOf', { description: 'Attributes of which one is needed (具备其一).' }),
    noneOf: t.exposeStringList('noneOf', { description: 'Attributes a resident must not have (不得具备).' }),
    minimumAge: t.exposeInt('minimumAge', { nullable: true, description: 'Least age (最低年龄).' }),
    maximumAge: t.exposeInt('maximumAge', { nullable: true, description: 'Highest age (最高年龄).' }),
    priority: t.exposeInt('priority', { description: 'Of several the smallest number pays first (支付顺序).' }),
    version: t.exposeInt('version', { description: 'Counts its changes; sent back with each action (版本).' }),
  }),
});

guardNode('FundingProgramme', async (id, { database, viewer }) => {
  return (await database.prisma.fundingProgramme.count({ where: { AND: [{ id }, programmesInReach(viewer)] } })) === 1;
});

/** Which programmes the viewer may read, for a WHERE. */
function programmesInReach(viewer: Viewer): Prisma.FundingProgrammeWhereInput {
  const { areaId, wholeArea } = reachOf(viewer, 'programme.read');
  return wholeArea ? { areaId } : { areaId, id: { in: [] } };
}

const ProgrammeFilterType = builder.inputType('ProgrammeFilter', {
  description: 'Which programmes; each part narrows it (资金项目筛选).',
  fields: (t) => ({
    states: t.field({ type: [ProgrammeStateEnum], description: 'In any of these states (状态).' }),
    sources: t.field({ type: [FundingSourceEnum], description: 'Of any of these sources (资金来源).' }),
    text: t.string({ description: 'Whose name or external id contains this (名称或编号包含).' }),
  }),
});

builder.queryFields((t) => ({
  programmes: t.prismaConnection({
    type: 'FundingProgramme',
    cursor: 'id',
    description: 'The funding programmes of the area with their budgets (资金项目).',
    args: { filter: t.arg({ type: ProgrammeFilterType, description: 'Which of them (筛选).' }) },
    totalCount: (_root, { filter }, { database, viewer }) =>
      database.prisma.fundingProgramme.count({ where: { AND: [programmesInReach(viewer), whereOf(filter)] } }),
    resolve: (query, _root, { filter }, { database, viewer }) => {
      demandAtAll(viewer, 'programme.read');
      return database.prisma.fundingProgramme.findMany({
        ...query,
        where: { AND: [programmesInReach(viewer), whereOf(filter)] },
        orderBy: { externalId: 'asc' },
      });
    },
  }),
}));

function whereOf(filter: typeof ProgrammeFilterType.$inferInput | null | undefined): Prisma.FundingProgrammeWhereInput {
  const { states, sources, text } = filter ?? {};
  const contains = textContains(text ?? '');
  return {
    ...(states ? { state: { in: [...states] } } : {}),
    ...(sources ? { source: { in: [...sources] } } : {}),
    ...(text ? { OR: [{ name: contains }, { nameEn: contains }, { externalId: contains }] } : {}),
  };
}

const ProgrammeInputType = builder.inputType('ProgrammeInput', {
  description: 'What is written of a funding programme (资金项目信息).',
  fields: (t) => ({
    externalId: t.string({
      required: true,
      description: "Id in the office's own books; written over when known (外部编号).",
    }),
    version: t.int({ description: 'The version that you read; leave it out for a new programme (版本).' }),
    name: t.string({ required: true, description: 'Its name (名称).' }),
    nameEn: t.string({ description: 'Its name in English (英文名).' }),
    source: t.field({ type: FundingSourceEnum, required: true, description: 'Where the money comes from (资金来源).' }),
    budgetFen: t.field({ type: 'Fen', required: true, description: 'Its budget (预算，分).' }),
    validFrom: t.field({ type: 'DateTime', required: true, description: 'From when it pays (开始时间).' }),
    validTo: t.field({ type: 'DateTime', required: true, description: 'Until when it pays (截止时间).' }),
    shareBasisPoints: t.int({
      description: 'The share of the price that it pays, in hundredths of a percent (支付比例，万分之一).',
    }),
    amountPerUnitFen: t.field({
      type: 'Fen',
      description: 'What it pays for each unit, in place of a share (每单位金额，分).',
    }),
    capPerResidentFen: t.field({ type: 'Fen', description: 'The most for one resident (每人上限，分).' }),
    capPerProviderFen: t.field({ type: 'Fen', description: 'The most for one provider (每主体上限，分).' }),
    categories: t.stringList({ description: 'Codes of categories, with all below them; all when absent (类别编码).' }),
    communities: t.stringList({
      description: 'External ids of communities; the whole area when absent (社区编号).',
    }),
    allOf: t.stringList({ description: 'Attributes a resident must all have (须具备).' }),
    anyOf: t.stringList({ description: 'Attributes of which one is needed (具备其一).' }),
    noneOf: t.stringList({ description: 'Attributes a resident must not have (不得具备).' }),
    minimumAge: t.int({ description: 'Least age (最低年龄).' }),
    maximumAge: t.int({ description: 'Highest age (最高年龄).' }),
    priority: t.int({ description: 'Of several the smallest number pays first, 100 when absent (支付顺序).' }),
    lowPercent: t.int({
      description: 'At which share of the budget the administrators are told, percent, 10 when absent (预警比例).',
    }),
  }),
});

const ProgrammeActionInputType = builder.inputType('ProgrammeActionInput', {
  description: 'A programme on which something is done (资金项目操作).',
  fields: (t) => ({
    programmeId: t.globalID({ for: ProgrammeType, required: true, description: 'The programme (资金项目).' }),
    version: t.int({ required: true, description: 'The version that you have seen (版本).' }),
  }),
});

builder.mutationFields((t) => ({
  saveProgramme: t.prismaField({
    type: 'FundingProgramme',
    description: 'Writes a funding programme, new or over the one with its external id (登记资金项目).',
    errors: {},
    args: { input: t.arg({ type: ProgrammeInputType, required: true, description: 'The programme (资金项目信息).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      demandAtAll(viewer, 'programme.write');
      const { version, ...written } = input;
      const given = Object.fromEntries(Object.entries(written).filter(([, value]) => value != null));
      const row = parseInput(programmeInput, given);
      const seen = parseInput(versionSeen, version, ['input', 'version']);
      const id = await saveProgramme(database, viewer, row, seen, clock());
      return database.prisma.fundingProgramme.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
}));

actionMutation(
  'suspendProgramme',
  'SUSPENDED',
  'Stops a programme from paying for new orders; what is reserved stays (暂停资金项目).',
);
actionMutation('resumeProgramme', 'ACTIVE', 'Lets a suspended programme pay again (恢复资金项目).');
actionMutation('closeProgramme', 'CLOSED', 'Closes a programme for good; what is reserved stays (资金项目结项).');

function actionMutation(name: string, to: ProgrammeState, description: string): void {
  builder.mutationField(name, (t) =>
    t.prismaField({
      type: 'FundingProgramme',
      description,
      errors: {},
      args: {
        input: t.arg({ type: ProgrammeActionInputType, required: true, description: 'The programme (资金项目).' }),
      },
      resolve: async (query, _root, { input }, { database, viewer, clock }) => {
        const { version } = parseInput(z.object({ version: z.int().min(1) }), input);
        const id = await moveProgramme(database, viewer, { programmeId: input.programmeId.id, version }, to, clock());
        return database.prisma.fundingProgramme.findUniqueOrThrow({ ...query, where: { id } });
      },
    }),
  );
}
