import { groupNeeds } from './groups.ts';
import { worthOfNeeds } from './market.ts';
import { type Assignment, type AssignmentProblem, checkProblem, type LevelPrices } from './problem.ts';

/**
 * A problem taken apart into parts that have no need, no service and, under EQUITABLE, no community of a tier in common,
 * so that each can be solved for itself. Which part a need is in depends on the problem alone.
 */
export type ProblemParts = {
  readonly count: number;
  /** Needs and edges of each part, together: how much work it is. */
  readonly weight: Int32Array;
  /** The needs of part p are `need[needOffset[p]]` … `need[needOffset[p + 1] - 1]`, ascending; its services likewise. */
  readonly needOffset: Int32Array;
  readonly need: Int32Array;
  readonly serviceOffset: Int32Array;
  readonly service: Int32Array;
  /** Where each service stands among those of its part; -1 for one that no need names. */
  readonly placeOfService: Int32Array;
};

/** Needs and edges below which a part is not worth a hand-over of its own. */
export const LEAST_PART_WEIGHT = 50_000;

/**
 * Takes a problem apart into its connected components, and puts small ones together, in the order of their first needs,
 * until they weigh `leastWeight`. Needs that name the same service hang together; under EQUITABLE so do the needs of one
 * tier in one community, because they share its value. `null` when there would be one part only.
 *
 * Union-find with path halving (Tarjan and van Leeuwen 1984): O(edges · log services) at worst, near to O(edges).
 * Throws `MatchingInputError` for a malformed problem, as `assign` does.
 */
export function splitProblem(problem: AssignmentProblem, leastWeight = LEAST_PART_WEIGHT): ProblemParts | null {
  checkProblem(problem);
  const { needs, services } = problem;
  if (needs + problem.service.length <= leastWeight) return null;
  const { componentOfNeed, componentOfService, weight } = components(problem);
  const partOfComponent = new Int32Array(weight.length);
  const weights: number[] = [];
  for (let c = 0; c < weight.length; c++) {
    if (weights.length === 0 || weights.at(-1)! >= leastWeight) weights.push(0);
    weights[weights.length - 1]! += weight[c]!;
    partOfComponent[c] = weights.length - 1;
  }
  const count = weights.length;
  if (count === 1) return null;
  const partOfNeed = componentOfNeed.map((c) => partOfComponent[c]!);
  const partOfService = componentOfService.map((c) => (c < 0 ? -1 : partOfComponent[c]!));
  const byNeed = sortIntoParts(partOfNeed, count);
  const byService = sortIntoParts(partOfService, count);
  const placeOfService = new Int32Array(services).fill(-1);
  for (let p = 0; p < count; p++) {
    const from = byService.offset[p]!;
    for (let at = from; at < byService.offset[p + 1]!; at++) placeOfService[byService.member[at]!] = at - from;
  }
  return {
    count,
    weight: Int32Array.from(weights),
    needOffset: byNeed.offset,
    need: byNeed.member,
    serviceOffset: byService.offset,
    service: byService.member,
    placeOfService,
  };
}

/** Part p of a problem as a problem of its own; needs, edges and services keep their order. O(edges of the part). */
export function problemOfPart(problem: AssignmentProblem, parts: ProblemParts, p: number): AssignmentProblem {
  const need = parts.need.subarray(parts.needOffset[p]!, parts.needOffset[p + 1]!);
  const service = parts.service.subarray(parts.serviceOffset[p]!, parts.serviceOffset[p + 1]!);
  const offset = new Int32Array(need.length + 1);
  for (let n = 0; n < need.length; n++) {
    offset[n + 1] = offset[n]! + problem.offset[need[n]! + 1]! - problem.offset[need[n]!]!;
  }
  const edges = offset[need.length]!;
  const edgeService = new Int32Array(edges);
  const score = new Int32Array(edges);
  for (let n = 0, e = 0; n < need.length; n++) {
    for (let from = problem.offset[need[n]!]!; from < problem.offset[need[n]! + 1]!; from++, e++) {
      edgeService[e] = parts.placeOfService[problem.service[from]!]!;
      score[e] = problem.score[from]!;
    }
  }
  const { tier, quantity, community } = problem;
  return {
    services: service.length,
    capacity: pick(problem.capacity, service, new Int32Array(service.length)),
    needs: need.length,
    ...(tier && { tier: pick(tier, need, new Uint8Array(need.length)) }),
    ...(quantity && { quantity: pick(quantity, need, new Int32Array(need.length)) }),
    ...(community && { community: pick(community, need, new Int32Array(need.length)) }),
    offset,
    service: edgeService,
    score,
    policy: problem.policy,
  };
}

/**
 * Puts the assignments of all parts together into that of the problem, prices and all, so that whatever was proved of the
 * parts holds of the whole (`verifyOptimal`, `verifyStable`): every policy's aim is a sum, tier by tier, over the parts.
 *
 * @param assignments one for each part, in their order, as `assign` gives it for `problemOfPart`
 */
export function joinAssignments(
  problem: AssignmentProblem,
  parts: ProblemParts,
  assignments: readonly Assignment[],
): Assignment {
  const { needs, services, offset } = problem;
  const service = new Int32Array(needs).fill(-1);
  const flow = new Int32Array(problem.service.length);
  const servicePrice = new Float64Array(services);
  const needPrice = new Float64Array(needs);
  const matchedByTier = new Int32Array(Math.max(...assignments.map((part) => part.matchedByTier.length)));
  let total = 0n;
  assignments.forEach((part, p) => {
    const firstNeed = parts.needOffset[p]!;
    const firstService = parts.serviceOffset[p]!;
    total += part.total;
    part.matchedByTier.forEach((units, tier) => {
      matchedByTier[tier]! += units;
    });
    part.servicePrice.forEach((price, s) => {
      servicePrice[parts.service[firstService + s]!] = price;
    });
    for (let n = 0, e = 0; n < part.service.length; n++) {
      const need = parts.need[firstNeed + n]!;
      needPrice[need] = part.needPrice[n]!;
      if (part.service[n]! >= 0) service[need] = parts.service[firstService + part.service[n]!]!;
      for (let to = offset[need]!; to < offset[need + 1]!; to++, e++) flow[to] = part.flow[e]!;
    }
  });
  const levels = problem.policy === 'CHOICE' ? null : joinLevels(problem, parts, assignments, flow);
  return { service, flow, total, matchedByTier, servicePrice, needPrice, levels };
}

type Components = {
  /** Components are numbered in the order of their first needs. */
  readonly componentOfNeed: Int32Array;
  /** -1 for a service that no need names. */
  readonly componentOfService: Int32Array;
  readonly weight: readonly number[];
};

function components(problem: AssignmentProblem): Components {
  const { needs, services, offset, service } = problem;
  const groups = problem.policy === 'EQUITABLE' ? groupNeeds(problem) : null;
  const link = Int32Array.from({ length: services + (groups?.count ?? 0) }, (_, node) => node);
  const rootOf = (from: number): number => {
    let node = from;
    while (link[node] !== node) {
      link[node] = link[link[node]!]!;
      node = link[node]!;
    }
    return node;
  };
  /** What a need hangs on; -1 when on nothing. */
  const anchorOf = (n: number): number =>
    groups !== null ? services + groups.groupOf[n]! : offset[n]! < offset[n + 1]! ? service[offset[n]!]! : -1;
  for (let n = 0; n < needs; n++) {
    const anchor = anchorOf(n);
    if (anchor < 0) continue;
    let root = rootOf(anchor);
    for (let e = offset[n]!; e < offset[n + 1]!; e++) {
      const other = rootOf(service[e]!);
      if (other === root) continue;
      // The smaller number becomes the root; with path halving that is enough.
      link[Math.max(root, other)] = Math.min(root, other);
      root = Math.min(root, other);
    }
  }
  const componentOfRoot = new Int32Array(link.length).fill(-1);
  const componentOfNeed = new Int32Array(needs);
  const weight: number[] = [];
  for (let n = 0; n < needs; n++) {
    const anchor = anchorOf(n);
    const root = anchor < 0 ? -1 : rootOf(anchor);
    let component = root < 0 ? -1 : componentOfRoot[root]!;
    if (component < 0) {
      component = weight.push(0) - 1;
      if (root >= 0) componentOfRoot[root] = component;
    }
    componentOfNeed[n] = component;
    weight[component]! += 1 + offset[n + 1]! - offset[n]!;
  }
  const componentOfService = new Int32Array(services);
  for (let s = 0; s < services; s++) componentOfService[s] = componentOfRoot[rootOf(s)]!;
  return { componentOfNeed, componentOfService, weight };
}

/** Members by ascending part, then number: a counting sort. Those of part -1 are left out. */
function sortIntoParts(
  partOf: Int32Array,
  count: number,
): { readonly offset: Int32Array; readonly member: Int32Array } {
  const offset = new Int32Array(count + 1);
  for (const p of partOf) if (p >= 0) offset[p + 1]!++;
  for (let p = 0; p < count; p++) offset[p + 1]! += offset[p]!;
  const member = new Int32Array(offset[count]!);
  const next = offset.slice(0, count);
  for (let m = 0; m < partOf.length; m++) if (partOf[m]! >= 0) member[next[partOf[m]!]!++] = m;
  return { offset, member };
}

function pick<T extends Int32Array | Uint8Array>(column: T, at: Int32Array, into: T): T {
  for (let index = 0; index < at.length; index++) into[index] = column[at[index]!]!;
  return into;
}

/** A step of demand, as an entry of a table of levels stands for it. */
type Step = { readonly tier: number; readonly share: number };

/**
 * The levels of all parts in one table. A part's own table is an ascending list of some of its steps, so numbering the
 * steps anew keeps every comparison. Only a need's level is a difference of two; it is taken again from an edge that
 * serves the need, which by complementary slackness is worth exactly the prices of both its ends; a need that no edge
 * serves is at level 0.
 */
function joinLevels(
  problem: AssignmentProblem,
  parts: ProblemParts,
  assignments: readonly Assignment[],
  flow: Int32Array,
): LevelPrices {
  const { needs, offset } = problem;
  const groups = problem.policy === 'EQUITABLE' ? groupNeeds(problem) : null;
  const table = distinctSteps(assignments.flatMap(({ levels }) => stepsOf(levels!)));
  const levels: LevelPrices = {
    tier: Int32Array.from([0, ...table.map((step) => step.tier)]),
    share: Float64Array.from([0, ...table.map((step) => step.share)]),
    service: new Int32Array(problem.services),
    need: new Int32Array(needs),
    groupOf: groups?.groupOf ?? null,
    group: new Int32Array(groups?.count ?? 0),
    groupPrice: new Float64Array(groups?.count ?? 0),
  };
  assignments.forEach((part, p) => {
    const own = part.levels!;
    const numberOf = Int32Array.from([0, ...stepsOf(own).map((step) => levelOf(table, step))]);
    own.service.forEach((level, s) => {
      levels.service[parts.service[parts.serviceOffset[p]! + s]!] = numberOf[level]!;
    });
    if (groups === null) return;
    own.groupOf!.forEach((ownGroup, n) => {
      const group = groups.groupOf[parts.need[parts.needOffset[p]! + n]!]!;
      levels.group[group] = numberOf[own.group[ownGroup]!]!;
      levels.groupPrice[group] = own.groupPrice[ownGroup]!;
    });
  });
  const worth = worthOfNeeds(problem, levels);
  for (let n = 0; n < needs; n++) {
    const serving = flow.subarray(offset[n], offset[n + 1]).findIndex((units) => units > 0);
    if (serving >= 0) levels.need[n] = worth[n]! - levels.service[problem.service[offset[n]! + serving]!]!;
  }
  return levels;
}

function stepsOf({ tier, share }: LevelPrices): Step[] {
  return Array.from({ length: tier.length - 1 }, (_, at) => ({ tier: tier[at + 1]!, share: share[at + 1]! }));
}

/** The different steps, least urgent first: later tiers, then larger shares already met. */
function distinctSteps(steps: Step[]): Step[] {
  steps.sort(compareSteps);
  return steps.filter((step, at) => at === 0 || compareSteps(step, steps[at - 1]!) !== 0);
}

function compareSteps(a: Step, b: Step): number {
  return b.tier - a.tier || b.share - a.share;
}

/** The level of a step that is in the table: a binary search. */
function levelOf(table: readonly Step[], step: Step): number {
  let low = 0;
  let high = table.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareSteps(table[middle]!, step) < 0) low = middle + 1;
    else high = middle;
  }
  return low + 1;
}
