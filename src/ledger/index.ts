/** What other features may call of the ledgers. */
export { type ExportScope, type LedgerSheets, ledgerSheets } from './export.store.ts';
export {
  appendLedgerEntries,
  type BookKey,
  ledgerEntryRows,
  type NewLedgerEntry,
  refusingClosedPeriods,
} from './ledger.store.ts';
export { type Closing, type ClosingScope, closeLedgers } from './period.store.ts';
export { type NewTransfer, openTransfers, resolveTransfers, type TransferResolution } from './transfer.store.ts';
export type { TransferPlan } from './transfer.ts';
export { type LedgerFault, type LedgerVerification, verifyLedgers } from './verify.store.ts';
