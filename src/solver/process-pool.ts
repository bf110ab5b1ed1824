import { WorkerPool } from './worker-pool.ts';

let pool: WorkerPool | null = null;

/** The threads of this process, kept until `closeSolver`. */
export function processPool(): WorkerPool {
  pool ??= new WorkerPool();
  return pool;
}

/** Ends the threads of this process; what they are at is rejected with `WorkerLost`. */
export async function closeSolver(): Promise<void> {
  await pool?.close();
}
