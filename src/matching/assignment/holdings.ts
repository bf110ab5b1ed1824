/**
 * Who holds which places, kept by slots: a need has as many as it may use edges at once, so that a large problem of small
 * needs takes little memory. The slots of each service that carry units form a list.
 */
export type Holdings = {
  /** Slots of need n: `first[n]` … `first[n + 1] - 1`. */
  readonly first: Int32Array;
  readonly needOf: Int32Array;
  /** The edge of each slot, and the units it carries; a slot of 0 units is free. */
  readonly edge: Int32Array;
  readonly units: Int32Array;
  /** Units of each need that no slot carries yet; units that each service gives. */
  readonly pending: Int32Array;
  readonly used: Int32Array;
  /** First slot of each service's list (-1 none), and the next and previous slot in it. */
  readonly head: Int32Array;
  readonly next: Int32Array;
  readonly previous: Int32Array;
};

/** Holdings of nothing; need n asks for `quantity[n]` units over the edges `offset[n]` … `offset[n + 1] - 1`. */
export function emptyHoldings(offset: Int32Array, quantity: Int32Array, services: number): Holdings {
  const needs = quantity.length;
  const first = new Int32Array(needs + 1);
  for (let n = 0; n < needs; n++) first[n + 1] = first[n]! + Math.min(quantity[n]!, offset[n + 1]! - offset[n]!);
  const slots = first[needs]!;
  const needOf = new Int32Array(slots);
  for (let n = 0; n < needs; n++) needOf.fill(n, first[n]!, first[n + 1]!);
  return {
    first,
    needOf,
    edge: new Int32Array(slots),
    units: new Int32Array(slots),
    pending: quantity.slice(),
    used: new Int32Array(services),
    head: new Int32Array(services).fill(-1),
    next: new Int32Array(slots),
    previous: new Int32Array(slots),
  };
}

/** Takes all units back; the needs ask for `quantity` again. */
export function clearHoldings(holdings: Holdings, quantity: Int32Array): void {
  holdings.units.fill(0);
  holdings.pending.set(quantity);
  holdings.used.fill(0);
  holdings.head.fill(-1);
}

/** Gives need n units of service s along an edge. */
export function hold(holdings: Holdings, n: number, edge: number, s: number, units: number): void {
  let slot = -1;
  for (let at = holdings.first[n]!, end = holdings.first[n + 1]!; at < end; at++) {
    if (holdings.units[at] === 0) slot = at;
    else if (holdings.edge[at] === edge) {
      slot = at;
      break;
    }
  }
  holdings.pending[n]! -= units;
  holdings.used[s]! += units;
  const before = holdings.units[slot]!;
  holdings.units[slot] = before + units;
  if (before > 0) return;
  const head = holdings.head[s]!;
  holdings.edge[slot] = edge;
  holdings.next[slot] = head;
  holdings.previous[slot] = -1;
  if (head >= 0) holdings.previous[head] = slot;
  holdings.head[s] = slot;
}

/** Takes units of service s back from a slot. */
export function release(holdings: Holdings, slot: number, s: number, units: number): void {
  holdings.pending[holdings.needOf[slot]!]! += units;
  holdings.used[s]! -= units;
  holdings.units[slot]! -= units;
  if (holdings.units[slot]! > 0) return;
  const next = holdings.next[slot]!;
  const previous = holdings.previous[slot]!;
  if (previous >= 0) holdings.next[previous] = next;
  else holdings.head[s] = next;
  if (next >= 0) holdings.previous[next] = previous;
}
