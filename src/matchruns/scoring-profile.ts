import { z } from 'zod';
import { plainText, rule } from '../input.ts';
import { DEFAULT_PROFILE, FACTORS, type Factor } from '../matching/index.ts';

/** Name of the profile that every area starts with. */
export const DEFAULT_PROFILE_NAME = DEFAULT_PROFILE.name;

const weight = z.int().min(0).max(1_000_000);

/** Weights as they are kept and as they come in: one for each factor, whole numbers of any scale, not all zero. */
export const weightsSchema = z
  .strictObject(Object.fromEntries(FACTORS.map((factor) => [factor, weight])) as Record<Factor, typeof weight>)
  .refine(
    (weights) => Object.values(weights).some((value) => value > 0),
    rule('not_all_zero', '权重不能全为0', 'must not all be 0'),
  );

/** What may be written of a scoring profile (评分方案); each writing is its next version. */
export const scoringProfileInput = z.strictObject({
  name: plainText(100, 1),
  /** The newest version that the viewer has read; `null` for a new profile. */
  version: z.int().min(1).nullish(),
  weights: weightsSchema,
});

/** The thing's name, for messages. */
export const SCORING_PROFILE = { zh: '评分方案', en: 'scoring profile' } as const;
