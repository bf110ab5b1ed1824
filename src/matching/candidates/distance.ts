import type { Catalogue } from '../catalogue/catalogue.ts';
import { FLAG } from '../catalogue/columns.ts';
import { metresOfChord } from '../catalogue/geodesy.ts';
import type { PreparedNeed } from './prepared-need.ts';

/** Straight-line distance from the need to the nearest location of a row, whole metres; `null` when either has no place. */
export function distanceMetres(catalogue: Catalogue, prepared: PreparedNeed, row: number): number | null {
  const { vector } = prepared;
  const { flags, x, y, z } = catalogue.columns;
  if (vector === null || (flags[row]! & FLAG.place) === 0) return null;
  let nearest = squaredChord(vector, x[row]!, y[row]!, z[row]!);
  if ((flags[row]! & FLAG.furtherPlaces) !== 0) {
    nearest = Math.min(nearest, nearestFurther(vector, catalogue.columns.further.get(row)!));
  }
  return metresOf(nearest);
}

/** Whole metres along the Earth for the square of a chord of the unit sphere. */
export function metresOf(squaredChord: number): number {
  return Math.round(metresOfChord(squaredChord));
}

/** The least squared chord from a point of the unit sphere to places kept as x, y, z and cell key. */
export function nearestFurther(vector: Float64Array, places: Float64Array): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (let at = 0; at < places.length; at += 4) {
    nearest = Math.min(nearest, squaredChord(vector, places[at]!, places[at + 1]!, places[at + 2]!));
  }
  return nearest;
}

function squaredChord(vector: Float64Array, x: number, y: number, z: number): number {
  const dx = vector[0]! - x;
  const dy = vector[1]! - y;
  const dz = vector[2]! - z;
  return dx * dx + dy * dy + dz * dz;
}
