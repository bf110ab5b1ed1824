import type { AssignmentProblem } from './problem.ts';
import { tierOf } from './tiers.ts';

/**
 * Need-proposing deferred acceptance (Gale and Shapley 1962) with capacities, and for needs of several units its
 * extension to stable allocations (Baïou and Balinski 2002). Gives the units on each edge: the stable flow that every
 * need likes best. A need ranks its edges by score descending, then position; a service prefers as `isPreferred` says.
 * A service keeps its holders in a heap with the least preferred on top: O(edges log places).
 */
export function deferAcceptance(problem: AssignmentProblem): Int32Array {
  const { needs, service, capacity } = problem;
  const ranking = new Ranking(problem);
  const needOf = needOfEdges(problem);
  const amount = new Int32Array(service.length);
  const held = new HeldEdges(problem, needOf);
  const used = new Int32Array(problem.services);
  const { choice } = ranking;
  const pending = problem.quantity?.slice() ?? new Int32Array(needs).fill(1);
  const waiting = new Int32Array(needs);
  const isWaiting = new Uint8Array(needs);
  for (let first = 0; first < needs; first++) {
    let waitingCount = 1;
    waiting[0] = first;
    isWaiting[first] = 1;
    while (waitingCount > 0) {
      const n = waiting[waitingCount - 1]!;
      if (pending[n] === 0 || choice[n]! < 0) {
        isWaiting[n] = 0;
        waitingCount--;
        continue;
      }
      const e = choice[n]!;
      const s = service[e]!;
      if (capacity[s] === 0) {
        ranking.advance(n);
        continue;
      }
      if (used[s] === capacity[s] && isPreferred(problem, needOf, held.last(s), e)) {
        ranking.advance(n);
        continue;
      }
      // No more than the capacity can stay, and this keeps the sums within 32 bits.
      const offered = Math.min(pending[n]!, capacity[s]! - amount[e]!);
      if (offered === 0) {
        ranking.advance(n);
        continue;
      }
      pending[n]! -= offered;
      if (amount[e] === 0) held.add(s, e);
      amount[e]! += offered;
      let excess = offered - (capacity[s]! - used[s]!);
      used[s] = excess > 0 ? capacity[s]! : used[s]! + offered;
      while (excess > 0) {
        const lost = held.last(s);
        const loser = needOf[lost]!;
        const units = Math.min(excess, amount[lost]!);
        amount[lost]! -= units;
        excess -= units;
        if (amount[lost] === 0) held.removeLast(s);
        if (choice[loser] === lost) ranking.advance(loser);
        pending[loser]! += units;
        if (isWaiting[loser] === 0) {
          isWaiting[loser] = 1;
          waiting[waitingCount++] = loser;
        }
      }
    }
  }
  return amount;
}

/** The need of each edge. */
export function needOfEdges(problem: AssignmentProblem): Int32Array {
  const needOf = new Int32Array(problem.service.length);
  for (let n = 0; n < problem.needs; n++) needOf.fill(n, problem.offset[n]!, problem.offset[n + 1]!);
  return needOf;
}

/**
 * Where each need stands in its list, best liked first. Most needs go no further than their first choice, so a list is put
 * in order only when that is turned down.
 */
class Ranking {
  readonly #problem: AssignmentProblem;
  /** The edge that each need would ask for now; -1 when it has asked for all. */
  readonly choice: Int32Array;
  readonly #ranked: Int32Array;
  /** Position in `#ranked` of the current choice; -1 while the list is not in order. */
  readonly #at: Int32Array;

  constructor(problem: AssignmentProblem) {
    const { needs, offset, score } = problem;
    this.#problem = problem;
    this.#ranked = new Int32Array(score.length);
    this.#at = new Int32Array(needs).fill(-1);
    this.choice = new Int32Array(needs);
    for (let n = 0; n < needs; n++) {
      let best = offset[n]! < offset[n + 1]! ? offset[n]! : -1;
      for (let e = offset[n]! + 1; e < offset[n + 1]!; e++) if (score[e]! > score[best]!) best = e;
      this.choice[n] = best;
    }
  }

  /** Goes on to the next edge of need n's list. */
  advance(n: number): void {
    const { offset } = this.#problem;
    if (this.#at[n]! < 0) {
      this.#sort(n);
      this.#at[n] = offset[n]!;
    }
    const at = ++this.#at[n]!;
    this.choice[n] = at < offset[n + 1]! ? this.#ranked[at]! : -1;
  }

  #sort(n: number): void {
    const { offset, score } = this.#problem;
    const ranked = this.#ranked;
    const from = offset[n]!;
    const to = offset[n + 1]!;
    if (to - from > LONG_LIST) {
      for (let e = from; e < to; e++) ranked[e] = e;
      ranked.subarray(from, to).sort((a, b) => score[b]! - score[a]! || a - b);
      return;
    }
    for (let e = from; e < to; e++) {
      let at = e;
      while (at > from && score[ranked[at - 1]!]! < score[e]!) {
        ranked[at] = ranked[at - 1]!;
        at--;
      }
      ranked[at] = e;
    }
  }
}

/** Above this length insertion sort loses to the engine's sort. */
const LONG_LIST = 48;

/**
 * Whether a service would rather serve edge `a` than edge `b`: the more urgent tier first, then the higher score, then
 * the need that stands first, then the edge that stands first.
 */
export function isPreferred(problem: AssignmentProblem, needOf: Int32Array, a: number, b: number): boolean {
  const tier = tierOf(problem, needOf[a]!) - tierOf(problem, needOf[b]!);
  if (tier !== 0) return tier < 0;
  const score = problem.score[a]! - problem.score[b]!;
  if (score !== 0) return score > 0;
  return a < b;
}

/** For each service a binary heap of the edges it holds, the least preferred on top, all in one array. */
class HeldEdges {
  readonly #problem: AssignmentProblem;
  readonly #needOf: Int32Array;
  readonly #start: Int32Array;
  readonly #size: Int32Array;
  readonly #heap: Int32Array;

  constructor(problem: AssignmentProblem, needOf: Int32Array) {
    this.#problem = problem;
    this.#needOf = needOf;
    const { services, service, capacity } = problem;
    const incoming = new Int32Array(services);
    for (let e = 0; e < service.length; e++) incoming[service[e]!]!++;
    this.#start = new Int32Array(services + 1);
    for (let s = 0; s < services; s++) {
      // A held edge has at least one unit, and there is one edge too many while the service decides.
      const most = Math.min(incoming[s]!, capacity[s]! < incoming[s]! ? capacity[s]! + 1 : incoming[s]!);
      this.#start[s + 1] = this.#start[s]! + most;
    }
    this.#size = new Int32Array(services);
    this.#heap = new Int32Array(this.#start[services]!);
  }

  /** The least preferred edge that service s holds. */
  last(s: number): number {
    return this.#heap[this.#start[s]!]!;
  }

  add(s: number, edge: number): void {
    const heap = this.#heap;
    const start = this.#start[s]!;
    let at = this.#size[s]!++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const other = heap[start + parent]!;
      if (isPreferred(this.#problem, this.#needOf, edge, other)) break;
      heap[start + at] = other;
      at = parent;
    }
    heap[start + at] = edge;
  }

  removeLast(s: number): void {
    const heap = this.#heap;
    const start = this.#start[s]!;
    const size = --this.#size[s]!;
    const moved = heap[start + size]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (
        child + 1 < size &&
        isPreferred(this.#problem, this.#needOf, heap[start + child]!, heap[start + child + 1]!)
      ) {
        child++;
      }
      const other = heap[start + child]!;
      if (isPreferred(this.#problem, this.#needOf, moved, other)) {
        heap[start + at] = other;
        at = child;
      } else break;
    }
    heap[start + at] = moved;
  }
}
