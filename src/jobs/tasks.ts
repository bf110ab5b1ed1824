import { forgetIdempotencyKeys } from '../idempotency/index.ts';
import { failAbandonedRuns, findNextCandidates } from '../matchruns/index.ts';
import { fireDueTimers, nextTimerAt } from '../orders/index.ts';
import { removeExpired } from '../retention/index.ts';
import type { JobContext, Task } from './task.ts';

/** Everything that Liangdan does on its own, by name and time (UTC). A feature adds a line; its work is its own function. */
// biome-ignore format: a table is read by its columns
export const TASKS: readonly Task[] = [
  { name: 'fire-timers',             cron: '* * * * *',   run: fireTimers },
  { name: 'forget-idempotency-keys', cron: '30 18 * * *', run: forgetKeys },
  { name: 'remove-expired',          cron: '10 19 * * *', run: removeWhatExpired },
  { name: 'fail-abandoned-runs',     cron: '* * * * *',   run: failAbandoned },
];

/** The table of timers says what is due; the turn of every minute is only the net under the call at the next due time. */
async function fireTimers({ database, clock, log }: JobContext): Promise<Date | null> {
  const fired = await fireDueTimers(database, clock(), findNextCandidates, (error) =>
    log.error({ err: error }, 'a timer failed and is tried again later'),
  );
  if (fired.fired + fired.failed > 0) log.info(fired, 'timers fired');
  return nextTimerAt(database);
}

async function forgetKeys({ database, clock, log, idempotencyDays }: JobContext): Promise<null> {
  const keys = await forgetIdempotencyKeys(database, clock(), idempotencyDays);
  if (keys > 0) log.info({ keys }, 'idempotency keys forgotten');
  return null;
}

/** Runs whose process has ended are told of as FAILED, so that nobody waits for them. */
async function failAbandoned({ database, clock, log }: JobContext): Promise<null> {
  const runs = await failAbandonedRuns(database, clock());
  if (runs > 0) log.warn({ runs }, 'match runs were abandoned by their processes');
  return null;
}

/** By `RETENTION_PERIODS`; the audit log says what was removed. */
async function removeWhatExpired({ database, clock, log }: JobContext): Promise<null> {
  for (const removed of await removeExpired(database, clock())) log.info(removed, 'removed what was kept for its time');
  return null;
}
