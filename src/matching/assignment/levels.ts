import { AlternatingSearch } from './alternating-search.ts';
import type { Auction } from './auction.ts';
import { type Groups, shareOfUnit } from './groups.ts';
import type { Holdings } from './holdings.ts';
import type { Incoming } from './neighbourhoods.ts';
import type { AssignmentProblem, LevelPrices } from './problem.ts';
import { Rounds } from './rounds.ts';
import { serveInStep } from './shares.ts';
import { needsByTier, tierOf } from './tiers.ts';

/** A failed search: the demand step (tier, share) for which no place could be freed. */
type Step = { readonly tier: number; readonly share: number };

/**
 * Finds a flow that serves as much as can be served: as many units of the most urgent tier as possible, then of the next,
 * and under EQUITABLE, inside a tier, its communities in step. Fills `holdings`, and gives the level prices that prove it.
 *
 * The sets of units that can be served together are the independent sets of a polymatroid, so serving the most urgent first
 * is exact (Edmonds 1970; Federgruen and Groenevelt 1986 for the concave case). When a tier is served, a search for one more
 * unit of each group must fail. Whatever it reached can never again lead to a free place, so it is left out of every
 * later search and failures cost O(edges) in all. The level of a service is the step of the search that failed on it.
 */
export function serveByUrgency(
  problem: AssignmentProblem,
  holdings: Holdings,
  incoming: Incoming,
  groups: Groups,
): LevelPrices {
  const search = new AlternatingSearch(problem, holdings, groups);
  const steps = serveGroups(problem, holdings, incoming, groups, search);
  return levelPrices(problem, holdings.pending, groups, steps, search.serviceStep, search.groupStep);
}

/** The same without groups: one tier after the other, from the places that needs hold in `start`, where these fit. */
export function serveTiers(
  problem: AssignmentProblem,
  holdings: Holdings,
  incoming: Incoming,
  start: Auction,
): LevelPrices {
  const order = needsByTier(problem);
  const rounds = new Rounds(problem, holdings, incoming);
  const steps: Step[] = [];
  for (let from = 0; from < order.length; ) {
    const tier = tierOf(problem, order[from]!);
    let to = from;
    while (to < order.length && tierOf(problem, order[to]!) === tier) to++;
    steps.push({ tier, share: 0 });
    const needs = order.subarray(from, to);
    rounds.load(start, tier);
    rounds.serve(needs, steps.length - 1);
    from = to;
  }
  return levelPrices(problem, holdings.pending, null, steps, rounds.serviceStep, new Int32Array(0));
}

/** One tier after the other; then a search from each group that is not served whole fails, the lowest share first. */
function serveGroups(
  problem: AssignmentProblem,
  holdings: Holdings,
  incoming: Incoming,
  groups: Groups,
  search: AlternatingSearch,
): Step[] {
  const steps: Step[] = [];
  const shareOfNext = (g: number): number => shareOfUnit(groups, g, groups.matched[g]! + 1);
  const byTier = [...Array(groups.count).keys()].sort((a, b) => groups.tier[a]! - groups.tier[b]! || a - b);
  for (let from = 0; from < byTier.length; ) {
    const tier = groups.tier[byTier[from]!]!;
    let to = from;
    while (to < byTier.length && groups.tier[byTier[to]!] === tier) to++;
    const inTier = byTier.slice(from, to);
    serveInStep(problem, holdings, incoming, groups, inTier);
    const unmet = inTier.filter((g) => groups.matched[g]! < groups.demand[g]!);
    for (const g of unmet.sort((a, b) => shareOfNext(a) - shareOfNext(b) || a - b)) {
      if (search.isDead(g)) continue;
      const share = shareOfNext(g);
      const top = steps.at(-1);
      if (top?.tier !== tier || top.share !== share) steps.push({ tier, share });
      if (search.fromGroup(g, steps.length - 1, 1)) throw new Error('more could be served than was found possible');
    }
    from = to;
  }
  return steps;
}

/** Turns the steps at which searches failed into level numbers, and those into the prices of services and needs. */
function levelPrices(
  problem: AssignmentProblem,
  pending: Int32Array,
  groups: Groups | null,
  failed: readonly Step[],
  serviceStep: Int32Array,
  groupStep: Int32Array,
): LevelPrices {
  const used = groups === null ? failed : [...failed, ...lastSteps(groups)];
  const table = distinctSteps(used);
  const levelOf = (step: Step): number => table.findLastIndex((other) => compareSteps(other, step) === 0) + 1;
  const failedLevel = failed.map(levelOf);
  const service = serviceStep.map((step) => (step < 0 ? 0 : failedLevel[step]!));
  const group = groupStep.map((step, g) => (step < 0 ? levelOf(stepOfLastUnit(groups!, g)) : failedLevel[step]!));
  const tierLevel = new Int32Array(256);
  for (let level = 1; level <= table.length; level++) tierLevel[table[level - 1]!.tier] = level;
  const need = new Int32Array(problem.needs);
  for (let n = 0; n < problem.needs; n++) {
    if (pending[n]! > 0) continue;
    const worth = groups === null ? tierLevel[tierOf(problem, n)]! : group[groups.groupOf[n]!]!;
    need[n] = worth - lowestLevel(problem, service, n);
  }
  return {
    tier: Int32Array.from([0, ...table.map((step) => step.tier)]),
    share: Float64Array.from([0, ...table.map((step) => step.share)]),
    service,
    need,
    groupOf: groups?.groupOf ?? null,
    group,
    groupPrice: new Float64Array(groups?.count ?? 0),
  };
}

function lastSteps(groups: Groups): Step[] {
  const steps: Step[] = [];
  for (let g = 0; g < groups.count; g++) {
    if (groups.matched[g] === groups.demand[g]) steps.push(stepOfLastUnit(groups, g));
  }
  return steps;
}

function stepOfLastUnit(groups: Groups, g: number): Step {
  return { tier: groups.tier[g]!, share: shareOfUnit(groups, g, groups.demand[g]!) };
}

/** The different steps, least urgent first. */
function distinctSteps(steps: readonly Step[]): Step[] {
  const sorted = [...steps].sort(compareSteps);
  return sorted.filter((step, index) => index === 0 || compareSteps(step, sorted[index - 1]!) !== 0);
}

/** Negative when `a` is less urgent than `b`: a later tier, or a larger share already met. */
function compareSteps(a: Step, b: Step): number {
  return b.tier - a.tier || b.share - a.share;
}

function lowestLevel(problem: AssignmentProblem, service: Int32Array, need: number): number {
  let lowest = Number.MAX_SAFE_INTEGER;
  for (let e = problem.offset[need]!; e < problem.offset[need + 1]!; e++) {
    lowest = Math.min(lowest, service[problem.service[e]!]!);
  }
  return lowest;
}
