import type { Market } from './market.ts';

/**
 * An auction of the places of a market (Bertsekas 1979; for objects of many places Bertsekas and Castañon 1989). A bidder
 * without a place bids for its best object as much as makes the second best as good, plus `epsilon`, and outbids the
 * lowest holders. Places that nobody asks for are held by idle bidders, who like every object equally, so that
 * every place is held and prices can fall as well as rise from one `epsilon` to the next (Bertsekas, Castañon and
 * Tsaknakis 1993 on asymmetric problems). Amounts are whole numbers throughout.
 */
export class Auction {
  readonly market: Market;
  readonly price: Float64Array;
  /** Units on each edge; units that each bidder has yet to place. */
  readonly amount: Int32Array;
  readonly pending: Int32Array;
  /** Places that can ever be filled, those filled by bidders, and those held by idle bidders. */
  readonly places: Int32Array;
  readonly filled: Int32Array;
  readonly idle: Int32Array;
  #idlePending: number;
  readonly #idleBid: Float64Array;
  /** For each object a heap of the edges it holds, the lowest bid on top, in one array. */
  readonly #start: Int32Array;
  readonly #held: Int32Array;
  readonly #slotEdge: Int32Array;
  readonly #slotBid: Float64Array;
  readonly #stack: Int32Array;
  readonly #isWaiting: Uint8Array;
  #waiting = 0;
  /** A heap of objects by price; keys may lag behind, since prices only rise while it is in use. */
  readonly #byPrice: Int32Array;
  readonly #priceKey: Float64Array;
  #byPriceSize = 0;
  /** Bids so far. */
  bids = 0;

  constructor(market: Market, price: Float64Array) {
    const { objects, bidders, object, bidderOf, capacity, quantity } = market;
    this.market = market;
    this.price = price;
    this.amount = new Int32Array(object.length);
    this.pending = quantity.slice();
    const wanted = new Float64Array(objects);
    const incoming = new Int32Array(objects);
    for (let e = 0; e < object.length; e++) {
      wanted[object[e]!]! += quantity[bidderOf[e]!]!;
      incoming[object[e]!]!++;
    }
    this.places = new Int32Array(objects);
    this.#start = new Int32Array(objects + 1);
    let idle = 0;
    for (let s = 0; s < objects; s++) {
      // One place more than can be wanted stands for any number: such an object is never full.
      this.places[s] = wanted[s] === 0 ? 0 : Math.min(capacity[s]!, wanted[s]! + 1);
      this.#start[s + 1] = this.#start[s]! + Math.min(this.places[s]!, incoming[s]!);
      idle += this.places[s]!;
    }
    for (let n = 0; n < bidders; n++) idle -= quantity[n]!;
    this.#idlePending = idle;
    this.filled = new Int32Array(objects);
    this.idle = new Int32Array(objects);
    this.#idleBid = new Float64Array(objects);
    this.#held = new Int32Array(objects);
    this.#slotEdge = new Int32Array(this.#start[objects]!);
    this.#slotBid = new Float64Array(this.#start[objects]!);
    this.#stack = new Int32Array(bidders);
    this.#isWaiting = new Uint8Array(bidders);
    this.#byPrice = new Int32Array(objects);
    this.#priceKey = new Float64Array(objects);
  }

  /** Whether idle bidders may not hold places of object s. */
  isForced(s: number): boolean {
    return this.market.forced !== null && this.market.forced[s]! > 0;
  }

  /** Takes over a flow that someone else has changed; the idle bidders start anew. */
  adopt(amount: Int32Array): void {
    const { object, bidderOf, quantity } = this.market;
    this.amount.set(amount);
    this.pending.set(quantity);
    this.filled.fill(0);
    for (let e = 0; e < amount.length; e++) {
      if (amount[e] === 0) continue;
      this.filled[object[e]!]! += amount[e]!;
      this.pending[bidderOf[e]!]! -= amount[e]!;
    }
    this.#idlePending = this.idleUnits;
    this.idle.fill(0);
  }

  /** Places that bidders leave over. */
  get idleUnits(): number {
    let units = this.#idlePending;
    for (let s = 0; s < this.idle.length; s++) units += this.idle[s]!;
    return units;
  }

  /**
   * Bids without `epsilon` from prices at which every object that is not full costs 0. Prices stay optimal for the units
   * placed (the augmenting row reduction of Jonker and Volgenant 1987); a bidder that gains nothing over its second best,
   * or has bid `bidLimit` times for each of its units, is left pending.
   */
  reduce(bidLimit: number): void {
    const { quantity } = this.market;
    const count = new Float64Array(this.market.bidders);
    for (let n = this.market.bidders - 1; n >= 0; n--) this.#wait(n);
    while (this.#waiting > 0) {
      const n = this.#stack[this.#waiting - 1]!;
      if (this.pending[n] === 0 || count[n]! >= bidLimit * quantity[n]! || !this.#bid(n, 0)) {
        this.#drop(n);
        continue;
      }
      count[n]!++;
    }
  }

  /**
   * One phase: keeps the places that are within `epsilon` of the best, then bids until every bidder and idle bidder has a
   * place. The result is within bidders × `epsilon` of optimal. Gives up, and gives false, after `bidLimit` bids.
   */
  clear(epsilon: number, bidLimit: number): boolean {
    this.#keepWithin(epsilon);
    this.#sortByPrice();
    const stopAt = this.bids + bidLimit;
    while (this.#waiting > 0 || this.#idlePending > 0) {
      while (this.#waiting > 0) {
        const n = this.#stack[this.#waiting - 1]!;
        if (this.pending[n] === 0) this.#drop(n);
        else {
          this.#bid(n, epsilon);
          if (this.bids > stopAt) return false;
        }
      }
      if (this.#idlePending > 0) this.#idleBids(epsilon);
    }
    return true;
  }

  #wait(n: number): void {
    if (this.#isWaiting[n] === 1 || this.pending[n] === 0) return;
    this.#isWaiting[n] = 1;
    this.#stack[this.#waiting++] = n;
  }

  /** Takes bidder n, which is on top, off the stack. */
  #drop(n: number): void {
    this.#isWaiting[n] = 0;
    this.#waiting--;
  }

  /** One bid of bidder n, who is on top of the stack; false when it moved nothing. */
  #bid(n: number, epsilon: number): boolean {
    const { offset, score, object } = this.market;
    const price = this.price;
    let best = Number.NEGATIVE_INFINITY;
    let second = Number.NEGATIVE_INFINITY;
    let edge = -1;
    for (let e = offset[n]!, end = offset[n + 1]!; e < end; e++) {
      const value = score[e]! - price[object[e]!]!;
      if (value > second) {
        if (value > best) {
          second = best;
          best = value;
          edge = e;
        } else second = value;
      }
    }
    this.bids++;
    const s = object[edge]!;
    // A bidder with nowhere else to go may bid anything; this much beats the ordinary bids of the others.
    const lead = second === Number.NEGATIVE_INFINITY ? score[edge]! + 1 : best - second;
    const bid = price[s]! + lead + epsilon;
    // The bidder leaves the stack first, so that those it outbids can go on top.
    this.#drop(n);
    const units = this.#takePlaces(s, bid, this.pending[n]!);
    if (units > 0) {
      this.pending[n]! -= units;
      this.filled[s]! += units;
      this.#hold(s, edge, bid, units);
      this.#reprice(s);
    }
    if (this.pending[n]! > 0) this.#wait(n);
    return units > 0;
  }

  /** Frees up to `wanted` places of object s for a bid, from those with lower ones; gives how many. */
  #takePlaces(s: number, bid: number, wanted: number): number {
    let taken = Math.min(wanted, this.places[s]! - this.filled[s]! - this.idle[s]!);
    const start = this.#start[s]!;
    while (taken < wanted) {
      const lowest = this.#held[s]! > 0 ? this.#slotBid[start]! : Number.POSITIVE_INFINITY;
      if (this.idle[s]! > 0 && this.#idleBid[s]! <= lowest) {
        if (this.#idleBid[s]! >= bid) break;
        const units = Math.min(wanted - taken, this.idle[s]!);
        this.idle[s]! -= units;
        this.#idlePending += units;
        taken += units;
        continue;
      }
      if (lowest >= bid) break;
      const lost = this.#slotEdge[start]!;
      const units = Math.min(wanted - taken, this.amount[lost]!);
      const loser = this.market.bidderOf[lost]!;
      this.amount[lost]! -= units;
      this.filled[s]! -= units;
      this.pending[loser]! += units;
      if (this.amount[lost] === 0) this.#removeLowest(s);
      this.#wait(loser);
      taken += units;
    }
    return taken;
  }

  #reprice(s: number): void {
    if (this.filled[s]! + this.idle[s]! < this.places[s]!) return;
    const lowest = this.#held[s]! > 0 ? this.#slotBid[this.#start[s]!]! : Number.POSITIVE_INFINITY;
    this.price[s] = this.idle[s]! > 0 ? Math.min(lowest, this.#idleBid[s]!) : lowest;
  }

  /** Idle bidders take places of the cheapest objects. */
  #idleBids(epsilon: number): void {
    const byPrice = this.#byPrice;
    const key = this.#priceKey;
    while (this.#idlePending > 0) {
      const s = byPrice[0]!;
      if (key[s]! < this.price[s]!) {
        key[s] = this.price[s]!;
        this.#siftByPrice(0);
        continue;
      }
      let next = this.price[s]!;
      if (this.#byPriceSize > 1) next = Math.max(next, key[byPrice[1]!]!);
      if (this.#byPriceSize > 2) next = Math.max(this.price[s]!, Math.min(next, key[byPrice[2]!]!));
      const bid = next + epsilon;
      this.bids++;
      const units = this.#takePlaces(s, Math.max(bid, this.#idleBid[s]!), this.#idlePending);
      this.#idlePending -= units;
      this.idle[s]! += units;
      this.#idleBid[s] = this.idle[s] === units ? bid : Math.max(bid, this.#idleBid[s]!);
      this.#reprice(s);
      if (this.filled[s]! + this.idle[s]! === this.places[s]! && this.#waiting > 0) return;
    }
  }

  /** Starts a phase: whoever is not within `epsilon` of the best gives up its place. */
  #keepWithin(epsilon: number): void {
    const { bidders, objects, offset, score, object } = this.market;
    const { price, amount } = this;
    this.#held.fill(0);
    this.#waiting = 0;
    this.#isWaiting.fill(0);
    let floor = Number.POSITIVE_INFINITY;
    for (let s = 0; s < objects; s++) if (this.places[s]! > 0 && !this.isForced(s)) floor = Math.min(floor, price[s]!);
    for (let n = bidders - 1; n >= 0; n--) {
      const from = offset[n]!;
      const to = offset[n + 1]!;
      let best = Number.NEGATIVE_INFINITY;
      for (let e = from; e < to; e++) best = Math.max(best, score[e]! - price[object[e]!]!);
      for (let e = from; e < to; e++) {
        const units = amount[e]!;
        if (units === 0) continue;
        const s = object[e]!;
        if (score[e]! - price[s]! >= best - epsilon) {
          const at = this.#start[s]! + this.#held[s]!++;
          this.#slotEdge[at] = e;
          this.#slotBid[at] = price[s]!;
        } else {
          amount[e] = 0;
          this.filled[s]! -= units;
          this.pending[n]! += units;
        }
      }
      this.#wait(n);
    }
    for (let s = 0; s < objects; s++) {
      if (this.idle[s] === 0) continue;
      if (price[s]! <= floor + epsilon) this.#idleBid[s] = price[s]!;
      else {
        this.#idlePending += this.idle[s]!;
        this.idle[s] = 0;
      }
    }
  }

  /** Puts units on top of what object s holds along an edge, with the bid. */
  #hold(s: number, edge: number, bid: number, units: number): void {
    const start = this.#start[s]!;
    const before = this.amount[edge]!;
    this.amount[edge] = before + units;
    if (before > 0) {
      let at = 0;
      while (this.#slotEdge[start + at] !== edge) at++;
      if (bid > this.#slotBid[start + at]!) this.#sift(s, at, edge, bid);
      return;
    }
    let at = this.#held[s]!++;
    const slotBid = this.#slotBid;
    const slotEdge = this.#slotEdge;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (slotBid[start + parent]! <= bid) break;
      slotBid[start + at] = slotBid[start + parent]!;
      slotEdge[start + at] = slotEdge[start + parent]!;
      at = parent;
    }
    slotBid[start + at] = bid;
    slotEdge[start + at] = edge;
  }

  #removeLowest(s: number): void {
    const size = --this.#held[s]!;
    const last = this.#start[s]! + size;
    if (size > 0) this.#sift(s, 0, this.#slotEdge[last]!, this.#slotBid[last]!);
  }

  /** Moves an edge down from slot `at` to where its bid belongs. */
  #sift(s: number, from: number, edge: number, bid: number): void {
    const start = this.#start[s]!;
    const size = this.#held[s]!;
    const slotBid = this.#slotBid;
    const slotEdge = this.#slotEdge;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && slotBid[start + child + 1]! < slotBid[start + child]!) child++;
      if (slotBid[start + child]! >= bid) break;
      slotBid[start + at] = slotBid[start + child]!;
      slotEdge[start + at] = slotEdge[start + child]!;
      at = child;
    }
    slotBid[start + at] = bid;
    slotEdge[start + at] = edge;
  }

  #sortByPrice(): void {
    let size = 0;
    for (let s = 0; s < this.market.objects; s++) {
      if (this.places[s] === 0 || this.isForced(s)) continue;
      this.#byPrice[size++] = s;
      this.#priceKey[s] = this.price[s]!;
    }
    this.#byPriceSize = size;
    for (let at = (size >> 1) - 1; at >= 0; at--) this.#siftByPrice(at);
  }

  #siftByPrice(from: number): void {
    const heap = this.#byPrice;
    const key = this.#priceKey;
    const size = this.#byPriceSize;
    const s = heap[from]!;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && key[heap[child + 1]!]! < key[heap[child]!]!) child++;
      if (key[heap[child]!]! >= key[s]!) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = s;
  }
}
