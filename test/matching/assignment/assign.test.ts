import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign } from '../../../src/matching/assignment/assign.ts';
import type { AssignmentPolicy } from '../../../src/matching/assignment/problem.ts';
import { bestWorth, brokenLimits, everyFlow, type problemOf, smallProblems, worthOf } from './small-problems.ts';

describe.each(['OPTIMAL', 'EQUITABLE'] as const)('assign under %s', (policy: AssignmentPolicy) => {
  it('is never worse than the best of all flows, within capacities and quantities', () => {
    fc.assert(
      fc.property(smallProblems(policy), (problem) => {
        const assignment = assign(problem);
        expect(brokenLimits(problem, assignment.flow)).toEqual([]);
        expect(worthOf(problem, assignment.flow)).toEqual(bestWorth(problem));
      }),
      { numRuns: 2000 },
    );
  });

  it('reports the total and the units by tier of the flow it gives', () => {
    fc.assert(
      fc.property(smallProblems(policy), (problem) => {
        const { flow, total, matchedByTier, service } = assign(problem);
        const worth = worthOf(problem, flow);
        expect(Number(total)).toBe(worth.at(-1));
        const byTier = [1, 2, 3].map((tier) => matchedByTier[tier] ?? 0);
        expect(byTier).toEqual(worth.slice(0, 3));
        service.forEach((given, need) => {
          const edges = [...flow.subarray(problem.offset[need]!, problem.offset[need + 1]!)];
          const most = edges.indexOf(Math.max(0, ...edges));
          expect(given).toBe(Math.max(0, ...edges) === 0 ? -1 : problem.service[problem.offset[need]! + most]);
        });
      }),
    );
  });
});

describe('assign under CHOICE', () => {
  it('gives every need the best it gets in any stable flow', () => {
    fc.assert(
      fc.property(smallProblems('CHOICE'), (problem) => {
        const { flow } = assign(problem);
        expect(brokenLimits(problem, flow)).toEqual([]);
        expect(blockingEdge(problem, flow)).toBe(-1);
        everyFlow(problem, (other) => {
          if (blockingEdge(problem, other) >= 0) return;
          for (let need = 0; need < problem.needs; need++) {
            expect(compareRanked(problem, need, flow, other)).toBeGreaterThanOrEqual(0);
          }
        });
      }),
      { numRuns: 300 },
    );
  });
});

type Problem = ReturnType<typeof problemOf>;

/** Edges of a need, best liked first. */
function ranking(problem: Problem, need: number): number[] {
  const edges = [];
  for (let edge = problem.offset[need]!; edge < problem.offset[need + 1]!; edge++) edges.push(edge);
  return edges.sort((a, b) => problem.score[b]! - problem.score[a]! || a - b);
}

/** An edge along which a need and a service would both rather deal than as the flow has it; -1 when there is none. */
function blockingEdge(problem: Problem, flow: Int32Array): number {
  const needOf = [...problem.service].map((_, edge) => problem.offset.findLastIndex((from) => from <= edge));
  const prefers = (a: number, b: number): boolean => {
    const keyOf = (edge: number) => [problem.tier![needOf[edge]!]!, -problem.score[edge]!, needOf[edge]!, edge];
    const [left, right] = [keyOf(a), keyOf(b)];
    const at = left.findIndex((value, index) => value !== right[index]);
    return at >= 0 && left[at]! < right[at]!;
  };
  for (let edge = 0; edge < flow.length; edge++) {
    const need = needOf[edge]!;
    const ranked = ranking(problem, need);
    const better = ranked.slice(0, ranked.indexOf(edge) + 1);
    if (better.reduce((sum, e) => sum + flow[e]!, 0) >= problem.quantity![need]!) continue;
    const held = [...flow.keys()].filter((e) => problem.service[e] === problem.service[edge] && flow[e]! > 0);
    const full = held.reduce((sum, e) => sum + flow[e]!, 0) >= problem.capacity[problem.service[edge]!]!;
    if (!full || held.some((e) => prefers(edge, e))) return edge;
  }
  return -1;
}

/** Positive when the need likes its units in `a` better than in `b`. */
function compareRanked(problem: Problem, need: number, a: Int32Array, b: Int32Array): number {
  let ahead = 0;
  for (const edge of ranking(problem, need)) {
    ahead += a[edge]! - b[edge]!;
    if (ahead < 0) return -1;
  }
  return ahead;
}
