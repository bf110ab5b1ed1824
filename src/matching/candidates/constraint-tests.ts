import type { Catalogue } from '../catalogue/catalogue.ts';
import { FLAG } from '../catalogue/columns.ts';
import { NATURES } from '../catalogue/service-check.ts';
import { CONSTRAINTS, type Constraint } from '../records.ts';
import { isWithin, leastChord } from './distance.ts';
import { eligible, opening, type PreparedNeed } from './prepared-need.ts';

type ConstraintTest = (catalogue: Catalogue, prepared: PreparedNeed, row: number) => boolean;

/** Whether one service meets one hard constraint: the plain statement of the rules that the scan applies to many. */
export const CONSTRAINT_TESTS: Readonly<Record<Constraint, ConstraintTest>> = {
  CATEGORY: (catalogue, prepared, row) => levelsAbove(catalogue, prepared, row) !== -1,
  ADMISSION: ({ columns }, { need }, row) =>
    (columns.flags[row]! & FLAG.admitted) !== 0 &&
    columns.termStartMs[row]! <= need.nowMs &&
    columns.termEndMs[row]! >= need.nowMs,
  CATCHMENT: (catalogue, prepared, row) =>
    inCircle(catalogue, prepared, row) && inCommunities(catalogue, prepared, row),
  ELIGIBILITY: (catalogue, prepared, row) => eligible(catalogue, prepared, catalogue.columns.eligibility[row]!),
  SCHEDULE: (catalogue, prepared, row) =>
    opening(catalogue, prepared, catalogue.columns.timetable[row]!) !== Number.POSITIVE_INFINITY,
  CAPACITY: ({ columns }, { need }, row) => columns.placesFree[row] === -1 || columns.placesFree[row]! >= need.quantity,
  PRICE: ({ columns }, { need }, row) =>
    need.maximumPriceFen === null || columns.priceFen[row]! <= need.maximumPriceFen,
  PREFERENCE: (catalogue, { need }, row) =>
    (need.excludedServices.length === 0 || !need.excludedServices.includes(catalogue.ids.idOf(row))) &&
    !need.excludedProviders.includes(providerOf(catalogue, row)) &&
    !need.excludedNatures.includes(NATURES[catalogue.columns.nature[row]!]!),
};

/** The first constraint that a row fails, in the order of `CONSTRAINTS`; `null` when it passes all. */
export function firstFailure(catalogue: Catalogue, prepared: PreparedNeed, row: number): Constraint | null {
  return CONSTRAINTS.find((constraint) => !CONSTRAINT_TESTS[constraint](catalogue, prepared, row)) ?? null;
}

/** How many levels the row's category stands above the need's, 0 for the very one; -1 when it does not serve it. */
export function levelsAbove(catalogue: Catalogue, prepared: PreparedNeed, row: number): number {
  const categories = catalogue.categorySets.values[catalogue.columns.categorySet[row]!]!;
  return prepared.line.findIndex((category) => categories.includes(category));
}

/** Whether the need lies in the row's service circle; a row without one has no such limit, an unknown place is in none. */
export function inCircle(catalogue: Catalogue, prepared: PreparedNeed, row: number): boolean {
  if ((catalogue.columns.flags[row]! & FLAG.circle) === 0) return true;
  if (prepared.vector === null) return false;
  return isWithin(leastChord(catalogue, prepared, row), catalogue.columns.radiusMetres[row]!);
}

/** Whether the row serves the need's community; a row without a list serves all. */
export function inCommunities(catalogue: Catalogue, prepared: PreparedNeed, row: number): boolean {
  const set = catalogue.columns.communitySet[row]!;
  return set === -1 || catalogue.communitySets.values[set]!.includes(prepared.community);
}

/** Id of the row's provider. */
export function providerOf(catalogue: Catalogue, row: number): string {
  return catalogue.providers.values[catalogue.columns.provider[row]!]!;
}
