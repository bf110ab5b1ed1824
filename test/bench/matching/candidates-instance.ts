import type { CategoryRecord, NeedRecord, ServiceRecord } from '../../../src/matching/index.ts';

/** Made services for measuring: the same ones every time, spread over 60 by 60 km around Kaili. */
const CENTRE = { latitude: 26.5833, longitude: 107.9811 };
const HALF_SIDE_DEGREES = 0.27;
const NOW_MS = Date.UTC(2026, 10, 25, 1, 0);
const HOUR_MS = 3_600_000;
const NATURES = ['SELF_GOVERNANCE', 'COMMERCIAL', 'PUBLIC_BENEFIT', 'DERIVED'] as const;
const ATTRIBUTES = [
  'ELDERLY',
  'LIVING_ALONE',
  'DISABLED',
  'LOW_INCOME',
  'VETERAN',
  'CHRONIC_ILLNESS',
  'PREGNANT',
  'MINOR',
];
const WHAT = [
  '助餐',
  '送餐',
  '助浴',
  '陪诊',
  '保洁',
  '理发',
  '水电维修',
  '法律咨询',
  '课后托管',
  '健康讲座',
  '代购',
  '心理疏导',
];
const WHO = ['老年人', '残疾人', '居民', '青少年', '退役军人', '困难家庭', '独居老人', '社区'];
const HOW = ['上门', '预约', '免费', '低偿', '志愿', '就近', '周末', '专业'];

export const BENCH_TAXONOMY: readonly CategoryRecord[] = [
  { code: 'CARE', parent: null, names: ['养老服务', 'Elder care'] },
  { code: 'MEALS', parent: 'CARE', names: ['助餐', 'Meals'] },
];

/** `CIRCLE`: each service has a 15-minute circle. `ANYWHERE`: none has a limit, and every one passes every constraint. */
export type BenchShape = 'CIRCLE' | 'ANYWHERE';

/** `count` services one after another. */
export function* benchServices(shape: BenchShape, count: number): Iterable<ServiceRecord> {
  const random = randomNumbers(20261125);
  const whole = (below: number) => Math.floor(random() * below);
  const pick = <T>(list: readonly T[]) => list[whole(list.length)]!;
  const schedules = Array.from({ length: 200 }, () => {
    const startMinute = 30 * (14 + whole(8));
    return [1, 2, 3, 4, 5, 6, 7]
      .filter(() => random() < 0.8)
      .map((day) => ({ day, startMinute, endMinute: startMinute + 30 * (6 + whole(12)) }));
  });
  const eligibilities = Array.from({ length: 300 }, (_, index) => ({
    allOf: [],
    anyOf: shape === 'ANYWHERE' || index % 3 > 0 ? [] : [pick(ATTRIBUTES), pick(ATTRIBUTES)],
    noneOf: shape === 'ANYWHERE' || index % 7 > 0 ? [] : [pick(ATTRIBUTES)],
    minimumAge: index % 2 === 0 ? 50 + whole(20) : null,
    maximumAge: null,
  }));
  for (let number = 0; number < count; number += 1) {
    const places = 5 + whole(60);
    const appraisalCount = whole(40);
    yield {
      id: uuidOf(number, whole),
      providerId: `provider-${whole(Math.max(1, Math.floor(count / 20)))}`,
      providerKind: 'SOCIAL',
      nature: pick(NATURES),
      categories: ['MEALS'],
      title: `${pick(WHO)}${pick(HOW)}${pick(WHAT)}`,
      description: `为${pick(WHO)}提供${pick(HOW)}${pick(WHAT)}和${pick(WHAT)}服务，${pick(HOW)}${pick(HOW)}`,
      keywords: [pick(WHAT), pick(WHAT)],
      locations: [
        {
          latitude: CENTRE.latitude + (2 * random() - 1) * HALF_SIDE_DEGREES,
          longitude: CENTRE.longitude + (2 * random() - 1) * HALF_SIDE_DEGREES,
        },
      ],
      communities: null,
      radiusMetres: shape === 'CIRCLE' ? 1200 : null,
      eligibility: pick(eligibilities),
      schedule: pick(schedules),
      exceptions: [],
      admitted: shape === 'ANYWHERE' || random() < 0.95,
      termStartMs: null,
      termEndMs: null,
      places,
      placesFree: shape === 'ANYWHERE' ? 1 + whole(places) : whole(places),
      priceFen: 100 * whole(30),
      appraisalCount,
      appraisalSum: appraisalCount + whole(4 * appraisalCount + 1),
    };
  }
}

/** A need at one of `count` places spread over the middle of the area. `words` gives it a text to compare. */
export function benchNeed(number: number, words: boolean): NeedRecord {
  const random = randomNumbers(1000 + number);
  return {
    id: `need-${number}`,
    category: 'MEALS',
    title: words ? '老人在家吃饭不方便，想要人送餐上门' : '',
    description: '',
    communityId: 'community-1',
    location: {
      latitude: CENTRE.latitude + (random() - 0.5) * HALF_SIDE_DEGREES,
      longitude: CENTRE.longitude + (random() - 0.5) * HALF_SIDE_DEGREES,
    },
    attributes: ['ELDERLY', 'LIVING_ALONE'],
    age: 72,
    nowMs: NOW_MS,
    earliestMs: null,
    deadlineMs: NOW_MS + 14 * 24 * HOUR_MS,
    preferredWindows: [],
    quantity: 1,
    maximumPriceFen: 3000,
    excludedProviders: [],
    excludedServices: [],
    excludedNatures: [],
    preferredProviders: [],
    preferredServices: [],
    previousProviders: [],
  };
}

/** Numbers in [0, 1) by the mulberry32 generator of T. Ettinger. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Like a UUIDv7: unique by its number, in no order. */
function uuidOf(number: number, whole: (below: number) => number): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  const scrambled = Math.imul(number, 0x9e3779b1) >>> 0;
  return `${hex(scrambled, 8)}-0b1c-7${hex(whole(4096), 3)}-a${hex(whole(4096), 3)}-${hex(number, 12)}`;
}
