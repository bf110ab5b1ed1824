import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';

/** What a job works with. */
export type JobContext = {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** How many days the keys of clients are kept. */
  readonly idempotencyDays: number;
};

/** Work that is done again and again (定时作业). It must do no harm when it is done twice at a time, or more often than is said. */
export type Task = {
  /** In kebab-case; the name of its job. */
  readonly name: string;
  /** When it is done beside the start of a worker: five fields of cron, in UTC. */
  readonly cron: string;
  /** @returns when it is to be done again before its next turn; `null` when that is soon enough */
  readonly run: (context: JobContext) => Promise<Date | null>;
};

/** Jobs that are being done until they are stopped. */
export type Jobs = {
  /** Begins no job any more and waits for those under way. */
  readonly stop: () => Promise<void>;
};

/** The least time between two runs of a task, so that one that asks for the past does not spin. */
export const LEAST_INTERVAL_MS = 1000;
