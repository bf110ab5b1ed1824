import { AlternatingSearch } from './alternating-search.ts';
import { type Groups, shareOfUnit } from './groups.ts';
import { type Holdings, release } from './holdings.ts';
import type { Incoming } from './neighbourhoods.ts';
import type { AssignmentProblem } from './problem.ts';
import { Rounds } from './rounds.ts';

/** Groups that share out among themselves a number of units that can be served; `search` knows what they cannot enter. */
type Part = { readonly groups: readonly number[]; readonly units: number; readonly search: AlternatingSearch | null };

/**
 * Serves groups of one tier in step: as many units as possible, and of these the ones whose shares of their group's demand are
 * lowest. Sets `groups.matched`.
 *
 * The counts that can be served together are the vectors of a polymatroid, and the sum of matched² / demand is separable and
 * convex, so it decomposes (Fujishige 1980; Groenevelt 1991): first all units go to the lowest shares as if any group could
 * take any place. If that can be served, it is best. If not, a least cut names groups that cannot have so much; what they
 * can have together is theirs, the rest is the others', and both parts are solved the same way. A flow problem for each
 * part, however many units there are.
 */
export function serveInStep(
  problem: AssignmentProblem,
  holdings: Holdings,
  incoming: Incoming,
  groups: Groups,
  tier: readonly number[],
): void {
  new Rounds(problem, holdings, incoming).serve(needsInStep(problem, groups, tier), 0);
  const served = tier.reduce((sum, g) => sum + countMatched(holdings, groups, g), 0);
  const parts: Part[] = [{ groups: tier, units: served, search: null }];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const target = lowestShares(groups, part.groups, part.units);
    if (part.groups.every((g, index) => groups.matched[g] === target[index])) continue;
    const search = part.search ?? new AlternatingSearch(problem, holdings, groups);
    part.groups.forEach((g, index) => {
      takeBack(problem, holdings, groups, g, groups.matched[g]! - target[index]!);
    });
    raise(groups, part.groups, target, search);
    const held = part.groups.filter((g) => search.isDead(g));
    if (held.length === 0) continue;
    const heldUnits = held.reduce((sum, g) => sum + groups.matched[g]!, 0);
    const free = part.groups.filter((g) => !search.isDead(g));
    parts.push({ groups: held, units: heldUnits, search: null });
    // What the search has found closed stays so until the held groups are taken up, after these.
    parts.push({ groups: free, units: part.units - heldUnits, search });
  }
}

/** The members of the groups, ordered by the share of their group's demand that the members before them make up. */
function needsInStep(problem: AssignmentProblem, groups: Groups, tier: readonly number[]): Int32Array {
  const { member, memberOffset, demand } = groups;
  const needs: number[] = [];
  const share = new Float64Array(problem.needs);
  for (const g of tier) {
    let before = 0;
    for (let at = memberOffset[g]!; at < memberOffset[g + 1]!; at++) {
      const n = member[at]!;
      needs.push(n);
      share[n] = (before + 0.5) / demand[g]!;
      before += problem.quantity?.[n] ?? 1;
    }
  }
  return Int32Array.from(needs).sort((a, b) => share[a]! - share[b]! || a - b);
}

function countMatched({ pending }: Holdings, groups: Groups, g: number): number {
  let unmet = 0;
  for (let at = groups.memberOffset[g]!; at < groups.memberOffset[g + 1]!; at++) unmet += pending[groups.member[at]!]!;
  groups.matched[g] = groups.demand[g]! - unmet;
  return groups.matched[g]!;
}

/** Takes `units` units of group g off their places, the last members' first. */
function takeBack(problem: AssignmentProblem, holdings: Holdings, groups: Groups, g: number, units: number): void {
  let left = units;
  for (let at = groups.memberOffset[g + 1]! - 1; left > 0; at--) {
    const n = groups.member[at]!;
    for (let slot = holdings.first[n]!; left > 0 && slot < holdings.first[n + 1]!; slot++) {
      const taken = Math.min(left, holdings.units[slot]!);
      if (taken === 0) continue;
      release(holdings, slot, problem.service[holdings.edge[slot]!]!, taken);
      left -= taken;
    }
  }
  if (units > 0) groups.matched[g]! -= units;
}

/** Serves groups up to their targets where that can be; what fails is dead in `search` afterwards. */
function raise(groups: Groups, list: readonly number[], target: Int32Array, search: AlternatingSearch): void {
  list.forEach((g, index) => {
    while (groups.matched[g]! < target[index]! && !search.isDead(g)) {
      search.fromGroup(g, 0, target[index]! - groups.matched[g]!);
    }
  });
}

/**
 * How `units` units go to those of the lowest share, as if any group could have them. Between equal shares, what is matched
 * now stays.
 */
function lowestShares(groups: Groups, list: readonly number[], units: number): Int32Array {
  const { demand, matched } = groups;
  const unitsUpTo = (g: number, share: number): number => Math.min(demand[g]!, Math.floor(share * demand[g]! + 0.5));
  let low = 0;
  let high = 1;
  for (let middle = 0.5; middle > low && middle < high; middle = (low + high) / 2) {
    let count = 0;
    for (const g of list) count += unitsUpTo(g, middle);
    if (count <= units) low = middle;
    else high = middle;
  }
  // One unit of each group is left to be ranked exactly, with the few that are left over.
  const target = Int32Array.from(list, (g) => Math.max(0, unitsUpTo(g, low) - 1));
  let left = units;
  for (const count of target) left -= count;
  const shareOfNext = (index: number): number => {
    const g = list[index]!;
    return target[index]! < demand[g]! ? shareOfUnit(groups, g, target[index]! + 1) : Number.POSITIVE_INFINITY;
  };
  const isFirst = (a: number, b: number): boolean => {
    const shares = shareOfNext(a) - shareOfNext(b);
    if (shares !== 0) return shares < 0;
    const isHeld = (index: number): boolean => target[index]! < matched[list[index]!]!;
    return isHeld(a) !== isHeld(b) ? isHeld(a) : a < b;
  };
  for (; left > 0; left--) {
    let next = 0;
    for (let index = 1; index < list.length; index++) if (isFirst(index, next)) next = index;
    target[next]!++;
  }
  return target;
}
