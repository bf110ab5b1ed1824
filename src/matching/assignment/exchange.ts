import { type Holdings, hold, release } from './holdings.ts';
import type { Market, MarketPrices } from './market.ts';
import { type Incoming, incomingNeeds } from './neighbourhoods.ts';

const SOURCE = -1;
const ALL = 0;
const OUTSIDES = 1;
const OVERFULL_OUTSIDES = 2;
const TIED_OUTSIDES = 3;
type Givers = typeof ALL | typeof OUTSIDES | typeof OVERFULL_OUTSIDES | typeof TIED_OUTSIDES;

/**
 * Shortest paths in reduced costs over a market (Dijkstra's algorithm; Tomizawa 1971, Edmonds and Karp 1972), which end
 * what bidding has left: units without a place, and places that are left over though they have a price.
 * Needs prices that satisfy complementary slackness with the holdings but for these, and keeps them so.
 * O((edges + bidders) log objects) a path at worst; in practice a path looks only near its start.
 */
export class Exchange {
  readonly #market: Market;
  readonly #holdings: Holdings;
  readonly #prices: MarketPrices;
  #incoming: Incoming | null;
  /** Distance of each object and bidder in the current search; infinite where not reached. */
  readonly #objectDistance: Float64Array;
  readonly #bidderDistance: Float64Array;
  /**
   * How each was reached. Forwards: an object by an edge, of bidder `objectFrom`, and a bidder by the slot that it would
   * leave. Backwards: a bidder by the edge that it would take, and an object by the slot that would be left.
   */
  readonly #objectVia: Int32Array;
  readonly #objectFrom: Int32Array;
  readonly #bidderVia: Int32Array;
  readonly #reachedObjects: Int32Array;
  readonly #reachedBidders: Int32Array;
  #reachedObjectCount = 0;
  #reachedBidderCount = 0;
  /** Binary heap of objects by distance; `#place` is an object's index in it, -1 when it is not there. */
  readonly #heap: Int32Array;
  readonly #place: Int32Array;
  #heapSize = 0;
  /** The cheapest way found so far to end the path. */
  #end = -1;
  #endDistance = Number.POSITIVE_INFINITY;
  /** Which objects may give a unit for a place that is filled, and how many more or fewer units an outside may have. */
  #givers: Givers = ALL;
  readonly #spare: Int8Array;

  constructor(market: Market, holdings: Holdings, prices: MarketPrices, incoming: Incoming | null) {
    const { objects, bidders } = market;
    this.#market = market;
    this.#holdings = holdings;
    this.#prices = prices;
    this.#incoming = incoming;
    this.#objectDistance = new Float64Array(objects).fill(Number.POSITIVE_INFINITY);
    this.#bidderDistance = new Float64Array(bidders).fill(Number.POSITIVE_INFINITY);
    this.#objectVia = new Int32Array(objects);
    this.#objectFrom = new Int32Array(objects);
    this.#bidderVia = new Int32Array(bidders);
    this.#reachedObjects = new Int32Array(objects);
    this.#reachedBidders = new Int32Array(bidders);
    this.#heap = new Int32Array(objects);
    this.#place = new Int32Array(objects).fill(-1);
    this.#spare = new Int8Array(objects);
  }

  /** Places every pending unit; one may end at any free place, and at an outside that has places in any case. */
  placeUnits(): void {
    const { pending } = this.#holdings;
    for (let n = 0; n < this.#market.bidders; n++) {
      if (pending[n] === 0) continue;
      this.#prices.bidder[n] = bestValue(this.#market, this.#prices.object, n);
      while (pending[n]! > 0) this.#sendFrom(n);
    }
  }

  /**
   * Fills the places that are left over: in a contested market all of them, from units that are unmet; in a calm one those that
   * are priced, or their price falls to 0.
   */
  fillPlaces(): void {
    const { capacity, outsideFrom, objects } = this.#market;
    const isContested = outsideFrom < objects;
    this.#givers = isContested ? OUTSIDES : ALL;
    for (let s = 0; s < outsideFrom; s++) {
      while (this.#holdings.used[s]! < capacity[s]! && (isContested || this.#prices.object[s]! > 0)) this.#fillFrom(s);
    }
  }

  /** Moves units from outsides that have more than their places to those that have fewer. */
  balanceOutsides(): void {
    const { capacity, outsideFrom, objects } = this.#market;
    this.#givers = OVERFULL_OUTSIDES;
    for (let s = outsideFrom; s < objects; s++) {
      while (this.#holdings.used[s]! < capacity[s]!) this.#fillFrom(s);
    }
  }

  /**
   * Lets outsides at the same share have a unit more or less than their places where that is better: a place more that is
   * priced is filled from an outside that does with one less, or its price falls to 0. No outside that may do with one
   * less may be priced below 0.
   */
  tradeTies(spare: Int8Array): void {
    const { outsideFrom, objects } = this.#market;
    this.#givers = TIED_OUTSIDES;
    this.#spare.set(spare);
    for (let s = outsideFrom; s < objects; s++) {
      if (this.#spare[s]! > 0 && this.#prices.object[s]! > 0) this.#fillFrom(s);
    }
  }

  #start(): void {
    for (let index = 0; index < this.#reachedBidderCount; index++) {
      this.#bidderDistance[this.#reachedBidders[index]!] = Number.POSITIVE_INFINITY;
    }
    for (let index = 0; index < this.#reachedObjectCount; index++) {
      this.#objectDistance[this.#reachedObjects[index]!] = Number.POSITIVE_INFINITY;
    }
    for (let index = 0; index < this.#heapSize; index++) this.#place[this.#heap[index]!] = -1;
    this.#reachedBidderCount = 0;
    this.#reachedObjectCount = 0;
    this.#heapSize = 0;
    this.#end = -1;
    this.#endDistance = Number.POSITIVE_INFINITY;
  }

  /** Sends as many pending units of bidder n as the shortest path to a free place carries. */
  #sendFrom(n: number): void {
    const { head, next, needOf } = this.#holdings;
    this.#start();
    this.#scanOffers(n, SOURCE, 0);
    for (let s = this.#takeNearest(); s >= 0; s = this.#takeNearest()) {
      const distance = this.#objectDistance[s]!;
      for (let slot = head[s]!; slot >= 0; slot = next[slot]!) {
        const holder = needOf[slot]!;
        if (this.#bidderDistance[holder] === Number.POSITIVE_INFINITY) this.#scanOffers(holder, slot, distance);
      }
    }
    if (this.#end < 0) throw new Error('a unit that the levels promise a place has no path to one');
    this.#shiftPrices(1);
    this.#takeAlong(n);
  }

  /** A bidder that would leave the slot `via` looks for another place. */
  #scanOffers(n: number, via: number, distance: number): void {
    const { offset, score, object } = this.#market;
    const price = this.#prices.object;
    const objectDistance = this.#objectDistance;
    this.#bidderDistance[n] = distance;
    this.#bidderVia[n] = via;
    this.#reachedBidders[this.#reachedBidderCount++] = n;
    const base = distance + this.#prices.bidder[n]!;
    for (let e = offset[n]!, end = offset[n + 1]!; e < end; e++) {
      const s = object[e]!;
      const reached = base + price[s]! - score[e]!;
      if (reached >= objectDistance[s]! || reached >= this.#endDistance) continue;
      this.#objectVia[s] = e;
      this.#objectFrom[s] = n;
      if (this.#hasRoom(s)) {
        if (objectDistance[s] === Number.POSITIVE_INFINITY) this.#reachedObjects[this.#reachedObjectCount++] = s;
        objectDistance[s] = reached;
        this.#end = s;
        this.#endDistance = reached;
      } else this.#reachObject(s, reached);
    }
  }

  #hasRoom(s: number): boolean {
    return s >= this.#market.outsideFrom || this.#holdings.used[s]! < this.#market.capacity[s]!;
  }

  #takeAlong(source: number): void {
    const { object, capacity, outsideFrom } = this.#market;
    const holdings = this.#holdings;
    let units = holdings.pending[source]!;
    if (this.#end < outsideFrom) units = Math.min(units, capacity[this.#end]! - holdings.used[this.#end]!);
    for (let s = this.#end; ; ) {
      const gives = this.#bidderVia[this.#objectFrom[s]!]!;
      if (gives === SOURCE) break;
      units = Math.min(units, holdings.units[gives]!);
      s = object[holdings.edge[gives]!]!;
    }
    for (let s = this.#end; ; ) {
      const taker = this.#objectFrom[s]!;
      const gives = this.#bidderVia[taker]!;
      const from = gives === SOURCE ? SOURCE : object[holdings.edge[gives]!]!;
      if (from !== SOURCE) release(holdings, gives, from, units);
      hold(holdings, taker, this.#objectVia[s]!, s, units);
      if (from === SOURCE) return;
      s = from;
    }
  }

  /** Gives free places of object `origin` to those whom they help most. */
  #fillFrom(origin: number): void {
    const incoming = this.#incomingNeeds();
    this.#start();
    this.#reachObject(origin, 0);
    if (this.#givers === ALL || this.#givers === TIED_OUTSIDES) this.#endAt(origin, this.#prices.object[origin]!);
    for (let s = this.#takeNearest(); s >= 0; s = this.#takeNearest()) {
      for (let index = incoming.start[s]!, end = incoming.start[s + 1]!; index < end; index++) {
        this.#offer(s, incoming.need[index]!);
      }
    }
    if (this.#end < 0) throw new Error('a place that the levels promise a unit has no path from one');
    this.#shiftPrices(-1);
    if (this.#end !== origin) this.#giveAlong(origin);
  }

  /** Object s offers a free place to bidder n, who would leave its own for it. */
  #offer(s: number, n: number): void {
    const { offset, score, object } = this.#market;
    const { first, units, edge } = this.#holdings;
    const base = this.#objectDistance[s]! + this.#prices.bidder[n]! + this.#prices.object[s]!;
    for (let e = offset[n]!, end = offset[n + 1]!; e < end; e++) {
      if (object[e] !== s) continue;
      const reached = base - score[e]!;
      if (reached >= this.#bidderDistance[n]! || reached >= this.#endDistance) continue;
      if (this.#bidderDistance[n] === Number.POSITIVE_INFINITY) {
        this.#reachedBidders[this.#reachedBidderCount++] = n;
      }
      this.#bidderDistance[n] = reached;
      this.#bidderVia[n] = e;
      for (let slot = first[n]!, last = first[n + 1]!; slot < last; slot++) {
        if (units[slot] === 0) continue;
        const other = object[edge[slot]!]!;
        if (reached >= this.#objectDistance[other]!) continue;
        this.#objectVia[other] = slot;
        this.#reachObject(other, reached);
        if (this.#mayGive(other)) this.#endAt(other, reached + this.#priceOfGiving(other));
      }
    }
  }

  /** Whether object s may be left with a place less filled. */
  #mayGive(s: number): boolean {
    switch (this.#givers) {
      case ALL:
        return true;
      case OUTSIDES:
        return s >= this.#market.outsideFrom;
      case OVERFULL_OUTSIDES:
        return s >= this.#market.outsideFrom && this.#holdings.used[s]! > this.#market.capacity[s]!;
      case TIED_OUTSIDES:
        return this.#spare[s]! < 0;
    }
  }

  /** How far its price falls when it is: to 0 where free places must cost nothing. */
  #priceOfGiving(s: number): number {
    return this.#givers === ALL || this.#givers === TIED_OUTSIDES ? this.#prices.object[s]! : 0;
  }

  #endAt(s: number, distance: number): void {
    if (distance >= this.#endDistance) return;
    this.#end = s;
    this.#endDistance = distance;
  }

  #giveAlong(origin: number): void {
    const { object, capacity } = this.#market;
    const holdings = this.#holdings;
    let units = capacity[origin]! - holdings.used[origin]!;
    if (this.#givers === OVERFULL_OUTSIDES) units = Math.min(units, holdings.used[this.#end]! - capacity[this.#end]!);
    if (this.#givers === TIED_OUTSIDES) {
      units = 1;
      this.#spare[origin] = -1;
      this.#spare[this.#end] = 1;
    }
    for (let s = this.#end; s !== origin; ) {
      const slot = this.#objectVia[s]!;
      units = Math.min(units, holdings.units[slot]!);
      s = object[this.#bidderVia[holdings.needOf[slot]!]!]!;
    }
    for (let s = this.#end; s !== origin; ) {
      const slot = this.#objectVia[s]!;
      const n = holdings.needOf[slot]!;
      const takes = this.#bidderVia[n]!;
      release(holdings, slot, s, units);
      s = object[takes]!;
      hold(holdings, n, takes, s, units);
    }
  }

  #incomingNeeds(): Incoming {
    const { bidders, objects, offset, object } = this.#market;
    this.#incoming ??= incomingNeeds({ needs: bidders, services: objects, offset, service: object });
    return this.#incoming;
  }

  /** Makes the edges of the path exactly best: forwards prices rise on the way to the end, backwards they fall. */
  #shiftPrices(sign: 1 | -1): void {
    const { object, bidder } = this.#prices;
    for (let index = 0; index < this.#reachedBidderCount; index++) {
      const n = this.#reachedBidders[index]!;
      const distance = this.#bidderDistance[n]!;
      if (distance < this.#endDistance) bidder[n]! -= sign * (this.#endDistance - distance);
    }
    for (let index = 0; index < this.#reachedObjectCount; index++) {
      const s = this.#reachedObjects[index]!;
      const distance = this.#objectDistance[s]!;
      if (distance < this.#endDistance) object[s]! += sign * (this.#endDistance - distance);
    }
  }

  #reachObject(s: number, key: number): void {
    const heap = this.#heap;
    const place = this.#place;
    const distance = this.#objectDistance;
    if (distance[s] === Number.POSITIVE_INFINITY) this.#reachedObjects[this.#reachedObjectCount++] = s;
    distance[s] = key;
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

  /** The nearest object that is still to be looked at; -1 when none is nearer than the end of the path. */
  #takeNearest(): number {
    const heap = this.#heap;
    const place = this.#place;
    const distance = this.#objectDistance;
    if (this.#heapSize === 0) return -1;
    const nearest = heap[0]!;
    if (distance[nearest]! >= this.#endDistance) return -1;
    place[nearest] = -1;
    const moved = heap[--this.#heapSize]!;
    const size = this.#heapSize;
    if (size === 0) return nearest;
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
    return nearest;
  }
}

/** The highest score less price among a bidder's edges. */
export function bestValue(market: Market, price: Float64Array, n: number): number {
  const { offset, score, object } = market;
  let best = Number.NEGATIVE_INFINITY;
  for (let e = offset[n]!, end = offset[n + 1]!; e < end; e++) {
    const value = score[e]! - price[object[e]!]!;
    if (value > best) best = value;
  }
  return best;
}
