import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign } from '../../../src/matching/assignment/assign.ts';
import { wholeMarket } from '../../../src/matching/assignment/market.ts';
import type { AssignmentProblem } from '../../../src/matching/assignment/problem.ts';
import { solveMarket, startMarket } from '../../../src/matching/assignment/scores.ts';
import { verifyOptimal, verifyStable } from '../../../src/matching/assignment/verify.ts';
import { clusteredInstance, randomInstance, randomNumbers } from '../../bench/matching/assignment-instances.ts';
import { leastCost, problemOfCosts, readCostMatrix, writeCostMatrix } from './or-library.ts';

describe('assignments of thousands of needs', () => {
  const instances: [string, AssignmentProblem][] = [
    ['random, places plenty', randomInstance(3000, 300, 11)],
    ['random, places tight', randomInstance(3000, 3000, 1)],
    ['clustered, places plenty', clusteredInstance(3000, 300, 11)],
    ['clustered, places tight', clusteredInstance(3000, 3000, 1)],
    ['clustered, too few places', clusteredInstance(3000, 150, 11)],
  ];

  it.each(instances)('%s: proved optimal, with and without tiers, quantities and communities', (_, problem) => {
    const random = randomNumbers(7);
    const pick = (highest: number) => 1 + Math.floor(random() * highest);
    const tier = Uint8Array.from({ length: problem.needs }, () => pick(4));
    const quantity = Int32Array.from({ length: problem.needs }, () => pick(3));
    const community = Int32Array.from({ length: problem.needs }, () => pick(23));
    expect(verifyOptimal(problem, assign(problem)).fault).toBeNull();
    const mixed = { ...problem, tier, quantity, community };
    expect(verifyOptimal(mixed, assign(mixed)).fault).toBeNull();
    const equitable = { ...mixed, policy: 'EQUITABLE' as const };
    expect(verifyOptimal(equitable, assign(equitable)).fault).toBeNull();
    const choice = { ...mixed, policy: 'CHOICE' as const };
    expect(verifyStable(choice, assign(choice)).fault).toBeNull();
  });

  it('shares hundreds of millions of units out to communities, by steps that do not depend on how many there are', () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const random = randomNumbers(seed);
      const problem = clusteredInstance(300, 30, 1, seed);
      const quantity = Int32Array.from({ length: 300 }, () => 1 + Math.floor(random() * 2_000_000));
      const capacity = Int32Array.from({ length: 30 }, () => Math.floor(random() * 14_000_000));
      const community = Int32Array.from(quantity, () => Math.floor(random() * 12));
      const tier = Uint8Array.from(quantity, () => 1 + Math.floor(random() * 2));
      const crowded = { ...problem, quantity, capacity, community, tier, policy: 'EQUITABLE' as const };
      const assignment = assign(crowded);
      expect(verifyOptimal(crowded, assignment).fault).toBeNull();
      expect(assignment.matchedByTier[1]).toBeGreaterThan(50_000_000);
    }
  });

  it('communities of the same size, which are at the same shares, trade units until the total is proved the highest', () => {
    const problem = clusteredInstance(1200, 60, 11);
    const random = randomNumbers(9);
    const score = problem.score.map((value) => (random() < 0.5 ? value : Math.floor(value / 100_000)));
    const community = Int32Array.from({ length: 1200 }, (_, n) => n % 40);
    const tier = Uint8Array.from({ length: 1200 }, (_, n) => 1 + (Math.floor(n / 40) % 3));
    const alike = { ...problem, score, community, tier, policy: 'EQUITABLE' as const };
    expect(verifyOptimal(alike, assign(alike)).fault).toBeNull();
  });

  it('comes out the same twice', () => {
    const problem = clusteredInstance(2000, 1000, 2);
    expect(assign(problem)).toEqual(assign(problem));
  });
});

describe('startMarket', () => {
  it('makes no more bids for millions of units than for thousands', () => {
    const problem = clusteredInstance(1000, 100, 7);
    const random = randomNumbers(3);
    const asked = Int32Array.from({ length: problem.needs }, () => 1 + Math.floor(random() * 20));
    const bidsFor = (units: number): number => {
      const quantity = asked.map((count) => count * units);
      const capacity = problem.capacity.map((count) => count * 10 * units);
      return startMarket(wholeMarket({ ...problem, capacity, quantity }, quantity), 4).bids;
    };
    expect(bidsFor(1)).toBeLessThanOrEqual(4 * problem.needs);
    expect(bidsFor(10_000)).toBe(bidsFor(1));
  });
});

describe('solveMarket', () => {
  const efforts = [
    { reductionBids: 0, pathsPerBidder: Number.POSITIVE_INFINITY },
    { reductionBids: 0, pathsPerBidder: -1 },
    { reductionBids: 3, pathsPerBidder: -1 },
  ];

  it('finds the same total by shortest paths alone, by auction alone and by both', () => {
    const anyMarket = fc.record({
      seed: fc.nat(),
      bidders: fc.integer({ min: 1, max: 40 }),
      places: fc.integer({ min: 1, max: 4 }),
      highest: fc.constantFrom(0, 3, 1000, 2_000_000_000),
    });
    fc.assert(
      fc.property(anyMarket, ({ seed, bidders, places, highest }) => {
        const problem = feasibleProblem(seed, bidders, places, highest);
        const market = wholeMarket(problem, problem.quantity!);
        const totals = efforts.map((effort) => {
          const { units, edge } = solveMarket(market, effort).holdings;
          return units.reduce((sum, held, slot) => sum + held * problem.score[edge[slot]!]!, 0);
        });
        expect(new Set(totals).size).toBe(1);
        expect(Number(assign(problem).total)).toBe(totals[0]);
      }),
      { numRuns: 500 },
    );
  });
});

/** A random problem in which every unit can be placed: each need may also use a service of its own. */
function feasibleProblem(seed: number, needs: number, places: number, highest: number): AssignmentProblem {
  const random = randomNumbers(seed);
  const shared = 1 + Math.floor(random() * needs);
  const services = needs + shared;
  const quantity = Int32Array.from({ length: needs }, () => 1 + Math.floor(random() * places));
  const offset = [0];
  const service: number[] = [];
  for (let need = 0; need < needs; need++) {
    service.push(need);
    for (let edge = Math.floor(random() * 6); edge > 0; edge--) service.push(needs + Math.floor(random() * shared));
    offset.push(service.length);
  }
  return {
    services,
    capacity: Int32Array.from({ length: services }, (_, s) => (s < needs ? quantity[s]! : Math.floor(random() * 5))),
    needs,
    quantity,
    offset: Int32Array.from(offset),
    service: Int32Array.from(service),
    score: Int32Array.from(service, () => Math.floor(random() * (highest + 1))),
    policy: 'OPTIMAL',
  };
}

describe('problems in the text format of the OR-Library', () => {
  it.each([1, 7, 60, 150])('size %d: the least cost is that of an independent solver', (size) => {
    const random = randomNumbers(size);
    const matrix = Array.from({ length: size }, () =>
      Array.from({ length: size }, () => 1 + Math.floor(random() * 100)),
    );
    const read = readCostMatrix(writeCostMatrix(matrix));
    expect(read).toEqual(matrix);
    const { problem, highest } = problemOfCosts(read);
    const assignment = assign(problem);
    expect(verifyOptimal(problem, assignment).fault).toBeNull();
    expect(size * highest - Number(assignment.total)).toBe(leastCost(matrix));
  });

  it('a file with a cost missing, one too many or one that is no number is refused', () => {
    expect(() => readCostMatrix('2\n1 2 3')).toThrow(/4 costs, not 3/);
    expect(() => readCostMatrix('1\n1 2')).toThrow(/1 costs, not 2/);
    expect(() => readCostMatrix('1\nx')).toThrow(/number 2/);
  });
});
