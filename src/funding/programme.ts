import { z } from 'zod';
import { categoryCode } from '../communities/category.ts';
import { externalId } from '../communities/community.ts';
import { TransitionRefused } from '../failures.ts';
import { FundingSource, type ProgrammeState } from '../generated/prisma/enums.ts';
import { plainText, rule } from '../input.ts';
import type { BilingualText } from '../matching/records.ts';

/** The most that a budget may be, in fen: a million million yuan, which JavaScript still counts exactly. */
const HIGHEST_BUDGET_FEN = 100_000_000_000_000;
const HIGHEST_AMOUNT_FEN = 100_000_000;

const attributes = z.array(plainText(50, 1)).max(50).default([]).transform(distinct);
const age = z.int().min(0).max(150).nullable().default(null);
const cap = z.int().min(1).max(HIGHEST_BUDGET_FEN).nullable().default(null);

/** What may be written of a funding programme (资金项目), in a list or alone. References are external ids and category codes. */
export const programmeInput = z
  .strictObject({
    externalId,
    name: plainText(200, 1),
    nameEn: plainText(300).nullable().default(null),
    source: z.enum(FundingSource),
    budgetFen: z.int().min(1).max(HIGHEST_BUDGET_FEN),
    validFrom: z.date(),
    validTo: z.date(),
    /** What it pays, one of the two: a share of the price in hundredths of a percent, or an amount for each unit. */
    shareBasisPoints: z.int().min(1).max(10_000).nullable().default(null),
    amountPerUnitFen: z.int().min(1).max(HIGHEST_AMOUNT_FEN).nullable().default(null),
    capPerResidentFen: cap,
    capPerProviderFen: cap,
    /** With all below them; empty for all. */
    categories: z.array(categoryCode).max(200).default([]).transform(distinct),
    /** Empty for the whole area. */
    communities: z.array(externalId).max(1000).default([]).transform(distinct),
    allOf: attributes,
    anyOf: attributes,
    noneOf: attributes,
    minimumAge: age,
    maximumAge: age,
    priority: z.int().min(1).max(10_000).default(100),
    lowPercent: z.int().min(0).max(100).default(10),
  })
  .refine((row) => (row.shareBasisPoints === null) !== (row.amountPerUnitFen === null), {
    path: ['shareBasisPoints'],
    ...rule(
      'share_or_amount',
      '须填支付比例或每单位金额，二者取一',
      'needs a share of the price or an amount for each unit, one of the two',
    ),
  })
  .refine(({ validFrom, validTo }) => validFrom < validTo, {
    path: ['validTo'],
    ...rule('term', '截止时间须晚于开始时间', 'must be after the beginning of the term'),
  })
  .refine(({ minimumAge, maximumAge }) => minimumAge === null || maximumAge === null || minimumAge <= maximumAge, {
    path: ['maximumAge'],
    ...rule('age_range', '最高年龄不能低于最低年龄', 'must not be below the minimum age'),
  });

/** One programme as it is written. */
export type ProgrammeRow = z.output<typeof programmeInput>;

/** What each state of a programme means (项目状态). */
export const PROGRAMME_STATES = {
  ACTIVE: { zh: '执行中', en: 'it pays for orders within its term' },
  SUSPENDED: { zh: '已暂停', en: 'it pays for no new orders; what is reserved stays' },
  CLOSED: { zh: '已结项', en: 'it pays for no new orders and does not come back' },
} as const satisfies Readonly<Record<ProgrammeState, BilingualText>>;

/** From which states a programme may come to each. */
const PROGRAMME_TRANSITIONS: Readonly<Record<ProgrammeState, readonly ProgrammeState[]>> = {
  ACTIVE: ['SUSPENDED'],
  SUSPENDED: ['ACTIVE'],
  CLOSED: ['ACTIVE', 'SUSPENDED'],
};

/** @throws TransitionRefused when a programme does not change so */
export function demandProgrammeTransition(from: ProgrammeState, to: ProgrammeState): void {
  if (!PROGRAMME_TRANSITIONS[to].includes(from)) throw new TransitionRefused(PROGRAMME, from, to);
}

/** A programme's budget and what has gone of it, fen. */
export type Budget = {
  readonly budgetFen: bigint;
  readonly reservedFen: bigint;
  readonly spentFen: bigint;
  readonly lowPercent: number;
};

/** What is left of a budget. */
export function leftOf({ budgetFen, reservedFen, spentFen }: Omit<Budget, 'lowPercent'>): bigint {
  return budgetFen - reservedFen - spentFen;
}

/** Whether no more is left of a budget than the share at which the staff are told. */
export function isLow(budget: Budget): boolean {
  return isLowAt(budget, leftOf(budget));
}

/**
 * Which line a budget crosses when what is left of it falls: EXHAUSTED when it reaches nothing, LOW when it reaches the
 * share at which the staff are told; `null` where it was there already or does not come there.
 */
export function lineCrossed(
  budget: Pick<Budget, 'budgetFen' | 'lowPercent'>,
  leftBefore: bigint,
  leftAfter: bigint,
): 'PROGRAMME_LOW' | 'PROGRAMME_EXHAUSTED' | null {
  if (leftAfter <= 0n) return leftBefore > 0n ? 'PROGRAMME_EXHAUSTED' : null;
  return isLowAt(budget, leftAfter) && !isLowAt(budget, leftBefore) ? 'PROGRAMME_LOW' : null;
}

function isLowAt({ budgetFen, lowPercent }: Pick<Budget, 'budgetFen' | 'lowPercent'>, left: bigint): boolean {
  return left * 100n <= budgetFen * BigInt(lowPercent);
}

/** The thing's name, for messages. */
export const PROGRAMME = { zh: '资金项目', en: 'funding programme' } as const;

function distinct<T>(list: readonly T[]): T[] {
  return [...new Set(list)];
}
