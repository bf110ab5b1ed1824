import type { Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import type { LedgerUnit, TransferState } from '../generated/prisma/enums.ts';
import { type BookKey, bookName, findOrMakeLedgers, type NewLedgerEntry } from './ledger.store.ts';
import { type AccountKey, type TransferPlan, transferEntryBody } from './transfer.ts';

/** A transfer to open: in which book, for which order, by whom. */
export type NewTransfer = TransferPlan &
  BookKey & {
    readonly orderId: string | null;
    readonly actorId: string | null;
    /** The settlement that it pays out; such a transfer is POSTED at once. */
    readonly settlementId?: string;
  };

/**
 * Opens transfers as PENDING, payouts of settlements as POSTED, makes the accounts that are not there, and moves the balances. The accounts stay locked until
 * the transaction ends.
 *
 * @returns the entries to append, in the order of the transfers
 */
export async function openTransfers(
  tx: Transaction,
  areaId: string,
  transfers: readonly NewTransfer[],
  now: Date,
): Promise<readonly NewLedgerEntry[]> {
  if (transfers.length === 0) return [];
  const ledgers = await findOrMakeLedgers(tx, areaId, transfers);
  const sides = transfers.map((transfer) => {
    const ledgerId = ledgers.get(bookName(transfer))!;
    return {
      ledgerId,
      debit: keyedAccount(ledgerId, transfer.debit, transfer.unit),
      credit: keyedAccount(ledgerId, transfer.credit, transfer.unit),
    };
  });
  const accounts = await findOrMakeAccounts(
    tx,
    sides.flatMap(({ debit, credit }) => [debit, credit]),
  );
  const rows = transfers.map(({ communityId, categoryId, amount, unit, orderId, actorId, ...payment }, index) => {
    const { ledgerId, debit, credit } = sides[index]!;
    const debitAccountId = accounts.get(accountName(debit))!;
    const creditAccountId = accounts.get(accountName(credit))!;
    const { programmeId = null, settlementId = null } = payment;
    const state: TransferState = settlementId === null ? 'PENDING' : 'POSTED';
    const about = { amount, unit, orderId, programmeId, settlementId };
    const record = { id: newId(), state, debitAccountId, creditAccountId, ...about };
    return { ledgerId, record, entry: entryOf({ communityId, categoryId }, record, actorId) };
  });
  const columns = rows.map(({ ledgerId, record }) => ({ ...record, ledgerId, amount: record.amount.toString() }));
  await tx.$executeRaw`
    INSERT INTO transfers (id, ledger_id, debit_account_id, credit_account_id, amount, unit, state, order_id, programme_id, settlement_id,
      created_at, resolved_at)
    SELECT id, "ledgerId", "debitAccountId", "creditAccountId", amount, unit, state, "orderId", "programmeId", "settlementId",
      ${now}, CASE WHEN state = 'POSTED' THEN ${now}::timestamptz END
    FROM jsonb_to_recordset(${JSON.stringify(columns)}::jsonb) AS row (
      id uuid, "ledgerId" uuid, "debitAccountId" uuid, "creditAccountId" uuid, amount bigint, unit ledger_unit,
      state transfer_state, "orderId" uuid, "programmeId" uuid, "settlementId" uuid
    )`;
  return rows.map(({ entry }) => entry);
}

/** Which orders' pending transfers come to which end, and by whom. */
export type TransferResolution = {
  readonly orderId: string;
  readonly state: Exclude<TransferState, 'PENDING'>;
  readonly actorId: string | null;
};

/**
 * Posts or voids the pending transfers of orders and moves the balances.
 *
 * @returns the entries to append
 */
export async function resolveTransfers(
  tx: Transaction,
  resolutions: readonly TransferResolution[],
  now: Date,
): Promise<readonly NewLedgerEntry[]> {
  if (resolutions.length === 0) return [];
  const resolved = await tx.$queryRaw<ResolvedTransfer[]>`
    UPDATE transfers SET state = row.state, resolved_at = ${now}
    FROM jsonb_to_recordset(${JSON.stringify(resolutions)}::jsonb) AS row ("orderId" uuid, state transfer_state, "actorId" uuid),
      ledgers
    WHERE order_id = row."orderId" AND transfers.state = 'PENDING' AND ledgers.id = ledger_id
    RETURNING transfers.id, transfers.state::text, debit_account_id AS "debitAccountId", credit_account_id AS "creditAccountId",
      amount, unit::text, order_id AS "orderId", programme_id AS "programmeId", settlement_id AS "settlementId", "actorId",
      community_id AS "communityId", category_id AS "categoryId"`;
  return resolved
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ communityId, categoryId, actorId, ...record }) => entryOf({ communityId, categoryId }, record, actorId));
}

type ResolvedTransfer = Parameters<typeof transferEntryBody>[0] & BookKey & { readonly actorId: string | null };

function entryOf(
  book: BookKey,
  record: Parameters<typeof transferEntryBody>[0],
  actorId: string | null,
): NewLedgerEntry {
  return { ...book, kind: 'TRANSFER', subjectId: record.id, actorId, body: transferEntryBody(record) };
}

type KeyedAccount = {
  readonly ledgerId: string;
  readonly kind: AccountKey['kind'];
  readonly ownerId: string;
  readonly unit: LedgerUnit;
};

function keyedAccount(ledgerId: string, { kind, ownerId }: AccountKey, unit: LedgerUnit): KeyedAccount {
  return { ledgerId, kind, ownerId: ownerId ?? ledgerId, unit };
}

function accountName({ ledgerId, kind, ownerId, unit }: KeyedAccount): string {
  return `${ledgerId} ${kind} ${ownerId} ${unit}`;
}

async function findOrMakeAccounts(
  tx: Transaction,
  accounts: readonly KeyedAccount[],
): Promise<ReadonlyMap<string, string>> {
  const wanted = new Map(accounts.map((account) => [accountName(account), account]));
  const found = await readAccounts(tx, [...wanted.values()]);
  // Sorted, so that two transactions that make the same accounts do not wait for each other in a ring.
  const missing = [...wanted].filter(([name]) => !found.has(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  if (missing.length === 0) return found;
  await tx.$executeRaw`
    INSERT INTO accounts (id, ledger_id, kind, owner_id, unit)
    SELECT id, "ledgerId", kind, "ownerId", unit
    FROM jsonb_to_recordset(${JSON.stringify(missing.map(([, account]) => ({ ...account, id: newId() })))}::jsonb) AS row (
      id uuid, "ledgerId" uuid, kind account_kind, "ownerId" uuid, unit ledger_unit
    )
    ON CONFLICT (ledger_id, kind, owner_id, unit) DO NOTHING`;
  return readAccounts(tx, [...wanted.values()]);
}

async function readAccounts(tx: Transaction, accounts: readonly KeyedAccount[]): Promise<Map<string, string>> {
  const rows = await tx.$queryRaw<(KeyedAccount & { id: string })[]>`
    SELECT accounts.id, ledger_id AS "ledgerId", accounts.kind::text, owner_id AS "ownerId", accounts.unit::text
    FROM accounts
    JOIN jsonb_to_recordset(${JSON.stringify(accounts)}::jsonb) AS row ("ledgerId" uuid, kind account_kind, "ownerId" uuid, unit ledger_unit)
      ON (ledger_id, accounts.kind, owner_id, accounts.unit) = (row."ledgerId", row.kind, row."ownerId", row.unit)`;
  return new Map(rows.map((row) => [accountName(row), row.id]));
}
