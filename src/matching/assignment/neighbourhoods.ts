import type { AssignmentProblem } from './problem.ts';

/** The needs of the edges into each service: `need[start[s]]` … `need[start[s + 1] - 1]`, ascending. */
export type Incoming = { readonly start: Int32Array; readonly need: Int32Array };

type Edges = Pick<AssignmentProblem, 'needs' | 'services' | 'offset' | 'service'>;

/** Lists the edges by service: a counting sort, O(edges). */
export function incomingNeeds(problem: Edges): Incoming {
  const incoming = { start: new Int32Array(problem.services + 1), need: new Int32Array(problem.service.length) };
  listIncoming(problem, incoming);
  return incoming;
}

/** The same into the columns of a problem of the same size, whose contents do not matter. */
export function listIncoming({ needs, services, offset, service }: Edges, { start, need }: Incoming): void {
  const fill = new Int32Array(services + 1);
  for (let e = 0; e < service.length; e++) fill[service[e]! + 1]!++;
  for (let s = 0; s < services; s++) fill[s + 1]! += fill[s]!;
  start.set(fill);
  for (let n = 0; n < needs; n++) {
    for (let e = offset[n]!, end = offset[n + 1]!; e < end; e++) need[fill[service[e]!]!++] = n;
  }
}

/** A problem whose needs and services stand in another order: need n is need `needAt[n]` of the first problem. */
export type Renumbered = {
  readonly problem: AssignmentProblem;
  readonly needAt: Int32Array;
  readonly serviceAt: Int32Array;
};

/** Problems below this size fit in the processor's cache as they are. */
const FEWEST_EDGES = 50_000;
/** How many needs are asked for their neighbours. */
const SAMPLE = 32;

/**
 * Whether neighbours (needs that share a service) mostly share several, as where services are near; then it pays to put
 * neighbours side by side in memory. In a random problem they share one by chance and no order brings them together.
 */
export function hasNeighbourhoods(problem: AssignmentProblem, incoming: Incoming): boolean {
  const { needs, offset, service } = problem;
  if (service.length < FEWEST_EDGES) return false;
  let met = 0;
  let different = 0;
  for (let sample = 0; sample < SAMPLE; sample++) {
    const n = Math.floor((sample * needs) / SAMPLE);
    const neighbours = new Set<number>();
    for (let e = offset[n]!; e < offset[n + 1]!; e++) {
      const from = incoming.start[service[e]!]!;
      // A service that everybody shares says nothing, and would take long to list.
      if (incoming.start[service[e]! + 1]! - from > 1000) continue;
      for (let index = from; index < incoming.start[service[e]! + 1]!; index++) neighbours.add(incoming.need[index]!);
      met += incoming.start[service[e]! + 1]! - from;
    }
    different += neighbours.size;
  }
  return 2 * different < met;
}

/**
 * The same problem with needs and services numbered as a search in breadth meets them, so that what is near in the
 * problem is near in memory (the idea of E. Cuthill and J. McKee 1969). O(edges).
 */
export function byNeighbourhood(problem: AssignmentProblem, incoming: Incoming): Renumbered {
  const { needs, services, offset, service, score } = problem;
  const needAt = new Int32Array(needs);
  const serviceAt = new Int32Array(services);
  const numberOf = new Int32Array(services).fill(-1);
  const isQueued = new Uint8Array(needs);
  const newOffset = new Int32Array(needs + 1);
  const newService = new Int32Array(service.length);
  const newScore = new Int32Array(service.length);
  let met = 0;
  let queued = 0;
  let edges = 0;
  for (let root = 0, at = 0; root < needs; root++) {
    if (isQueued[root] === 1) continue;
    isQueued[root] = 1;
    needAt[queued++] = root;
    for (; at < queued; at++) {
      const n = needAt[at]!;
      for (let e = offset[n]!, end = offset[n + 1]!; e < end; e++) {
        const s = service[e]!;
        newScore[edges] = score[e]!;
        if (numberOf[s]! >= 0) {
          newService[edges++] = numberOf[s]!;
          continue;
        }
        numberOf[s] = met;
        newService[edges++] = met;
        serviceAt[met++] = s;
        for (let index = incoming.start[s]!, end = incoming.start[s + 1]!; index < end; index++) {
          const neighbour = incoming.need[index]!;
          if (isQueued[neighbour] === 1) continue;
          isQueued[neighbour] = 1;
          needAt[queued++] = neighbour;
        }
      }
      newOffset[at + 1] = edges;
    }
  }
  for (let s = 0; s < services; s++) if (numberOf[s]! < 0) serviceAt[met++] = s;
  const { capacity, tier, quantity } = problem;
  return {
    needAt,
    serviceAt,
    problem: {
      services,
      capacity: serviceAt.map((s) => capacity[s]!),
      needs,
      ...(tier === undefined ? {} : { tier: Uint8Array.from(needAt, (n) => tier[n]!) }),
      ...(quantity === undefined ? {} : { quantity: needAt.map((n) => quantity[n]!) }),
      offset: newOffset,
      service: newService,
      score: newScore,
      policy: problem.policy,
    },
  };
}
