import { describe, expect, test } from 'vitest';
import {
  Catalogue,
  CONSTRAINTS,
  candidates,
  DEFAULT_PROFILE,
  FACTORS,
  MatchingInputError,
  type NeedRecord,
  type ServiceRecord,
  scoreService,
} from '../../../src/matching/index.ts';
import { aNeed, aService, DAY_MS, HOME, HOUR_MS, NOW_MS, northOfHome, TAXONOMY } from '../catalogue/examples.ts';

function ask(services: readonly ServiceRecord[], need: Partial<NeedRecord> = {}, k = 10) {
  return candidates(Catalogue.of(TAXONOMY, services), aNeed(need), DEFAULT_PROFILE, k);
}

function factorOf(services: readonly ServiceRecord[], factor: string, need: Partial<NeedRecord> = {}) {
  return ask(services, need).candidates[0]!.factors.find((entry) => entry.factor === factor)!;
}

describe('the hard constraints', () => {
  const anyone = aService().eligibility;
  const cases: readonly [string, string, Partial<ServiceRecord>, Partial<NeedRecord>][] = [
    ['CATEGORY', 'a service of another category', { categories: ['REPAIR'] }, {}],
    ['ADMISSION', 'a service that is not admitted', { admitted: false }, {}],
    ['ADMISSION', 'a service whose term has not begun', { termStartMs: NOW_MS + 1 }, {}],
    ['ADMISSION', 'a service whose term is over', { termEndMs: NOW_MS - 1 }, {}],
    ['CATCHMENT', 'a home outside the service circle', { locations: [northOfHome(1201)] }, {}],
    ['CATCHMENT', 'a home that is not known, for a service with a circle', {}, { location: null }],
    ['CATCHMENT', 'a community that is not on the list', { radiusMetres: null, communities: ['community-2'] }, {}],
    ['CATCHMENT', 'a community that is not on the list though in the circle', { communities: ['community-2'] }, {}],
    ['CATCHMENT', 'a service that lists no community at all', { radiusMetres: null, communities: [] }, {}],
    ['ELIGIBILITY', 'a resident who is too young', { eligibility: { ...anyone, minimumAge: 73 } }, {}],
    ['ELIGIBILITY', 'a resident who is too old', { eligibility: { ...anyone, maximumAge: 71 } }, {}],
    [
      'ELIGIBILITY',
      'a resident of unknown age where age counts',
      { eligibility: { ...anyone, minimumAge: 60 } },
      { age: null },
    ],
    [
      'ELIGIBILITY',
      'a resident without an attribute that is asked for',
      { eligibility: { ...anyone, allOf: ['DISABLED', 'VETERAN'] } },
      { attributes: ['VETERAN'] },
    ],
    [
      'ELIGIBILITY',
      'a resident with none of the attributes',
      { eligibility: { ...anyone, anyOf: ['DISABLED', 'VETERAN'] } },
      { attributes: ['MINOR'] },
    ],
    [
      'ELIGIBILITY',
      'a resident who is barred',
      { eligibility: { ...anyone, noneOf: ['MINOR'] } },
      { attributes: ['MINOR'] },
    ],
    [
      'SCHEDULE',
      'a service that opens only after the deadline',
      { schedule: [{ day: 5, startMinute: 0, endMinute: 1440 }] },
      {},
    ],
    [
      'SCHEDULE',
      'a service that is closed on the one day',
      { exceptions: [{ date: '2026-11-25', windows: [] }] },
      { deadlineMs: NOW_MS + HOUR_MS },
    ],
    [
      'SCHEDULE',
      'a service that is open at other times than suit',
      { schedule: [{ day: 3, startMinute: 480, endMinute: 720 }] },
      { preferredWindows: [{ day: 3, startMinute: 720, endMinute: 800 }] },
    ],
    ['SCHEDULE', 'a deadline that has passed', {}, { deadlineMs: NOW_MS - 1 }],
    ['CAPACITY', 'a service without a free place', { placesFree: 0 }, {}],
    ['CAPACITY', 'a service with too few places for the quantity', { placesFree: 4 }, { quantity: 5 }],
    ['PRICE', 'a service dearer than the resident can pay', { priceFen: 1501 }, { maximumPriceFen: 1500 }],
    ['PREFERENCE', 'a service that the resident ruled out', {}, { excludedServices: ['service-1'] }],
    ['PREFERENCE', 'a provider whom the resident ruled out', {}, { excludedProviders: ['provider-1'] }],
    ['PREFERENCE', 'a nature that the resident ruled out', {}, { excludedNatures: ['PUBLIC_BENEFIT'] }],
  ];

  test.each(cases)('%s removes %s', (constraint, _, service, need) => {
    const result = ask([aService(service)], need);
    expect(result.candidates).toEqual([]);
    expect(result.passed).toBe(0);
    expect(result.removed).toEqual({ ...Object.fromEntries(CONSTRAINTS.map((name) => [name, 0])), [constraint]: 1 });
    expect(result.nearestMiss).toMatchObject({ serviceId: 'service-1', constraint });
    const judgement = scoreService(
      Catalogue.of(TAXONOMY, [aService(service)]),
      aNeed(need),
      DEFAULT_PROFILE,
      'service-1',
    );
    expect(judgement).toMatchObject({ passes: false, constraint });
  });

  const passing: readonly [string, Partial<ServiceRecord>, Partial<NeedRecord>][] = [
    ['a home on the very edge of the circle', { locations: [northOfHome(1200)] }, {}],
    ['a home in the circle of the second location', { locations: [northOfHome(9000), northOfHome(1000)] }, {}],
    [
      'an unknown home for a service by community',
      { radiusMetres: null, communities: ['community-1'] },
      { location: null },
    ],
    ['a service with a radius but no place to draw it around', { locations: [] }, {}],
    ['the last instant of a term', { termEndMs: NOW_MS }, {}],
    ['an unknown age where age does not count', {}, { age: null }],
    [
      'a service that opens within the hour',
      { schedule: [{ day: 3, startMinute: 600, endMinute: 660 }] },
      { deadlineMs: NOW_MS + HOUR_MS },
    ],
    [
      'a service that opens by exception',
      {
        schedule: [{ day: 1, startMinute: 0, endMinute: 60 }],
        exceptions: [{ date: '2026-11-25', windows: [{ startMinute: 600, endMinute: 660 }] }],
      },
      {},
    ],
    ['a need without deadline', { schedule: [{ day: 2, startMinute: 0, endMinute: 60 }] }, { deadlineMs: null }],
    ['the last free places', { placesFree: 5 }, { quantity: 5 }],
    ['unlimited places', { places: null, placesFree: null }, { quantity: 500 }],
    ['the very price the resident can pay', { priceFen: 1500 }, { maximumPriceFen: 1500 }],
  ];

  test.each(passing)('let pass %s', (_, service, need) => {
    expect(ask([aService(service)], need).candidates).toHaveLength(1);
  });

  test('count each service at the first constraint it fails', () => {
    const result = ask([
      aService({ id: 'a', categories: ['REPAIR'], admitted: false }),
      aService({ id: 'b', admitted: false, locations: [northOfHome(5000)] }),
      aService({ id: 'c', locations: [northOfHome(5000)], placesFree: 0 }),
      aService({ id: 'd', locations: [northOfHome(700), northOfHome(800)], placesFree: 0 }),
      aService({ id: 'e' }),
    ]);
    expect(result.removed).toMatchObject({ CATEGORY: 1, ADMISSION: 1, CATCHMENT: 1, CAPACITY: 1, PRICE: 0 });
    expect(result.passed).toBe(1);
    expect(result.nearestMiss).toBeNull();
  });
});

describe('the factors', () => {
  test('proximity is full at the door, half on the edge of the 15-minute circle and a fifth at twice its radius', () => {
    const at = (metres: number) =>
      factorOf([aService({ radiusMetres: null, locations: [northOfHome(metres)] })], 'PROXIMITY').value;
    expect(at(0)).toBe(1_000_000);
    expect(at(1200)).toBe(500_000);
    expect(at(2400)).toBe(200_000);
    expect(factorOf([aService({ locations: [] })], 'PROXIMITY').value).toBe(1_000_000);
    expect(factorOf([aService({ radiusMetres: null })], 'PROXIMITY', { location: null }).value).toBe(500_000);
  });

  test('proximity looks at the nearest location', () => {
    const result = ask([
      aService({ radiusMetres: null, locations: [northOfHome(5000), northOfHome(300), northOfHome(-600)] }),
    ]);
    expect(result.candidates[0]!.distanceMetres).toBe(300);
  });

  test('timeliness falls from now to the deadline, and to half after three days when there is none', () => {
    const atNoon = { schedule: [{ day: 3, startMinute: 720, endMinute: 780 }] };
    expect(factorOf([aService()], 'TIMELINESS').value).toBe(1_000_000);
    expect(factorOf([aService(atNoon)], 'TIMELINESS', { deadlineMs: NOW_MS + 12 * HOUR_MS }).value).toBe(750_000);
    expect(factorOf([aService(atNoon)], 'TIMELINESS', { deadlineMs: NOW_MS + 3 * HOUR_MS }).value).toBe(0);
    const onSaturday = { schedule: [{ day: 6, startMinute: 540, endMinute: 600 }] };
    expect(factorOf([aService(onSaturday)], 'TIMELINESS', { deadlineMs: null }).value).toBe(500_000);
  });

  test('affordability is full when free and falls to none at the most the resident can pay', () => {
    expect(factorOf([aService()], 'AFFORDABILITY', { maximumPriceFen: 0 }).value).toBe(1_000_000);
    expect(factorOf([aService({ priceFen: 500 })], 'AFFORDABILITY', { maximumPriceFen: 2000 }).value).toBe(750_000);
    expect(factorOf([aService({ priceFen: 2000 })], 'AFFORDABILITY', { maximumPriceFen: 2000 }).value).toBe(0);
    expect(factorOf([aService({ priceFen: 2000 })], 'AFFORDABILITY').value).toBe(500_000);
  });

  test('quality starts from five marks of 4, so that one bad mark does not condemn', () => {
    const rated = (appraisalCount: number, appraisalSum: number) =>
      factorOf([aService({ appraisalCount, appraisalSum })], 'QUALITY').value;
    expect(rated(0, 0)).toBe(750_000);
    expect(rated(1, 1)).toBe(625_000);
    expect(rated(5, 25)).toBe(875_000);
    expect(rated(995, 995)).toBe(3_750);
  });

  test('category falls with every level that the service is filed above the need', () => {
    const filed = (category: string) =>
      factorOf([aService({ categories: [category] })], 'CATEGORY', { category: 'MEALS.DELIVERED' }).value;
    expect(filed('MEALS.DELIVERED')).toBe(1_000_000);
    expect(filed('MEALS')).toBe(700_000);
    expect(filed('CARE')).toBe(500_000);
  });

  test('load, continuity and choice tell free places, a known provider and a wish', () => {
    expect(factorOf([aService()], 'LOAD').value).toBe(500_000);
    expect(factorOf([aService()], 'CONTINUITY').value).toBe(0);
    expect(factorOf([aService()], 'CONTINUITY', { previousProviders: ['provider-1'] }).value).toBe(1_000_000);
    expect(factorOf([aService()], 'CHOICE').value).toBe(0);
    expect(factorOf([aService()], 'CHOICE', { preferredProviders: ['provider-1'] }).value).toBe(800_000);
    expect(factorOf([aService()], 'CHOICE', { preferredServices: ['service-1'] }).value).toBe(1_000_000);
  });

  test('relevance prefers the service whose words are those of the need', () => {
    const result = ask([aService({ id: 'a', title: '法律咨询' }), aService({ id: 'b', title: '老年食堂送餐上门' })], {
      title: '老人在家吃饭，想要送餐上门',
    });
    expect(result.candidates.map(({ serviceId }) => serviceId)).toEqual(['b', 'a']);
    const [best, other] = result.candidates.map(
      ({ factors }) => factors.find(({ factor }) => factor === 'RELEVANCE')!.value,
    );
    expect(best!).toBeGreaterThan(other!);
  });
});

describe('the ranking', () => {
  test('puts the highest score first and breaks ties by id', () => {
    const services = ['s-30', 's-4', 's-1', 's-2'].map((id) => aService({ id }));
    services.push(aService({ id: 's-9', priceFen: 100 }), aService({ id: 's-0', priceFen: 100 }));
    const ids = (k: number) => ask(services, {}, k).candidates.map(({ serviceId }) => serviceId);
    expect(ids(10)).toEqual(['s-1', 's-2', 's-30', 's-4', 's-0', 's-9']);
    expect(ids(5)).toEqual(['s-1', 's-2', 's-30', 's-4', 's-0']);
    expect(ids(2)).toEqual(['s-1', 's-2']);
    expect(ids(1)).toEqual(['s-1']);
  });

  test('explains each score by contributions that add up to it exactly', () => {
    const profile = {
      name: 'odd',
      version: 1,
      weights: { ...DEFAULT_PROFILE.weights, RELEVANCE: 3, PROXIMITY: 7, QUALITY: 13 },
    };
    const catalogue = Catalogue.of(TAXONOMY, [
      aService({ locations: [northOfHome(333)], priceFen: 321, appraisalCount: 3, appraisalSum: 14 }),
    ]);
    const need = aNeed({ deadlineMs: null, maximumPriceFen: 777, previousProviders: ['provider-1'] });
    const [candidate] = candidates(catalogue, need, profile, 1).candidates;
    expect(candidate!.factors.map(({ factor }) => factor)).toEqual(FACTORS);
    expect(candidate!.factors.reduce((sum, { contribution }) => sum + contribution, 0)).toBe(candidate!.score);
    const weightSum = FACTORS.reduce((sum, factor) => sum + profile.weights[factor], 0);
    const exact = candidate!.factors.reduce((sum, { factor, value }) => sum + profile.weights[factor] * value, 0);
    expect(candidate!.score).toBe(Math.floor(exact / weightSum));
    expect(scoreService(catalogue, need, profile, 'service-1')).toEqual({ passes: true, candidate });
  });

  test('gives a service that is best in everything the full score', () => {
    const profile = { ...DEFAULT_PROFILE, weights: { ...DEFAULT_PROFILE.weights, RELEVANCE: 0, QUALITY: 0 } };
    const catalogue = Catalogue.of(TAXONOMY, [aService({ places: null, placesFree: null })]);
    const need = aNeed({ preferredServices: ['service-1'], previousProviders: ['provider-1'] });
    expect(candidates(catalogue, need, profile, 1).candidates[0]!.score).toBe(1_000_000);
  });
});

describe('a need without a category', () => {
  test('is given the one that its words find', () => {
    const result = ask([aService()], { category: null, title: '家里水管坏了，想找人维修', description: '' });
    expect(result.category).toBe('REPAIR');
    expect(result.removed.CATEGORY).toBe(1);
  });

  test('is told that its words tell none, when they do not', () => {
    const result = ask([aService()], { category: null, title: '', description: '' });
    expect(result.category).toBeNull();
    expect(result.removed.CATEGORY).toBe(1);
    expect(result.nearestMiss!.reason.zh).toContain('选定类别');
  });
});

describe('the nearest miss', () => {
  test('says how far the nearest service is and how wide its circle', () => {
    const result = ask([
      aService({ id: 'far', locations: [northOfHome(8000)] }),
      aService({ id: 'near', locations: [northOfHome(2100)] }),
    ]);
    expect(result.nearestMiss).toEqual({
      serviceId: 'near',
      constraint: 'CATCHMENT',
      reason: {
        zh: '最近的助餐服务在2.1公里外，其服务半径为1.2公里；需要把半径扩大到2.1公里，或在附近增设服务点',
        en: 'The nearest service for Meals is 2.1 km away, its circle is 1.2 km; the circle would have to grow to 2.1 km, or a location be opened nearby',
      },
    });
  });

  test('does not round a distance and a radius to the same words', () => {
    const { nearestMiss } = ask([aService({ locations: [northOfHome(1203)] })]);
    expect(nearestMiss!.reason.zh).toContain('在1203米外，其服务半径为1200米');
  });

  test('prefers a service that fails one constraint to one that fails two, and says all that fails', () => {
    const two = aService({ id: 'two', placesFree: 0, priceFen: 900 });
    const one = aService({ id: 'one', locations: [northOfHome(30_000)] });
    expect(ask([two, one], { maximumPriceFen: 500 }).nearestMiss!.serviceId).toBe('one');
    const { reason } = ask([two], { maximumPriceFen: 500 }).nearestMiss!;
    expect(reason.zh).toBe('20个名额只余0个，需要1个；每单位9元，居民最多能付5元；需要降价或补贴4元');
  });

  test('says when the service opens next after the deadline', () => {
    const { nearestMiss } = ask([aService({ schedule: [{ day: 5, startMinute: 570, endMinute: 600 }] })]);
    expect(nearestMiss!.reason.zh).toBe('服务最早2026年11月27日09:30可提供，晚于截止时间2026年11月26日09:00');
  });

  test('names whom the service is for in plain words', () => {
    const eligibility = { allOf: ['LIVING_ALONE'], anyOf: [], noneOf: [], minimumAge: 80, maximumAge: null };
    const { nearestMiss } = ask([aService({ eligibility })], { attributes: [] });
    expect(nearestMiss!.reason.zh).toBe('服务对象须年满80岁，而居民72岁；服务对象须为：独居');
  });

  test('for a category without services is the service of the nearest category', () => {
    const { nearestMiss } = ask([
      aService({ id: 'a', categories: ['REPAIR'] }),
      aService({ id: 'b', categories: ['BATHING'] }),
    ]);
    expect(nearestMiss).toMatchObject({ serviceId: 'b', constraint: 'CATEGORY' });
    expect(nearestMiss!.reason.zh).toBe('没有“助餐”类别的服务；最接近的服务属于“助浴”，需要增加“助餐”类别');
  });

  test('is null for an empty catalogue', () => {
    expect(ask([])).toMatchObject({ candidates: [], passed: 0, nearestMiss: null, category: 'MEALS' });
  });
});

describe('bad input', () => {
  const broken: readonly [string, Partial<NeedRecord>][] = [
    ['need.id', { id: '' }],
    ['need.category', { category: 'MUSIC' }],
    ['need.location.latitude', { location: { latitude: 100, longitude: 0 } }],
    ['need.nowMs', { nowMs: Number.NaN }],
    ['need.deadlineMs', { earliestMs: NOW_MS + 2, deadlineMs: NOW_MS + 1 }],
    ['need.quantity', { quantity: 0 }],
    ['need.maximumPriceFen', { maximumPriceFen: -1 }],
    ['need.age', { age: 3.5 }],
    ['need.preferredWindows.day', { preferredWindows: [{ day: 0, startMinute: 0, endMinute: 1 }] }],
  ];

  test.each(broken)('in %s is refused by its name', (field, changes) => {
    const action = () => ask([aService()], changes);
    expect(action).toThrow(MatchingInputError);
    expect(action).toThrow(`${field} `);
  });

  test('in k, the profile and the service id is refused', () => {
    const catalogue = Catalogue.of(TAXONOMY, [aService({ locations: [HOME] })]);
    const weigh = (weights: Partial<typeof DEFAULT_PROFILE.weights>) => ({
      ...DEFAULT_PROFILE,
      weights: { ...DEFAULT_PROFILE.weights, ...weights },
    });
    expect(() => candidates(catalogue, aNeed(), DEFAULT_PROFILE, 0)).toThrow('k must be');
    expect(() => candidates(catalogue, aNeed(), weigh({ LOAD: -1 }), 1)).toThrow('profile.weights.LOAD');
    expect(() => candidates(catalogue, aNeed(), weigh({ LOAD: 2 ** 40 }), 1)).toThrow(
      'profile.weights must not add up',
    );
    const none = Object.fromEntries(FACTORS.map((factor) => [factor, 0])) as typeof DEFAULT_PROFILE.weights;
    expect(() => candidates(catalogue, aNeed(), weigh(none), 1)).toThrow('must not all be 0');
    expect(() => scoreService(catalogue, aNeed(), DEFAULT_PROFILE, 'service-7')).toThrow(
      'serviceId must be in the catalogue',
    );
    expect(() => candidates(catalogue, aNeed({ deadlineMs: NOW_MS + DAY_MS }), DEFAULT_PROFILE, 1)).not.toThrow();
  });
});
