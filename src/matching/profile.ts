import { MatchingInputError } from './errors.ts';
import { FACTOR_RULES } from './factors.ts';
import { FACTORS, type Factor, type ScoringProfile } from './records.ts';

/** The weights that Liangdan starts with; an area may keep others. */
export const DEFAULT_PROFILE: ScoringProfile = {
  name: 'default',
  version: 1,
  weights: Object.fromEntries(FACTORS.map((factor) => [factor, FACTOR_RULES[factor].weight])) as Record<Factor, number>,
};

/**
 * The most that the weights of a profile may add up to. It keeps the weighted sum of factor values (at most this times
 * `SCORE_SCALE`, 10^15) below 2^53, so that sums of doubles are exact.
 */
export const GREATEST_WEIGHT_SUM = 1_000_000_000;

/** Weights in the order of `FACTORS` and what they add up to. */
export type Weights = { readonly byFactor: Float64Array; readonly sum: number };

/**
 * Reads a profile. Throws `MatchingInputError` for a weight that is missing, no whole number or negative, and where all
 * are zero or their sum is above `GREATEST_WEIGHT_SUM`.
 */
export function readWeights(profile: ScoringProfile): Weights {
  const byFactor = new Float64Array(FACTORS.length);
  let sum = 0;
  FACTORS.forEach((factor, index) => {
    const weight = profile.weights[factor];
    if (!Number.isSafeInteger(weight) || weight < 0) {
      throw new MatchingInputError(`profile.weights.${factor}`, null, 'must be a whole number of at least 0');
    }
    byFactor[index] = weight;
    sum += weight;
  });
  if (sum === 0) throw new MatchingInputError('profile.weights', null, 'must not all be 0');
  if (sum > GREATEST_WEIGHT_SUM) {
    throw new MatchingInputError('profile.weights', null, `must not add up to more than ${GREATEST_WEIGHT_SUM}`);
  }
  return { byFactor, sum };
}

/**
 * The weighted mean of factor values (in the order of `FACTORS`), rounded down, and each factor's share of it. The share
 * of a factor is the rise of the rounded prefix sum, so shares are whole, never negative, and add up to the score
 * exactly. `floor(x / sum)` is exact here: x and sum are whole, x / sum is at most 10^6, and its distance from the next
 * whole number is at least 1 / sum ≥ 10^-9, more than half a unit in its last place (6·10^-11).
 */
export function weighted(
  weights: Weights,
  values: readonly number[],
): { readonly score: number; readonly contributions: readonly number[] } {
  let total = 0;
  let score = 0;
  const contributions = Array.from(weights.byFactor, (weight, index) => {
    total += weight * values[index]!;
    const before = score;
    score = Math.floor(total / weights.sum);
    return score - before;
  });
  return { score, contributions };
}

/** The weight of one factor. */
export function weightOf(weights: Weights, factor: Factor): number {
  return weights.byFactor[FACTORS.indexOf(factor)]!;
}
