import type { CategoryRecord, NeedRecord, ScoringProfile } from '../matching/index.ts';
import type { FoundCandidates } from './found-candidates.ts';
import { processPool } from './process-pool.ts';
import { sharedCopy } from './shared-memory.ts';
import type { PoolWorker, WorkerPool } from './worker-pool.ts';

export type CandidateSearchOptions = {
  readonly taxonomy: readonly CategoryRecord[];
  /** Local time of schedules, minutes ahead of UTC. */
  readonly utcOffsetMinutes: number;
  /** The most threads to use. Each of them builds a catalogue, so more of them take more memory. */
  readonly workers: number;
  readonly signal?: AbortSignal | undefined;
  /** The threads to use; those of the process by default. */
  readonly pool?: WorkerPool | undefined;
};

/** A service list in worker threads, and the needs that are held against it. First the services, then the needs. */
export type CandidateSearch = {
  /** How many needs may be looked at side by side. */
  readonly workers: number;
  /** Adds services, JSON in UTF-8, one record a line; waits until the services before these are in. */
  readonly publish: (lines: Uint8Array) => Promise<void>;
  /**
   * The k best services for each of the needs, as `candidates` gives them, whatever the number of threads. Several
   * calls may wait at a time.
   */
  readonly find: (needs: readonly NeedRecord[], profile: ScoringProfile, k: number) => Promise<FoundCandidates>;
};

/**
 * Does `work` with a search in worker threads: the event loop is free while they index services and find candidates.
 *
 * @throws MatchingInputError for a record that the core refuses; the reason of `signal` when it is aborted; WorkerLost when
 *   a thread ends; what `work` throws
 */
export async function searchCandidates<T>(
  options: CandidateSearchOptions,
  work: (search: CandidateSearch) => Promise<T>,
): Promise<T> {
  const { taxonomy, utcOffsetMinutes, signal, pool = processPool() } = options;
  return pool.use(options.workers, signal, async (workers) => {
    const all = <R>(ask: (worker: PoolWorker) => Promise<R>) => Promise.all(workers.map(ask));
    let published: Promise<unknown> = Promise.resolve();
    // What is refused is thrown by the next call that waits for it.
    const begin = (added: Promise<unknown>) => {
      published = added;
      added.catch(() => {});
    };
    begin(all((worker) => worker.ask('openCatalogue', taxonomy, { utcOffsetMinutes })));
    const result = await work({
      workers: workers.length,
      publish: async (lines) => {
        const shared = sharedCopy(new Uint8Array(lines.buffer, lines.byteOffset, lines.byteLength));
        await published;
        begin(all((worker) => worker.ask('publish', shared)));
      },
      find: searchOn(workers, () => published),
    });
    await published;
    await all((worker) => worker.ask('closeCatalogue'));
    return result;
  });
}

function searchOn(workers: readonly PoolWorker[], published: () => Promise<unknown>): CandidateSearch['find'] {
  const free: PoolWorker[] = [];
  const waiting: ((worker: PoolWorker) => void)[] = [];
  let isReady: Promise<unknown> | null = null;
  const giveBack = (worker: PoolWorker) => {
    const next = waiting.shift();
    if (next) next(worker);
    else free.push(worker);
  };
  const getReady = async () => {
    await published();
    await Promise.all(workers.map((worker) => worker.ask('trimCatalogue')));
    for (const worker of workers) giveBack(worker);
  };
  return async (needs, profile, k) => {
    isReady ??= getReady();
    await isReady;
    const worker = free.pop() ?? (await new Promise<PoolWorker>((resolve) => waiting.push(resolve)));
    try {
      return await worker.ask('findCandidates', needs, profile, k);
    } finally {
      giveBack(worker);
    }
  };
}
