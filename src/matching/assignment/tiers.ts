import { addFlow, type Flow } from './flow.ts';
import type { AssignmentProblem } from './problem.ts';

/** The tier of a need; 1 where the problem has none. */
export function tierOf(problem: AssignmentProblem, need: number): number {
  return problem.tier === undefined ? 1 : problem.tier[need]!;
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

const UNREACHED = -1;
const SOURCE = -1;
/** Where places are scarce, later rounds find few paths, and each costs a look at every edge. */
const ROUNDS = 6;

/**
 * Places what it can of the pending units of the given needs in a few rounds: each finds the free places that are nearest
 * along alternating paths, and sends units there, all together (Hopcroft and Karp 1973). O(edges) a round.
 */
export function serveInRounds(problem: AssignmentProblem, flow: Flow, needs: Int32Array): void {
  const rounds = new Rounds(problem, flow);
  for (let round = 0; round < ROUNDS && rounds.serve(needs); round++);
}

class Rounds {
  readonly #problem: AssignmentProblem;
  readonly #flow: Flow;
  /** Steps from the pending needs in the current round; `UNREACHED` also once the round is done with it. */
  readonly #needDepth: Int32Array;
  readonly #serviceDepth: Int32Array;
  /** The edge that a need gives up on the current path, and the one that a service takes. */
  readonly #needVia: Int32Array;
  readonly #serviceVia: Int32Array;
  /** The edge at which the search continues from a need. */
  readonly #arc: Int32Array;
  readonly #queue: Int32Array;

  constructor(problem: AssignmentProblem, flow: Flow) {
    this.#problem = problem;
    this.#flow = flow;
    this.#needDepth = new Int32Array(problem.needs).fill(UNREACHED);
    this.#serviceDepth = new Int32Array(problem.services).fill(UNREACHED);
    this.#needVia = new Int32Array(problem.needs);
    this.#serviceVia = new Int32Array(problem.services);
    this.#arc = new Int32Array(problem.needs);
    this.#queue = new Int32Array(problem.needs);
  }

  /** One round; false when no free place can be reached. */
  serve(needs: Int32Array): boolean {
    if (!this.#layer(needs)) return false;
    for (let index = 0; index < needs.length; index++) {
      const n = needs[index]!;
      while (this.#flow.pending[n]! > 0 && this.#needDepth[n] === 0 && this.#send(n));
    }
    return true;
  }

  /** Breadth first from the pending needs up to the depth of the nearest free place; false when there is none. */
  #layer(needs: Int32Array): boolean {
    const { offset, service, capacity } = this.#problem;
    const { pending, used, head, next, needOf } = this.#flow;
    const needDepth = this.#needDepth;
    const serviceDepth = this.#serviceDepth;
    const queue = this.#queue;
    needDepth.fill(UNREACHED);
    serviceDepth.fill(UNREACHED);
    let length = 0;
    for (let index = 0; index < needs.length; index++) {
      const n = needs[index]!;
      if (pending[n] === 0) continue;
      needDepth[n] = 0;
      queue[length++] = n;
    }
    let found = false;
    let depth = 0;
    for (let at = 0; at < length; at++) {
      const n = queue[at]!;
      if (needDepth[n] !== depth) {
        if (found) break;
        depth = needDepth[n]!;
      }
      this.#arc[n] = offset[n]!;
      for (let e = offset[n]!; e < offset[n + 1]!; e++) {
        const s = service[e]!;
        if (serviceDepth[s] !== UNREACHED) continue;
        serviceDepth[s] = depth;
        if (used[s]! < capacity[s]!) {
          found = true;
          continue;
        }
        for (let held = head[s]!; held >= 0; held = next[held]!) {
          const holder = needOf[held]!;
          if (needDepth[holder] !== UNREACHED) continue;
          needDepth[holder] = depth + 1;
          this.#arc[holder] = offset[holder]!;
          queue[length++] = holder;
        }
      }
    }
    return found;
  }

  /** Depth first along the layers from a pending need to a free place; moves units and gives true when there is one. */
  #send(source: number): boolean {
    const { offset, service, capacity } = this.#problem;
    const { used, head, next, needOf, pending } = this.#flow;
    const needDepth = this.#needDepth;
    const path = this.#queue;
    let length = 1;
    path[0] = source;
    this.#needVia[source] = SOURCE;
    while (length > 0) {
      const n = path[length - 1]!;
      const depth = length - 1;
      let holder = -1;
      for (let e = this.#arc[n]!; e < offset[n + 1]!; e++) {
        this.#arc[n] = e;
        const s = service[e]!;
        if (this.#serviceDepth[s] !== depth) continue;
        this.#serviceVia[s] = e;
        if (used[s]! < capacity[s]!) {
          this.#augment(s, Math.min(pending[source]!, capacity[s]! - used[s]!));
          return true;
        }
        for (let held = head[s]!; held >= 0; held = next[held]!) {
          if (needDepth[needOf[held]!] !== length) continue;
          holder = needOf[held]!;
          this.#needVia[holder] = held;
          break;
        }
        if (holder >= 0) break;
      }
      if (holder >= 0) {
        // A need is entered once a round; what it cannot reach now it will not reach later in the round.
        needDepth[holder] = UNREACHED;
        path[length++] = holder;
      } else {
        this.#arc[n] = offset[n + 1]!;
        length--;
      }
    }
    needDepth[source] = UNREACHED;
    return false;
  }

  #augment(end: number, limit: number): void {
    const { amount, serviceOf, needOf } = this.#flow;
    let units = limit;
    for (let s = end; ; ) {
      const gives = this.#needVia[needOf[this.#serviceVia[s]!]!]!;
      if (gives === SOURCE) break;
      units = Math.min(units, amount[gives]!);
      s = serviceOf[gives]!;
    }
    for (let s = end; ; ) {
      const takes = this.#serviceVia[s]!;
      const gives = this.#needVia[needOf[takes]!]!;
      if (gives >= 0) addFlow(this.#flow, gives, -units);
      addFlow(this.#flow, takes, units);
      if (gives === SOURCE) return;
      s = serviceOf[gives]!;
    }
  }
}
