import type { Catalogue } from '../catalogue/catalogue.ts';
import { isEligible } from '../catalogue/eligibility.ts';
import { writeUnitVector } from '../catalogue/geodesy.ts';
import {
  checkInstant,
  checkName,
  checkPoint,
  checkWeeklyWindow,
  checkWhole,
  failer,
  NATURES,
} from '../catalogue/service-check.ts';
import { firstOpening, readPreferredWeek } from '../catalogue/timetable.ts';
import { timelinessValue } from '../factors.ts';
import type { NeedRecord } from '../records.ts';
import type { PreparedQuery } from '../text/prepared-query.ts';
import type { Workspace } from './workspace.ts';

/** A need made ready to be held against the services of one catalogue as it is now. */
export type PreparedNeed = {
  readonly need: NeedRecord;
  /** Index of its category, its own or the one its text found; -1 when neither. */
  readonly category: number;
  /** The category and those above it; empty when there is none. */
  readonly line: readonly number[];
  /** Its place as a point of the unit sphere; `null` when not known. */
  readonly vector: Float64Array | null;
  /** Number of its community in the catalogue; -1 where no service lists it. */
  readonly community: number;
  readonly attributes: Uint32Array;
  /** Its window of time, both ends included; `toMs` is `Infinity` without a deadline. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly preferredWeek: ReturnType<typeof readPreferredWeek>;
  /** Bit n excludes the n-th of `NATURES`. */
  readonly excludedNatures: number;
  readonly query: PreparedQuery;
  /** Whether it has words to compare at all. */
  readonly hasText: boolean;
};

/**
 * Checks a need and makes it ready. A need without category gets the one its words find. Throws `MatchingInputError`
 * naming the field.
 */
export function prepareNeed(catalogue: Catalogue, need: NeedRecord): PreparedNeed {
  checkNeed(catalogue, need);
  const { taxonomy } = catalogue;
  const code = need.category ?? catalogue.categoriser.categorise(`${need.title} ${need.description}`, 1)[0]?.code;
  const category = code === undefined ? -1 : taxonomy.indexOf.get(code)!;
  let vector: Float64Array | null = null;
  if (need.location !== null) {
    vector = new Float64Array(3);
    writeUnitVector(need.location, vector, 0);
  }
  return {
    need,
    category,
    line: category === -1 ? [] : taxonomy.lines[category]!,
    vector,
    community: catalogue.communities.get(need.communityId) ?? -1,
    attributes: catalogue.attributes.bitsOf(need.attributes),
    fromMs: Math.max(need.nowMs, need.earliestMs ?? need.nowMs),
    toMs: need.deadlineMs ?? Number.POSITIVE_INFINITY,
    preferredWeek: readPreferredWeek(need.preferredWindows),
    excludedNatures: need.excludedNatures.reduce((mask, nature) => mask | (1 << NATURES.indexOf(nature)), 0),
    query: catalogue.text.prepare({ title: need.title, description: need.description }),
    hasText: need.title.trim() !== '' || need.description.trim() !== '',
  };
}

/** Whether the resident is among those whom the eligibility rule of this number serves. */
export function eligible(catalogue: Catalogue, prepared: PreparedNeed, eligibility: number): boolean {
  return isEligible(catalogue.eligibilities.values[eligibility]!, prepared.attributes, prepared.need.age);
}

/** First opening of the timetable of this number within the need's window; `Infinity` when there is none. */
export function opening(catalogue: Catalogue, prepared: PreparedNeed, timetable: number): number {
  return firstOpening(
    catalogue.timetables.values[timetable]!,
    prepared.preferredWeek,
    prepared.fromMs,
    prepared.toMs,
    catalogue.utcOffsetMinutes,
  );
}

/** `eligible`, asked once a rule. */
export function isServed(catalogue: Catalogue, prepared: PreparedNeed, workspace: Workspace, number: number): boolean {
  const known = workspace.eligible.values[number]! - workspace.eligible.base;
  if (known >= 0) return known === 1;
  return workspace.eligible.learn(number, eligible(catalogue, prepared, number) ? 1 : 0) === 1;
}

/** 1 + `timeliness`, asked once a timetable: 0 when it has no opening within the need's window. */
export function timelyOf(catalogue: Catalogue, prepared: PreparedNeed, workspace: Workspace, number: number): number {
  const known = workspace.timeliness.values[number]! - workspace.timeliness.base;
  if (known >= 0) return known;
  return workspace.timeliness.learn(number, 1 + timeliness(catalogue, prepared, number));
}

/** TIMELINESS for the timetable of this number; -1 when it has no opening within the need's window. */
export function timeliness(catalogue: Catalogue, prepared: PreparedNeed, timetable: number): number {
  const openingMs = opening(catalogue, prepared, timetable);
  if (openingMs === Number.POSITIVE_INFINITY) return -1;
  return timelinessValue(openingMs, prepared.fromMs, prepared.need.deadlineMs);
}

function checkNeed(catalogue: Catalogue, need: NeedRecord): void {
  const fail = failer({ list: 'need', position: null });
  checkName(need.id, 'id', fail);
  checkName(need.communityId, 'communityId', fail);
  if (need.category !== null && !catalogue.taxonomy.indexOf.has(need.category)) {
    fail('category', `must be null or a code of the taxonomy, not ${need.category}`);
  }
  if (typeof need.title !== 'string') fail('title', 'must be a text');
  if (typeof need.description !== 'string') fail('description', 'must be a text');
  if (need.location !== null) checkPoint(need.location, 'location', fail);
  for (const name of need.attributes) checkName(name, 'attributes', fail);
  if (need.age !== null) checkWhole(need.age, 'age', fail);
  checkInstant(need.nowMs, 'nowMs', fail);
  const { earliestMs, deadlineMs } = need;
  if (earliestMs !== null) checkInstant(earliestMs, 'earliestMs', fail);
  if (deadlineMs !== null) checkInstant(deadlineMs, 'deadlineMs', fail);
  if (earliestMs !== null && deadlineMs !== null && deadlineMs < earliestMs) {
    fail('deadlineMs', 'must not be before earliestMs');
  }
  for (const window of need.preferredWindows) checkWeeklyWindow(window, 'preferredWindows', fail);
  checkWhole(need.quantity, 'quantity', fail);
  if (need.quantity === 0) fail('quantity', 'must be at least 1');
  if (need.maximumPriceFen !== null) checkWhole(need.maximumPriceFen, 'maximumPriceFen', fail);
  if (need.ownMaximumPriceFen !== undefined) checkWhole(need.ownMaximumPriceFen, 'ownMaximumPriceFen', fail);
  for (const nature of need.excludedNatures) {
    if (!NATURES.includes(nature)) fail('excludedNatures', `must be some of ${NATURES.join(', ')}`);
  }
  for (const id of need.excludedProviders) checkName(id, 'excludedProviders', fail);
  for (const id of need.excludedServices) checkName(id, 'excludedServices', fail);
  for (const id of need.preferredProviders) checkName(id, 'preferredProviders', fail);
  for (const id of need.preferredServices) checkName(id, 'preferredServices', fail);
  for (const id of need.previousProviders) checkName(id, 'previousProviders', fail);
}
