import type { Point } from '../records.ts';

/** Mean radius of the Earth (IUGG 1980, R1), in metres. */
export const EARTH_RADIUS_METRES = 6_371_008.8;

/** Length of one degree of a great circle, in metres. */
export const METRES_PER_DEGREE = (EARTH_RADIUS_METRES * Math.PI) / 180;

/**
 * Writes the point of the unit sphere below a place into `out[at .. at + 2]`.
 * Only sums, products and quotients are used, here and below, because these are the same to the last bit on every
 * machine; `Math.sin` and its kin need not be.
 */
export function writeUnitVector(point: Point, out: Float64Array, at: number): void {
  const parallel = cosineOfDegrees(point.latitude);
  out[at] = parallel * cosineOfDegrees(point.longitude);
  out[at + 1] = parallel * sineOfDegrees(point.longitude);
  out[at + 2] = sineOfDegrees(point.latitude);
}

/**
 * Great-circle distance in metres for the square of the chord between two points of the unit sphere (0 to 4):
 * 2R·asin(chord / 2).
 */
export function metresOfChord(squaredChord: number): number {
  const half = Math.sqrt(squaredChord) / 2;
  if (half <= 0.5) return 2 * EARTH_RADIUS_METRES * arcsine(half);
  const rest = Math.sqrt(Math.max(0, (1 - half) / 2));
  return 2 * EARTH_RADIUS_METRES * (Math.PI / 2 - 2 * arcsine(rest));
}

/** Cosine of an angle of -360 to 360 degrees. */
export function cosineOfDegrees(degrees: number): number {
  return sineOfDegrees(90 - Math.abs(degrees));
}

function sineOfDegrees(degrees: number): number {
  let folded = degrees % 360;
  if (folded > 180) folded -= 360;
  else if (folded < -180) folded += 360;
  if (folded > 90) folded = 180 - folded;
  else if (folded < -90) folded = -180 - folded;
  const angle = (folded * Math.PI) / 180;
  const square = angle * angle;
  let term = angle;
  let sum = angle;
  // Taylor's series; eleven terms leave less than 1e-16 at the quarter turn.
  for (let n = 2; n <= 22; n += 2) {
    term *= -square / (n * (n + 1));
    sum += term;
  }
  return sum;
}

/** Arc sine of 0 to 0.5 by its power series; short distances need three terms. */
function arcsine(value: number): number {
  const square = value * value;
  let term = value;
  let sum = value;
  for (let n = 1; n < 60; n += 2) {
    term *= (square * n) / (n + 1);
    const next = term / (n + 2);
    if (next < 1e-18) break;
    sum += next;
  }
  return sum;
}
