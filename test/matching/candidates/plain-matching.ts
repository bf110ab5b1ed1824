import {
  type CategoryRecord,
  CONSTRAINTS,
  type Constraint,
  FACTORS,
  type NeedRecord,
  type ScoringProfile,
  type ServiceRecord,
} from '../../../src/matching/index.ts';

/** The rules of matching once more, service by service, straight from the records: slow, and independent of the core. */
export type PlainResult = {
  readonly ranked: readonly {
    readonly serviceId: string;
    readonly score: number;
    readonly distanceMetres: number | null;
  }[];
  readonly removed: Readonly<Record<Constraint, number>>;
};

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
const OFFSET_MS = 480 * MINUTE_MS;
/** Test data stays on this grid of time, so that openings can be found by trying. */
export const STEP_MS = 30 * MINUTE_MS;

export function matchPlainly(
  taxonomy: readonly CategoryRecord[],
  services: readonly ServiceRecord[],
  need: NeedRecord,
  profile: ScoringProfile,
  relevanceOf: (serviceId: string) => number,
): PlainResult {
  const removed = Object.fromEntries(CONSTRAINTS.map((constraint) => [constraint, 0])) as Record<Constraint, number>;
  const ranked = services.flatMap((service) => {
    const [failed] = failedPlainly(taxonomy, service, need);
    if (failed !== undefined) {
      removed[failed] += 1;
      return [];
    }
    const values = [
      relevanceOf(service.id),
      [1_000_000, 700_000, 500_000, 350_000, 250_000][levels(taxonomy, service, need)!]!,
      proximity(service, need),
      timeliness(service, need),
      affordability(service, need),
      Math.round((1e6 * ((20 + service.appraisalSum) / (5 + service.appraisalCount) - 1)) / 4),
      service.places === null ? 1e6 : Math.round((1e6 * service.placesFree!) / service.places),
      need.previousProviders.includes(service.providerId) ? 1e6 : 0,
      need.preferredServices.includes(service.id)
        ? 1e6
        : need.preferredProviders.includes(service.providerId)
          ? 8e5
          : 0,
    ];
    const sum = values.reduce(
      (total, value, index) => total + BigInt(value) * BigInt(profile.weights[FACTORS[index]!]),
      0n,
    );
    const weights = FACTORS.reduce((total, factor) => total + BigInt(profile.weights[factor]), 0n);
    return [{ serviceId: service.id, score: Number(sum / weights), distanceMetres: distance(service, need) }];
  });
  ranked.sort((a, b) => b.score - a.score || (a.serviceId < b.serviceId ? -1 : 1));
  return { ranked, removed };
}

/** Every hard constraint that a service fails, in order. */
export function failedPlainly(
  taxonomy: readonly CategoryRecord[],
  service: ServiceRecord,
  need: NeedRecord,
): readonly Constraint[] {
  const metres = distance(service, need);
  const rule = service.eligibility;
  const has = (name: string) => need.attributes.includes(name);
  const oldEnough = rule.minimumAge === null || (need.age !== null && need.age >= rule.minimumAge);
  const youngEnough = rule.maximumAge === null || (need.age !== null && need.age <= rule.maximumAge);
  const circle = service.locations.length > 0 ? service.radiusMetres : null;
  const passes: Readonly<Record<Constraint, boolean>> = {
    CATEGORY: levels(taxonomy, service, need) !== null,
    ADMISSION:
      service.admitted &&
      (service.termStartMs === null || need.nowMs >= service.termStartMs) &&
      (service.termEndMs === null || need.nowMs <= service.termEndMs),
    CATCHMENT:
      (service.communities === null || service.communities.includes(need.communityId)) &&
      (circle === null || (metres !== null && metres <= circle)),
    ELIGIBILITY:
      oldEnough &&
      youngEnough &&
      rule.allOf.every(has) &&
      !rule.noneOf.some(has) &&
      (rule.anyOf.length === 0 || rule.anyOf.some(has)),
    SCHEDULE: openingMs(service, need) !== null,
    CAPACITY: service.placesFree === null || service.placesFree >= need.quantity,
    PRICE: need.maximumPriceFen === null || service.priceFen <= need.maximumPriceFen,
    PREFERENCE:
      !need.excludedServices.includes(service.id) &&
      !need.excludedProviders.includes(service.providerId) &&
      !need.excludedNatures.includes(service.nature),
  };
  return CONSTRAINTS.filter((constraint) => !passes[constraint]);
}

/**
 * Id of the service that came closest to being a candidate, of services none of which is one: of those of the need's line of
 * categories, or else of those fewest steps away; the one with the fewest constraints failed, then the latest first one,
 * then the least gap, then the nearest, then the least id.
 */
export function nearestMissPlainly(
  taxonomy: readonly CategoryRecord[],
  services: readonly ServiceRecord[],
  need: NeedRecord,
): string | null {
  const missed = services.map((service) => {
    const failed = failedPlainly(taxonomy, service, need);
    const steps = levels(taxonomy, service, need) === null ? stepsAway(taxonomy, service, need) : 0;
    const first = CONSTRAINTS.indexOf(failed[0]!);
    const metres = distance(service, need) ?? Number.POSITIVE_INFINITY;
    const order = [steps, failed.length, -first, gapOf(failed[0]!, service, need), metres];
    return { id: service.id, order };
  });
  missed.sort((a, b) => {
    const at = a.order.findIndex((value, place) => value !== b.order[place]);
    if (at === -1) return a.id < b.id ? -1 : 1;
    return a.order[at]! < b.order[at]! ? -1 : 1;
  });
  return missed[0]?.id ?? null;
}

function gapOf(constraint: Constraint, service: ServiceRecord, need: NeedRecord): number {
  const metres = distance(service, need) ?? Number.POSITIVE_INFINITY;
  const { allOf, anyOf, noneOf, minimumAge, maximumAge } = service.eligibility;
  const has = (name: string) => need.attributes.includes(name);
  const broken =
    allOf.filter((name) => !has(name)).length +
    noneOf.filter(has).length +
    (anyOf.length > 0 && !anyOf.some(has) ? 1 : 0);
  const years = Math.max(0, (minimumAge ?? 0) - (need.age ?? 0), (need.age ?? 0) - (maximumAge ?? 200));
  const ageless = need.age === null && (minimumAge !== null || maximumAge !== null);
  const next = () => openingMs(service, { ...need, deadlineMs: null }) ?? Number.POSITIVE_INFINITY;
  const inCommunity = service.communities === null || service.communities.includes(need.communityId);
  const gaps: Readonly<Record<Constraint, () => number>> = {
    CATEGORY: () => 0,
    ADMISSION: () =>
      service.admitted
        ? Math.max((service.termStartMs ?? -1e15) - need.nowMs, need.nowMs - (service.termEndMs ?? 1e15))
        : Number.POSITIVE_INFINITY,
    CATCHMENT: () => metres - (inCommunity ? service.radiusMetres! : 0),
    ELIGIBILITY: () => 100 * broken + (ageless ? 1 : need.age === null ? 0 : years),
    SCHEDULE: () => next() - need.deadlineMs!,
    CAPACITY: () => need.quantity - service.placesFree!,
    PRICE: () => service.priceFen - need.maximumPriceFen!,
    PREFERENCE: () => 0,
  };
  return gaps[constraint]();
}

function stepsAway(taxonomy: readonly CategoryRecord[], service: ServiceRecord, need: NeedRecord): number {
  const lineOf = (code: string | null): string[] =>
    code === null ? [] : [code, ...lineOf(taxonomy.find((category) => category.code === code)!.parent)];
  const asked = lineOf(need.category);
  const steps = service.categories.map((code) => {
    const line = lineOf(code);
    const shared = line.find((above) => asked.includes(above));
    return shared === undefined ? asked.length + line.length : asked.indexOf(shared) + line.indexOf(shared);
  });
  return Math.min(...steps);
}

function levels(taxonomy: readonly CategoryRecord[], service: ServiceRecord, need: NeedRecord): number | null {
  let code = need.category;
  for (let level = 0; code !== null; level += 1) {
    if (service.categories.includes(code)) return level;
    code = taxonomy.find((category) => category.code === code)!.parent;
  }
  return null;
}

/** By the haversine formula. */
function distance(service: ServiceRecord, need: NeedRecord): number | null {
  if (need.location === null || service.locations.length === 0) return null;
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const home = need.location;
  const metres = service.locations.map((place) => {
    const half = (radians(place.latitude) - radians(home.latitude)) / 2;
    const turn = (radians(place.longitude) - radians(home.longitude)) / 2;
    const square =
      Math.sin(half) ** 2 + Math.cos(radians(place.latitude)) * Math.cos(radians(home.latitude)) * Math.sin(turn) ** 2;
    return 2 * 6_371_008.8 * Math.asin(Math.sqrt(Math.min(1, square)));
  });
  return Math.round(Math.min(...metres));
}

function proximity(service: ServiceRecord, need: NeedRecord): number {
  if (service.locations.length === 0) return 1e6;
  const metres = distance(service, need);
  return metres === null ? 5e5 : Math.round(1e6 / (1 + (metres / 1200) ** 2));
}

function timeliness(service: ServiceRecord, need: NeedRecord): number {
  const from = Math.max(need.nowMs, need.earliestMs ?? need.nowMs);
  const wait = openingMs(service, need)! - from;
  if (need.deadlineMs === null) return Math.round(1e6 / (1 + wait / (3 * DAY_MS)));
  return need.deadlineMs === from ? 1e6 : Math.round(1e6 * (1 - wait / (need.deadlineMs - from)));
}

function affordability(service: ServiceRecord, need: NeedRecord): number {
  if (service.priceFen === 0) return 1e6;
  if (need.maximumPriceFen === null) return Math.round(1e6 / (1 + service.priceFen / 2000));
  return Math.round(1e6 * (1 - service.priceFen / need.maximumPriceFen));
}

/** The first step of time at which the service is open and the resident can come. Test data lie within 30 days. */
function openingMs(service: ServiceRecord, need: NeedRecord): number | null {
  const from = Math.max(need.nowMs, need.earliestMs ?? need.nowMs);
  const to = need.deadlineMs ?? from + 30 * DAY_MS;
  for (let at = from; at <= to; at += STEP_MS) if (isOpen(service, need, at)) return at;
  return null;
}

function isOpen(service: ServiceRecord, need: NeedRecord, atMs: number): boolean {
  const local = new Date(atMs + OFFSET_MS);
  const day = local.getUTCDay() === 0 ? 7 : local.getUTCDay();
  const minute = local.getUTCHours() * 60 + local.getUTCMinutes();
  const holds = (window: { startMinute: number; endMinute: number }) =>
    window.startMinute <= minute && minute < window.endMinute;
  const exceptions = service.exceptions.filter(({ date }) => date === local.toISOString().slice(0, 10));
  const open =
    exceptions.length > 0
      ? exceptions.some(({ windows }) => windows.some(holds))
      : service.schedule.length === 0 || service.schedule.some((window) => window.day === day && holds(window));
  const suits =
    need.preferredWindows.length === 0 || need.preferredWindows.some((window) => window.day === day && holds(window));
  return open && suits;
}
