import { addFlow, type Flow } from './flow.ts';
import type { AssignmentProblem, LevelPrices } from './problem.ts';

/** The groups of an EQUITABLE problem: the needs of one tier in one community share a group. */
export type Groups = {
  readonly count: number;
  readonly groupOf: Int32Array;
  readonly tier: Int32Array;
  /** Units that the group asks for, and units that it gets. */
  readonly demand: Int32Array;
  readonly matched: Int32Array;
  /** The members of group g are `member[memberOffset[g]]` … `member[memberOffset[g + 1] - 1]`. */
  readonly memberOffset: Int32Array;
  readonly member: Int32Array;
};

/** Groups needs by tier and community, in the order in which they first occur. */
export function groupNeeds(problem: AssignmentProblem): Groups {
  const { needs } = problem;
  const groupOf = new Int32Array(needs);
  const numberOf = new Map<number, number>();
  const tiers: number[] = [];
  for (let n = 0; n < needs; n++) {
    const tier = tierOf(problem, n);
    const key = (problem.community?.[n] ?? 0) * 256 + tier;
    let group = numberOf.get(key);
    if (group === undefined) {
      group = numberOf.size;
      numberOf.set(key, group);
      tiers.push(tier);
    }
    groupOf[n] = group;
  }
  const count = tiers.length;
  const demand = new Int32Array(count);
  const memberOffset = new Int32Array(count + 1);
  for (let n = 0; n < needs; n++) {
    demand[groupOf[n]!]! += problem.quantity?.[n] ?? 1;
    memberOffset[groupOf[n]! + 1]!++;
  }
  for (let g = 0; g < count; g++) memberOffset[g + 1]! += memberOffset[g]!;
  const member = new Int32Array(needs);
  const fill = memberOffset.slice(0, count);
  for (let n = 0; n < needs; n++) member[fill[groupOf[n]!]!++] = n;
  return { count, groupOf, tier: Int32Array.from(tiers), demand, matched: new Int32Array(count), memberOffset, member };
}

/** The tier of a need; 1 where the problem has none. */
export function tierOf(problem: AssignmentProblem, need: number): number {
  return problem.tier === undefined ? 1 : problem.tier[need]!;
}

/**
 * How much of its demand group g has met when it gets its unit number `unit` (1, 2, …): the middle of that unit as a
 * share of the demand. Serving lower shares first minimises the sum over groups of matched² / demand.
 */
export function shareOfUnit(groups: Groups, g: number, unit: number): number {
  return (2 * unit - 1) / (2 * groups.demand[g]!);
}

/** A failed search: the demand step (tier, share) for which no place could be freed. */
type Step = { readonly tier: number; readonly share: number };

/**
 * Finds a flow that serves as much as can be served: as many units of the most urgent tier as possible, then of the next,
 * and under EQUITABLE, inside a tier, its communities in step. Fills `flow`, and gives the level prices that prove it.
 *
 * The sets of units that can be served together are the independent sets of a polymatroid, so taking units greedily in
 * order of urgency is exact (Edmonds 1970; Federgruen and Groenevelt 1986 for the concave case). A unit is added by an
 * alternating path. Whatever a failed search reached can never again lead to a free place, so it is left out of every
 * later search and failures cost O(edges) in all. The level of a service is the step of the search that failed on it.
 */
export function serveByUrgency(problem: AssignmentProblem, flow: Flow, groups: Groups | null): LevelPrices {
  const search = new AlternatingSearch(problem, flow, groups);
  const steps = groups === null ? serveTiers(problem, flow, search) : serveGroups(groups, search);
  return levelPrices(problem, flow, groups, search, steps);
}

function serveTiers(problem: AssignmentProblem, flow: Flow, search: AlternatingSearch): Step[] {
  const order = needsByTier(problem);
  const steps: Step[] = [];
  let last = -1;
  for (let index = 0; index < order.length; index++) {
    const n = order[index]!;
    const tier = tierOf(problem, n);
    if (tier !== last) {
      steps.push({ tier, share: 0 });
      last = tier;
    }
    while (flow.pending[n]! > 0 && search.fromNeed(n, steps.length - 1));
  }
  return steps;
}

/** Needs in ascending order of tier, then position: a counting sort. */
export function needsByTier(problem: AssignmentProblem): Int32Array {
  const start = new Int32Array(257);
  for (let n = 0; n < problem.needs; n++) start[tierOf(problem, n) + 1]!++;
  for (let tier = 0; tier < 256; tier++) start[tier + 1]! += start[tier]!;
  const order = new Int32Array(problem.needs);
  for (let n = 0; n < problem.needs; n++) order[start[tierOf(problem, n)]!++] = n;
  return order;
}

function serveGroups(groups: Groups, search: AlternatingSearch): Step[] {
  const steps: Step[] = [];
  const byTier = [...Array(groups.count).keys()].sort((a, b) => groups.tier[a]! - groups.tier[b]! || a - b);
  for (let from = 0; from < byTier.length; ) {
    const tier = groups.tier[byTier[from]!]!;
    let to = from;
    while (to < byTier.length && groups.tier[byTier[to]!] === tier) to++;
    const open = byTier.slice(from, to);
    while (open.length > 0) {
      const position = lowestShare(groups, open);
      const g = open[position]!;
      const share = shareOfUnit(groups, g, groups.matched[g]! + 1);
      const top = steps.at(-1);
      if (search.isDead(g)) {
        open.splice(position, 1);
        continue;
      }
      const isNew = top?.tier !== tier || top.share !== share;
      if (isNew) steps.push({ tier, share });
      const served = search.fromGroup(g, steps.length - 1, unitsInFront(groups, open, g));
      if (served && isNew) steps.pop();
      if (!served || groups.matched[g] === groups.demand[g]) open.splice(position, 1);
    }
    from = to;
  }
  return steps;
}

function lowestShare(groups: Groups, open: readonly number[]): number {
  let best = 0;
  let bestShare = Number.POSITIVE_INFINITY;
  for (let index = 0; index < open.length; index++) {
    const share = shareOfUnit(groups, open[index]!, groups.matched[open[index]!]! + 1);
    if (share < bestShare) {
      bestShare = share;
      best = index;
    }
  }
  return best;
}

/** How many units group g may get before another open group stands lower: at least 1. */
function unitsInFront(groups: Groups, open: readonly number[], g: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const other of open) {
    if (other !== g) next = Math.min(next, shareOfUnit(groups, other, groups.matched[other]! + 1));
  }
  const left = groups.demand[g]! - groups.matched[g]!;
  if (next === Number.POSITIVE_INFINITY) return left;
  const upTo = Math.floor((next * 2 * groups.demand[g]! + 1) / 2) - groups.matched[g]! - 1;
  return Math.max(1, Math.min(left, upTo));
}

const SOURCE = -2;
const THROUGH_GROUP = -3;
const DEAD = 0x7fffffff;

/** Breadth-first search for a free place along alternating paths; remembers for good what cannot lead to one. */
class AlternatingSearch {
  readonly #problem: AssignmentProblem;
  readonly #flow: Flow;
  readonly #groups: Groups | null;
  readonly #needMark: Int32Array;
  readonly #serviceMark: Int32Array;
  readonly #groupMark: Int32Array;
  /** How a need was reached: the edge that it gives up, `SOURCE`, or `THROUGH_GROUP`. */
  readonly #needVia: Int32Array;
  readonly #serviceVia: Int32Array;
  /** The need that gives up a unit of the group. */
  readonly #groupVia: Int32Array;
  readonly #queue: Int32Array;
  /** Index of the failed step that reached each service and group; -1 for none. */
  readonly serviceStep: Int32Array;
  readonly groupStep: Int32Array;
  #search = 0;
  /** Units that the last successful search moved. */
  #moved = 0;

  constructor(problem: AssignmentProblem, flow: Flow, groups: Groups | null) {
    this.#problem = problem;
    this.#flow = flow;
    this.#groups = groups;
    this.#needMark = new Int32Array(problem.needs);
    this.#needVia = new Int32Array(problem.needs);
    this.#queue = new Int32Array(problem.needs);
    this.#serviceMark = new Int32Array(problem.services);
    this.#serviceVia = new Int32Array(problem.services);
    this.serviceStep = new Int32Array(problem.services).fill(-1);
    const groupCount = groups?.count ?? 0;
    this.#groupMark = new Int32Array(groupCount);
    this.#groupVia = new Int32Array(groupCount);
    this.groupStep = new Int32Array(groupCount).fill(-1);
  }

  isDead(group: number): boolean {
    return this.#groupMark[group] === DEAD;
  }

  /** Serves as many pending units of the need as one alternating path carries; false when there is none. */
  fromNeed(need: number, step: number): boolean {
    if (this.#needMark[need] === DEAD) return false;
    this.#search++;
    this.#needMark[need] = this.#search;
    this.#needVia[need] = SOURCE;
    this.#queue[0] = need;
    return this.#run(1, step, this.#flow.pending[need]!);
  }

  /** Serves up to `wanted` more units of the group by one alternating path; false when there is none. */
  fromGroup(group: number, step: number, wanted: number): boolean {
    this.#search++;
    this.#groupMark[group] = this.#search;
    this.#groupVia[group] = SOURCE;
    const queued = this.#pushMembers(group, 0);
    if (!this.#run(queued, step, wanted)) return false;
    this.#groups!.matched[group]! += this.#moved;
    return true;
  }

  #pushMembers(group: number, queued: number): number {
    const groups = this.#groups!;
    let length = queued;
    for (let index = groups.memberOffset[group]!; index < groups.memberOffset[group + 1]!; index++) {
      const n = groups.member[index]!;
      const mark = this.#needMark[n]!;
      if (this.#flow.pending[n] === 0 || mark === this.#search || mark === DEAD) continue;
      this.#needMark[n] = this.#search;
      this.#needVia[n] = THROUGH_GROUP;
      this.#queue[length++] = n;
    }
    return length;
  }

  #run(queued: number, step: number, wanted: number): boolean {
    const { offset, service, capacity } = this.#problem;
    const { used, head, next, needOf } = this.#flow;
    const serviceMark = this.#serviceMark;
    const search = this.#search;
    let length = queued;
    for (let at = 0; at < length; at++) {
      const n = this.#queue[at]!;
      for (let e = offset[n]!; e < offset[n + 1]!; e++) {
        const s = service[e]!;
        const mark = serviceMark[s]!;
        if (mark === search || mark === DEAD) continue;
        serviceMark[s] = search;
        this.#serviceVia[s] = e;
        if (used[s]! < capacity[s]!) {
          this.#augment(s, Math.min(wanted, capacity[s]! - used[s]!));
          return true;
        }
        for (let held = head[s]!; held >= 0; held = next[held]!) length = this.#reach(needOf[held]!, held, length);
      }
    }
    this.#bury(length, step);
    return false;
  }

  #reach(need: number, via: number, queued: number): number {
    const mark = this.#needMark[need]!;
    if (mark === this.#search || mark === DEAD) return queued;
    this.#needMark[need] = this.#search;
    this.#needVia[need] = via;
    this.#queue[queued] = need;
    const groups = this.#groups;
    if (groups === null) return queued + 1;
    const group = groups.groupOf[need]!;
    const groupMark = this.#groupMark[group]!;
    if (groupMark === this.#search || groupMark === DEAD) return queued + 1;
    this.#groupMark[group] = this.#search;
    this.#groupVia[group] = need;
    return this.#pushMembers(group, queued + 1);
  }

  /** Moves units along the path that ends at the free service, as many as every edge of it can give up. */
  #augment(end: number, limit: number): void {
    const { amount, serviceOf, needOf, pending } = this.#flow;
    let units = limit;
    for (let s = end; ; ) {
      const n = needOf[this.#serviceVia[s]!]!;
      const gives = this.#needVia[n]!;
      if (gives === SOURCE) break;
      if (gives === THROUGH_GROUP) {
        units = Math.min(units, pending[n]!);
        const giver = this.#groupVia[this.#groups!.groupOf[n]!]!;
        if (giver === SOURCE) break;
        const given = this.#needVia[giver]!;
        units = Math.min(units, amount[given]!);
        s = serviceOf[given]!;
      } else {
        units = Math.min(units, amount[gives]!);
        s = serviceOf[gives]!;
      }
    }
    this.#moved = units;
    for (let s = end; ; ) {
      const takes = this.#serviceVia[s]!;
      const n = needOf[takes]!;
      let gives = this.#needVia[n]!;
      if (gives === THROUGH_GROUP) {
        const giver = this.#groupVia[this.#groups!.groupOf[n]!]!;
        gives = giver === SOURCE ? SOURCE : this.#needVia[giver]!;
      }
      if (gives >= 0) addFlow(this.#flow, gives, -units);
      addFlow(this.#flow, takes, units);
      if (gives === SOURCE) return;
      s = serviceOf[gives]!;
    }
  }

  /** Marks everything that the failed search reached, so that no later search enters it. */
  #bury(length: number, step: number): void {
    for (let at = 0; at < length; at++) {
      const n = this.#queue[at]!;
      this.#needMark[n] = DEAD;
      for (let e = this.#problem.offset[n]!; e < this.#problem.offset[n + 1]!; e++) {
        const s = this.#problem.service[e]!;
        if (this.#serviceMark[s] === DEAD) continue;
        this.#serviceMark[s] = DEAD;
        this.serviceStep[s] = step;
      }
    }
    for (let g = 0; g < this.#groupMark.length; g++) {
      if (this.#groupMark[g] !== this.#search) continue;
      this.#groupMark[g] = DEAD;
      this.groupStep[g] = step;
    }
  }
}

/** Turns the steps at which searches failed into level numbers, and those into the prices of services and needs. */
function levelPrices(
  problem: AssignmentProblem,
  flow: Flow,
  groups: Groups | null,
  search: AlternatingSearch,
  failed: readonly Step[],
): LevelPrices {
  const used = groups === null ? failed : [...failed, ...lastSteps(groups)];
  const table = distinctSteps(used);
  const levelOf = (step: Step): number => table.findLastIndex((other) => compareSteps(other, step) === 0) + 1;
  const failedLevel = failed.map(levelOf);
  const service = search.serviceStep.map((step) => (step < 0 ? 0 : failedLevel[step]!));
  const group = search.groupStep.map((step, g) =>
    step < 0 ? levelOf(stepOfLastUnit(groups!, g)) : failedLevel[step]!,
  );
  const tierLevel = new Int32Array(256);
  for (let level = 1; level <= table.length; level++) tierLevel[table[level - 1]!.tier] = level;
  const need = new Int32Array(problem.needs);
  for (let n = 0; n < problem.needs; n++) {
    if (flow.pending[n]! > 0) continue;
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
  let lowest = DEAD;
  for (let e = problem.offset[need]!; e < problem.offset[need + 1]!; e++) {
    lowest = Math.min(lowest, service[problem.service[e]!]!);
  }
  return lowest;
}
