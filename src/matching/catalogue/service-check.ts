import { MatchingInputError } from '../errors.ts';
import type { EligibilityRule, Point, ProviderKind, ServiceNature, ServiceRecord, WeeklyWindow } from '../records.ts';
import type { Taxonomy } from './taxonomy.ts';
import { dayOfDate } from './timetable.ts';

/** The natures by number; bit n of a mask stands for the n-th. */
export const NATURES: readonly ServiceNature[] = ['SELF_GOVERNANCE', 'COMMERCIAL', 'PUBLIC_BENEFIT', 'DERIVED'];
const PROVIDER_KINDS: readonly ProviderKind[] = ['GOVERNMENT', 'SELF_GOVERNING', 'SOCIAL'];
const GREATEST_INT32 = 2 ** 31 - 1;
const MINUTES_PER_DAY = 1440;
const GREATEST_INSTANT_MS = 8.64e15 - 2 * 86_400_000;

/** Where a record comes from, for messages: `services.priceFen[12]` or `service.priceFen`. */
export type Source = { readonly list: string; readonly position: number | null };

/** Throws `MatchingInputError` naming the field and the position when a service breaks a rule of `ServiceRecord`. */
export function checkService(service: ServiceRecord, taxonomy: Taxonomy, source: Source): void {
  const fail = failer(source);
  checkName(service.id, 'id', fail);
  checkName(service.providerId, 'providerId', fail);
  if (!PROVIDER_KINDS.includes(service.providerKind))
    fail('providerKind', `must be one of ${PROVIDER_KINDS.join(', ')}`);
  if (!NATURES.includes(service.nature)) fail('nature', `must be one of ${NATURES.join(', ')}`);
  for (const code of service.categories) {
    if (!taxonomy.indexOf.has(code)) fail('categories', `must be codes of the taxonomy, not ${code}`);
  }
  if (typeof service.title !== 'string') fail('title', 'must be a text');
  if (typeof service.description !== 'string') fail('description', 'must be a text');
  if (!service.keywords.every((keyword) => typeof keyword === 'string')) fail('keywords', 'must be texts');
  for (const point of service.locations) checkPoint(point, 'locations', fail);
  for (const community of service.communities ?? []) checkName(community, 'communities', fail);
  if (service.radiusMetres !== null && !(Number.isFinite(service.radiusMetres) && service.radiusMetres >= 0)) {
    fail('radiusMetres', 'must be null or a number of at least 0');
  }
  checkEligibility(service.eligibility, fail);
  for (const window of service.schedule) checkWeeklyWindow(window, 'schedule', fail);
  for (const exception of service.exceptions) {
    if (Number.isNaN(dayOfDate(exception.date))) fail('exceptions.date', 'must be a date, YYYY-MM-DD');
    for (const window of exception.windows) checkMinutes(window, 'exceptions.windows', fail);
  }
  checkTerm(service, fail);
  checkPlaces(service, fail);
  checkWhole(service.priceFen, 'priceFen', fail);
  checkWhole(service.appraisalCount, 'appraisalCount', fail);
  const { appraisalCount, appraisalSum } = service;
  if (!Number.isSafeInteger(appraisalSum) || appraisalSum < appraisalCount || appraisalSum > 5 * appraisalCount) {
    fail('appraisalSum', 'must be a whole number of 1 to 5 marks for each appraisal');
  }
}

/** Throws `MatchingInputError` when free places do not fit the places offered. */
export function checkPlaces(
  service: { readonly places: number | null; readonly placesFree: number | null },
  fail: Fail,
): void {
  const { places, placesFree } = service;
  if ((places === null) !== (placesFree === null)) fail('placesFree', 'must be null exactly where places is null');
  if (places === null || placesFree === null) return;
  checkWhole(places, 'places', fail);
  checkWhole(placesFree, 'placesFree', fail);
  if (placesFree > places) fail('placesFree', 'must not be more than places');
}

/** Throws the error for a field of the record it was made for. */
export type Fail = (field: string, rule: string) => never;

/** A `Fail` for one record. */
export function failer(source: Source): Fail {
  return (field, rule) => {
    throw new MatchingInputError(`${source.list}.${field}`, source.position, rule);
  };
}

/** Latitude and longitude in degrees, within the globe. */
export function checkPoint(point: Point, field: string, fail: Fail): void {
  if (!(point.latitude >= -90 && point.latitude <= 90)) fail(`${field}.latitude`, 'must be from -90 to 90 degrees');
  if (!(point.longitude >= -180 && point.longitude <= 180)) {
    fail(`${field}.longitude`, 'must be from -180 to 180 degrees');
  }
}

/** An ISO day of the week and minutes within a day, start before end. */
export function checkWeeklyWindow(window: WeeklyWindow, field: string, fail: Fail): void {
  if (!Number.isInteger(window.day) || window.day < 1 || window.day > 7) {
    fail(`${field}.day`, 'must be from 1 (Monday) to 7 (Sunday)');
  }
  checkMinutes(window, field, fail);
}

/** A text that is not empty. */
export function checkName(name: string, field: string, fail: Fail): void {
  if (typeof name !== 'string' || name === '') fail(field, 'must not be empty');
}

/** A whole number from 0 to 2^31 - 1. */
export function checkWhole(value: number, field: string, fail: Fail): void {
  if (!Number.isInteger(value) || value < 0 || value > GREATEST_INT32) {
    fail(field, `must be a whole number from 0 to ${GREATEST_INT32}`);
  }
}

/** Whole milliseconds UTC within the range of `Date`, a day spared on either side for local time. */
export function checkInstant(instantMs: number, field: string, fail: Fail): void {
  if (!Number.isInteger(instantMs) || Math.abs(instantMs) > GREATEST_INSTANT_MS) {
    fail(field, 'must be whole milliseconds since 1970');
  }
}

function checkMinutes(
  window: { readonly startMinute: number; readonly endMinute: number },
  field: string,
  fail: Fail,
): void {
  const { startMinute, endMinute } = window;
  if (!Number.isInteger(startMinute) || startMinute < 0) fail(`${field}.startMinute`, 'must be a whole minute from 0');
  if (!Number.isInteger(endMinute) || endMinute <= startMinute || endMinute > MINUTES_PER_DAY) {
    fail(`${field}.endMinute`, `must be a whole minute after startMinute, at most ${MINUTES_PER_DAY}`);
  }
}

function checkEligibility(rule: EligibilityRule, fail: Fail): void {
  for (const name of rule.allOf) checkName(name, 'eligibility.allOf', fail);
  for (const name of rule.anyOf) checkName(name, 'eligibility.anyOf', fail);
  for (const name of rule.noneOf) checkName(name, 'eligibility.noneOf', fail);
  if (rule.minimumAge !== null) checkWhole(rule.minimumAge, 'eligibility.minimumAge', fail);
  if (rule.maximumAge !== null) checkWhole(rule.maximumAge, 'eligibility.maximumAge', fail);
  if (rule.minimumAge !== null && rule.maximumAge !== null && rule.minimumAge > rule.maximumAge) {
    fail('eligibility.maximumAge', 'must not be less than minimumAge');
  }
}

function checkTerm(service: ServiceRecord, fail: Fail): void {
  const { termStartMs, termEndMs } = service;
  if (typeof service.admitted !== 'boolean') fail('admitted', 'must be true or false');
  if (termStartMs !== null) checkInstant(termStartMs, 'termStartMs', fail);
  if (termEndMs !== null) checkInstant(termEndMs, 'termEndMs', fail);
  if (termStartMs !== null && termEndMs !== null && termEndMs < termStartMs) {
    fail('termEndMs', 'must not be before termStartMs');
  }
}
