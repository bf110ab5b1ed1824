import type { Database } from '../database/database.ts';
import { SYSTEM_ACTOR } from './actor.ts';
import { lockOverdueOrder, moveLockedOrder } from './order.store.ts';
import { type OrderChange, publishOrderChanges } from './order-changes.ts';

/** What one sweep did. */
export type Expiry = {
  /** Orders that nobody answered in time. */
  readonly expired: number;
  /** How many of their needs went to the next candidate; the others are UNMET. */
  readonly redispatched: number;
  /** Orders whose expiry failed; the next sweep tries them again. */
  readonly failed: number;
};

/**
 * Expires every order that is past its time to be accepted, each in its own transaction, and sends its need to the next
 * candidate. Any number of processes may sweep at the same time: each order is taken by one of them.
 *
 * @param report is told of each failure
 */
export async function expireOverdueOrders(
  database: Database,
  now: Date,
  report: (error: unknown) => void = () => {},
): Promise<Expiry> {
  const seen: string[] = [];
  let expired = 0;
  let redispatched = 0;
  let failed = 0;
  for (;;) {
    let orderId: string | null = null;
    try {
      const changes: readonly OrderChange[] | null = await database.transaction(async (tx) => {
        const order = await lockOverdueOrder(tx, now, seen);
        orderId = order?.id ?? null;
        if (order === null) return null;
        return moveLockedOrder(tx, order, 'EXPIRED', { actor: SYSTEM_ACTOR, reason: null }, now);
      });
      if (changes === null) return { expired, redispatched, failed };
      expired += 1;
      if (changes.length > 1) redispatched += 1;
      await publishOrderChanges(database, changes);
    } catch (error) {
      failed += 1;
      report(error);
      if (orderId === null) return { expired, redispatched, failed };
      seen.push(orderId);
    }
  }
}
