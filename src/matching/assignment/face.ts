import { type Groups, shareOfUnit, tierOf } from './levels.ts';
import { type AssignmentProblem, type LevelPrices, pathBound } from './problem.ts';

/**
 * What is left to decide once the levels are settled: a transportation problem in which every unit of every need goes
 * somewhere, to a service or to the outside service of its group (which means unmet), at the highest total score.
 * Services `services` … are the outside ones: a single one of unlimited room under OPTIMAL, one a group under EQUITABLE.
 */
export type Face = {
  readonly problem: AssignmentProblem;
  /** The score of each edge, -1 where no best flow uses the edge; the outside edges come last and score 0. */
  readonly score: Int32Array;
  /** The service of each edge, the outside edges last; -1 where the need may not stay unmet. */
  readonly serviceOf: Int32Array;
  readonly needOf: Int32Array;
  readonly quantity: Int32Array;
  /** Places of each service, the outside ones last. */
  readonly capacity: Int32Array;
  /** How many of those places every best flow fills. */
  readonly forced: Int32Array;
  /** The price of a forced place before anyone asks for it: so low that all of them are taken. */
  readonly forcedPrice: number;
};

/**
 * The edges, outside edges and forced places on which flows of the best levels live. By complementary slackness a flow
 * serves as urgently as possible exactly when it uses only edges whose level reduced cost is 0, leaves unmet only needs of
 * level 0 and fills every place of a service whose level is above 0.
 */
export function faceOf(problem: AssignmentProblem, levels: LevelPrices, groups: Groups | null): Face {
  const { needs, services, offset } = problem;
  const edges = problem.service.length;
  const outsideCount = groups?.count ?? 1;
  const score = new Int32Array(edges + needs);
  const serviceOf = new Int32Array(edges + needs);
  const needOf = new Int32Array(edges + needs);
  score.set(problem.score);
  serviceOf.set(problem.service);
  const worthOf = worthOfNeeds(problem, levels);
  for (let n = 0; n < needs; n++) {
    for (let e = offset[n]!; e < offset[n + 1]!; e++) {
      needOf[e] = n;
      if (levels.need[n]! + levels.service[problem.service[e]!]! !== worthOf[n]!) score[e] = -1;
    }
    needOf[edges + n] = n;
    serviceOf[edges + n] = levels.need[n] === 0 ? services + (groups?.groupOf[n] ?? 0) : -1;
  }
  const capacity = new Int32Array(services + outsideCount);
  const forced = new Int32Array(services + outsideCount);
  capacity.set(problem.capacity);
  for (let s = 0; s < services; s++) if (levels.service[s]! > 0) forced[s] = problem.capacity[s]!;
  if (groups === null) capacity[services] = 2_147_483_647;
  else limitOutside(levels, groups, capacity.subarray(services), forced.subarray(services));
  return {
    problem,
    score,
    serviceOf,
    needOf,
    quantity: problem.quantity ?? new Int32Array(needs).fill(1),
    capacity,
    forced,
    forcedPrice: -pathBound(problem),
  };
}

/** The level of one unit of each need's demand: of its tier, or under EQUITABLE of its group. */
export function worthOfNeeds(problem: AssignmentProblem, levels: LevelPrices): Int32Array {
  const { groupOf } = levels;
  if (groupOf !== null) return groupOf.map((g) => levels.group[g]!);
  const levelOfTier = new Int32Array(256);
  for (let level = 1; level < levels.tier.length; level++) levelOfTier[levels.tier[level]!] = level;
  return Int32Array.from({ length: problem.needs }, (_, n) => levelOfTier[tierOf(problem, n)]!);
}

/** A unit whose step is below the group's level is never met; one whose step is exactly at it may be. */
function limitOutside(levels: LevelPrices, groups: Groups, capacity: Int32Array, forced: Int32Array): void {
  for (let g = 0; g < groups.count; g++) {
    const share = levels.share[levels.group[g]!]!;
    const demand = groups.demand[g]!;
    const matched = groups.matched[g]!;
    const sameTier = levels.tier[levels.group[g]!]! === groups.tier[g]!;
    const nextIsFree = sameTier && matched < demand && shareOfUnit(groups, g, matched + 1) === share;
    const lastIsFree = sameTier && matched > 0 && shareOfUnit(groups, g, matched) === share;
    capacity[g] = demand - matched + (lastIsFree ? 1 : 0);
    forced[g] = demand - matched - (nextIsFree ? 1 : 0);
  }
}
