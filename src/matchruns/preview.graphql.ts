import { CategoryType } from '../communities/category.graphql.ts';
import { CommunityType } from '../communities/community.graphql.ts';
import { builder } from '../graphql/builder.ts';
import type { Candidate } from '../matching/index.ts';
import { NeedType } from '../needs/need.graphql.ts';
import { ServiceType } from '../services/service.graphql.ts';
import { loadPublishedServices, NearestMissType } from './candidate.graphql.ts';
import { ConstraintCountType, constraintCounts, FactorShareType, UnmetReasonEnum } from './explanation.graphql.ts';
import { type Preview, previewCandidates, previewNeed } from './preview.store.ts';

/** A preview reads the whole service list, so an operation may have only a few. */
const PREVIEW_COMPLEXITY = 2000;

const PreviewedCandidateType = builder
  .objectRef<Candidate & { readonly rank: number }>('PreviewedCandidate')
  .implement({
    description: 'A service that passes every hard constraint for a need now; it is not kept (试算候选).',
    fields: (t) => ({
      rank: t.exposeInt('rank', { description: 'Place among the candidates, 1 the best (名次).' }),
      score: t.exposeInt('score', { description: 'Its score, out of 1,000,000 (得分).' }),
      distanceMetres: t.exposeInt('distanceMetres', {
        nullable: true,
        description: 'Straight-line distance in metres; null where one of the two has no place (距离，米).',
      }),
      factors: t.field({
        type: [FactorShareType],
        description: 'What the score is made of (评分构成).',
        resolve: ({ factors }) => [...factors],
      }),
      service: t.loadable({
        type: ServiceType,
        nullable: true,
        description: 'The service; null when it was withdrawn this instant (服务).',
        load: (ids: string[], context) => loadPublishedServices(ids, context),
        resolve: ({ serviceId }) => serviceId,
      }),
    }),
  });

const PreviewType = builder.objectRef<Preview>('CandidatePreview').implement({
  description: 'What a match run would find for a need now; nothing is kept (试算).',
  fields: (t) => ({
    candidates: t.field({
      type: [PreviewedCandidateType],
      description: 'The candidates, best first (候选).',
      resolve: ({ candidates }) => candidates.map((candidate, place) => ({ ...candidate, rank: place + 1 })),
    }),
    passed: t.exposeInt('passed', { description: 'How many services passed every constraint (通过数).' }),
    removed: t.field({
      type: [ConstraintCountType],
      description: 'How many services each constraint removed (各约束排除数).',
      resolve: ({ removed }) => constraintCounts(removed),
    }),
    nearestMiss: t.field({
      type: NearestMissType,
      nullable: true,
      description: 'Where there is no candidate, the service that came closest (最接近的服务).',
      resolve: ({ nearestMiss }) =>
        nearestMiss === null
          ? null
          : { serviceId: nearestMiss.serviceId, constraint: nearestMiss.constraint, ...nearestMiss.reason },
    }),
    unmetReason: t.expose('unmetReason', {
      type: UnmetReasonEnum,
      nullable: true,
      description: 'Why there is no candidate; null when there is one (无候选原因).',
    }),
    category: t.loadable({
      type: CategoryType,
      nullable: true,
      description: 'The category, stated or found from the words; null when neither (类别).',
      load: async (ids: string[], { database, viewer }) => {
        const categories = await database.prisma.category.findMany({
          where: { id: { in: ids }, areaId: viewer.areaId },
        });
        const byId = new Map(categories.map((category) => [category.id, category]));
        return ids.map((id) => byId.get(id) ?? null);
      },
      resolve: ({ categoryId }) => categoryId,
    }),
  }),
});

const NeedSketchInputType = builder.inputType('NeedSketchInput', {
  description: 'A need to try out, without registering it (试算的需求).',
  fields: (t) => ({
    title: t.string({ required: true, description: 'What is needed, in a few words (标题).' }),
    description: t.string({ description: 'More about it (描述).' }),
    communityId: t.globalID({ for: CommunityType, required: true, description: 'The community (所属社区).' }),
    categoryId: t.globalID({
      for: CategoryType,
      description: 'The category; found from the words when absent (类别).',
    }),
    latitude: t.float({ description: "Where it is, degrees north; the community's centre when absent (纬度)." }),
    longitude: t.float({ description: 'Where it is, degrees east (经度).' }),
    attributes: t.stringList({ description: 'Eligibility attributes of the person (居民属性).' }),
    age: t.int({ description: 'Age in whole years (年龄).' }),
    quantity: t.int({ description: 'Units asked for, 1 when absent (数量).' }),
    maximumPriceFen: t.field({ type: 'Fen', description: 'The most to pay for a unit, in fen (最高单价，分).' }),
    deadlineAt: t.field({ type: 'DateTime', description: 'By when (截止时间).' }),
  }),
});

const most = { defaultValue: 10, description: 'The most candidates, 1 to 100 (最多候选数).' };
const profile = { description: 'Name of a scoring profile, `default` when absent (评分方案).' };

builder.queryFields((t) => ({
  previewCandidates: t.field({
    type: PreviewType,
    description: 'The candidates that a registered need would have in a match run now (试算候选).',
    complexity: PREVIEW_COMPLEXITY,
    args: {
      needId: t.arg.globalID({ for: NeedType, required: true, description: 'The need (需求).' }),
      most: t.arg.int(most),
      profile: t.arg.string(profile),
    },
    resolve: (_root, { needId, ...options }, { database, viewer, clock }) =>
      previewCandidates(database, viewer, needId.id, clock(), previewOptions(options)),
  }),
  previewNeed: t.field({
    type: PreviewType,
    description: 'The candidates that a need would have if it were registered in these words now (按描述试算).',
    complexity: PREVIEW_COMPLEXITY,
    args: {
      input: t.arg({ type: NeedSketchInputType, required: true, description: 'The need (需求).' }),
      most: t.arg.int(most),
      profile: t.arg.string(profile),
    },
    resolve: (_root, { input, ...options }, { database, viewer, clock }) => {
      const { communityId, categoryId, ...rest } = input;
      const sketch = { ...withoutNulls(rest), communityId: communityId.id, categoryId: categoryId?.id };
      return previewNeed(database, viewer, sketch, clock(), previewOptions(options));
    },
  }),
}));

function previewOptions({ most, profile }: { most?: number | null | undefined; profile?: string | null | undefined }) {
  return { most: most ?? undefined, profile: profile ?? undefined };
}

/** A field that is null is as good as absent. */
function withoutNulls(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null));
}
