import type { Catalogue } from '../catalogue/catalogue.ts';
import { FLAG } from '../catalogue/columns.ts';
import { stepsBetween } from '../catalogue/taxonomy.ts';
import { type BilingualText, CONSTRAINTS, type Constraint, type NearestMiss } from '../records.ts';
import { CONSTRAINT_TESTS } from './constraint-tests.ts';
import { distanceMetres } from './distance.ts';
import { isServed, type PreparedNeed, timelyOf } from './prepared-need.ts';
import { SHORTFALLS } from './shortfalls.ts';
import { joined } from './wording.ts';
import type { Workspace } from './workspace.ts';

/**
 * The service that came closest to being a candidate for a need that has none; `null` when there is no service at all.
 * It is sought among the services of the need's line of categories; where there are none, among those of the categories
 * fewest steps away in the taxonomy. The closest one fails the fewest constraints; then the first one that it fails is
 * the latest in their order; then it misses that one by the least; then it is nearest; then its id is least.
 *
 * To be called after `scan` for the same need: it uses the answers that the workspace has learnt.
 */
export function nearestMiss(catalogue: Catalogue, prepared: PreparedNeed, workspace: Workspace): NearestMiss | null {
  let best: Miss | null = null;
  let fewest: number = CONSTRAINTS.length;
  for (const run of runsNearCategory(catalogue, prepared)) {
    for (let entry = 0; entry < run.length; entry += 1) {
      const row = run[entry]!;
      const failed = failedBits(catalogue, prepared, workspace, row, fewest);
      if (best !== null && !isNearer(catalogue, prepared, row, failed, best)) continue;
      best = missOf(catalogue, prepared, row, failed);
      fewest = bitCount(failed);
    }
  }
  if (best === null) return null;
  const { row, failed } = best;
  return {
    serviceId: catalogue.ids.idOf(row),
    constraint: CONSTRAINTS[firstOf(failed)]!,
    reason: shortfallReason(
      catalogue,
      prepared,
      row,
      CONSTRAINTS.filter((_, index) => (failed & (1 << index)) !== 0),
    ),
  };
}

/** A row that is no candidate: bit n of `failed` stands for the n-th of `CONSTRAINTS`. */
type Miss = { readonly row: number; readonly failed: number; readonly gap: number; readonly distance: number };

function missOf(catalogue: Catalogue, prepared: PreparedNeed, row: number, failed: number): Miss {
  return {
    row,
    failed,
    gap: SHORTFALLS[CONSTRAINTS[firstOf(failed)]!].gap(catalogue, prepared, row),
    distance: distanceMetres(catalogue, prepared, row) ?? Number.POSITIVE_INFINITY,
  };
}

/** Whether a row came nearer than the best so far. What costs more is looked at only between equals. */
function isNearer(catalogue: Catalogue, prepared: PreparedNeed, row: number, failed: number, best: Miss): boolean {
  const more = bitCount(failed) - bitCount(best.failed);
  if (more !== 0) return more < 0;
  const first = firstOf(failed);
  if (first !== firstOf(best.failed)) return first > firstOf(best.failed);
  const gap = SHORTFALLS[CONSTRAINTS[first]!].gap(catalogue, prepared, row);
  if (gap !== best.gap) return gap < best.gap;
  const distance = distanceMetres(catalogue, prepared, row) ?? Number.POSITIVE_INFINITY;
  if (distance !== best.distance) return distance < best.distance;
  return catalogue.ids.isBefore(row, best.row);
}

const BIT = Object.fromEntries(CONSTRAINTS.map((constraint, index) => [constraint, 1 << index])) as Record<
  Constraint,
  number
>;

/**
 * The constraints that a row fails, as bits: `CONSTRAINT_TESTS` with what the workspace knows already. The cheap ones are
 * tried first; once it fails more than `most` the dear ones are not tried. Each test is named, not looked up, so that it is
 * compiled into this function: for a million rows that is most of the time.
 */
function failedBits(
  catalogue: Catalogue,
  prepared: PreparedNeed,
  workspace: Workspace,
  row: number,
  most: number,
): number {
  const { columns } = catalogue;
  let bits = 0;
  if (!CONSTRAINT_TESTS.CAPACITY(catalogue, prepared, row)) bits |= BIT.CAPACITY;
  if (!CONSTRAINT_TESTS.PRICE(catalogue, prepared, row)) bits |= BIT.PRICE;
  if (!CONSTRAINT_TESTS.ADMISSION(catalogue, prepared, row)) bits |= BIT.ADMISSION;
  if (!isServed(catalogue, prepared, workspace, columns.eligibility[row]!)) bits |= BIT.ELIGIBILITY;
  if (timelyOf(catalogue, prepared, workspace, columns.timetable[row]!) === 0) bits |= BIT.SCHEDULE;
  if (bitCount(bits) > most) return bits;
  if (!CONSTRAINT_TESTS.CATCHMENT(catalogue, prepared, row)) bits |= BIT.CATCHMENT;
  if (bitCount(bits) > most) return bits;
  if (!CONSTRAINT_TESTS.PREFERENCE(catalogue, prepared, row)) bits |= BIT.PREFERENCE;
  if (!CONSTRAINT_TESTS.CATEGORY(catalogue, prepared, row)) bits |= BIT.CATEGORY;
  return bits;
}

function firstOf(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** Why a row fails these constraints and what would have to change, as one text. */
export function shortfallReason(
  catalogue: Catalogue,
  prepared: PreparedNeed,
  row: number,
  failed: readonly Constraint[],
): BilingualText {
  return joined(failed.map((constraint) => SHORTFALLS[constraint].reason(catalogue, prepared, row)));
}

/** The rows to look at, in runs; a row may stand in several. */
function runsNearCategory(catalogue: Catalogue, prepared: PreparedNeed): readonly Int32Array[] {
  const { postings, taxonomy } = catalogue;
  let categories = prepared.line.filter((category) => postings[category]!.entries.count > 0);
  if (categories.length === 0 && prepared.category !== -1) {
    const filled = postings.flatMap((posting, category) => (posting.entries.count > 0 ? [category] : []));
    const steps = filled.map((category) => stepsBetween(taxonomy, prepared.category, category));
    const fewest = steps.reduce((least, count) => Math.min(least, count), Number.POSITIVE_INFINITY);
    categories = filled.filter((_, index) => steps[index] === fewest);
  }
  if (categories.length > 0) {
    return categories.map((category) => {
      const { rows, count } = postings[category]!.entries;
      return rows.subarray(0, count);
    });
  }
  const live: number[] = [];
  for (let row = 0; row < catalogue.rowEnd; row += 1) {
    if ((catalogue.columns.flags[row]! & FLAG.live) !== 0) live.push(row);
  }
  return [Int32Array.from(live)];
}
