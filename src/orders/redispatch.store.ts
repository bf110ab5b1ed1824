import type { Database, Transaction } from '../database/database.ts';
import type { NoticeKind } from '../generated/prisma/enums.ts';
import { systemViewer } from '../identity/viewer.ts';
import { appendLedgerEntries } from '../ledger/index.ts';
import { type AddedNotice, publishNotices, writeNotices } from '../notices/index.ts';
import { writeDispatches } from './dispatch.store.ts';
import { changesOf, planDispatches } from './dispatch-plan.store.ts';
import { orderTransition, type PassedOnState } from './lifecycle.ts';
import { type Because, becomeNeed, changeOf, type LockedOrder, writeMove } from './locked-order.store.ts';
import { NOT_ACCEPTED } from './order.ts';
import { type OrderChange, publishOrderChanges } from './order-changes.ts';
import { readServiceLevels } from './sla.store.ts';

/** A service that may be asked next for a need, and the candidate of the need's latest run that it was, if it was one. */
export type NextCandidate = {
  readonly serviceId: string;
  readonly candidateId: string | null;
  readonly matchRunId: string | null;
};

/**
 * Who may be asked next for a need at this moment, best first, among the candidates of its latest run or on the whole list
 * of services; and why it is unmet if nobody can be asked. Services that had an order for it are left out. The match runs
 * bring it.
 */
export type FindNextCandidates = (
  tx: Transaction,
  areaId: string,
  needId: string,
  source: 'LATEST_RUN' | 'CATALOGUE',
  now: Date,
) => Promise<{ readonly candidates: readonly NextCandidate[]; readonly unmetReason: string }>;

/** What a transaction moved and told, to be published after its commit. */
export type Moved = { readonly changes: readonly OrderChange[]; readonly notices: readonly AddedNotice[] };

/**
 * Ends an order that its provider declined or let expire, and asks the next candidate (改派): the best of the latest run's,
 * scored at this moment, or where none of them can serve any more the best of the whole list. After as many refusals as the
 * area's terms allow, or when nobody is left, the need is UNMET and the community's staff take over (督办).
 */
export async function passOrderOn(
  tx: Transaction,
  order: LockedOrder,
  to: PassedOnState,
  because: Because,
  now: Date,
  findNext: FindNextCandidates,
): Promise<Moved> {
  const { areaId, needId } = order;
  const ending: Ending = { order, to, because };
  if (await isToBeEscalated(tx, order, now)) {
    return giveToStaff(tx, ending, 'ESCALATED_ATTEMPTS', NOT_ACCEPTED, now);
  }
  let unmetReason = '';
  for (const source of ['LATEST_RUN', 'CATALOGUE'] as const) {
    const next = await findNext(tx, areaId, needId, source, now);
    const dispatches = next.candidates.map((candidate) => ({ ...candidate, needId, mode: 'REDISPATCH' as const }));
    const plan = await planDispatches(tx, systemViewer(areaId), dispatches, now, order);
    if (plan.orders.length > 0) {
      const ended = await writeMove(tx, order, orderTransition(order.state, to), because, now);
      const begun = await writeDispatches(tx, areaId, plan, now);
      await appendLedgerEntries(tx, areaId, [...ended, ...begun], now);
      return { changes: [changeOf(order), ...changesOf(plan)], notices: [] };
    }
    unmetReason = next.unmetReason;
  }
  return giveToStaff(tx, ending, 'ESCALATED_NO_CANDIDATE', unmetReason, now);
}

/** Tells every process of what a committed transaction moved. */
export async function publishMoved(database: Database, { changes, notices }: Moved): Promise<void> {
  await publishOrderChanges(database, changes);
  await publishNotices(database, notices);
}

type Ending = { readonly order: LockedOrder; readonly to: PassedOnState; readonly because: Because };

/** Whether this refusal is the last one that the terms of its category and urgency allow. */
async function isToBeEscalated(tx: Transaction, order: LockedOrder, now: Date): Promise<boolean> {
  const { termOf } = await readServiceLevels(tx, order.areaId, [order.categoryId], now);
  const refused = await tx.order.count({ where: { needId: order.needId, state: { in: ['DECLINED', 'EXPIRED'] } } });
  return refused + 1 >= termOf(order.categoryId, order.urgency).escalateAfter;
}

async function giveToStaff(
  tx: Transaction,
  { order, to, because }: Ending,
  kind: Extract<NoticeKind, 'ESCALATED_ATTEMPTS' | 'ESCALATED_NO_CANDIDATE'>,
  unmetReason: string,
  now: Date,
): Promise<Moved> {
  const { areaId, needId, communityId } = order;
  const entries = await writeMove(tx, order, orderTransition(order.state, to), because, now);
  await becomeNeed(tx, needId, 'UNMET', unmetReason, now);
  await appendLedgerEntries(tx, areaId, entries, now);
  const notices = await writeNotices(tx, [{ areaId, kind, communityId, providerId: null, needId }], now);
  return { changes: [changeOf(order)], notices };
}
