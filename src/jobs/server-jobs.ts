import { setTimeout as wait } from 'node:timers/promises';
import { Logger, parseCronItem, type Runner, run, type TaskList } from 'graphile-worker';
import type { Logger as Log } from 'pino';
import { type JobContext, type Jobs, LEAST_INTERVAL_MS, type Task } from './task.ts';

/**
 * Does the tasks with graphile-worker, for PostgreSQL: of all processes that do this on one database each turn of a task
 * goes to one. Its tables are a schema of their own, `graphile_worker`, made and brought up to date here. A job has its
 * task's name as its key, so that there is one waiting at the most; a process that is killed during a job leaves the key to
 * the next turn. When the database goes away, the worker is started anew until it is back.
 *
 * @throws whatever keeps the first start from succeeding
 */
export async function startServerJobs(
  context: JobContext,
  connectionString: string,
  tasks: readonly Task[],
): Promise<Jobs> {
  const { log } = context;
  const stopping = new AbortController();
  const start = () => startRunner(context, connectionString, tasks);
  let runner = await start();
  const keepRunning = async (): Promise<void> => {
    for (;;) {
      await runner.promise.catch((error) => log.error({ err: error }, 'the job worker ended'));
      for (;;) {
        await wait(RESTART_AFTER_MS, undefined, { signal: stopping.signal }).catch(() => {});
        if (stopping.signal.aborted) return;
        try {
          runner = await start();
          break;
        } catch (error) {
          log.error({ err: error }, 'the job worker does not start');
        }
      }
    }
  };
  const ended = keepRunning();
  return {
    stop: async () => {
      stopping.abort();
      // A runner that ended by itself refuses to be stopped.
      await runner.stop().catch(() => {});
      await ended;
    },
  };
}

const RESTART_AFTER_MS = 2000;
/** A long job must not keep the timers waiting. */
const CONCURRENT_JOBS = 3;

async function startRunner(context: JobContext, connectionString: string, tasks: readonly Task[]): Promise<Runner> {
  const runner = await run({
    connectionString,
    concurrency: CONCURRENT_JOBS,
    maxPoolSize: CONCURRENT_JOBS + 2,
    noHandleSignals: true,
    logger: loggerOf(context.log),
    taskList: taskListOf(context, tasks),
    parsedCronItems: tasks.map(({ name, cron }) =>
      parseCronItem({ task: name, match: cron, identifier: name, options: { jobKey: name, jobKeyMode: 'replace' } }),
    ),
  });
  // What fails here ends the runner too, by its own promise.
  for (const { name } of tasks) await runner.addJob(name, {}, { jobKey: name }).catch(() => {});
  return runner;
}

function taskListOf(context: JobContext, tasks: readonly Task[]): TaskList {
  return Object.fromEntries(
    tasks.map((task): [string, TaskList[string]] => [
      task.name,
      async (_payload, { addJob }) => {
        const again = await task.run(context);
        if (again === null) return;
        const runAt = new Date(Math.max(again.getTime(), context.clock().getTime() + LEAST_INTERVAL_MS));
        await addJob(task.name, {}, { jobKey: task.name, runAt });
      },
    ]),
  );
}

/** What graphile-worker tells of each job is of less interest than what it calls information. */
const LEVELS = { error: 'error', warning: 'warn', info: 'debug', debug: 'trace' } as const;

function loggerOf(log: Log): Logger {
  return new Logger(() => (level, message) => log[LEVELS[level]](message));
}
