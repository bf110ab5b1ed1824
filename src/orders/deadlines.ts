import type { SlaTerm } from './sla.ts';
import { addWorkingTime, type WorkCalendar, workingTimeBetween } from './working-time.ts';

/** How long a category gives its providers, in hours from the dispatch (办理时限). */
export type CategoryHours = { readonly acceptWithinHours: number; readonly completeWithinHours: number };

/** By when an order is to be accepted and completed, and when its provider is reminded of either. */
export type OrderDeadlines = {
  readonly acceptBy: Date;
  readonly completeBy: Date;
  readonly acceptRemindAt: Date;
  readonly completeRemindAt: Date;
};

/**
 * The deadlines of an order. The term's share of the category's hours runs in working time or around the clock. The need's
 * own deadline, where it is still ahead, comes before that of the category; nothing is to be accepted later than it is to
 * be completed. Reminders come when the term's share of the time to the deadline has gone by.
 *
 * @param term what holds for the need's category and urgency
 */
export function orderDeadlines(
  hours: CategoryHours,
  term: SlaTerm,
  calendar: WorkCalendar,
  needDeadlineAt: Date | null,
  dispatchedAt: Date,
): OrderDeadlines {
  const after = (wholeHours: number): Date => {
    const durationMs = wholeHours * term.percent * MS_PER_HUNDREDTH_HOUR;
    return term.workingHours
      ? addWorkingTime(calendar, dispatchedAt, durationMs)
      : new Date(dispatchedAt.getTime() + durationMs);
  };
  const isAhead = needDeadlineAt !== null && needDeadlineAt > dispatchedAt;
  const completeBy = earlier(after(hours.completeWithinHours), isAhead ? needDeadlineAt : null);
  const acceptBy = earlier(after(hours.acceptWithinHours), completeBy);
  const remindOf = (due: Date) => reminder(term, calendar, dispatchedAt, due);
  return { acceptBy, completeBy, acceptRemindAt: remindOf(acceptBy), completeRemindAt: remindOf(completeBy) };
}

const MS_PER_HUNDREDTH_HOUR = 36_000;

/** When the term's share of the time from the dispatch to the deadline has gone by: of its working time, where it has any. */
function reminder(term: SlaTerm, calendar: WorkCalendar, from: Date, due: Date): Date {
  const workedMs = term.workingHours ? workingTimeBetween(calendar, from, due) : 0;
  const share = (wholeMs: number) => Math.floor((wholeMs * term.remindAtPercent) / 100);
  if (workedMs > 0) return addWorkingTime(calendar, from, share(workedMs));
  return new Date(from.getTime() + share(due.getTime() - from.getTime()));
}

function earlier(one: Date, other: Date | null): Date {
  return other !== null && other < one ? other : one;
}
