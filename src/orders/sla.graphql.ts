import { CategoryType } from '../communities/category.graphql.ts';
import { NotFound } from '../failures.ts';
import { builder } from '../graphql/builder.ts';
import { guardNode } from '../graphql/node-access.ts';
import { parseInput } from '../input.ts';
import { readServiceLevels, removeSlaTerms, setSlaTerm } from './sla.store.ts';
import { DEFAULT_SLA_TERMS, type SlaTerm, slaTermInput, URGENCIES } from './sla.ts';

const descriptions = {
  urgency: 'Of a need: 1 life and safety, 2 urgent, 3 normal, 4 can wait (紧急程度).',
  percent: "Share of the category's hours, percent (时限比例).",
  workingHours: 'Whether the hours are working hours of the area; around the clock otherwise (是否按工作时间).',
  remindAtPercent: 'When to remind, percent of the time to the deadline that has gone by (提醒时点).',
  escalateAfter: "After how many orders that nobody accepted the community's staff take over (几次未接单后督办).",
};

export const SlaTermType = builder.prismaNode('SlaTerm', {
  id: { field: 'id' },
  description: "How an urgency changes a category's time limits, as the area has set it (办理时限规则).",
  fields: (t) => ({
    category: t.relation('category', {
      nullable: true,
      description: 'The category that it is for, with all below it; null for the whole area (类别).',
    }),
    urgency: t.exposeInt('urgency', { description: descriptions.urgency }),
    percent: t.exposeInt('percent', { description: descriptions.percent }),
    workingHours: t.exposeBoolean('workingHours', { description: descriptions.workingHours }),
    remindAtPercent: t.exposeInt('remindAtPercent', { description: descriptions.remindAtPercent }),
    escalateAfter: t.exposeInt('escalateAfter', { description: descriptions.escalateAfter }),
  }),
});

guardNode(
  'SlaTerm',
  async (id, { database, viewer }) =>
    (await database.prisma.slaTerm.count({ where: { id, areaId: viewer.areaId } })) === 1,
);

const SlaTermInForceType = builder.objectRef<SlaTerm & { readonly urgency: number }>('SlaTermInForce').implement({
  description: 'What holds for needs of a category and an urgency (适用的办理时限规则).',
  fields: (t) => ({
    urgency: t.exposeInt('urgency', { description: descriptions.urgency }),
    percent: t.exposeInt('percent', { description: descriptions.percent }),
    workingHours: t.exposeBoolean('workingHours', { description: descriptions.workingHours }),
    remindAtPercent: t.exposeInt('remindAtPercent', { description: descriptions.remindAtPercent }),
    escalateAfter: t.exposeInt('escalateAfter', { description: descriptions.escalateAfter }),
  }),
});

const SlaTermInputType = builder.inputType('SetSlaTermInput', {
  description: 'A term of time limits (办理时限规则).',
  fields: (t) => ({
    categoryId: t.globalID({
      for: CategoryType,
      description: 'For this category with all below it; for the whole area when not given (类别).',
    }),
    urgency: t.int({ required: true, description: descriptions.urgency }),
    percent: t.int({ required: true, description: descriptions.percent }),
    workingHours: t.boolean({ required: true, description: descriptions.workingHours }),
    remindAtPercent: t.int({
      description: `${descriptions.remindAtPercent} ${DEFAULT_SLA_TERMS[3].remindAtPercent} when not given.`,
    }),
    escalateAfter: t.int({
      description: `${descriptions.escalateAfter} ${DEFAULT_SLA_TERMS[3].escalateAfter} when not given.`,
    }),
  }),
});

const RemoveSlaTermsInputType = builder.inputType('RemoveSlaTermsInput', {
  description: 'A category that is to have no terms of its own (取消类别的时限规则).',
  fields: (t) => ({
    categoryId: t.globalID({ for: CategoryType, required: true, description: 'The category (类别).' }),
  }),
});

builder.queryFields((t) => ({
  slaTerms: t.prismaField({
    type: ['SlaTerm'],
    description: 'The terms that the area has set: those of categories by code, then its own (办理时限规则).',
    resolve: (query, _root, _args, { database, viewer }) =>
      database.prisma.slaTerm.findMany({
        ...query,
        where: { areaId: viewer.areaId },
        orderBy: [{ category: { code: 'asc' } }, { urgency: 'asc' }],
      }),
  }),
  slaTermsInForce: t.field({
    type: [SlaTermInForceType],
    description:
      'What holds for a category, one for each urgency: its own terms, else those of the nearest category above it, of the ' +
      'area, or the defaults (适用的办理时限规则).',
    args: { categoryId: t.arg.globalID({ for: CategoryType, required: true, description: 'The category (类别).' }) },
    resolve: async (_root, { categoryId: { id } }, { database, viewer, clock }) => {
      const { areaId } = viewer;
      if ((await database.prisma.category.count({ where: { id, areaId } })) === 0) {
        throw new NotFound({ zh: '类别', en: 'category' }, ['categoryId']);
      }
      const { termOf } = await readServiceLevels(database.prisma, areaId, [id], clock());
      return URGENCIES.map((urgency) => ({ urgency, ...termOf(id, urgency) }));
    },
  }),
}));

builder.mutationFields((t) => ({
  setSlaTerm: t.prismaField({
    type: 'SlaTerm',
    description: 'Sets a term of time limits; orders that are out keep their deadlines (设定办理时限规则).',
    errors: {},
    args: { input: t.arg({ type: SlaTermInputType, required: true, description: 'The term (规则).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const given = parseInput(slaTermInput, {
        ...input,
        categoryId: input.categoryId?.id ?? null,
        remindAtPercent: input.remindAtPercent ?? DEFAULT_SLA_TERMS[3].remindAtPercent,
        escalateAfter: input.escalateAfter ?? DEFAULT_SLA_TERMS[3].escalateAfter,
      });
      const id = await setSlaTerm(database, viewer, given, clock());
      return database.prisma.slaTerm.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
  removeSlaTerms: t.prismaField({
    type: 'Category',
    description: "Takes a category's own terms away: what stands above it holds again (取消类别的时限规则).",
    errors: {},
    args: { input: t.arg({ type: RemoveSlaTermsInputType, required: true, description: 'The category (类别).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const id = await removeSlaTerms(database, viewer, input.categoryId.id, clock());
      return database.prisma.category.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
}));
