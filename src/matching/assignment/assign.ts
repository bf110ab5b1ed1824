import { deferAcceptance, needOfEdges } from './choice.ts';
import { faceOf } from './face.ts';
import type { Flow } from './flow.ts';
import { groupNeeds, serveByUrgency, tierOf } from './levels.ts';
import { type Assignment, type AssignmentProblem, checkProblem, type LevelPrices } from './problem.ts';
import { type Prices, sendPending } from './shortest-paths.ts';

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
  const levels = serveByUrgency(problem, emptyFlow(problem, 0), groups);
  const face = faceOf(problem, levels, groups);
  const flow = emptyFlow(problem, face.capacity.length - problem.services, face.serviceOf);
  const prices = { service: new Float64Array(face.capacity.length), need: new Float64Array(problem.needs) };
  for (let s = 0; s < face.capacity.length; s++) if (face.forced[s]! > 0) prices.service[s] = face.forcedPrice;
  sendPending(face, flow, prices);
  if (groups !== null) {
    levels.groupPrice.set(prices.service.subarray(problem.services));
    for (let n = 0; n < problem.needs; n++) prices.need[n]! += levels.groupPrice[groups.groupOf[n]!]!;
  }
  return assignmentOf(problem, flow.amount.slice(0, problem.service.length), prices, levels);
}

function emptyFlow(problem: AssignmentProblem, outside: number, serviceOf?: Int32Array): Flow {
  const { needs, services, service } = problem;
  const edges = service.length + (serviceOf === undefined ? 0 : needs);
  const needOf = new Int32Array(edges);
  needOf.set(needOfEdges(problem));
  for (let e = service.length; e < edges; e++) needOf[e] = e - service.length;
  return {
    amount: new Int32Array(edges),
    needOf,
    serviceOf: serviceOf ?? service,
    pending: problem.quantity?.slice() ?? new Int32Array(needs).fill(1),
    used: new Int32Array(services + outside),
    head: new Int32Array(services + outside).fill(-1),
    next: new Int32Array(edges),
    previous: new Int32Array(edges),
  };
}

function assignmentOf(
  problem: AssignmentProblem,
  flow: Int32Array,
  prices: Prices,
  levels: LevelPrices | null,
): Assignment {
  const { needs, services, offset, score } = problem;
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
    servicePrice: prices.service.slice(0, services),
    needPrice: prices.need,
    levels,
  };
}

/** Two numbers below this add up to an exact double. */
const PARTIAL_LIMIT = 2 ** 51;
