import { startEmbeddedJobs } from './embedded-jobs.ts';
import { startServerJobs } from './server-jobs.ts';
import type { JobContext, Jobs } from './task.ts';
import { TASKS } from './tasks.ts';

export type { JobContext, Jobs, Task } from './task.ts';
export { TASKS } from './tasks.ts';

/**
 * Does everything that Liangdan does on its own until it is stopped.
 *
 * @param databaseUrl address of the PostgreSQL server; `null` for the embedded database
 */
export async function startJobs(context: JobContext, databaseUrl: string | null): Promise<Jobs> {
  return databaseUrl === null ? startEmbeddedJobs(context, TASKS) : startServerJobs(context, databaseUrl, TASKS);
}
