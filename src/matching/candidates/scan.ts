import type { Catalogue } from '../catalogue/catalogue.ts';
import { FLAG, MAY_REPEAT } from '../catalogue/columns.ts';
import { EARTH_RADIUS_METRES, metresOfChord } from '../catalogue/geodesy.ts';
import { withRoomFor } from '../catalogue/growth.ts';
import { ANYWHERE_KEY, communityKey } from '../catalogue/posting.ts';
import {
  affordabilityValue,
  CHOSEN_PROVIDER_VALUE,
  categoryValue,
  NO_PLACE_VALUE,
  proximityValue,
  UNKNOWN_PLACE_VALUE,
} from '../factors.ts';
import type { Weights } from '../profile.ts';
import { CONSTRAINTS, type Constraint, FACTORS, type Factor, SCORE_SCALE } from '../records.ts';
import { inCommunities } from './constraint-tests.ts';
import { nearestFurther } from './distance.ts';
import { eligible, type PreparedNeed, timeliness } from './prepared-need.ts';
import { MARK, type Workspace } from './workspace.ts';

/** How many services each constraint removed; what is left in `workspace.passers` passed. */
export type Removed = Record<Constraint, number>;

/**
 * Holds every service against the hard constraints and leaves those that pass in `workspace.passers`, each with its
 * weighted sum of all factors but RELEVANCE in `workspace.partials`.
 *
 * Services outside the need's line of categories, and circles whose grid cells are too far away to hold the need, are
 * never looked at; they are counted from the postings' totals. Categories are scanned from the need's own upwards, so a
 * service that is filed under several of them is judged by the one nearest to the need.
 */
export function scan(catalogue: Catalogue, prepared: PreparedNeed, weights: Weights, workspace: Workspace): Removed {
  workspace.begin(catalogue);
  const removed = Object.fromEntries(CONSTRAINTS.map((constraint) => [constraint, 0])) as Removed;
  let filed = 0;
  let admitted = 0;
  for (const category of prepared.line) {
    filed += catalogue.postings[category]!.count;
    admitted += catalogue.postings[category]!.admittedAt(prepared.need.nowMs);
  }
  workspace.passers = withRoomFor(workspace.passers, admitted);
  workspace.partials = withRoomFor(workspace.partials, admitted);
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
    for (let run = 0; run < end; run += 2) {
      reached += scanRun(
        catalogue,
        prepared,
        weights,
        workspace,
        removed,
        posting.entries.rows,
        workspace.runs[run]!,
        workspace.runs[run + 1]!,
        run < circlesEnd,
        levels,
      );
    }
  });
  markNames(catalogue, prepared, workspace, false);
  removed.CATEGORY = catalogue.size - filed;
  removed.ADMISSION = filed - admitted;
  removed.CATCHMENT = admitted - reached;
  return removed;
}

/** Position of a factor's weight. */
export function weightOf(weights: Weights, factor: Factor): number {
  return weights.byFactor[FACTORS.indexOf(factor)]!;
}

/** Scans one run of entries; gives how many admitted services in it have the need in their catchment. */
function scanRun(
  catalogue: Catalogue,
  prepared: PreparedNeed,
  weights: Weights,
  workspace: Workspace,
  removed: Removed,
  rows: Int32Array,
  begin: number,
  end: number,
  circles: boolean,
  levels: number,
): number {
  const { columns } = catalogue;
  const { flags, x, y, z, termStartMs, termEndMs, radiusMetres, priceFen, placesFree, quality, load, provider } =
    columns;
  const { need, vector } = prepared;
  const { nowMs, quantity, maximumPriceFen } = need;
  const placed = vector !== null;
  const ux = vector?.[0] ?? 0;
  const uy = vector?.[1] ?? 0;
  const uz = vector?.[2] ?? 0;
  const highestPrice = maximumPriceFen ?? Number.POSITIVE_INFINITY;
  const { passers, partials, providerMarks, rowMarks, seen, epoch } = workspace;
  const eligibleStamps = workspace.eligible.stamps;
  const eligibleValues = workspace.eligible.values;
  const eligibleEpoch = workspace.eligible.epoch;
  const timelinessStamps = workspace.timeliness.stamps;
  const timelinessValues = workspace.timeliness.values;
  const timelinessEpoch = workspace.timeliness.epoch;
  const eligibilityColumn = columns.eligibility;
  const timetableColumn = columns.timetable;
  const natureColumn = columns.nature;
  const fixed = weightOf(weights, 'CATEGORY') * categoryValue(levels);
  const proximityWeight = weightOf(weights, 'PROXIMITY');
  const timelinessWeight = weightOf(weights, 'TIMELINESS');
  const affordabilityWeight = weightOf(weights, 'AFFORDABILITY');
  const qualityWeight = weightOf(weights, 'QUALITY');
  const loadWeight = weightOf(weights, 'LOAD');
  const continuityAll = weightOf(weights, 'CONTINUITY') * SCORE_SCALE;
  const choiceWeight = weightOf(weights, 'CHOICE');
  let reached = 0;
  let ineligible = 0;
  let closed = 0;
  let full = 0;
  let dear = 0;
  let ruledOut = 0;
  let { passed } = workspace;
  for (let entry = begin; entry < end; entry += 1) {
    const row = rows[entry]!;
    const flag = flags[row]!;
    if ((flag & FLAG.admitted) === 0) continue;
    if ((flag & FLAG.term) !== 0 && (termStartMs[row]! > nowMs || termEndMs[row]! < nowMs)) continue;
    if ((flag & MAY_REPEAT) !== 0) {
      if (seen[row] === epoch) continue;
      seen[row] = epoch;
    }

    let metres = -1;
    if (placed && (flag & FLAG.place) !== 0) {
      const dx = ux - x[row]!;
      const dy = uy - y[row]!;
      const dz = uz - z[row]!;
      let chord = dx * dx + dy * dy + dz * dz;
      if ((flag & FLAG.furtherPlaces) !== 0) chord = Math.min(chord, nearestFurther(vector, columns.further.get(row)!));
      if (circles) {
        // A chord is no longer than its arc: beyond this the arc is longer than the radius and half a metre.
        const reach = (radiusMetres[row]! + 0.6) / EARTH_RADIUS_METRES;
        if (chord > reach * reach) continue;
      }
      metres = Math.round(metresOfChord(chord));
      if (circles && metres > radiusMetres[row]!) continue;
    }
    if (circles && (flag & FLAG.communities) !== 0 && !inCommunities(catalogue, prepared, row)) continue;
    reached += 1;

    const eligibility = eligibilityColumn[row]!;
    if (eligibleStamps[eligibility] !== eligibleEpoch) {
      eligibleStamps[eligibility] = eligibleEpoch;
      eligibleValues[eligibility] = eligible(catalogue, prepared, eligibility) ? 1 : 0;
    }
    if (eligibleValues[eligibility] === 0) {
      ineligible += 1;
      continue;
    }
    const timetable = timetableColumn[row]!;
    if (timelinessStamps[timetable] !== timelinessEpoch) {
      timelinessStamps[timetable] = timelinessEpoch;
      timelinessValues[timetable] = timeliness(catalogue, prepared, timetable);
    }
    const timely = timelinessValues[timetable]!;
    if (timely < 0) {
      closed += 1;
      continue;
    }
    const free = placesFree[row]!;
    if (free !== -1 && free < quantity) {
      full += 1;
      continue;
    }
    const price = priceFen[row]!;
    if (price > highestPrice) {
      dear += 1;
      continue;
    }
    const marks = providerMarks[provider[row]!]!;
    const rowMark = rowMarks[row]!;
    if (((marks | rowMark) & MARK.excluded) !== 0 || ((1 << natureColumn[row]!) & prepared.excludedNatures) !== 0) {
      ruledOut += 1;
      continue;
    }

    const proximity =
      metres >= 0 ? proximityValue(metres) : (flag & FLAG.place) === 0 ? NO_PLACE_VALUE : UNKNOWN_PLACE_VALUE;
    let sum =
      fixed +
      proximityWeight * proximity +
      timelinessWeight * timely +
      affordabilityWeight * affordabilityValue(price, maximumPriceFen) +
      qualityWeight * quality[row]! +
      loadWeight * load[row]!;
    if ((marks & MARK.previous) !== 0) sum += continuityAll;
    if ((rowMark & MARK.preferred) !== 0) sum += choiceWeight * SCORE_SCALE;
    else if ((marks & MARK.preferred) !== 0) sum += choiceWeight * CHOSEN_PROVIDER_VALUE;
    passers[passed] = row;
    partials[passed] = sum;
    passed += 1;
  }
  workspace.passed = passed;
  removed.ELIGIBILITY += ineligible;
  removed.SCHEDULE += closed;
  removed.CAPACITY += full;
  removed.PRICE += dear;
  removed.PREFERENCE += ruledOut;
  return reached;
}

/** Sets the marks of what the need says by name, or takes them away again. */
function markNames(catalogue: Catalogue, { need }: PreparedNeed, workspace: Workspace, set: boolean): void {
  const markProviders = (ids: readonly string[], mark: number) => {
    for (const id of ids) {
      const number = catalogue.providers.find(id);
      if (number !== -1) workspace.providerMarks[number] = set ? workspace.providerMarks[number]! | mark : 0;
    }
  };
  const markRows = (ids: readonly string[], mark: number) => {
    for (const id of ids) {
      const row = catalogue.rowOf(id);
      if (row !== -1) workspace.rowMarks[row] = set ? workspace.rowMarks[row]! | mark : 0;
    }
  };
  markProviders(need.excludedProviders, MARK.excluded);
  markProviders(need.preferredProviders, MARK.preferred);
  markProviders(need.previousProviders, MARK.previous);
  markRows(need.excludedServices, MARK.excluded);
  markRows(need.preferredServices, MARK.preferred);
}
