/** The things of the ledgers, for messages. */
export const LEDGER = { zh: '台账', en: 'ledger' } as const;
export const TRANSFER = { zh: '转账', en: 'transfer' } as const;
export const COMMUNITY = { zh: '社区', en: 'community' } as const;
