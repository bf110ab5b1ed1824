import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign } from '../../../src/matching/assignment/assign.ts';
import { explainAssignment } from '../../../src/matching/assignment/explain.ts';
import { compareWorth, everyFlow, problemOf, smallProblems, worthOf } from './small-problems.ts';

describe('explainAssignment', () => {
  it('says that a need got its favourite', () => {
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
    const told = explainAssignment(problem, assign(problem), 0);
    expect(told.forgone).toEqual([]);
    expect(told.reason).toEqual({ zh: '得到评分最高的服务 1。', en: 'It got service 1, which scores highest.' });
  });

  it('names who took the favourite, by what tier and score, and what the place would have cost', () => {
    const problem = problemOf(
      [1, 1],
      [
        {
          candidates: [
            [0, 70],
            [1, 40],
          ],
        },
        {
          candidates: [
            [0, 90],
            [1, 20],
          ],
        },
      ],
    );
    const told = explainAssignment(problem, assign(problem), 0);
    expect(told.got).toEqual([{ service: 1, score: 40, units: 1 }]);
    expect(told.forgone).toHaveLength(1);
    expect(told.forgone[0]).toMatchObject({ service: 0, takenBy: [{ need: 1, tier: 1, score: 90, units: 1 }] });
    expect(told.forgone[0]!.cost).toEqual({ kind: 'SCORE', tier: 0, score: 40, exact: true });
    expect(told.reason.en).toMatch(/need 1 \(tier 1, score 90\)/);
  });

  it('says when someone more urgent would go unmet', () => {
    const problem = problemOf(
      [1],
      [
        { tier: 2, candidates: [[0, 90]] },
        { tier: 1, candidates: [[0, 10]] },
      ],
    );
    const told = explainAssignment(problem, assign(problem), 0);
    expect(told.unmetUnits).toBe(1);
    expect(told.forgone[0]!.takenBy).toEqual([{ need: 1, tier: 1, score: 10, units: 1 }]);
    expect(told.forgone[0]!.cost).toMatchObject({ kind: 'UNIT_UNMET', tier: 1 });
    expect(told.reason.zh).toContain('未得到服务');
  });

  it('under CHOICE lists those whom the service prefers', () => {
    const problem = problemOf(
      [1],
      [
        { tier: 2, candidates: [[0, 90]] },
        { tier: 1, candidates: [[0, 10]] },
      ],
      'CHOICE',
    );
    const { forgone } = explainAssignment(problem, assign(problem), 0);
    expect(forgone[0]).toMatchObject({ cost: null, takenBy: [{ need: 1 }] });
  });

  it('says exactly what a place would cost, as trying every flow shows', () => {
    fc.assert(
      fc.property(smallProblems('OPTIMAL'), (problem) => {
        const assignment = assign(problem);
        const best = worthOf(problem, assignment.flow);
        for (let need = 0; need < problem.needs; need++) {
          for (const { edge, cost } of explainAssignment(problem, assignment, need).forgone) {
            let forced: number[] | null = null;
            everyFlow(problem, (flow) => {
              if (flow[edge]! <= assignment.flow[edge]!) return;
              const worth = worthOf(problem, flow);
              if (forced === null || compareWorth(worth, forced) > 0) forced = worth;
            });
            if (forced === null) expect(cost?.kind).toBe('IMPOSSIBLE');
            else expect([cost!.kind, cost!.score]).toEqual(expectedCost(best, forced));
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

function expectedCost(best: readonly number[], forced: readonly number[]): [kind: string, score: number] {
  if (best.slice(0, 3).some((units, tier) => units !== forced[tier])) return ['UNIT_UNMET', 0];
  const score = best.at(-1)! - forced.at(-1)!;
  return [score > 0 ? 'SCORE' : 'NOTHING', score];
}
