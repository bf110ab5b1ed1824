import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign } from '../../../src/matching/assignment/assign.ts';
import { LiveAssignment } from '../../../src/matching/assignment/live.ts';
import type { AssignmentPolicy } from '../../../src/matching/assignment/problem.ts';
import { verifyOptimal, verifyStable } from '../../../src/matching/assignment/verify.ts';
import { MatchingInputError } from '../../../src/matching/errors.ts';
import { clusteredInstance, randomNumbers } from '../../bench/matching/assignment-instances.ts';
import { problemOf, smallProblems } from './small-problems.ts';

type Change =
  | {
      readonly kind: 'add';
      readonly tier: number;
      readonly quantity: number;
      readonly community: number;
      readonly candidates: [number, number][];
    }
  | { readonly kind: 'withdraw'; readonly need: number }
  | { readonly kind: 'capacity'; readonly service: number; readonly places: number };

const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('add' as const),
      tier: fc.integer({ min: 1, max: 3 }),
      quantity: fc.integer({ min: 1, max: 3 }),
      community: fc.integer({ min: 7, max: 9 }),
      candidates: fc.array(fc.tuple(fc.nat(3), fc.oneof(fc.nat(4), fc.nat(1_000_000))), { maxLength: 4 }),
    }),
    fc.record({ kind: fc.constant('withdraw' as const), need: fc.nat(20) }),
    fc.record({ kind: fc.constant('capacity' as const), service: fc.nat(3), places: fc.nat(4) }),
  ),
  { maxLength: 14 },
);

describe.each(['OPTIMAL', 'EQUITABLE'] as const)('a live assignment under %s', (policy) => {
  it('is proved best by its own prices after every change, and is worth what solving everything anew would be', () => {
    fc.assert(
      fc.property(smallProblems(policy), changes, (problem, list) => {
        const live = new LiveAssignment(problem, { mostNeeds: 100 });
        for (const change of list) {
          apply(live, change, problem.services);
          const { problem: now, assignment } = live.snapshot();
          expect(verifyOptimal(now, assignment).fault).toBeNull();
          const anew = assign(now);
          expect(assignment.matchedByTier).toEqual(anew.matchedByTier);
          expect(assignment.total).toBe(anew.total);
          if (policy === 'EQUITABLE') expect(unevenness(now, assignment.flow)).toEqual(unevenness(now, anew.flow));
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('stays proved best among thousands of needs, with places scarce and changes of every kind', () => {
    const { live, random, services } = crowdedLive(policy, 1500);
    for (let round = 0; round < 60; round++) {
      changeAtRandom(live, random, services);
      if (round % 10 > 0) continue;
      const { problem, assignment } = live.snapshot();
      expect(verifyOptimal(problem, assignment).fault).toBeNull();
    }
  });
});

describe('a live assignment under CHOICE', () => {
  it('is the stable one that solving everything anew would give, through every change', () => {
    fc.assert(
      fc.property(smallProblems('CHOICE'), changes, (problem, list) => {
        const live = new LiveAssignment(problem, { mostNeeds: 100 });
        for (const change of list) {
          apply(live, change, problem.services);
          const { problem: now, assignment } = live.snapshot();
          expect(verifyStable(now, assignment).fault).toBeNull();
          expect(assignment).toEqual(assign(now));
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('stays so among thousands of needs', () => {
    const { live, random, services } = crowdedLive('CHOICE', 1500);
    for (let round = 0; round < 60; round++) changeAtRandom(live, random, services);
    const { problem, assignment } = live.snapshot();
    expect(assignment).toEqual(assign(problem));
  });
});

describe('a change', () => {
  it.each(['OPTIMAL', 'EQUITABLE', 'CHOICE'] as const)('under %s looks only at what it reaches', (policy) => {
    // A thousand separate pairs in a hundred communities; a change in one of them must not look at the others.
    const needs = Array.from({ length: 1000 }, (_, n) => ({
      candidates: [[n, 500] as const],
      community: Math.floor(n / 10),
    }));
    const live = new LiveAssignment(problemOf(Array(1000).fill(1), needs, policy), { mostNeeds: 2000 });
    live.addNeed({ tier: 1, quantity: 1, community: 0, candidates: [{ service: 7, score: 900 }] });
    live.withdrawNeed(500);
    live.setCapacity(20, 0);
    expect(live.scanned).toBeLessThan(30);
    expect(live.serviceOf(7)).toBe(-1);
    expect(live.serviceOf(1000)).toBe(7);
    expect(live.serviceOf(20)).toBe(-1);
  });

  it('of demand in one community moves a place to another under EQUITABLE', () => {
    // Two communities of one need each share two places; as the first grows, its next unit is worth more.
    const wants = { candidates: [[0, 5] as const] };
    const live = new LiveAssignment(
      problemOf([2], [{ ...wants, community: 1 }, ...Array(3).fill({ ...wants, community: 2 })], 'EQUITABLE'),
      { mostNeeds: 100 },
    );
    const placesOf = (community: number): number => {
      const { problem, assignment } = live.snapshot();
      return assignment.flow.reduce((sum, units, e) => sum + (problem.community![e] === community ? units : 0), 0);
    };
    expect([placesOf(1), placesOf(2)]).toEqual([1, 1]);
    for (let more = 0; more < 4; more++) {
      live.addNeed({ tier: 1, quantity: 1, community: 2, candidates: [{ service: 0, score: 5 }] });
    }
    expect([placesOf(1), placesOf(2)]).toEqual([0, 2]);
  });

  it('that cannot be kept exact is refused, and changes nothing', () => {
    const live = new LiveAssignment(problemOf([1], [{ candidates: [[0, 5]] }]), { mostNeeds: 2, highestScore: 10 });
    const before = live.snapshot();
    expect(() => live.addNeed({ tier: 1, quantity: 1, candidates: [{ service: 0, score: 11 }] })).toThrow(
      MatchingInputError,
    );
    expect(() => live.addNeed({ tier: 1, quantity: 0, candidates: [] })).toThrow(/quantity/);
    expect(() => live.addNeed({ tier: 1, quantity: 1, community: 2 ** 31, candidates: [] })).toThrow(/community/);
    expect(() => live.setCapacity(1, 1)).toThrow(/service/);
    expect(() => live.withdrawNeed(1)).toThrow(/need/);
    expect(live.snapshot()).toEqual(before);
    const huge = { mostNeeds: 10_000_000, highestScore: 2_000_000_000 };
    expect(() => new LiveAssignment(problemOf(Array(9_000).fill(1), []), huge)).toThrow(/limits/);
    expect(() => new LiveAssignment(problemOf([1], [], 'EQUITABLE'), huge)).toThrow(/limits/);
    const crowd = new LiveAssignment(problemOf([1], [{ candidates: [], quantity: 2_000_000 }], 'EQUITABLE'), {
      mostNeeds: 2,
    });
    expect(() => crowd.addNeed({ tier: 1, quantity: 1_000_000, candidates: [] })).toThrow(/community over/);
  });

  it('that withdraws a need twice, or sets the places that there are, changes nothing', () => {
    for (const policy of ['OPTIMAL', 'EQUITABLE', 'CHOICE'] as const) {
      const needs = [{ candidates: [[0, 5] as const] }, { candidates: [[0, 4] as const] }];
      const live = new LiveAssignment(problemOf([1], needs, policy), { mostNeeds: 2 });
      live.withdrawNeed(0);
      const before = live.snapshot();
      live.withdrawNeed(0);
      live.setCapacity(0, 1);
      expect(live.snapshot()).toEqual(before);
      expect(live.serviceOf(1)).toBe(0);
    }
  });
});

function apply(live: LiveAssignment, change: Change, services: number): void {
  if (change.kind === 'add') {
    const candidates = change.candidates.map(([service, score]) => ({ service: service % services, score }));
    live.addNeed({ ...change, candidates });
  } else if (change.kind === 'capacity') live.setCapacity(change.service % services, change.places);
  else if (live.needs > 0) live.withdrawNeed(change.need % live.needs);
}

/** Σ matched² / demand over the communities of each tier, as exact fractions. */
function unevenness(problem: ReturnType<typeof problemOf>, flow: Int32Array): Map<number, string> {
  const groups = new Map<string, { tier: number; demand: number; matched: number }>();
  for (let need = 0; need < problem.needs; need++) {
    const tier = problem.tier![need]!;
    const key = `${tier}/${problem.community![need]}`;
    const group = groups.get(key) ?? { tier, demand: 0, matched: 0 };
    groups.set(key, group);
    group.demand += problem.quantity![need]!;
    for (let edge = problem.offset[need]!; edge < problem.offset[need + 1]!; edge++) group.matched += flow[edge]!;
  }
  const sums = new Map<number, [bigint, bigint]>();
  for (const { tier, demand, matched } of groups.values()) {
    const [above, below] = sums.get(tier) ?? [0n, 1n];
    sums.set(tier, [above * BigInt(demand) + BigInt(matched) ** 2n * below, below * BigInt(demand)]);
  }
  return new Map([...sums].map(([tier, [above, below]]) => [tier, reduced(above, below)]));
}

function reduced(above: bigint, below: bigint): string {
  let [a, b] = [above, below];
  while (b > 0n) [a, b] = [b, a % b];
  return `${above / a}/${below / a}`;
}

/** Fewer places than needs, in clusters, with tiers, quantities and communities mixed. */
function crowdedLive(policy: AssignmentPolicy, needs: number) {
  const random = randomNumbers(3);
  const pick = (highest: number) => 1 + Math.floor(random() * highest);
  const services = needs / 10;
  const problem = {
    ...clusteredInstance(needs, services, 14),
    tier: Uint8Array.from({ length: needs }, () => pick(3)),
    quantity: Int32Array.from({ length: needs }, () => pick(3)),
    community: Int32Array.from({ length: needs }, () => pick(7)),
    policy,
  };
  return { live: new LiveAssignment(problem, { mostNeeds: 2 * needs }), random, services };
}

function changeAtRandom(live: LiveAssignment, random: () => number, services: number): void {
  const pick = (highest: number) => Math.floor(random() * highest);
  const kind = random();
  if (kind < 0.4) {
    const near = pick(services);
    const candidates = Array.from({ length: 8 }, () => ({
      service: (near + pick(30)) % services,
      score: pick(1_000_001),
    }));
    live.addNeed({ tier: 1 + pick(3), quantity: 1 + pick(3), community: 1 + pick(8), candidates });
  } else if (kind < 0.7) live.withdrawNeed(pick(live.needs));
  else live.setCapacity(pick(services), pick(25));
}
