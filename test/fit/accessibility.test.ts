import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Leg, twoStepAccessibility } from '../../src/fit/accessibility.ts';

/**
 * Three tracts, each with people, doctors and the costs of going from one to another. The values are those that PySAL's
 * `access` package asserts for its 2SFCA with gravity weights 1/cost and a threshold of 61, inclusive.
 */
const POPULATION = [100, 50, 10];
const DOCTORS = [15, 20, 100];
/** Own tract, first and second to the third, third to first and second, between first and second. */
const SCENARIOS = [
  { costs: [1, 40, 40, 80], expected: [0.3314441169802766, 0.5798281320669381, 7.286418169862544] },
  { costs: [1, 20, 40, 80], expected: [0.4353402208763805, 0.683724235963042, 5.727976611420986] },
  { costs: [1, 40, 20, 80], expected: [0.3310719131614654, 0.5778577857785778, 7.299991939492457] },
  { costs: [1, 20, 20, 40], expected: [0.4425683953985841, 0.6667582799658271, 5.7405246461850234] },
] as const;

describe('two-step floating catchment areas', () => {
  test.each(SCENARIOS)('give what PySAL gives for costs $costs', ({ costs: [own, to3, from3, between], expected }) => {
    const legs: Leg[] = [
      ...[0, 1, 2].map((tract) => ({ from: tract, to: tract, cost: own })),
      { from: 0, to: 2, cost: to3 },
      { from: 1, to: 2, cost: to3 },
      { from: 2, to: 0, cost: from3 },
      { from: 2, to: 1, cost: from3 },
      { from: 0, to: 1, cost: between },
      { from: 1, to: 0, cost: between },
    ];
    const access = twoStepAccessibility({
      demand: POPULATION,
      supply: DOCTORS,
      legs,
      greatestCost: 61,
      weight: (cost) => 1 / cost,
    });
    for (const [tract, value] of expected.entries()) expect(access[tract]).toBeCloseTo(value, 12);
  });

  test('divide 6 places among 2 + 1 units that reach them, and count 4 places that only the first reaches', () => {
    // Service 0: 6 places / (2 + 1) = 2 each unit. Service 1: 4 places / 2 = 2. The first has 2 + 2, the second 2.
    const legs = [
      { from: 0, to: 0, cost: 0.5 },
      { from: 1, to: 0, cost: 1 },
      { from: 0, to: 1, cost: 0 },
    ];
    expect(twoStepAccessibility({ demand: [2, 1], supply: [6, 4], legs, greatestCost: 1 })).toEqual([4, 2]);
  });

  test('reach the edge of a circle and not a step beyond', () => {
    const reach = (cost: number) =>
      twoStepAccessibility({ demand: [1], supply: [1], legs: [{ from: 0, to: 0, cost }], greatestCost: 61 });
    expect(reach(61)).toEqual([1]);
    expect(reach(61.000001)).toEqual([0]);
  });

  test('give supply that nobody asks for to nobody', () => {
    const legs = [{ from: 0, to: 0, cost: 0 }];
    expect(twoStepAccessibility({ demand: [0], supply: [5], legs, greatestCost: 1 })).toEqual([0]);
  });

  test('hand out exactly the supply that somebody can ask for', () => {
    const places = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 4, maxLength: 4 });
    const legs = fc.uniqueArray(
      fc.record({ from: fc.nat(3), to: fc.nat(3), cost: fc.constantFrom(0.2, 0.5, 1, 1.5) }),
      { selector: ({ from, to }) => from * 4 + to },
    );
    fc.assert(
      fc.property(places, places, legs, (demand, supply, all) => {
        const access = twoStepAccessibility({ demand, supply, legs: all, greatestCost: 1 });
        const handedOut = access.reduce((sum, value, from) => sum + value * demand[from]!, 0);
        const askedFor = supply.filter((_, to) =>
          all.some((leg) => leg.to === to && leg.cost <= 1 && demand[leg.from]! > 0),
        );
        expect(handedOut).toBeCloseTo(
          askedFor.reduce((sum, amount) => sum + amount, 0),
          9,
        );
      }),
    );
  });
});
