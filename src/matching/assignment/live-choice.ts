import { addFlow } from './flow.ts';
import type { LiveColumns, LivePrices, LiveRule } from './live-columns.ts';

/**
 * Keeps a CHOICE assignment stable. A need that comes, or that has lost a place, proposes from the top of its list, and whom
 * it displaces proposes in turn (deferred acceptance goes on from a stable flow, Gale and Shapley 1962). A place that
 * becomes free goes to the need it prefers among those that would rather have it, which may free another: a vacancy chain
 * (Blum, Roth and Rothblum 1997).
 *
 * Vacancy chains end in a stable flow, in general not in the one that needs like best; here there is no other. Both sides
 * rank edges by one order, that of `isPreferred`: a need's own edges are all of one tier. The first edge of that order is
 * first for its need and for its service, so every stable flow sends along it all that both can take; with that taken off,
 * the same holds for the next edge (globally ranked pairs: Abraham, Levavi, Manlove and O'Malley 2008). So the stable flow
 * is unique, and it is the one that `assign` gives.
 */
export class ChoiceRule implements LiveRule {
  readonly #columns: LiveColumns;
  scanned = 0;

  constructor(columns: LiveColumns) {
    this.#columns = columns;
  }

  arrive(n: number): void {
    this.#propose(n);
  }

  withdraw(n: number): void {
    const { flow, firstEdge } = this.#columns;
    const vacant: number[] = [];
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
      if (flow.amount[e] === 0) continue;
      addFlow(flow, e, -flow.amount[e]!);
      vacant.push(flow.serviceOf[e]!);
    }
    this.#fill(vacant);
  }

  changePlaces(s: number): void {
    const { flow, capacity } = this.#columns;
    while (flow.used[s]! > capacity[s]!) {
      const lost = this.#leastPreferred(s);
      addFlow(flow, lost, -Math.min(flow.amount[lost]!, flow.used[s]! - capacity[s]!));
      this.#propose(flow.needOf[lost]!);
    }
    this.#fill([s]);
  }

  prices(present: Int32Array): LivePrices {
    const services = this.#columns.capacity.length;
    return { service: new Float64Array(services), need: new Float64Array(present.length), levels: null };
  }

  /** Deferred acceptance from need n on. */
  #propose(n: number): void {
    const { flow } = this.#columns;
    const waiting = [n];
    for (let proposer = waiting.pop(); proposer !== undefined; proposer = waiting.pop()) {
      this.scanned++;
      for (const e of this.#ranking(proposer)) {
        if (flow.pending[proposer] === 0) break;
        this.#offer(e, waiting);
      }
    }
  }

  /** Offers the pending units of a need along edge e; who loses a place for them is put on `waiting`. */
  #offer(e: number, waiting: number[]): void {
    const { flow, capacity } = this.#columns;
    const n = flow.needOf[e]!;
    const s = flow.serviceOf[e]!;
    while (flow.pending[n]! > 0) {
      const free = capacity[s]! - flow.used[s]!;
      if (free > 0) {
        addFlow(flow, e, Math.min(free, flow.pending[n]!));
        continue;
      }
      const lost = this.#leastPreferred(s);
      if (lost < 0 || lost === e || this.#isPreferred(lost, e)) return;
      const units = Math.min(flow.amount[lost]!, flow.pending[n]!);
      addFlow(flow, lost, -units);
      addFlow(flow, e, units);
      if (flow.needOf[lost] !== n) waiting.push(flow.needOf[lost]!);
    }
  }

  /** Fills the free places of the services, and those that become free by it. */
  #fill(vacant: number[]): void {
    const { flow, capacity } = this.#columns;
    for (let s = vacant.pop(); s !== undefined; s = vacant.pop()) {
      while (flow.used[s]! < capacity[s]!) {
        const { edge, gives } = this.#bestTaker(s);
        if (edge < 0) break;
        const offered = gives < 0 ? flow.pending[flow.needOf[edge]!]! : flow.amount[gives]!;
        const units = Math.min(offered, capacity[s]! - flow.used[s]!);
        if (gives >= 0) {
          addFlow(flow, gives, -units);
          vacant.push(flow.serviceOf[gives]!);
        }
        addFlow(flow, edge, units);
      }
    }
  }

  /** The edge on which service s would best like to give a place, and the edge its need gives up (-1: a pending unit). */
  #bestTaker(s: number): { readonly edge: number; readonly gives: number } {
    const { flow, firstIncoming, nextIncoming, withdrawn } = this.#columns;
    let edge = -1;
    let gives = -1;
    for (let e = firstIncoming[s]!; e >= 0; e = nextIncoming[e]!) {
      const n = flow.needOf[e]!;
      if (withdrawn[n] === 1 || (edge >= 0 && this.#isPreferred(edge, e))) continue;
      this.scanned++;
      const worst = flow.pending[n]! > 0 ? -1 : this.#worstHeld(n);
      if (worst >= 0 && !this.#isPreferred(e, worst)) continue;
      edge = e;
      gives = worst;
    }
    return { edge, gives };
  }

  /** The least liked edge on which a need has units. */
  #worstHeld(n: number): number {
    const { flow, firstEdge } = this.#columns;
    let worst = -1;
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
      if (flow.amount[e]! > 0 && (worst < 0 || this.#isPreferred(worst, e))) worst = e;
    }
    return worst;
  }

  /** The edge that service s would give up first; -1 when it holds none. */
  #leastPreferred(s: number): number {
    const { flow } = this.#columns;
    let last = flow.head[s]!;
    for (let held = last; held >= 0; held = flow.next[held]!) if (this.#isPreferred(last, held)) last = held;
    return last;
  }

  #ranking(n: number): number[] {
    const { firstEdge } = this.#columns;
    const edges: number[] = [];
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) edges.push(e);
    return edges.sort((a, b) => (this.#isPreferred(a, b) ? -1 : 1));
  }

  /** The order of `isPreferred`, in which edges that came in later stand later. */
  #isPreferred(a: number, b: number): boolean {
    const { tier, score, flow } = this.#columns;
    return (tier[flow.needOf[a]!]! - tier[flow.needOf[b]!]! || score[b]! - score[a]! || a - b) < 0;
  }
}
