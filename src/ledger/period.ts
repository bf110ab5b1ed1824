import { ExpectedFailure } from '../failures.ts';
import type { Balances } from './transfer.ts';

/**
 * How long after its end a period may be closed. Transactions that began before the end, and machines whose clocks are
 * behind, have written by then: none is refused for the mere time of its writing.
 */
export const CLOSING_DELAY_MS = 15 * 60_000;

/** What is to be recorded lies in a period of its ledger that is closed; nothing was written. */
export class PeriodClosed extends ExpectedFailure {
  readonly code = 'PERIOD_CLOSED';

  /** @param at the instant that it bears */
  constructor(at: Date) {
    super({
      zh: `台账在${at.toISOString()}的账期已结账，不能再记；请核对服务器时钟`,
      en: `The ledger's period of ${at.toISOString()} is closed and takes no more entries; check the server's clock`,
    });
  }
}

/**
 * The end of the last whole month of local time whose period may be closed: the first instant of the month after it.
 *
 * @param utcOffsetMinutes local time of the area, minutes ahead of UTC
 */
export function lastMonthEnd(now: Date, utcOffsetMinutes: number): Date {
  const offsetMs = utcOffsetMinutes * 60_000;
  const local = new Date(now.getTime() - CLOSING_DELAY_MS + offsetMs);
  return new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), 1) - offsetMs);
}

/** A transfer as far as it bears on the balances of an instant. */
export type DatedTransfer = {
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  readonly amount: bigint;
  /** What was posted; `null` for one that is pending or voided. */
  readonly postedAmount: bigint | null;
  readonly createdAt: Date;
  readonly resolvedAt: Date | null;
};

/** What an account held just before an instant, from its transfers: what was not resolved by then was pending. */
export function balancesAt(accountId: string, transfers: Iterable<DatedTransfer>, instant: Date): Balances {
  const sums = { debitsPending: 0n, debitsPosted: 0n, creditsPending: 0n, creditsPosted: 0n };
  for (const { debitAccountId, creditAccountId, amount, postedAmount, createdAt, resolvedAt } of transfers) {
    if (createdAt >= instant) continue;
    const isPending = resolvedAt === null || resolvedAt >= instant;
    const status = isPending ? 'Pending' : 'Posted';
    const counted = isPending ? amount : (postedAmount ?? 0n);
    if (debitAccountId === accountId) sums[`debits${status}`] += counted;
    if (creditAccountId === accountId) sums[`credits${status}`] += counted;
  }
  return sums;
}
