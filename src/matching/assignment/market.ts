import { addFlow, type Flow } from './flow.ts';
import { type Groups, shareOfUnit } from './groups.ts';
import { type AssignmentProblem, type LevelPrices, pathBound } from './problem.ts';
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
  readonly bidderOf: Int32Array;
  /** -1 where an edge is closed. */
  readonly score: Int32Array;
  readonly quantity: Int32Array;
  readonly capacity: Int32Array;
  /** EQUITABLE where units stay unmet: edge `outsideFrom + b` leads bidder b outside (object -1: closed); else -1. */
  readonly outsideFrom: number;
  /** The object that stands for staying unmet in a contested market, at score 0, the last edge of those who may; else -1. */
  readonly unmetObject: number;
  /**
   * EQUITABLE where units stay unmet: how many places of each object every best flow fills. They may be priced below 0,
   * down to `forcedPrice`, which is so low that all of them find takers.
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
    unmetObject: -1,
    forced: null,
    forcedPrice: 0,
  };
}

/**
 * Splits an OPTIMAL problem by level. A flow serves as urgently as possible exactly when it uses only edges whose level
 * reduced cost is 0, meets every need whose level is above 0 and fills every service whose level is above 0
 * (complementary slackness); an edge of a need thus leads only to services of one level. At level 0 all needs are met
 * and places are left over: calm. Above it all places are filled and needs of level 0 are left over: contested. There
 * one more object, the last, takes the units that stay unmet, exactly as many as there must be, at score 0.
 */
export function splitByLevel(
  problem: AssignmentProblem,
  levels: LevelPrices,
  quantity: Int32Array,
  needOf: Int32Array,
): { readonly calm: MarketPart; readonly contested: MarketPart } {
  const { needs, services, service } = problem;
  const worth = worthOfNeeds(problem, levels);
  // 0 closed, 1 calm, 2 contested.
  const kind = new Uint8Array(service.length);
  const calmOffset = new Int32Array(needs + 1);
  const contestedOffset = new Int32Array(needs + 1);
  const contestedCapacity = new Int32Array(services + 1);
  let unmet = 0;
  for (let e = 0; e < service.length; e++) {
    const n = needOf[e]!;
    const level = levels.service[service[e]!]!;
    if (levels.need[n]! + level !== worth[n]!) continue;
    kind[e] = level === 0 ? 1 : 2;
    (level === 0 ? calmOffset : contestedOffset)[n + 1]!++;
    if (level > 0) contestedCapacity[service[e]!] = problem.capacity[service[e]!]!;
  }
  for (let n = 0; n < needs; n++) {
    const isContested = contestedOffset[n + 1]! > 0;
    if (isContested) unmet += quantity[n]!;
    if (isContested && levels.need[n] === 0) contestedOffset[n + 1]!++;
    calmOffset[n + 1]! += calmOffset[n]!;
    contestedOffset[n + 1]! += contestedOffset[n]!;
  }
  for (let s = 0; s < services; s++) unmet -= contestedCapacity[s]!;
  contestedCapacity[services] = unmet;
  return {
    calm: partOf(problem, quantity, kind, 1, calmOffset, problem.capacity),
    contested: partOf(problem, quantity, kind, 2, contestedOffset, contestedCapacity),
  };
}

/** The market of the edges of one kind; the room that `offset` leaves after a need's edges is for the unmet object. */
function partOf(
  problem: AssignmentProblem,
  quantity: Int32Array,
  kind: Uint8Array,
  wanted: number,
  offset: Int32Array,
  capacity: Int32Array,
): MarketPart {
  const { needs, services } = problem;
  const edges = offset[needs]!;
  const object = new Int32Array(edges);
  const bidderOf = new Int32Array(edges);
  const score = new Int32Array(edges);
  const edge = new Int32Array(edges).fill(-1);
  const asked = new Int32Array(needs);
  for (let n = 0; n < needs; n++) {
    let at = offset[n]!;
    if (at === offset[n + 1]!) continue;
    asked[n] = quantity[n]!;
    for (let e = problem.offset[n]!; e < problem.offset[n + 1]!; e++) {
      if (kind[e] !== wanted) continue;
      object[at] = problem.service[e]!;
      score[at] = problem.score[e]!;
      edge[at++] = e;
    }
    if (at < offset[n + 1]!) object[at] = services;
    bidderOf.fill(n, offset[n]!, offset[n + 1]!);
  }
  return {
    edge,
    market: {
      bidders: needs,
      objects: capacity.length,
      offset,
      object,
      bidderOf,
      score,
      quantity: asked,
      capacity,
      outsideFrom: -1,
      unmetObject: capacity.length > services ? services : -1,
      forced: null,
      forcedPrice: 0,
    },
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
    unmetObject: -1,
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
