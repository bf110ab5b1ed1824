import type { Catalogue } from '../catalogue/catalogue.ts';
import { BOX_SHIFT, FLAG, MAY_REPEAT } from '../catalogue/columns.ts';
import { EARTH_RADIUS_METRES } from '../catalogue/geodesy.ts';
import { ANYWHERE_KEY, communityKey } from '../catalogue/posting.ts';
import {
  affordabilityValue,
  CIRCLE_METRES,
  categoryValue,
  NO_PLACE_VALUE,
  proximityValue,
  UNKNOWN_PLACE_VALUE,
} from '../factors.ts';
import { type Weights, weightOf } from '../profile.ts';
import { CONSTRAINTS, type Constraint, SCORE_SCALE } from '../records.ts';
import { inCommunities } from './constraint-tests.ts';
import { chordTo, isWithin, leastChord, metresOf } from './distance.ts';
import { markNames, namesAnything, wishSum } from './names.ts';
import { isServed, type PreparedNeed, timelyOf } from './prepared-need.ts';
import { MARK, type Workspace } from './workspace.ts';

/**
 * A long run is scanned in blocks of so many entries: a function that is called often is compiled sooner and better than
 * one that is entered once and loops.
 */
const BLOCK_ENTRIES = 4096;
const CIRCLE_SQUARE = CIRCLE_METRES * CIRCLE_METRES;
/** The square of a chord of 1,000 m. */
const NEAR_CHORD = (1000 / EARTH_RADIUS_METRES) ** 2;
const GREATEST_INT32 = 2 ** 31 - 1;

/** How many services each constraint removed; what is left passed. */
export type Removed = Record<Constraint, number>;

const NONE_REMOVED = Object.fromEntries(CONSTRAINTS.map((constraint) => [constraint, 0])) as Removed;

/**
 * Holds every service against the hard constraints and leaves in `workspace.kept` those that pass and may be among the k
 * best, each with its exact weighted sum of all factors but RELEVANCE.
 *
 * Services outside the need's line of categories, and circles whose grid cells are too far away to hold the need, are
 * never looked at; they are counted from the postings' totals. Categories are scanned from the need's own upwards, so a
 * service that is filed under several of them is judged by the one nearest to the need.
 *
 * A service that passes is left out only when its score cannot reach that of k others. Let T be its whole weighted sum
 * and t the threshold: at least k services have sums of t or more even if RELEVANCE gave them nothing, and t is a
 * multiple of the sum of weights W, so T < t means a lower score than each of theirs. In the loop T is bounded from
 * above by `bound + proximityWeight · p`, where
 * - `bound` has the exact weighted values of CATEGORY, TIMELINESS, QUALITY, LOAD, CONTINUITY and CHOICE, the greatest
 *   that RELEVANCE can give, and AFFORDABILITY before rounding. Rounding adds less than one unit to the values of
 *   AFFORDABILITY and PROXIMITY, which is put in, and one whole W beside, a thousand times more than what a dozen
 *   operations on doubles can lose below 10^6 · W;
 * - p = SCORE_SCALE · c² / (c² + d²) with c = CIRCLE_METRES is PROXIMITY before rounding, for a d that is no greater
 *   than the distance in whole metres: an arc is no shorter than its chord, rounding takes at most half a metre off, and
 *   the chord of these unit vectors is wrong by less than a millimetre. p falls as d grows, so p at a lesser d is no less.
 * So a service is left out where bound + proximityWeight · p < t, written without a division.
 *
 * A service without a circle may be anywhere, so first the box around the places of its block of rows is asked: no place of
 * the block is nearer than the box, so p at the box's distance bounds all of them. Where not even the greatest values of all
 * other factors reach t with that, the rows of the block are only counted.
 */
export function scan(
  catalogue: Catalogue,
  prepared: PreparedNeed,
  weights: Weights,
  workspace: Workspace,
  k: number,
): Removed {
  workspace.begin(catalogue, k, weights.sum);
  const removed = { ...NONE_REMOVED };
  let filed = 0;
  let admitted = 0;
  for (const category of prepared.line) {
    filed += catalogue.postings[category]!.count;
    admitted += catalogue.postings[category]!.admittedAt(prepared.need.nowMs);
  }
  markNames(catalogue, prepared, workspace, true);
  let reached = 0;
  prepared.line.forEach((category, levels) => {
    const posting = catalogue.postings[category]!;
    const { location } = prepared.need;
    let end = 0;
    if (location !== null) {
      end = posting.circlesAround(location.latitude, location.longitude, workspace.runs, 0, workspace.gridRuns);
    }
    const circlesEnd = end;
    end = posting.under(ANYWHERE_KEY, workspace.runs, end);
    if (prepared.community !== -1) end = posting.under(communityKey(prepared.community), workspace.runs, end);
    const { rows } = posting.entries;
    const scanRuns = (from: number, to: number, boxes: Boxes) => {
      for (let at = from; at < to; at += 2) {
        const runEnd = workspace.runs[at + 1]!;
        for (let begin = workspace.runs[at]!; begin < runEnd; begin += BLOCK_ENTRIES) {
          const block = { rows, begin, end: Math.min(runEnd, begin + BLOCK_ENTRIES), boxes, levels };
          reached += scanBlock(catalogue, prepared, weights, workspace, removed, block);
        }
      }
    };
    scanRuns(0, circlesEnd, 'CIRCLES');
    // Near ones first: they raise the threshold, and then most of the others can be left out unscored.
    scanRuns(circlesEnd, end, 'NEAR');
    if (location !== null) scanRuns(circlesEnd, end, 'FAR');
  });
  markNames(catalogue, prepared, workspace, false);
  removed.CATEGORY = catalogue.size - filed;
  removed.ADMISSION = filed - admitted;
  removed.CATCHMENT = admitted - reached;
  return removed;
}

/** The most that RELEVANCE can add to a weighted sum for this need. */
export function relevanceSlack(prepared: PreparedNeed, weights: Weights): number {
  return prepared.hasText ? weightOf(weights, 'RELEVANCE') * SCORE_SCALE : 0;
}

/**
 * Which entries of a block are scanned: all, which are circles; or of services without a circle those whose box is near the
 * need (all, where its place is not known), or those whose box is far.
 */
type Boxes = 'CIRCLES' | 'NEAR' | 'FAR';

/** Entries of one posting that lie next to each other, and the levels they stand above the need. */
type Block = {
  readonly rows: Int32Array;
  readonly begin: number;
  readonly end: number;
  readonly boxes: Boxes;
  readonly levels: number;
};

/** Scans one block; gives how many admitted services in it have the need in their catchment. Allocates nothing. */
function scanBlock(
  catalogue: Catalogue,
  prepared: PreparedNeed,
  weights: Weights,
  workspace: Workspace,
  removed: Removed,
  block: Block,
): number {
  const { columns } = catalogue;
  const { flags, x, y, z, radiusMetres, priceFen, placesFree, quality, load, eligibility, timetable } = columns;
  const { need, vector, excludedNatures } = prepared;
  const { nowMs, quantity, maximumPriceFen } = need;
  const { rows, end } = block;
  const circles = block.boxes === 'CIRCLES';
  const far = block.boxes === 'FAR';
  const { seen, epoch, kept } = workspace;
  const placed = vector !== null;
  const ux = vector?.[0] ?? 0;
  const uy = vector?.[1] ?? 0;
  const uz = vector?.[2] ?? 0;
  const highestPrice = maximumPriceFen ?? GREATEST_INT32;
  const priceSlope = maximumPriceFen === null || maximumPriceFen === 0 ? 0 : SCORE_SCALE / maximumPriceFen;
  const named = namesAnything(need);
  const eligibleValues = workspace.eligible.values;
  const eligibleBase = workspace.eligible.base;
  const timelinessValues = workspace.timeliness.values;
  const timelinessBase = workspace.timeliness.base;
  const proximityWeight = weightOf(weights, 'PROXIMITY');
  const timelinessWeight = weightOf(weights, 'TIMELINESS');
  const affordabilityWeight = weightOf(weights, 'AFFORDABILITY');
  const qualityWeight = weightOf(weights, 'QUALITY');
  const loadWeight = weightOf(weights, 'LOAD');
  const fixed = weightOf(weights, 'CATEGORY') * categoryValue(block.levels);
  const slack = relevanceSlack(prepared, weights) + affordabilityWeight + proximityWeight + weights.sum;
  const greatestProximity = proximityWeight * SCORE_SCALE;
  const greatestOthers =
    fixed +
    slack +
    SCORE_SCALE * (timelinessWeight + affordabilityWeight + qualityWeight + loadWeight) +
    (named ? SCORE_SCALE * (weightOf(weights, 'CONTINUITY') + weightOf(weights, 'CHOICE')) : 0);
  const thresholds = kept.greatest.threshold;
  let threshold = thresholds[0]!;
  let reached = 0;
  let ineligible = 0;
  let closed = 0;
  let full = 0;
  let dear = 0;
  let ruledOut = 0;
  let box = -1;
  let nearest = greatestProximity;
  let hopeless = false;
  for (let entry = block.begin; entry < end; entry += 1) {
    const row = rows[entry]!;
    if (row >>> BOX_SHIFT !== box && placed && !circles) {
      box = row >>> BOX_SHIFT;
      const chord = columns.chordToBox(row, ux, uy, uz);
      if (chord > NEAR_CHORD !== far) {
        entry = endOfBox(rows, entry, end) - 1;
        continue;
      }
      nearest = greatestProximityAt(chord, proximityWeight);
      hopeless = greatestOthers + nearest < threshold;
    }
    const flag = flags[row]!;
    if ((flag & (FLAG.admitted | FLAG.term | MAY_REPEAT)) !== FLAG.admitted) {
      if ((flag & FLAG.admitted) === 0) continue;
      if ((flag & FLAG.term) !== 0 && (columns.termStartMs[row]! > nowMs || columns.termEndMs[row]! < nowMs)) continue;
      if ((flag & MAY_REPEAT) !== 0) {
        if (seen[row] === epoch) continue;
        seen[row] = epoch;
      }
    }

    let chord = -1;
    if (circles) {
      chord =
        (flag & FLAG.furtherPlaces) === 0
          ? chordTo(ux, uy, uz, x[row]!, y[row]!, z[row]!)
          : leastChord(catalogue, prepared, row);
      if (!isWithin(chord, radiusMetres[row]!)) continue;
      if ((flag & FLAG.communities) !== 0 && !inCommunities(catalogue, prepared, row)) continue;
    }
    reached += 1;

    const ruleNumber = eligibility[row]!;
    let served = eligibleValues[ruleNumber]! - eligibleBase;
    if (served < 0) {
      isServed(catalogue, prepared, workspace, ruleNumber);
      served = eligibleValues[ruleNumber]! - eligibleBase;
    }
    if (served === 0) {
      ineligible += 1;
      continue;
    }
    const timetableNumber = timetable[row]!;
    let timely = timelinessValues[timetableNumber]! - timelinessBase;
    if (timely < 0) {
      timelyOf(catalogue, prepared, workspace, timetableNumber);
      timely = timelinessValues[timetableNumber]! - timelinessBase;
    }
    if (timely === 0) {
      closed += 1;
      continue;
    }
    // Unlimited is -1, which is the greatest number without a sign.
    if (placesFree[row]! >>> 0 < quantity) {
      full += 1;
      continue;
    }
    const price = priceFen[row]!;
    if (price > highestPrice) {
      dear += 1;
      continue;
    }
    if (hopeless && !named) continue;
    let sum = fixed + timelinessWeight * (timely - 1) + qualityWeight * quality[row]! + loadWeight * load[row]!;
    if (named) {
      const marks = workspace.providerMarks[columns.provider[row]!]!;
      const rowMark = workspace.rowMarks[row]!;
      if (((marks | rowMark) & MARK.excluded) !== 0 || ((1 << columns.nature[row]!) & excludedNatures) !== 0) {
        ruledOut += 1;
        continue;
      }
      if (hopeless) continue;
      sum += wishSum(weights, marks, rowMark);
    }

    const affordable = maximumPriceFen === null ? SCORE_SCALE : SCORE_SCALE - priceSlope * price;
    const missing = threshold - slack - sum - affordabilityWeight * affordable;
    if (missing > nearest) continue;
    if (placed && !circles && (flag & FLAG.place) !== 0) {
      chord =
        (flag & FLAG.furtherPlaces) === 0
          ? chordTo(ux, uy, uz, x[row]!, y[row]!, z[row]!)
          : leastChord(catalogue, prepared, row);
    }
    if (missing > 0 && chord >= 0) {
      const metres = Math.sqrt(chord) * EARTH_RADIUS_METRES - 0.51;
      if (metres > 0 && missing * (CIRCLE_SQUARE + metres * metres) > greatestProximity * CIRCLE_SQUARE) continue;
    }
    let proximity = UNKNOWN_PLACE_VALUE;
    if (chord >= 0) proximity = proximityValue(metresOf(chord));
    else if ((flag & FLAG.place) === 0) proximity = NO_PLACE_VALUE;
    sum += proximityWeight * proximity + affordabilityWeight * affordabilityValue(price, maximumPriceFen);
    kept.keep(row, sum);
    threshold = thresholds[0]!;
  }
  workspace.passed += reached - ineligible - closed - full - dear - ruledOut;
  removed.ELIGIBILITY += ineligible;
  removed.SCHEDULE += closed;
  removed.CAPACITY += full;
  removed.PRICE += dear;
  removed.PREFERENCE += ruledOut;
  return reached;
}

/** One past the last entry from `begin` whose row shares the box of its row; rows ascend. */
function endOfBox(rows: Int32Array, begin: number, end: number): number {
  const beyond = ((rows[begin]! >>> BOX_SHIFT) + 1) << BOX_SHIFT;
  let low = begin + 1;
  let high = Math.min(end, begin + 2 ** BOX_SHIFT);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]! < beyond) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The most that PROXIMITY can add to a weighted sum where the square of the chord is at least this. */
function greatestProximityAt(chord: number, weight: number): number {
  const metres = Math.max(0, Math.sqrt(chord) * EARTH_RADIUS_METRES - 0.51);
  return (weight * SCORE_SCALE * CIRCLE_SQUARE) / (CIRCLE_SQUARE + metres * metres);
}
