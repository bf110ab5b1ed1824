import { MatchingInputError } from '../errors.ts';
import type { BilingualText } from '../records.ts';
import { isPreferred, needOfEdges } from './choice.ts';
import { exactStep, stateOf } from './live-optimal.ts';
import { LocalSearch } from './local-search.ts';
import { worthOfNeeds } from './market.ts';
import { type Assignment, type AssignmentProblem, checkProblem, type LevelPrices } from './problem.ts';
import { tierOf } from './tiers.ts';

/** Units that a need has of a service. */
export type Share = { readonly need: number; readonly tier: number; readonly score: number; readonly units: number };

/**
 * What one more place of a service that the need likes better would cost the others. `UNIT_UNMET`: a unit of tier `tier`
 * that is served would not be, or under EQUITABLE a community would fall behind. `SCORE`: as many would be served, but the
 * total score would fall by `score`. `NOTHING`: it would do as well. `IMPOSSIBLE`: there is no such place.
 */
export type PlaceCost = {
  readonly kind: 'UNIT_UNMET' | 'SCORE' | 'NOTHING' | 'IMPOSSIBLE';
  readonly tier: number;
  readonly score: number;
  /** False where only the prices were asked (EQUITABLE, or scores too large): the true cost may be higher. */
  readonly exact: boolean;
};

/** A service that the need likes better than what it got, and why it did not get it. */
export type Forgone = {
  readonly edge: number;
  readonly service: number;
  readonly score: number;
  readonly places: number;
  /** Who has its places, most urgent first, then by score; under CHOICE as the service prefers them. */
  readonly takenBy: readonly Share[];
  /** `null` under CHOICE, where places have no price: those who have them are preferred. */
  readonly cost: PlaceCost | null;
  readonly reason: BilingualText;
};

/** Why a need got what it got. */
export type AssignmentExplanation = {
  readonly need: number;
  readonly tier: number;
  /** What the need got, most units first. */
  readonly got: readonly { readonly service: number; readonly score: number; readonly units: number }[];
  readonly unmetUnits: number;
  /** Services it likes better than the worst it got (every one of its list when units are unmet), best liked first. */
  readonly forgone: readonly Forgone[];
  readonly reason: BilingualText;
};

/**
 * Explains why `need` got its service and not its favourite: who took the places, by what tier and score, and what a
 * place would have cost. O(edges), and under OPTIMAL one shortest path for each better service.
 * Throws `MatchingInputError` for a malformed problem and for a need that does not exist.
 */
export function explainAssignment(
  problem: AssignmentProblem,
  assignment: Assignment,
  need: number,
): AssignmentExplanation {
  checkProblem(problem);
  if (!Number.isInteger(need) || need < 0 || need >= problem.needs) {
    throw new MatchingInputError('need', null, `must be a need from 0 to ${problem.needs - 1}`);
  }
  const { offset, service, score } = problem;
  const { flow } = assignment;
  const edges: number[] = [];
  for (let e = offset[need]!; e < offset[need + 1]!; e++) edges.push(e);
  edges.sort((a, b) => score[b]! - score[a]! || a - b);
  const held = edges.filter((e) => flow[e]! > 0);
  const units = held.reduce((sum, e) => sum + flow[e]!, 0);
  const unmetUnits = (problem.quantity?.[need] ?? 1) - units;
  const worst = unmetUnits > 0 || held.length === 0 ? Number.NEGATIVE_INFINITY : score[held.at(-1)!]!;
  const better = edges.filter((e) => score[e]! > worst && !(flow[e]! > 0 && e === held.at(-1)));
  const holders = holdersOf(problem, assignment, new Set(better.map((e) => service[e]!)));
  const costOf = costsOf(problem, assignment, need);
  const needOf = needOfEdges(problem);
  const forgone = better.map((edge) =>
    explainForgone(problem, assignment, needOf, edge, holders.get(service[edge]!)!, costOf(edge)),
  );
  const got = [...held].sort((a, b) => flow[b]! - flow[a]!);
  return {
    need,
    tier: tierOf(problem, need),
    got: got.map((e) => ({ service: service[e]!, score: score[e]!, units: flow[e]! })),
    unmetUnits,
    forgone,
    reason: reasonOf(edges, got, forgone, problem, unmetUnits),
  };
}

function holdersOf(
  problem: AssignmentProblem,
  assignment: Assignment,
  wanted: ReadonlySet<number>,
): Map<number, number[]> {
  const holders = new Map([...wanted].map((s) => [s, [] as number[]]));
  for (let e = 0; e < problem.service.length; e++) {
    if (assignment.flow[e]! > 0) holders.get(problem.service[e]!)?.push(e);
  }
  return holders;
}

function explainForgone(
  problem: AssignmentProblem,
  assignment: Assignment,
  needOf: Int32Array,
  edge: number,
  holders: readonly number[],
  cost: PlaceCost | null,
): Forgone {
  const takenBy = holders
    .filter((e) => needOf[e] !== needOf[edge])
    .sort((a, b) => (isPreferred(problem, needOf, a, b) ? -1 : 1))
    .map((e) => ({
      need: needOf[e]!,
      tier: tierOf(problem, needOf[e]!),
      score: problem.score[e]!,
      units: assignment.flow[e]!,
    }));
  const s = problem.service[edge]!;
  const forgone = { edge, service: s, score: problem.score[edge]!, places: problem.capacity[s]!, takenBy, cost };
  return { ...forgone, reason: forgoneReason(forgone) };
}

type CostOf = (edge: number) => PlaceCost | null;

/** Exact costs under OPTIMAL, by a search for each edge; bounds from the prices otherwise; none under CHOICE. */
function costsOf(problem: AssignmentProblem, assignment: Assignment, need: number): CostOf {
  const { levels } = assignment;
  if (levels === null) return () => null;
  let highest = 0;
  for (let e = 0; e < problem.score.length; e++) highest = Math.max(highest, problem.score[e]!);
  const step = exactStep(problem.needs, problem.services, highest);
  if (problem.policy !== 'OPTIMAL' || step === null)
    return (edge) => boundOfCost(problem, assignment, levels, need, edge);
  const search = new LocalSearch(stateOf(problem, assignment, step));
  return (edge) => {
    const { loss, unmetNeed } = search.costOfForcing(edge);
    if (loss === Number.POSITIVE_INFINITY) return { kind: 'IMPOSSIBLE', tier: 0, score: 0, exact: true };
    // Scores make up less than half a step, up or down.
    if (Math.round(loss / step) > 0) {
      const tier = unmetNeed < 0 ? 0 : tierOf(problem, unmetNeed);
      return { kind: 'UNIT_UNMET', tier, score: 0, exact: true };
    }
    return { kind: loss > 0 ? 'SCORE' : 'NOTHING', tier: 0, score: loss, exact: true };
  };
}

/** By how much the edge falls short of the prices of its need and its service, level first (its reduced cost). */
function boundOfCost(
  problem: AssignmentProblem,
  assignment: Assignment,
  levels: LevelPrices,
  need: number,
  edge: number,
): PlaceCost {
  const { needPrice, servicePrice } = assignment;
  const s = problem.service[edge]!;
  const bonus = levels.groupOf === null ? 0 : levels.groupPrice[levels.groupOf[need]!]!;
  const level = levels.need[need]! + levels.service[s]! - worthOfNeeds(problem, levels)[need]!;
  const score = needPrice[need]! + servicePrice[s]! - bonus - problem.score[edge]!;
  if (level > 0) return { kind: 'UNIT_UNMET', tier: levels.tier[levels.service[s]!]!, score: 0, exact: false };
  return level === 0 && score > 0
    ? { kind: 'SCORE', tier: 0, score, exact: false }
    : { kind: 'NOTHING', tier: 0, score: 0, exact: false };
}

function forgoneReason(forgone: Omit<Forgone, 'reason'>): BilingualText {
  const { service, places, takenBy, cost } = forgone;
  if (places === 0) return { zh: `服务 ${service} 没有名额。`, en: `Service ${service} has no places.` };
  const named = takenBy.slice(0, 3);
  const more = takenBy.length - named.length;
  const zhNames = named.map((one) => `需求 ${one.need}（第 ${one.tier} 级，评分 ${one.score}）`).join('、');
  const enNames = named.map((one) => `need ${one.need} (tier ${one.tier}, score ${one.score})`).join(', ');
  const zhTaken = named.length === 0 ? '' : `名额给了${zhNames}${more > 0 ? `等 ${takenBy.length} 个需求` : ''}；`;
  const enTaken = named.length === 0 ? '' : `went to ${enNames}${more > 0 ? ` and ${more} more` : ''}; `;
  const [zh, en] = costReason(cost);
  return { zh: `服务 ${service}：${zhTaken}${zh}`, en: `Service ${service} ${enTaken}${en}` };
}

function costReason(cost: PlaceCost | null): readonly [zh: string, en: string] {
  if (cost === null) return ['按优先顺序它们在先。', 'they come first in its order of priority.'];
  if (cost.kind === 'UNIT_UNMET') {
    return [
      `若改给本需求，将有第 ${cost.tier} 级的需求落空或社区失衡。`,
      `giving it to this need would leave a unit of tier ${cost.tier} unmet or a community behind.`,
    ];
  }
  const [atLeastZh, atLeast] = cost.exact ? ['', ''] : ['至少', 'at least '];
  if (cost.kind === 'SCORE') {
    return [
      `若改给本需求，总评分${atLeastZh}减少 ${cost.score}。`,
      `giving it to this need would lower the total score by ${atLeast}${cost.score}.`,
    ];
  }
  return cost.exact
    ? ['改给本需求总评分相同，属于并列。', 'giving it to this need would do as well: it is a tie.']
    : ['改给本需求总评分可能相同。', 'giving it to this need may do as well.'];
}

function reasonOf(
  edges: readonly number[],
  got: readonly number[],
  forgone: readonly Forgone[],
  problem: AssignmentProblem,
  unmetUnits: number,
): BilingualText {
  if (edges.length === 0) return { zh: '没有候选服务。', en: 'It has no candidate.' };
  const first = forgone[0];
  if (got.length === 0) {
    return {
      zh: `未得到服务。${first?.reason.zh ?? ''}`,
      en: `It got no service. ${first?.reason.en ?? ''}`.trim(),
    };
  }
  const s = problem.service[got[0]!]!;
  const zhUnmet = unmetUnits > 0 ? `，尚缺 ${unmetUnits} 份` : '';
  const enUnmet = unmetUnits > 0 ? `, with ${unmetUnits} units unmet` : '';
  if (first === undefined) {
    return { zh: `得到评分最高的服务 ${s}。`, en: `It got service ${s}, which scores highest.` };
  }
  return {
    zh: `得到服务 ${s}${zhUnmet}。${first.reason.zh}`,
    en: `It got service ${s}${enUnmet}. ${first.reason.en}`,
  };
}
