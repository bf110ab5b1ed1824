import { builder } from '../graphql/builder.ts';
import type { Context } from '../graphql/context.ts';
import { guardNode } from '../graphql/node-access.ts';
import type { Constraint, Factor } from '../matching/index.ts';
import { candidatesInReach, needsInReach, needsReadAsOwn } from '../needs/access.ts';
import { NeedType } from '../needs/need.graphql.ts';
import { ServiceType } from '../services/service.graphql.ts';
import {
  ConstraintCountType,
  ConstraintEnum,
  constraintCounts,
  FactorShareType,
  UnmetReasonEnum,
} from './explanation.graphql.ts';
import type { UnmetReason } from './unmet-reason.ts';

/** As it is kept in `candidates.factors`. */
type KeptFactor = { factor: Factor; value: number; contribution: number; zh: string; en: string };
/** As it is kept in `match_outcomes.nearest_miss`. */
type KeptMiss = { serviceId: string; constraint: Constraint; zh: string; en: string };

export const CandidateType = builder.prismaNode('Candidate', {
  id: { field: 'id' },
  description: 'A service that passed every hard constraint for a need in a match run, with its score and why (候选).',
  fields: (t) => ({
    rank: t.exposeInt('rank', { description: 'Place among the candidates of the need, 1 the best (名次).' }),
    score: t.exposeInt('score', { description: 'Its score, out of 1,000,000 (得分).' }),
    distanceMetres: t.exposeInt('distanceMetres', {
      nullable: true,
      description: 'Straight-line distance in metres; null where one of the two has no place (距离，米).',
    }),
    factors: t.field({
      type: [FactorShareType],
      description: 'What the score is made of (评分构成).',
      resolve: ({ factors }) =>
        (factors as KeptFactor[]).map(({ zh, en, ...factor }) => ({ ...factor, reason: { zh, en } })),
    }),
    assigned: t.exposeBoolean('assigned', { description: 'Whether the run gave it to the need (是否被选中).' }),
    current: t.exposeBoolean('current', { description: "Whether it is of the need's latest run (是否最新批次)." }),
    service: t.relation('service', { description: 'The service (服务).' }),
  }),
});

guardNode('Candidate', async (id, { database, viewer }) => {
  const where = { AND: [{ id, need: needsInReach(viewer) }, candidatesInReach(viewer)] };
  return (await database.prisma.candidate.count({ where })) === 1;
});

export const NearestMissType = builder.objectRef<KeptMiss>('NearestMiss').implement({
  description: 'The service that came closest to being a candidate, and what would have to change (最接近的服务).',
  fields: (t) => ({
    constraint: t.expose('constraint', { type: ConstraintEnum, description: 'The constraint that it fails (约束).' }),
    message: t.string({
      description: 'What would have to change, in the language of Accept-Language (差在哪里).',
      resolve: (miss, _args, { locale }) => miss[locale],
    }),
    service: t.loadable({
      type: ServiceType,
      nullable: true,
      description: 'The service; null when it is not on the public list any more (服务).',
      load: (ids: string[], context) => loadPublishedServices(ids, context),
      resolve: ({ serviceId }) => serviceId,
    }),
  }),
});

/** Services of the public list by id, in their order; null for one that is not on it. */
export async function loadPublishedServices(ids: readonly string[], { database, viewer }: Context) {
  const isPublic = { status: 'PUBLISHED', provider: { admission: 'ADMITTED' } } as const;
  const services = await database.prisma.service.findMany({
    where: { id: { in: [...ids] }, areaId: viewer.areaId, ...isPublic },
  });
  const byId = new Map(services.map((service) => [service.id, service]));
  return ids.map((id) => byId.get(id) ?? null);
}

export const MatchOutcomeType = builder.prismaNode('MatchOutcome', {
  id: { field: 'id' },
  description:
    'What a match run found for one need: how many services passed, what removed the others, why it is unmet (匹配结果).',
  select: { id: true, matchRunId: true, needId: true },
  fields: (t) => ({
    passed: t.exposeInt('passed', { description: 'How many services passed every constraint (通过数).' }),
    removed: t.field({
      type: [ConstraintCountType],
      description: 'How many services each constraint removed (各约束排除数).',
      select: { removed: true },
      resolve: ({ removed }) => constraintCounts(removed as Record<Constraint, number>),
    }),
    nearestMiss: t.field({
      type: NearestMissType,
      nullable: true,
      description: 'For a need without candidate, the service that came closest (最接近的服务).',
      select: { nearestMiss: true },
      resolve: ({ nearestMiss }) => nearestMiss as KeptMiss | null,
    }),
    unmetReason: t.field({
      type: UnmetReasonEnum,
      nullable: true,
      description: 'Why the need got no service in this run; null when it got one (未满足原因).',
      select: { unmetReason: true },
      resolve: ({ unmetReason }) => unmetReason as UnmetReason | null,
    }),
    current: t.exposeBoolean('current', { description: "Whether it is of the need's latest run (是否最新批次)." }),
    candidates: t.loadableList({
      type: CandidateType,
      description: 'The candidates that this run found, best first, those that you may see (候选).',
      load: (keys: string[], context) => loadCandidates(keys, context),
      resolve: ({ matchRunId, needId }) => `${matchRunId} ${needId}`,
    }),
    need: t.loadable({
      type: NeedType,
      nullable: true,
      description: 'The need; null where you may not read it (需求).',
      load: (ids: string[], context) => loadOwnNeeds(ids, context),
      resolve: ({ needId }) => needId,
    }),
  }),
});

guardNode('MatchOutcome', async (id, { database, viewer }) => {
  return (await database.prisma.matchOutcome.count({ where: { id, need: needsReadAsOwn(viewer) } })) === 1;
});

/** Needs that the viewer reads for their own sake, by id, in their order; null for others. */
async function loadOwnNeeds(ids: readonly string[], { database, viewer }: Context) {
  const needs = await database.prisma.need.findMany({
    where: { AND: [{ id: { in: [...ids] } }, needsReadAsOwn(viewer)] },
  });
  const byId = new Map(needs.map((need) => [need.id, need]));
  return ids.map((id) => byId.get(id) ?? null);
}

/** Candidates by run and need, `'runId needId'`, each list best first. */
async function loadCandidates(keys: readonly string[], { database, viewer }: Context) {
  const pairs = keys.map((key) => {
    const [matchRunId, needId] = key.split(' ');
    return { matchRunId: matchRunId!, needId: needId! };
  });
  const found = await database.prisma.candidate.findMany({
    where: {
      matchRunId: { in: [...new Set(pairs.map(({ matchRunId }) => matchRunId))] },
      needId: { in: pairs.map(({ needId }) => needId) },
      AND: candidatesInReach(viewer),
    },
    orderBy: { rank: 'asc' },
  });
  const listOf = Map.groupBy(found, ({ matchRunId, needId }) => `${matchRunId} ${needId}`);
  return keys.map((key) => listOf.get(key) ?? []);
}
