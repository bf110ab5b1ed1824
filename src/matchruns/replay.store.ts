import type { Database } from '../database/database.ts';
import { NotFound } from '../failures.ts';
import { solve, type WorkerPool } from '../solver/index.ts';
import { computeFrom, type NeedFinding } from './computation.ts';
import { assignmentProblem, decide, MATCH_RUN, unmetReason } from './match-run.ts';
import { REASON_OF_REFUSAL } from './match-run-writing.store.ts';
import type { LoadedNeed } from './need-records.store.ts';
import { type RecordedInput, type RecordedNeed, readRecording } from './recorded-input.ts';

/** One thing in which a replay differs from what its run wrote. */
export type ReplayDifference = {
  /** DIGEST: the input is not that of the run; CANDIDATES, ASSIGNMENT, REASON: of a need; TOTAL_SCORE: of the run. */
  readonly of: 'DIGEST' | 'CANDIDATES' | 'ASSIGNMENT' | 'REASON' | 'TOTAL_SCORE';
  readonly needId: string | null;
  readonly written: string;
  readonly found: string;
};

/** What came of a replay: `differences` is empty when the run is reproduced. */
export type Replay = {
  readonly digest: string;
  /** How many needs were compared. */
  readonly needs: number;
  readonly services: number;
  /** Needs that had changed when the run was written, so that it wrote nothing of them. */
  readonly leftOut: number;
  /** Needs whose order could not be made when the run was written, as places, services or budgets had changed. */
  readonly refused: number;
  /** Needs whose order could not be made as assigned and went to another of their candidates: the run's order says so. */
  readonly elsewhere: number;
  readonly differences: readonly ReplayDifference[];
};

/** Needs whose written rows are read at once. */
const NEEDS_PER_PAGE = 500;

/**
 * Computes a COMPLETED run again from its recorded input, its policy and its parameters, and compares the digest, every
 * need's candidates with their scores, the assignment, the reasons and the total score with what the run wrote. Nothing
 * of the lists as they are now goes in.
 *
 * @throws NotFound for a run that is not COMPLETED, or was written before inputs were recorded
 */
export async function replayRun(database: Database, runId: string, pool?: WorkerPool): Promise<Replay> {
  const run = await database.prisma.matchRun.findFirst({
    where: { id: runId, state: 'COMPLETED' },
    include: { input: true, profile: true },
  });
  if (run === null || run.input === null) throw new NotFound(MATCH_RUN);
  const input = await readRecording(run.input.content);
  const { computation, decision } = await computeAgain(input, run, pool);
  const { table, serviceIds } = computation;
  const differences: ReplayDifference[] = [];
  const compare = (of: ReplayDifference['of'], needId: string | null, written: string, found: string) => {
    if (written !== found) differences.push({ of, needId, written, found });
  };
  compare('DIGEST', null, run.inputDigest ?? '', input.digest);
  compare('DIGEST', null, run.inputDigest ?? '', computation.input.digest);

  let needs = 0;
  let refused = 0;
  let elsewhere = 0;
  let totalScore = 0n;
  let next = 0;
  for await (const findings of pagesOf(computation.findings())) {
    const written = await readWritten(database, runId, findings);
    for (const finding of findings) {
      const index = next++;
      const need = table.needs[index]!;
      const kept = written.get(need.id);
      if (kept === undefined) continue;
      needs += 1;
      const edge = decision.edge[index]!;
      const found = edge === -1 ? null : serviceIds[table.service[edge]!]!;
      compare('CANDIDATES', need.id, kept.candidates, candidatesText(finding.candidates));
      if (found !== null && kept.serviceId === null && isRefusal(run, kept.reason)) {
        refused += 1;
        continue;
      }
      const instead = finding.candidates.find(({ serviceId }) => serviceId === kept.serviceId);
      if (
        found !== null &&
        kept.serviceId !== found &&
        instead !== undefined &&
        kept.orderedServiceId === kept.serviceId
      ) {
        elsewhere += 1;
        totalScore += BigInt(instead.score) * BigInt(need.quantity);
        continue;
      }
      compare('ASSIGNMENT', need.id, kept.serviceId ?? 'none', found ?? 'none');
      compare('REASON', need.id, kept.reason ?? 'none', unmetReason(need, edge) ?? 'none');
      if (edge !== -1) totalScore += BigInt(table.score[edge]!) * BigInt(need.quantity);
    }
  }
  compare('TOTAL_SCORE', null, run.totalScore.toString(), totalScore.toString());
  compare('DIGEST', null, `${run.needs} needs`, `${needs} needs`);
  const leftOut = table.needs.length - needs;
  return { digest: input.digest, needs, services: computation.services, leftOut, refused, elsewhere, differences };
}

type KeptRun = {
  readonly policy: Parameters<typeof assignmentProblem>[0];
  readonly parameters: unknown;
  readonly profile: { readonly name: string; readonly version: number };
};

async function computeAgain(input: RecordedInput, { policy, profile }: KeptRun, pool: WorkerPool | undefined) {
  const lists = { services: inOnePage(input.services), needs: inOnePage(input.needs.map(loadedNeed)) };
  const expected = { services: input.services.length, needs: input.needs.length };
  const how = { ...input, profile: { name: profile.name, version: profile.version, weights: input.profile } };
  const computation = await computeFrom(lists, how, { expected, report: () => {}, pool });
  const problem = assignmentProblem(policy, computation.table);
  const assignment = await solve(problem, pool ? { pool } : {});
  return { computation, decision: decide(computation.table, problem, assignment) };
}

/** Version and state of a need say only whether it may still be written. */
function loadedNeed(need: RecordedNeed): LoadedNeed {
  return { ...need, version: 0, state: 'OPEN' };
}

async function* inOnePage<T>(items: readonly T[]): AsyncGenerator<readonly T[], void, void> {
  if (items.length > 0) yield items;
}

async function* pagesOf(findings: AsyncIterable<readonly NeedFinding[]>): AsyncGenerator<readonly NeedFinding[]> {
  let page: NeedFinding[] = [];
  for await (const some of findings) {
    page.push(...some);
    if (page.length >= NEEDS_PER_PAGE) {
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
}

/** Whether the reason is one that the writing gives a need whose order cannot be made any more. */
function isRefusal({ parameters }: KeptRun, reason: string | null): boolean {
  const { dispatch } = parameters as { dispatch?: boolean };
  return dispatch === true && (Object.values(REASON_OF_REFUSAL) as (string | null)[]).includes(reason);
}

type Written = {
  readonly candidates: string;
  readonly serviceId: string | null;
  /** Of the order that the run sent out. */
  readonly orderedServiceId: string | null;
  readonly reason: string | null;
};

async function readWritten(
  { prisma }: Database,
  matchRunId: string,
  findings: readonly NeedFinding[],
): Promise<ReadonlyMap<string, Written>> {
  const needId = { in: findings.map((finding) => finding.needId) };
  const outcomes = await prisma.matchOutcome.findMany({ where: { matchRunId, needId } });
  const candidates = await prisma.candidate.findMany({
    where: { matchRunId, needId },
    select: { needId: true, serviceId: true, score: true, distanceMetres: true, assigned: true },
    orderBy: { rank: 'asc' },
  });
  const orders = await prisma.order.findMany({
    where: { matchRunId, needId, mode: 'MATCH_RUN' },
    select: { needId: true, serviceId: true },
  });
  const orderedOf = new Map(orders.map((order) => [order.needId, order.serviceId]));
  const candidatesOf = Map.groupBy(candidates, (candidate) => candidate.needId);
  return new Map(
    outcomes.map(({ needId, unmetReason: reason }) => {
      const own = candidatesOf.get(needId) ?? [];
      const serviceId = own.find(({ assigned }) => assigned)?.serviceId ?? null;
      const orderedServiceId = orderedOf.get(needId) ?? null;
      return [needId, { candidates: candidatesText(own), serviceId, orderedServiceId, reason }];
    }),
  );
}

type ScoredCandidate = {
  readonly serviceId: string;
  readonly score: number;
  readonly distanceMetres: number | null;
};

/** Candidates in their order as one text: service, score and distance of each. */
function candidatesText(candidates: readonly ScoredCandidate[]): string {
  return candidates
    .map(
      ({ serviceId, score, distanceMetres }) =>
        `${serviceId} ${score}${distanceMetres === null ? '' : ` ${distanceMetres} m`}`,
    )
    .join(', ');
}
