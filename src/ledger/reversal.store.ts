import { appendAudit } from '../audit/index.ts';
import type { Database, Transaction } from '../database/database.ts';
import { asSystem } from '../database/row-wall.ts';
import { InvalidInput, NotFound } from '../failures.ts';
import type { AccountKind, LedgerUnit, TransferState } from '../generated/prisma/enums.ts';
import { demand } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { demandAvailable } from './available.store.ts';
import { TransferIrreversible } from './correction.ts';
import { appendLedgerEntries } from './ledger.store.ts';
import { TRANSFER } from './names.ts';
import { openTransfers } from './transfer.store.ts';

/** A correction that someone asks for: a posted transfer, or a part of it, is to go back (冲正). */
export type Reversal = {
  readonly transferId: string;
  /** How much goes back, more than 0; the whole where nothing is said. */
  readonly amount: bigint | null;
  /** Why, in their words; it stands with the transfer, not in the chain, which can never be changed. */
  readonly reason: string;
};

/**
 * Reverses a posted transfer, once, in whole or in part: a posted transfer the other way that names it. The transfer itself
 * stays as it is, and so does the period that it lies in.
 *
 * @returns the id of the new transfer
 * @throws NotFound, NotSignedIn, NotAllowed, InvalidInput, TransferIrreversible, AccountOverdrawn, PeriodClosed
 */
export async function reverseTransfer(
  database: Database,
  viewer: Viewer,
  { transferId, amount, reason }: Reversal,
  now: Date,
): Promise<string> {
  const reverse = async (tx: Transaction): Promise<string> => {
    const transfer = await lockTransfer(tx, viewer, transferId);
    demand(viewer, 'ledger.correct', transfer, 'ledger.read', TRANSFER, PATH);
    demandReversible(transfer);
    const posted = transfer.postedAmount!;
    const back = amount ?? posted;
    if (back > posted) {
      throw InvalidInput.at(
        ['input', 'amount'],
        'too_big',
        `至多为已记的${posted}`,
        `must be at most ${posted}, as posted`,
      );
    }
    if (transfer.programmeId !== null) {
      // Programmes are locked before accounts.
      const { programmeId } = transfer;
      await asSystem(
        tx,
        () => tx.$queryRaw`SELECT id FROM funding_programmes WHERE id = ${programmeId}::uuid FOR NO KEY UPDATE`,
      );
    }
    await demandAvailable(tx, [transfer.debitAccountId, transfer.creditAccountId], transfer.creditAccountId, back);
    const { communityId, categoryId, unit, orderId, programmeId, ledgerId } = transfer;
    const ownerOf = (id: string): string | null => (id === ledgerId ? null : id);
    const entries = await openTransfers(
      tx,
      viewer.areaId,
      [
        {
          communityId,
          categoryId,
          debit: { kind: transfer.creditKind, ownerId: ownerOf(transfer.creditOwnerId) },
          credit: { kind: transfer.debitKind, ownerId: ownerOf(transfer.debitOwnerId) },
          amount: back,
          unit,
          orderId,
          actorId: viewer.userId,
          reversesId: transfer.id,
          reason,
          ...(programmeId === null ? {} : { programmeId }),
        },
      ],
      now,
    );
    await appendLedgerEntries(tx, viewer.areaId, entries, now);
    const reversalId = entries[0]!.subjectId;
    const body = { transferId, amount: String(back) };
    await appendAudit(
      tx,
      viewer,
      { action: 'transfer.reverse', subjectType: 'Transfer', subjectId: reversalId, body },
      now,
    );
    return reversalId;
  };
  return database.transaction(reverse, { answerId: (id) => id });
}

type LockedTransfer = {
  readonly id: string;
  readonly ledgerId: string;
  readonly areaId: string;
  readonly communityId: string | null;
  readonly categoryId: string;
  readonly debitAccountId: string;
  readonly debitKind: AccountKind;
  readonly debitOwnerId: string;
  readonly creditAccountId: string;
  readonly creditKind: AccountKind;
  readonly creditOwnerId: string;
  readonly postedAmount: bigint | null;
  readonly unit: LedgerUnit;
  readonly state: TransferState;
  readonly orderId: string | null;
  readonly programmeId: string | null;
  readonly settlementId: string | null;
  readonly reversesId: string | null;
  readonly isReversed: boolean;
  readonly isSettled: boolean;
};

/** Where the input names the transfer. */
const PATH = ['input', 'transferId'];

/** Locked, it is neither reversed nor settled by another meanwhile. */
async function lockTransfer(tx: Transaction, { areaId }: Viewer, id: string): Promise<LockedTransfer> {
  const locked = await tx.$queryRaw<unknown[]>`SELECT id FROM transfers WHERE id = ${id}::uuid FOR NO KEY UPDATE`;
  if (locked.length === 0) throw new NotFound(TRANSFER, PATH);
  // Whether it is settled is not for all to see who may correct it.
  const [transfer] = await asSystem(
    tx,
    () => tx.$queryRaw<LockedTransfer[]>`
    SELECT t.id, t.ledger_id AS "ledgerId", l.area_id AS "areaId", l.community_id AS "communityId", l.category_id AS "categoryId",
      t.debit_account_id AS "debitAccountId", debit.kind::text AS "debitKind", debit.owner_id AS "debitOwnerId",
      t.credit_account_id AS "creditAccountId", credit.kind::text AS "creditKind", credit.owner_id AS "creditOwnerId",
      t.posted_amount AS "postedAmount", t.unit::text, t.state::text, t.order_id AS "orderId", t.programme_id AS "programmeId",
      t.settlement_id AS "settlementId", t.reverses_id AS "reversesId",
      EXISTS (SELECT FROM transfers r WHERE r.reverses_id = t.id) AS "isReversed",
      EXISTS (SELECT FROM settlement_lines s WHERE s.transfer_id = t.id) AS "isSettled"
    FROM transfers t JOIN ledgers l ON l.id = t.ledger_id
      JOIN accounts debit ON debit.id = t.debit_account_id JOIN accounts credit ON credit.id = t.credit_account_id
    WHERE t.id = ${id}::uuid AND l.area_id = ${areaId}::uuid`,
  );
  if (transfer === undefined) throw new NotFound(TRANSFER, PATH);
  return transfer;
}

function demandReversible({ state, reversesId, settlementId, isReversed, isSettled }: LockedTransfer): void {
  if (state !== 'POSTED') throw new TransferIrreversible('NOT_POSTED');
  if (reversesId !== null) throw new TransferIrreversible('IS_REVERSAL');
  if (isReversed) throw new TransferIrreversible('REVERSED');
  if (settlementId !== null) throw new TransferIrreversible('PAYOUT');
  if (isSettled) throw new TransferIrreversible('SETTLED');
}
