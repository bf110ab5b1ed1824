import { ExpectedFailure } from '../failures.ts';
import type { BilingualText } from '../matching/records.ts';

/** Why a transfer cannot be reversed (不能冲正的原因). */
export const IRREVERSIBLE = {
  NOT_POSTED: { zh: '它尚未过账或已作废', en: 'it is not posted' },
  IS_REVERSAL: { zh: '它本身是一笔冲正', en: 'it is itself a reversal' },
  REVERSED: { zh: '它已被冲正过', en: 'it was reversed already' },
  SETTLED: { zh: '它已列入结算单', en: 'it is in a settlement' },
  PAYOUT: { zh: '它是一笔结算付款', en: 'it pays out a settlement' },
} as const satisfies Readonly<Record<string, BilingualText>>;

export type Irreversible = keyof typeof IRREVERSIBLE;

/** The transfer cannot be reversed, and why. */
export class TransferIrreversible extends ExpectedFailure {
  readonly code = 'TRANSFER_IRREVERSIBLE';
  readonly because: Irreversible;

  constructor(because: Irreversible) {
    const { zh, en } = IRREVERSIBLE[because];
    super({ zh: `不能冲正：${zh}`, en: `The transfer cannot be reversed: ${en}` }, ['input', 'transferId']);
    this.because = because;
  }
}

/** The account from which the amount is to go holds less, or has it promised elsewhere. */
export class AccountOverdrawn extends ExpectedFailure {
  readonly code = 'ACCOUNT_OVERDRAWN';
  /** What may still be taken from it. */
  readonly available: bigint;

  constructor(available: bigint) {
    super(
      { zh: `账户余额不足：可用${available}`, en: `The account holds too little: ${available} may be taken from it` },
      ['input', 'amount'],
    );
    this.available = available;
  }
}
