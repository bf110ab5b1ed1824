import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign } from '../../../src/matching/assignment/assign.ts';
import { LiveAssignment } from '../../../src/matching/assignment/live.ts';
import { MatchingInputError } from '../../../src/matching/errors.ts';
import { brokenLimits, problemOf, smallProblems } from './small-problems.ts';

type Change =
  | { readonly kind: 'add'; readonly tier: number; readonly quantity: number; readonly candidates: [number, number][] }
  | { readonly kind: 'withdraw'; readonly need: number }
  | { readonly kind: 'capacity'; readonly service: number; readonly places: number };

const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('add' as const),
      tier: fc.integer({ min: 1, max: 3 }),
      quantity: fc.integer({ min: 1, max: 3 }),
      candidates: fc.array(fc.tuple(fc.nat(3), fc.oneof(fc.nat(4), fc.nat(1_000_000))), { maxLength: 4 }),
    }),
    fc.record({ kind: fc.constant('withdraw' as const), need: fc.nat(20) }),
    fc.record({ kind: fc.constant('capacity' as const), service: fc.nat(3), places: fc.nat(4) }),
  ),
  { maxLength: 12 },
);

describe('a live assignment', () => {
  it('stays what solving everything anew would give, through every change', () => {
    fc.assert(
      fc.property(smallProblems('OPTIMAL'), changes, (problem, list) => {
        const live = new LiveAssignment(problem, { mostNeeds: 100 });
        for (const change of list) {
          apply(live, change, problem.services);
          const { problem: now, flow } = live.snapshot();
          const anew = assign(now);
          expect(brokenLimits(now, flow)).toEqual([]);
          expect(summary(now, flow)).toEqual(summary(now, anew.flow));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('looks only at what a change reaches', () => {
    // A thousand separate pairs; a change in one of them must not look at the others.
    const needs = Array.from({ length: 1000 }, (_, n) => ({ candidates: [[n, 500] as const] }));
    const live = new LiveAssignment(problemOf(Array(1000).fill(1), needs), { mostNeeds: 2000 });
    live.addNeed({ tier: 1, quantity: 1, candidates: [{ service: 7, score: 900 }] });
    live.withdrawNeed(500);
    live.setCapacity(20, 0);
    expect(live.scanned).toBeLessThan(10);
    expect(live.serviceOf(7)).toBe(-1);
    expect(live.serviceOf(1000)).toBe(7);
    expect(live.serviceOf(20)).toBe(-1);
  });

  it('refuses what it cannot keep exact, and changes nothing then', () => {
    const live = new LiveAssignment(problemOf([1], [{ candidates: [[0, 5]] }]), { mostNeeds: 2, highestScore: 10 });
    const before = live.snapshot();
    expect(() => live.addNeed({ tier: 1, quantity: 1, candidates: [{ service: 0, score: 11 }] })).toThrow(
      MatchingInputError,
    );
    expect(() => live.addNeed({ tier: 1, quantity: 0, candidates: [] })).toThrow(/quantity/);
    expect(() => live.setCapacity(1, 1)).toThrow(/service/);
    expect(() => live.withdrawNeed(1)).toThrow(/need/);
    expect(live.snapshot()).toEqual(before);
    expect(() => new LiveAssignment(problemOf([1], [], 'CHOICE'), { mostNeeds: 1 })).toThrow(/policy/);
    const huge = { mostNeeds: 10_000_000, highestScore: 2_000_000_000 };
    expect(() => new LiveAssignment(problemOf(Array(9_000).fill(1), []), huge)).toThrow(/limits/);
  });
});

function apply(live: LiveAssignment, change: Change, services: number): void {
  if (change.kind === 'add') {
    const candidates = change.candidates.map(([service, score]) => ({ service: service % services, score }));
    live.addNeed({ tier: change.tier, quantity: change.quantity, candidates });
  } else if (change.kind === 'capacity') live.setCapacity(change.service % services, change.places);
  else if (live.needs > 0) live.withdrawNeed(change.need % live.needs);
}

function summary(problem: ReturnType<typeof problemOf>, flow: Int32Array): number[] {
  const result = [0, 0, 0, 0, 0];
  for (let need = 0; need < problem.needs; need++) {
    for (let edge = problem.offset[need]!; edge < problem.offset[need + 1]!; edge++) {
      result[problem.tier![need]!]! += flow[edge]!;
      result[4]! += flow[edge]! * problem.score[edge]!;
    }
  }
  return result;
}
