import type { Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { asSystem } from '../database/row-wall.ts';
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
    /** The posted transfer that it reverses; such a transfer is POSTED at once. */
    readonly reversesId?: string;
    /** POSTED for what no order is still to decide. */
    readonly state?: Exclude<TransferState, 'VOIDED'>;
    /** Why, in the words of who made it; it stands with the transfer, not in the chain. */
    readonly reason?: string;
  };

/**
 * Opens transfers as PENDING, payouts and reversals as POSTED, makes the accounts that are not there, and moves the
 * balances. The accounts stay locked until the transaction ends.
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
  return asSystem(tx, () => writeTransfers(tx, areaId, transfers, now));
}

async function writeTransfers(
  tx: Transaction,
  areaId: string,
  transfers: readonly NewTransfer[],
  now: Date,
): Promise<readonly NewLedgerEntry[]> {
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
    const { programmeId = null, settlementId = null, reversesId = null, reason = null } = payment;
    const { state = (settlementId ?? reversesId) ? 'POSTED' : 'PENDING' } = payment;
    const about = { unit, orderId, programmeId, settlementId, reversesId };
    const sums = { amount, postedAmount: state === 'POSTED' ? amount : null };
    const record = { id: newId(), state, debitAccountId, creditAccountId, ...sums, ...about };
    return { ledgerId, record, reason, entry: entryOf({ communityId, categoryId }, record, actorId) };
  });
  const columns = rows.map(({ ledgerId, reason, record: { postedAmount: _, amount, ...record } }) => {
    return { ...record, ledgerId, reason, amount: amount.toString() };
  });
  await tx.$executeRaw`
    INSERT INTO transfers (id, ledger_id, debit_account_id, credit_account_id, amount, unit, state, order_id, programme_id, settlement_id,
      reverses_id, reason, created_at, resolved_at)
    SELECT id, "ledgerId", "debitAccountId", "creditAccountId", amount, unit, state, "orderId", "programmeId", "settlementId",
      "reversesId", reason, ${now}, CASE WHEN state = 'POSTED' THEN ${now}::timestamptz END
    FROM jsonb_to_recordset(${JSON.stringify(columns)}::jsonb) AS row (
      id uuid, "ledgerId" uuid, "debitAccountId" uuid, "creditAccountId" uuid, amount bigint, unit ledger_unit,
      state transfer_state, "orderId" uuid, "programmeId" uuid, "settlementId" uuid,
      "reversesId" uuid, reason text
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
 * Posts or voids the pending transfers of orders and moves the balances. Of an order that was served in part the served share
 * of all its amounts of one unit together is posted, in whole fen or units rounded down, and the rest is voided. Each amount
 * gets its own share rounded down, and what is left of the sum goes to those with the largest remainders, one each, of equal
 * ones to the transfer that was opened first (largest remainder, the method of Hamilton). A share of 0 voids the whole.
 *
 * @returns the entries to append
 */
export async function resolveTransfers(
  tx: Transaction,
  resolutions: readonly TransferResolution[],
  now: Date,
): Promise<readonly NewLedgerEntry[]> {
  if (resolutions.length === 0) return [];
  const resolved = await asSystem(
    tx,
    () => tx.$queryRaw<ResolvedTransfer[]>`
    UPDATE transfers SET resolved_at = ${now},
      state = CASE WHEN part.posted > 0 THEN 'POSTED' ELSE 'VOIDED' END::transfer_state,
      posted_amount = CASE WHEN part.posted > 0 THEN part.posted END
    FROM (
      SELECT id, "actorId", CASE WHEN state = 'VOIDED' THEN 0 ELSE down + CASE WHEN
        row_number() OVER (of_unit ORDER BY remainder DESC, id) <= (sum(remainder) OVER of_unit) / quantity THEN 1 ELSE 0
      END END::bigint AS posted
      FROM (
        SELECT t.id, t.unit, row."orderId", row."actorId", row.state, o.quantity,
          div(t.amount::numeric * COALESCE(o.fulfilled_quantity, o.quantity), o.quantity) AS down,
          mod(t.amount::numeric * COALESCE(o.fulfilled_quantity, o.quantity), o.quantity) AS remainder
        FROM jsonb_to_recordset(${JSON.stringify(resolutions)}::jsonb) AS row ("orderId" uuid, state transfer_state, "actorId" uuid)
        JOIN orders o ON o.id = row."orderId" JOIN transfers t ON t.order_id = o.id AND t.state = 'PENDING'
      ) AS share
      WINDOW of_unit AS (PARTITION BY "orderId", unit)
    ) AS part, ledgers
    WHERE transfers.id = part.id AND transfers.state = 'PENDING' AND ledgers.id = ledger_id
    RETURNING transfers.id, transfers.state::text, debit_account_id AS "debitAccountId", credit_account_id AS "creditAccountId",
      amount, posted_amount AS "postedAmount", unit::text, order_id AS "orderId", reverses_id AS "reversesId", programme_id AS "programmeId", settlement_id AS "settlementId", "actorId",
      community_id AS "communityId", category_id AS "categoryId"`,
  );
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
