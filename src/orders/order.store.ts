import type { Database, Transaction } from '../database/database.ts';
import { InvalidInput, NotFound, TransitionRefused, VersionConflict } from '../failures.ts';
import { Prisma } from '../generated/prisma/client.ts';
import type { NeedState, OrderState } from '../generated/prisma/enums.ts';
import { type Action, demand } from '../identity/policy.ts';
import { systemViewer, type Viewer } from '../identity/viewer.ts';
import { appendLedgerEntries, type NewLedgerEntry, resolveTransfers } from '../ledger/index.ts';
import { type Actor, actorOf } from './actor.ts';
import { readUntriedCandidates } from './candidate.store.ts';
import { changesOf, planDispatches, writeDispatches } from './dispatch.store.ts';
import { orderEventEntry, writeOrderEvents } from './event.store.ts';
import { ORDER, ORDER_TRANSITIONS, type OrderTransition, orderTransition } from './lifecycle.ts';
import { ALL_DECLINED } from './order.ts';
import { type OrderChange, publishOrderChanges } from './order-changes.ts';

/** A change that someone asks of an order. */
export type OrderMove = {
  readonly orderId: string;
  /** The version that they have seen; someone else's change since then is a `VersionConflict`. */
  readonly version: number;
  readonly to: Exclude<OrderState, 'DISPATCHED' | 'EXPIRED'>;
  /** Why, in their words; the lifecycle says when it must be given. */
  readonly reason: string | null;
  /** What the move is, where several lead to the same state: to confirm an order is not to settle a dispute about it. */
  readonly by?: Action;
};

/**
 * Moves an order along its lifecycle in one transaction, with everything that hangs on it: its event, its need, its places,
 * its transfers and the ledger. One that is declined goes to the next candidate at once.
 *
 * @returns the order's id
 * @throws NotFound, NotSignedIn, NotAllowed, VersionConflict, TransitionRefused
 */
export async function moveOrder(database: Database, viewer: Viewer, move: OrderMove, now: Date): Promise<string> {
  const changes = await database.transaction((tx) => moveOrderWithin(tx, viewer, move, now), {
    answerId: () => move.orderId,
  });
  await publishOrderChanges(database, changes);
  return move.orderId;
}

/** As `moveOrder`, within a transaction of the caller, who publishes the changes after the commit. */
export async function moveOrderWithin(
  tx: Transaction,
  viewer: Viewer,
  { orderId, version, to, reason, by }: OrderMove,
  now: Date,
): Promise<readonly OrderChange[]> {
  const order = await lockOrder(tx, viewer, orderId);
  const moves = ORDER_TRANSITIONS.filter((row) => row.to === to && (by === undefined || row.by === by));
  const transition = moves.find((row) => row.from === order.state);
  // Who may not do this at all is told so before anything of the order's present state.
  const action = (transition ?? moves[0]!).by as Action;
  demand(viewer, action, order, 'order.read', ORDER);
  if (transition?.reason === true && reason === null) {
    throw InvalidInput.at(['input', 'reason'], 'required', '须说明原因', 'a reason is required');
  }
  if (order.version !== version)
    throw new VersionConflict(ORDER, order.version, order.state, { typename: 'Order', id: order.id });
  if (transition === undefined) throw new TransitionRefused(ORDER, order.state, to);
  const actor = actorOf(viewer, action, order);
  return moveLockedOrder(tx, order, to, { actor, reason }, now);
}

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

/** Locks the first order, by its deadline, that nobody answered in time and that no other process has in hand. */
export async function lockOverdueOrder(
  tx: Transaction,
  now: Date,
  except: readonly string[],
): Promise<LockedOrder | null> {
  const [order] = await lockOrders(
    tx,
    Prisma.sql`o.state = 'DISPATCHED' AND o.accept_by < ${now} AND o.id <> ALL(${except}::uuid[])`,
    Prisma.sql`ORDER BY o.accept_by LIMIT 1`,
    Prisma.sql`SKIP LOCKED`,
  );
  return order ?? null;
}

function lockOrders(
  tx: Transaction,
  condition: Prisma.Sql,
  order = Prisma.sql`ORDER BY n.id`,
  waiting = Prisma.empty,
): Promise<LockedOrder[]> {
  return tx.$queryRaw<LockedOrder[]>`
    SELECT o.id, o.area_id AS "areaId", o.need_id AS "needId", o.service_id AS "serviceId",
      o.provider_id AS "providerId", o.community_id AS "communityId", o.category_id AS "categoryId",
      n.resident_id AS "residentId", o.capacity_id AS "capacityId", o.quantity, o.state::text, o.version
    FROM needs n JOIN orders o ON o.need_id = n.id
    WHERE ${condition} ${order} FOR NO KEY UPDATE OF n, o ${waiting}`;
}

/** Who makes a change and why. */
export type Because = { readonly actor: Actor; readonly reason: string | null };

/**
 * Moves an order that is locked, and where it goes to the next candidate dispatches the next order.
 *
 * @throws TransitionRefused
 */
export async function moveLockedOrder(
  tx: Transaction,
  order: LockedOrder,
  to: OrderState,
  because: Because,
  now: Date,
): Promise<readonly OrderChange[]> {
  const transition = orderTransition(order.state, to);
  if (transition.need !== 'NEXT_CANDIDATE') {
    const entries = await writeMove(tx, order, transition, because, now);
    await becomeNeed(tx, order.needId, transition.need, null, now);
    await appendLedgerEntries(tx, order.areaId, entries, now);
    return [changeOf(order)];
  }
  const candidates = await readUntriedCandidates(tx, order.needId);
  const plan = await planDispatches(tx, systemViewer(order.areaId), candidates, now, order);
  const entries = await writeMove(tx, order, transition, because, now);
  const nextEntries = await writeDispatches(tx, order.areaId, plan, now);
  if (plan.orders.length === 0) await becomeNeed(tx, order.needId, 'UNMET', ALL_DECLINED, now);
  await appendLedgerEntries(tx, order.areaId, [...entries, ...nextEntries], now);
  return [changeOf(order), ...changesOf(plan)];
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
  { actor, reason }: Because,
  now: Date,
): Promise<readonly NewLedgerEntry[]> {
  const [moved] = await tx.$queryRaw<{ seq: number }[]>`
    UPDATE orders SET state = ${to}::order_state,
      accepted_at = CASE WHEN ${to} = 'ACCEPTED' THEN ${now} ELSE accepted_at END,
      started_at = CASE WHEN ${to} = 'IN_SERVICE' THEN ${now} ELSE started_at END,
      fulfilled_at = CASE WHEN ${to} = 'FULFILLED' THEN ${now} ELSE fulfilled_at END,
      confirmed_at = CASE WHEN ${to} = 'CONFIRMED' THEN ${now} ELSE confirmed_at END,
      ended_at = CASE WHEN ${to} IN ('CONFIRMED', 'DECLINED', 'EXPIRED', 'CANCELLED') THEN ${now} ELSE ended_at END
    WHERE id = ${order.id}::uuid
    RETURNING (SELECT max(seq) + 1 FROM order_events WHERE order_id = orders.id) AS seq`;
  const event = { orderId: order.id, seq: moved!.seq, from, to, actor, reason };
  await writeOrderEvents(tx, [event], now);
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

/**
 * Cancels the orders of needs that are not served yet, as a part of what the caller does with the needs, which become OPEN.
 * Whether the viewer may do that is for the caller to ask.
 *
 * @param action what the policy let the viewer do, for the event
 * @returns the changes to publish after the commit
 * @throws TransitionRefused for an order that was fulfilled
 */
export async function cancelOrdersOfNeeds(
  tx: Transaction,
  viewer: Viewer,
  action: Action,
  needIds: readonly string[],
  reason: string,
  now: Date,
): Promise<readonly OrderChange[]> {
  const changes: OrderChange[] = [];
  for (const order of await lockLiveOrders(tx, viewer, needIds)) {
    const because = { actor: actorOf(viewer, action, order), reason };
    changes.push(...(await moveLockedOrder(tx, order, 'CANCELLED', because, now)));
  }
  return changes;
}
