import { addFlow, type Flow } from './flow.ts';
import { type Groups, shareOfUnit } from './levels.ts';
import { type AssignmentProblem, type LevelPrices, pathBound } from './problem.ts';
import { tierOf } from './tiers.ts';

/**
 * What is left to decide once the levels are settled: a transportation problem. Every unit of every bidder takes a place at
 * some object; the total score is to be the highest. In a calm market needs bid for services, in a contested one, where
 * every place finds a taker, services bid for needs. An object that is not full has price 0.
 */
export type Market = {
  readonly bidders: number;
  readonly objects: number;
  /** Edges of bidder b: `offset[b]` … `offset[b + 1] - 1`. */
  readonly offset: Int32Array;
  readonly object: Int32Array;
  readonly bidderOf: Int32Array;
  /** -1 where an edge is closed. */
  readonly score: Int32Array;
  readonly quantity: Int32Array;
  readonly capacity: Int32Array;
  /** EQUITABLE where units stay unmet: edge `outsideFrom + b` leads bidder b outside (object -1: closed); else -1. */
  readonly outsideFrom: number;
  /**
   * How many places of each object every best flow fills: all or none of them, but for outside objects. A forced place
   * may be priced below 0, down to `forcedPrice`, which is so low that all of them find takers.
   */
  readonly forced: Int32Array | null;
  readonly forcedPrice: number;
};

/** The dual values of a market: what a place of each object and a unit of each bidder is worth, in units of score. */
export type MarketPrices = { readonly object: Float64Array; readonly bidder: Float64Array };

/** The part of a problem that a market stands for: which edge of the problem each of its edges is. */
export type MarketPart = { readonly market: Market; readonly edge: Int32Array | null };

/** The market of a problem in which every need can be met: all its edges, as they are. */
export function wholeMarket(problem: AssignmentProblem, quantity: Int32Array, needOf: Int32Array): Market {
  return {
    bidders: problem.needs,
    objects: problem.services,
    offset: problem.offset,
    object: problem.service,
    bidderOf: needOf,
    score: problem.score,
    quantity,
    capacity: problem.capacity,
    outsideFrom: -1,
    forced: null,
    forcedPrice: 0,
  };
}

/**
 * Splits an OPTIMAL problem by level. A flow serves as urgently as possible exactly when it uses only edges whose level
 * reduced cost is 0, meets every need whose level is above 0 and fills every service whose level is above 0
 * (complementary slackness); an edge of a need thus leads only to services of one level. At level 0 all needs are met
 * and places are left over: calm. Above it all places are filled and needs are left over, though only those of level 0
 * may be: contested.
 */
export function splitByLevel(
  problem: AssignmentProblem,
  levels: LevelPrices,
  quantity: Int32Array,
  needOf: Int32Array,
): { readonly calm: MarketPart; readonly contested: MarketPart } {
  const { needs, services, service, score } = problem;
  const worth = worthOfNeeds(problem, levels);
  const isOpen = (e: number): boolean => levels.need[needOf[e]!]! + levels.service[service[e]!]! === worth[needOf[e]!]!;
  const calmOffset = new Int32Array(needs + 1);
  const contestedOffset = new Int32Array(services + 1);
  for (let e = 0; e < service.length; e++) {
    if (!isOpen(e)) continue;
    if (levels.service[service[e]!] === 0) calmOffset[needOf[e]! + 1]!++;
    else contestedOffset[service[e]! + 1]!++;
  }
  for (let n = 0; n < needs; n++) calmOffset[n + 1]! += calmOffset[n]!;
  for (let s = 0; s < services; s++) contestedOffset[s + 1]! += contestedOffset[s]!;
  const calm = emptyColumns(calmOffset[needs]!);
  const contested = emptyColumns(contestedOffset[services]!);
  let atCalm = 0;
  const fill = contestedOffset.slice(0, services);
  for (let e = 0; e < service.length; e++) {
    if (!isOpen(e)) continue;
    const s = service[e]!;
    const n = needOf[e]!;
    const isCalm = levels.service[s] === 0;
    const at = isCalm ? atCalm++ : fill[s]!++;
    const columns = isCalm ? calm : contested;
    columns.object[at] = isCalm ? s : n;
    columns.bidderOf[at] = isCalm ? n : s;
    columns.score[at] = score[e]!;
    columns.edge[at] = e;
  }
  const capacity = problem.capacity;
  return {
    calm: {
      market: {
        bidders: needs,
        objects: services,
        offset: calmOffset,
        ...calm,
        quantity: quantity.map((units, n) => (calmOffset[n + 1]! > calmOffset[n]! ? units : 0)),
        capacity,
        outsideFrom: -1,
        forced: null,
        forcedPrice: 0,
      },
      edge: calm.edge,
    },
    contested: {
      market: {
        bidders: services,
        objects: needs,
        offset: contestedOffset,
        ...contested,
        quantity: capacity.map((places, s) => (contestedOffset[s + 1]! > contestedOffset[s]! ? places : 0)),
        capacity: quantity,
        outsideFrom: -1,
        forced: quantity.map((units, n) => (levels.need[n]! > 0 && calmOffset[n] === calmOffset[n + 1] ? units : 0)),
        forcedPrice: -pathBound(problem),
      },
      edge: contested.edge,
    },
  };
}

function emptyColumns(length: number) {
  return {
    object: new Int32Array(length),
    bidderOf: new Int32Array(length),
    score: new Int32Array(length),
    edge: new Int32Array(length),
  };
}

/**
 * The market of an EQUITABLE problem in which units stay unmet: the closed edges are marked, and each group has one more
 * object, the outside, where its unmet units go; how many may is forced up to one unit.
 */
export function marketWithOutside(
  problem: AssignmentProblem,
  levels: LevelPrices,
  groups: Groups,
  quantity: Int32Array,
): Market {
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

/** An empty flow on a market; `pending` starts as what its bidders ask. */
export function emptyFlow(market: Market): Flow {
  const edges = market.object.length;
  return {
    amount: new Int32Array(edges),
    needOf: market.bidderOf,
    serviceOf: market.object,
    pending: market.quantity.slice(),
    used: new Int32Array(market.objects),
    head: new Int32Array(market.objects).fill(-1),
    next: new Int32Array(edges),
    previous: new Int32Array(edges),
  };
}

/** Takes all units out of a flow. */
export function clearFlow(flow: Flow, quantity: Int32Array): void {
  flow.amount.fill(0);
  flow.pending.set(quantity);
  flow.used.fill(0);
  flow.head.fill(-1);
}

/** Sets a flow to the given units on each edge. */
export function loadFlow(flow: Flow, amount: Int32Array): void {
  for (let e = 0; e < amount.length; e++) if (amount[e]! > 0) addFlow(flow, e, amount[e]!);
}
