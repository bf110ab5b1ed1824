import { addFlow } from './flow.ts';
import { type LiveColumns, longer } from './live-columns.ts';
import { WEIGHTS } from './live-prices.ts';

/** The needs of one tier in one community, the units that they ask for, and the units that they get. */
export type LiveGroup = {
  readonly tier: number;
  demand: number;
  matched: number;
  readonly members: number[];
};

/**
 * Prices as pairs (level, score), compared level first. A node is a service or, after the services, a group. The price of
 * a service is what a place is worth; of a group, what one more unit of its demand is worth; of a need (its bid), what it
 * would pay for a place but for the score. Between searches:
 * - no edge: bid + score > price of the service, and equality where units flow;
 * - no need bids more than its group's price, and one with pending units bids just that;
 * - a service has a price of at least 0, and just 0 while places are free;
 * - a group's price lies between the worth of its last unit met and of its first unit unmet.
 */
export type GroupPrices = {
  readonly groups: LiveGroup[];
  groupOf: Int32Array;
  nodeLevel: Float64Array;
  nodePrice: Float64Array;
  bidLevel: Float64Array;
  bidPrice: Float64Array;
};

/** The most units of one tier in one community for which levels tell any two different shares apart. */
export const MOST_GROUP_UNITS = 2 ** 21;

/**
 * The level of a group's unit number `unit` (1, 2, …): tier first, then the lower share. Two different shares of demands up
 * to 2^21 are at least 2^-44 apart, twice what a double below 256 can tell apart.
 */
export function levelOfUnit(group: LiveGroup, unit: number): number {
  return WEIGHTS - group.tier - shareOf(group, unit);
}

/** How much of its demand a group has met at the middle of unit number `unit`. */
export function shareOf(group: LiveGroup, unit: number): number {
  return (2 * unit - 1) / (2 * group.demand);
}

const SOURCE = -1;
const THROUGH_GROUP = -2;
/** The end of a path that changes nothing but prices. */
const STAY = -1;

/**
 * Shortest paths from one place of a live EQUITABLE assignment, over what they reach only. Since only the units of groups
 * have a level of their own, the level part of every distance is the level of the node reached; so distances need no sum
 * of levels, which would not be exact, but a comparison of levels and a sum of scores.
 *
 * `forward` searches go from where a unit is to be placed to where a place can be had; `backward` ones from where a place
 * or a share is free to who should have it. Each sends units along one path and moves the prices of what is nearer than its
 * end, so that what held before holds after.
 */
export class GroupSearch {
  readonly #columns: LiveColumns;
  readonly #prices: GroupPrices;
  readonly #services: number;
  #nodeDistance: Float64Array;
  #needDistance: Float64Array;
  /** The edge by which a service is reached; the need by which a group is. */
  #nodeVia: Int32Array;
  /** Forward the edge that a need gives up, backward the edge that it takes; or `THROUGH_GROUP`. */
  #needVia: Int32Array;
  readonly #reachedNodes: number[] = [];
  readonly #reachedNeeds: number[] = [];
  readonly #heap: number[] = [];
  #place: Int32Array;
  /** 1 forward: lower levels are nearer; -1 backward. */
  #direction = 1;
  /** The group whose own units are at stake, as a node; `SOURCE` for none. */
  #ownGroup = SOURCE;
  #endNode = STAY;
  #endLevel = 0;
  #endDistance = 0;
  scanned = 0;

  constructor(columns: LiveColumns, prices: GroupPrices) {
    this.#columns = columns;
    this.#prices = prices;
    this.#services = columns.capacity.length;
    this.#nodeDistance = new Float64Array(0);
    this.#nodeVia = new Int32Array(0);
    this.#place = new Int32Array(0);
    this.#needDistance = new Float64Array(0);
    this.#needVia = new Int32Array(0);
    this.makeRoom();
  }

  /** Follows the columns and prices when these have grown. */
  makeRoom(): void {
    const nodes = this.#prices.nodeLevel.length;
    if (this.#nodeDistance.length < nodes) {
      this.#nodeDistance = new Float64Array(nodes).fill(Number.POSITIVE_INFINITY);
      this.#nodeVia = new Int32Array(nodes);
      this.#place = new Int32Array(nodes).fill(-1);
    }
    const needs = this.#columns.tier.length;
    if (this.#needDistance.length < needs) {
      this.#needDistance = new Float64Array(needs).fill(Number.POSITIVE_INFINITY);
      this.#needVia = longer(this.#needVia, needs);
    }
  }

  /**
   * Places pending units of need n that its group counts as matched: at a free place, or in the stead of the unit of
   * another group that is worth least, or they go unmet, or another member of the group does in their stead. Gives how many
   * of the `units` that settles.
   */
  settle(n: number, units: number): number {
    const group = this.#services + this.#prices.groupOf[n]!;
    this.#start(1, group);
    this.#leaveNeed(n, SOURCE, 0);
    this.#exploreForward();
    const moved = this.#endNode === group && this.#nodeVia[group] === n ? units : this.#shiftForward(units);
    if (this.#endNode === group) this.#groupAt(group).matched -= moved;
    this.#finish();
    return moved;
  }

  /** Gives one more unit of group g a place, or as many as one free service takes; or finds that none is worth it. */
  serve(g: number): void {
    const node = this.#services + g;
    const group = this.#prices.groups[g]!;
    this.#start(1, node);
    this.#endAt(STAY, levelOfUnit(group, group.matched + 1), -this.#prices.nodePrice[node]!);
    this.#reachNode(node, SOURCE, 0);
    this.#exploreForward();
    if (this.#endNode !== STAY) group.matched += this.#shiftForward(group.demand - group.matched);
    this.#finish();
  }

  /** Takes one unit from group g for a group to which it is worth more, or finds that there is none. */
  relieve(g: number): void {
    const node = this.#services + g;
    const group = this.#prices.groups[g]!;
    this.#start(-1, node);
    this.#endAt(STAY, levelOfUnit(group, group.matched), this.#prices.nodePrice[node]!);
    this.#reachNode(node, SOURCE, 0);
    this.#exploreBackward();
    if (this.#endNode !== STAY) group.matched -= this.#shiftBackward(1);
    this.#finish();
  }

  /** Gives free places of service s to whom they are worth most, or finds that they are worth nothing. */
  fill(s: number): void {
    const { flow, capacity } = this.#columns;
    this.#start(-1, SOURCE);
    this.#endAt(STAY, 0, this.#prices.nodePrice[s]!);
    this.#reachNode(s, SOURCE, 0);
    this.#exploreBackward();
    if (this.#endNode !== STAY) this.#shiftBackward(capacity[s]! - flow.used[s]!);
    this.#finish();
  }

  #groupAt(node: number): LiveGroup {
    return this.#prices.groups[node - this.#services]!;
  }

  #start(direction: number, ownGroup: number): void {
    this.#direction = direction;
    this.#ownGroup = ownGroup;
    this.#endNode = STAY;
    this.#endLevel = direction * Number.POSITIVE_INFINITY;
    this.#endDistance = 0;
  }

  #isNearer(level: number, distance: number): boolean {
    if (level !== this.#endLevel) return level < this.#endLevel === this.#direction > 0;
    return distance < this.#endDistance;
  }

  #endAt(node: number, level: number, distance: number): void {
    if (!this.#isNearer(level, distance)) return;
    this.#endNode = node;
    this.#endLevel = level;
    this.#endDistance = distance;
  }

  #reachNode(node: number, via: number, distance: number): void {
    const { nodeLevel, nodePrice } = this.#prices;
    const level = nodeLevel[node]!;
    if (distance >= this.#nodeDistance[node]! || !this.#isNearer(level, distance)) return;
    if (this.#nodeDistance[node] === Number.POSITIVE_INFINITY) this.#reachedNodes.push(node);
    this.#nodeDistance[node] = distance;
    this.#nodeVia[node] = via;
    const isForward = this.#direction > 0;
    if (via === SOURCE) {
      // The source of a search has its own ends.
    } else if (node < this.#services) {
      const { flow, capacity } = this.#columns;
      if (!isForward) this.#endAt(node, 0, distance + nodePrice[node]!);
      else if (flow.used[node]! < capacity[node]!) this.#endAt(node, level, distance);
    } else if (isForward) {
      // The group of a need that settles gives up one unit of its own, whatever that is worth.
      if (node === this.#ownGroup) this.#endAt(node, level, distance);
      else {
        const group = this.#groupAt(node);
        this.#endAt(node, levelOfUnit(group, group.matched), distance - nodePrice[node]!);
      }
    } else {
      const group = this.#groupAt(node);
      this.#endAt(node, levelOfUnit(group, group.matched + 1), distance + nodePrice[node]!);
    }
    this.#moveUp(node);
  }

  #exploreForward(): void {
    const { flow } = this.#columns;
    for (let node = this.#takeNearest(); node >= 0; node = this.#takeNearest()) {
      const distance = this.#nodeDistance[node]!;
      if (node < this.#services) {
        for (let held = flow.head[node]!; held >= 0; held = flow.next[held]!) {
          this.#leaveNeed(flow.needOf[held]!, held, distance);
        }
      } else {
        for (const n of this.#groupAt(node).members) {
          if (flow.pending[n]! > 0) this.#leaveNeed(n, THROUGH_GROUP, distance);
        }
      }
    }
  }

  /** A need is to take another place; or it goes unmet, and its group goes on. */
  #leaveNeed(n: number, via: number, distance: number): void {
    if (this.#needDistance[n] !== Number.POSITIVE_INFINITY) return;
    const { flow, firstEdge, score } = this.#columns;
    const { nodePrice, groupOf, bidPrice } = this.#prices;
    this.scanned++;
    this.#needDistance[n] = distance;
    this.#needVia[n] = via;
    this.#reachedNeeds.push(n);
    const base = distance - bidPrice[n]!;
    const group = this.#services + groupOf[n]!;
    if (via !== THROUGH_GROUP) this.#reachNode(group, n, base + nodePrice[group]!);
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
      const s = flow.serviceOf[e]!;
      this.#reachNode(s, e, base + nodePrice[s]! - score[e]!);
    }
  }

  #exploreBackward(): void {
    const { flow, quantity, score, withdrawn, firstIncoming, nextIncoming } = this.#columns;
    const { nodePrice, bidPrice } = this.#prices;
    for (let node = this.#takeNearest(); node >= 0; node = this.#takeNearest()) {
      const base = this.#nodeDistance[node]! + nodePrice[node]!;
      if (node < this.#services) {
        for (let e = firstIncoming[node]!; e >= 0; e = nextIncoming[e]!) {
          const n = flow.needOf[e]!;
          if (withdrawn[n] === 0) this.#enterNeed(n, e, base - bidPrice[n]! - score[e]!);
        }
      } else {
        for (const n of this.#groupAt(node).members) {
          if (flow.pending[n]! < quantity[n]!) this.#enterNeed(n, THROUGH_GROUP, base - bidPrice[n]!);
        }
      }
    }
  }

  /** A need takes a place, or leaves its unit to another member; it gives up a place, or one more of its units is met. */
  #enterNeed(n: number, via: number, distance: number): void {
    if (distance >= this.#needDistance[n]! || !this.#isNearer(this.#prices.bidLevel[n]!, distance)) return;
    const { flow, firstEdge } = this.#columns;
    this.scanned++;
    if (this.#needDistance[n] === Number.POSITIVE_INFINITY) this.#reachedNeeds.push(n);
    this.#needDistance[n] = distance;
    this.#needVia[n] = via;
    if (flow.pending[n]! > 0) this.#reachNode(this.#services + this.#prices.groupOf[n]!, n, distance);
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
      if (flow.amount[e]! > 0) this.#reachNode(flow.serviceOf[e]!, e, distance);
    }
  }

  /** Sends units along the path found, and gives how many; they come out of need or group at its start. */
  #shiftForward(limit: number): number {
    const { flow, capacity } = this.#columns;
    const takes: number[] = [];
    const given: number[] = [];
    let units = limit;
    let s = this.#endNode;
    if (s < this.#services) units = Math.min(units, capacity[s]! - flow.used[s]!);
    else {
      if (s !== this.#ownGroup) {
        units = 1;
        this.#groupAt(s).matched--;
      }
      const gives = this.#needVia[this.#nodeVia[s]!]!;
      given.push(gives);
      s = flow.serviceOf[gives]!;
    }
    for (;;) {
      const take = this.#nodeVia[s]!;
      takes.push(take);
      const n = flow.needOf[take]!;
      let gives = this.#needVia[n]!;
      if (gives === THROUGH_GROUP) {
        units = Math.min(units, flow.pending[n]!);
        const giver = this.#nodeVia[this.#services + this.#prices.groupOf[n]!]!;
        gives = giver === SOURCE ? SOURCE : this.#needVia[giver]!;
      }
      if (gives === SOURCE) break;
      given.push(gives);
      s = flow.serviceOf[gives]!;
    }
    return this.#move(given, takes, units);
  }

  /** Sends units along the path found backwards, and gives how many. */
  #shiftBackward(limit: number): number {
    const { flow } = this.#columns;
    const takes: number[] = [];
    const given: number[] = [];
    let units = limit;
    let n: number;
    if (this.#endNode < this.#services) {
      given.push(this.#nodeVia[this.#endNode]!);
      n = flow.needOf[given[0]!]!;
    } else {
      n = this.#nodeVia[this.#endNode]!;
      units = 1;
      this.#groupAt(this.#endNode).matched++;
    }
    for (;;) {
      let take = this.#needVia[n]!;
      if (take === THROUGH_GROUP) {
        n = this.#nodeVia[this.#services + this.#prices.groupOf[n]!]!;
        if (n === SOURCE) break;
        units = Math.min(units, flow.pending[n]!);
        take = this.#needVia[n]!;
      }
      takes.push(take);
      const gives = this.#nodeVia[flow.serviceOf[take]!]!;
      if (gives === SOURCE) break;
      given.push(gives);
      n = flow.needOf[gives]!;
    }
    return this.#move(given, takes, units);
  }

  #move(given: readonly number[], takes: readonly number[], limit: number): number {
    const { flow } = this.#columns;
    let units = limit;
    for (const edge of given) units = Math.min(units, flow.amount[edge]!);
    for (const edge of given) addFlow(flow, edge, -units);
    for (const edge of takes) addFlow(flow, edge, units);
    return units;
  }

  /** Moves the prices of what is nearer than the end to the level of the end, and forgets the search. */
  #finish(): void {
    const { nodeLevel, nodePrice, bidLevel, bidPrice } = this.#prices;
    const { flow } = this.#columns;
    for (const n of this.#reachedNeeds) {
      const distance = this.#needDistance[n]!;
      this.#needDistance[n] = Number.POSITIVE_INFINITY;
      if (!this.#isNearer(bidLevel[n]!, distance)) continue;
      bidLevel[n] = this.#endLevel;
      bidPrice[n]! += this.#direction * (this.#endDistance - distance);
    }
    for (const node of this.#reachedNodes) {
      const distance = this.#nodeDistance[node]!;
      this.#nodeDistance[node] = Number.POSITIVE_INFINITY;
      if (!this.#isNearer(nodeLevel[node]!, distance)) continue;
      nodeLevel[node] = this.#endLevel;
      nodePrice[node]! += this.#direction * (this.#endDistance - distance);
      if (node < this.#services) continue;
      // Members without any place follow their group.
      for (const n of this.#groupAt(node).members) {
        if (flow.pending[n] === 0) continue;
        bidLevel[n] = nodeLevel[node]!;
        bidPrice[n] = nodePrice[node]!;
      }
    }
    for (const node of this.#heap) this.#place[node] = -1;
    this.#reachedNeeds.length = 0;
    this.#reachedNodes.length = 0;
    this.#heap.length = 0;
  }

  #isBefore(a: number, b: number): boolean {
    const { nodeLevel } = this.#prices;
    const levels = nodeLevel[a]! - nodeLevel[b]!;
    if (levels !== 0) return levels < 0 === this.#direction > 0;
    return this.#nodeDistance[a]! < this.#nodeDistance[b]!;
  }

  #moveUp(node: number): void {
    const heap = this.#heap;
    let at = this.#place[node]!;
    if (at < 0) at = heap.push(node) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const other = heap[parent]!;
      if (!this.#isBefore(node, other)) break;
      heap[at] = other;
      this.#place[other] = at;
      at = parent;
    }
    heap[at] = node;
    this.#place[node] = at;
  }

  /** The nearest node that is still to be looked at; -1 when none is nearer than the end. */
  #takeNearest(): number {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || !this.#isNearer(this.#prices.nodeLevel[first]!, this.#nodeDistance[first]!)) return -1;
    this.#place[first] = -1;
    const moved = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#isBefore(heap[child + 1]!, heap[child]!)) child++;
      const other = heap[child]!;
      if (!this.#isBefore(other, moved)) break;
      heap[at] = other;
      this.#place[other] = at;
      at = child;
    }
    heap[at] = moved;
    this.#place[moved] = at;
    return first;
  }
}
