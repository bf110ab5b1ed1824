import { addFlow } from './flow.ts';
import { columnsOf, type LiveColumns, type LivePrices, type LiveRule, longer } from './live-columns.ts';
import { numberLevels, WEIGHTS } from './live-prices.ts';
import { LocalSearch, type SearchState } from './local-search.ts';
import type { Assignment, AssignmentProblem } from './problem.ts';

/**
 * Keeps an OPTIMAL assignment. Tier and score are one number here, tier weight × `step` + score, where `step` exceeds what
 * any path can change in score; so counts by tier come first, exactly as in `assign`.
 */
export class OptimalRule implements LiveRule {
  readonly #state: SearchState & LiveColumns;
  readonly #step: number;
  #search: LocalSearch;
  #scannedBefore = 0;

  /** Adds prices to the columns of a solved problem, which stay in use by the caller. */
  constructor(columns: LiveColumns, assignment: Assignment, step: number) {
    this.#step = step;
    this.#state = priced(columns, assignment, step);
    this.#search = new LocalSearch(this.#state);
  }

  get scanned(): number {
    return this.#scannedBefore + this.#search.scanned;
  }

  arrive(n: number): void {
    const state = this.#state;
    if (state.needPrice.length < state.tier.length) state.needPrice = longer(state.needPrice, state.tier.length);
    if (state.worth.length < state.score.length) state.worth = longer(state.worth, state.score.length);
    for (let e = state.firstEdge[n]!; e < state.firstEdge[n + 1]!; e++) {
      state.worth[e] = worthOf(state.tier[n]!, state.score[e]!, this.#step);
    }
    if (this.#search.isOutgrown()) {
      this.#scannedBefore += this.#search.scanned;
      this.#search = new LocalSearch(state);
    }
    this.#search.raiseNeed(n);
  }

  withdraw(n: number): void {
    const { flow, firstEdge, score, needPrice } = this.#state;
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
      if (flow.amount[e]! > 0) addFlow(flow, e, -flow.amount[e]!);
      score[e] = -1;
    }
    flow.pending[n] = 0;
    needPrice[n] = 0;
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) this.#search.fill(flow.serviceOf[e]!);
  }

  changePlaces(s: number): void {
    const { flow, capacity } = this.#state;
    while (flow.used[s]! > capacity[s]!) {
      const held = flow.head[s]!;
      addFlow(flow, held, -Math.min(flow.amount[held]!, flow.used[s]! - capacity[s]!));
      this.#search.settle(flow.needOf[held]!);
    }
    this.#search.fill(s);
  }

  prices(present: Int32Array): LivePrices {
    const { servicePrice, needPrice, tier } = this.#state;
    const step = this.#step;
    const levelOf = (price: number): number => Math.round(price / step);
    const worthLevel = Float64Array.from(present, (n) => WEIGHTS - tier[n]!);
    const bid = Float64Array.from(present, (n, index) => worthLevel[index]! * step - needPrice[n]!);
    const serviceLevel = servicePrice.map(levelOf);
    const bidLevel = bid.map(levelOf);
    return numberLevels(
      {
        serviceLevel,
        servicePrice: servicePrice.map((price, s) => price - serviceLevel[s]! * step),
        worthLevel,
        worthPrice: new Float64Array(present.length),
        bidLevel,
        bidPrice: bid.map((price, index) => price - bidLevel[index]! * step),
      },
      null,
      () => 0,
    );
  }
}

function worthOf(tier: number, score: number, step: number): number {
  return (WEIGHTS - tier) * step + score;
}

/**
 * How much tier weights must be apart for the sums of a search to put tiers before scores, and `null` when sums would not be
 * exact doubles then.
 */
export function exactStep(needs: number, services: number, highestScore: number): number | null {
  const step = 8 * (Math.min(needs, services) + 1) * (highestScore + 1);
  return step * 4 * WEIGHTS < 2 ** 53 ? step : null;
}

/** The state of a solved OPTIMAL problem, with the prices of its assignment as single numbers. */
export function stateOf(problem: AssignmentProblem, assignment: Assignment, step: number): SearchState & LiveColumns {
  return priced(columnsOf(problem, assignment.flow), assignment, step);
}

function priced(columns: LiveColumns, assignment: Assignment, step: number): SearchState & LiveColumns {
  const { edges, needs, flow, tier, score } = columns;
  const levels = assignment.levels!;
  const weightOf = (level: number): number => (level === 0 ? 0 : WEIGHTS - levels.tier[level]!);
  const servicePrice = assignment.servicePrice.map((price, s) => weightOf(levels.service[s]!) * step + price);
  const needPrice = new Float64Array(needs);
  const worth = new Float64Array(edges);
  for (let e = 0; e < edges; e++) {
    const n = flow.needOf[e]!;
    worth[e] = worthOf(tier[n]!, score[e]!, step);
    needPrice[n] = Math.max(needPrice[n]!, worth[e]! - servicePrice[flow.serviceOf[e]!]!);
  }
  return Object.assign(columns, { servicePrice, needPrice, worth });
}
