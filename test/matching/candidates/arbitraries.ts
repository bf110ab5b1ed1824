import fc from 'fast-check';
import { FACTORS, type NeedRecord, type ScoringProfile, type ServiceRecord } from '../../../src/matching/index.ts';
import { HOME, NOW_MS, TAXONOMY } from '../catalogue/examples.ts';
import { STEP_MS } from './plain-matching.ts';

const CODES = TAXONOMY.map(({ code }) => code);
const PROVIDERS = ['p1', 'p2', 'p3'];
const COMMUNITIES = ['c1', 'c2', 'c3'];
const ATTRIBUTES = ['ELDERLY', 'DISABLED', 'VETERAN', 'MINOR'];
const WORDS = ['送餐', '上门', '老人', '助浴', '维修', '水管', 'meals', 'bath', '社区', '志愿者'];
const NATURES = ['SELF_GOVERNANCE', 'COMMERCIAL', 'PUBLIC_BENEFIT', 'DERIVED'] as const;

const some = (names: readonly string[], maxLength = 2) => fc.uniqueArray(fc.constantFrom(...names), { maxLength });
const optional = <T>(arbitrary: fc.Arbitrary<T>, freq = 2) => fc.option(arbitrary, { nil: null, freq });
/** `null`, or one time in so many the value. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>, times = 4) =>
  fc.oneof({ weight: times - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
const text = fc.array(fc.constantFrom(...WORDS), { maxLength: 4 }).map((words) => words.join(' '));

/** Within some 4 km of home, a few of them on the other side of the world, on the date line or at a pole. */
const place = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .record({ north: fc.integer({ min: -4000, max: 4000 }), east: fc.integer({ min: -4000, max: 4000 }) })
      .map(({ north, east }) => ({
        latitude: HOME.latitude + north / 111_195,
        longitude: HOME.longitude + east / 99_440,
      })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { latitude: -26.5, longitude: -72 },
      { latitude: 0.001, longitude: 180 },
      { latitude: 0, longitude: -179.995 },
      { latitude: 90, longitude: 0 },
      { latitude: 89.99, longitude: 120 },
    ),
  },
);

const minutes = fc
  .record({ start: fc.integer({ min: 0, max: 47 }), length: fc.integer({ min: 1, max: 12 }) })
  .map(({ start, length }) => ({ startMinute: 30 * start, endMinute: 30 * Math.min(48, start + length) }));
const weekly = fc
  .record({ day: fc.integer({ min: 1, max: 7 }), window: minutes })
  .map(({ day, window }) => ({ day, ...window }));
const date = fc.integer({ min: 24, max: 30 }).map((day) => `2026-11-${day}`);
const steps = (min: number, max: number) => fc.integer({ min, max }).map((count) => NOW_MS + count * STEP_MS);

/** A service; most of them pass most constraints, so that rankings are not empty. */
export const serviceArbitrary: fc.Arbitrary<ServiceRecord> = fc
  .record({
    id: fc.integer({ min: 0, max: 999 }).map((number) => `s${number}`),
    providerId: fc.constantFrom(...PROVIDERS),
    nature: fc.constantFrom(...NATURES),
    categories: fc.uniqueArray(fc.constantFrom(...CODES, 'MEALS', 'CARE'), { minLength: 1, maxLength: 3 }),
    title: text,
    description: text,
    keywords: fc.array(fc.constantFrom(...WORDS), { maxLength: 2 }),
    locations: fc.array(place, { maxLength: 3 }),
    communities: seldom(some(COMMUNITIES, 3), 3),
    radiusMetres: optional(fc.constantFrom(0, 300, 1200, 2500, 2500, 6000, 1200, 2500, 6000.5, 40_000, 21_000_000)),
    eligibility: fc.record({
      allOf: fc.oneof({ weight: 8, arbitrary: fc.constant([]) }, some(ATTRIBUTES, 1)),
      anyOf: fc.oneof({ weight: 6, arbitrary: fc.constant([]) }, some(ATTRIBUTES)),
      noneOf: fc.oneof({ weight: 6, arbitrary: fc.constant([]) }, some(ATTRIBUTES)),
      minimumAge: seldom(fc.integer({ min: 0, max: 70 })),
      maximumAge: seldom(fc.integer({ min: 70, max: 100 })),
    }),
    schedule: fc.oneof(fc.constant([]), fc.array(weekly, { minLength: 3, maxLength: 6 })),
    exceptions: fc.array(fc.record({ date, windows: fc.array(minutes, { maxLength: 2 }) }), { maxLength: 2 }),
    admitted: fc.integer({ min: 0, max: 6 }).map((number) => number > 0),
    term: seldom(fc.tuple(optional(steps(-3, 1)), optional(steps(-1, 3)))),
    places: optional(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 9 }))),
    priceFen: fc.constantFrom(0, 0, 500, 1234, 2000),
    marks: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }),
  })
  .map(({ term, places, marks, ...rest }) => {
    const [start, end] = term ?? [null, null];
    return {
      ...rest,
      providerKind: 'SOCIAL',
      termStartMs: start,
      termEndMs: start !== null && end !== null ? Math.max(start, end) : end,
      places: places?.[0] ?? null,
      placesFree: places ? Math.min(...places) : null,
      appraisalCount: marks.length,
      appraisalSum: marks.reduce((sum, mark) => sum + mark, 0),
    };
  });

export const servicesArbitrary = fc.uniqueArray(serviceArbitrary, {
  selector: ({ id }) => id,
  maxLength: 40,
  size: 'max',
});

export const needArbitrary: fc.Arbitrary<NeedRecord> = fc
  .record({
    category: fc.constantFrom('MEALS', 'MEALS.DELIVERED', 'MEALS.DELIVERED', 'BATHING', 'CARE'),
    title: text,
    description: text,
    communityId: fc.constantFrom(...COMMUNITIES, 'c4'),
    location: fc.option(place, { nil: null, freq: 9 }),
    attributes: some(ATTRIBUTES, 3),
    age: fc.option(fc.integer({ min: 10, max: 99 }), { nil: null, freq: 8 }),
    earliest: optional(fc.integer({ min: -10, max: 60 })),
    span: optional(fc.integer({ min: 0, max: 200 })),
    preferredWindows: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(weekly, { maxLength: 2 })),
    quantity: fc.integer({ min: 1, max: 3 }),
    maximumPriceFen: optional(fc.constantFrom(0, 1000, 1234, 5000)),
    excludedProviders: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, some(PROVIDERS, 1)),
    excludedServices: fc.array(
      fc.integer({ min: 0, max: 999 }).map((number) => `s${number}`),
      { maxLength: 2 },
    ),
    excludedNatures: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      fc.uniqueArray(fc.constantFrom(...NATURES), { maxLength: 1 }),
    ),
    preferredProviders: some(PROVIDERS, 1),
    preferredServices: fc.array(
      fc.integer({ min: 0, max: 999 }).map((number) => `s${number}`),
      { maxLength: 3 },
    ),
    previousProviders: some(PROVIDERS, 2),
  })
  .map(({ earliest, span, ...rest }) => {
    const from = NOW_MS + Math.max(0, earliest ?? 0) * STEP_MS;
    return {
      ...rest,
      id: 'n1',
      nowMs: NOW_MS,
      earliestMs: earliest === null ? null : NOW_MS + earliest * STEP_MS,
      deadlineMs: span === null ? null : from + span * STEP_MS,
    };
  });

/** Weights of any scale, often 0, and so few that many scores are equal. */
export const profileArbitrary: fc.Arbitrary<ScoringProfile> = fc
  .tuple(...FACTORS.map(() => fc.constantFrom(0, 0, 1, 3, 14, 100, 99_999_989)))
  .filter((weights) => weights.some((weight) => weight > 0))
  .map((weights) => ({
    name: 'any',
    version: 1,
    weights: Object.fromEntries(FACTORS.map((factor, index) => [factor, weights[index]!])) as ScoringProfile['weights'],
  }));
