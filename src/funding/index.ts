/** What other features may call of funding. */
export { type LockedFund, lockFunds, writeFundNotices } from './funds.store.ts';
export { type LimitedNeed, readBearablePrices } from './price.store.ts';
export { exceedsMaximum, type PricedOrder, type PricePart, reserveParts, splitPrice } from './price.ts';
export { programmeImport } from './programme.import.ts';
export { settlementSheet } from './settlement-export.ts';
