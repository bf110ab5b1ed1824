import { z } from 'zod';
import { ExpectedFailure, TransitionRefused } from '../failures.ts';
import type { SettlementState } from '../generated/prisma/enums.ts';
import { rule } from '../input.ts';
import type { BilingualText } from '../matching/records.ts';

/** What is asked to be settled: what a programme owes a provider for a period, to before its end. */
export const settlementInput = z
  .strictObject({
    programmeId: z.uuid(),
    providerId: z.uuid(),
    periodFrom: z.date(),
    periodTo: z.date(),
  })
  .refine(({ periodFrom, periodTo }) => periodFrom < periodTo, {
    path: ['periodTo'],
    ...rule('period', '期末须晚于期初', 'must be after the beginning of the period'),
  });
export type SettlementRequest = z.output<typeof settlementInput>;

/** What each state of a settlement means (结算状态). */
export const SETTLEMENT_STATES = {
  DRAFT: { zh: '待核准', en: 'drafted and not approved' },
  APPROVED: { zh: '已核准', en: 'approved and not paid' },
  PAID: { zh: '已支付', en: 'paid out to the provider' },
  CANCELLED: { zh: '已作废', en: 'taken back; what it held may be settled by another' },
} as const satisfies Readonly<Record<SettlementState, BilingualText>>;

/** From which states a settlement may come to each; the database holds the same. */
const SETTLEMENT_TRANSITIONS: Readonly<Record<SettlementState, readonly SettlementState[]>> = {
  DRAFT: [],
  APPROVED: ['DRAFT'],
  PAID: ['APPROVED'],
  CANCELLED: ['DRAFT', 'APPROVED'],
};

/** @throws TransitionRefused when a settlement does not change so */
export function demandSettlementTransition(from: SettlementState, to: SettlementState): void {
  if (!SETTLEMENT_TRANSITIONS[to].includes(from)) throw new TransitionRefused(SETTLEMENT, from, to);
}

/** Nothing of the programme was posted for the provider in the period, or all of it is in other settlements. */
export class NothingToSettle extends ExpectedFailure {
  readonly code = 'NOTHING_TO_SETTLE';

  constructor() {
    super({
      zh: '该期间没有未结算的已记金额',
      en: 'Nothing that was posted in this period is still to be settled',
    });
  }
}

/** Public money is approved by another person than the one who drafted the settlement, where the area has another. */
export class SecondPersonNeeded extends ExpectedFailure {
  readonly code = 'SECOND_PERSON_NEEDED';

  constructor() {
    super({
      zh: '结算单须由编制人以外的区域管理员核准',
      en: 'Another administrator than the one who drafted this settlement has to approve it',
    });
  }
}

/** The thing's name, for messages. */
export const SETTLEMENT = { zh: '结算单', en: 'settlement' } as const;
