import { type Groups, shareOfUnit } from './groups.ts';
import { worthOfNeeds } from './market.ts';
import { type AssignmentProblem, type LevelPrices, pathBound } from './problem.ts';

/** The market of an EQUITABLE problem in which units stay unmet: each unmet unit takes a place at the outside of its group. */
export type OutsideMarket = {
  readonly bidders: number;
  readonly objects: number;
  /** Edges of bidder b: `offset[b]` … `offset[b + 1] - 1`, and one outside, `outsideFrom + b` (object -1: closed). */
  readonly offset: Int32Array;
  readonly outsideFrom: number;
  readonly object: Int32Array;
  readonly bidderOf: Int32Array;
  /** -1 where an edge is closed. */
  readonly score: Int32Array;
  readonly quantity: Int32Array;
  readonly capacity: Int32Array;
  /**
   * How many places of each object every best flow fills. They may be priced below 0, down to `forcedPrice`, which is so
   * low that all of them find takers.
   */
  readonly forced: Int32Array;
  readonly forcedPrice: number;
};

/**
 * The market of an EQUITABLE problem in which units stay unmet: the closed edges are marked, and each group has one more
 * object, the outside, where its unmet units go; how many may is forced up to one unit.
 */
export function marketWithOutside(
  problem: AssignmentProblem,
  levels: LevelPrices,
  groups: Groups,
  quantity: Int32Array,
): OutsideMarket {
  const { needs, services, offset } = problem;
  const edges = problem.service.length;
  const score = new Int32Array(edges + needs);
  const object = new Int32Array(edges + needs);
  const bidderOf = new Int32Array(edges + needs);
  score.set(problem.score);
  object.set(problem.service);
  const worth = worthOfNeeds(problem, levels);
  for (let n = 0; n < needs; n++) {
    for (let e = offset[n]!; e < offset[n + 1]!; e++) {
      bidderOf[e] = n;
      if (levels.need[n]! + levels.service[problem.service[e]!]! !== worth[n]!) score[e] = -1;
    }
    bidderOf[edges + n] = n;
    object[edges + n] = levels.need[n] === 0 ? services + groups.groupOf[n]! : -1;
  }
  const capacity = new Int32Array(services + groups.count);
  const forced = new Int32Array(services + groups.count);
  capacity.set(problem.capacity);
  for (let s = 0; s < services; s++) if (levels.service[s]! > 0) forced[s] = problem.capacity[s]!;
  limitOutside(levels, groups, capacity.subarray(services), forced.subarray(services));
  return {
    bidders: needs,
    objects: services + groups.count,
    offset,
    object,
    bidderOf,
    score,
    quantity,
    capacity,
    outsideFrom: edges,
    forced,
    forcedPrice: -pathBound(problem),
  };
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
