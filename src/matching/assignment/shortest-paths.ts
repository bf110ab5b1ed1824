import { addFlow, emptyFlow, type Flow } from './flow.ts';
import type { MarketPrices } from './market.ts';
import type { OutsideMarket } from './outside-market.ts';

/** The price at which the next place of an object is to be had; infinite when it is full. */
function nextPlacePrice(market: OutsideMarket, flow: Flow, s: number): number {
  const used = flow.used[s]!;
  if (used < market.forced[s]!) return market.forcedPrice;
  return used < market.capacity[s]! ? 0 : Number.POSITIVE_INFINITY;
}

const SOURCE = -1;

/**
 * The flow of highest total score in such a market, and the prices that prove it: every unit goes along a shortest path in
 * reduced costs (successive shortest paths with Dijkstra's algorithm; Edmonds and Karp 1972, Tomizawa 1971), so that
 * flow and prices stay optimal for the units sent so far. O((edges + bidders) log objects) a path at worst.
 */
export function solveOutsideMarket(market: OutsideMarket): {
  readonly amount: Int32Array;
  readonly prices: MarketPrices;
} {
  const prices = { object: new Float64Array(market.objects), bidder: new Float64Array(market.bidders) };
  for (let s = 0; s < market.objects; s++) if (market.forced[s]! > 0) prices.object[s] = market.forcedPrice;
  const flow = emptyFlow(market.bidderOf, market.object, market.quantity, market.objects);
  const paths = new PathSearch(market, flow, prices);
  for (let n = 0; n < market.bidders; n++) {
    if (flow.pending[n] === 0) continue;
    prices.bidder[n] = bestValue(market, prices.object, n);
    while (flow.pending[n]! > 0) paths.send(n);
  }
  return { amount: flow.amount, prices };
}

/** The highest score less price among a bidder's edges. */
function bestValue(market: OutsideMarket, price: Float64Array, n: number): number {
  const { offset, score, object, outsideFrom } = market;
  let best = Number.NEGATIVE_INFINITY;
  for (let e = offset[n]!; e < offset[n + 1]!; e++) {
    if (score[e]! < 0) continue;
    const value = score[e]! - price[object[e]!]!;
    if (value > best) best = value;
  }
  if (object[outsideFrom + n]! >= 0) best = Math.max(best, -price[object[outsideFrom + n]!]!);
  return best;
}

/** Dijkstra's algorithm from one need over services, with its arrays kept from one search to the next. */
class PathSearch {
  readonly #market: OutsideMarket;
  readonly #flow: Flow;
  readonly #prices: MarketPrices;
  /** Distance of each service and need in the current search; infinite where not reached. */
  readonly #serviceDistance: Float64Array;
  readonly #needDistance: Float64Array;
  /** The edge by which a service is reached, and the edge that a need would give up (`SOURCE` for the first need). */
  readonly #serviceVia: Int32Array;
  readonly #needVia: Int32Array;
  readonly #reachedServices: Int32Array;
  readonly #reachedNeeds: Int32Array;
  #reachedServiceCount = 0;
  #reachedNeedCount = 0;
  /** Binary heap of services by distance; `#place` is a service's index in it, -1 when it is not there. */
  readonly #heap: Int32Array;
  readonly #place: Int32Array;
  #heapSize = 0;
  /** The cheapest way found so far to end the path. */
  #end = -1;
  #endDistance = Number.POSITIVE_INFINITY;

  constructor(market: OutsideMarket, flow: Flow, prices: MarketPrices) {
    const services = market.objects;
    this.#market = market;
    this.#flow = flow;
    this.#prices = prices;
    this.#serviceDistance = new Float64Array(services).fill(Number.POSITIVE_INFINITY);
    this.#needDistance = new Float64Array(market.bidders).fill(Number.POSITIVE_INFINITY);
    this.#serviceVia = new Int32Array(services);
    this.#needVia = new Int32Array(market.bidders);
    this.#reachedServices = new Int32Array(services);
    this.#reachedNeeds = new Int32Array(market.bidders);
    this.#heap = new Int32Array(services);
    this.#place = new Int32Array(services).fill(-1);
  }

  /** Sends as many pending units of need n as the shortest path carries. */
  send(n: number): void {
    this.#end = -1;
    this.#endDistance = Number.POSITIVE_INFINITY;
    this.#scanNeed(n, SOURCE, 0);
    this.#explore();
    if (this.#end < 0) throw new Error('a unit that the levels promise a place has no path to one');
    this.#updatePrices();
    this.#augment(n);
    this.#forget();
  }

  #explore(): void {
    while (this.#heapSize > 0) {
      const s = this.#heap[0]!;
      const distance = this.#serviceDistance[s]!;
      if (distance >= this.#endDistance) break;
      this.#removeFirst();
      for (let held = this.#flow.head[s]!; held >= 0; held = this.#flow.next[held]!) {
        const holder = this.#flow.needOf[held]!;
        if (this.#needDistance[holder] === Number.POSITIVE_INFINITY) this.#scanNeed(holder, held, distance);
      }
    }
  }

  #scanNeed(n: number, via: number, distance: number): void {
    const { offset, score, object, outsideFrom } = this.#market;
    const price = this.#prices.object;
    this.#needDistance[n] = distance;
    this.#needVia[n] = via;
    this.#reachedNeeds[this.#reachedNeedCount++] = n;
    const base = distance + this.#prices.bidder[n]!;
    for (let e = offset[n]!; e < offset[n + 1]!; e++) {
      if (score[e]! < 0) continue;
      const s = object[e]!;
      const reached = base + price[s]! - score[e]!;
      if (reached < this.#serviceDistance[s]! && reached < this.#endDistance) this.#reachService(s, e, reached);
    }
    if (object[outsideFrom + n]! < 0) return;
    const outside = outsideFrom + n;
    const s = object[outside]!;
    const reached = base + price[s]!;
    if (reached < this.#serviceDistance[s]! && reached < this.#endDistance) this.#reachService(s, outside, reached);
  }

  #reachService(s: number, edge: number, distance: number): void {
    if (this.#serviceDistance[s] === Number.POSITIVE_INFINITY) this.#reachedServices[this.#reachedServiceCount++] = s;
    this.#serviceDistance[s] = distance;
    this.#serviceVia[s] = edge;
    const atEnd = distance + Math.max(0, nextPlacePrice(this.#market, this.#flow, s) - this.#prices.object[s]!);
    if (atEnd < this.#endDistance) {
      this.#endDistance = atEnd;
      this.#end = s;
    }
    if (this.#flow.head[s]! >= 0) this.#moveUp(s);
  }

  #updatePrices(): void {
    const { object, bidder } = this.#prices;
    for (let index = 0; index < this.#reachedNeedCount; index++) {
      const n = this.#reachedNeeds[index]!;
      const distance = this.#needDistance[n]!;
      if (distance < this.#endDistance) bidder[n]! -= this.#endDistance - distance;
    }
    for (let index = 0; index < this.#reachedServiceCount; index++) {
      const s = this.#reachedServices[index]!;
      const distance = this.#serviceDistance[s]!;
      if (distance < this.#endDistance) object[s]! += this.#endDistance - distance;
    }
  }

  #augment(source: number): void {
    const { amount, needOf, serviceOf, pending, used } = this.#flow;
    const { capacity, forced } = this.#market;
    const end = this.#end;
    const isForced = used[end]! < forced[end]!;
    const room = (isForced ? forced[end]! : capacity[end]!) - used[end]!;
    let units = Math.min(pending[source]!, room);
    for (let s = end; ; ) {
      const gives = this.#needVia[needOf[this.#serviceVia[s]!]!]!;
      if (gives === SOURCE) break;
      units = Math.min(units, amount[gives]!);
      s = serviceOf[gives]!;
    }
    for (let s = end; ; ) {
      const takes = this.#serviceVia[s]!;
      const gives = this.#needVia[needOf[takes]!]!;
      addFlow(this.#flow, takes, units);
      if (gives === SOURCE) return;
      addFlow(this.#flow, gives, -units);
      s = serviceOf[gives]!;
    }
  }

  #forget(): void {
    for (let index = 0; index < this.#reachedNeedCount; index++) {
      this.#needDistance[this.#reachedNeeds[index]!] = Number.POSITIVE_INFINITY;
    }
    for (let index = 0; index < this.#reachedServiceCount; index++) {
      this.#serviceDistance[this.#reachedServices[index]!] = Number.POSITIVE_INFINITY;
    }
    for (let index = 0; index < this.#heapSize; index++) this.#place[this.#heap[index]!] = -1;
    this.#reachedNeedCount = 0;
    this.#reachedServiceCount = 0;
    this.#heapSize = 0;
  }

  #moveUp(s: number): void {
    const heap = this.#heap;
    const place = this.#place;
    const distance = this.#serviceDistance;
    const key = distance[s]!;
    let at = place[s]!;
    if (at < 0) at = this.#heapSize++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const other = heap[parent]!;
      if (distance[other]! <= key) break;
      heap[at] = other;
      place[other] = at;
      at = parent;
    }
    heap[at] = s;
    place[s] = at;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const place = this.#place;
    const distance = this.#serviceDistance;
    place[heap[0]!] = -1;
    const moved = heap[--this.#heapSize]!;
    const size = this.#heapSize;
    if (size === 0) return;
    const key = distance[moved]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && distance[heap[child + 1]!]! < distance[heap[child]!]!) child++;
      const other = heap[child]!;
      if (distance[other]! >= key) break;
      heap[at] = other;
      place[other] = at;
      at = child;
    }
    heap[at] = moved;
    place[moved] = at;
  }
}
