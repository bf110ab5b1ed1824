import { appendAudit } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import { COMMUNITY } from '../communities/community.ts';
import type { Database, Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { NotAllowed, NotFound } from '../failures.ts';
import { answerOnce, claimOf } from '../idempotency/index.ts';
import { demandAtAll, POLICY, reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { parseInput } from '../input.ts';
import { MatchingInputError } from '../matching/index.ts';
import { publishOrderChanges } from '../orders/index.ts';
import { solve, type WorkerPool } from '../solver/index.ts';
import { compute } from './computation.ts';
import { beat, failAbandonedRuns, withHeartbeat } from './heartbeat.store.ts';
import { assignmentProblem, decide, type MatchRunInput, matchRunInput } from './match-run.ts';
import { writeRun } from './match-run-writing.store.ts';
import { countWaitingNeeds, type NeedScope } from './need-records.store.ts';
import { MATCH_RUN_PROGRESS_CHANNEL, type Progress, type Report, writeProgress } from './progress.ts';
import { ProcessEnding, whileUnderWay } from './runs-under-way.ts';
import { type KeptProfile, readProfile } from './scoring-profile.store.ts';
import { type AreaFrame, countServices, readAreaFrame } from './service-records.store.ts';

export type MatchRunOptions = {
  readonly clock: Clock;
  /** Called as the run gets on, in this process; other processes hear of it over the channel. */
  readonly onProgress?: Report;
  /** Stops the run, in the middle of whatever it is at; it is recorded as FAILED and nothing else is written. */
  readonly signal?: AbortSignal;
  /** The threads in which it computes; those of the process by default. */
  readonly pool?: WorkerPool;
};

/** A run that has begun: its id, and a promise that settles when it has ended. */
export type StartedMatchRun = { readonly runId: string; readonly finished: Promise<void> };

/**
 * Matches the waiting needs of a scope with the services of the area and, unless `dispatch` is false, sends out the
 * orders. The run is recorded as RUNNING first; it computes outside transactions, in worker threads, so that the event
 * loop is free; then everything that it found is written in one transaction, so that the world sees all of it or nothing.
 * A need that changed meanwhile is left out.
 *
 * @param input see `matchRunInput`; every field has a default
 * @returns id of the COMPLETED run
 * @throws InvalidInput, NotFound, NotSignedIn, NotAllowed before anything is recorded; whatever ended the run after that,
 *   which is then recorded as FAILED
 */
export async function runMatch(
  database: Database,
  viewer: Viewer,
  input: unknown,
  options: MatchRunOptions,
): Promise<string> {
  const { runId, finished } = await startMatch(database, viewer, input, options);
  await finished;
  return runId;
}

/** As `runMatch`, but answers as soon as the run is recorded as RUNNING; it goes on in this process. */
export async function startMatch(
  database: Database,
  viewer: Viewer,
  input: unknown,
  options: MatchRunOptions,
): Promise<StartedMatchRun> {
  const plan = await planRun(database, viewer, input, options.clock());
  const data = { ...recordOf(plan), id: newId(), areaId: viewer.areaId, actorId: viewer.userId };
  await database.transaction(
    async (tx) => {
      await tx.matchRun.create({ data });
      await beat(tx, data.id);
      await appendAudit(tx, viewer, started('match.start', data.id, plan), plan.now);
    },
    { answerId: () => data.id },
  );
  return setOut(database, viewer, { ...plan, runId: data.id }, options);
}

/**
 * Starts a run again that FAILED, or that its process abandoned: the same run, by what there is now. Nothing of the
 * earlier attempt was written, so nothing is done twice.
 *
 * @param input as it was started with
 * @param silentForMs after how long without a sign of life it is taken for abandoned
 * @returns `null` when it is COMPLETED or still under way
 * @throws as `startMatch`
 */
export async function restartMatch(
  database: Database,
  viewer: Viewer,
  runId: string,
  input: unknown,
  options: MatchRunOptions,
  silentForMs?: number,
): Promise<StartedMatchRun | null> {
  const plan = await planRun(database, viewer, input, options.clock());
  await failAbandonedRuns(database.system, plan.now, silentForMs);
  const data = { ...recordOf(plan), state: 'RUNNING', failure: null, finishedAt: null } as const;
  // Of several that start it again at the same time, one finds it FAILED.
  const isStarted = await database.transaction(async (tx) => {
    const { count } = await tx.matchRun.updateMany({
      where: { id: runId, areaId: viewer.areaId, state: 'FAILED' },
      data: { ...data, attempt: { increment: 1 } },
    });
    if (count === 1) {
      await beat(tx, runId);
      await appendAudit(tx, viewer, started('match.restart', runId, plan), plan.now);
    }
    return count === 1;
  });
  return !isStarted ? null : setOut(database, viewer, { ...plan, runId }, options);
}

/**
 * As `runMatch`, under a key: the run is made once. Called again with the key it starts the run again where that FAILED
 * or was abandoned, and otherwise leaves it as it is.
 *
 * @returns the run's id; it is RUNNING still when another process has it in hand
 * @throws as `runMatch`; IdempotencyKeyReused
 */
export async function runMatchOnce(
  database: Database,
  viewer: Viewer,
  key: string,
  input: unknown,
  options: MatchRunOptions,
  silentForMs?: number,
): Promise<string> {
  const claim = claimOf(viewer, key, 'runMatch', input, options.clock());
  let started: StartedMatchRun | null = null;
  const { answerId, isRepeated } = await answerOnce(database, claim, async (claiming) => {
    started = await startMatch(claiming, viewer, input, options);
  });
  if (isRepeated) started = await restartMatch(database, viewer, answerId, input, options, silentForMs);
  await (started as StartedMatchRun | null)?.finished;
  return answerId;
}

type RunPlan = Omit<RunInHand, 'runId'>;

async function planRun(database: Database, viewer: Viewer, input: unknown, now: Date): Promise<RunPlan> {
  demandAtAll(viewer, 'match.run');
  const wanted = parseInput(matchRunInput, input);
  const frame = await readAreaFrame(database.prisma, viewer.areaId);
  const scope = await readScope(database.prisma, viewer, frame, wanted);
  const profile = await readProfile(database.system.prisma, viewer.areaId, wanted.profile);
  return { wanted, frame, scope, profile, now };
}

/** What the record of a run says of what it was asked to do. */
function recordOf({ wanted, scope, profile, now }: RunPlan) {
  return {
    profileId: profile.id,
    policy: wanted.policy,
    parameters: {
      communityIds: scope.communityIds === null ? null : [...scope.communityIds],
      categoryIds: wanted.categoryIds ?? null,
      candidatesPerNeed: wanted.candidatesPerNeed,
      dispatch: wanted.dispatch,
    },
    startedAt: now,
  };
}

/** What the audit log says of a run that begins. */
function started(action: string, runId: string, { wanted }: RunPlan) {
  const { policy, dispatch } = wanted;
  return { action, subjectType: 'MatchRun', subjectId: runId, body: { policy, dispatch } };
}

/** From here on Liangdan works, over places and programmes of the whole area, on the needs of the scope that was decided. */
function setOut(
  { system: database }: Database,
  viewer: Viewer,
  run: RunInHand,
  options: MatchRunOptions,
): StartedMatchRun {
  const finished = whileUnderWay(database, options.signal, (signal) =>
    withHeartbeat(database, run.runId, () => carryOut(database, viewer, run, { ...options, signal })),
  );
  // Whoever does not wait hears of a failure from the record of the run.
  finished.catch(() => {});
  return { runId: run.runId, finished };
}

type RunInHand = {
  readonly runId: string;
  readonly wanted: MatchRunInput;
  readonly frame: AreaFrame;
  readonly scope: NeedScope;
  readonly profile: KeptProfile;
  readonly now: Date;
};

async function carryOut(
  database: Database,
  viewer: Viewer,
  run: RunInHand,
  { clock, signal, pool, onProgress }: MatchRunOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const { runId, wanted, frame, scope, profile, now } = run;
  const { prisma } = database;
  const { report, told } = reporter(database, run, onProgress);
  try {
    report({ stage: 'LOADING', done: 0, total: null });
    const { candidatesPerNeed } = wanted;
    const expected = {
      services: await countServices(prisma, frame.areaId),
      needs: await countWaitingNeeds(prisma, frame.areaId, scope),
    };
    const input = { frame, scope, profile: profile.profile, candidatesPerNeed, now };
    const computation = await compute(prisma, input, { expected, report, signal, pool });
    const { table } = computation;
    const problem = assignmentProblem(wanted.policy, table);
    const assignment = await solve(problem, {
      signal,
      ...(pool && { pool }),
      onProgress: ({ done, total }) => report({ stage: 'ASSIGNING', done, total }),
    });
    const decision = decide(table, problem, assignment);
    report({ stage: 'WRITING', done: 0, total: table.needs.length });
    signal.throwIfAborted();
    const ready = { runId, computation, decision, dispatches: wanted.dispatch };
    const changes = await database.transaction((tx) => writeRun(tx, viewer, ready, clock(), { report, signal }), {
      timeoutMs: LONGEST_WRITING_MS,
    });
    // The run is committed; whoever listens for orders hears of them as far as they can be told.
    await publishOrderChanges(database, changes).catch(() => {});
    report({ stage: 'COMPLETED', done: table.needs.length, total: table.needs.length });
  } catch (error) {
    await recordFailure(database, runId, failureCode(error, signal), clock());
    report({ stage: 'FAILED', done: 0, total: null });
    throw error;
  } finally {
    // Whoever waits for the run may close the database next, and the embedded one never answers what comes after that.
    await told();
  }
}

/** The longest that the one writing transaction of a run may take. */
const LONGEST_WRITING_MS = 30 * 60_000;

async function recordFailure(database: Database, runId: string, failure: string, now: Date): Promise<void> {
  await database.prisma.matchRun.updateMany({
    where: { id: runId, state: 'RUNNING' },
    data: { state: 'FAILED', failure, finishedAt: now },
  });
}

/** A stable code, and for a record that the core refuses, which rule it broke. What else went wrong is for the log. */
function failureCode(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return signal.reason instanceof ProcessEnding ? 'PROCESS_ENDED' : 'ABORTED';
  if (error instanceof MatchingInputError) return `UNUSABLE_RECORD: ${error.message}`;
  return 'INTERNAL';
}

/** The least time between two messages of one stage over the channel. */
const LEAST_INTERVAL_MS = 200;

/** Tells of progress here and over the channel; `told` waits until all of it is told. */
function reporter(
  database: Database,
  { runId, frame }: RunInHand,
  onProgress: Report | undefined,
): { readonly report: Report; readonly told: () => Promise<unknown> } {
  let last: Progress | null = null;
  let sentMs = 0;
  let telling: Promise<unknown> = Promise.resolve();
  const report: Report = (progress) => {
    onProgress?.(progress);
    const isNewStage = progress.stage !== last?.stage;
    last = progress;
    if (!isNewStage && performance.now() - sentMs < LEAST_INTERVAL_MS) return;
    sentMs = performance.now();
    const message = writeProgress({ ...progress, runId, areaId: frame.areaId });
    // Progress is told as far as it can be; the run does not depend on it.
    telling = Promise.all([telling, database.notify(MATCH_RUN_PROGRESS_CHANNEL, message).catch(() => {})]);
  };
  return { report, told: () => telling };
}

/** The communities within the viewer's reach that were asked for, and the categories with all below them. */
async function readScope(
  db: Transaction,
  viewer: Viewer,
  frame: AreaFrame,
  { communityIds, categoryIds }: MatchRunInput,
): Promise<NeedScope> {
  return {
    communityIds: await communitiesWithinReach(db, viewer, communityIds ?? null),
    categoryIds: categoryIds == null ? null : withDescendants(frame, categoryIds),
  };
}

async function communitiesWithinReach(
  db: Transaction,
  viewer: Viewer,
  asked: readonly string[] | null,
): Promise<readonly string[] | null> {
  const reach = reachOf(viewer, 'match.run');
  if (asked === null) return reach.wholeArea ? null : reach.communityIds;
  const found = await db.community.count({ where: { areaId: viewer.areaId, id: { in: [...asked] } } });
  if (found < new Set(asked).size) throw new NotFound(COMMUNITY, ['input', 'communityIds']);
  if (!reach.wholeArea && !asked.every((id) => reach.communityIds.includes(id))) {
    throw new NotAllowed(POLICY['match.run'].name);
  }
  return [...new Set(asked)].sort();
}

function withDescendants({ categories }: AreaFrame, asked: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  let next = asked.map((id) => {
    if (!categories.some((category) => category.id === id)) {
      throw new NotFound({ zh: '类别', en: 'category' }, ['input', 'categoryIds']);
    }
    return id;
  });
  while (next.length > 0) {
    for (const id of next) taken.add(id);
    next = categories.flatMap(({ id, parentId }) =>
      parentId !== null && next.includes(parentId) && !taken.has(id) ? [id] : [],
    );
  }
  return [...taken].sort();
}
