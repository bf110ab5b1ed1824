import type { Transaction } from '../database/database.ts';
import type { AccountKind, LedgerUnit } from '../generated/prisma/enums.ts';
import type { Balances } from './transfer.ts';

/** What an account held just before an instant. */
export type AccountBalances = Balances & {
  readonly ledgerId: string;
  readonly accountId: string;
  readonly kind: AccountKind;
  readonly ownerId: string;
  readonly unit: LedgerUnit;
};

/**
 * What the accounts of ledgers held just before an instant, recomputed from their transfers: what was not resolved by then
 * was pending. Accounts that held nothing are left out. `balancesAt` of `period.ts` is the rule.
 *
 * @returns by ledger and account, ascending
 */
export function readBalancesAt(
  db: Transaction,
  ledgerIds: readonly string[],
  instant: Date,
): Promise<readonly AccountBalances[]> {
  return db.$queryRaw<AccountBalances[]>`
    SELECT * FROM (
      SELECT a.ledger_id AS "ledgerId", a.id AS "accountId", a.kind::text, a.owner_id AS "ownerId", a.unit::text,
        COALESCE(sum(amount) FILTER (WHERE is_debit AND is_pending), 0)::bigint AS "debitsPending",
        COALESCE(sum(posted_amount) FILTER (WHERE is_debit AND NOT is_pending), 0)::bigint AS "debitsPosted",
        COALESCE(sum(amount) FILTER (WHERE NOT is_debit AND is_pending), 0)::bigint AS "creditsPending",
        COALESCE(sum(posted_amount) FILTER (WHERE NOT is_debit AND NOT is_pending), 0)::bigint AS "creditsPosted"
      FROM accounts a
      JOIN LATERAL (
        SELECT amount, posted_amount, resolved_at IS NULL OR resolved_at >= ${instant} AS is_pending, true AS is_debit
        FROM transfers WHERE debit_account_id = a.id AND created_at < ${instant}
        UNION ALL
        SELECT amount, posted_amount, resolved_at IS NULL OR resolved_at >= ${instant}, false
        FROM transfers WHERE credit_account_id = a.id AND created_at < ${instant}
      ) t ON true
      WHERE a.ledger_id = ANY(${ledgerIds}::uuid[])
      GROUP BY a.id
    ) AS held
    WHERE "debitsPending" + "debitsPosted" + "creditsPending" + "creditsPosted" > 0
    ORDER BY "ledgerId", "accountId"`;
}
