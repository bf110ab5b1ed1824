/** What others may call: removing what was kept for its time. */
export { RETENTION_PERIODS, type RetainedKind, type RetentionPeriod } from './periods.ts';
export { type Removed, removeExpired } from './retention.store.ts';
