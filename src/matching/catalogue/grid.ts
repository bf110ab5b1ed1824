import { cosineOfDegrees, METRES_PER_DEGREE } from './geodesy.ts';

/** The finest cells are 360° / 2^17, about 305 m from south to north. */
const FINEST_LEVEL = 17;

/** A circle is filed in cells this much wider than itself, far more than rounding can lose. */
const SAFETY = 1.0001;

/**
 * A hierarchical grid over the globe (after Samet, "The Design and Analysis of Spatial Data Structures", 1990, ch. 3).
 * At level L the cells are 360° / 2^L wide and high. A circle is filed once, in the cell of its centre, at the finest
 * level whose cells are no narrower than its radius; so the circles that hold a point are all within the point's cell
 * and the cells around it, at each level.
 */
export function circleLevel(radiusMetres: number): number {
  const degrees = (radiusMetres / METRES_PER_DEGREE) * SAFETY;
  let level = FINEST_LEVEL;
  while (level > 0 && cellDegrees(level) < degrees) level -= 1;
  return level;
}

/** How many levels there are; levels count from 0. */
export const GRID_LEVELS = FINEST_LEVEL + 1;

/** One past the greatest cell key; keys are whole numbers from 0 (22.5 million million at most, 45 bits). */
export const GRID_KEYS = GRID_LEVELS * 2 ** (2 * FINEST_LEVEL);

/** Key of the cell that holds a place at a level. Cells next to each other from west to east have consecutive keys. */
export function cellKey(level: number, latitude: number, longitude: number): number {
  return rowKey(level, cellRow(level, latitude)) + cellColumn(level, longitude);
}

/**
 * The runs of keys that hold every circle of this level around a place, as [first, last] pairs in `out` from 0.
 * Gives the number of runs. `out` needs room for 16 numbers.
 *
 * Why the runs are enough: a circle of this level has a radius r of at most one cell. Its centre is at most r away, so
 * at most one cell to the north or south. On a path of length r that stays within latitude |φ| + r the longitude
 * changes by at most r / cos(|φ| + r); where that reaches a pole or around the world the whole row is taken.
 */
export function runsAround(level: number, latitude: number, longitude: number, out: Float64Array): number {
  const columns = 2 ** level;
  const reach = cellDegrees(level);
  const furthest = Math.abs(latitude) + reach;
  const eastWest = furthest >= 89 ? 360 : (reach / cosineOfDegrees(furthest)) * SAFETY;
  const south = cellRow(level, Math.max(-90, latitude - reach));
  const north = cellRow(level, Math.min(90, latitude + reach));
  const west = Math.floor((longitude - eastWest + 180) / reach);
  const east = Math.floor((longitude + eastWest + 180) / reach);
  let runs = 0;
  for (let row = south; row <= north; row += 1) {
    const base = rowKey(level, row);
    if (east - west + 1 >= columns) {
      out[2 * runs] = base;
      out[2 * runs + 1] = base + columns - 1;
      runs += 1;
      continue;
    }
    const first = modulo(west, columns);
    const last = modulo(east, columns);
    if (first <= last) {
      out[2 * runs] = base + first;
      out[2 * runs + 1] = base + last;
      runs += 1;
    } else {
      out[2 * runs] = base;
      out[2 * runs + 1] = base + last;
      out[2 * runs + 2] = base + first;
      out[2 * runs + 3] = base + columns - 1;
      runs += 2;
    }
  }
  return runs;
}

function cellDegrees(level: number): number {
  return 360 / 2 ** level;
}

function cellRow(level: number, latitude: number): number {
  return Math.floor((latitude + 90) / cellDegrees(level));
}

function cellColumn(level: number, longitude: number): number {
  return modulo(Math.floor((longitude + 180) / cellDegrees(level)), 2 ** level);
}

function rowKey(level: number, row: number): number {
  return (level * 2 ** FINEST_LEVEL + row) * 2 ** FINEST_LEVEL;
}

function modulo(value: number, base: number): number {
  return ((value % base) + base) % base;
}
