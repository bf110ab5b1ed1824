import type { Database, Transaction } from '../database/database.ts';
import { InvalidInput, TransitionRefused, VersionConflict } from '../failures.ts';
import type { OrderState } from '../generated/prisma/enums.ts';
import { type Action, demand } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { actorOf } from './actor.ts';
import { ORDER, ORDER_TRANSITIONS } from './lifecycle.ts';
import { lockLiveOrders, lockOrder, moveLockedOrder } from './locked-order.store.ts';
import type { OrderChange } from './order-changes.ts';
import { type FindNextCandidates, type Moved, passOrderOn, publishMoved } from './redispatch.store.ts';

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
  /** Of a move to FULFILLED: how many units were served, of those ordered; all of them when nothing is said. */
  readonly quantity?: number;
};

/**
 * Moves an order along its lifecycle in one transaction, with everything that hangs on it: its event, its need, its places,
 * its transfers and the ledger. One that is declined goes to the next candidate at once.
 *
 * @param findNext says who the next candidates are
 * @returns the order's id
 * @throws NotFound, NotSignedIn, NotAllowed, VersionConflict, TransitionRefused
 */
export async function moveOrder(
  database: Database,
  viewer: Viewer,
  move: OrderMove,
  now: Date,
  findNext: FindNextCandidates,
): Promise<string> {
  const moved = await database.transaction((tx) => moveOrderWithin(tx, viewer, move, now, findNext), {
    answerId: () => move.orderId,
  });
  await publishMoved(database, moved);
  return move.orderId;
}

/** As `moveOrder`, within a transaction of the caller, who publishes what moved after the commit. */
export async function moveOrderWithin(
  tx: Transaction,
  viewer: Viewer,
  { orderId, version, to, reason, by, quantity }: OrderMove,
  now: Date,
  findNext: FindNextCandidates,
): Promise<Moved> {
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
  if (quantity !== undefined && quantity > order.quantity) {
    const ordered = String(order.quantity);
    throw InvalidInput.at(
      ['input', 'quantity'],
      'too_big',
      `至多为订购的${ordered}`,
      `must be at most ${ordered}, as ordered`,
    );
  }
  const actor = actorOf(viewer, action, order);
  if (to === 'DECLINED') return passOrderOn(tx, order, to, { actor, reason }, now, findNext);
  const because = { actor, reason, ...(quantity === undefined ? {} : { quantity }) };
  return { changes: [await moveLockedOrder(tx, order, to, because, now)], notices: [] };
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
    changes.push(await moveLockedOrder(tx, order, 'CANCELLED', because, now));
  }
  return changes;
}
