import { describe, expect, it } from 'vitest';
import { TransitionRefused } from '../../src/failures.ts';
import { demandProgrammeTransition, isLow, lineCrossed, programmeInput } from '../../src/funding/programme.ts';

const MEALS = {
  externalId: 'F-01',
  name: '老年助餐补贴',
  source: 'PROJECT_SUBSIDY',
  budgetFen: 1000,
  validFrom: new Date('2026-01-01'),
  validTo: new Date('2027-01-01'),
  shareBasisPoints: 5000,
};

const faultsOf = (change: object) =>
  programmeInput.safeParse({ ...MEALS, ...change }).error?.issues.map(({ path }) => path.join('.'));

describe('a funding programme', () => {
  it('pays a share or an amount for each unit, not both and not neither', () => {
    expect(programmeInput.safeParse(MEALS).success).toBe(true);
    expect(faultsOf({ amountPerUnitFen: 300 })).toEqual(['shareBasisPoints']);
    expect(programmeInput.safeParse({ ...MEALS, shareBasisPoints: null }).success).toBe(false);
  });

  it.each([
    ['budgetFen', { budgetFen: 0 }],
    ['shareBasisPoints', { shareBasisPoints: 10_001 }],
    ['validTo', { validTo: new Date('2026-01-01') }],
    ['maximumAge', { minimumAge: 60, maximumAge: 59 }],
    ['source', { source: 'LOTTERY' }],
    ['lowPercent', { lowPercent: 101 }],
  ])('is refused by its field %s', (field, change) => {
    expect(faultsOf(change)).toEqual([field]);
  });

  it('is suspended and resumed, and closed for good', () => {
    demandProgrammeTransition('ACTIVE', 'SUSPENDED');
    demandProgrammeTransition('SUSPENDED', 'ACTIVE');
    demandProgrammeTransition('SUSPENDED', 'CLOSED');
    expect(() => demandProgrammeTransition('CLOSED', 'ACTIVE')).toThrow(TransitionRefused);
    expect(() => demandProgrammeTransition('ACTIVE', 'ACTIVE')).toThrow(TransitionRefused);
  });

  it('is low when no more than its share is left, and tells each line once, when it is crossed', () => {
    const budget = { budgetFen: 1000n, lowPercent: 10 };
    expect(isLow({ ...budget, reservedFen: 400n, spentFen: 500n })).toBe(true);
    expect(isLow({ ...budget, reservedFen: 400n, spentFen: 499n })).toBe(false);
    expect(lineCrossed(budget, 500n, 101n)).toBeNull();
    expect(lineCrossed(budget, 101n, 100n)).toBe('PROGRAMME_LOW');
    expect(lineCrossed(budget, 100n, 1n)).toBeNull();
    expect(lineCrossed(budget, 500n, 0n)).toBe('PROGRAMME_EXHAUSTED');
    expect(lineCrossed(budget, 0n, 0n)).toBeNull();
    expect(lineCrossed(budget, 0n, 50n)).toBeNull();
  });
});
