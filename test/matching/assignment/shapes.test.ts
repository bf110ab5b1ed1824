import { describe, expect, it } from 'vitest';
import { assign } from '../../../src/matching/assignment/assign.ts';
import type { AssignmentProblem } from '../../../src/matching/assignment/problem.ts';
import { verifyOptimal } from '../../../src/matching/assignment/verify.ts';
import { MatchingInputError } from '../../../src/matching/errors.ts';
import { problemOf } from './small-problems.ts';

const POLICIES = ['OPTIMAL', 'EQUITABLE', 'CHOICE'] as const;

describe.each(POLICIES)('degenerate shapes under %s', (policy) => {
  it('no needs', () => {
    const assignment = assign(problemOf([2, 0], [], policy));
    expect(assignment).toMatchObject({ total: 0n, service: new Int32Array(0), servicePrice: new Float64Array(2) });
  });

  it('no services: every need stays unmet', () => {
    expect([...assign(problemOf([], [{ candidates: [] }, { candidates: [] }], policy)).service]).toEqual([-1, -1]);
  });

  it('a service without places serves nobody', () => {
    expect([...assign(problemOf([0], [{ candidates: [[0, 9]] }], policy)).service]).toEqual([-1]);
  });

  it('the same service twice in a list counts once, at its better score', () => {
    const problem = problemOf(
      [1],
      [
        {
          candidates: [
            [0, 3],
            [0, 8],
            [0, 8],
          ],
        },
      ],
      policy,
    );
    const assignment = assign(problem);
    expect(assignment.total).toBe(8n);
    expect(assignment.flow.reduce((sum, units) => sum + units)).toBe(1);
  });

  it('all scores equal: as many are served as there are places', () => {
    const need = {
      candidates: [
        [0, 7],
        [1, 7],
      ] as const,
    };
    const assignment = assign(problemOf([2, 1], Array(5).fill(need), policy));
    expect(assignment.matchedByTier[1]).toBe(3);
    expect(assignment.total).toBe(21n);
  });

  it('one service wanted by all goes to the most urgent', () => {
    const needs = [3, 2, 1, 2].map((tier) => ({ tier, candidates: [[0, tier * 10]] as const }));
    expect([...assign(problemOf([1], needs, policy)).service]).toEqual([-1, -1, 0, -1]);
  });

  it('a score of 0 is still a match', () => {
    expect([...assign(problemOf([1], [{ candidates: [[0, 0]] }], policy)).service]).toEqual([0]);
  });

  it('totals beyond 2^53 are exact', () => {
    const highest = 2_147_483_647;
    const problem = problemOf([highest], [{ quantity: highest, candidates: [[0, highest - 1]] }], policy);
    expect(assign(problem).total).toBe(BigInt(highest) * BigInt(highest - 1));
  });

  it('splits the units of a need over services, and names the one that gives most', () => {
    const assignment = assign(
      problemOf(
        [2, 3],
        [
          {
            quantity: 5,
            candidates: [
              [0, 9],
              [1, 4],
            ],
          },
        ],
        policy,
      ),
    );
    expect([...assignment.flow]).toEqual([2, 3]);
    expect(assignment.service[0]).toBe(1);
    expect(assignment.total).toBe(30n);
  });
});

describe('adversarial chains', () => {
  it('a place at the far end of a chain moves every need one step', () => {
    const length = 400;
    // Need n may have service n (poor) or n + 1; need 0 comes in last and only likes service 1.
    const needs = Array.from({ length }, (_, n) => ({
      candidates: [[n + 1, 1_000_000 - n], ...(n > 0 ? [[n, 999_000 - n] as const] : [])] as [number, number][],
    }));
    const full = { candidates: [[length, 2_000_000]] as [number, number][] };
    const problem = problemOf(Array(length + 1).fill(1), [...needs, full]);
    const assignment = assign(problem);
    expect(verifyOptimal(problem, assignment).fault).toBeNull();
    expect(assignment.matchedByTier[1]).toBe(length);
  });

  it('a need prefers being moved far to leaving another one unmet', () => {
    const problem = problemOf(
      [1, 1],
      [
        {
          candidates: [
            [0, 1_000_000],
            [1, 0],
          ],
        },
        { candidates: [[0, 1]] },
      ],
    );
    expect([...assign(problem).service]).toEqual([1, 0]);
  });
});

describe('the equitable policy', () => {
  it('lets no community starve for the sake of score', () => {
    const rich = Array.from({ length: 4 }, () => ({ community: 1, candidates: [[0, 1000] as const] }));
    const poor = Array.from({ length: 4 }, () => ({ community: 2, candidates: [[0, 1] as const] }));
    const needs = [...rich, ...poor];
    expect(assign(problemOf([4], needs, 'OPTIMAL')).total).toBe(4000n);
    const shared = assign(problemOf([4], needs, 'EQUITABLE'));
    expect(shared.total).toBe(2002n);
    expect(verifyOptimal(problemOf([4], needs, 'EQUITABLE'), shared).fault).toBeNull();
  });

  it('serves communities in proportion to what they ask', () => {
    const needs = [1, 2, 2, 2].map((community) => ({ community, quantity: 30, candidates: [[0, 5] as const] }));
    const { flow } = assign(problemOf([40], needs, 'EQUITABLE'));
    expect(flow[0]).toBe(10);
  });
});

describe('bad input throws before any work and names the array and the position', () => {
  const good = problemOf(
    [1, 1],
    [
      {
        candidates: [
          [0, 1],
          [1, 1],
        ],
      },
      { candidates: [[1, 4]] },
    ],
  );
  const cases: [string, Partial<AssignmentProblem>, string, number | null][] = [
    ['offsets that do not ascend', { offset: Int32Array.of(0, 4, 3) }, 'offset', 2],
    ['a first offset that is not 0', { offset: Int32Array.of(1, 2, 3) }, 'offset', 0],
    ['too few offsets', { offset: Int32Array.of(0, 3) }, 'offset', null],
    ['a service that does not exist', { service: Int32Array.of(0, 2, 1) }, 'service', 1],
    ['a negative service', { service: Int32Array.of(0, -1, 1) }, 'service', 1],
    ['scores of another length', { score: Int32Array.of(1, 1) }, 'score', null],
    ['services of another length', { service: Int32Array.of(0, 1) }, 'service', null],
    ['a negative score', { score: Int32Array.of(0, 1, -1) }, 'score', 2],
    ['NaN among scores', { score: [0, Number.NaN, 1] as unknown as Int32Array }, 'score', 1],
    ['a negative capacity', { capacity: Int32Array.of(1, -1) }, 'capacity', 1],
    ['NaN services', { services: Number.NaN }, 'services', null],
    ['a quantity of 0', { quantity: Int32Array.of(1, 0) }, 'quantity', 1],
    ['quantities over 2^31 - 1', { quantity: Int32Array.of(2_147_483_647, 1) }, 'quantity', 1],
    ['tiers of another length', { tier: Uint8Array.of(1) }, 'tier', null],
    ['communities of another kind', { community: [1, 1] as unknown as Int32Array }, 'community', null],
    ['an unknown policy', { policy: 'BEST' as 'OPTIMAL' }, 'policy', null],
  ];

  it.each(cases)('%s', (_, change, field, position) => {
    const act = () => assign({ ...good, ...change });
    expect(act).toThrow(MatchingInputError);
    try {
      act();
    } catch (error) {
      expect(error).toMatchObject({ field, position });
    }
  });

  it('scores too large to stay exact for so many needs', () => {
    const needs = 1_200_000;
    const problem: AssignmentProblem = {
      services: needs,
      capacity: new Int32Array(needs),
      needs,
      offset: new Int32Array(needs + 1).fill(1, 1),
      service: Int32Array.of(0),
      score: Int32Array.of(2_147_483_647),
      policy: 'OPTIMAL',
    };
    expect(() => assign(problem)).toThrow(/score must be smaller/);
  });
});
