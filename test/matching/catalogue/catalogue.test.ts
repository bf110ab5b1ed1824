import { describe, expect, test } from 'vitest';
import {
  Catalogue,
  candidates,
  DEFAULT_PROFILE,
  MatchingInputError,
  type ServiceRecord,
} from '../../../src/matching/index.ts';
import { aNeed, aService, HOME, NOW_MS, northOfHome, TAXONOMY } from './examples.ts';

function found(catalogue: Catalogue, changes = {}): string[] {
  return candidates(catalogue, aNeed(changes), DEFAULT_PROFILE, 10).candidates.map(({ serviceId }) => serviceId);
}

function errorOf(action: () => unknown): MatchingInputError {
  try {
    action();
  } catch (error) {
    if (error instanceof MatchingInputError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a catalogue', () => {
  test('finds a service from the moment it is published until it is withdrawn', () => {
    const catalogue = new Catalogue(TAXONOMY);
    expect(found(catalogue)).toEqual([]);
    catalogue.publish(aService());
    expect(catalogue.size).toBe(1);
    expect(catalogue.has('service-1')).toBe(true);
    expect(found(catalogue)).toEqual(['service-1']);
    catalogue.withdraw('service-1');
    expect(catalogue.size).toBe(0);
    expect(catalogue.has('service-1')).toBe(false);
    expect(found(catalogue)).toEqual([]);
  });

  test('gives the row of a withdrawn service to the next one, which inherits nothing from it', () => {
    const catalogue = Catalogue.of(TAXONOMY, [
      aService({ locations: [HOME, northOfHome(300)], communities: ['community-9'], priceFen: 700 }),
    ]);
    catalogue.withdraw('service-1');
    catalogue.publish(aService({ id: 'service-2', locations: [], radiusMetres: null }));
    const { candidates: list } = candidates(catalogue, aNeed(), DEFAULT_PROFILE, 1);
    expect(list[0]).toMatchObject({ serviceId: 'service-2', distanceMetres: null });
    expect(catalogue.rowEnd).toBe(1);
  });

  test('follows an amendment of category, catchment and term', () => {
    const catalogue = Catalogue.of(TAXONOMY, [aService()]);
    catalogue.amend(aService({ categories: ['BATHING'] }));
    expect(found(catalogue)).toEqual([]);
    expect(found(catalogue, { category: 'BATHING' })).toEqual(['service-1']);
    catalogue.amend(aService({ locations: [northOfHome(5000)] }));
    expect(found(catalogue)).toEqual([]);
    catalogue.amend(aService({ locations: [northOfHome(5000)], radiusMetres: null }));
    expect(found(catalogue)).toEqual(['service-1']);
    catalogue.amend(aService({ termEndMs: NOW_MS - 1 }));
    expect(found(catalogue)).toEqual([]);
    catalogue.amend(aService({ termEndMs: NOW_MS }));
    expect(found(catalogue)).toEqual(['service-1']);
  });

  test('follows the free places of a service', () => {
    const catalogue = Catalogue.of(TAXONOMY, [aService({ places: 2, placesFree: 1 })]);
    catalogue.setPlacesFree('service-1', 0);
    expect(candidates(catalogue, aNeed(), DEFAULT_PROFILE, 1).removed.CAPACITY).toBe(1);
    catalogue.setPlacesFree('service-1', 2);
    const load = candidates(catalogue, aNeed(), DEFAULT_PROFILE, 1).candidates[0]!.factors.find(
      ({ factor }) => factor === 'LOAD',
    );
    expect(load!.value).toBe(1_000_000);
  });

  test('serves every category below the one a service is filed under, and none above or beside it', () => {
    const catalogue = Catalogue.of(TAXONOMY, [aService({ categories: ['MEALS'] })]);
    expect(found(catalogue, { category: 'MEALS.DELIVERED' })).toEqual(['service-1']);
    expect(found(catalogue, { category: 'CARE' })).toEqual([]);
    expect(found(catalogue, { category: 'BATHING' })).toEqual([]);
  });

  test('counts a service once that is filed under a category and under one below it', () => {
    const catalogue = Catalogue.of(TAXONOMY, [aService({ categories: ['MEALS.DELIVERED', 'CARE', 'MEALS'] })]);
    expect(candidates(catalogue, aNeed({ category: 'MEALS.DELIVERED' }), DEFAULT_PROFILE, 5).passed).toBe(1);
  });
});

describe('bad input to a catalogue', () => {
  const broken: readonly [string, Partial<ServiceRecord>, string, string][] = [
    ['an empty id', { id: '' }, 'id', 'must not be empty'],
    [
      'a category that is not in the taxonomy',
      { categories: ['MUSIC'] },
      'categories',
      'must be codes of the taxonomy',
    ],
    ['a latitude beyond the pole', { locations: [{ latitude: 91, longitude: 0 }] }, 'locations.latitude', '-90 to 90'],
    [
      'a longitude that is no number',
      { locations: [{ latitude: 0, longitude: Number.NaN }] },
      'locations.longitude',
      '-180',
    ],
    ['a negative radius', { radiusMetres: -1 }, 'radiusMetres', 'at least 0'],
    [
      'an eighth day of the week',
      { schedule: [{ day: 8, startMinute: 0, endMinute: 60 }] },
      'schedule.day',
      '7 (Sunday)',
    ],
    [
      'a window that ends before it starts',
      { schedule: [{ day: 1, startMinute: 60, endMinute: 60 }] },
      'schedule.endMinute',
      'after startMinute',
    ],
    [
      'a date that does not exist',
      { exceptions: [{ date: '2026-02-30', windows: [] }] },
      'exceptions.date',
      'YYYY-MM-DD',
    ],
    ['a term that ends before it starts', { termStartMs: 2, termEndMs: 1 }, 'termEndMs', 'before termStartMs'],
    ['more free places than places', { places: 1, placesFree: 2 }, 'placesFree', 'more than places'],
    ['free places without places', { places: null, placesFree: 2 }, 'placesFree', 'null'],
    ['a price in broken fen', { priceFen: 0.5 }, 'priceFen', 'whole number'],
    ['marks above 5', { appraisalCount: 1, appraisalSum: 6 }, 'appraisalSum', '1 to 5 marks'],
    [
      'ages the wrong way round',
      { eligibility: { ...aService().eligibility, minimumAge: 60, maximumAge: 50 } },
      'eligibility.maximumAge',
      'less than minimumAge',
    ],
  ];

  test.each(broken)('%s is refused by its field and rule, and nothing is changed', (_, changes, field, rule) => {
    const catalogue = Catalogue.of(TAXONOMY, [aService()]);
    const published = errorOf(() => catalogue.publish(aService({ id: 'service-2', ...changes })));
    expect(published.field).toBe(`service.${field}`);
    expect(published.rule).toContain(rule);
    expect(catalogue.size).toBe(1);
    if (!('id' in changes)) {
      expect(errorOf(() => catalogue.amend(aService(changes))).field).toBe(`service.${field}`);
    }
    expect(found(catalogue)).toEqual(['service-1']);
    const many = errorOf(() => Catalogue.of(TAXONOMY, [aService(), aService({ id: 'service-2', ...changes })]));
    expect(many).toMatchObject({ field: `services.${field}`, position: 1 });
  });

  test('an id that is there already is refused, and an amendment or withdrawal of one that is not', () => {
    const catalogue = Catalogue.of(TAXONOMY, [aService()]);
    expect(errorOf(() => catalogue.publish(aService())).field).toBe('service.id');
    expect(errorOf(() => catalogue.amend(aService({ id: 'service-2' }))).field).toBe('service.id');
    expect(errorOf(() => catalogue.withdraw('service-2')).field).toBe('id');
    expect(errorOf(() => catalogue.setPlacesFree('service-2', 1)).field).toBe('id');
    expect(errorOf(() => catalogue.setPlacesFree('service-1', 21)).field).toBe('service.placesFree');
    expect(errorOf(() => catalogue.setPlacesFree('service-1', null)).field).toBe('service.placesFree');
    expect(catalogue.size).toBe(1);
  });

  test('a taxonomy that is no tree is refused', () => {
    const names = ['x'];
    const twice = [
      { code: 'A', parent: null, names },
      { code: 'A', parent: null, names },
    ];
    const orphan = [{ code: 'A', parent: 'B', names }];
    const circle = [
      { code: 'A', parent: 'B', names },
      { code: 'B', parent: 'A', names },
    ];
    expect(errorOf(() => new Catalogue(twice))).toMatchObject({ field: 'taxonomy.code', position: 1 });
    expect(errorOf(() => new Catalogue(orphan))).toMatchObject({ field: 'taxonomy.parent', position: 0 });
    expect(errorOf(() => new Catalogue(circle))).toMatchObject({ field: 'taxonomy.parent', position: 0 });
  });
});
