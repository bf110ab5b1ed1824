/** How long a category gives its providers, in hours from the dispatch (办理时限). */
export type CategoryHours = { readonly acceptWithinHours: number; readonly completeWithinHours: number };

/** The share of a category's hours that each urgency gets: life and safety a quarter, urgent half, the others the whole. */
const SHARE_OF_HOURS: Readonly<Record<number, number>> = { 1: 0.25, 2: 0.5, 3: 1, 4: 1 };

/**
 * By when an order is to be accepted and completed. The need's own deadline, where it is still ahead, comes before that
 * of the category; nothing is to be accepted later than it is to be completed.
 *
 * @param urgency of the need, 1 to 4
 */
export function orderDeadlines(
  hours: CategoryHours,
  urgency: number,
  needDeadlineAt: Date | null,
  dispatchedAt: Date,
): { readonly acceptBy: Date; readonly completeBy: Date } {
  const startMs = dispatchedAt.getTime();
  const after = (wholeHours: number) => startMs + Math.round(wholeHours * SHARE_OF_HOURS[urgency]! * 3_600_000);
  const ownMs = needDeadlineAt !== null && needDeadlineAt.getTime() > startMs ? needDeadlineAt.getTime() : Infinity;
  const completeByMs = Math.min(after(hours.completeWithinHours), ownMs);
  return {
    acceptBy: new Date(Math.min(after(hours.acceptWithinHours), completeByMs)),
    completeBy: new Date(completeByMs),
  };
}
