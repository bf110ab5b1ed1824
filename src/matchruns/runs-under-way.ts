import type { Database } from '../database/database.ts';

/** Why a run is stopped when its process ends. */
export class ProcessEnding extends Error {
  override readonly name = 'ProcessEnding';
  constructor() {
    super('the process is ending');
  }
}

type RunUnderWay = { readonly controller: AbortController; readonly ended: Promise<void> };

const runsOf = new WeakMap<Database['prisma'], Set<RunUnderWay>>();

/**
 * Keeps note of a run of this process until it ends, so that `endMatchRuns` finds it.
 *
 * @param carryOut does the run; its signal is aborted with a `ProcessEnding`, or as `signal` is
 */
export async function whileUnderWay(
  database: Database,
  signal: AbortSignal | undefined,
  carryOut: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  const ended = carryOut(signal ? AbortSignal.any([signal, controller.signal]) : controller.signal);
  const run = { controller, ended };
  const { prisma } = database.system;
  const runs = runsOf.get(prisma) ?? new Set();
  runsOf.set(prisma, runs.add(run));
  try {
    await ended;
  } finally {
    runs.delete(run);
  }
}

/**
 * Stops every match run of this process on the database and waits until each is recorded as FAILED, or has been written
 * after all. To be called before the database is closed.
 */
export async function endMatchRuns(database: Database): Promise<void> {
  const runs = [...(runsOf.get(database.system.prisma) ?? [])];
  for (const { controller } of runs) controller.abort(new ProcessEnding());
  await Promise.allSettled(runs.map(({ ended }) => ended));
}
