import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign } from '../../../src/matching/assignment/assign.ts';
import type { Assignment, AssignmentProblem } from '../../../src/matching/assignment/problem.ts';
import { verifyOptimal, verifyStable } from '../../../src/matching/assignment/verify.ts';
import { bestWorth, compareWorth, everyFlow, problemOf, smallProblems, worthOf } from './small-problems.ts';

describe('verifyOptimal', () => {
  it.each(['OPTIMAL', 'EQUITABLE'] as const)('proves every assignment that assign makes under %s', (policy) => {
    fc.assert(
      fc.property(smallProblems(policy), (problem) => {
        expect(verifyOptimal(problem, assign(problem)).fault).toBeNull();
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['OPTIMAL', 'EQUITABLE'] as const)('catches every flow that is not optimal under %s', (policy) => {
    fc.assert(
      fc.property(smallProblems(policy), (problem) => {
        const right = assign(problem);
        const best = bestWorth(problem);
        everyFlow(problem, (flow) => {
          const isBest = compareWorth(worthOf(problem, flow), best) === 0;
          expect(verifyOptimal(problem, withFlow(problem, right, flow)).holds).toBe(isBest);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('names the edge that is worth more than its prices', () => {
    const problem = problemOf(
      [1, 1],
      [
        {
          candidates: [
            [0, 5],
            [1, 9],
          ],
        },
      ],
    );
    const worse = withFlow(problem, assign(problem), Int32Array.of(1, 0));
    expect(verifyOptimal(problem, worse).holds).toBe(false);
    const dear = { ...assign(problem), servicePrice: Float64Array.of(0, 9), needPrice: Float64Array.of(9) };
    expect(verifyOptimal(problem, dear).fault).toMatchObject({
      rule: 'EDGE_WORTH_LESS',
      edge: 1,
      need: 0,
      service: 1,
    });
    const right = assign(problem);
    const cheap = { ...right, needPrice: Float64Array.of(3) };
    expect(verifyOptimal(problem, cheap).fault).toMatchObject({ rule: 'EDGE_WORTH_MORE', edge: 0, need: 0 });
  });

  it('catches totals that are not those of the flow, and flows over quantity or capacity', () => {
    const problem = problemOf([1], [{ candidates: [[0, 5]] }, { candidates: [[0, 5]] }]);
    const right = assign(problem);
    expect(verifyOptimal(problem, { ...right, total: 6n }).fault?.rule).toBe('MISREPORTED');
    const both = Int32Array.of(1, 1);
    expect(verifyOptimal(problem, withFlow(problem, right, both)).fault).toMatchObject({
      rule: 'CAPACITY_EXCEEDED',
      service: 0,
    });
    const twice = Int32Array.of(2, 0);
    expect(verifyOptimal(problem, withFlow(problem, right, twice)).fault).toMatchObject({
      rule: 'QUANTITY_EXCEEDED',
      need: 0,
    });
  });

  it('refuses a problem under CHOICE', () => {
    const problem = problemOf([1], [], 'CHOICE');
    expect(() => verifyOptimal(problem, assign(problem))).toThrow(/policy must be/);
  });
});

describe('verifyStable', () => {
  it('finds a blocking pair exactly where there is one', () => {
    fc.assert(
      fc.property(smallProblems('CHOICE'), (problem) => {
        const right = assign(problem);
        expect(verifyStable(problem, right).fault).toBeNull();
        everyFlow(problem, (flow) => {
          // Of all stable flows the needs like one best, so a flow is stable only when no single pair can better it.
          const { fault } = verifyStable(problem, withFlow(problem, right, flow));
          if (fault !== null) expect(fault.rule).toBe('BLOCKING_PAIR');
          expect(fault === null).toBe(isStable(problem, flow));
        });
      }),
      { numRuns: 100 },
    );
  });
});

/** Stability straight from its definition, pair by pair. */
function isStable(problem: AssignmentProblem, flow: Int32Array): boolean {
  const needOf = (edge: number) => problem.offset.findLastIndex((from) => from <= edge);
  const edges = [...flow.keys()];
  const rank = (edge: number) => [problem.tier![needOf(edge)]!, -problem.score[edge]!, edge];
  const before = (a: readonly number[], b: readonly number[]) => {
    const at = a.findIndex((value, index) => value !== b[index]);
    return at >= 0 && a[at]! < b[at]!;
  };
  return !edges.some((edge) => {
    const siblings = edges.filter((e) => needOf(e) === needOf(edge));
    const rivals = edges.filter((e) => problem.service[e] === problem.service[edge]);
    const liked = siblings.filter((e) => !before([-problem.score[edge]!, edge], [-problem.score[e]!, e]));
    const favoured = rivals.filter((e) => !before(rank(edge), rank(e)));
    const sum = (list: readonly number[]) => list.reduce((units, e) => units + flow[e]!, 0);
    return sum(liked) < problem.quantity![needOf(edge)]! && sum(favoured) < problem.capacity[problem.service[edge]!]!;
  });
}

function withFlow(problem: AssignmentProblem, assignment: Assignment, flow: Int32Array): Assignment {
  const service = assignment.service.map((_, need) => {
    const edges = [...flow.subarray(problem.offset[need]!, problem.offset[need + 1]!)];
    const most = Math.max(0, ...edges);
    return most === 0 ? -1 : problem.service[problem.offset[need]! + edges.indexOf(most)]!;
  });
  const worth = worthOf(problem, flow);
  const matchedByTier = Int32Array.from([0, ...worth.slice(0, 3)]);
  return { ...assignment, flow: flow.slice(), service, matchedByTier, total: BigInt(worth.at(-1)!) };
}
