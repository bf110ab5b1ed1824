import { type Assignment, type AssignmentProblem, LEAST_PART_WEIGHT, type ProblemParts } from '../matching/index.ts';
import { processPool } from './process-pool.ts';
import { onSharedMemory } from './shared-memory.ts';
import type { PoolWorker, WorkerPool } from './worker-pool.ts';

export type SolveOptions = {
  /** The most threads to use; as many as the pool has by default. */
  readonly workers?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called as needs are assigned, first with none and last with all; never with fewer than before. Must not throw. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** The threads to use; those of the process by default. */
  readonly pool?: WorkerPool;
};

/**
 * As `assign`, in worker threads: the event loop is free meanwhile. A large problem that falls into parts without a need
 * or a service in common is solved part by part, side by side; which parts does not depend on the number of threads,
 * and so neither does the assignment. Where several are equally good it may be another one than `assign` picks.
 *
 * @throws MatchingInputError for a malformed problem; the reason of `signal` as soon as it is aborted; WorkerLost when a
 *   thread ends, as for want of memory
 */
export async function solve(problem: AssignmentProblem, options: SolveOptions = {}): Promise<Assignment> {
  const { signal, onProgress, pool = processPool() } = options;
  const isSmall = !(problem.needs + problem.service?.length > LEAST_PART_WEIGHT);
  return pool.use(isSmall ? 1 : (options.workers ?? pool.size), signal, async (workers) => {
    const { needs } = problem;
    onProgress?.({ done: 0, total: needs });
    const shared = onSharedMemory(problem);
    const first = await workers[0]!.ask('splitOrAssign', shared);
    const assignment =
      'flow' in first
        ? first
        : await solveParts(shared, onSharedMemory(first), workers, (done) => onProgress?.({ done, total: needs }));
    onProgress?.({ done: needs, total: needs });
    return assignment;
  });
}

async function solveParts(
  problem: AssignmentProblem,
  parts: ProblemParts,
  workers: readonly PoolWorker[],
  report: (needsDone: number) => void,
): Promise<Assignment> {
  const { weight, needOffset } = parts;
  // The heaviest first, so that no thread is left with a long one at the end.
  const waiting = [...weight.keys()].sort((a, b) => weight[b]! - weight[a]!);
  const assignments: Assignment[] = new Array(parts.count);
  let needsDone = 0;
  const work = async (worker: PoolWorker): Promise<void> => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      assignments[part] = await worker.ask('assignPart', problem, parts, part);
      needsDone += needOffset[part + 1]! - needOffset[part]!;
      report(needsDone);
    }
  };
  await Promise.all(workers.map(work));
  return workers[0]!.ask('join', problem, parts, assignments);
}
