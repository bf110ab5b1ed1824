import type { AssignmentProblem } from './problem.ts';
import { tierOf } from './tiers.ts';

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

/**
 * How much of its demand group g has met when it gets its unit number `unit` (1, 2, …): the middle of that unit as a
 * share of the demand. Serving lower shares first minimises the sum over groups of matched² / demand.
 */
export function shareOfUnit(groups: Groups, g: number, unit: number): number {
  return (2 * unit - 1) / (2 * groups.demand[g]!);
}
