import { builder } from '../graphql/builder.ts';
import {
  type BilingualText,
  CONSTRAINTS,
  type Constraint,
  FACTOR_RULES,
  FACTORS,
  type Factor,
} from '../matching/index.ts';
import { UNMET_REASONS } from './unmet-reason.ts';

/** A GraphQL enum of the core's words: each value with what it means in English and the Chinese term. */
function wordEnum<Word extends string>(
  name: string,
  description: string,
  words: Readonly<Record<Word, BilingualText>>,
) {
  const entries = (Object.keys(words) as Word[]).map((word) => {
    const { en, zh } = words[word];
    return [word, { value: word, description: `${en.charAt(0).toUpperCase()}${en.slice(1)} (${zh})` }] as const;
  });
  return builder.enumType(name, {
    description,
    values: Object.fromEntries(entries) as Record<Word, { value: Word; description: string }>,
  });
}

const CONSTRAINT_WORDS: Readonly<Record<Constraint, BilingualText>> = {
  CATEGORY: { zh: '类别', en: "the service serves the need's category or one above it" },
  ADMISSION: { zh: '准入', en: 'the service is published and in term, and its provider admitted' },
  CATCHMENT: { zh: '服务范围', en: 'its service circle and its communities hold the need' },
  ELIGIBILITY: { zh: '服务对象', en: 'the resident is among those whom it is for' },
  SCHEDULE: { zh: '时间', en: "it is open within the need's time" },
  CAPACITY: { zh: '名额', en: 'it has as many places free as the need asks for' },
  PRICE: { zh: '价格', en: 'it costs no more than the resident can pay' },
  PREFERENCE: { zh: '偏好', en: 'the resident does not rule it out' },
};

const FACTOR_WORDS = Object.fromEntries(
  FACTORS.map((factor) => [factor, { zh: FACTOR_RULES[factor].name.zh, en: FACTOR_RULES[factor].rule.en }]),
) as Record<Factor, BilingualText>;

export const ConstraintEnum = wordEnum(
  'Constraint',
  'The hard constraints, in the order in which they are tried (硬约束).',
  CONSTRAINT_WORDS,
);
export const FactorEnum = wordEnum('Factor', 'The factors of a score (评分因子).', FACTOR_WORDS);
export const UnmetReasonEnum = wordEnum('UnmetReason', 'Why a need is unmet (未满足原因).', UNMET_REASONS);

/** One factor of a score with its reason. */
type FactorShare = {
  readonly factor: Factor;
  readonly value: number;
  readonly contribution: number;
  readonly reason: BilingualText;
};
export const FactorShareType = builder.objectRef<FactorShare>('FactorShare').implement({
  description: "One factor's share of a score; the contributions of all factors add up to the score (评分构成).",
  fields: (t) => ({
    factor: t.expose('factor', { type: FactorEnum, description: 'The factor (因子).' }),
    value: t.exposeInt('value', { description: "The factor's own value, out of 1,000,000 (因子值)." }),
    contribution: t.exposeInt('contribution', { description: 'What it adds to the score (贡献).' }),
    reason: t.string({
      description: 'Why, in the language of Accept-Language (理由).',
      resolve: ({ reason }, _args, { locale }) => reason[locale],
    }),
  }),
});

/** How many services one constraint removed. */
type ConstraintCount = { readonly constraint: Constraint; readonly services: number };
export const ConstraintCountType = builder.objectRef<ConstraintCount>('ConstraintCount').implement({
  description: 'How many services a hard constraint removed, each counted at the first one that it fails (约束排除数).',
  fields: (t) => ({
    constraint: t.expose('constraint', { type: ConstraintEnum, description: 'The constraint (约束).' }),
    services: t.exposeInt('services', { description: 'How many services (服务数).' }),
  }),
});

/** The counts in the order of the constraints. */
export function constraintCounts(removed: Readonly<Record<Constraint, number>>): ConstraintCount[] {
  return CONSTRAINTS.map((constraint) => ({ constraint, services: removed[constraint] }));
}
