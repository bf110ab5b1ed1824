import type { AccountKind, LedgerUnit, TransferState } from '../generated/prisma/enums.ts';
import type { JsonObject } from './chain.ts';

/** An account of a ledger: what it is and whose; `ownerId` is null for the account of the ledger itself. */
export type AccountKey = { readonly kind: AccountKind; readonly ownerId: string | null };

/** An amount that is to move from one account to another of the same ledger and unit (转账). */
export type TransferPlan = {
  readonly debit: AccountKey;
  readonly credit: AccountKey;
  /** Whole and more than 0: fen, or units of service. */
  readonly amount: bigint;
  readonly unit: LedgerUnit;
  /** The funding programme whose budget pays it, where one does. */
  readonly programmeId?: string;
};

/** A transfer as its ledger records it. */
export type TransferRecord = {
  readonly id: string;
  readonly state: TransferState;
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  readonly amount: bigint;
  /** What was posted of the amount, the rest being voided; `null` until then. */
  readonly postedAmount: bigint | null;
  readonly unit: LedgerUnit;
  readonly orderId: string | null;
  readonly programmeId: string | null;
  readonly settlementId: string | null;
  /** The posted transfer that it reverses. */
  readonly reversesId: string | null;
};

/** What an entry of kind TRANSFER says; the newest entry of a transfer says its state. Amounts are strings of digits. */
export function transferEntryBody(transfer: TransferRecord): JsonObject {
  const { state, debitAccountId, creditAccountId, amount, postedAmount, unit, orderId } = transfer;
  const { programmeId, settlementId, reversesId } = transfer;
  return {
    state,
    debitAccountId,
    creditAccountId,
    amount: amount.toString(),
    ...(postedAmount === null ? {} : { postedAmount: postedAmount.toString() }),
    unit,
    orderId,
    ...(programmeId === null ? {} : { programmeId }),
    ...(settlementId === null ? {} : { settlementId }),
    ...(reversesId === null ? {} : { reversesId }),
  };
}

/** What an account holds: debits and credits apart, those still pending beside those posted. */
export type Balances = {
  readonly debitsPending: bigint;
  readonly debitsPosted: bigint;
  readonly creditsPending: bigint;
  readonly creditsPosted: bigint;
};

/** The balances that follow from an account's transfers. */
export function balancesOf(
  accountId: string,
  transfers: Iterable<Pick<TransferRecord, 'state' | 'debitAccountId' | 'creditAccountId' | 'amount' | 'postedAmount'>>,
): Balances {
  const sums = { debitsPending: 0n, debitsPosted: 0n, creditsPending: 0n, creditsPosted: 0n };
  for (const { state, debitAccountId, creditAccountId, amount, postedAmount } of transfers) {
    const status = state === 'PENDING' ? 'Pending' : 'Posted';
    const counted = state === 'PENDING' ? amount : (postedAmount ?? 0n);
    if (debitAccountId === accountId) sums[`debits${status}`] += counted;
    if (creditAccountId === accountId) sums[`credits${status}`] += counted;
  }
  return sums;
}
