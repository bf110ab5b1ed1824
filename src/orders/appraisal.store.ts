import type { Database } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { TransitionRefused, VersionConflict } from '../failures.ts';
import type { OrderState } from '../generated/prisma/enums.ts';
import { demand } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { appendLedgerEntries } from '../ledger/index.ts';
import { demandNotOwnWork } from './actor.ts';
import { APPRAISABLE_ORDER_STATES, ORDER } from './lifecycle.ts';
import { changeOf, lockOrder } from './locked-order.store.ts';
import { AlreadyAppraised } from './order.ts';
import { publishOrderChanges } from './order-changes.ts';

/** A resident's rating of an order (评议). */
export type NewAppraisal = {
  readonly orderId: string;
  /** Version of the order that they have seen. */
  readonly version: number;
  /** 1 (very poor) to 5 (very good). */
  readonly mark: number;
  /** Whether their matter was resolved. */
  readonly resolved: boolean;
  readonly comment: string;
};

/**
 * Keeps the appraisal of an order that was fulfilled, once; the database counts it for the service. The ledger records the
 * mark, not the comment: what a person wrote must not stand where it can never be changed.
 *
 * @returns the appraisal's id
 * @throws NotFound, NotSignedIn, NotAllowed, VersionConflict, AlreadyAppraised; TransitionRefused before it is fulfilled
 */
export async function appraiseOrder(
  database: Database,
  viewer: Viewer,
  { orderId, version, mark, resolved, comment }: NewAppraisal,
  now: Date,
): Promise<string> {
  const { id, order } = await database.transaction(
    async (tx) => {
      const order = await lockOrder(tx, viewer, orderId);
      demand(viewer, 'order.confirm', order, 'order.read', ORDER);
      demandNotOwnWork(viewer, order);
      if ((await tx.appraisal.count({ where: { orderId } })) > 0) throw new AlreadyAppraised();
      if (order.version !== version)
        throw new VersionConflict(ORDER, order.version, order.state, { typename: 'Order', id: order.id });
      if (!(APPRAISABLE_ORDER_STATES as readonly OrderState[]).includes(order.state)) {
        throw new TransitionRefused(ORDER, order.state, 'APPRAISED');
      }
      const id = newId();
      await tx.appraisal.create({
        data: { id, orderId, mark, resolved, comment, actorId: viewer.userId, at: now },
      });
      const { communityId, categoryId } = order;
      const body = { orderId, mark, resolved };
      const entry = {
        communityId,
        categoryId,
        kind: 'APPRAISAL',
        subjectId: id,
        actorId: viewer.userId,
        body,
      } as const;
      await appendLedgerEntries(tx, order.areaId, [entry], now);
      return { id, order };
    },
    { answerId: ({ id }) => id },
  );
  await publishOrderChanges(database, [changeOf(order)]);
  return id;
}
