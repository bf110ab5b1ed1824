import { MatchingInputError } from '../errors.ts';
import type { BilingualText } from '../records.ts';
import { isPreferred, needOfEdges } from './choice.ts';
import { type Groups, groupNeeds, shareOfUnit } from './groups.ts';
import { worthOfNeeds } from './market.ts';
import { type Assignment, type AssignmentProblem, checkProblem, type LevelPrices } from './problem.ts';
import { tierOf } from './tiers.ts';

/** Which condition an assignment fails. */
export type FaultRule =
  | 'SHAPE'
  | 'NEGATIVE_FLOW'
  | 'QUANTITY_EXCEEDED'
  | 'CAPACITY_EXCEEDED'
  | 'MISREPORTED'
  | 'LEVELS_UNORDERED'
  | 'EDGE_WORTH_MORE'
  | 'EDGE_WORTH_LESS'
  | 'NEED_PRICE'
  | 'SERVICE_PRICE'
  | 'GROUP_PRICE'
  | 'BLOCKING_PAIR';

/** The first fault found: the edge, the need and the service it concerns (-1 where there is none to name), and why. */
export type AssignmentFault = {
  readonly rule: FaultRule;
  readonly edge: number;
  readonly need: number;
  readonly service: number;
  readonly reason: BilingualText;
};

/** What a checker gives: `fault` is `null` exactly when the assignment is proved right. */
export type Verification = { readonly holds: boolean; readonly fault: AssignmentFault | null };

/**
 * Proves an OPTIMAL or EQUITABLE assignment optimal by complementary slackness with the prices it carries, in
 * O(edges) and without solving anything. Prices are pairs, level before score: no edge may be worth more than the price of
 * its need and its service together, an edge that carries units must be worth exactly that, what is left over must be
 * priced 0, and no price may be below 0. No assignment that is not optimal can pass, whatever prices it carries; an
 * optimal one passes with the prices that `assign` gives. (Linear programming duality over ordered pairs; that any
 * decreasing weights stand for "urgent first" is Edmonds' greedy theorem for polymatroids, 1970.)
 * Throws `MatchingInputError` for a malformed problem and for one under CHOICE.
 */
export function verifyOptimal(problem: AssignmentProblem, assignment: Assignment): Verification {
  checkProblem(problem);
  if (problem.policy === 'CHOICE') {
    throw new MatchingInputError('policy', null, 'must be OPTIMAL or EQUITABLE to be proved optimal; use verifyStable');
  }
  const { levels } = assignment;
  if (levels === null) return failed('SHAPE', NOTHING, '缺少层级价格', 'the level prices are missing');
  const groups = problem.policy === 'EQUITABLE' ? groupNeeds(problem) : null;
  return (
    limitsFault(problem, assignment) ??
    levelsFault(problem, levels, groups) ??
    priceFault(problem, assignment, levels) ??
    (groups === null ? null : groupFault(assignment, levels, groups, problem)) ?? { holds: true, fault: null }
  );
}

/**
 * Proves a CHOICE assignment stable: there is no need and service that would both rather deal with one another than as
 * they were assigned. The fault names the first such pair. O(edges). Works on assignments of any policy.
 * Throws `MatchingInputError` for a malformed problem.
 */
export function verifyStable(problem: AssignmentProblem, assignment: Assignment): Verification {
  checkProblem(problem);
  const broken = limitsFault(problem, assignment);
  if (broken !== null) return broken;
  const { offset, service, capacity, score, services, needs } = problem;
  const { flow } = assignment;
  const needOf = needOfEdges(problem);
  const used = new Int32Array(services);
  const leastPreferred = new Int32Array(services).fill(-1);
  for (let e = 0; e < flow.length; e++) {
    if (flow[e] === 0) continue;
    const s = service[e]!;
    used[s]! += flow[e]!;
    if (leastPreferred[s]! < 0 || isPreferred(problem, needOf, leastPreferred[s]!, e)) leastPreferred[s] = e;
  }
  for (let n = 0; n < needs; n++) {
    // The least liked edge that a unit of the need is on; none when a unit is unmet and any edge would be welcome.
    let worst = -1;
    let units = 0;
    for (let e = offset[n]!; e < offset[n + 1]!; e++) {
      if (flow[e] === 0) continue;
      units += flow[e]!;
      if (worst < 0 || score[e]! <= score[worst]!) worst = e;
    }
    const unmet = units < (problem.quantity?.[n] ?? 1);
    for (let e = offset[n]!; e < offset[n + 1]!; e++) {
      const s = service[e]!;
      const welcome = unmet || score[e]! > score[worst]! || (score[e] === score[worst] && e < worst);
      if (!welcome || capacity[s] === 0) continue;
      if (used[s]! < capacity[s]! || isPreferred(problem, needOf, e, leastPreferred[s]!)) {
        return failed(
          'BLOCKING_PAIR',
          { edge: e, need: n, service: s },
          `需求 ${n} 与服务 ${s} 都更愿意选择对方`,
          `need ${n} and service ${s} would both rather have each other`,
        );
      }
    }
  }
  return { holds: true, fault: null };
}

type Where = { readonly edge: number; readonly need: number; readonly service: number };
const NOTHING: Where = { edge: -1, need: -1, service: -1 };

function failed(rule: FaultRule, where: Where, zh: string, en: string): Verification {
  return { holds: false, fault: { rule, ...where, reason: { zh, en } } };
}

/** Flow within quantities and capacities, and the totals that the assignment reports of it. */
function limitsFault(problem: AssignmentProblem, assignment: Assignment): Verification | null {
  const { offset, service, capacity, needs, services, score } = problem;
  const { flow } = assignment;
  if (flow.length !== service.length || assignment.service.length !== needs) {
    return failed('SHAPE', NOTHING, '方案与问题的大小不符', 'the assignment does not have the size of the problem');
  }
  const used = new Float64Array(services);
  const byTier = new Float64Array(256);
  let total = 0n;
  for (let n = 0; n < needs; n++) {
    let units = 0;
    let most = 0;
    let main = -1;
    for (let e = offset[n]!; e < offset[n + 1]!; e++) {
      const amount = flow[e]!;
      if (amount < 0) {
        const where = { edge: e, need: n, service: service[e]! };
        return failed('NEGATIVE_FLOW', where, `候选 ${e} 的数量为负`, `edge ${e} carries a negative number of units`);
      }
      if (amount === 0) continue;
      units += amount;
      used[service[e]!]! += amount;
      total += BigInt(amount) * BigInt(score[e]!);
      if (amount > most) {
        most = amount;
        main = service[e]!;
      }
    }
    byTier[tierOf(problem, n)]! += units;
    const asked = problem.quantity?.[n] ?? 1;
    const where = { edge: -1, need: n, service: main };
    if (units > asked) {
      return failed(
        'QUANTITY_EXCEEDED',
        where,
        `需求 ${n} 得到 ${units} 份，只需 ${asked} 份`,
        `need ${n} gets ${units} units and asks for ${asked}`,
      );
    }
    if (assignment.service[n] !== main) {
      return failed(
        'MISREPORTED',
        where,
        `需求 ${n} 的服务应为 ${main}`,
        `the service reported for need ${n} should be ${main}`,
      );
    }
  }
  for (let s = 0; s < services; s++) {
    if (used[s]! <= capacity[s]!) continue;
    const where = { edge: -1, need: -1, service: s };
    return failed(
      'CAPACITY_EXCEEDED',
      where,
      `服务 ${s} 超出名额`,
      `service ${s} gives ${used[s]} units and has ${capacity[s]}`,
    );
  }
  const { matchedByTier } = assignment;
  const tiersAgree = byTier.every((units, tier) => units === (matchedByTier[tier] ?? 0));
  if (!tiersAgree || assignment.total !== total) {
    return failed('MISREPORTED', NOTHING, '合计与数量不符', 'the totals reported are not those of the flow');
  }
  return null;
}

/** The table of levels rises in urgency, names every tier, and the groups are those of the problem. */
function levelsFault(problem: AssignmentProblem, levels: LevelPrices, groups: Groups | null): Verification | null {
  const unordered = failed('LEVELS_UNORDERED', NOTHING, '层级表不合规', 'the table of levels is not in order');
  const { tier, share } = levels;
  if (tier.length !== share.length || levels.service.length !== problem.services) return unordered;
  if (levels.need.length !== problem.needs) return unordered;
  for (let level = 2; level < tier.length; level++) {
    const rises =
      tier[level]! < tier[level - 1]! || (tier[level] === tier[level - 1] && share[level]! < share[level - 1]!);
    if (!rises) return unordered;
  }
  if (groups === null) {
    for (let level = 1; level < share.length; level++) if (share[level] !== 0) return unordered;
    const named = new Set(tier.subarray(1));
    for (let n = 0; n < problem.needs; n++) if (!named.has(tierOf(problem, n))) return unordered;
    return levels.groupOf === null ? null : unordered;
  }
  const { groupOf } = levels;
  if (groupOf === null || levels.group.length !== groups.count || levels.groupPrice.length !== groups.count)
    return unordered;
  for (let n = 0; n < problem.needs; n++) if (groupOf[n] !== groups.groupOf[n]) return unordered;
  for (const level of levels.group) if (level < 0 || level >= tier.length) return unordered;
  return null;
}

/** The sign of a price that is a pair, level first; NaN where the score half is none, which no condition accepts. */
function sign(level: number, score: number): number {
  return level !== 0 ? Math.sign(level) : Math.sign(score);
}

function priceFault(problem: AssignmentProblem, assignment: Assignment, levels: LevelPrices): Verification | null {
  const { offset, service, score, capacity, needs, services } = problem;
  const { flow, needPrice, servicePrice } = assignment;
  const worth = worthOfNeeds(problem, levels);
  const used = new Float64Array(services);
  for (let n = 0; n < needs; n++) {
    const bonus = levels.groupOf === null ? 0 : levels.groupPrice[levels.groupOf[n]!]!;
    let units = 0;
    for (let e = offset[n]!; e < offset[n + 1]!; e++) {
      const s = service[e]!;
      units += flow[e]!;
      used[s]! += flow[e]!;
      const gain = sign(
        worth[n]! - levels.need[n]! - levels.service[s]!,
        score[e]! + bonus - needPrice[n]! - servicePrice[s]!,
      );
      const where = { edge: e, need: n, service: s };
      if (!(gain <= 0)) {
        return failed(
          'EDGE_WORTH_MORE',
          where,
          `需求 ${n} 与服务 ${s} 的匹配价值高于两者的价格`,
          `need ${n} with service ${s} is worth more than both their prices`,
        );
      }
      if (flow[e]! > 0 && gain !== 0) {
        return failed(
          'EDGE_WORTH_LESS',
          where,
          `需求 ${n} 所得的服务 ${s} 不抵其价格`,
          `service ${s}, which need ${n} got, is worth less than its price`,
        );
      }
    }
    const price = sign(levels.need[n]!, needPrice[n]!);
    const unmet = units < (problem.quantity?.[n] ?? 1);
    if (!(unmet ? price === 0 : price >= 0)) {
      return failed(
        'NEED_PRICE',
        { edge: -1, need: n, service: -1 },
        `需求 ${n} 的价格不合规`,
        `need ${n} has a price that its unmet units do not allow`,
      );
    }
  }
  for (let s = 0; s < services; s++) {
    const price = sign(levels.service[s]!, servicePrice[s]!);
    if (!(used[s]! < capacity[s]! ? price === 0 : price >= 0)) {
      return failed(
        'SERVICE_PRICE',
        { edge: -1, need: -1, service: s },
        `服务 ${s} 的价格不合规`,
        `service ${s} has a price that its free places do not allow`,
      );
    }
  }
  return null;
}

/** Under EQUITABLE the last unit a group got must be worth its price, and the next one no more than that. */
function groupFault(
  assignment: Assignment,
  levels: LevelPrices,
  groups: Groups,
  problem: AssignmentProblem,
): Verification | null {
  const matched = new Float64Array(groups.count);
  for (let n = 0; n < problem.needs; n++) {
    for (let e = problem.offset[n]!; e < problem.offset[n + 1]!; e++)
      matched[groups.groupOf[n]!]! += assignment.flow[e]!;
  }
  for (let g = 0; g < groups.count; g++) {
    const level = levels.group[g]!;
    const gainOfUnit = (unit: number): number => {
      const tier = level === 0 ? 256 : levels.tier[level]!;
      const share = level === 0 ? 0 : levels.share[level]!;
      const urgency = tier - groups.tier[g]! || share - shareOfUnit(groups, g, unit);
      return sign(urgency, -levels.groupPrice[g]!);
    };
    const lastIsWorthIt = matched[g] === 0 || gainOfUnit(matched[g]!) >= 0;
    const nextIsNot = matched[g] === groups.demand[g] || gainOfUnit(matched[g]! + 1) <= 0;
    if (lastIsWorthIt && nextIsNot) continue;
    const need = groups.member[groups.memberOffset[g]!]!;
    return failed(
      'GROUP_PRICE',
      { edge: -1, need, service: -1 },
      `需求 ${need} 所在社区的份额不均衡`,
      `the community of need ${need} does not get an even share`,
    );
  }
  return null;
}
