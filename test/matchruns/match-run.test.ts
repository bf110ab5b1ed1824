import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign } from '../../src/matching/index.ts';
import { assignmentProblem, type CandidateTable, decide, unmetReason } from '../../src/matchruns/match-run.ts';

type PlainNeed = {
  readonly urgency?: number;
  readonly quantity?: number;
  readonly communityId?: string;
  /** `[service, score]`, best first. */
  readonly candidates: readonly (readonly [number, number])[];
};

function tableOf(needs: readonly PlainNeed[], placesFree: readonly number[]): CandidateTable {
  const edges = needs.flatMap((need) => need.candidates);
  let end = 0;
  return {
    needs: needs.map(({ urgency = 3, quantity = 1, communityId = 'C', candidates }, index) => ({
      id: `N${index}`,
      version: 1,
      state: 'OPEN',
      communityId,
      urgency,
      quantity,
      reasonWithoutCandidate: candidates.length === 0 ? 'CATCHMENT' : null,
    })),
    offset: Int32Array.from([
      0,
      ...needs.map((need) => {
        end += need.candidates.length;
        return end;
      }),
    ]),
    service: Int32Array.from(edges, ([service]) => service),
    score: Int32Array.from(edges, ([, score]) => score),
    placesFree: Int32Array.from(placesFree),
  };
}

/** The service of each need, -1 for none, and the total. */
function matched(needs: readonly PlainNeed[], placesFree: readonly number[], policy = 'OPTIMAL' as const) {
  const table = tableOf(needs, placesFree);
  const problem = assignmentProblem(policy, table);
  const { edge, totalScore } = decide(table, problem, assign(problem));
  return { services: Array.from(edge, (at) => (at === -1 ? -1 : table.service[at]!)), totalScore, edge, table };
}

describe('deciding a match run', () => {
  it('gives the last place to the more urgent need, however good the other one scores', () => {
    const { services, totalScore } = matched(
      [
        { urgency: 3, candidates: [[0, 900_000]] },
        { urgency: 2, candidates: [[0, 100_000]] },
      ],
      [1],
    );
    expect(services).toEqual([-1, 0]);
    expect(totalScore).toBe(100_000n);
  });

  it('leaves a need its favourite when the other one has a second choice nearly as good', () => {
    const { services } = matched(
      [
        {
          candidates: [
            [0, 900],
            [1, 890],
          ],
        },
        {
          candidates: [
            [0, 800],
            [1, 100],
          ],
        },
      ],
      [1, 1],
    );
    expect(services).toEqual([1, 0]);
  });

  it('takes unlimited places as enough for everyone', () => {
    const { services } = matched(
      [
        { candidates: [[0, 5]], quantity: 1000 },
        { candidates: [[0, 5]], quantity: 7 },
      ],
      [-1],
    );
    expect(services).toEqual([0, 0]);
  });

  it('never splits a need of several units over two services', () => {
    const { services } = matched(
      [
        {
          quantity: 2,
          candidates: [
            [0, 900],
            [1, 800],
          ],
        },
      ],
      [1, 1],
    );
    expect(services).toEqual([-1]);
  });

  it('passes the places that a split need gives back to the needs that can use them', () => {
    const needs: PlainNeed[] = [
      {
        urgency: 2,
        quantity: 2,
        candidates: [
          [0, 900],
          [1, 800],
        ],
      },
      { urgency: 3, candidates: [[1, 300]] },
      { urgency: 3, candidates: [[0, 200]] },
    ];
    expect(matched(needs, [1, 1]).services).toEqual([-1, 1, 0]);
  });

  it('says why a need is unmet: what stood in its way, or that its places went to others', () => {
    const { edge, table } = matched(
      [{ urgency: 1, candidates: [[0, 1]] }, { candidates: [[0, 9]] }, { candidates: [] }],
      [1],
    );
    expect(table.needs.map((need, index) => unmetReason(need, edge[index]!))).toEqual([
      null,
      'CAPACITY_CONTENDED',
      'CATCHMENT',
    ]);
  });

  const plainNeeds = fc.array(
    fc.record({
      urgency: fc.integer({ min: 1, max: 4 }),
      quantity: fc.integer({ min: 1, max: 3 }),
      communityId: fc.constantFrom('C1', 'C2', 'C3'),
      candidates: fc
        .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 1_000_000 })), {
          selector: ([service]) => service,
          maxLength: 5,
        })
        .map((edges) => edges.sort((a, b) => b[1] - a[1])),
    }),
    { maxLength: 12 },
  );
  const placesFree = fc.array(fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 4 })), {
    minLength: 5,
    maxLength: 5,
  });
  const policies = fc.constantFrom('OPTIMAL', 'EQUITABLE', 'CHOICE');

  it('never gives more places than there are, and leaves no need out that still fits', () => {
    fc.assert(
      fc.property(plainNeeds, placesFree, policies, (needs, places, policy) => {
        const { services } = matched(needs, places, policy as 'OPTIMAL');
        const left = places.map((free) => (free === -1 ? Number.POSITIVE_INFINITY : free));
        services.forEach((service, index) => {
          if (service === -1) return;
          expect(needs[index]!.candidates.map(([of]) => of)).toContain(service);
          left[service]! -= needs[index]!.quantity;
        });
        for (const free of left) expect(free).toBeGreaterThanOrEqual(0);
        services.forEach((service, index) => {
          if (service !== -1) return;
          for (const [of] of needs[index]!.candidates) expect(left[of]).toBeLessThan(needs[index]!.quantity);
        });
      }),
    );
  });

  it('keeps the exact assignment where every need asks for one unit', () => {
    fc.assert(
      fc.property(plainNeeds, placesFree, policies, (some, places, policy) => {
        const needs = some.map((need) => ({ ...need, quantity: 1 }));
        const table = tableOf(needs, places);
        const problem = assignmentProblem(policy as 'OPTIMAL', table);
        const assignment = assign(problem);
        const { edge, totalScore } = decide(table, problem, assignment);
        expect(Array.from(edge, (at) => (at === -1 ? -1 : table.service[at]!))).toEqual([...assignment.service]);
        expect(totalScore).toBe(assignment.total);
      }),
    );
  });
});
