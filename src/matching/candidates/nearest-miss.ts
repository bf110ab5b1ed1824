import type { Catalogue } from '../catalogue/catalogue.ts';
import { FLAG } from '../catalogue/columns.ts';
import { stepsBetween } from '../catalogue/taxonomy.ts';
import { type BilingualText, CONSTRAINTS, type Constraint, type NearestMiss } from '../records.ts';
import { inCommunities } from './constraint-tests.ts';
import { chordBeyond, chordTo, distanceMetres, isWithin, leastChord } from './distance.ts';
import { markNames, namesAnything } from './names.ts';
import { isServed, type PreparedNeed, timelyOf } from './prepared-need.ts';
import { SHORTFALLS } from './shortfalls.ts';
import { joined } from './wording.ts';
import { MARK, type Workspace } from './workspace.ts';

/** A long run is looked through in blocks of so many entries, as `scan` does it. */
const BLOCK_ENTRIES = 4096;

/**
 * The service that came closest to being a candidate for a need that has none; `null` when there is no service at all.
 * It is sought among the services of the need's line of categories; where there are none, among those of the categories
 * fewest steps away in the taxonomy. The closest one fails the fewest constraints; then the first one that it fails is
 * the latest in their order; then it misses that one by the least; then it is nearest; then its id is least.
 *
 * To be called after `scan` for the same need: it uses the answers that the workspace has learnt.
 */
export function nearestMiss(catalogue: Catalogue, prepared: PreparedNeed, workspace: Workspace): NearestMiss | null {
  const { runs, failedByAll } = runsNearCategory(catalogue, prepared);
  const best: Miss = { row: -1, failed: 0, rank: Number.POSITIVE_INFINITY, gap: 0, distance: 0 };
  const gaps = new Map<number, number>();
  markNames(catalogue, prepared, workspace, true);
  for (const rows of runs) {
    for (let begin = 0; begin < rows.length; begin += BLOCK_ENTRIES) {
      const block = { rows, begin, end: Math.min(rows.length, begin + BLOCK_ENTRIES), failedByAll };
      lookThrough(catalogue, prepared, workspace, block, gaps, best);
    }
  }
  markNames(catalogue, prepared, workspace, false);
  const { row, failed } = best;
  if (row === -1) return null;
  const constraints = CONSTRAINTS.filter((_, index) => (failed & (1 << index)) !== 0);
  return {
    serviceId: catalogue.ids.idOf(row),
    constraint: constraints[0]!,
    reason: shortfallReason(catalogue, prepared, row, constraints),
  };
}

/** The row that came closest so far: bit n of `failed` stands for the n-th of `CONSTRAINTS`; `row` is -1 before the first. */
type Miss = { row: number; failed: number; rank: number; gap: number; distance: number };

/** Entries to look through, and the constraints that every one of them fails, as bits. */
type Block = {
  readonly rows: Int32Array;
  readonly begin: number;
  readonly end: number;
  readonly failedByAll: number;
};

/** Gaps by number of a timetable or an eligibility rule, which many services share. */
type SharedGaps = Map<number, number>;

const BIT = Object.fromEntries(CONSTRAINTS.map((constraint, index) => [constraint, 1 << index])) as Record<
  Constraint,
  number
>;
const { ADMISSION, CATCHMENT, ELIGIBILITY, SCHEDULE, CAPACITY, PRICE, PREFERENCE } = BIT;

/** By the bits of what fails, a number that is less for a nearer miss: by how many fail, then by the first of them. */
const RANKS = Uint8Array.from({ length: 1 << CONSTRAINTS.length }, (_, failed) =>
  failed === 0 ? 0 : CONSTRAINTS.length * bitCount(failed) - firstOf(failed),
);

/**
 * Puts the closest of the block and `best` into `best`. A constraint more never makes a miss nearer, so what costs more is
 * looked at only while a row can still be the closest; of the million rows that are all out of reach, the gap is measured
 * only for those that are not farther than the closest so far allows.
 */
function lookThrough(
  catalogue: Catalogue,
  prepared: PreparedNeed,
  workspace: Workspace,
  block: Block,
  gaps: SharedGaps,
  best: Miss,
): void {
  const { columns } = catalogue;
  const { flags, x, y, z, radiusMetres, priceFen, placesFree, eligibility, timetable } = columns;
  const { need, vector, excludedNatures } = prepared;
  const { nowMs, quantity } = need;
  const { rows, end, failedByAll } = block;
  const ux = vector?.[0] ?? 0;
  const uy = vector?.[1] ?? 0;
  const uz = vector?.[2] ?? 0;
  const placed = vector !== null;
  const highestPrice = need.maximumPriceFen ?? Number.MAX_SAFE_INTEGER;
  const named = namesAnything(need);
  const eligibleValues = workspace.eligible.values;
  const eligibleBase = workspace.eligible.base;
  const timelinessValues = workspace.timeliness.values;
  const timelinessBase = workspace.timeliness.base;
  for (let entry = block.begin; entry < end; entry += 1) {
    const row = rows[entry]!;
    const flag = flags[row]!;
    let failed = failedByAll;
    if ((flag & FLAG.admitted) === 0) failed |= ADMISSION;
    else if ((flag & FLAG.term) !== 0 && (columns.termStartMs[row]! > nowMs || columns.termEndMs[row]! < nowMs))
      failed |= ADMISSION;
    if (placesFree[row]! >>> 0 < quantity) failed |= CAPACITY;
    if (priceFen[row]! > highestPrice) failed |= PRICE;
    if (RANKS[failed]! > best.rank) continue;

    const ruleNumber = eligibility[row]!;
    let served = eligibleValues[ruleNumber]! - eligibleBase;
    if (served < 0) served = isServed(catalogue, prepared, workspace, ruleNumber) ? 1 : 0;
    if (served === 0) failed |= ELIGIBILITY;
    const timetableNumber = timetable[row]!;
    let timely = timelinessValues[timetableNumber]! - timelinessBase;
    if (timely < 0) timely = timelyOf(catalogue, prepared, workspace, timetableNumber);
    if (timely === 0) failed |= SCHEDULE;
    if (named) {
      const marks = workspace.providerMarks[columns.provider[row]!]! | workspace.rowMarks[row]!;
      if ((marks & MARK.excluded) !== 0 || ((1 << columns.nature[row]!) & excludedNatures) !== 0) failed |= PREFERENCE;
    }
    if (RANKS[failed]! > best.rank) continue;

    let chord = Number.POSITIVE_INFINITY;
    if (placed && (flag & FLAG.place) !== 0) {
      chord =
        (flag & FLAG.furtherPlaces) === 0
          ? chordTo(ux, uy, uz, x[row]!, y[row]!, z[row]!)
          : leastChord(catalogue, prepared, row);
    }
    if ((flag & FLAG.circle) !== 0 && !isWithin(chord, radiusMetres[row]!)) failed |= CATCHMENT;
    else if ((flag & FLAG.communities) !== 0 && !inCommunities(catalogue, prepared, row)) failed |= CATCHMENT;
    const rank = RANKS[failed]!;
    if (rank > best.rank) continue;
    if (rank === best.rank) {
      // The gap of CATCHMENT is the distance, less the radius where its communities hold the need's.
      const outOfReach = (failed & -failed) === CATCHMENT;
      if (outOfReach && chord > chordBeyond(best.gap + radiusMetres[row]!)) continue;
      const gap = gapOf(catalogue, prepared, row, failed, gaps);
      if (gap > best.gap) continue;
      if (gap === best.gap) {
        if (chord > chordBeyond(best.distance)) continue;
        const distance = distanceMetres(catalogue, prepared, row) ?? Number.POSITIVE_INFINITY;
        if (distance > best.distance) continue;
        if (distance === best.distance && !catalogue.ids.isBefore(row, best.row)) continue;
      }
    }
    best.row = row;
    best.failed = failed;
    best.rank = rank;
    best.gap = gapOf(catalogue, prepared, row, failed, gaps);
    best.distance = distanceMetres(catalogue, prepared, row) ?? Number.POSITIVE_INFINITY;
  }
}

/** By how much the row misses the first of the constraints that it fails. */
function gapOf(catalogue: Catalogue, prepared: PreparedNeed, row: number, failed: number, gaps: SharedGaps): number {
  const first = firstOf(failed);
  const { gap } = SHORTFALLS[CONSTRAINTS[first]!];
  const bit = 1 << first;
  if (bit !== SCHEDULE && bit !== ELIGIBILITY) return gap(catalogue, prepared, row);
  const { timetable, eligibility } = catalogue.columns;
  const key = CONSTRAINTS.length * (bit === SCHEDULE ? timetable[row]! : eligibility[row]!) + first;
  let known = gaps.get(key);
  if (known === undefined) {
    known = gap(catalogue, prepared, row);
    gaps.set(key, known);
  }
  return known;
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

/** The rows to look at, in runs (a row may stand in several), and the bit of CATEGORY where all of them fail it. */
function runsNearCategory(
  catalogue: Catalogue,
  prepared: PreparedNeed,
): { readonly runs: readonly Int32Array[]; readonly failedByAll: number } {
  const { postings, taxonomy } = catalogue;
  const rowsOf = (category: number) => {
    const { rows, count } = postings[category]!.entries;
    return rows.subarray(0, count);
  };
  const ofLine = prepared.line.filter((category) => postings[category]!.entries.count > 0);
  if (ofLine.length > 0) return { runs: ofLine.map(rowsOf), failedByAll: 0 };
  if (prepared.category !== -1) {
    const filled = postings.flatMap((posting, category) => (posting.entries.count > 0 ? [category] : []));
    const steps = filled.map((category) => stepsBetween(taxonomy, prepared.category, category));
    const fewest = steps.reduce((least, count) => Math.min(least, count), Number.POSITIVE_INFINITY);
    const nearest = filled.filter((_, index) => steps[index] === fewest);
    if (nearest.length > 0) return { runs: nearest.map(rowsOf), failedByAll: BIT.CATEGORY };
  }
  const live: number[] = [];
  for (let row = 0; row < catalogue.rowEnd; row += 1) {
    if ((catalogue.columns.flags[row]! & FLAG.live) !== 0) live.push(row);
  }
  return { runs: [Int32Array.from(live)], failedByAll: BIT.CATEGORY };
}
