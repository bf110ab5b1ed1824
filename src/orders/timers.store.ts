import type { Database, Transaction } from '../database/database.ts';
import type { TimerKind } from '../generated/prisma/enums.ts';
import { type NewNotice, writeNotices } from '../notices/index.ts';
import { SYSTEM_ACTOR } from './actor.ts';
import { type LockedOrder, lockFreeOrder } from './locked-order.store.ts';
import { type FindNextCandidates, type Moved, passOrderOn, publishMoved } from './redispatch.store.ts';

/** What became of the timers that were due. */
export type FiredTimers = {
  /** Timers that did their work, or had none left to do, and ended. */
  readonly fired: number;
  /** Timers whose work failed; they are tried again later. */
  readonly failed: number;
  /** Orders that nobody accepted in time, and how many of their needs went to the next candidate. */
  readonly expired: number;
  readonly redispatched: number;
  /** Reminders and matters for the staff that were written. */
  readonly notices: number;
};

/**
 * Does what is due: reminders become notices, an order that nobody accepted in time goes to the next candidate, one that is
 * not completed in time becomes a notice to the staff and the provider. Each timer has a transaction of its own that does
 * the work and ends the timer, so that it fires once, however many processes fire and whenever one of them is killed. One
 * that fails is counted, keeps its order as it was, and is tried again after 1, 2, 4 … 60 minutes. A timer whose order
 * another process has in hand is left to it, or to the next call.
 *
 * @param findNext says who the next candidates are
 * @param report is told of each failure
 */
export async function fireDueTimers(
  database: Database,
  now: Date,
  findNext: FindNextCandidates,
  report: (error: unknown) => void = () => {},
): Promise<FiredTimers> {
  const sum = { fired: 0, failed: 0, expired: 0, redispatched: 0, notices: 0 };
  let after = FIRST;
  for (;;) {
    const due = await readDueTimers(database, after, now);
    for (const timer of due) {
      try {
        const moved = await fireTimer(database, timer, now, findNext);
        if (moved === null) continue;
        sum.fired += 1;
        if (moved.changes.length > 0) sum.expired += 1;
        if (moved.changes.length > 1) sum.redispatched += 1;
        sum.notices += moved.notices.length;
        // What is committed is done, told or not.
        await publishMoved(database, moved).catch(report);
      } catch (error) {
        sum.failed += 1;
        report(error);
        await keepFailure(database, timer, error, now);
      }
    }
    if (due.length < TIMERS_PER_PAGE) return sum;
    after = due.at(-1)!;
  }
}

/** When the next timer is due, maybe in the past; `null` when none is waiting. */
export async function nextTimerAt({ prisma }: Database): Promise<Date | null> {
  const [next] = await prisma.$queryRaw<{ at: Date | null }[]>`
    SELECT LEAST(
      (SELECT due_at FROM timers WHERE ended_at IS NULL AND retry_at IS NULL ORDER BY due_at LIMIT 1),
      (SELECT min(retry_at) FROM timers WHERE retry_at IS NOT NULL AND ended_at IS NULL)
    ) AS at`;
  return next!.at;
}

/** Timers looked at together; they are fired one by one. */
const TIMERS_PER_PAGE = 200;

type DueTimer = { readonly orderId: string; readonly kind: TimerKind; readonly dueAt: Date };

const FIRST: DueTimer = {
  orderId: '00000000-0000-0000-0000-000000000000',
  kind: 'ACCEPT_REMINDER',
  dueAt: new Date(0),
};

/** The earliest first; of one order's that are due at the same instant, what ends its waiting before what is about its service. */
function readDueTimers({ prisma }: Database, after: DueTimer, now: Date): Promise<DueTimer[]> {
  return prisma.$queryRaw<DueTimer[]>`
    SELECT order_id AS "orderId", kind::text, due_at AS "dueAt" FROM timers
    WHERE ended_at IS NULL AND due_at <= ${now} AND (retry_at IS NULL OR retry_at <= ${now})
      AND (due_at, order_id, kind) > (${after.dueAt}, ${after.orderId}::uuid, ${after.kind}::timer_kind)
    ORDER BY due_at, order_id, kind LIMIT ${TIMERS_PER_PAGE}`;
}

/** @returns what the timer moved; `null` when it was not for us to fire */
function fireTimer(
  database: Database,
  timer: DueTimer,
  now: Date,
  findNext: FindNextCandidates,
): Promise<Moved | null> {
  return database.transaction(async (tx) => {
    // The order is locked before its timer: so do all who end timers by moving orders.
    const order = await lockFreeOrder(tx, timer.orderId);
    if (order === null) return null;
    const ended = await endTimer(tx, timer, now);
    if (ended === null) return null;
    if (timer.kind === 'ACCEPT_EXPIRY') {
      return passOrderOn(tx, order, 'EXPIRED', { actor: SYSTEM_ACTOR, reason: null }, now, findNext);
    }
    const notice = ended.isTooLate ? null : noticeOf(timer.kind, order);
    return { changes: [], notices: notice === null ? [] : await writeNotices(tx, [notice], now) };
  });
}

/** @returns whether the deadline that a reminder is of has gone by; `null` when the timer had ended */
async function endTimer(
  tx: Transaction,
  { orderId, kind }: DueTimer,
  now: Date,
): Promise<{ isTooLate: boolean } | null> {
  const [ended] = await tx.$queryRaw<{ isTooLate: boolean }[]>`
    UPDATE timers SET ended_at = ${now}
    FROM orders o
    WHERE o.id = timers.order_id AND timers.order_id = ${orderId}::uuid AND timers.kind = ${kind}::timer_kind
      AND timers.ended_at IS NULL
    RETURNING CASE kind WHEN 'ACCEPT_REMINDER' THEN o.accept_by <= ${now} WHEN 'COMPLETE_REMINDER' THEN o.complete_by <= ${now}
      ELSE false END AS "isTooLate"`;
  return ended ?? null;
}

function noticeOf(kind: Exclude<TimerKind, 'ACCEPT_EXPIRY'>, order: LockedOrder): NewNotice | null {
  const { id: orderId, areaId, needId, providerId, communityId } = order;
  switch (kind) {
    case 'ACCEPT_REMINDER':
      return { areaId, kind, communityId: null, providerId, needId, orderId };
    case 'COMPLETE_REMINDER':
      // A provider that has not even accepted is reminded of that.
      return order.state === 'DISPATCHED' ? null : { areaId, kind, communityId: null, providerId, needId, orderId };
    case 'COMPLETE_OVERDUE':
      return { areaId, kind, communityId, providerId, needId, orderId };
  }
}

const LONGEST_RETRY_MINUTES = 60;
const LONGEST_FAILURE_TEXT = 500;

async function keepFailure({ prisma }: Database, timer: DueTimer, error: unknown, now: Date): Promise<void> {
  const text = String(error instanceof Error ? error.message : error).slice(0, LONGEST_FAILURE_TEXT);
  await prisma.$executeRaw`
    UPDATE timers SET failures = failures + 1, failure = ${text},
      retry_at = ${now}::timestamptz + make_interval(mins => LEAST(${LONGEST_RETRY_MINUTES}::int, 2 ^ LEAST(failures, 10))::int)
    WHERE order_id = ${timer.orderId}::uuid AND kind = ${timer.kind}::timer_kind AND ended_at IS NULL`;
}
