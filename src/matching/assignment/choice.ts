import { withRoomFor } from '../catalogue/growth.ts';
import type { AssignmentProblem } from './problem.ts';
import { ProposalHeap, sortProposals, WIDTH } from './proposals.ts';
import { needsByTier, tierOf } from './tiers.ts';

/**
 * What need-proposing deferred acceptance gives (D. Gale and L. S. Shapley, "College admissions and the stability of
 * marriage", 1962), with capacities, and for needs of several units its extension to stable allocations (M. Baïou and
 * M. Balinski 2002): the units on each edge of the stable flow that every need likes best. A need ranks its edges by
 * score descending, then position; a service prefers as `isPreferred` says.
 *
 * Both sides rank an edge by the same things: tier, score, position. Then the stable flow is unique, and taking the edges
 * from the best down, each with all the units that its need still asks for and its service still has, gives it
 * (D. J. Abraham, A. Levavi, D. F. Manlove and G. O'Malley, "The stable roommates problem with globally-ranked pairs",
 * 2007): the best edge of all would block any flow that gives it less, and what it leaves is a smaller problem of the
 * same kind. So nobody who is accepted is ever turned out again, and no service needs to keep a list.
 *
 * Only the best edge of a need with places left is a proposal. Proposals are taken in a few turns of falling score, so that
 * the lists are read in their order and most edges are never sorted: O(edges · log length), and O(log needs) a proposal.
 */
export function deferAcceptance(problem: AssignmentProblem): Int32Array {
  const order = needsByTier(problem);
  const sharedOrder = new SharedOrder(problem);
  for (let from = 0; from < order.length; ) {
    const tier = tierOf(problem, order[from]!);
    let to = from + 1;
    while (to < order.length && tierOf(problem, order[to]!) === tier) to++;
    sharedOrder.serve(order.subarray(from, to));
    from = to;
  }
  return sharedOrder.amount;
}

/** The need of each edge. */
export function needOfEdges(problem: AssignmentProblem): Int32Array {
  const needOf = new Int32Array(problem.service.length);
  for (let n = 0; n < problem.needs; n++) needOf.fill(n, problem.offset[n]!, problem.offset[n + 1]!);
  return needOf;
}

/**
 * Whether a service would rather serve edge `a` than edge `b`: the more urgent tier first, then the higher score, then
 * the need that stands first, then the edge that stands first.
 */
export function isPreferred(problem: AssignmentProblem, needOf: Int32Array, a: number, b: number): boolean {
  const tier = tierOf(problem, needOf[a]!) - tierOf(problem, needOf[b]!);
  if (tier !== 0) return tier < 0;
  const score = problem.score[a]! - problem.score[b]!;
  if (score !== 0) return score > 0;
  return a < b;
}

/** About this share of the needs that still ask propose in a turn; so many are looked at to tell how far down it goes. */
const SHARE = 0.8;
const SAMPLES = 512;
/** The last turn goes all the way down. */
const TURNS = 8;
/** No score is less. */
const LOWEST_SCORE = -2_147_483_648;

/** Takes the edges of one tier after another from the best down. */
class SharedOrder {
  /** Units on each edge. */
  readonly amount: Int32Array;
  readonly #problem: AssignmentProblem;
  readonly #placesLeft: Int32Array;
  /** Units that each need still asks for. */
  readonly #asked: Int32Array | Uint8Array;
  readonly #ranking: Ranking;
  /** Proposals of a turn in the order of the needs, and from the best down; memory that every turn uses again. */
  readonly #proposals: Int32Array;
  readonly #sorted: Int32Array;
  /** Next proposals of needs whose earlier one in this turn was turned down. */
  readonly #again = new ProposalHeap();

  constructor(problem: AssignmentProblem) {
    this.#problem = problem;
    this.amount = new Int32Array(problem.service.length);
    this.#placesLeft = problem.capacity.slice();
    this.#asked = problem.quantity?.slice() ?? new Uint8Array(problem.needs).fill(1);
    this.#ranking = new Ranking(problem, this.#placesLeft);
    this.#proposals = new Int32Array(WIDTH * problem.needs);
    this.#sorted = new Int32Array(WIDTH * problem.needs);
  }

  /** Serves the needs of one tier, given in ascending order; `needs` is written over. */
  serve(needs: Int32Array): void {
    let asking = needs;
    for (let turn = 1; asking.length > 0; turn++) {
      const least = turn === TURNS ? LOWEST_SCORE : this.#leastScore(asking);
      const proposals = this.#propose(asking, least);
      sortProposals(proposals, this.#sorted);
      this.#settle(this.#sorted.subarray(0, proposals.length), least);
      if (least === LOWEST_SCORE) return;
      asking = this.#stillAsking(asking);
    }
  }

  /** How far down the scores the next turn goes. Whatever it is, the result is the same. */
  #leastScore(needs: Int32Array): number {
    if (needs.length <= SAMPLES) return LOWEST_SCORE;
    const { offset, service, score } = this.#problem;
    const scores = new Int32Array(SAMPLES).fill(LOWEST_SCORE);
    for (let sample = 0; sample < SAMPLES; sample++) {
      const n = needs[Math.floor((sample * needs.length) / SAMPLES)]!;
      for (let e = offset[n]!; e < offset[n + 1]!; e++) {
        if (score[e]! > scores[sample]! && this.#placesLeft[service[e]!]! > 0) scores[sample] = score[e]!;
      }
    }
    return scores.sort()[Math.floor(SAMPLES * (1 - SHARE))]!;
  }

  /** The best edge of each need, where it has one of at least this score, as proposals in the order of the needs. */
  #propose(needs: Int32Array, least: number): Int32Array {
    const { offset, service, score } = this.#problem;
    const placesLeft = this.#placesLeft;
    const proposals = this.#proposals;
    let end = 0;
    for (let i = 0; i < needs.length; i++) {
      const n = needs[i]!;
      const last = offset[n + 1]!;
      let best = -1;
      let bestScore = LOWEST_SCORE;
      let choices = 0;
      for (let e = offset[n]!; e < last; e++) {
        const value = score[e]!;
        if (value < least) continue;
        choices++;
        if ((value > bestScore || best < 0) && placesLeft[service[e]!]! > 0) {
          best = e;
          bestScore = value;
        }
      }
      if (best < 0) continue;
      proposals[end] = bestScore;
      proposals[end + 1] = best;
      // The sign marks a need without another choice in this turn: its list need not be read again.
      proposals[end + 2] = choices > 1 ? n : ~n;
      proposals[end + 3] = service[best]!;
      end += WIDTH;
    }
    return proposals.subarray(0, end);
  }

  /** Takes the proposals of one turn from the best down, and those that come of them. */
  #settle(proposals: Int32Array, least: number): void {
    const again = this.#again;
    for (let at = 0; at < proposals.length; at += WIDTH) {
      const edge = proposals[at + 1]!;
      while (again.isBefore(proposals[at]!, edge)) this.#takeAgain(least);
      const need = proposals[at + 2]!;
      if (need < 0) this.#accept(~need, edge, proposals[at + 3]!);
      else if (!this.#accept(need, edge, proposals[at + 3]!)) this.#proposeAgain(need, least);
    }
    while (again.size > 0) this.#takeAgain(least);
  }

  #takeAgain(least: number): void {
    const { edge, need, service } = this.#again;
    this.#again.removeFirst();
    if (!this.#accept(need, edge, service)) this.#proposeAgain(need, least);
  }

  #proposeAgain(n: number, least: number): void {
    const { service, score } = this.#problem;
    const edge = this.#ranking.best(n);
    if (edge >= 0 && score[edge]! >= least) this.#again.add(score[edge]!, edge, n, service[edge]!);
  }

  /** Gives a need what a service has left; whether that is all it asks for. */
  #accept(n: number, edge: number, s: number): boolean {
    const left = this.#placesLeft[s]!;
    if (left === 0) return false;
    const asked = this.#asked[n]!;
    const units = Math.min(left, asked);
    this.#placesLeft[s] = left - units;
    this.#asked[n] = asked - units;
    this.amount[edge] = units;
    return units === asked;
  }

  /** The needs that still ask for something, in the same memory. */
  #stillAsking(needs: Int32Array): Int32Array {
    const asked = this.#asked;
    let count = 0;
    for (let i = 0; i < needs.length; i++) {
      const n = needs[i]!;
      if (asked[n]! > 0) needs[count++] = n;
    }
    return needs.subarray(0, count);
  }
}

/** Above this length insertion sort loses to the engine's sort. */
const LONG_LIST = 48;

/** The lists of needs in order, best edge first: of the few needs that are turned down with more choices left. */
class Ranking {
  readonly #problem: AssignmentProblem;
  readonly #placesLeft: Int32Array;
  /** For each need the position of its next edge in `#ranked`; 0 while its list is not in order. */
  readonly #at: Int32Array;
  /** Lists one after another, from 1, each with -1 at its end. */
  #ranked = new Int32Array(1024);
  #end = 1;

  constructor(problem: AssignmentProblem, placesLeft: Int32Array) {
    this.#problem = problem;
    this.#placesLeft = placesLeft;
    this.#at = new Int32Array(problem.needs);
  }

  /** The edge that a need likes best of those whose service has places left; -1 when there is none. */
  best(n: number): number {
    const { service } = this.#problem;
    if (this.#at[n] === 0) this.#at[n] = this.#rank(n);
    const ranked = this.#ranked;
    let at = this.#at[n]!;
    while (ranked[at]! >= 0 && this.#placesLeft[service[ranked[at]!]!]! === 0) at++;
    this.#at[n] = at;
    return ranked[at]!;
  }

  /** Puts the edges of need n in order whose service has places left; gives where they begin. */
  #rank(n: number): number {
    const { offset, service, score } = this.#problem;
    const from = this.#end;
    const last = offset[n + 1]!;
    this.#ranked = withRoomFor(this.#ranked, from + last - offset[n]! + 1);
    const ranked = this.#ranked;
    const isLong = last - offset[n]! > LONG_LIST;
    let to = from;
    for (let e = offset[n]!; e < last; e++) {
      if (this.#placesLeft[service[e]!] === 0) continue;
      let at = to++;
      while (!isLong && at > from && score[ranked[at - 1]!]! < score[e]!) {
        ranked[at] = ranked[at - 1]!;
        at--;
      }
      ranked[at] = e;
    }
    if (isLong) ranked.subarray(from, to).sort((a, b) => score[b]! - score[a]! || a - b);
    ranked[to] = -1;
    this.#end = to + 1;
    return from;
  }
}
