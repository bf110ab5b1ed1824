import type { Transaction } from '../database/database.ts';
import type { Dispatch } from './dispatch.store.ts';

/** The candidates of a need that may be asked next, best first: those of its latest run whose service had no order for it yet. */
export async function readUntriedCandidates(tx: Transaction, needId: string): Promise<readonly Dispatch[]> {
  return tx.$queryRaw<Dispatch[]>`
    SELECT need_id AS "needId", service_id AS "serviceId", 'REDISPATCH' AS mode, match_run_id AS "matchRunId", id AS "candidateId"
    FROM candidates c
    WHERE need_id = ${needId}::uuid AND current
      AND NOT EXISTS (SELECT FROM orders o WHERE o.need_id = c.need_id AND o.service_id = c.service_id)
    ORDER BY rank`;
}
