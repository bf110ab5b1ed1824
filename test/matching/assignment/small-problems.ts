import fc from 'fast-check';
import type { AssignmentPolicy, AssignmentProblem } from '../../../src/matching/assignment/problem.ts';

/** One need as the tests write it: its candidates as [service, score]. */
export type SmallNeed = {
  readonly tier?: number;
  readonly quantity?: number;
  readonly community?: number;
  readonly candidates: readonly (readonly [service: number, score: number])[];
};

/** Packs needs written as lists into the columns of a problem. */
export function problemOf(
  capacity: readonly number[],
  needs: readonly SmallNeed[],
  policy: AssignmentPolicy = 'OPTIMAL',
): AssignmentProblem {
  const offset = [0];
  for (const need of needs) offset.push(offset.at(-1)! + need.candidates.length);
  return {
    services: capacity.length,
    capacity: Int32Array.from(capacity),
    needs: needs.length,
    tier: Uint8Array.from(needs, (need) => need.tier ?? 1),
    quantity: Int32Array.from(needs, (need) => need.quantity ?? 1),
    community: Int32Array.from(needs, (need) => need.community ?? 0),
    offset: Int32Array.from(offset),
    service: Int32Array.from(needs.flatMap((need) => need.candidates.map(([service]) => service))),
    score: Int32Array.from(needs.flatMap((need) => need.candidates.map(([, score]) => score))),
    policy,
  };
}

/** Random problems small enough to try every assignment: at most 6 units in all, scores that often tie. */
export function smallProblems(policy: AssignmentPolicy): fc.Arbitrary<AssignmentProblem> {
  return fc.integer({ min: 1, max: 4 }).chain((services) => {
    const score =
      policy === 'CHOICE'
        ? fc.integer({ min: -3, max: 4 })
        : fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 1_000_000 }));
    const need = fc.record({
      tier: fc.integer({ min: 1, max: 3 }),
      quantity: fc.integer({ min: 1, max: 3 }),
      community: fc.integer({ min: 7, max: 9 }),
      candidates: fc.array(fc.tuple(fc.integer({ min: 0, max: services - 1 }), score), { maxLength: 4 }),
    });
    return fc
      .record({
        capacity: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: services, maxLength: services }),
        needs: fc.array(need, { maxLength: 6 }),
      })
      .map(({ capacity, needs }) => problemOf(capacity, atMostUnits(needs, 6), policy));
  });
}

function atMostUnits(needs: readonly SmallNeed[], limit: number): SmallNeed[] {
  let units = 0;
  return needs.filter((need) => {
    units += need.quantity ?? 1;
    return units <= limit;
  });
}

/** Calls `visit` with every flow that respects capacities and quantities (some more than once). */
export function everyFlow(problem: AssignmentProblem, visit: (flow: Int32Array) => void): void {
  const flow = new Int32Array(problem.service.length);
  const left = problem.capacity.slice();
  const place = (need: number, unit: number, fromEdge: number): void => {
    if (need === problem.needs) {
      visit(flow);
      return;
    }
    place(need + 1, 0, problem.offset[need + 1]!);
    if (unit === (problem.quantity?.[need] ?? 1)) return;
    for (let edge = fromEdge; edge < problem.offset[need + 1]!; edge++) {
      const service = problem.service[edge]!;
      if (left[service] === 0) continue;
      left[service]!--;
      flow[edge]!++;
      place(need, unit + 1, edge);
      flow[edge]!--;
      left[service]!++;
    }
  };
  place(0, 0, 0);
}

/** What each policy weighs, most important first; larger is better. Whole numbers, so that comparing is exact. */
export function worthOf(problem: AssignmentProblem, flow: Int32Array): number[] {
  const byTier = [0, 0, 0, 0];
  const matched = new Map<string, { tier: number; units: number; demand: number }>();
  let total = 0;
  for (let need = 0; need < problem.needs; need++) {
    const tier = problem.tier![need]!;
    const key = `${tier}/${problem.community![need]}`;
    const group = matched.get(key) ?? { tier, units: 0, demand: 0 };
    matched.set(key, group);
    group.demand += problem.quantity![need]!;
    for (let edge = problem.offset[need]!; edge < problem.offset[need + 1]!; edge++) {
      byTier[tier]! += flow[edge]!;
      group.units += flow[edge]!;
      total += flow[edge]! * problem.score[edge]!;
    }
  }
  const unevenness = [0, 0, 0, 0];
  // 60 is a multiple of every demand up to 6.
  for (const group of matched.values()) unevenness[group.tier]! += (group.units * group.units * 60) / group.demand;
  const even = problem.policy === 'EQUITABLE' ? unevenness.slice(1).map((value) => -value) : [];
  return [...byTier.slice(1), ...even, total];
}

/** Positive when `a` is worth more than `b`. */
export function compareWorth(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < a.length; index++) {
    if (a[index] !== b[index]) return a[index]! - b[index]!;
  }
  return 0;
}

/** The best worth of all flows, by trying each. */
export function bestWorth(problem: AssignmentProblem): number[] {
  let best: number[] | null = null;
  everyFlow(problem, (flow) => {
    const worth = worthOf(problem, flow);
    if (best === null || compareWorth(worth, best) > 0) best = worth;
  });
  return best!;
}

/** The capacities and quantities that a flow breaks, as sentences. */
export function brokenLimits(problem: AssignmentProblem, flow: Int32Array): string[] {
  const broken: string[] = [];
  const used = new Int32Array(problem.services);
  for (let need = 0; need < problem.needs; need++) {
    let units = 0;
    for (let edge = problem.offset[need]!; edge < problem.offset[need + 1]!; edge++) {
      if (flow[edge]! < 0) broken.push(`edge ${edge} has a negative flow`);
      units += flow[edge]!;
      used[problem.service[edge]!]! += flow[edge]!;
    }
    if (units > (problem.quantity?.[need] ?? 1)) broken.push(`need ${need} gets ${units} units`);
  }
  used.forEach((units, service) => {
    if (units > problem.capacity[service]!) broken.push(`service ${service} gives ${units} units`);
  });
  return broken;
}
