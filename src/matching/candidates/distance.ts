import type { Catalogue } from '../catalogue/catalogue.ts';
import { FLAG } from '../catalogue/columns.ts';
import { EARTH_RADIUS_METRES, metresOfChord } from '../catalogue/geodesy.ts';
import type { PreparedNeed } from './prepared-need.ts';

/** Straight-line distance from the need to the nearest location of a row, whole metres; `null` when either has no place. */
export function distanceMetres(catalogue: Catalogue, prepared: PreparedNeed, row: number): number | null {
  if (prepared.vector === null || (catalogue.columns.flags[row]! & FLAG.place) === 0) return null;
  return metresOf(leastChord(catalogue, prepared, row));
}

/** The least squared chord from the need to a location of the row; both must have a place. */
export function leastChord(catalogue: Catalogue, prepared: PreparedNeed, row: number): number {
  const { flags, x, y, z, further } = catalogue.columns;
  const [ux, uy, uz] = prepared.vector as unknown as [number, number, number];
  let least = chordTo(ux, uy, uz, x[row]!, y[row]!, z[row]!);
  if ((flags[row]! & FLAG.furtherPlaces) === 0) return least;
  const places = further.get(row)!;
  for (let at = 0; at < places.length; at += 4) {
    least = Math.min(least, chordTo(ux, uy, uz, places[at]!, places[at + 1]!, places[at + 2]!));
  }
  return least;
}

/** The square of the chord between two points of the unit sphere. */
export function chordTo(ux: number, uy: number, uz: number, x: number, y: number, z: number): number {
  const dx = ux - x;
  const dy = uy - y;
  const dz = uz - z;
  return dx * dx + dy * dy + dz * dz;
}

/** Whole metres along the Earth for the square of a chord of the unit sphere. */
export function metresOf(squaredChord: number): number {
  return Math.round(metresOfChord(squaredChord));
}

const PER_EARTH_RADIUS = 1 / EARTH_RADIUS_METRES;

/**
 * The square of a chord beyond which whole metres are more than this. A chord is no longer than its arc, so beyond it the
 * arc is longer than the metres and half of one.
 */
export function chordBeyond(metres: number): number {
  const outer = (metres + 0.6) * PER_EARTH_RADIUS;
  return outer * outer;
}

/** Whether the whole metres of a squared chord are at most the radius; the arc is measured only where it is about as long. */
export function isWithin(squaredChord: number, radiusMetres: number): boolean {
  if (squaredChord > chordBeyond(radiusMetres)) return false;
  // The chord of an arc a is at least a - a³/24: below this the arc rounds to no more than the radius.
  const inner = Math.max(0, radiusMetres - 0.6) * PER_EARTH_RADIUS;
  const square = inner * inner;
  return squaredChord <= square * (1 - square / 12) || metresOf(squaredChord) <= radiusMetres;
}
