import type { Database } from '../database/database.ts';
import { NotFound } from '../failures.ts';
import type { Viewer } from '../identity/viewer.ts';
import { ledgerEntryRows, refusingClosedPeriods } from '../ledger/index.ts';
import { orderEventEntry } from './event.store.ts';
import { ORDER, type OrderTransition } from './lifecycle.ts';
import type { Because, LockedOrder } from './locked-order.store.ts';

/** SQLSTATE of `move_order` for an order that has another version than the one seen. */
export const ORDER_HAS_MOVED = 'LD011';

/** An order as it stood when it was read, nothing locked, and the number of its newest event. */
export type SeenOrder = LockedOrder & { readonly lastEventSeq: number };

/** Reads an order of the viewer's area. @throws NotFound */
export async function readOrder(database: Database, viewer: Viewer, orderId: string): Promise<SeenOrder> {
  const [order] = await database.read<SeenOrder>(
    `SELECT o.id, o.area_id AS "areaId", o.need_id AS "needId", o.service_id AS "serviceId",
      o.provider_id AS "providerId", o.community_id AS "communityId", o.category_id AS "categoryId",
      n.resident_id AS "residentId", n.urgency, o.capacity_id AS "capacityId", o.quantity, o.state::text, o.version,
      (SELECT max(seq) FROM order_events WHERE order_id = o.id) AS "lastEventSeq"
    FROM orders o JOIN needs n ON n.id = o.need_id WHERE o.id = $1::uuid AND o.area_id = $2::uuid`,
    [orderId, viewer.areaId],
  );
  if (order === undefined) throw new NotFound(ORDER);
  return order;
}

/** Whether such a move is one statement: it leaves the transfers, and the need does not go to anybody else. */
export function isWrittenInOneStatement({ transfers, need }: OrderTransition): boolean {
  return transfers === 'PENDING' && need !== 'NEXT_CANDIDATE';
}

/**
 * Writes a move with its event, its need and its ledger entry in one statement, which is a transaction of its own. The
 * order must have the version seen still; then its newest event is the one seen, too, and the entry can be made beforehand.
 *
 * @throws an error of SQLSTATE `ORDER_HAS_MOVED`; PeriodClosed
 */
export async function writeWholeMove(
  database: Database,
  order: SeenOrder,
  { from, to, need }: OrderTransition,
  { actor, reason, quantity }: Because,
  eventId: string,
  now: Date,
): Promise<void> {
  const fulfilledQuantity = to === 'FULFILLED' ? (quantity ?? order.quantity) : null;
  const event = { orderId: order.id, seq: order.lastEventSeq + 1, from, to, actor, reason, fulfilledQuantity };
  const entries = JSON.stringify(ledgerEntryRows([orderEventEntry(order, event)], now));
  const written = [order.id, order.version, to, need, fulfilledQuantity, eventId, actor.userId, actor.role, reason];
  await refusingClosedPeriods(now, () =>
    database.call({
      text: `move_order($1::uuid, $2::int, $3::order_state, $4::need_state, $5::int, $6::uuid, $7::uuid, $8::text, $9::text,
        $10::timestamptz, $11::jsonb)`,
      values: [...written, now.toISOString(), entries],
      answerId: order.id,
    }),
  );
}
