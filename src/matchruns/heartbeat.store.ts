import { clearInterval, setInterval } from 'node:timers';
import type { Database, Transaction } from '../database/database.ts';

/** How often a run says that it is alive. */
const HEARTBEAT_MS = 5000;
/** A run that has not said so for this long is abandoned: its process has ended, or cannot reach the database. */
export const SILENT_FOR_MS = 60_000;

/**
 * Says every few seconds that a run is alive, until `work` has ended. By the clock of the database, so that machines
 * whose clocks differ agree on who is silent.
 */
export async function withHeartbeat<T>(database: Database, runId: string, work: () => Promise<T>): Promise<T> {
  let beating: Promise<void> | null = null;
  const beatOnce = (): void => {
    // While the run is being written its row is locked, and one beat at most waits for that.
    // The next beat may get through; if none does the run is given up, and finds that out when it is written.
    beating ??= beat(database.prisma, runId)
      .catch(() => {})
      .finally(() => {
        beating = null;
      });
  };
  const timer = setInterval(beatOnce, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await beating;
  }
}

/** Says that a run is alive. */
export async function beat(db: Transaction, runId: string): Promise<void> {
  await db.$executeRaw`
    UPDATE match_runs SET heartbeat_at = clock_timestamp() WHERE id = ${runId}::uuid AND state = 'RUNNING'`;
}

/**
 * Records as FAILED the RUNNING runs that nobody carries out any more. One that is being written is alive, however long
 * it has been silent. Any number of processes may do so, at any time.
 *
 * @param silentForMs 0 where no other process can have a run in hand: at the start of the one that has the embedded database
 * @returns how many there were
 */
export async function failAbandonedRuns(database: Database, now: Date, silentForMs = SILENT_FOR_MS): Promise<number> {
  return database.prisma.$executeRaw`
    UPDATE match_runs SET state = 'FAILED', failure = 'PROCESS_ENDED', finished_at = ${now}
    WHERE id IN (
      SELECT id FROM match_runs
      WHERE state = 'RUNNING'
        AND coalesce(heartbeat_at, started_at) <= clock_timestamp() - make_interval(secs => ${silentForMs / 1000}::float)
      ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
    )`;
}
