import { GRID_KEYS, GRID_LEVELS, runsAround } from './grid.ts';
import { SortedColumn, SortedPairs } from './sorted.ts';

/** Key under which services are filed whose catchment has no limit. */
export const ANYWHERE_KEY = GRID_KEYS;
/** Key under which services are filed whose list of communities is empty: they serve nobody as it is. */
export const NOWHERE_KEY = GRID_KEYS + 1;

/** Key under which services are filed that list a community by this number. */
export function communityKey(community: number): number {
  return GRID_KEYS + 2 + community;
}

const KEYS_PER_LEVEL = GRID_KEYS / GRID_LEVELS;

/**
 * The services filed under one category, in the order of their catchments: circles by grid cell, then those without
 * limit, then lists of communities. A service is filed once for every cell or community of its own, so one with
 * several locations may stand in it several times.
 *
 * A service may be filed under a category and again under one above it. It is counted only under those of its
 * categories that stand below no other one of it. Its categories on the line from any category to the top are a chain,
 * and just the topmost of them is such a one: so the counts of a line count every service once.
 */
export class CategoryPosting {
  readonly entries = new SortedPairs();
  /** Services counted here. */
  count = 0;
  /** How many entries each level of the grid has: levels without any are not looked at. */
  readonly #entriesByLevel = new Int32Array(GRID_LEVELS);
  readonly #termStarts = new SortedColumn(new Float64Array(0));
  readonly #termEnds = new SortedColumn(new Float64Array(0));

  /** Files a service under its keys, each once. */
  file(row: number, keys: readonly number[]): void {
    for (const key of keys) {
      this.entries.add(key, row);
      if (key < GRID_KEYS) this.#entriesByLevel[Math.floor(key / KEYS_PER_LEVEL)]! += 1;
    }
  }

  /** The reverse of `file`. */
  unfile(row: number, keys: readonly number[]): void {
    for (const key of keys) {
      this.entries.remove(key, row);
      if (key < GRID_KEYS) this.#entriesByLevel[Math.floor(key / KEYS_PER_LEVEL)]! -= 1;
    }
  }

  /** Counts a service in. Terms are counted for admitted services only. */
  countIn(admitted: boolean, termStartMs: number, termEndMs: number): void {
    this.count += 1;
    if (!admitted) return;
    this.#termStarts.add(termStartMs);
    this.#termEnds.add(termEndMs);
  }

  /** The reverse of `countIn`. */
  countOut(admitted: boolean, termStartMs: number, termEndMs: number): void {
    this.count -= 1;
    if (!admitted) return;
    this.#termStarts.remove(termStartMs);
    this.#termEnds.remove(termEndMs);
  }

  /**
   * How many services are admitted and in term at an instant (whole milliseconds): those whose term has begun less those
   * whose term is over, for no term ends before it begins.
   */
  admittedAt(nowMs: number): number {
    return this.#termStarts.countBelow(nowMs + 1) - this.#termEnds.countBelow(nowMs);
  }

  /**
   * Writes the runs of entries that hold every circle around a place as [begin, end) pairs into `runs` from `at`. Gives
   * the position after the last. `scratch` needs room for 16 numbers, `runs` for 16 numbers a level.
   */
  circlesAround(latitude: number, longitude: number, runs: Int32Array, at: number, scratch: Float64Array): number {
    const { entries } = this;
    entries.settle();
    let next = at;
    for (let level = 0; level < GRID_LEVELS; level += 1) {
      if (this.#entriesByLevel[level] === 0) continue;
      const count = runsAround(level, latitude, longitude, scratch);
      for (let run = 0; run < count; run += 1) {
        const begin = entries.firstAtLeast(scratch[2 * run]!);
        const end = entries.firstAtLeast(scratch[2 * run + 1]! + 1);
        if (begin === end) continue;
        runs[next] = begin;
        runs[next + 1] = end;
        next += 2;
      }
    }
    return next;
  }

  /** The entries under one key, written as [begin, end) into `runs` at `at`; gives the position after it. */
  under(key: number, runs: Int32Array, at: number): number {
    this.entries.settle();
    const begin = this.entries.firstAtLeast(key);
    const end = this.entries.firstAtLeast(key + 1);
    if (begin === end) return at;
    runs[at] = begin;
    runs[at + 1] = end;
    return at + 2;
  }

  /** Gives back the room that is not in use. */
  trim(): void {
    this.entries.trim();
    this.#termStarts.trim();
    this.#termEnds.trim();
  }
}
