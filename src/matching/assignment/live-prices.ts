import type { LivePrices } from './live-columns.ts';

/** Above the weight of any tier; the weight of tier t is `WEIGHTS - t`, and 0 is the weight of no demand at all. */
export const WEIGHTS = 256;

/** Prices as pairs, level before score; a level is a number that rises with urgency, 0 for no demand. */
export type PairPrices = {
  readonly serviceLevel: Float64Array;
  readonly servicePrice: Float64Array;
  /** What a unit of each need's demand is worth. */
  readonly worthLevel: Float64Array;
  readonly worthPrice: Float64Array;
  /** What each need would pay for a place, but for the score. */
  readonly bidLevel: Float64Array;
  readonly bidPrice: Float64Array;
};

/** The groups of needs (EQUITABLE): the group of each need, and what one more unit of each group is worth. */
export type GroupWorth = {
  readonly groupOf: Int32Array;
  readonly level: Float64Array;
  readonly price: Float64Array;
};

/** Numbers the levels in use in ascending order, as `verifyOptimal` reads them. */
export function numberLevels(
  prices: PairPrices,
  groups: GroupWorth | null,
  shareOf: (level: number) => number,
): LivePrices {
  const inUse = new Set<number>();
  for (const levels of [prices.serviceLevel, prices.worthLevel, prices.bidLevel, groups?.level ?? []]) {
    for (const level of levels) inUse.add(level);
  }
  inUse.delete(0);
  const table = [0, ...[...inUse].sort((a, b) => a - b)];
  const numberOf = new Map(table.map((level, number) => [level, number]));
  const numbers = (levels: Float64Array): Int32Array => Int32Array.from(levels, (level) => numberOf.get(level)!);
  const worth = numbers(prices.worthLevel);
  const bid = numbers(prices.bidLevel);
  return {
    service: prices.servicePrice,
    need: prices.worthPrice.map((price, n) => price - prices.bidPrice[n]!),
    levels: {
      tier: Int32Array.from(table, (level) => (level === 0 ? 0 : WEIGHTS - Math.ceil(level))),
      share: Float64Array.from(table, (level) => (level === 0 ? 0 : shareOf(level))),
      service: numbers(prices.serviceLevel),
      need: worth.map((number, n) => number - bid[n]!),
      groupOf: groups?.groupOf ?? null,
      group: groups === null ? new Int32Array(0) : numbers(groups.level),
      groupPrice: groups?.price ?? new Float64Array(0),
    },
  };
}
