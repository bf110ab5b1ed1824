/** Steps of `binaryLogarithm` in one power of two. */
export const LOGARITHM_GRID = 4096;

const FRACTION_BITS = 12;

/**
 * log2 of `value` (> 0) on a grid of 1/4096, rounded down. Made of multiplications and divisions only, whose results
 * IEEE 754 fixes, because `Math.log` may differ in its last bits between machines and a score may not.
 */
export function binaryLogarithm(value: number): number {
  let mantissa = value;
  let steps = 0;
  while (mantissa >= 2) {
    mantissa /= 2;
    steps += LOGARITHM_GRID;
  }
  while (mantissa < 1) {
    mantissa *= 2;
    steps -= LOGARITHM_GRID;
  }
  for (let bit = FRACTION_BITS - 1; bit >= 0; bit--) {
    mantissa *= mantissa;
    if (mantissa < 2) continue;
    mantissa /= 2;
    steps += 1 << bit;
  }
  return steps / LOGARITHM_GRID;
}
