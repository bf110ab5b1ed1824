import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign } from '../../../src/matching/assignment/assign.ts';
import { joinAssignments, problemOfPart, splitProblem } from '../../../src/matching/assignment/components.ts';
import type { Assignment, AssignmentPolicy, AssignmentProblem } from '../../../src/matching/assignment/problem.ts';
import { verifyOptimal, verifyStable } from '../../../src/matching/assignment/verify.ts';
import { MatchingInputError } from '../../../src/matching/errors.ts';
import { problemOf, type SmallNeed, smallProblems } from './small-problems.ts';

const POLICIES = ['OPTIMAL', 'EQUITABLE', 'CHOICE'] as const;

/** Several small problems side by side, their needs dealt out in turn, so that no part is in one piece. */
function scatteredProblems(policy: AssignmentPolicy): fc.Arbitrary<AssignmentProblem> {
  return fc.array(smallProblems(policy), { minLength: 1, maxLength: 6 }).map((islands) => {
    const capacity: number[] = [];
    const lists = islands.map((island, index) => {
      const first = capacity.length;
      capacity.push(...island.capacity);
      return Array.from({ length: island.needs }, (_, n): SmallNeed => {
        const edges = [...island.service.slice(island.offset[n], island.offset[n + 1])];
        return {
          tier: island.tier![n]!,
          quantity: island.quantity![n]!,
          // Communities 7 to 9 of the first two islands are the same ones.
          community: island.community![n]! + 10 * Math.max(0, index - 1),
          candidates: edges.map((service, e) => [first + service, island.score[island.offset[n]! + e]!]),
        };
      });
    });
    const needs = Array.from({ length: 6 }, (_, turn) => lists.flatMap((list) => list[turn] ?? [])).flat();
    return problemOf(capacity, needs, policy);
  });
}

/** The problem solved part by part; as a whole where it has one part only. */
function assignByParts(problem: AssignmentProblem, leastWeight: number): Assignment {
  const parts = splitProblem(problem, leastWeight);
  if (parts === null) return assign(problem);
  const solved = Array.from({ length: parts.count }, (_, p) => assign(problemOfPart(problem, parts, p)));
  return joinAssignments(problem, parts, solved);
}

describe('a problem taken apart', () => {
  it('is one part for each group of needs that no service joins to the others', () => {
    const problem = problemOf(
      [1, 1, 1, 1],
      [
        { candidates: [[0, 1]] },
        { candidates: [[1, 2]] },
        { candidates: [[3, 5]] },
        {
          candidates: [
            [1, 3],
            [0, 4],
          ],
        },
      ],
    );
    const parts = splitProblem(problem, 0)!;
    expect(parts.count).toBe(2);
    expect(problemOfPart(problem, parts, 0)).toMatchObject({
      needs: 3,
      services: 2,
      offset: Int32Array.of(0, 1, 2, 4),
      service: Int32Array.of(0, 1, 1, 0),
      score: Int32Array.of(1, 2, 3, 4),
    });
    expect(problemOfPart(problem, parts, 1)).toMatchObject({ needs: 1, services: 1, score: Int32Array.of(5) });
  });

  it('keeps the needs of a community together where communities are to be served in step', () => {
    const needs: SmallNeed[] = [
      { community: 1, candidates: [[0, 1]] },
      { community: 2, candidates: [[1, 1]] },
      { community: 1, candidates: [[2, 1]] },
    ];
    expect(splitProblem(problemOf([1, 1, 1], needs, 'OPTIMAL'), 0)?.count).toBe(3);
    expect(splitProblem(problemOf([1, 1, 1], needs, 'EQUITABLE'), 0)?.count).toBe(2);
    const ofTwoTiers = needs.map((need, n) => ({ ...need, tier: n + 1 }));
    expect(splitProblem(problemOf([1, 1, 1], ofTwoTiers, 'EQUITABLE'), 0)?.count).toBe(3);
  });

  it('stays whole when it is small or hangs together', () => {
    const chain = problemOf(
      [1, 1],
      [
        { candidates: [[0, 1]] },
        {
          candidates: [
            [0, 1],
            [1, 1],
          ],
        },
        { candidates: [[1, 1]] },
      ],
    );
    expect(splitProblem(chain, 0)).toBeNull();
    const apart = problemOf([1, 1], [{ candidates: [[0, 1]] }, { candidates: [[1, 1]] }]);
    expect(splitProblem(apart, 4)).toBeNull();
    expect(splitProblem(apart, 1)?.count).toBe(2);
    expect(splitProblem(problemOf([1], []), 0)).toBeNull();
  });

  it('puts small components together until they are worth a hand-over', () => {
    const many = problemOf(
      Array.from({ length: 10 }, () => 1),
      Array.from({ length: 10 }, (_, n) => ({ candidates: [[n, 1]] as const })),
    );
    // Each need with its edge weighs 2.
    expect([...splitProblem(many, 6)!.weight]).toEqual([6, 6, 6, 2]);
  });

  it('is refused as assign refuses it, by the array and the position', () => {
    const problem = { ...problemOf([1], [{ candidates: [[0, 1]] }]), service: Int32Array.of(3) };
    expect(() => splitProblem(problem, 0)).toThrow(MatchingInputError);
    expect(() => splitProblem(problem, 0)).toThrow('service[0] must be a service from 0 to 0');
  });

  it('has every need and every edge in exactly one part', () => {
    fc.assert(
      fc.property(scatteredProblems('EQUITABLE'), fc.integer({ min: 0, max: 20 }), (problem, leastWeight) => {
        const parts = splitProblem(problem, leastWeight);
        if (parts === null) return;
        expect([...parts.need].sort((a, b) => a - b)).toEqual(Array.from({ length: problem.needs }, (_, n) => n));
        const edges = Array.from({ length: parts.count }, (_, p) => problemOfPart(problem, parts, p).service.length);
        expect(edges.reduce((sum, count) => sum + count, 0)).toBe(problem.service.length);
        expect(new Set(parts.service).size).toBe(parts.service.length);
      }),
    );
  });

  it.each(POLICIES)('is solved as well by its parts as in one piece, and the prices prove it: %s', (policy) => {
    fc.assert(
      fc.property(scatteredProblems(policy), fc.integer({ min: 0, max: 20 }), (problem, leastWeight) => {
        const whole = assign(problem);
        const joined = assignByParts(problem, leastWeight);
        expect(joined.total).toBe(whole.total);
        expect(joined.matchedByTier).toEqual(whole.matchedByTier);
        const proof = policy === 'CHOICE' ? verifyStable(problem, joined) : verifyOptimal(problem, joined);
        expect(proof).toEqual({ holds: true, fault: null });
        // The stable flow that needs like best is the only one.
        if (policy === 'CHOICE') expect(joined).toEqual(whole);
      }),
      { numRuns: 400 },
    );
  });
});
