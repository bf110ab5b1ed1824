import { describe, expect, it } from 'vitest';
import { CONSTRAINTS, type Constraint } from '../../src/matching/index.ts';
import { reasonWithoutCandidate } from '../../src/matchruns/unmet-reason.ts';

const removing = (counts: Partial<Record<Constraint, number>>) => ({
  removed: Object.fromEntries(CONSTRAINTS.map((constraint) => [constraint, counts[constraint] ?? 0])) as Record<
    Constraint,
    number
  >,
});

describe('why a need has no candidate', () => {
  it('names the constraint that removed most of the services of its category', () => {
    expect(reasonWithoutCandidate(removing({ CATEGORY: 340, CATCHMENT: 6, CAPACITY: 2 }))).toBe('CATCHMENT');
  });

  it('names the one that came closest when two removed as many', () => {
    expect(reasonWithoutCandidate(removing({ CATEGORY: 340, CATCHMENT: 3, PRICE: 3 }))).toBe('PRICE');
  });

  it('names the category only when no service is of it', () => {
    expect(reasonWithoutCandidate(removing({ CATEGORY: 340 }))).toBe('CATEGORY');
  });

  it('says that there is no candidate at all where the service list is empty', () => {
    expect(reasonWithoutCandidate(removing({}))).toBe('NO_CANDIDATE');
  });
});
