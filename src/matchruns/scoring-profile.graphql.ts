import { builder } from '../graphql/builder.ts';
import { guardNode } from '../graphql/node-access.ts';
import { may } from '../identity/policy.ts';
import { FACTORS, type Factor } from '../matching/index.ts';
import { FactorEnum } from './explanation.graphql.ts';
import { saveProfile } from './scoring-profile.store.ts';

const FactorWeightType = builder
  .objectRef<{ readonly factor: Factor; readonly weight: number }>('FactorWeight')
  .implement({
    description: 'How much a factor counts (因子权重).',
    fields: (t) => ({
      factor: t.expose('factor', { type: FactorEnum, description: 'The factor (因子).' }),
      weight: t.exposeInt('weight', { description: 'Its weight, in relation to the others (权重).' }),
    }),
  });

export const ScoringProfileType = builder.prismaNode('ScoringProfile', {
  id: { field: 'id' },
  description: 'A named, versioned set of factor weights; runs keep the version that they were made with (评分方案).',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name (名称).' }),
    version: t.exposeInt('version', { description: 'Its version, from 1 (版本).' }),
    weights: t.field({
      type: [FactorWeightType],
      description: 'The weight of every factor (各因子权重).',
      resolve: ({ weights }) =>
        FACTORS.map((factor) => ({ factor, weight: (weights as Record<Factor, number>)[factor] })),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was written (写入时间).' }),
  }),
});

guardNode(
  'ScoringProfile',
  async (id, { database, viewer }) =>
    may(viewer, 'match.read', { areaId: viewer.areaId }) &&
    (await database.prisma.scoringProfile.count({ where: { id, areaId: viewer.areaId } })) === 1,
);

builder.queryFields((t) => ({
  scoringProfiles: t.prismaConnection({
    type: 'ScoringProfile',
    cursor: 'id',
    authScopes: { may: 'match.read' },
    description: 'The scoring profiles of the area, by name, newest version first (评分方案).',
    totalCount: (_root, _args, { database, viewer }) =>
      database.prisma.scoringProfile.count({ where: { areaId: viewer.areaId } }),
    resolve: (query, _root, _args, { database, viewer }) =>
      database.prisma.scoringProfile.findMany({
        ...query,
        where: { areaId: viewer.areaId },
        orderBy: [{ name: 'asc' }, { version: 'desc' }],
      }),
  }),
}));

const FactorWeightInputType = builder.inputType('FactorWeightInput', {
  description: 'How much a factor is to count (因子权重).',
  fields: (t) => ({
    factor: t.field({ type: FactorEnum, required: true, description: 'The factor (因子).' }),
    weight: t.int({ required: true, description: 'Its weight, a whole number from 0 to 1,000,000 (权重).' }),
  }),
});

const ScoringProfileInputType = builder.inputType('ScoringProfileInput', {
  description: 'What is written of a scoring profile (评分方案).',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: 'Its name; written as the next version when known; `default` is used when a run names none (名称).',
    }),
    version: t.int({ description: 'Its newest version, which you read; leave it out for a new profile (版本).' }),
    weights: t.field({
      type: [FactorWeightInputType],
      required: true,
      description: 'Weights; a factor that is not named counts nothing (权重，未列出的因子为0).',
    }),
  }),
});

builder.mutationFields((t) => ({
  saveScoringProfile: t.prismaField({
    type: 'ScoringProfile',
    description: 'Writes weights as the next version of a profile (保存评分方案).',
    errors: {},
    args: { input: t.arg({ type: ScoringProfileInputType, required: true, description: 'The profile (评分方案).' }) },
    resolve: async (query, _root, { input: { name, version, weights } }, { database, viewer, clock }) => {
      const none = FACTORS.map((factor) => [factor, 0] as const);
      const given = weights.map(({ factor, weight }) => [factor, weight] as const);
      const profile = { name, version, weights: Object.fromEntries([...none, ...given]) };
      const id = await saveProfile(database, viewer, profile, clock());
      return database.prisma.scoringProfile.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
}));
