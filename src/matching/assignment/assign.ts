import { deferAcceptance } from './choice.ts';
import { type Groups, groupNeeds } from './groups.ts';
import { emptyHoldings, type Holdings } from './holdings.ts';
import { serveByUrgency, serveTiers } from './levels.ts';
import { type Market, splitByLevel, wholeMarket } from './market.ts';
import {
  byNeighbourhood,
  hasNeighbourhoods,
  type Incoming,
  incomingNeeds,
  listIncoming,
  type Renumbered,
} from './neighbourhoods.ts';
import { type Assignment, type AssignmentProblem, checkProblem, type LevelPrices } from './problem.ts';
import { finishMarket, solveMarket, startMarket } from './scores.ts';
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
  return problem.policy === 'EQUITABLE' ? assignEquitably(problem) : assignOptimally(problem);
}

/** Takes note that a need gets units of a service, along an edge of that score. */
type Place = (need: number, service: number, score: number, units: number) => void;

function placeIn({ offset, service, score }: AssignmentProblem, flow: Int32Array): Place {
  return (need, to, worth, units) => {
    let e = offset[need]!;
    while (service[e] !== to || score[e] !== worth) e++;
    flow[e]! += units;
  };
}

type Solution = { readonly prices: Prices; readonly levels: LevelPrices };

/** Solves an OPTIMAL problem, in the order of its neighbourhoods where it has any. */
function assignOptimally(problem: AssignmentProblem): Assignment {
  const flow = new Int32Array(problem.service.length);
  const place = placeIn(problem, flow);
  const incoming = incomingNeeds(problem);
  if (!hasNeighbourhoods(problem, incoming)) {
    const { prices, levels } = solveByLevel(problem, incoming, place);
    return assignmentOf(problem, flow, prices, levels);
  }
  const renumbered = byNeighbourhood(problem, incoming);
  const { needAt, serviceAt } = renumbered;
  listIncoming(renumbered.problem, incoming);
  const found = solveByLevel(renumbered.problem, incoming, (need, service, score, units) =>
    place(needAt[need]!, serviceAt[service]!, score, units),
  );
  const { prices, levels } = inFirstOrder(problem, renumbered, found);
  return assignmentOf(problem, flow, prices, levels);
}

/** Turns the solution of a renumbered problem into that of the first one. */
function inFirstOrder(problem: AssignmentProblem, renumbered: Renumbered, found: Solution): Solution {
  const { needAt, serviceAt } = renumbered;
  const prices = { service: new Float64Array(problem.services), need: new Float64Array(problem.needs) };
  const levels = {
    ...found.levels,
    service: new Int32Array(problem.services),
    need: new Int32Array(problem.needs),
  };
  for (let at = 0; at < problem.needs; at++) {
    prices.need[needAt[at]!] = found.prices.need[at]!;
    levels.need[needAt[at]!] = found.levels.need[at]!;
  }
  for (let at = 0; at < problem.services; at++) {
    prices.service[serviceAt[at]!] = found.prices.service[at]!;
    levels.service[serviceAt[at]!] = found.levels.service[at]!;
  }
  return { prices, levels };
}

/** Bids each need may make before the levels are known, and then: they place who is easily placed. */
const FIRST_BIDS = 4;
const FURTHER_BIDS = 12;

/**
 * Solves an OPTIMAL problem as a whole where every need can be met, else its calm and its contested part. Calls `place` for
 * every need that gets units of a service.
 */
function solveByLevel(problem: AssignmentProblem, incoming: Incoming, place: Place): Solution {
  const { needs, services } = problem;
  const quantity = problem.quantity ?? new Int32Array(needs).fill(1);
  const whole = wholeMarket(problem, quantity);
  const start = startMarket(whole, FIRST_BIDS);
  const served = emptyHoldings(problem.offset, quantity, services);
  const levels = serveTiers(problem, served, incoming, start);
  const isMet = served.pending.every((units) => units === 0);
  if (isMet) {
    start.reduce(FURTHER_BIDS);
    const { holdings, prices } = finishMarket(whole, start, served, incoming);
    placeHeld(whole, holdings, place);
    return { prices: { service: prices.object, need: prices.bidder }, levels };
  }
  return { prices: solveParts(problem, levels, quantity, served.pending, null, place), levels };
}

/**
 * Solves the calm and the contested part of a problem whose levels are known and in whose flow `pending` units of each need
 * stay unmet. Under EQUITABLE sets the score half of the groups' prices in `levels`.
 */
function solveParts(
  problem: AssignmentProblem,
  levels: LevelPrices,
  quantity: Int32Array,
  pending: Int32Array,
  groups: Groups | null,
  place: Place,
): Prices {
  const { needs, services } = problem;
  const { calm, contested } = splitByLevel(problem, levels, quantity, pending, groups);
  const prices = { service: new Float64Array(services), need: new Float64Array(needs) };
  for (const market of [contested, calm]) {
    const { holdings, prices: found } = solveMarket(market, SPLIT_EFFORT);
    placeHeld(market, holdings, place);
    if (market === contested && groups !== null) levels.groupPrice.set(found.object.subarray(services));
    for (let s = 0; s < services; s++) {
      if (levels.service[s]! > 0 === (market === contested)) prices.service[s] = found.object[s]!;
    }
    for (let n = 0; n < needs; n++) {
      if (market.offset[n + 1] === market.offset[n]) continue;
      prices.need[n] = found.bidder[n]! + (groups === null ? 0 : levels.groupPrice[groups.groupOf[n]!]!);
    }
  }
  return prices;
}

const SPLIT_EFFORT = { reductionBids: 0, pathsPerBidder: 0 };

function placeHeld(market: Market, holdings: Holdings, place: Place): void {
  const { needOf, edge, units } = holdings;
  for (let slot = 0; slot < units.length; slot++) {
    if (units[slot] === 0) continue;
    const at = edge[slot]!;
    const s = market.object[at]!;
    if (s < market.outsideFrom) place(needOf[slot]!, s, market.score[at]!, units[slot]!);
  }
}

function assignEquitably(problem: AssignmentProblem): Assignment {
  const groups = groupNeeds(problem);
  const quantity = problem.quantity ?? new Int32Array(problem.needs).fill(1);
  const incoming = incomingNeeds(problem);
  const served = emptyHoldings(problem.offset, quantity, problem.services);
  const levels = serveByUrgency(problem, served, incoming, groups);
  const flow = new Int32Array(problem.service.length);
  const place = placeIn(problem, flow);
  if (served.pending.every((units) => units === 0)) {
    const whole = wholeMarket(problem, quantity);
    const { holdings, prices } = solveMarket(whole);
    placeHeld(whole, holdings, place);
    return assignmentOf(problem, flow, { service: prices.object, need: prices.bidder }, levels);
  }
  const prices = solveParts(problem, levels, quantity, served.pending, groups, place);
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
