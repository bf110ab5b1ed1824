import type { Transaction } from '../database/database.ts';
import { AccountOverdrawn } from './correction.ts';

/**
 * Locks the accounts of a transfer, in the order in which the database locks them, and demands that the one that it takes
 * from may be debited so much.
 *
 * @throws AccountOverdrawn
 */
export async function demandAvailable(
  tx: Transaction,
  accountIds: readonly string[],
  fromId: string,
  amount: bigint,
): Promise<void> {
  const accounts = await tx.$queryRaw<{ id: string; overdraft: boolean; available: bigint }[]>`
    SELECT id, overdraft, credits_posted - debits_posted - debits_pending AS available FROM accounts
    WHERE id = ANY(${accountIds}::uuid[]) ORDER BY ledger_id, kind = 'COMMUNITY_RECEIPT' DESC, id FOR NO KEY UPDATE`;
  const from = accounts.find(({ id }) => id === fromId)!;
  if (!from.overdraft && from.available < amount) throw new AccountOverdrawn(from.available);
}
