import { MatchingInputError } from '../errors.ts';
import { addFlow } from './flow.ts';
import { type GroupPrices, GroupSearch, levelOfUnit, MOST_GROUP_UNITS, shareOf } from './group-search.ts';
import { type LiveColumns, type LivePrices, type LiveRule, longer } from './live-columns.ts';
import { numberLevels, WEIGHTS } from './live-prices.ts';
import type { Assignment } from './problem.ts';

/**
 * Keeps an EQUITABLE assignment. What a unit of a community is worth depends on its demand, so a need that comes or goes
 * moves the worth of all units of its group (its tier in its community): the group's price may then lie outside what its
 * last unit met and its first unit unmet are worth. It is brought back by serving one more unit or giving one up along a
 * shortest path, or by moving prices alone. A unit on its way counts as matched until it is settled, so that each search
 * starts from prices that hold everywhere else.
 */
export class EquitableRule implements LiveRule {
  readonly #columns: LiveColumns;
  readonly #prices: GroupPrices;
  readonly #search: GroupSearch;
  readonly #groupNumber = new Map<number, number>();

  /** Throws `MatchingInputError` when levels or sums of scores could not be kept exact. */
  constructor(columns: LiveColumns, assignment: Assignment, mostNeeds: number, highestScore: number) {
    // A path visits no need twice; a price is the difference of two paths, a distance of two prices and an edge.
    if (8 * (mostNeeds + 1) * (highestScore + 1) > 2 ** 52) {
      throw new MatchingInputError('limits', null, 'must be narrower, or sums would not be exact');
    }
    const levels = assignment.levels!;
    const worthOf = (level: number): number => (level === 0 ? 0 : WEIGHTS - levels.tier[level]! - levels.share[level]!);
    const services = columns.capacity.length;
    const nodes = services + levels.group.length;
    this.#columns = columns;
    this.#prices = {
      groups: [],
      groupOf: new Int32Array(columns.needs),
      nodeLevel: new Float64Array(nodes),
      nodePrice: new Float64Array(nodes),
      bidLevel: new Float64Array(columns.needs),
      bidPrice: new Float64Array(columns.needs),
    };
    for (let n = 0; n < columns.needs; n++) {
      this.check(columns.tier[n]!, columns.community[n]!, columns.quantity[n]!);
      const g = this.#groupFor(n);
      this.#prices.groups[g]!.demand += columns.quantity[n]!;
      this.#prices.groups[g]!.members.push(n);
      this.#prices.groups[g]!.matched += columns.quantity[n]! - columns.flow.pending[n]!;
    }
    const { nodeLevel, nodePrice } = this.#prices;
    nodeLevel.set(Float64Array.from(levels.service, worthOf));
    nodeLevel.set(Float64Array.from(levels.group, worthOf), services);
    nodePrice.set(assignment.servicePrice);
    nodePrice.set(levels.groupPrice, services);
    this.#search = new GroupSearch(columns, this.#prices);
    for (let n = 0; n < columns.needs; n++) this.#bid(n);
  }

  get scanned(): number {
    return this.#search.scanned;
  }

  check(tier: number, community: number, quantity: number): void {
    const group = this.#prices.groups[this.#groupNumber.get(keyOf(tier, community)) ?? -1];
    if ((group?.demand ?? 0) + quantity <= MOST_GROUP_UNITS) return;
    throw new MatchingInputError(
      'quantity',
      null,
      `must not take a community over ${MOST_GROUP_UNITS} units of a tier`,
    );
  }

  arrive(n: number): void {
    const { quantity, flow } = this.#columns;
    const g = this.#groupFor(n);
    const group = this.#prices.groups[g]!;
    const node = this.#columns.capacity.length + g;
    this.#search.makeRoom();
    group.demand += quantity[n]!;
    if (group.members.length === 0) {
      this.#prices.nodeLevel[node] = levelOfUnit(group, 1);
      this.#prices.nodePrice[node] = 0;
    }
    // First what the other members' units are worth now; then the units of the new one, which count as matched at first.
    this.#balance(g);
    group.members.push(n);
    group.matched += quantity[n]!;
    this.#bid(n);
    this.#settle(n, flow.pending[n]!);
  }

  withdraw(n: number): void {
    const { flow, firstEdge, quantity } = this.#columns;
    const g = this.#prices.groupOf[n]!;
    const group = this.#prices.groups[g]!;
    group.members.splice(group.members.indexOf(n), 1);
    const met = quantity[n]! - flow.pending[n]!;
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
      if (flow.amount[e]! > 0) addFlow(flow, e, -flow.amount[e]!);
    }
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) this.#fill(flow.serviceOf[e]!);
    group.demand -= quantity[n]!;
    group.matched -= met;
    this.#balance(g);
  }

  changePlaces(s: number): void {
    const { flow, capacity } = this.#columns;
    while (flow.used[s]! > capacity[s]!) {
      const held = flow.head[s]!;
      const units = Math.min(flow.amount[held]!, flow.used[s]! - capacity[s]!);
      addFlow(flow, held, -units);
      this.#settle(flow.needOf[held]!, units);
    }
    this.#fill(s);
  }

  prices(present: Int32Array): LivePrices {
    const { groups, groupOf, nodeLevel, nodePrice, bidLevel, bidPrice } = this.#prices;
    const services = this.#columns.capacity.length;
    const numberOf = new Map<number, number>();
    for (const n of present) if (!numberOf.has(groupOf[n]!)) numberOf.set(groupOf[n]!, numberOf.size);
    const inUse = [...numberOf.keys()];
    const exactShare = new Map<number, number>();
    for (const g of inUse) {
      const { matched, demand } = groups[g]!;
      for (let unit = Math.max(1, matched); unit <= Math.min(matched + 1, demand); unit++) {
        exactShare.set(levelOfUnit(groups[g]!, unit), shareOf(groups[g]!, unit));
      }
    }
    return numberLevels(
      {
        serviceLevel: nodeLevel.slice(0, services),
        servicePrice: nodePrice.slice(0, services),
        worthLevel: Float64Array.from(present, (n) => nodeLevel[services + groupOf[n]!]!),
        worthPrice: Float64Array.from(present, (n) => nodePrice[services + groupOf[n]!]!),
        bidLevel: Float64Array.from(present, (n) => bidLevel[n]!),
        bidPrice: Float64Array.from(present, (n) => bidPrice[n]!),
      },
      {
        groupOf: Int32Array.from(present, (n) => numberOf.get(groupOf[n]!)!),
        level: Float64Array.from(inUse, (g) => nodeLevel[services + g]!),
        price: Float64Array.from(inUse, (g) => nodePrice[services + g]!),
      },
      // A share that no longer is that of any unit stands between those that are.
      (level) => exactShare.get(level) ?? Math.ceil(level) - level,
    );
  }

  /** Places units of a need that count as matched, then brings its group's price back to what its units are worth. */
  #settle(n: number, units: number): void {
    for (let left = units; left > 0; ) left -= this.#search.settle(n, left);
    this.#balance(this.#prices.groupOf[n]!);
  }

  #balance(g: number): void {
    const group = this.#prices.groups[g]!;
    while (group.matched < group.demand && this.#comparePrice(g, levelOfUnit(group, group.matched + 1)) < 0) {
      this.#search.serve(g);
    }
    while (group.matched > 0 && this.#comparePrice(g, levelOfUnit(group, group.matched)) > 0) this.#search.relieve(g);
  }

  /** Positive when the price of group g is above the level. */
  #comparePrice(g: number, level: number): number {
    const node = this.#columns.capacity.length + g;
    return this.#prices.nodeLevel[node]! - level || this.#prices.nodePrice[node]!;
  }

  #fill(s: number): void {
    const { flow, capacity } = this.#columns;
    const { nodeLevel, nodePrice } = this.#prices;
    while (flow.used[s]! < capacity[s]! && (nodeLevel[s]! > 0 || nodePrice[s]! > 0)) this.#search.fill(s);
  }

  /** Bids for a need what its best edge leaves, but no more than its group's price. */
  #bid(n: number): void {
    const { flow, firstEdge, score, capacity } = this.#columns;
    const { nodeLevel, nodePrice, groupOf, bidLevel, bidPrice } = this.#prices;
    const node = capacity.length + groupOf[n]!;
    let level = nodeLevel[node]!;
    let price = nodePrice[node]!;
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
      const s = flow.serviceOf[e]!;
      const left = nodePrice[s]! - score[e]!;
      if (nodeLevel[s]! > level || (nodeLevel[s] === level && left >= price)) continue;
      level = nodeLevel[s]!;
      price = left;
    }
    bidLevel[n] = level;
    bidPrice[n] = price;
  }

  /** The group of need n, a new one where it is the first of its tier in its community. */
  #groupFor(n: number): number {
    const { tier, community, capacity } = this.#columns;
    const prices = this.#prices;
    const key = keyOf(tier[n]!, community[n]!);
    let g = this.#groupNumber.get(key);
    if (g === undefined) {
      g = prices.groups.length;
      this.#groupNumber.set(key, g);
      prices.groups.push({ tier: tier[n]!, demand: 0, matched: 0, members: [] });
    }
    if (prices.nodeLevel.length < capacity.length + prices.groups.length) {
      const nodes = capacity.length + 2 * prices.groups.length;
      prices.nodeLevel = longer(prices.nodeLevel, nodes);
      prices.nodePrice = longer(prices.nodePrice, nodes);
    }
    if (prices.groupOf.length < tier.length) {
      prices.groupOf = longer(prices.groupOf, tier.length);
      prices.bidLevel = longer(prices.bidLevel, tier.length);
      prices.bidPrice = longer(prices.bidPrice, tier.length);
    }
    prices.groupOf[n] = g;
    return g;
  }
}

function keyOf(tier: number, community: number): number {
  return community * 256 + tier;
}
