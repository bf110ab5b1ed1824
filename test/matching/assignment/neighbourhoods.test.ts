import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byNeighbourhood, hasNeighbourhoods, incomingNeeds } from '../../../src/matching/assignment/neighbourhoods.ts';
import type { AssignmentProblem } from '../../../src/matching/assignment/problem.ts';
import { clusteredInstance, randomInstance } from '../../bench/matching/assignment-instances.ts';
import { smallProblems } from './small-problems.ts';

describe('the edges by service', () => {
  it('are those of the problem, each once, needs ascending', () => {
    fc.assert(
      fc.property(smallProblems('OPTIMAL'), (problem) => {
        const { start, need } = incomingNeeds(problem);
        for (let s = 0; s < problem.services; s++) {
          const expected = edgesOf(problem).filter(([, service]) => service === s);
          expect([...need.subarray(start[s]!, start[s + 1]!)]).toEqual(expected.map(([n]) => n));
        }
      }),
    );
  });
});

describe('numbering by neighbourhood', () => {
  it('gives the same problem: every need keeps its list, its tier and its quantity', () => {
    fc.assert(
      fc.property(smallProblems('OPTIMAL'), (problem) => {
        const { needAt, serviceAt, problem: renumbered } = byNeighbourhood(problem, incomingNeeds(problem));
        expect([...needAt].sort((a, b) => a - b)).toEqual([...needAt.keys()]);
        expect([...serviceAt].sort((a, b) => a - b)).toEqual([...serviceAt.keys()]);
        expect(renumbered.capacity).toEqual(serviceAt.map((s) => problem.capacity[s]!));
        needAt.forEach((n, at) => {
          expect([renumbered.tier![at], renumbered.quantity![at]]).toEqual([problem.tier![n], problem.quantity![n]]);
          const list = edgesOf(renumbered).filter(([need]) => need === at);
          const before = edgesOf(problem).filter(([need]) => need === n);
          expect(list.map(([, s, score]) => [serviceAt[s], score])).toEqual(before.map(([, s, score]) => [s, score]));
        });
      }),
    );
  });

  it('puts needs that share services side by side', () => {
    const problem = clusteredInstance(3000, 3000, 1);
    const { problem: renumbered } = byNeighbourhood(problem, incomingNeeds(problem));
    expect(meanSpread(renumbered)).toBeLessThan(meanSpread(problem) / 5);
  });

  it('pays where services are near, and not where candidates are any services or where there are few edges', () => {
    const pays = (problem: AssignmentProblem) => hasNeighbourhoods(problem, incomingNeeds(problem));
    expect(pays(clusteredInstance(3000, 3000, 1))).toBe(true);
    expect(pays(clusteredInstance(3000, 300, 11))).toBe(true);
    expect(pays(randomInstance(5000, 5000, 1))).toBe(false);
    expect(pays(clusteredInstance(1000, 1000, 1))).toBe(false);
  });
});

function edgesOf({
  needs,
  offset,
  service,
  score,
}: AssignmentProblem): [need: number, service: number, score: number][] {
  return [...Array(needs).keys()].flatMap((n) =>
    [...service.keys()]
      .slice(offset[n]!, offset[n + 1]!)
      .map((e): [number, number, number] => [n, service[e]!, score[e]!]),
  );
}

/** How far apart, on average, the first and the last service of a need stand. */
function meanSpread({ needs, offset, service }: AssignmentProblem): number {
  let sum = 0;
  for (let n = 0; n < needs; n++) {
    const list = service.subarray(offset[n]!, offset[n + 1]!);
    sum += Math.max(...list) - Math.min(...list);
  }
  return sum / needs;
}
