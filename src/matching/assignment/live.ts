import { MatchingInputError } from '../errors.ts';
import { SCORE_SCALE } from '../records.ts';
import { assign } from './assign.ts';
import { needOfEdges } from './choice.ts';
import { addFlow } from './flow.ts';
import { LocalSearch, linkIncoming, type SearchState } from './local-search.ts';
import type { Assignment, AssignmentProblem } from './problem.ts';
import { tierOf } from './tiers.ts';

/** A need that comes in: its tier (1 most urgent), the units it asks for, and the services that may serve it. */
export type ArrivingNeed = {
  readonly tier: number;
  readonly quantity: number;
  readonly candidates: readonly { readonly service: number; readonly score: number }[];
};

/** What `LiveAssignment` is made for, so that all its sums stay exact. */
export type LiveLimits = {
  /** The most needs there will ever be, withdrawn ones included. */
  readonly mostNeeds: number;
  /** The highest score there will ever be; 1 as an integer when absent. */
  readonly highestScore?: number;
};

/**
 * An OPTIMAL assignment that is kept optimal while needs come and go and places are lost and gained. Each change sends
 * units along shortest paths from where it happens, in the reduced costs of the prices there are (the sensitivity step of
 * successive shortest paths): it looks at what the change reaches, not at the whole.
 *
 * Tier and score are one number here, tier weight × `step` + score, where `step` exceeds what any path can change in
 * score; so counts by tier come first, exactly as in `assign`.
 */
export class LiveAssignment {
  readonly #services: number;
  readonly #mostNeeds: number;
  readonly #highestScore: number;
  readonly #step: number;
  readonly #state: SearchState;
  #search: LocalSearch;

  /** Solves `problem` and starts from there. Throws `MatchingInputError` for a malformed one and for limits too wide. */
  constructor(problem: AssignmentProblem, limits: LiveLimits) {
    if (problem.policy !== 'OPTIMAL')
      throw new MatchingInputError('policy', null, 'must be OPTIMAL to be kept up to date');
    const assignment = assign(problem);
    this.#services = problem.services;
    this.#mostNeeds = limits.mostNeeds;
    this.#highestScore = limits.highestScore ?? SCORE_SCALE;
    const step = exactStep(limits.mostNeeds, problem.services, this.#highestScore);
    if (step === null) {
      throw new MatchingInputError('limits', null, 'must be narrower, or sums would not be exact');
    }
    this.#step = step;
    if (problem.needs > limits.mostNeeds)
      throw new MatchingInputError('needs', null, 'must not exceed limits.mostNeeds');
    for (let e = 0; e < problem.score.length; e++) this.#checkScore('score', e, problem.score[e]!);
    this.#state = stateOf(problem, assignment, this.#step);
    this.#search = new LocalSearch(this.#state);
  }

  /** How many needs there have been, withdrawn ones included. */
  get needs(): number {
    return this.#state.needs;
  }

  /** Takes in a need and gives its position. */
  addNeed(need: ArrivingNeed): number {
    const state = this.#state;
    const n = state.needs;
    if (n >= this.#mostNeeds) throw new MatchingInputError('needs', n, 'must not exceed limits.mostNeeds');
    if (!Number.isInteger(need.tier) || need.tier < 0 || need.tier >= WEIGHTS) {
      throw new MatchingInputError('tier', n, `must be a whole number from 0 to ${WEIGHTS - 1}`);
    }
    if (!Number.isInteger(need.quantity) || need.quantity < 1) {
      throw new MatchingInputError('quantity', n, 'must be a whole number of at least 1');
    }
    need.candidates.forEach(({ service, score }, position) => {
      this.#checkService('candidates.service', position, service);
      this.#checkScore('candidates.score', position, score);
    });
    makeRoom(state, n + 1, state.edges + need.candidates.length);
    state.tier[n] = need.tier;
    state.flow.pending[n] = need.quantity;
    state.quantity[n] = need.quantity;
    state.firstEdge[n] = state.edges;
    for (const { service, score } of need.candidates) {
      const e = state.edges++;
      state.flow.needOf[e] = n;
      state.flow.serviceOf[e] = service;
      state.worth[e] = worthOf(need.tier, score, this.#step);
      state.score[e] = score;
      linkIncoming(state, e);
    }
    state.needs++;
    state.firstEdge[n + 1] = state.edges;
    if (this.#search.isOutgrown()) {
      const { scanned } = this.#search;
      this.#search = new LocalSearch(state);
      this.#search.scanned = scanned;
    }
    this.#search.raiseNeed(n);
    return n;
  }

  /** Takes a need back: its places go to whom they help most. A need that is withdrawn already stays so. */
  withdrawNeed(n: number): void {
    const state = this.#state;
    if (!Number.isInteger(n) || n < 0 || n >= state.needs) {
      throw new MatchingInputError('need', n, `must be a need from 0 to ${state.needs - 1}`);
    }
    for (let e = state.firstEdge[n]!; e < state.firstEdge[n + 1]!; e++) {
      if (state.flow.amount[e]! > 0) addFlow(state.flow, e, -state.flow.amount[e]!);
      state.score[e] = -1;
    }
    state.flow.pending[n] = 0;
    state.needPrice[n] = 0;
    for (let e = state.firstEdge[n]!; e < state.firstEdge[n + 1]!; e++) this.#search.fill(state.flow.serviceOf[e]!);
  }

  /** Sets the places of a service: fewer send holders on, more take in whom they help most. */
  setCapacity(s: number, places: number): void {
    this.#checkService('service', null, s);
    if (!Number.isInteger(places) || places < 0 || places > 2_147_483_647) {
      throw new MatchingInputError('capacity', s, 'must be a whole number of at least 0');
    }
    const { flow, capacity } = this.#state;
    capacity[s] = places;
    while (flow.used[s]! > places) {
      const held = flow.head[s]!;
      addFlow(flow, held, -Math.min(flow.amount[held]!, flow.used[s]! - places));
      this.#search.settle(flow.needOf[held]!);
    }
    this.#search.fill(s);
  }

  /** The service that gives need n most units, -1 when it has none. */
  serviceOf(n: number): number {
    const { flow, firstEdge } = this.#state;
    let most = 0;
    let service = -1;
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
      if (flow.amount[e]! <= most) continue;
      most = flow.amount[e]!;
      service = flow.serviceOf[e]!;
    }
    return service;
  }

  /** The problem as it stands (a withdrawn need has no candidates) and the units on each of its edges. */
  snapshot(): { readonly problem: AssignmentProblem; readonly flow: Int32Array } {
    const state = this.#state;
    const kept: number[] = [];
    const offset = new Int32Array(state.needs + 1);
    for (let n = 0; n < state.needs; n++) {
      for (let e = state.firstEdge[n]!; e < state.firstEdge[n + 1]!; e++) if (state.score[e]! >= 0) kept.push(e);
      offset[n + 1] = kept.length;
    }
    return {
      problem: {
        services: this.#services,
        capacity: state.capacity.slice(),
        needs: state.needs,
        tier: state.tier.slice(0, state.needs),
        quantity: state.quantity.slice(0, state.needs),
        offset,
        service: Int32Array.from(kept, (e) => state.flow.serviceOf[e]!),
        score: Int32Array.from(kept, (e) => state.score[e]!),
        policy: 'OPTIMAL',
      },
      flow: Int32Array.from(kept, (e) => state.flow.amount[e]!),
    };
  }

  /** How many needs all searches together have looked at: what the changes have cost, whatever the machine. */
  get scanned(): number {
    return this.#search.scanned;
  }

  #checkService(field: string, position: number | null, s: number): void {
    if (Number.isInteger(s) && s >= 0 && s < this.#services) return;
    throw new MatchingInputError(field, position, `must be a service from 0 to ${this.#services - 1}`);
  }

  #checkScore(field: string, position: number, score: number): void {
    if (Number.isInteger(score) && score >= 0 && score <= this.#highestScore) return;
    throw new MatchingInputError(field, position, `must be a whole number from 0 to ${this.#highestScore}`);
  }
}

/** Tiers are 0 … 255, and the weight of a tier is 256 less the tier. */
const WEIGHTS = 256;

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
export function stateOf(problem: AssignmentProblem, assignment: Assignment, step: number): SearchState {
  const { needs, services, service, score } = problem;
  const edges = service.length;
  const needOf = needOfEdges(problem);
  const levels = assignment.levels!;
  const weightOf = (level: number): number => (level === 0 ? 0 : WEIGHTS - levels.tier[level]!);
  const servicePrice = assignment.servicePrice.map((price, s) => weightOf(levels.service[s]!) * step + price);
  const state: SearchState = {
    needs,
    edges,
    flow: {
      amount: new Int32Array(edges),
      needOf,
      serviceOf: service.slice(),
      pending: problem.quantity?.slice() ?? new Int32Array(needs).fill(1),
      used: new Int32Array(services),
      head: new Int32Array(services).fill(-1),
      next: new Int32Array(edges),
      previous: new Int32Array(edges),
    },
    capacity: problem.capacity.slice(),
    servicePrice,
    needPrice: new Float64Array(needs),
    tier: Uint8Array.from({ length: needs }, (_, n) => tierOf(problem, n)),
    quantity: problem.quantity?.slice() ?? new Int32Array(needs).fill(1),
    firstEdge: problem.offset.slice(),
    worth: Float64Array.from(score, (value, e) => worthOf(tierOf(problem, needOf[e]!), value, step)),
    score: score.slice(),
    firstIncoming: new Int32Array(services).fill(-1),
    nextIncoming: new Int32Array(edges),
    forced: null,
    bound: null,
  };
  for (let e = 0; e < edges; e++) {
    linkIncoming(state, e);
    if (assignment.flow[e]! > 0) addFlow(state.flow, e, assignment.flow[e]!);
    const n = needOf[e]!;
    state.needPrice[n] = Math.max(state.needPrice[n]!, state.worth[e]! - servicePrice[service[e]!]!);
  }
  return state;
}

/** Doubles the arrays that are too short. */
function makeRoom(state: SearchState, needs: number, edges: number): void {
  const { flow } = state;
  if (state.firstEdge.length < needs + 1) {
    const length = 2 * needs + 1;
    state.firstEdge = longer(state.firstEdge, length);
    state.needPrice = longer(state.needPrice, length);
    state.tier = longer(state.tier, length);
    state.quantity = longer(state.quantity, length);
    state.flow = { ...state.flow, pending: longer(flow.pending, length) };
  }
  if (state.worth.length < edges) {
    const length = 2 * edges;
    state.worth = longer(state.worth, length);
    state.score = longer(state.score, length);
    state.nextIncoming = longer(state.nextIncoming, length);
    state.flow = {
      ...state.flow,
      amount: longer(flow.amount, length),
      needOf: longer(flow.needOf, length),
      serviceOf: longer(flow.serviceOf, length),
      next: longer(flow.next, length),
      previous: longer(flow.previous, length),
    };
  }
}

function longer<Column extends Int32Array | Float64Array | Uint8Array>(column: Column, length: number): Column {
  const grown = new (column.constructor as new (length: number) => Column)(length);
  grown.set(column);
  return grown;
}
