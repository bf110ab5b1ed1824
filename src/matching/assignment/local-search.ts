import { addFlow, type Flow } from './flow.ts';

const SOURCE = -1;

/** What is lost, and the need that would lose a unit (-1 when a free place makes up for it). */
export type ForcedCost = { readonly loss: number; readonly unmetNeed: number };

/** Everything a search works on; arrays are replaced by longer ones as needs come in. */
export type SearchState = {
  needs: number;
  edges: number;
  flow: Flow;
  readonly capacity: Int32Array;
  readonly servicePrice: Float64Array;
  needPrice: Float64Array;
  tier: Uint8Array;
  quantity: Int32Array;
  /** The edges of need n are `firstEdge[n]` … `firstEdge[n + 1] - 1`. */
  firstEdge: Int32Array;
  /** What a unit on each edge is worth; and the score, -1 for an edge that is closed. */
  worth: Float64Array;
  score: Int32Array;
  /** The edges into each service as a linked list. */
  readonly firstIncoming: Int32Array;
  nextIncoming: Int32Array;
};

/** Puts edge e into the list of its service. */
export function linkIncoming(state: Pick<SearchState, 'flow' | 'firstIncoming' | 'nextIncoming'>, e: number): void {
  const s = state.flow.serviceOf[e]!;
  state.nextIncoming[e] = state.firstIncoming[s]!;
  state.firstIncoming[s] = e;
}

/**
 * Shortest paths from one place of a live assignment, in either direction, over what they reach only. All prices are 0 or
 * more; a need with units unmet and a service with places free have price 0, and this is what a search restores.
 */
export class LocalSearch {
  readonly #state: SearchState;
  readonly #serviceDistance: Float64Array;
  readonly #needDistance: Float64Array;
  /** The edge by which a service or a need is reached. */
  readonly #serviceVia: Int32Array;
  readonly #needVia: Int32Array;
  readonly #reachedServices: number[] = [];
  readonly #reachedNeeds: number[] = [];
  readonly #heap: number[] = [];
  readonly #place: Int32Array;
  #endDistance = 0;
  #endService = -1;
  #endNeed = -1;
  scanned = 0;

  constructor(state: SearchState) {
    const needs = state.needPrice.length;
    const services = state.capacity.length;
    this.#state = state;
    this.#serviceDistance = new Float64Array(services).fill(Number.POSITIVE_INFINITY);
    this.#needDistance = new Float64Array(needs).fill(Number.POSITIVE_INFINITY);
    this.#serviceVia = new Int32Array(services);
    this.#needVia = new Int32Array(needs);
    this.#place = new Int32Array(services).fill(-1);
  }

  /** Whether needs have come in for which this search has no room. */
  isOutgrown(): boolean {
    return this.#needDistance.length < this.#state.needPrice.length;
  }

  /** Prices a new need by its best edge, and settles it. */
  raiseNeed(n: number): void {
    const { firstEdge, flow, worth, servicePrice, needPrice } = this.#state;
    let best = 0;
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
      best = Math.max(best, worth[e]! - servicePrice[flow.serviceOf[e]!]!);
    }
    needPrice[n] = best;
    this.settle(n);
  }

  /** Sends the pending units of a need on, each to a free place or in the stead of the need that loses least. */
  settle(n: number): void {
    const { flow, needPrice } = this.#state;
    while (flow.pending[n]! > 0 && needPrice[n]! > 0) this.#sendFrom(n);
  }

  /** Gives the free places of a service to whom they help most, until there are none or they are worth nothing. */
  fill(s: number): void {
    const { flow, capacity, servicePrice } = this.#state;
    while (flow.used[s]! < capacity[s]! && servicePrice[s]! > 0) this.#fillFrom(s);
  }

  /**
   * What the assignment would lose if one more unit had to go along the edge: the shortest cycle through it. A unit leaves
   * the service for another one or goes unmet, until the need's own unit is free; infinite when that cannot be.
   */
  costOfForcing(edge: number): ForcedCost {
    const { flow, firstEdge, worth, score, needs, servicePrice, needPrice, capacity } = this.#state;
    const need = flow.needOf[edge]!;
    const own = new Set<number>();
    for (let e = firstEdge[need]!; e < firstEdge[need + 1]!; e++) {
      if (flow.amount[e]! > 0 && e !== edge) own.add(flow.serviceOf[e]!);
    }
    let unmetDistance = Number.POSITIVE_INFINITY;
    let unmetNeed = -1;
    let isUnmetScanned = false;
    const scan = (n: number, distance: number): void => {
      if (n === need || this.#needDistance[n]! !== Number.POSITIVE_INFINITY) return;
      this.#needDistance[n] = distance;
      this.#reachedNeeds.push(n);
      if (distance + needPrice[n]! < unmetDistance) {
        unmetDistance = distance + needPrice[n]!;
        unmetNeed = n;
      }
      for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
        const s = flow.serviceOf[e]!;
        const reached = distance + needPrice[n]! + servicePrice[s]! - worth[e]!;
        if (score[e]! >= 0 && reached < this.#serviceDistance[s]!) this.#reachService(s, e, reached);
      }
    };
    this.#start();
    const start = flow.serviceOf[edge]!;
    if (capacity[start]! > 0) this.#reachService(start, SOURCE, 0);
    let found = Number.POSITIVE_INFINITY;
    for (;;) {
      this.#endDistance = isUnmetScanned ? Number.POSITIVE_INFINITY : unmetDistance;
      const s = this.#takeNearest();
      if (s >= 0) {
        if (own.has(s)) {
          found = this.#serviceDistance[s]!;
          break;
        }
        const distance = this.#serviceDistance[s]!;
        if (flow.used[s]! < capacity[s]! && distance < unmetDistance) {
          unmetDistance = distance;
          unmetNeed = -1;
        }
        for (let held = flow.head[s]!; held >= 0; held = flow.next[held]!) scan(flow.needOf[held]!, distance);
        continue;
      }
      if (isUnmetScanned || unmetDistance === Number.POSITIVE_INFINITY) break;
      // Some unit has gone unmet or taken a free place: a place may be given up instead, or an unmet unit served.
      isUnmetScanned = true;
      if (flow.pending[need]! > 0) {
        found = unmetDistance;
        break;
      }
      for (let other = 0; other < capacity.length; other++) {
        const reached = unmetDistance + servicePrice[other]!;
        if (flow.used[other]! > 0 && reached < this.#serviceDistance[other]!)
          this.#reachService(other, SOURCE, reached);
      }
      for (let n = 0; n < needs; n++) if (flow.pending[n]! > 0) scan(n, unmetDistance);
    }
    this.#forget();
    const slack = needPrice[need]! + servicePrice[start]! - worth[edge]!;
    return { loss: found + slack, unmetNeed };
  }

  #sendFrom(source: number): void {
    const { flow, servicePrice, needPrice } = this.#state;
    this.#start();
    this.#scanTakes(source, SOURCE, 0);
    for (let s = this.#takeNearest(); s >= 0; s = this.#takeNearest()) {
      for (let held = flow.head[s]!; held >= 0; held = flow.next[held]!) {
        const holder = flow.needOf[held]!;
        if (this.#needDistance[holder] === Number.POSITIVE_INFINITY) {
          this.#scanTakes(holder, held, this.#serviceDistance[s]!);
        }
      }
    }
    for (const n of this.#reachedNeeds) needPrice[n]! -= Math.max(0, this.#endDistance - this.#needDistance[n]!);
    for (const s of this.#reachedServices)
      servicePrice[s]! += Math.max(0, this.#endDistance - this.#serviceDistance[s]!);
    this.#shiftTo(source);
    this.#forget();
  }

  /** A need looks for another service; it may also end the path by staying unmet, at its price. */
  #scanTakes(n: number, via: number, distance: number): void {
    const { flow, firstEdge, worth, score, servicePrice, needPrice, capacity } = this.#state;
    this.scanned++;
    this.#needDistance[n] = distance;
    this.#needVia[n] = via;
    this.#reachedNeeds.push(n);
    this.#endAtNeed(n, distance + needPrice[n]!);
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
      if (score[e]! < 0) continue;
      const s = flow.serviceOf[e]!;
      const reached = distance + needPrice[n]! + servicePrice[s]! - worth[e]!;
      if (reached >= this.#serviceDistance[s]! || reached >= this.#endDistance) continue;
      this.#reachService(s, e, reached);
      if (flow.used[s]! < capacity[s]!) this.#endAtService(s, reached);
    }
  }

  #shiftTo(source: number): void {
    const { flow, capacity } = this.#state;
    if (this.#endNeed === source) return;
    let units = flow.pending[source]!;
    if (this.#endService >= 0) units = Math.min(units, capacity[this.#endService]! - flow.used[this.#endService]!);
    // From the end backwards: a need gives up one edge, and the need before it takes the place.
    let gives = this.#endService >= 0 ? SOURCE : this.#needVia[this.#endNeed]!;
    let s = this.#endService >= 0 ? this.#endService : flow.serviceOf[gives]!;
    const takes: number[] = [];
    const given: number[] = gives === SOURCE ? [] : [gives];
    for (;;) {
      const take = this.#serviceVia[s]!;
      takes.push(take);
      gives = this.#needVia[flow.needOf[take]!]!;
      if (gives === SOURCE) break;
      given.push(gives);
      s = flow.serviceOf[gives]!;
    }
    for (const edge of given) units = Math.min(units, flow.amount[edge]!);
    for (const edge of given) addFlow(flow, edge, -units);
    for (const edge of takes) addFlow(flow, edge, units);
  }

  #fillFrom(origin: number): void {
    const { servicePrice, needPrice } = this.#state;
    this.#start();
    this.#reachService(origin, SOURCE, 0);
    this.#endAtService(origin, servicePrice[origin]!);
    for (let s = this.#takeNearest(); s >= 0; s = this.#takeNearest()) this.#scanTakers(s);
    for (const n of this.#reachedNeeds) needPrice[n]! += Math.max(0, this.#endDistance - this.#needDistance[n]!);
    for (const s of this.#reachedServices)
      servicePrice[s]! -= Math.max(0, this.#endDistance - this.#serviceDistance[s]!);
    this.#shiftInto(origin);
    this.#forget();
  }

  /** A free place looks for a need that would take it: one with unmet units ends the path, others free their own place. */
  #scanTakers(s: number): void {
    const { flow, firstIncoming, nextIncoming, worth, score, servicePrice, needPrice, firstEdge } = this.#state;
    for (let e = firstIncoming[s]!; e >= 0; e = nextIncoming[e]!) {
      if (score[e]! < 0) continue;
      const n = flow.needOf[e]!;
      const reached = this.#serviceDistance[s]! + needPrice[n]! + servicePrice[s]! - worth[e]!;
      if (reached >= this.#needDistance[n]! || reached >= this.#endDistance) continue;
      this.scanned++;
      if (this.#needDistance[n] === Number.POSITIVE_INFINITY) this.#reachedNeeds.push(n);
      this.#needDistance[n] = reached;
      this.#needVia[n] = e;
      if (flow.pending[n]! > 0) this.#endAtNeed(n, reached);
      for (let held = firstEdge[n]!; held < firstEdge[n + 1]!; held++) {
        if (flow.amount[held] === 0) continue;
        const other = flow.serviceOf[held]!;
        if (reached >= this.#serviceDistance[other]!) continue;
        this.#reachService(other, held, reached);
        this.#endAtService(other, reached + servicePrice[other]!);
      }
    }
  }

  #shiftInto(origin: number): void {
    const { flow, capacity } = this.#state;
    let units = capacity[origin]! - flow.used[origin]!;
    const takes: number[] = [];
    const given: number[] = [];
    let n = this.#endNeed;
    if (n < 0) {
      if (this.#endService === origin) return;
      given.push(this.#serviceVia[this.#endService]!);
      n = flow.needOf[given[0]!]!;
    } else units = Math.min(units, flow.pending[n]!);
    for (;;) {
      const take = this.#needVia[n]!;
      takes.push(take);
      const s = flow.serviceOf[take]!;
      if (s === origin) break;
      given.push(this.#serviceVia[s]!);
      n = flow.needOf[this.#serviceVia[s]!]!;
    }
    for (const edge of given) units = Math.min(units, flow.amount[edge]!);
    for (const edge of given) addFlow(flow, edge, -units);
    for (const edge of takes) addFlow(flow, edge, units);
  }

  #start(): void {
    this.#endDistance = Number.POSITIVE_INFINITY;
    this.#endService = -1;
    this.#endNeed = -1;
  }

  #endAtNeed(n: number, distance: number): void {
    if (distance >= this.#endDistance) return;
    this.#endDistance = distance;
    this.#endNeed = n;
    this.#endService = -1;
  }

  #endAtService(s: number, distance: number): void {
    if (distance >= this.#endDistance) return;
    this.#endDistance = distance;
    this.#endService = s;
    this.#endNeed = -1;
  }

  #reachService(s: number, via: number, distance: number): void {
    if (this.#serviceDistance[s] === Number.POSITIVE_INFINITY) this.#reachedServices.push(s);
    this.#serviceDistance[s] = distance;
    this.#serviceVia[s] = via;
    const heap = this.#heap;
    let at = this.#place[s]!;
    if (at < 0) at = heap.push(s) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const other = heap[parent]!;
      if (this.#serviceDistance[other]! <= distance) break;
      heap[at] = other;
      this.#place[other] = at;
      at = parent;
    }
    heap[at] = s;
    this.#place[s] = at;
  }

  /** The nearest service that is still to be looked at; -1 when none is nearer than the end of the path. */
  #takeNearest(): number {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || this.#serviceDistance[first]! >= this.#endDistance) return -1;
    this.#place[first] = -1;
    const moved = heap.pop()!;
    if (heap.length === 0) return first;
    const key = this.#serviceDistance[moved]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && this.#serviceDistance[right]! < this.#serviceDistance[heap[child]!]!) child++;
      const other = heap[child]!;
      if (this.#serviceDistance[other]! >= key) break;
      heap[at] = other;
      this.#place[other] = at;
      at = child;
    }
    heap[at] = moved;
    this.#place[moved] = at;
    return first;
  }

  #forget(): void {
    for (const n of this.#reachedNeeds) this.#needDistance[n] = Number.POSITIVE_INFINITY;
    for (const s of this.#reachedServices) this.#serviceDistance[s] = Number.POSITIVE_INFINITY;
    for (const s of this.#heap) this.#place[s] = -1;
    this.#reachedNeeds.length = 0;
    this.#reachedServices.length = 0;
    this.#heap.length = 0;
  }
}
