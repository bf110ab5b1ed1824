import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  Catalogue,
  CONSTRAINTS,
  candidates,
  FACTORS,
  type NeedRecord,
  type Point,
  rankServices,
  type ServiceRecord,
  scoreService,
} from '../../../src/matching/index.ts';
import { aService, HOME, NOW_MS, TAXONOMY } from '../catalogue/examples.ts';
import { needArbitrary, profileArbitrary, serviceArbitrary, servicesArbitrary } from './arbitraries.ts';
import { failedPlainly, matchPlainly, nearestMissPlainly } from './plain-matching.ts';

test('candidates are those of matching service by service, in the same order and with the same scores and counts', () => {
  const kArbitrary = fc.constantFrom(1, 2, 3, 5, 100);
  let found = 0;
  fc.assert(
    fc.property(servicesArbitrary, needArbitrary, profileArbitrary, kArbitrary, (services, need, profile, k) => {
      const catalogue = Catalogue.of(TAXONOMY, services);
      const query = catalogue.text.prepare(need);
      const hasText = `${need.title}${need.description}`.trim() !== '';
      const plain = matchPlainly(TAXONOMY, services, need, profile, (id) =>
        hasText ? catalogue.text.relevance(query, catalogue.rowOf(id)) : 0,
      );
      const result = candidates(catalogue, need, profile, k);
      found += result.candidates.length;
      expect(
        result.candidates.map(({ serviceId, score, distanceMetres }) => ({ serviceId, score, distanceMetres })),
      ).toEqual(plain.ranked.slice(0, k));
      expect(result.passed).toBe(plain.ranked.length);
      expect(result.removed).toEqual(plain.removed);
      expect(result.passed + CONSTRAINTS.reduce((sum, name) => sum + result.removed[name], 0)).toBe(services.length);
      for (const { score, factors } of result.candidates) {
        expect(factors.every(({ contribution }) => contribution >= 0)).toBe(true);
        expect(factors.reduce((sum, { contribution }) => sum + contribution, 0)).toBe(score);
      }
      expect(result.nearestMiss === null).toBe(result.passed > 0 || services.length === 0);
    }),
    { numRuns: 600, seed: 20261125 },
  );
  expect(found).toBeGreaterThan(1000);
});

test('a ranking names the candidates and their scores in their order, and counts as they do', () => {
  fc.assert(
    fc.property(servicesArbitrary, needArbitrary, profileArbitrary, (services, need, profile) => {
      const catalogue = Catalogue.of(TAXONOMY, services);
      const { candidates: explained, ...rest } = candidates(catalogue, need, profile, 5);
      const ranked = explained.map(({ serviceId, score }) => ({ serviceId, score }));
      expect(rankServices(catalogue, need, profile, 5)).toEqual({ ranked, ...rest });
    }),
    { numRuns: 200, seed: 20261125 },
  );
});

test('services without a limit of distance, near and far, are ranked as service by service', () => {
  const spread = fc.record({ north: fc.integer({ min: -60, max: 60 }), east: fc.integer({ min: -60, max: 60 }) });
  // Most pass, nearness decides and few have no place: only then is a box of rows ever too far to be looked into.
  const passing = { schedule: [], exceptions: [], admitted: true, termStartMs: null, termEndMs: null, priceFen: 0 };
  const open = { ...passing, places: null, placesFree: null, eligibility: aService().eligibility };
  const farArbitrary = fc.tuple(serviceArbitrary, spread, fc.nat(199)).map(([service, { north, east }, lot]) => ({
    ...service,
    ...(lot > 20 ? open : {}),
    categories: ['MEALS'],
    communities: null,
    radiusMetres: null,
    locations: (lot > 40 || (lot > 1 && service.locations.length === 0) ? [HOME] : service.locations).map(
      ({ latitude, longitude }) => ({
        latitude: Math.max(-90, Math.min(90, latitude + north ** 3 / 1e5)),
        longitude: Math.max(-180, Math.min(180, longitude + east ** 3 / 1e5)),
      }),
    ),
  }));
  const nearnessArbitrary = fc
    .tuple(profileArbitrary, fc.nat(3), fc.constantFrom(0, 1))
    .map(([profile, kind, slight]) => {
      const slightly = Object.fromEntries(FACTORS.map((factor) => [factor, slight])) as typeof profile.weights;
      return { ...profile, weights: { ...(kind > 0 ? slightly : profile.weights), PROXIMITY: 1000 } };
    });
  const manyArbitrary = fc.array(farArbitrary, { minLength: 300, maxLength: 500, size: 'max' });
  let found = 0;
  fc.assert(
    fc.property(manyArbitrary, needArbitrary, nearnessArbitrary, (many, need, profile) => {
      const services = many.map((service, index) => ({ ...service, id: `s${index}` }));
      const catalogue = Catalogue.of(TAXONOMY, services);
      const hasText = `${need.title}${need.description}`.trim() !== '';
      const check = () => {
        const query = catalogue.text.prepare(need);
        const plain = matchPlainly(TAXONOMY, services, need, profile, (id) =>
          hasText ? catalogue.text.relevance(query, catalogue.rowOf(id)) : 0,
        );
        const result = candidates(catalogue, need, profile, 5);
        found += result.candidates.length;
        expect(result.candidates.map(({ serviceId, score }) => ({ serviceId, score }))).toEqual(
          plain.ranked.slice(0, 5).map(({ serviceId, score }) => ({ serviceId, score })),
        );
        expect(result.passed).toBe(plain.ranked.length);
        expect(result.removed).toEqual(plain.removed);
        return plain.ranked.map(({ serviceId }) => serviceId);
      };
      const ranked = check();
      // The best one takes the row of the worst, far from its neighbours there, whose box becomes wider. Others stay narrow.
      const moved = services.filter(({ id }) => id === ranked[0] || id === ranked.at(-1));
      moved.sort((one, other) => ranked.indexOf(other.id) - ranked.indexOf(one.id));
      for (const { id } of moved) catalogue.withdraw(id);
      for (const service of moved) catalogue.publish(service);
      check();
    }),
    { numRuns: 15, seed: 20261125 },
  );
  expect(found).toBeGreaterThan(30);
});

test('a service judged by itself gets what it gets among the candidates', () => {
  fc.assert(
    fc.property(servicesArbitrary, needArbitrary, profileArbitrary, (services, need, profile) => {
      const catalogue = Catalogue.of(TAXONOMY, services);
      const result = candidates(catalogue, need, profile, 1000);
      const judged = services.map(({ id }) => scoreService(catalogue, need, profile, id));
      const byId = new Map(result.candidates.map((candidate) => [candidate.serviceId, candidate]));
      services.forEach(({ id }, index) => {
        const judgement = judged[index]!;
        if (judgement.passes) expect(judgement.candidate).toEqual(byId.get(id));
        else expect(byId.has(id)).toBe(false);
      });
      for (const constraint of CONSTRAINTS) {
        const failed = judged.filter((judgement) => !judgement.passes && judgement.constraint === constraint);
        expect(failed).toHaveLength(result.removed[constraint]);
      }
    }),
    { numRuns: 200, seed: 20261125 },
  );
});

test('the nearest miss is that of judging service by service', () => {
  let missed = 0;
  const places = fc.constantFrom(0, 0.001, 0.02, 0.3);
  fc.assert(
    fc.property(servicesArbitrary, needArbitrary, profileArbitrary, places, (services, need, profile, apart) => {
      const failing = services
        .filter((service) => failedPlainly(TAXONOMY, service, need).length > 0)
        .map((service, index) => ({ ...service, locations: service.locations.map((at) => moved(at, apart * index)) }))
        .filter((service) => failedPlainly(TAXONOMY, service, need).length > 0);
      const { nearestMiss } = candidates(Catalogue.of(TAXONOMY, failing), need, profile, 1);
      expect(nearestMiss?.serviceId ?? null).toBe(nearestMissPlainly(TAXONOMY, failing, need));
      if (nearestMiss === null) return;
      missed += 1;
      const miss = failing.find(({ id }) => id === nearestMiss.serviceId)!;
      expect(nearestMiss.constraint).toBe(failedPlainly(TAXONOMY, miss, need)[0]);
    }),
    { numRuns: 600, seed: 20261125 },
  );
  expect(missed).toBeGreaterThan(500);
});

test('of services that one constraint alone keeps from a need the nearest miss is that of judging service by service', () => {
  const oneConstraint = fc.constantFrom<Partial<NeedRecord>>(
    { location: { latitude: 26.8, longitude: 107.9811 } },
    { quantity: 100 },
    { excludedNatures: ['SELF_GOVERNANCE', 'COMMERCIAL', 'PUBLIC_BENEFIT', 'DERIVED'] },
    { excludedProviders: ['p1', 'p2', 'p3'] },
    { attributes: [], age: 5 },
    { earliestMs: null, deadlineMs: NOW_MS },
    { category: 'REPAIR' },
  );
  const plainArbitrary = serviceArbitrary.map((service) => ({ ...service, categories: ['MEALS'], admitted: true }));
  const manyArbitrary = fc.uniqueArray(plainArbitrary, {
    selector: ({ id }) => id,
    minLength: 60,
    maxLength: 90,
    size: 'max',
  });
  const firsts = new Set<string>();
  fc.assert(
    fc.property(manyArbitrary, needArbitrary, profileArbitrary, oneConstraint, (services, need, profile, changes) => {
      const hard = { ...need, ...changes };
      const failing = services.filter((service) => failedPlainly(TAXONOMY, service, hard).length > 0);
      const { nearestMiss } = candidates(Catalogue.of(TAXONOMY, failing), hard, profile, 1);
      expect(nearestMiss?.serviceId ?? null).toBe(nearestMissPlainly(TAXONOMY, failing, hard));
      if (nearestMiss !== null) firsts.add(nearestMiss.constraint);
    }),
    { numRuns: 150, seed: 20261125 },
  );
  expect(firsts.size).toBeGreaterThan(5);
});

function moved({ latitude, longitude }: Point, degrees: number): Point {
  return { latitude: Math.max(-90, Math.min(90, latitude + degrees)), longitude };
}

test('a catalogue changed in place answers as one built anew from what is in it', () => {
  const changeArbitrary = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), service: serviceArbitrary }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), pick: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('places' as const), pick: fc.nat() }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'ask' as const }) },
  );
  fc.assert(
    fc.property(
      servicesArbitrary,
      fc.array(changeArbitrary, { maxLength: 60, size: 'max' }),
      fc.array(needArbitrary, { minLength: 1, maxLength: 4 }),
      profileArbitrary,
      (services, changes, needs, profile) => {
        const catalogue = Catalogue.of(TAXONOMY, services);
        const records = new Map<string, ServiceRecord>(services.map((service) => [service.id, service]));
        for (const change of changes) {
          const picked = 'pick' in change ? [...records.values()][change.pick % Math.max(1, records.size)] : undefined;
          if (change.kind === 'put') {
            if (records.has(change.service.id)) catalogue.amend(change.service);
            else catalogue.publish(change.service);
            records.set(change.service.id, change.service);
          } else if (change.kind === 'ask') {
            candidates(catalogue, needs[0]!, profile, 3);
          } else if (picked && change.kind === 'withdraw') {
            catalogue.withdraw(picked.id);
            records.delete(picked.id);
          } else if (picked && picked.places !== null) {
            const placesFree = picked.placesFree === 0 ? picked.places : 0;
            catalogue.setPlacesFree(picked.id, placesFree);
            records.set(picked.id, { ...picked, placesFree });
          }
        }
        const anew = Catalogue.of(TAXONOMY, [...records.values()].reverse());
        expect(catalogue.size).toBe(anew.size);
        for (const need of needs) {
          expect(candidates(catalogue, need, profile, 7)).toEqual(candidates(anew, need, profile, 7));
        }
      },
    ),
    { numRuns: 200, seed: 20261125 },
  );
});
