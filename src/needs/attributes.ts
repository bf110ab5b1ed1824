import type { BilingualText } from '../matching/records.ts';

/**
 * Attributes of residents that services ask for, with the words by which offices know them, the usual one first. Sensitive
 * is what tells of health, hardship or family (敏感个人信息, Personal Information Protection Law, art. 28).
 */
export const RESIDENT_ATTRIBUTES = {
  ELDERLY: { zh: ['老年人', '老人', '高龄'], en: 'elderly', isSensitive: false },
  LIVING_ALONE: { zh: ['独居', '独居老人'], en: 'living alone', isSensitive: true },
  EMPTY_NEST: { zh: ['空巢', '空巢老人'], en: 'empty nest', isSensitive: true },
  DISABLED: { zh: ['残疾', '残疾人'], en: 'disabled', isSensitive: true },
  BEDRIDDEN: { zh: ['卧床', '失能', '长期卧床'], en: 'bedridden', isSensitive: true },
  LOW_INCOME: { zh: ['低保', '低收入', '低保户'], en: 'low income', isSensitive: true },
  EXTREME_POVERTY: { zh: ['特困', '特困人员', '五保'], en: 'extreme poverty', isSensitive: true },
  LEFT_BEHIND_CHILD: { zh: ['留守儿童'], en: 'left-behind child', isSensitive: true },
  CHILD_IN_DIFFICULTY: { zh: ['困境儿童'], en: 'child in difficulty', isSensitive: true },
  VETERAN: { zh: ['退役军人', '退伍军人'], en: 'veteran', isSensitive: false },
  PREGNANT: { zh: ['孕产妇', '孕妇'], en: 'pregnant or new mother', isSensitive: true },
  CHRONIC_ILLNESS: { zh: ['慢性病', '慢病'], en: 'chronic illness', isSensitive: true },
  UNEMPLOYED: { zh: ['失业', '失业人员'], en: 'unemployed', isSensitive: true },
  MIGRANT_WORKER: { zh: ['外来务工', '务工人员', '农民工'], en: 'migrant worker', isSensitive: false },
  MARTYR_FAMILY: { zh: ['烈属'], en: "martyr's family", isSensitive: false },
  BEREAVED_FAMILY: {
    zh: ['失独', '失独家庭', '计生特殊家庭'],
    en: 'family that lost its only child',
    isSensitive: true,
  },
} as const satisfies Readonly<Record<string, { zh: readonly [string, ...string[]]; en: string; isSensitive: boolean }>>;

/**
 * The code of an attribute written as a code or in an office's words. The vocabulary is open: what is not in the table
 * stands for itself, so that a service that asks for it in the same words finds it.
 */
export function attributeCode(text: string): string {
  return CODES.get(text) ?? CODES.get(text.toUpperCase()) ?? text;
}

/** An attribute in both languages; one that is not in the table as it is written. */
export function attributeName(code: string): BilingualText {
  const known = RESIDENT_ATTRIBUTES[code as keyof typeof RESIDENT_ATTRIBUTES];
  return known ? { zh: known.zh[0], en: known.en } : { zh: code, en: code };
}

/** Whether an attribute tells of health, hardship or family; one that is not in the table may, so it counts as one that does. */
export function isSensitiveAttribute(code: string): boolean {
  return RESIDENT_ATTRIBUTES[code as keyof typeof RESIDENT_ATTRIBUTES]?.isSensitive ?? true;
}

const CODES = new Map(
  Object.entries(RESIDENT_ATTRIBUTES).flatMap(([code, { zh }]) => [code, ...zh].map((word) => [word, code] as const)),
);
