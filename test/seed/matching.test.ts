import { expect, it } from 'vitest';
import { sureCategory } from '../../src/communities/category-by-text.ts';
import { assign, Catalogue, candidates, createCategoriser, DEFAULT_PROFILE } from '../../src/matching/index.ts';
import { reasonWithoutCandidate } from '../../src/matchruns/unmet-reason.ts';
import { categoryRecords, exampleRows, needRecords, serviceRecords } from './example-records.ts';

const categories = categoryRecords(exampleRows('categories'));
const services = serviceRecords(exampleRows('services'), exampleRows('providers'));
const rows = exampleRows('needs');
const needs = needRecords(rows, exampleRows('residents'));

it('text alone finds the category of every need that does not state one, so that loading rejects none', () => {
  const categoriser = createCategoriser(categories);
  const unstated = needs.filter((need) => need.category === null);
  const unclear = unstated.filter(
    (need) => sureCategory(categoriser.categorise(`${need.title} ${need.description}`)) === null,
  );
  expect(unclear.map((need) => `${need.id} ${need.title}`)).toEqual([]);
});

it('about four needs in five find a service, and the others are unmet for every reason there is', () => {
  const catalogue = Catalogue.of(categories, services);
  const numberOf = new Map(services.map((service, number) => [service.id, number]));
  const offset = [0];
  const service: number[] = [];
  const score: number[] = [];
  const reasons = new Map<string, number>();
  for (const need of needs) {
    const found = candidates(catalogue, need, DEFAULT_PROFILE, 10);
    for (const candidate of found.candidates) {
      service.push(numberOf.get(candidate.serviceId)!);
      score.push(candidate.score);
    }
    offset.push(service.length);
    if (found.passed === 0) {
      const reason = reasonWithoutCandidate(found);
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  }
  const assignment = assign({
    services: services.length,
    capacity: Int32Array.from(services, (record) => record.placesFree ?? needs.length),
    needs: needs.length,
    tier: Uint8Array.from(rows, (row) => Number(row.urgency)),
    quantity: Int32Array.from(needs, (need) => need.quantity),
    offset: Int32Array.from(offset),
    service: Int32Array.from(service),
    score: Int32Array.from(score),
    policy: 'OPTIMAL',
  });
  const matched = assignment.service.filter((number) => number >= 0).length / needs.length;
  expect(matched).toBeGreaterThan(0.72);
  expect(matched).toBeLessThan(0.87);
  const constraints = ['CATEGORY', 'ADMISSION', 'CATCHMENT', 'ELIGIBILITY', 'SCHEDULE', 'PRICE', 'PREFERENCE'];
  for (const constraint of constraints) expect(reasons.get(constraint), constraint).toBeGreaterThanOrEqual(5);
  const wanting = needs.filter(
    (_, number) => offset[number] !== offset[number + 1] && assignment.service[number] === -1,
  );
  expect(wanting.length).toBeGreaterThan(100);
});
