import type { Transaction } from '../database/database.ts';
import { asSystem } from '../database/row-wall.ts';
import { writeFundNotices } from '../funding/index.ts';
import type { Viewer } from '../identity/viewer.ts';
import { appendLedgerEntries, type NewLedgerEntry, openTransfers } from '../ledger/index.ts';
import {
  type Dispatch,
  type DispatchOutcome,
  type DispatchPlan,
  type NewOrder,
  planDispatches,
} from './dispatch-plan.store.ts';
import { orderEventEntry, writeOrderEvents } from './event.store.ts';
import { transfersOfOrder } from './order.ts';

/**
 * Dispatches orders, thousands at once in a fixed number of statements: reserves places, opens transfers, makes the needs
 * OFFERED and records everything in the ledgers. Dispatches are decided in the order given; of several for one need the
 * first that can be is taken, so the candidates of a need may follow one another.
 *
 * After the commit the caller publishes the changes with `publishOrderChanges`.
 *
 * @returns one outcome a dispatch, in their order
 * @throws NotFound, NotSignedIn, NotAllowed for a need or service that is not there or not the viewer's to dispatch
 */
export async function dispatchOrders(
  tx: Transaction,
  viewer: Viewer,
  dispatches: readonly Dispatch[],
  now: Date,
): Promise<readonly DispatchOutcome[]> {
  const plan = await planDispatches(tx, viewer, dispatches, now);
  await appendLedgerEntries(tx, viewer.areaId, await writeDispatches(tx, viewer.areaId, plan, now), now);
  return plan.outcomes;
}

/**
 * Writes the orders of a plan: they, their events, their needs' state, their price and their transfers, and the notices of programmes that run
 * low. Their places and the budgets move by triggers.
 *
 * @returns the ledger entries to append
 */
export async function writeDispatches(
  tx: Transaction,
  areaId: string,
  { orders, funds }: DispatchPlan,
  now: Date,
): Promise<readonly NewLedgerEntry[]> {
  if (orders.length === 0) return [];
  await insertOrders(tx, orders, now);
  await insertPriceParts(tx, orders);
  await tx.$executeRaw`
    UPDATE needs SET state = 'OFFERED', unmet_reason = NULL, updated_at = ${now}
    WHERE id = ANY(${orders.map((order) => order.needId)}::uuid[]) AND state <> 'OFFERED'`;
  const events = orders.map(({ id, actor }) => ({
    orderId: id,
    seq: 1,
    from: null,
    to: 'DISPATCHED' as const,
    actor,
    reason: null,
  }));
  await writeOrderEvents(tx, events, now);
  const transfers = orders.flatMap((order) =>
    transfersOfOrder(order).map((plan) => ({
      ...plan,
      communityId: order.communityId,
      categoryId: order.categoryId,
      orderId: order.id,
      actorId: order.actor.userId,
    })),
  );
  const transferEntries = await asSystem(tx, async () => {
    const opened = await openTransfers(tx, areaId, transfers, now);
    await writeFundNotices(tx, areaId, funds, now);
    return opened;
  });
  return [...events.map((event, index) => orderEventEntry(orders[index]!, event)), ...transferEntries];
}

async function insertOrders(tx: Transaction, orders: readonly NewOrder[], now: Date): Promise<void> {
  const rows = orders.map(({ actor: _, parts: __, ...row }) => row);
  await tx.$executeRaw`
    INSERT INTO orders (id, area_id, need_id, service_id, provider_id, community_id, category_id, match_run_id, candidate_id,
      capacity_id, mode, attempt, quantity, unit, unit_price_fen, accept_by, complete_by, accept_remind_at,
      complete_remind_at, dispatched_at)
    SELECT id, "areaId", "needId", "serviceId", "providerId", "communityId", "categoryId", "matchRunId", "candidateId",
      "capacityId", mode, attempt, quantity, unit, "unitPriceFen", "acceptBy", "completeBy", "acceptRemindAt",
      "completeRemindAt", ${now}
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (
      id uuid, "areaId" uuid, "needId" uuid, "serviceId" uuid, "providerId" uuid, "communityId" uuid, "categoryId" uuid,
      "matchRunId" uuid, "candidateId" uuid, "capacityId" uuid, mode dispatch_mode, attempt int, quantity int,
      unit service_unit, "unitPriceFen" int, "acceptBy" timestamptz, "completeBy" timestamptz,
      "acceptRemindAt" timestamptz, "completeRemindAt" timestamptz
    )`;
}

async function insertPriceParts(tx: Transaction, orders: readonly NewOrder[]): Promise<void> {
  const rows = orders.flatMap(({ id: orderId, parts }) =>
    parts.map(({ amountFen, ...part }, index) => ({
      ...part,
      orderId,
      position: index + 1,
      amountFen: amountFen.toString(),
    })),
  );
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO order_price_parts (order_id, position, payer, programme_id, amount_fen)
    SELECT "orderId", position, payer, "programmeId", "amountFen"
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (
      "orderId" uuid, position int, payer payer, "programmeId" uuid, "amountFen" bigint
    )`;
}
