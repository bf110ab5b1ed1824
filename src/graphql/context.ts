import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { Locale } from '../failures.ts';
import type { Viewer } from '../identity/viewer.ts';

/** What every resolver gets: who asks, in which language, and what it works with. */
export type Context = {
  readonly viewer: Viewer;
  readonly locale: Locale;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aggregates of fewer residents are withheld from who may not read these; 5 when not given. */
  readonly smallestGroup?: number;
};
