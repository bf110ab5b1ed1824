import type { Auction } from './auction.ts';
import { type Holdings, hold, release } from './holdings.ts';
import type { Incoming } from './neighbourhoods.ts';
import type { AssignmentProblem } from './problem.ts';
import { tierOf } from './tiers.ts';

const UNREACHED = -1;
const SOURCE = -1;
/** Marks of single searches count down from here, apart from depths. */
const FIRST_SEARCH = -2;
/** A round that leaves more than this share of its needs pending is followed by searches from single needs. */
const WORTH_A_ROUND = 0.7;

/**
 * Serves as many units of the needs of one tier after the other as can be served, from the flow that there is. Each round
 * finds how far every need is from a free place along alternating paths, searching from the free places, and sends units
 * along shortest paths from all pending needs together, each at its own distance (after Hopcroft and Karp 1973 and
 * Dinic 1970). Needs from which no free place can be reached cost nothing. O(edges) a round, O(√units) rounds where
 * quantities are 1.
 */
export class Rounds {
  readonly #problem: AssignmentProblem;
  readonly #holdings: Holdings;
  readonly #incoming: Incoming;
  /** Steps to the nearest free place in the current round; `UNREACHED` also once the round is done with it. */
  readonly #needDepth: Int32Array;
  readonly #serviceDepth: Int32Array;
  /** The slot that a need gives up on the current path; the edge that leads to a service, and its need. */
  readonly #needVia: Int32Array;
  readonly #serviceVia: Int32Array;
  readonly #taker: Int32Array;
  /** The edge at which the search continues from a need. */
  readonly #arc: Int32Array;
  readonly #queue: Int32Array;
  /** The step whose unmet needs reach each service; -1 for none. */
  readonly serviceStep: Int32Array;

  constructor(problem: AssignmentProblem, holdings: Holdings, incoming: Incoming) {
    this.#problem = problem;
    this.#holdings = holdings;
    this.#incoming = incoming;
    this.#needDepth = new Int32Array(problem.needs);
    this.#serviceDepth = new Int32Array(problem.services);
    this.#needVia = new Int32Array(problem.needs);
    this.#serviceVia = new Int32Array(problem.services);
    this.#taker = new Int32Array(problem.services);
    this.#arc = new Int32Array(problem.needs);
    this.#queue = new Int32Array(Math.max(problem.needs, problem.services));
    this.serviceStep = new Int32Array(problem.services).fill(-1);
  }

  /** Places units of the needs of one tier as the auction has them, as far as places are free. */
  load(start: Auction, tier: number): void {
    const { capacity } = this.#problem;
    const { used } = this.#holdings;
    start.eachHeld((n, edge, s, held) => {
      if (tierOf(this.#problem, n) !== tier) return;
      const units = Math.min(held, capacity[s]! - used[s]!);
      if (units > 0) hold(this.#holdings, n, edge, s, units);
    });
  }

  /**
   * Serves all that can be served of the needs, all of one tier. What stays pending will never find a place, and every service
   * that it reaches is marked with the step, unless with an earlier one.
   */
  serve(needs: Int32Array, step: number): void {
    const { pending } = this.#holdings;
    let waiting: Int32Array = needs.filter((n) => pending[n]! > 0);
    while (waiting.length > 0) {
      this.#measure();
      waiting = waiting.filter((n) => this.#needDepth[n] !== UNREACHED);
      const before = waiting.length;
      for (let index = 0; index < before; index++) {
        const n = waiting[index]!;
        while (pending[n]! > 0 && this.#needDepth[n] !== UNREACHED && this.#send(n));
      }
      waiting = waiting.filter((n) => pending[n]! > 0);
      if (waiting.length > WORTH_A_ROUND * before) waiting = this.#serveSingly(waiting, step);
    }
    this.#markReached(needs, step);
  }

  /** Serves needs one by one as long as that costs no more than a round; gives those that are left. */
  #serveSingly(waiting: Int32Array, step: number): Int32Array {
    const { pending } = this.#holdings;
    let scanned = 0;
    let at = 0;
    for (let search = FIRST_SEARCH; at < waiting.length && scanned < this.#problem.needs; at++) {
      const n = waiting[at]!;
      for (let isOpen = true; isOpen && pending[n]! > 0; search--) {
        const length = this.#searchFrom(n, search, step);
        isOpen = length < 0;
        scanned += Math.abs(length);
      }
    }
    return waiting.subarray(at);
  }

  /**
   * Breadth first from one need to the nearest free place, with marks of its own. Gives how many needs were scanned, as a
   * negative number when units were placed; when none could be, what was reached is marked for good.
   */
  #searchFrom(source: number, search: number, step: number): number {
    const { offset, service, capacity } = this.#problem;
    const { pending, used, head, next, needOf } = this.#holdings;
    const needMark = this.#needDepth;
    const serviceMark = this.#serviceDepth;
    const queue = this.#queue;
    queue[0] = source;
    needMark[source] = search;
    this.#needVia[source] = SOURCE;
    let length = 1;
    for (let at = 0; at < length; at++) {
      const n = queue[at]!;
      for (let e = offset[n]!, end = offset[n + 1]!; e < end; e++) {
        const s = service[e]!;
        if (serviceMark[s] === search || this.serviceStep[s]! >= 0) continue;
        serviceMark[s] = search;
        this.#serviceVia[s] = e;
        this.#taker[s] = n;
        if (used[s]! < capacity[s]!) {
          this.#augment(s, Math.min(pending[source]!, capacity[s]! - used[s]!));
          return -at - 1;
        }
        for (let slot = head[s]!; slot >= 0; slot = next[slot]!) {
          const holder = needOf[slot]!;
          if (needMark[holder] === search) continue;
          needMark[holder] = search;
          this.#needVia[holder] = slot;
          queue[length++] = holder;
        }
      }
    }
    for (let at = 0; at < length; at++) {
      const n = queue[at]!;
      for (let e = offset[n]!, end = offset[n + 1]!; e < end; e++) {
        if (this.serviceStep[service[e]!]! < 0) this.serviceStep[service[e]!] = step;
      }
    }
    return length;
  }

  /** Marks with the step every service that the unmet units of the needs reach and no earlier step's did. */
  #markReached(needs: Int32Array, step: number): void {
    const { offset, service } = this.#problem;
    const { pending, head, next, needOf } = this.#holdings;
    const queue = this.#queue;
    const isQueued = this.#needDepth.fill(0);
    let length = 0;
    for (let index = 0; index < needs.length; index++) {
      const n = needs[index]!;
      if (pending[n] === 0) continue;
      isQueued[n] = 1;
      queue[length++] = n;
    }
    for (let at = 0; at < length; at++) {
      const n = queue[at]!;
      for (let e = offset[n]!, end = offset[n + 1]!; e < end; e++) {
        const s = service[e]!;
        if (this.serviceStep[s]! >= 0) continue;
        this.serviceStep[s] = step;
        for (let held = head[s]!; held >= 0; held = next[held]!) {
          const holder = needOf[held]!;
          if (isQueued[holder] === 1) continue;
          isQueued[holder] = 1;
          queue[length++] = holder;
        }
      }
    }
  }

  /** Breadth first from the free places: how many needs lie on the shortest way there from each need and service. */
  #measure(): void {
    const { offset, service, capacity, services } = this.#problem;
    const { used, first, edge, units } = this.#holdings;
    const { start, need } = this.#incoming;
    const needDepth = this.#needDepth.fill(UNREACHED);
    const serviceDepth = this.#serviceDepth.fill(UNREACHED);
    const queue = this.#queue;
    let length = 0;
    for (let s = 0; s < services; s++) {
      if (used[s]! >= capacity[s]!) continue;
      serviceDepth[s] = 0;
      queue[length++] = s;
    }
    for (let at = 0; at < length; at++) {
      const depth = serviceDepth[queue[at]!]! + 1;
      for (let index = start[queue[at]!]!, end = start[queue[at]! + 1]!; index < end; index++) {
        const n = need[index]!;
        if (needDepth[n] !== UNREACHED) continue;
        needDepth[n] = depth;
        this.#arc[n] = offset[n]!;
        for (let slot = first[n]!; slot < first[n + 1]!; slot++) {
          if (units[slot] === 0) continue;
          const s = service[edge[slot]!]!;
          if (serviceDepth[s] !== UNREACHED) continue;
          serviceDepth[s] = depth;
          queue[length++] = s;
        }
      }
    }
  }

  /** Depth first, one step nearer each time, from a pending need to a free place; moves units and gives true if there is one. */
  #send(source: number): boolean {
    const { offset, service, capacity } = this.#problem;
    const { used, head, next, needOf, pending } = this.#holdings;
    const needDepth = this.#needDepth;
    const serviceDepth = this.#serviceDepth;
    const arc = this.#arc;
    const path = this.#queue;
    let depth = needDepth[source]!;
    let length = 1;
    path[0] = source;
    this.#needVia[source] = SOURCE;
    while (length > 0) {
      const n = path[length - 1]!;
      let holder = -1;
      let e = arc[n]!;
      for (const end = offset[n + 1]!; e < end; e++) {
        const s = service[e]!;
        if (serviceDepth[s] !== depth - 1) continue;
        this.#serviceVia[s] = e;
        this.#taker[s] = n;
        if (used[s]! < capacity[s]!) {
          arc[n] = e;
          this.#augment(s, Math.min(pending[source]!, capacity[s]! - used[s]!));
          return true;
        }
        for (let held = head[s]!; held >= 0; held = next[held]!) {
          if (needDepth[needOf[held]!] !== depth - 1) continue;
          holder = needOf[held]!;
          this.#needVia[holder] = held;
          break;
        }
        if (holder >= 0) break;
        serviceDepth[s] = UNREACHED;
      }
      arc[n] = e;
      if (holder >= 0) {
        // A need is entered once a round; what it cannot reach now it will not reach later in the round.
        needDepth[holder] = UNREACHED;
        path[length++] = holder;
        depth--;
      } else {
        length--;
        depth++;
      }
    }
    needDepth[source] = UNREACHED;
    return false;
  }

  #augment(end: number, limit: number): void {
    const holdings = this.#holdings;
    const { service } = this.#problem;
    let moved = limit;
    for (let s = end; ; ) {
      const gives = this.#needVia[this.#taker[s]!]!;
      if (gives === SOURCE) break;
      moved = Math.min(moved, holdings.units[gives]!);
      s = service[holdings.edge[gives]!]!;
    }
    for (let s = end; ; ) {
      const taker = this.#taker[s]!;
      const takes = this.#serviceVia[s]!;
      const gives = this.#needVia[taker]!;
      if (gives === SOURCE) {
        hold(holdings, taker, takes, s, moved);
        return;
      }
      const from = service[holdings.edge[gives]!]!;
      release(holdings, gives, from, moved);
      hold(holdings, taker, takes, s, moved);
      s = from;
    }
  }
}
