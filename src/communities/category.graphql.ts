import { appendAudit } from '../audit/index.ts';
import { InvalidInput } from '../failures.ts';
import { builder } from '../graphql/builder.ts';
import { guardNode } from '../graphql/node-access.ts';
import { demandAtAll } from '../identity/policy.ts';
import { issuesWithin } from '../imports/cells.ts';
import { parseInput } from '../input.ts';
import { upsertCategories } from './category.store.ts';
import { categoryInput } from './category.ts';
import { RoomClassEnum, ServiceUnitEnum } from './community.graphql.ts';

export const CategoryType = builder.prismaNode('Category', {
  id: { field: 'id' },
  description: 'A node of the service taxonomy (类别).',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'Its code, unique in the area (编码).' }),
    name: t.exposeString('name', { description: 'Its name (名称).' }),
    nameEn: t.exposeString('nameEn', { nullable: true, description: 'Its name in English (英文名).' }),
    roomClass: t.expose('roomClass', { type: RoomClassEnum, description: 'Class of function rooms (功能室类别).' }),
    unit: t.expose('unit', { type: ServiceUnitEnum, description: 'What is counted (计量单位).' }),
    acceptWithinHours: t.exposeInt('acceptWithinHours', {
      description: 'Hours that a provider has to accept an order (接单时限，小时).',
    }),
    completeWithinHours: t.exposeInt('completeWithinHours', {
      description: 'Hours that a provider has to fulfil an order (办结时限，小时).',
    }),
    synonyms: t.exposeStringList('synonyms', { description: 'Other words for it (同义词).' }),
    parent: t.relation('parent', { nullable: true, description: 'The category above it; null at the top (上级类别).' }),
    children: t.relation('children', {
      description: 'The categories right below it, by code (下级类别).',
      query: { orderBy: { code: 'asc' } },
    }),
  }),
});

guardNode(
  'Category',
  async (id, { database, viewer }) =>
    (await database.prisma.category.count({ where: { id, areaId: viewer.areaId } })) === 1,
);

builder.queryFields((t) => ({
  categories: t.prismaConnection({
    type: 'Category',
    cursor: 'id',
    description: 'The service taxonomy of the area, by code (服务类别).',
    args: {
      topOnly: t.arg.boolean({
        defaultValue: false,
        description: 'Only categories without one above them; the others are their children (仅顶层类别).',
      }),
      roomClass: t.arg({ type: RoomClassEnum, description: 'Only of this class of function rooms (功能室类别).' }),
    },
    totalCount: (_root, args, { database, viewer }) =>
      database.prisma.category.count({ where: categoriesAsked(viewer.areaId, args) }),
    resolve: (query, _root, args, { database, viewer }) =>
      database.prisma.category.findMany({
        ...query,
        where: categoriesAsked(viewer.areaId, args),
        orderBy: { code: 'asc' },
      }),
  }),
}));

function categoriesAsked(
  areaId: string,
  {
    topOnly,
    roomClass,
  }: { topOnly?: boolean | null | undefined; roomClass?: typeof RoomClassEnum.$inferType | null | undefined },
) {
  return { areaId, ...(topOnly ? { parentId: null } : {}), ...(roomClass ? { roomClass } : {}) };
}

const CategoryInputType = builder.inputType('CategoryInput', {
  description: 'What is written of a category (类别信息).',
  fields: (t) => ({
    code: t.string({ required: true, description: 'Its code; written over when known (编码).' }),
    parentCode: t.string({ description: 'Code of the category above it (上级类别编码).' }),
    name: t.string({ required: true, description: 'Its name (名称).' }),
    nameEn: t.string({ description: 'Its name in English (英文名).' }),
    roomClass: t.field({ type: RoomClassEnum, required: true, description: 'Class of function rooms (功能室类别).' }),
    unit: t.field({ type: ServiceUnitEnum, required: true, description: 'What is counted (计量单位).' }),
    acceptWithinHours: t.int({ required: true, description: 'Hours to accept an order (接单时限，小时).' }),
    completeWithinHours: t.int({ required: true, description: 'Hours to fulfil an order (办结时限，小时).' }),
    synonyms: t.stringList({ description: 'Other words for it (同义词).' }),
  }),
});

builder.mutationFields((t) => ({
  saveCategory: t.prismaField({
    type: 'Category',
    description: 'Writes a category, new or over the one with its code (登记类别).',
    errors: {},
    args: { input: t.arg({ type: CategoryInputType, required: true, description: 'The category (类别信息).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      demandAtAll(viewer, 'community.write');
      const row = parseInput(categoryInput, { ...input, synonyms: input.synonyms ?? [] });
      const id = await database.transaction(
        async (tx) => {
          const [outcome] = await upsertCategories(tx, viewer.areaId, [row], clock());
          if (outcome!.outcome === 'REJECTED') throw new InvalidInput(issuesWithin('input', outcome!.issues));
          const { id, outcome: made } = outcome!;
          const body = { code: row.code, isNew: made === 'CREATED' };
          await appendAudit(
            tx,
            viewer,
            { action: 'category.save', subjectType: 'Category', subjectId: id, body },
            clock(),
          );
          return id;
        },
        { answerId: (id) => id },
      );
      return database.prisma.category.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
}));
