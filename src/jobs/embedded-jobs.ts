import { setTimeout as wait } from 'node:timers/promises';
import { cronMatcher, nextTurn } from './cron.ts';
import { type JobContext, type Jobs, LEAST_INTERVAL_MS, type Task } from './task.ts';

/**
 * Does the tasks in this process, for the embedded database: each at once, then by its time, never twice at a time. One
 * that fails is logged and tried again as graphile-worker does, after 3, 7, 20 … seconds.
 */
export function startEmbeddedJobs(context: JobContext, tasks: readonly Task[]): Jobs {
  const stopping = new AbortController();
  const loops = tasks.map((task) => repeat(context, task, stopping.signal));
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

/** Longer waits are cut: a timer holds no more than 2^31 ms, and the clock may be set. */
const LONGEST_WAIT_MS = 3_600_000;
/** From then on a task that fails is tried every 50 minutes. */
const MOST_FAILURES_COUNTED = 8;

async function repeat(context: JobContext, task: Task, signal: AbortSignal): Promise<void> {
  const { clock, log } = context;
  const matches = cronMatcher(task.cron);
  let failures = 0;
  while (!signal.aborted) {
    const turn = nextTurn(matches, clock());
    const again = await task.run(context).then(
      (asked) => {
        failures = 0;
        return asked;
      },
      (error) => {
        log.error({ err: error, task: task.name }, 'a job failed and is tried again');
        failures = Math.min(failures + 1, MOST_FAILURES_COUNTED);
        return new Date(clock().getTime() + 1000 * Math.exp(failures));
      },
    );
    const atMs = Math.min(turn.getTime(), again?.getTime() ?? Infinity);
    await waitUntil(Math.max(atMs, clock().getTime() + LEAST_INTERVAL_MS), clock, signal);
  }
}

async function waitUntil(atMs: number, clock: JobContext['clock'], signal: AbortSignal): Promise<void> {
  for (;;) {
    const leftMs = atMs - clock().getTime();
    if (leftMs <= 0 || signal.aborted) return;
    await wait(Math.min(leftMs, LONGEST_WAIT_MS), undefined, { signal }).catch(() => {});
  }
}
