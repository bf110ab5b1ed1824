import type { Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import type { OrderState } from '../generated/prisma/enums.ts';
import type { NewLedgerEntry } from '../ledger/index.ts';
import type { Actor } from './actor.ts';

/** One change of an order: its number in the order's path, from where to where, who and why. */
export type NewOrderEvent = {
  readonly orderId: string;
  readonly seq: number;
  readonly from: OrderState | null;
  readonly to: OrderState;
  readonly actor: Actor;
  readonly reason: string | null;
  /** Units that were served, of a change to FULFILLED; the order keeps it, and the ledger. */
  readonly fulfilledQuantity?: number | null;
};

/** Appends events to the paths of orders, one an order. */
export async function writeOrderEvents(tx: Transaction, events: readonly NewOrderEvent[], now: Date): Promise<void> {
  const rows = events.map(({ actor, fulfilledQuantity: _, ...event }) => ({
    ...event,
    id: newId(),
    actorId: actor.userId,
    actorRole: actor.role,
  }));
  await tx.$executeRaw`
    INSERT INTO order_events (id, order_id, seq, from_state, to_state, actor_id, actor_role, reason, at)
    SELECT id, "orderId", seq, "from", "to", "actorId", "actorRole", reason, ${now}
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (
      id uuid, "orderId" uuid, seq int, "from" order_state, "to" order_state, "actorId" uuid, "actorRole" text, reason text
    )`;
}

/** What of an order its ledger records with each event. */
export type RecordedOrder = {
  readonly communityId: string;
  readonly categoryId: string;
  readonly needId: string;
  readonly serviceId: string;
  readonly providerId: string;
  readonly quantity: number;
};

/**
 * The ledger entry of an event. A ledger cannot be changed, so the reason, which a person wrote, is not in it: it stands
 * with the event.
 */
export function orderEventEntry(
  order: RecordedOrder,
  { orderId, seq, from, to, actor, fulfilledQuantity = null }: NewOrderEvent,
): NewLedgerEntry {
  const { communityId, categoryId, needId, serviceId, providerId, quantity } = order;
  const about = seq === 1 ? { needId, serviceId, providerId, quantity } : {};
  const served = fulfilledQuantity === null ? {} : { fulfilledQuantity };
  return {
    communityId,
    categoryId,
    kind: 'ORDER_EVENT',
    subjectId: orderId,
    actorId: actor.userId,
    body: { seq, from, to, actorRole: actor.role, ...about, ...served },
  };
}
