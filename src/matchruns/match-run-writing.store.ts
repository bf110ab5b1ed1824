import type { Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import type { Viewer } from '../identity/viewer.ts';
import { type Dispatch, type DispatchOutcome, dispatchOrders, type OrderChange } from '../orders/index.ts';
import type { Computation, NeedFinding } from './computation.ts';
import { type RunDecision, type RunNeed, unmetReason } from './match-run.ts';
import type { Report } from './progress.ts';
import type { UnmetReason } from './unmet-reason.ts';

/** A run that is ready to be written. */
export type RunToWrite = {
  readonly runId: string;
  readonly computation: Computation;
  readonly decision: RunDecision;
  /** Whether the assignment is sent out as orders. */
  readonly dispatches: boolean;
};

/** The run was recorded as FAILED while it computed, so it must not write any more. */
export class RunNoLongerRunning extends Error {
  override readonly name = 'RunNoLongerRunning';
}

/**
 * Writes all that a run found: outcomes, candidates, states of needs, orders, and the run as COMPLETED with its counts.
 * Needs that changed since they were read are left out of everything.
 *
 * @returns the orders that were dispatched, to be published after the commit
 * @throws RunNoLongerRunning; the reason of `signal` when it is aborted before the end
 */
export async function writeRun(
  tx: Transaction,
  viewer: Viewer,
  { runId, computation, decision, dispatches }: RunToWrite,
  now: Date,
  { report, signal }: { readonly report: Report; readonly signal: AbortSignal },
): Promise<readonly OrderChange[]> {
  await holdRun(tx, runId);
  const { table, serviceIds } = computation;
  const unchanged = await lockUnchangedNeeds(tx, table.needs);
  const assigned: Assigned[] = [];
  const others: Assigned[] = [];
  const unmet: Unmet[] = [];
  let next = 0;
  for await (const findings of inBatches(computation.findings(), NEEDS_PER_STATEMENT)) {
    signal.throwIfAborted();
    const rows = findings.flatMap((finding) => {
      const index = next++;
      const need = table.needs[index]!;
      if (!unchanged.has(need.id)) return [];
      const edge = decision.edge[index]!;
      const row: FindingRow = {
        finding,
        serviceId: edge === -1 ? null : serviceIds[table.service[edge]!]!,
        reason: unmetReason(need, edge),
        candidateIds: finding.candidates.map(() => newId()),
      };
      if (row.reason !== null) unmet.push({ needId: need.id, reason: row.reason });
      else {
        const [first, ...further] = choicesOf(row, need, row.serviceId!);
        assigned.push(first!);
        if (dispatches) others.push(...further);
      }
      return [row];
    });
    await writeFindings(tx, runId, rows);
    report({ stage: 'WRITING', done: next, total: table.needs.length });
  }
  const { matched, refused, changes } = dispatches
    ? await dispatch(tx, viewer, runId, assigned, others, now)
    : { matched: assigned, refused: [], changes: [] };
  await writeElsewhere(tx, runId, assigned, matched, refused);
  unmet.push(...refused);
  await writeUnmet(tx, unmet, now);
  if (!dispatches) await reopenMatched(tx, matched, now);
  signal.throwIfAborted();
  await tx.matchRunInput.create({ data: { matchRunId: runId, content: computation.input.content } });
  await tx.matchRun.update({
    where: { id: runId },
    data: {
      state: 'COMPLETED',
      inputDigest: computation.input.digest,
      needs: unchanged.size,
      services: computation.services,
      matched: matched.length,
      dispatched: dispatches ? matched.length : 0,
      unmet: unmet.length,
      totalScore: matched.reduce((sum, { score, quantity }) => sum + BigInt(score) * BigInt(quantity), 0n),
      finishedAt: now,
    },
  });
  return changes;
}

/** What is written of one need: its finding, the service it got, or why it got none. */
type FindingRow = {
  readonly finding: NeedFinding;
  readonly serviceId: string | null;
  readonly reason: UnmetReason | null;
  readonly candidateIds: readonly string[];
};
/** A candidate of a need that an order may go to. */
type Assigned = {
  readonly needId: string;
  readonly serviceId: string;
  readonly candidateId: string;
  readonly urgency: number;
  readonly quantity: number;
  readonly score: number;
};
type Unmet = { readonly needId: string; readonly reason: UnmetReason };

/** The candidates of a need: the one that the assignment gives it, then the others as they rank. */
function choicesOf(
  { finding, candidateIds }: FindingRow,
  { id: needId, urgency, quantity }: RunNeed,
  assignedServiceId: string,
): readonly Assigned[] {
  const ranked = finding.candidates.map(({ serviceId, score }, place) => {
    return { needId, serviceId, candidateId: candidateIds[place]!, urgency, quantity, score };
  });
  const place = finding.candidates.findIndex(({ serviceId }) => serviceId === assignedServiceId);
  return [ranked[place]!, ...ranked.toSpliced(place, 1)];
}

async function holdRun(tx: Transaction, runId: string): Promise<void> {
  const held = await tx.$queryRaw<unknown[]>`
    SELECT id FROM match_runs WHERE id = ${runId}::uuid AND state = 'RUNNING' FOR NO KEY UPDATE`;
  if (held.length === 0) throw new RunNoLongerRunning(`match run ${runId} is not RUNNING any more`);
}

/** Locks the needs that are as they were read, by ascending id, and gives their ids. */
async function lockUnchangedNeeds(tx: Transaction, needs: readonly RunNeed[]): Promise<ReadonlySet<string>> {
  const unchanged = new Set<string>();
  for (const batch of batches(needs, 5000)) {
    const versions = batch.map(({ id, version }) => ({ id, version }));
    const locked = await tx.$queryRaw<{ id: string }[]>`
      SELECT needs.id FROM needs
      JOIN jsonb_to_recordset(${JSON.stringify(versions)}::jsonb) AS read (id uuid, version int)
        ON read.id = needs.id AND read.version = needs.version
      ORDER BY needs.id FOR NO KEY UPDATE OF needs`;
    for (const { id } of locked) unchanged.add(id);
  }
  return unchanged;
}

/** Writes outcomes and candidates of these needs as the current ones in place of those of earlier runs. */
async function writeFindings(tx: Transaction, runId: string, rows: readonly FindingRow[]): Promise<void> {
  if (rows.length === 0) return;
  const needIds = rows.map(({ finding }) => finding.needId);
  await tx.$executeRaw`UPDATE match_outcomes SET current = false WHERE need_id = ANY (${needIds}::uuid[]) AND current`;
  await tx.$executeRaw`UPDATE candidates SET current = false WHERE need_id = ANY (${needIds}::uuid[]) AND current`;
  const outcomes = rows.map(({ finding: { needId, passed, removed, nearestMiss }, reason }) => ({
    id: newId(),
    needId,
    passed,
    removed,
    nearestMiss:
      nearestMiss === null
        ? null
        : { serviceId: nearestMiss.serviceId, constraint: nearestMiss.constraint, ...nearestMiss.reason },
    unmetReason: reason,
  }));
  await tx.$executeRaw`
    INSERT INTO match_outcomes (id, match_run_id, need_id, passed, removed, nearest_miss, unmet_reason, current)
    SELECT id, ${runId}::uuid, "needId", passed, removed, nullif("nearestMiss", 'null'), "unmetReason", true
    FROM jsonb_to_recordset(${JSON.stringify(outcomes)}::jsonb) AS row (
      id uuid, "needId" uuid, passed int, removed jsonb, "nearestMiss" jsonb, "unmetReason" text
    )`;
  const candidates = rows.flatMap(({ finding, serviceId, candidateIds }) =>
    finding.candidates.map((candidate, place) => ({
      id: candidateIds[place]!,
      needId: finding.needId,
      serviceId: candidate.serviceId,
      rank: place + 1,
      score: candidate.score,
      distanceMetres: candidate.distanceMetres,
      factors: candidate.factors.map(({ reason, ...factor }) => ({ ...factor, ...reason })),
      assigned: candidate.serviceId === serviceId,
    })),
  );
  await tx.$executeRaw`
    INSERT INTO candidates (id, match_run_id, need_id, service_id, rank, score, distance_metres, factors, assigned, current)
    SELECT id, ${runId}::uuid, "needId", "serviceId", rank, score, "distanceMetres", factors, assigned, true
    FROM jsonb_to_recordset(${JSON.stringify(candidates)}::jsonb) AS row (
      id uuid, "needId" uuid, "serviceId" uuid, rank int, score int, "distanceMetres" int, factors jsonb, assigned boolean
    )`;
}

type Dispatched = {
  /** The candidates that orders went to. */
  readonly matched: readonly Assigned[];
  readonly refused: readonly Unmet[];
  readonly changes: readonly OrderChange[];
};

/**
 * Why a need is unmet when its order could not be made, since places, services or budgets changed while the run computed, or
 * a budget ended on the orders before it.
 */
export const REASON_OF_REFUSAL = {
  NO_PLACES: 'CAPACITY_CONTENDED',
  NOT_OFFERED: 'ADMISSION',
  ABOVE_MAXIMUM: 'PRICE',
} as const satisfies Partial<Record<DispatchOutcome['outcome'], UnmetReason>>;

/**
 * Sends out the orders. First each need gets the service that the assignment gives it, so that nobody takes another's place;
 * then those whose order could not be made, the most urgent first, get the best of their other candidates that can still
 * serve them. The needs are locked and unchanged, so each waits until it has an order.
 */
async function dispatch(
  tx: Transaction,
  viewer: Viewer,
  runId: string,
  assigned: readonly Assigned[],
  others: readonly Assigned[],
  now: Date,
): Promise<Dispatched> {
  const choices = [...assigned, ...others.toSorted((a, b) => a.urgency - b.urgency)];
  const dispatches = choices.map(
    ({ needId, serviceId, candidateId }): Dispatch => ({
      needId,
      serviceId,
      candidateId,
      matchRunId: runId,
      mode: 'MATCH_RUN',
    }),
  );
  const matched: Assigned[] = [];
  const changes: OrderChange[] = [];
  const refused = new Map<string, Unmet>();
  (await dispatchOrders(tx, viewer, dispatches, now)).forEach((outcome, index) => {
    const choice = choices[index]!;
    const { needId } = choice;
    if (outcome.outcome === 'DISPATCHED') {
      matched.push(choice);
      changes.push(outcome.change);
      refused.delete(needId);
    } else if (outcome.outcome !== 'NOT_WAITING') {
      // Of several candidates the reason is that of the first: the one the need was meant to have.
      if (!refused.has(needId)) refused.set(needId, { needId, reason: REASON_OF_REFUSAL[outcome.outcome] });
    } else if (index < assigned.length) throw new Error(`need ${needId} is locked but does not wait`);
  });
  return { matched, refused: [...refused.values()], changes };
}

/** The run's own record of needs whose order went to another candidate than was assigned, or could not be made. */
async function writeElsewhere(
  tx: Transaction,
  runId: string,
  assigned: readonly Assigned[],
  matched: readonly Assigned[],
  refused: readonly Unmet[],
): Promise<void> {
  const kept = new Set(matched.map(({ candidateId }) => candidateId));
  const left = assigned.filter(({ candidateId }) => !kept.has(candidateId)).map(({ candidateId }) => candidateId);
  if (left.length === 0) return;
  await tx.$executeRaw`
    UPDATE match_outcomes SET unmet_reason = row.reason
    FROM jsonb_to_recordset(${JSON.stringify(refused)}::jsonb) AS row ("needId" uuid, reason text)
    WHERE match_run_id = ${runId}::uuid AND need_id = row."needId"`;
  const meant = new Set(assigned.map(({ candidateId }) => candidateId));
  const taken = [...kept].filter((candidateId) => !meant.has(candidateId));
  await tx.$executeRaw`UPDATE candidates SET assigned = false WHERE id = ANY (${left}::uuid[])`;
  await tx.$executeRaw`UPDATE candidates SET assigned = true WHERE id = ANY (${taken}::uuid[])`;
}

/** Makes needs UNMET; one that is so already for the same reason stays as it is. */
async function writeUnmet(tx: Transaction, unmet: readonly Unmet[], now: Date): Promise<void> {
  for (const batch of batches(unmet, 5000)) {
    await tx.$executeRaw`
      UPDATE needs SET state = 'UNMET', unmet_reason = row.reason, updated_at = ${now}
      FROM jsonb_to_recordset(${JSON.stringify(batch)}::jsonb) AS row ("needId" uuid, reason text)
      WHERE id = row."needId" AND (state <> 'UNMET' OR unmet_reason IS DISTINCT FROM row.reason)`;
  }
}

/** Needs that a service was found for but no order was sent out are no longer UNMET. */
async function reopenMatched(tx: Transaction, matched: readonly Assigned[], now: Date): Promise<void> {
  for (const batch of batches(matched, 5000)) {
    const needIds = batch.map(({ needId }) => needId);
    await tx.$executeRaw`
      UPDATE needs SET state = 'OPEN', unmet_reason = NULL, updated_at = ${now}
      WHERE id = ANY (${needIds}::uuid[]) AND state = 'UNMET'`;
  }
}

/** Needs whose candidates are written at once: few, because the embedded database holds the event loop while it writes. */
const NEEDS_PER_STATEMENT = 20;

async function* inBatches<T>(lists: AsyncIterable<readonly T[]>, size: number): AsyncGenerator<readonly T[]> {
  for await (const list of lists) yield* batches(list, size);
}

function* batches<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
