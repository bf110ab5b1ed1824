import { deferAcceptance, needOfEdges } from './choice.ts';
import { groupNeeds } from './groups.ts';
import { serveByUrgency } from './levels.ts';
import { emptyFlow, marketWithOutside, splitByLevel, wholeMarket } from './market.ts';
import { type Assignment, type AssignmentProblem, checkProblem, type LevelPrices } from './problem.ts';
import { solveMarket } from './scores.ts';
import { tierOf } from './tiers.ts';

/**
 * Assigns many needs to services at once, exactly, within capacities and quantities.
 *
 * - OPTIMAL: as many units of the most urgent tier as possible, then of the next tier, and so on; among all flows that do
 *   that, the one of the highest total score.
 * - EQUITABLE: the same counts by tier; then, inside each tier, the communities in step: the sum over communities of
 *   matched² / demand is the least possible; then the highest total score.
 * - CHOICE: the stable flow that the needs like best. A need ranks by score, then position in its list; a service
 *   prefers the more urgent tier, then the higher score, then the need that stands first.
 *
 * An edge of score 0 is a legal match, and a match is always worth more than none. The same problem gives the same
 * assignment on every machine. Throws `MatchingInputError` for a malformed problem, before any work.
 */
export function assign(problem: AssignmentProblem): Assignment {
  checkProblem(problem);
  if (problem.policy === 'CHOICE') {
    const prices = { service: new Float64Array(problem.services), need: new Float64Array(problem.needs) };
    return assignmentOf(problem, deferAcceptance(problem), prices, null);
  }
  const groups = problem.policy === 'EQUITABLE' ? groupNeeds(problem) : null;
  const quantity = problem.quantity ?? new Int32Array(problem.needs).fill(1);
  const needOf = needOfEdges(problem);
  const market = wholeMarket(problem, quantity, needOf);
  const served = emptyFlow(market);
  const levels = serveByUrgency(problem, served, groups);
  if (served.pending.every((units) => units === 0)) {
    const { amount, prices } = solveMarket(market);
    return assignmentOf(problem, amount, { service: prices.object, need: prices.bidder }, levels);
  }
  if (groups !== null) {
    const { amount, prices } = solveMarket(marketWithOutside(problem, levels, groups, quantity));
    levels.groupPrice.set(prices.object.subarray(problem.services));
    for (let n = 0; n < problem.needs; n++) prices.bidder[n]! += levels.groupPrice[groups.groupOf[n]!]!;
    const service = prices.object.slice(0, problem.services);
    return assignmentOf(problem, amount.slice(0, problem.service.length), { service, need: prices.bidder }, levels);
  }
  return solveByLevel(problem, levels, quantity, needOf);
}

/** Solves the calm and the contested part of an OPTIMAL problem, and puts them together. */
function solveByLevel(
  problem: AssignmentProblem,
  levels: LevelPrices,
  quantity: Int32Array,
  needOf: Int32Array,
): Assignment {
  const { calm, contested } = splitByLevel(problem, levels, quantity, needOf);
  const flow = new Int32Array(problem.service.length);
  const prices = { service: new Float64Array(problem.services), need: new Float64Array(problem.needs) };
  for (const { market, edge } of [calm, contested]) {
    const { amount, prices: found } = solveMarket(market);
    for (let e = 0; e < amount.length; e++) if (edge![e]! >= 0) flow[edge![e]!] = amount[e]!;
    const isContested = market === contested.market;
    for (let s = 0; s < problem.services; s++) {
      if (levels.service[s]! > 0 === isContested) prices.service[s] = found.object[s]!;
    }
    for (let n = 0; n < problem.needs; n++) {
      if (market.offset[n + 1]! > market.offset[n]!) prices.need[n] = found.bidder[n]!;
    }
  }
  return assignmentOf(problem, flow, prices, levels);
}

type Prices = { readonly service: Float64Array; readonly need: Float64Array };

/** What `assign` gives, for a flow and the prices that prove it best. */
export function assignmentOf(
  problem: AssignmentProblem,
  flow: Int32Array,
  prices: Prices,
  levels: LevelPrices | null,
): Assignment {
  const { needs, offset, score } = problem;
  const service = new Int32Array(needs).fill(-1);
  let lastTier = 1;
  for (let n = 0; n < needs; n++) lastTier = Math.max(lastTier, tierOf(problem, n));
  const matchedByTier = new Int32Array(lastTier + 1);
  let total = 0n;
  let partial = 0;
  for (let n = 0; n < needs; n++) {
    let most = 0;
    for (let e = offset[n]!; e < offset[n + 1]!; e++) {
      const units = flow[e]!;
      if (units === 0) continue;
      matchedByTier[tierOf(problem, n)]! += units;
      if (units > most) {
        most = units;
        service[n] = problem.service[e]!;
      }
      const gain = units * score[e]!;
      if (Math.abs(gain) > PARTIAL_LIMIT) total += BigInt(units) * BigInt(score[e]!);
      else partial += gain;
      if (Math.abs(partial) > PARTIAL_LIMIT) {
        total += BigInt(partial);
        partial = 0;
      }
    }
  }
  return {
    service,
    flow,
    total: total + BigInt(partial),
    matchedByTier,
    servicePrice: prices.service,
    needPrice: prices.need,
    levels,
  };
}

/** Two numbers below this add up to an exact double. */
const PARTIAL_LIMIT = 2 ** 51;
