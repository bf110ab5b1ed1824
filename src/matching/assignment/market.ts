import { type Groups, shareOfUnit } from './groups.ts';
import type { AssignmentProblem, LevelPrices } from './problem.ts';
import { tierOf } from './tiers.ts';

/**
 * What is left to decide once the levels are settled: a transportation problem. Every unit of every bidder (a need) takes a
 * place at some object (a service, or one that stands for staying unmet); the total score is to be the highest.
 * An object that is not full has price 0.
 */
export type Market = {
  readonly bidders: number;
  readonly objects: number;
  /** Edges of bidder b: `offset[b]` … `offset[b + 1] - 1`. */
  readonly offset: Int32Array;
  readonly object: Int32Array;
  readonly score: Int32Array;
  readonly quantity: Int32Array;
  readonly capacity: Int32Array;
  /**
   * The objects from this one on are outsides: they stand for staying unmet, at score 0, the last edge of those who may. Each
   * has exactly as many places as units of its group stay unmet. None in a calm market.
   */
  readonly outsideFrom: number;
  readonly ties: Ties | null;
};

/** EQUITABLE: which groups may have one unit more or less for one of another, since both are at the same share. */
export type Ties = {
  /** For each object: 1 for an outside that may take a unit more than its places, -1 for one that may do with one less; else 0. */
  readonly spare: Int8Array;
  /** The level of each object, 0 for one outside the market. Only outsides of one level can trade a unit. */
  readonly level: Int32Array;
};

/** The dual values of a market: what a place of each object and a unit of each bidder is worth, in units of score. */
export type MarketPrices = { readonly object: Float64Array; readonly bidder: Float64Array };

/** The market of a problem in which every need can be met: all its edges, as they are. */
export function wholeMarket(problem: AssignmentProblem, quantity: Int32Array): Market {
  return {
    bidders: problem.needs,
    objects: problem.services,
    offset: problem.offset,
    object: problem.service,
    score: problem.score,
    quantity,
    capacity: problem.capacity,
    outsideFrom: problem.services,
    ties: null,
  };
}

/**
 * Splits a problem by level. A flow serves as urgently as possible exactly when it uses only edges whose level reduced cost
 * is 0, meets every need whose level is above 0 and fills every service whose level is above 0 (complementary slackness);
 * an edge of a need thus leads only to services of one level. At level 0 all needs are met and places are left over: calm.
 * Above it all places are filled and needs of level 0 are left over: contested. There the outsides take the units that stay
 * unmet: one under OPTIMAL, under EQUITABLE one for each group. `pending` are the unmet units of each need in the flow
 * that the levels were found with.
 */
export function splitByLevel(
  problem: AssignmentProblem,
  levels: LevelPrices,
  quantity: Int32Array,
  pending: Int32Array,
  groups: Groups | null,
): { readonly calm: Market; readonly contested: Market } {
  const { needs, services, offset, service } = problem;
  const worth = worthOfNeeds(problem, levels);
  const calmOffset = new Int32Array(needs + 1);
  const contestedOffset = new Int32Array(needs + 1);
  const contestedCapacity = new Int32Array(services + (groups?.count ?? 1));
  const isOpen = new Uint8Array(groups?.count ?? 1);
  for (let n = 0; n < needs; n++) {
    for (let e = offset[n]!, end = offset[n + 1]!; e < end; e++) {
      const level = levels.service[service[e]!]!;
      if (levels.need[n]! + level !== worth[n]!) continue;
      (level === 0 ? calmOffset : contestedOffset)[n + 1]!++;
      if (level > 0) contestedCapacity[service[e]!] = problem.capacity[service[e]!]!;
    }
  }
  for (let n = 0; n < needs; n++) {
    if (contestedOffset[n + 1]! > 0 && levels.need[n] === 0) {
      contestedOffset[n + 1]!++;
      contestedCapacity[services + (groups?.groupOf[n] ?? 0)]! += pending[n]!;
      isOpen[groups?.groupOf[n] ?? 0] = 1;
    }
    calmOffset[n + 1]! += calmOffset[n]!;
    contestedOffset[n + 1]! += contestedOffset[n]!;
  }
  const ties = groups === null ? null : tiesOf(problem, levels, groups, isOpen);
  return {
    calm: partOf(problem, levels, worth, quantity, calmOffset, problem.capacity, null),
    contested: partOf(problem, levels, worth, quantity, contestedOffset, contestedCapacity, ties),
  };
}

/** A unit whose step is at the level of its group, met or not, may give way to one of another group of that level. */
function tiesOf({ services }: AssignmentProblem, levels: LevelPrices, groups: Groups, isOpen: Uint8Array): Ties {
  const spare = new Int8Array(services + groups.count);
  const level = new Int32Array(services + groups.count);
  level.set(levels.service);
  for (let g = 0; g < groups.count; g++) {
    if (isOpen[g] === 0) continue;
    level[services + g] = levels.group[g]!;
    if (levels.tier[levels.group[g]!] !== groups.tier[g]) continue;
    const share = levels.share[levels.group[g]!]!;
    const matched = groups.matched[g]!;
    if (matched < groups.demand[g]! && shareOfUnit(groups, g, matched + 1) === share) spare[services + g] = -1;
    else if (matched > 0 && shareOfUnit(groups, g, matched) === share) spare[services + g] = 1;
  }
  return { spare, level };
}

/** One of the two markets; the room that `offset` leaves after a need's edges is for its outside. */
function partOf(
  problem: AssignmentProblem,
  levels: LevelPrices,
  worth: Int32Array,
  quantity: Int32Array,
  offset: Int32Array,
  capacity: Int32Array,
  ties: Ties | null,
): Market {
  const { needs, services } = problem;
  const isContested = capacity.length > services;
  const object = new Int32Array(offset[needs]!);
  const score = new Int32Array(offset[needs]!);
  const asked = new Int32Array(needs);
  for (let n = 0; n < needs; n++) {
    let at = offset[n]!;
    if (at === offset[n + 1]!) continue;
    asked[n] = quantity[n]!;
    for (let e = problem.offset[n]!, end = problem.offset[n + 1]!; e < end; e++) {
      const level = levels.service[problem.service[e]!]!;
      if (levels.need[n]! + level !== worth[n]! || level > 0 !== isContested) continue;
      object[at] = problem.service[e]!;
      score[at++] = problem.score[e]!;
    }
    if (at < offset[n + 1]!) object[at] = services + (levels.groupOf?.[n] ?? 0);
  }
  return {
    bidders: needs,
    objects: capacity.length,
    offset,
    object,
    score,
    quantity: asked,
    capacity,
    outsideFrom: services,
    ties,
  };
}

/** The level of one unit of each need's demand: of its tier, or under EQUITABLE of its group. */
export function worthOfNeeds(problem: AssignmentProblem, levels: LevelPrices): Int32Array {
  const { groupOf } = levels;
  if (groupOf !== null) return groupOf.map((g) => levels.group[g]!);
  const levelOfTier = new Int32Array(256);
  for (let level = 1; level < levels.tier.length; level++) levelOfTier[levels.tier[level]!] = level;
  const worth = new Int32Array(problem.needs);
  for (let n = 0; n < problem.needs; n++) worth[n] = levelOfTier[tierOf(problem, n)]!;
  return worth;
}
