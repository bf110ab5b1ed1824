import type { Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { NotFound } from '../failures.ts';
import { Prisma } from '../generated/prisma/client.ts';
import type { NeedState, OrderState } from '../generated/prisma/enums.ts';
import type { Viewer } from '../identity/viewer.ts';
import { appendLedgerEntries, type NewLedgerEntry, resolveTransfers } from '../ledger/index.ts';
import type { Actor } from './actor.ts';
import { orderEventEntry } from './event.store.ts';
import { ORDER, type OrderTransition, orderTransition, type PassedOnState } from './lifecycle.ts';
import type { OrderChange } from './order-changes.ts';

/** An order as it stands, locked with its need until the transaction ends. */
export type LockedOrder = {
  readonly id: string;
  readonly areaId: string;
  readonly needId: string;
  readonly serviceId: string;
  readonly providerId: string;
  readonly communityId: string;
  readonly categoryId: string;
  readonly residentId: string | null;
  /** Of the need. */
  readonly urgency: number;
  readonly capacityId: string | null;
  readonly quantity: number;
  readonly state: OrderState;
  readonly version: number;
};

/** Locks an order of the viewer's area, its need first. @throws NotFound */
export async function lockOrder(tx: Transaction, viewer: Viewer, orderId: string): Promise<LockedOrder> {
  const [order] = await lockOrders(tx, Prisma.sql`o.id = ${orderId}::uuid AND o.area_id = ${viewer.areaId}::uuid`);
  if (order === undefined) throw new NotFound(ORDER);
  return order;
}

/** Locks the live orders of needs of the viewer's area, at most one a need, in the order of the needs. */
export function lockLiveOrders(
  tx: Transaction,
  viewer: Viewer,
  needIds: readonly string[],
): Promise<readonly LockedOrder[]> {
  return lockOrders(
    tx,
    Prisma.sql`n.id = ANY(${needIds}::uuid[]) AND o.area_id = ${viewer.areaId}::uuid
      AND o.state IN ('DISPATCHED', 'ACCEPTED', 'IN_SERVICE', 'FULFILLED', 'DISPUTED')`,
  );
}

/** Locks an order of any area, unless another process has it in hand. */
export async function lockFreeOrder(tx: Transaction, orderId: string): Promise<LockedOrder | null> {
  const [order] = await lockOrders(tx, Prisma.sql`o.id = ${orderId}::uuid`, Prisma.sql`SKIP LOCKED`);
  return order ?? null;
}

function lockOrders(tx: Transaction, condition: Prisma.Sql, waiting = Prisma.empty): Promise<LockedOrder[]> {
  return tx.$queryRaw<LockedOrder[]>`
    SELECT o.id, o.area_id AS "areaId", o.need_id AS "needId", o.service_id AS "serviceId",
      o.provider_id AS "providerId", o.community_id AS "communityId", o.category_id AS "categoryId",
      n.resident_id AS "residentId", n.urgency, o.capacity_id AS "capacityId", o.quantity, o.state::text, o.version
    FROM needs n JOIN orders o ON o.need_id = n.id
    WHERE ${condition} ORDER BY n.id FOR NO KEY UPDATE OF n, o ${waiting}`;
}

/** Who makes a change and why; of a move to FULFILLED also how many units were served, unless all were. */
export type Because = { readonly actor: Actor; readonly reason: string | null; readonly quantity?: number };

/**
 * Moves an order that is locked, other than to the next candidate: for that see `passOrderOn`.
 *
 * @throws TransitionRefused
 */
export async function moveLockedOrder(
  tx: Transaction,
  order: LockedOrder,
  to: Exclude<OrderState, PassedOnState>,
  because: Because,
  now: Date,
): Promise<OrderChange> {
  const transition = orderTransition(order.state, to);
  const entries = await writeMove(tx, order, transition, because, now);
  await becomeNeed(tx, order.needId, transition.need as NeedState, null, now);
  await appendLedgerEntries(tx, order.areaId, entries, now);
  return changeOf(order);
}

/**
 * Writes the order's new state, its event and what becomes of its transfers. Its places move by a trigger.
 *
 * @returns the ledger entries to append
 */
export async function writeMove(
  tx: Transaction,
  order: LockedOrder,
  { from, to, transfers }: OrderTransition,
  { actor, reason, quantity }: Because,
  now: Date,
): Promise<readonly NewLedgerEntry[]> {
  const fulfilledQuantity = to === 'FULFILLED' ? (quantity ?? order.quantity) : null;
  const [moved] = await tx.$queryRaw<{ seq: number }[]>`
    SELECT move_order(${order.id}::uuid, ${order.version}::int, ${to}::order_state, NULL, ${fulfilledQuantity}::int,
      ${newId()}::uuid, ${actor.userId}::uuid, ${actor.role}, ${reason}, ${now}::timestamptz, NULL) AS seq`;
  const event = { orderId: order.id, seq: moved!.seq, from, to, actor, reason, fulfilledQuantity };
  const resolved =
    transfers === 'PENDING'
      ? []
      : await resolveTransfers(tx, [{ orderId: order.id, state: transfers, actorId: actor.userId }], now);
  return [orderEventEntry(order, event), ...resolved];
}

/** Writes the state of a need; one that is there already stays as it is. */
export async function becomeNeed(
  tx: Transaction,
  needId: string,
  state: NeedState,
  unmetReason: string | null,
  now: Date,
): Promise<void> {
  await tx.$executeRaw`
    UPDATE needs SET state = ${state}::need_state, unmet_reason = ${unmetReason}, updated_at = ${now}
    WHERE id = ${needId}::uuid AND state <> ${state}::need_state`;
}

export function changeOf({ id, needId, areaId, communityId, providerId, residentId }: LockedOrder): OrderChange {
  return { orderId: id, needId, areaId, communityId, providerId, residentId };
}
