import { backOff } from '../database/backoff.ts';
import type { Database, Transaction } from '../database/database.ts';
import { isDisconnect } from '../database/disconnect.ts';
import { newId } from '../database/id.ts';
import { asSystem } from '../database/row-wall.ts';
import { sqlStateOf } from '../database/sql-state.ts';
import { InvalidInput, TransitionRefused, VersionConflict } from '../failures.ts';
import type { OrderState } from '../generated/prisma/enums.ts';
import { type Action, demand } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { actorOf, demandNotOwnWork } from './actor.ts';
import { ORDER, ORDER_TRANSITIONS, type OrderTransition } from './lifecycle.ts';
import {
  type Because,
  changeOf,
  type LockedOrder,
  lockLiveOrders,
  lockOrder,
  moveLockedOrder,
} from './locked-order.store.ts';
import type { OrderChange } from './order-changes.ts';
import { type FindNextCandidates, type Moved, passOrderOn, publishMoved } from './redispatch.store.ts';
import { isWrittenInOneStatement, ORDER_HAS_MOVED, readOrder, writeWholeMove } from './whole-move.store.ts';

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
 * its transfers and the ledger. One that is declined goes to the next candidate at once. A move that leaves the transfers
 * and asks nobody else, such as to accept an order, is one read and one statement that writes.
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
  const isOneStatement = transitionsOf(move).every(isWrittenInOneStatement);
  const moved = isOneStatement
    ? await moveInOneStatement(database, viewer, move, now)
    : await database.transaction((tx) => moveOrderWithin(tx, viewer, move, now, findNext), {
        answerId: () => move.orderId,
      });
  await publishMoved(database, moved);
  return move.orderId;
}

/** As `moveOrder`, within a transaction of the caller, who publishes what moved after the commit. */
export async function moveOrderWithin(
  tx: Transaction,
  viewer: Viewer,
  move: OrderMove,
  now: Date,
  findNext: FindNextCandidates,
): Promise<Moved> {
  const order = await lockOrder(tx, viewer, move.orderId);
  const { transition, because } = decideMove(viewer, order, move);
  if (transition.to === 'DECLINED') {
    const to = transition.to;
    return asSystem(tx, () => passOrderOn(tx, order, to, because, now, findNext));
  }
  return { changes: [await moveLockedOrder(tx, order, move.to as 'ACCEPTED', because, now)], notices: [] };
}

/**
 * Decides a move by the order as it was read, and writes it if the order has that version still; if not, it is read and
 * decided again, so that who comes second is told what there is now.
 */
async function moveInOneStatement(database: Database, viewer: Viewer, move: OrderMove, now: Date): Promise<Moved> {
  const eventId = newId();
  for (let attempt = 1; ; attempt += 1) {
    const order = await readOrder(database, viewer, move.orderId);
    const { transition, because } = decideMove(viewer, order, move);
    try {
      await writeWholeMove(database, order, transition, because, eventId, now);
      return { changes: [changeOf(order)], notices: [] };
    } catch (error) {
      if (attempt === MOVE_TRIES || !(sqlStateOf(error) === ORDER_HAS_MOVED || isDisconnect(error))) throw error;
      if (isDisconnect(error)) await backOff(attempt);
      // The connection may have broken after the commit.
      const isDone = isDisconnect(error) && (await database.prisma.orderEvent.count({ where: { id: eventId } })) > 0;
      if (isDone) return { changes: [changeOf(order)], notices: [] };
    }
  }
}

/** How many times a move is decided and written in all while the order moves or connections break. */
const MOVE_TRIES = 5;

/** The lines of the lifecycle that the move may be. */
function transitionsOf({ to, by }: OrderMove): readonly OrderTransition[] {
  return ORDER_TRANSITIONS.filter((row) => row.to === to && (by === undefined || row.by === by));
}

/** What the move is of an order in this state, and why it is made; or a failure that says why it may not be. */
function decideMove(
  viewer: Viewer,
  order: LockedOrder,
  move: OrderMove,
): { readonly transition: OrderTransition; readonly because: Because } {
  const { to, version, reason, quantity } = move;
  const transitions = transitionsOf(move);
  const transition = transitions.find((row) => row.from === order.state);
  // Who may not do this at all is told so before anything of the order's present state.
  const action = (transition ?? transitions[0]!).by as Action;
  demand(viewer, action, order, 'order.read', ORDER);
  if (action === 'order.confirm') demandNotOwnWork(viewer, order);
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
  const because = { actor: actorOf(viewer, action, order), reason, ...(quantity === undefined ? {} : { quantity }) };
  return { transition, because };
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
