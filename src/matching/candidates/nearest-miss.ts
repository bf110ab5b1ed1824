import type { Catalogue } from '../catalogue/catalogue.ts';
import { FLAG } from '../catalogue/columns.ts';
import { stepsBetween } from '../catalogue/taxonomy.ts';
import { type BilingualText, CONSTRAINTS, type Constraint, type NearestMiss } from '../records.ts';
import { CONSTRAINT_TESTS } from './constraint-tests.ts';
import { distanceMetres } from './distance.ts';
import type { PreparedNeed } from './prepared-need.ts';
import { SHORTFALLS } from './shortfalls.ts';
import { joined } from './wording.ts';

/** How near a row came, for comparison: earlier fields count first. */
type Nearness = {
  readonly row: number;
  readonly failed: readonly Constraint[];
  readonly gap: number;
  readonly distance: number;
};

/**
 * The service that came closest to being a candidate for a need that has none; `null` when there is no service at all.
 * It is sought among the services of the need's line of categories; where there are none, among those of the categories
 * fewest steps away in the taxonomy. The closest one fails the fewest constraints; then the first one that it fails is
 * the latest in their order; then it misses that one by the least; then it is nearest; then its id is least.
 */
export function nearestMiss(catalogue: Catalogue, prepared: PreparedNeed): NearestMiss | null {
  let best: Nearness | null = null;
  for (const row of rowsNearCategory(catalogue, prepared)) {
    const failed = CONSTRAINTS.filter((constraint) => !CONSTRAINT_TESTS[constraint](catalogue, prepared, row));
    if (best !== null && failed.length > best.failed.length) continue;
    const nearness: Nearness = {
      row,
      failed,
      gap: SHORTFALLS[failed[0]!].gap(catalogue, prepared, row),
      distance: distanceMetres(catalogue, prepared, row) ?? Number.POSITIVE_INFINITY,
    };
    if (best === null || isNearer(catalogue, nearness, best)) best = nearness;
  }
  if (best === null) return null;
  return {
    serviceId: catalogue.ids[best.row]!,
    constraint: best.failed[0]!,
    reason: shortfallReason(catalogue, prepared, best.row, best.failed),
  };
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

function isNearer(catalogue: Catalogue, one: Nearness, other: Nearness): boolean {
  if (one.failed.length !== other.failed.length) return one.failed.length < other.failed.length;
  const order = CONSTRAINTS.indexOf(one.failed[0]!) - CONSTRAINTS.indexOf(other.failed[0]!);
  if (order !== 0) return order > 0;
  if (one.gap !== other.gap) return one.gap < other.gap;
  if (one.distance !== other.distance) return one.distance < other.distance;
  return catalogue.ids[one.row]! < catalogue.ids[other.row]!;
}

function* rowsNearCategory(catalogue: Catalogue, prepared: PreparedNeed): Iterable<number> {
  const { postings, taxonomy } = catalogue;
  let categories = prepared.line.filter((category) => postings[category]!.entries.count > 0);
  if (categories.length === 0 && prepared.category !== -1) {
    const filled = postings.flatMap((posting, category) => (posting.entries.count > 0 ? [category] : []));
    const steps = filled.map((category) => stepsBetween(taxonomy, prepared.category, category));
    const fewest = steps.reduce((least, count) => Math.min(least, count), Number.POSITIVE_INFINITY);
    categories = filled.filter((_, index) => steps[index] === fewest);
  }
  if (categories.length === 0) {
    for (let row = 0; row < catalogue.rowEnd; row += 1)
      if ((catalogue.columns.flags[row]! & FLAG.live) !== 0) yield row;
    return;
  }
  for (const category of categories) {
    const { entries } = postings[category]!;
    for (let entry = 0; entry < entries.count; entry += 1) yield entries.rows[entry]!;
  }
}
