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
  /** Units that each bidder has yet to place. */
  readonly pending: Int32Array;
  /** Places that can ever be filled, those filled by bidders, and those held by idle bidders. */
  readonly places: Int32Array;
  readonly filled: Int32Array;
  readonly idle: Int32Array;
  #idlePending: number;
  readonly #idleBid: Float64Array;
  /** For each object a heap of who holds its places, the lowest bid on top: the edge, its bidder, the units, the bid. */
  readonly #start: Int32Array;
  readonly #held: Int32Array;
  readonly #slotEdge: Int32Array;
  readonly #slotBidder: Int32Array;
  readonly #slotUnits: Int32Array;
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
    const { objects, bidders, offset, object, capacity, quantity } = market;
    this.market = market;
    this.price = price;
    this.pending = quantity.slice();
    const wanted = new Float64Array(objects);
    const incoming = new Int32Array(objects);
    for (let n = 0; n < bidders; n++) {
      for (let e = offset[n]!, end = offset[n + 1]!; e < end; e++) {
        wanted[object[e]!]! += quantity[n]!;
        incoming[object[e]!]!++;
      }
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
    this.#slotBidder = new Int32Array(this.#start[objects]!);
    this.#slotUnits = new Int32Array(this.#start[objects]!);
    this.#slotBid = new Float64Array(this.#start[objects]!);
    this.#stack = new Int32Array(bidders);
    this.#isWaiting = new Uint8Array(bidders);
    this.#byPrice = new Int32Array(objects);
    this.#priceKey = new Float64Array(objects);
  }

  /** Calls `visit` for every edge that carries units. */
  eachHeld(visit: (bidder: number, edge: number, object: number, units: number) => void): void {
    for (let s = 0; s < this.market.objects; s++) {
      for (let at = this.#start[s]!, end = at + this.#held[s]!; at < end; at++) {
        visit(this.#slotBidder[at]!, this.#slotEdge[at]!, s, this.#slotUnits[at]!);
      }
    }
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
   * or has bid `bidLimit` times, however many units it has, is left pending.
   */
  reduce(bidLimit: number): void {
    for (let n = this.market.bidders - 1; n >= 0; n--) this.#wait(n);
    this.#bidAll(0, Number.POSITIVE_INFINITY, bidLimit);
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
      if (!this.#bidAll(epsilon, stopAt, Number.POSITIVE_INFINITY)) return false;
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

  /**
   * Bids until nobody waits; false once there were more than `stopAt` bids in all. A bidder bids at most `bidLimit`
   * times, and not again once a bid moved nothing. The common case, one unit against one unit at an object full of bidders,
   * is written out, since most of the time is spent in it.
   */
  #bidAll(epsilon: number, stopAt: number, bidLimit: number): boolean {
    const { offset, score, object, quantity } = this.market;
    const { price, pending, places, filled } = this;
    const start = this.#start;
    const slotBidder = this.#slotBidder;
    const slotUnits = this.#slotUnits;
    const slotBid = this.#slotBid;
    const stack = this.#stack;
    const isWaiting = this.#isWaiting;
    const count = new Float64Array(bidLimit === Number.POSITIVE_INFINITY ? 0 : this.market.bidders);
    while (this.#waiting > 0) {
      const n = stack[this.#waiting - 1]!;
      const units = pending[n]!;
      if (units === 0 || (count.length > 0 && count[n]!++ >= bidLimit)) {
        this.#drop(n);
        continue;
      }
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
      if (this.bids++ > stopAt) return false;
      // Before the levels are known, a bidder may find nothing at a finite price.
      if (edge < 0) {
        this.#drop(n);
        continue;
      }
      const s = object[edge]!;
      // A bidder with nowhere else to go may bid anything; this much beats the ordinary bids of the others.
      const lead = second === Number.NEGATIVE_INFINITY ? score[edge]! + 1 : best - second;
      const bid = price[s]! + lead + epsilon;
      const top = start[s]!;
      if (units === 1 && filled[s] === places[s] && slotUnits[top] === 1 && slotBid[top]! < bid && quantity[n] === 1) {
        const loser = slotBidder[top]!;
        pending[n] = 0;
        isWaiting[n] = 0;
        pending[loser]!++;
        if (isWaiting[loser] === 0) {
          isWaiting[loser] = 1;
          stack[this.#waiting - 1] = loser;
        } else this.#waiting--;
        this.#sift(s, 0, edge, n, 1, bid);
        price[s] = slotBid[top]!;
        continue;
      }
      // The bidder leaves the stack first, so that those it outbids can go on top.
      this.#drop(n);
      const taken = this.#takePlaces(s, bid, units);
      if (taken === 0) continue;
      pending[n]! -= taken;
      filled[s]! += taken;
      this.#hold(s, edge, n, bid, taken);
      this.#reprice(s);
      if (pending[n]! > 0) this.#wait(n);
    }
    return true;
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
      const units = Math.min(wanted - taken, this.#slotUnits[start]!);
      const loser = this.#slotBidder[start]!;
      this.#slotUnits[start]! -= units;
      this.filled[s]! -= units;
      this.pending[loser]! += units;
      if (this.#slotUnits[start] === 0) this.#removeLowest(s);
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
    const { price, pending, filled } = this;
    this.#waiting = 0;
    this.#isWaiting.fill(0);
    const best = new Float64Array(bidders);
    for (let n = 0; n < bidders; n++) {
      let value = Number.NEGATIVE_INFINITY;
      for (let e = offset[n]!, end = offset[n + 1]!; e < end; e++) {
        const other = score[e]! - price[object[e]!]!;
        if (other > value) value = other;
      }
      best[n] = value - epsilon;
    }
    let floor = Number.POSITIVE_INFINITY;
    for (let s = 0; s < objects; s++) {
      if (this.places[s]! > 0) floor = Math.min(floor, price[s]!);
      let kept = this.#start[s]!;
      for (let at = kept, end = kept + this.#held[s]!; at < end; at++) {
        const edge = this.#slotEdge[at]!;
        const n = this.#slotBidder[at]!;
        const units = this.#slotUnits[at]!;
        if (score[edge]! - price[s]! < best[n]!) {
          filled[s]! -= units;
          pending[n]! += units;
          continue;
        }
        this.#slotEdge[kept] = edge;
        this.#slotBidder[kept] = n;
        this.#slotUnits[kept] = units;
        this.#slotBid[kept++] = price[s]!;
      }
      this.#held[s] = kept - this.#start[s]!;
    }
    for (let n = bidders - 1; n >= 0; n--) this.#wait(n);
    for (let s = 0; s < objects; s++) {
      if (this.idle[s] === 0) continue;
      if (price[s]! <= floor + epsilon) this.#idleBid[s] = price[s]!;
      else {
        this.#idlePending += this.idle[s]!;
        this.idle[s] = 0;
      }
    }
  }

  /** Gives units of object s to bidder n along an edge, with the bid. */
  #hold(s: number, edge: number, n: number, bid: number, units: number): void {
    const start = this.#start[s]!;
    const slotBid = this.#slotBid;
    if (this.market.quantity[n]! > 1) {
      for (let at = 0; at < this.#held[s]!; at++) {
        if (this.#slotEdge[start + at] !== edge) continue;
        const before = this.#slotUnits[start + at]!;
        this.#sift(s, at, edge, n, before + units, Math.max(bid, slotBid[start + at]!));
        return;
      }
    }
    let at = this.#held[s]!++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (slotBid[start + parent]! <= bid) break;
      this.#moveSlot(start + parent, start + at);
      at = parent;
    }
    this.#setSlot(start + at, edge, n, units, bid);
  }

  #removeLowest(s: number): void {
    const size = --this.#held[s]!;
    const last = this.#start[s]! + size;
    if (size === 0) return;
    this.#sift(s, 0, this.#slotEdge[last]!, this.#slotBidder[last]!, this.#slotUnits[last]!, this.#slotBid[last]!);
  }

  /** Puts a holder where its bid belongs, at slot `from` or below. */
  #sift(s: number, from: number, edge: number, n: number, units: number, bid: number): void {
    const start = this.#start[s]!;
    const size = this.#held[s]!;
    const slotBid = this.#slotBid;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && slotBid[start + child + 1]! < slotBid[start + child]!) child++;
      if (slotBid[start + child]! >= bid) break;
      this.#moveSlot(start + child, start + at);
      at = child;
    }
    this.#setSlot(start + at, edge, n, units, bid);
  }

  #moveSlot(from: number, to: number): void {
    this.#setSlot(to, this.#slotEdge[from]!, this.#slotBidder[from]!, this.#slotUnits[from]!, this.#slotBid[from]!);
  }

  #setSlot(slot: number, edge: number, n: number, units: number, bid: number): void {
    this.#slotEdge[slot] = edge;
    this.#slotBidder[slot] = n;
    this.#slotUnits[slot] = units;
    this.#slotBid[slot] = bid;
  }

  #sortByPrice(): void {
    let size = 0;
    for (let s = 0; s < this.market.objects; s++) {
      if (this.places[s] === 0) continue;
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
