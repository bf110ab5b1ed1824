import { MatchingInputError } from '../errors.ts';
import { SCORE_SCALE } from '../records.ts';
import { assign, assignmentOf } from './assign.ts';
import { ChoiceRule } from './live-choice.ts';
import { columnsOf, type LiveColumns, type LiveRule, makeRoom } from './live-columns.ts';
import { EquitableRule } from './live-equitable.ts';
import { exactStep, OptimalRule } from './live-optimal.ts';
import { linkIncoming } from './local-search.ts';
import type { Assignment, AssignmentPolicy, AssignmentProblem } from './problem.ts';

/** A need that comes in: its tier (1 most urgent), the units it asks for, and the services that may serve it. */
export type ArrivingNeed = {
  readonly tier: number;
  readonly quantity: number;
  /** The community it belongs to, any 32-bit whole number; 0 when absent. Only EQUITABLE reads it. */
  readonly community?: number;
  readonly candidates: readonly { readonly service: number; readonly score: number }[];
};

/** What `LiveAssignment` is made for, so that all its sums stay exact. */
export type LiveLimits = {
  /** The most needs there will ever be, withdrawn ones included. */
  readonly mostNeeds: number;
  /** The highest score there will ever be; 1 as an integer when absent. No limit under CHOICE, where scores only rank. */
  readonly highestScore?: number;
};

/** A live assignment at one moment, as `assign` would take and give it. Withdrawn needs are left out. */
export type LiveSnapshot = {
  readonly problem: AssignmentProblem;
  /** With prices that `verifyOptimal` accepts (OPTIMAL, EQUITABLE). */
  readonly assignment: Assignment;
  /** The position in the live assignment of each need of `problem`. */
  readonly position: Int32Array;
};

/**
 * An assignment that is kept as good as solving everything anew would make it while needs come and go and places are lost
 * and gained. Each change moves units along paths from where it happens, and looks at what they reach, not at the whole.
 *
 * - OPTIMAL and EQUITABLE: shortest paths in the reduced costs of the prices there are (the sensitivity step of successive
 *   shortest paths), so the flow stays optimal; under EQUITABLE a need that comes or goes also changes what the units of its
 *   community are worth.
 * - CHOICE: a need that comes or has lost its place proposes anew, a place that becomes free starts a chain of moves up. The
 *   stable flow is unique here (see `ChoiceRule`), so it is the one that `assign` gives, whatever the order of changes.
 */
export class LiveAssignment {
  readonly #policy: AssignmentPolicy;
  readonly #services: number;
  readonly #limits: Required<LiveLimits>;
  readonly #columns: LiveColumns;
  readonly #rule: LiveRule;

  /** Solves `problem` and starts from there. Throws `MatchingInputError` for a malformed one and for limits too wide. */
  constructor(problem: AssignmentProblem, limits: LiveLimits) {
    const assignment = assign(problem);
    this.#policy = problem.policy;
    this.#services = problem.services;
    this.#limits = { highestScore: SCORE_SCALE, ...limits };
    if (problem.needs > limits.mostNeeds)
      throw new MatchingInputError('needs', null, 'must not exceed limits.mostNeeds');
    for (let e = 0; e < problem.score.length; e++) this.#checkScore('score', e, problem.score[e]!);
    this.#columns = columnsOf(problem, assignment.flow);
    this.#rule = this.#ruleFor(assignment);
  }

  #ruleFor(assignment: Assignment): LiveRule {
    const { mostNeeds, highestScore } = this.#limits;
    if (this.#policy === 'CHOICE') return new ChoiceRule(this.#columns);
    if (this.#policy === 'EQUITABLE') return new EquitableRule(this.#columns, assignment, mostNeeds, highestScore);
    const step = exactStep(mostNeeds, this.#services, highestScore);
    if (step === null) throw new MatchingInputError('limits', null, 'must be narrower, or sums would not be exact');
    return new OptimalRule(this.#columns, assignment, step);
  }

  /** How many needs there have been, withdrawn ones included. */
  get needs(): number {
    return this.#columns.needs;
  }

  /** Takes in a need and gives its position. */
  addNeed(need: ArrivingNeed): number {
    this.#checkNeed(need);
    const columns = this.#columns;
    const n = columns.needs;
    makeRoom(columns, n + 1, columns.edges + need.candidates.length);
    columns.tier[n] = need.tier;
    columns.community[n] = need.community ?? 0;
    columns.flow.pending[n] = need.quantity;
    columns.quantity[n] = need.quantity;
    columns.firstEdge[n] = columns.edges;
    for (const { service, score } of need.candidates) {
      const e = columns.edges++;
      columns.flow.needOf[e] = n;
      columns.flow.serviceOf[e] = service;
      columns.score[e] = score;
      linkIncoming(columns, e);
    }
    columns.needs++;
    columns.firstEdge[n + 1] = columns.edges;
    this.#rule.arrive(n);
    return n;
  }

  /** Takes a need back: its places go to whom they help most. A need that is withdrawn already stays so. */
  withdrawNeed(n: number): void {
    const { needs, withdrawn } = this.#columns;
    if (!Number.isInteger(n) || n < 0 || n >= needs) {
      throw new MatchingInputError('need', n, `must be a need from 0 to ${needs - 1}`);
    }
    if (withdrawn[n] === 1) return;
    withdrawn[n] = 1;
    this.#rule.withdraw(n);
  }

  /** Sets the places of a service: fewer send holders on, more take in whom they help most. */
  setCapacity(s: number, places: number): void {
    this.#checkService('service', null, s);
    if (!Number.isInteger(places) || places < 0 || places > MOST_UNITS) {
      throw new MatchingInputError('capacity', s, 'must be a whole number of at least 0');
    }
    this.#columns.capacity[s] = places;
    this.#rule.changePlaces(s);
  }

  /** The service that gives need n most units, -1 when it has none. */
  serviceOf(n: number): number {
    const { flow, firstEdge } = this.#columns;
    let most = 0;
    let service = -1;
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
      if (flow.amount[e]! <= most) continue;
      most = flow.amount[e]!;
      service = flow.serviceOf[e]!;
    }
    return service;
  }

  /** The problem as it stands and its assignment, with prices. O(edges). */
  snapshot(): LiveSnapshot {
    const { needs, withdrawn, firstEdge, flow, capacity, tier, quantity, community, score } = this.#columns;
    const position = Int32Array.from(Array.from({ length: needs }, (_, n) => n).filter((n) => withdrawn[n] === 0));
    const edges: number[] = [];
    const offset = new Int32Array(position.length + 1);
    position.forEach((n, index) => {
      for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) edges.push(e);
      offset[index + 1] = edges.length;
    });
    const problem: AssignmentProblem = {
      services: this.#services,
      capacity: capacity.slice(),
      needs: position.length,
      tier: Uint8Array.from(position, (n) => tier[n]!),
      quantity: Int32Array.from(position, (n) => quantity[n]!),
      community: Int32Array.from(position, (n) => community[n]!),
      offset,
      service: Int32Array.from(edges, (e) => flow.serviceOf[e]!),
      score: Int32Array.from(edges, (e) => score[e]!),
      policy: this.#policy,
    };
    const amount = Int32Array.from(edges, (e) => flow.amount[e]!);
    const prices = this.#rule.prices(position);
    return { problem, assignment: assignmentOf(problem, amount, prices, prices.levels), position };
  }

  /** How many needs all searches together have looked at: what the changes have cost, whatever the machine. */
  get scanned(): number {
    return this.#rule.scanned;
  }

  #checkNeed(need: ArrivingNeed): void {
    const n = this.#columns.needs;
    if (n >= this.#limits.mostNeeds) throw new MatchingInputError('needs', n, 'must not exceed limits.mostNeeds');
    if (!Number.isInteger(need.tier) || need.tier < 0 || need.tier > 255) {
      throw new MatchingInputError('tier', n, 'must be a whole number from 0 to 255');
    }
    if (!Number.isInteger(need.quantity) || need.quantity < 1 || need.quantity > MOST_UNITS) {
      throw new MatchingInputError('quantity', n, 'must be a whole number of at least 1');
    }
    const community = need.community ?? 0;
    if ((community | 0) !== community) throw new MatchingInputError('community', n, 'must be a 32-bit whole number');
    need.candidates.forEach(({ service, score }, position) => {
      this.#checkService('candidates.service', position, service);
      this.#checkScore('candidates.score', position, score);
    });
    this.#rule.check?.(need.tier, community, need.quantity);
  }

  #checkService(field: string, position: number | null, s: number): void {
    if (Number.isInteger(s) && s >= 0 && s < this.#services) return;
    throw new MatchingInputError(field, position, `must be a service from 0 to ${this.#services - 1}`);
  }

  #checkScore(field: string, position: number, score: number): void {
    if (this.#policy === 'CHOICE') {
      if ((score | 0) !== score) throw new MatchingInputError(field, position, 'must be a 32-bit whole number');
      return;
    }
    const { highestScore } = this.#limits;
    if (Number.isInteger(score) && score >= 0 && score <= highestScore) return;
    throw new MatchingInputError(field, position, `must be a whole number from 0 to ${highestScore}`);
  }
}

/** Every count of units is a 32-bit integer. */
const MOST_UNITS = 2_147_483_647;
