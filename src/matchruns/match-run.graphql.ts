import { encodeGlobalID } from '@pothos/plugin-relay';
import type { Logger } from 'pino';
import { CategoryType } from '../communities/category.graphql.ts';
import { CommunityType } from '../communities/community.graphql.ts';
import { MatchPolicy, MatchRunState } from '../generated/prisma/enums.ts';
import { builder } from '../graphql/builder.ts';
import { describedEnum } from '../graphql/enums.ts';
import { whenRepeated } from '../graphql/idempotency-plugin.ts';
import { guardNode } from '../graphql/node-access.ts';
import { may } from '../identity/policy.ts';
import { needsReadAsOwn } from '../needs/access.ts';
import { restartMatch, type StartedMatchRun, startMatch } from './match-run.store.ts';
import type { MATCH_RUN_STAGES, RunProgress } from './progress.ts';
import { subscribeToProgress } from './progress-subscription.ts';
import './candidate.graphql.ts';
import './preview.graphql.ts';
import './scoring-profile.graphql.ts';

export const MatchPolicyEnum = describedEnum(
  'MatchPolicy',
  'How a match run divides the services among the needs (匹配策略).',
  MatchPolicy,
  {
    OPTIMAL:
      'As many of the most urgent needs as possible, then of the next tier; then the highest total score (总分最优)',
    EQUITABLE: 'The same, with the communities in step, so that none is starved (社区均衡)',
    CHOICE:
      "By the residents' own rankings and the services' priorities, so that no pair would rather change (自主选择)",
  },
);

export const MatchRunStateEnum = describedEnum(
  'MatchRunState',
  'Where a match run stands (匹配批次状态).',
  MatchRunState,
  {
    RUNNING: 'It computes (运行中)',
    COMPLETED: 'All that it found is written (已完成)',
    FAILED: 'It ended early, and nothing that it found is written (失败)',
  },
);

/** As it is kept in `match_runs.parameters`. */
type KeptParameters = {
  communityIds: string[] | null;
  categoryIds: string[] | null;
  candidatesPerNeed: number;
  dispatch: boolean;
};

const ParametersType = builder.objectRef<KeptParameters>('MatchRunParameters').implement({
  description: 'What a match run was asked to do (匹配参数).',
  fields: (t) => ({
    communityIds: t.idList({
      nullable: true,
      description: 'Ids of the communities whose needs it looked at; null for the whole area (社区).',
      resolve: ({ communityIds }) => communityIds?.map((id) => encodeGlobalID('Community', id)) ?? null,
    }),
    categoryIds: t.idList({
      nullable: true,
      description: 'Ids of the categories that it was asked for, all below them included; null for every one (类别).',
      resolve: ({ categoryIds }) => categoryIds?.map((id) => encodeGlobalID('Category', id)) ?? null,
    }),
    candidatesPerNeed: t.exposeInt('candidatesPerNeed', {
      description: 'The most candidates that a need could have (每个需求的候选数).',
    }),
    dispatch: t.exposeBoolean('dispatch', { description: 'Whether orders were sent out (是否派单).' }),
  }),
});

export const MatchRunType = builder.prismaNode('MatchRun', {
  id: { field: 'id' },
  description: 'One execution of the matching over the waiting needs of a scope (匹配批次).',
  fields: (t) => ({
    policy: t.expose('policy', { type: MatchPolicyEnum, description: 'How services were divided (匹配策略).' }),
    state: t.expose('state', { type: MatchRunStateEnum, description: 'Where it stands (状态).' }),
    parameters: t.field({
      type: ParametersType,
      description: 'What it was asked to do (参数).',
      resolve: ({ parameters }) => parameters as KeptParameters,
    }),
    profile: t.relation('profile', { description: 'The weights that it scored with (评分方案).' }),
    inputDigest: t.exposeString('inputDigest', {
      nullable: true,
      description: 'SHA-256 of all that the core was given, in hexadecimal; equal for equal input (输入摘要).',
    }),
    needs: t.exposeInt('needs', { description: 'How many needs it looked at (需求数).' }),
    services: t.exposeInt('services', { description: 'How many services there were (服务数).' }),
    matched: t.exposeInt('matched', { description: 'How many needs got a service (匹配数).' }),
    dispatched: t.exposeInt('dispatched', { description: 'How many orders it sent out (派单数).' }),
    unmet: t.exposeInt('unmet', { description: 'How many needs got none (未满足数).' }),
    totalScore: t.expose('totalScore', {
      type: 'Amount',
      description: 'The scores of all matched needs, each times its quantity (总分).',
    }),
    failure: t.exposeString('failure', {
      nullable: true,
      description: 'Why it FAILED: ABORTED, PROCESS_ENDED, UNUSABLE_RECORD or INTERNAL (失败原因).',
    }),
    attempt: t.exposeInt('attempt', { description: 'How often it was started (启动次数).' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      description: 'When it began; its needs are judged at this instant (开始时间).',
    }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true, description: 'When it ended (结束时间).' }),
    outcomes: t.relatedConnection('outcomes', {
      cursor: 'id',
      description: 'What it found for each need that you may read (匹配结果).',
      totalCount: true,
      args: {
        unmetOnly: t.arg.boolean({
          defaultValue: false,
          description: 'Only those of needs that got no service (仅未满足).',
        }),
      },
      query: ({ unmetOnly }, { viewer }) => ({
        where: { need: needsReadAsOwn(viewer), ...(unmetOnly ? { unmetReason: { not: null } } : {}) },
        orderBy: { id: 'asc' },
      }),
    }),
  }),
});

guardNode(
  'MatchRun',
  async (id, { database, viewer }) =>
    may(viewer, 'match.read', { areaId: viewer.areaId }) &&
    (await database.prisma.matchRun.count({ where: { id, areaId: viewer.areaId } })) === 1,
);

builder.queryFields((t) => ({
  matchRuns: t.prismaConnection({
    type: 'MatchRun',
    cursor: 'id',
    authScopes: { may: 'match.read' },
    description: 'The match runs of the area, newest first (匹配批次).',
    totalCount: (_root, _args, { database, viewer }) =>
      database.prisma.matchRun.count({ where: { areaId: viewer.areaId } }),
    resolve: (query, _root, _args, { database, viewer }) =>
      database.prisma.matchRun.findMany({
        ...query,
        where: { areaId: viewer.areaId },
        orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
      }),
  }),
}));

const MatchRunInputType = builder.inputType('MatchRunInput', {
  description: 'What a match run is asked to do (匹配参数).',
  fields: (t) => ({
    policy: t.field({
      type: MatchPolicyEnum,
      defaultValue: 'OPTIMAL',
      description: 'How services are divided (匹配策略).',
    }),
    communityIds: t.globalIDList({
      for: CommunityType,
      description: 'Only needs of these communities; all that you may match when absent (社区).',
    }),
    categoryIds: t.globalIDList({
      for: CategoryType,
      description: 'Only needs of these categories and all below them (类别).',
    }),
    candidatesPerNeed: t.int({
      defaultValue: 10,
      description: 'The most candidates for one need, 1 to 100 (每个需求的候选数).',
    }),
    dispatch: t.boolean({ defaultValue: true, description: 'Whether orders are sent out (是否派单).' }),
    profile: t.string({
      description: 'Name of a scoring profile, `default` when absent; its newest version is used (评分方案).',
    }),
    wait: t.boolean({
      defaultValue: true,
      description:
        'Whether to answer when the run has ended; otherwise it is answered RUNNING and goes on (是否等待完成).',
    }),
  }),
});

type RunMatchInput = typeof MatchRunInputType.$inferInput;

function wantedOf({ wait: _, communityIds, categoryIds, profile, ...rest }: RunMatchInput) {
  return {
    ...rest,
    communityIds: communityIds?.map(({ id }) => id),
    categoryIds: categoryIds?.map(({ id }) => id),
    ...(profile == null ? {} : { profile }),
  };
}

async function waitFor({ runId, finished }: StartedMatchRun, { wait }: RunMatchInput, log: Logger): Promise<void> {
  const ended = finished.catch((error) => log.error({ err: error, runId }, 'match run failed'));
  if (wait) await ended;
}

builder.mutationFields((t) => ({
  runMatch: t.prismaField({
    type: 'MatchRun',
    description:
      'Matches the waiting needs with the services and sends out the orders (运行匹配). A run that ends early is answered FAILED; with its idempotency key it is then started again, as the same run.',
    errors: {},
    extensions: whenRepeated(async (runId, input, { database, viewer, clock, log }) => {
      const given = input as RunMatchInput;
      const restarted = await restartMatch(database, viewer, runId, wantedOf(given), { clock });
      if (restarted !== null) await waitFor(restarted, given, log);
    }),
    args: { input: t.arg({ type: MatchRunInputType, required: true, description: 'What to do (参数).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock, log }) => {
      const started = await startMatch(database, viewer, wantedOf(input), { clock });
      const { runId } = started;
      await waitFor(started, input, log);
      return database.prisma.matchRun.findUniqueOrThrow({ ...query, where: { id: runId } });
    },
  }),
}));

const StageEnum = builder.enumType('MatchRunStage', {
  description: 'The stages of a match run, in their order (匹配阶段).',
  values: {
    LOADING: { description: 'Reads the service list (载入服务)' },
    CANDIDATES: { description: 'Finds the candidates of each need (计算候选)' },
    ASSIGNING: { description: 'Divides the services among the needs (分配)' },
    WRITING: { description: 'Writes all that it found (写入)' },
    COMPLETED: { description: 'It is done (已完成)' },
    FAILED: { description: 'It ended early (失败)' },
  } satisfies Record<(typeof MATCH_RUN_STAGES)[number], object>,
});

const ProgressType = builder.objectRef<RunProgress>('MatchRunProgress').implement({
  description: 'How far a match run is (匹配进度).',
  fields: (t) => ({
    runId: t.globalID({
      description: 'Id of the run (匹配批次编号).',
      resolve: ({ runId }) => ({ type: 'MatchRun', id: runId }),
    }),
    stage: t.expose('stage', { type: StageEnum, description: 'Its stage (阶段).' }),
    done: t.exposeInt('done', { description: 'How many needs, or services while LOADING, are done (已处理数).' }),
    total: t.exposeInt('total', { nullable: true, description: 'Out of how many; null where it is not known (总数).' }),
  }),
});

builder.subscriptionFields((t) => ({
  matchRunProgress: t.field({
    type: ProgressType,
    description: 'How match runs get on, from now on (匹配进度).',
    args: {
      runId: t.arg.globalID({
        for: MatchRunType,
        description: 'Only this run; all runs of the area when absent (匹配批次).',
      }),
    },
    subscribe: (_root, { runId }, { database, viewer }) => subscribeToProgress(database, viewer, runId?.id ?? null),
    resolve: (progress) => progress,
  }),
}));
