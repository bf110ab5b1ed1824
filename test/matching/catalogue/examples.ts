import type { CategoryRecord, NeedRecord, ServiceRecord } from '../../../src/matching/index.ts';

/** A small taxonomy: 养老服务 over 助餐 and 助浴, 助餐 over 上门送餐, and 维修 by itself. */
export const TAXONOMY: readonly CategoryRecord[] = [
  { code: 'CARE', parent: null, names: ['养老服务', 'Elder care'] },
  { code: 'MEALS', parent: 'CARE', names: ['助餐', 'Meals'] },
  { code: 'MEALS.DELIVERED', parent: 'MEALS', names: ['上门送餐', 'Delivered meals'] },
  { code: 'BATHING', parent: 'CARE', names: ['助浴', 'Bathing'] },
  { code: 'REPAIR', parent: null, names: ['家庭维修', 'Household repair'] },
];

/** Kaili's centre, about. */
export const HOME = { latitude: 26.5833, longitude: 107.9811 };

/** A point so many metres to the north of home, on the sphere of the core. */
export function northOfHome(metres: number) {
  return { latitude: HOME.latitude + metres / 111_195.08, longitude: HOME.longitude };
}

/** Wednesday, 25 November 2026, 09:00 in Kaili. */
export const NOW_MS = Date.UTC(2026, 10, 25, 1, 0);
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** A canteen at home's door that serves anybody, free, at any time. */
export function aService(changes: Partial<ServiceRecord> = {}): ServiceRecord {
  return {
    id: 'service-1',
    providerId: 'provider-1',
    providerKind: 'SOCIAL',
    nature: 'PUBLIC_BENEFIT',
    categories: ['MEALS'],
    title: '颐养饭桌',
    description: '',
    keywords: [],
    locations: [HOME],
    communities: null,
    radiusMetres: 1200,
    eligibility: { allOf: [], anyOf: [], noneOf: [], minimumAge: null, maximumAge: null },
    schedule: [],
    exceptions: [],
    admitted: true,
    termStartMs: null,
    termEndMs: null,
    places: 20,
    placesFree: 10,
    priceFen: 0,
    appraisalCount: 0,
    appraisalSum: 0,
    ...changes,
  };
}

/** A need for meals at home within a day. */
export function aNeed(changes: Partial<NeedRecord> = {}): NeedRecord {
  return {
    id: 'need-1',
    category: 'MEALS',
    title: '想找地方吃饭',
    description: '',
    communityId: 'community-1',
    location: HOME,
    attributes: [],
    age: 72,
    nowMs: NOW_MS,
    earliestMs: null,
    deadlineMs: NOW_MS + DAY_MS,
    preferredWindows: [],
    quantity: 1,
    maximumPriceFen: null,
    excludedProviders: [],
    excludedServices: [],
    excludedNatures: [],
    preferredProviders: [],
    preferredServices: [],
    previousProviders: [],
    ...changes,
  };
}
