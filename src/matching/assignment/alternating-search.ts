import type { Groups } from './groups.ts';
import { type Holdings, hold, release } from './holdings.ts';
import type { AssignmentProblem } from './problem.ts';

const SOURCE = -2;
const THROUGH_GROUP = -3;
const DEAD = 0x7fffffff;

/** Breadth-first search for a free place along alternating paths; remembers for good what cannot lead to one. */
export class AlternatingSearch {
  readonly #problem: AssignmentProblem;
  readonly #holdings: Holdings;
  readonly #groups: Groups;
  readonly #needMark: Int32Array;
  readonly #serviceMark: Int32Array;
  readonly #groupMark: Int32Array;
  /** How a need was reached: the slot that it gives up, or `THROUGH_GROUP`. */
  readonly #needVia: Int32Array;
  /** The edge by which a service was reached, and its need. */
  readonly #serviceVia: Int32Array;
  readonly #taker: Int32Array;
  /** The need that gives up a unit of the group. */
  readonly #groupVia: Int32Array;
  readonly #queue: Int32Array;
  /** Index of the failed step that reached each service and group; -1 for none. */
  readonly serviceStep: Int32Array;
  readonly groupStep: Int32Array;
  #search = 0;
  /** Units that the last successful search moved. */
  #moved = 0;

  constructor(problem: AssignmentProblem, holdings: Holdings, groups: Groups) {
    this.#problem = problem;
    this.#holdings = holdings;
    this.#groups = groups;
    this.#needMark = new Int32Array(problem.needs);
    this.#needVia = new Int32Array(problem.needs);
    this.#queue = new Int32Array(problem.needs);
    this.#serviceMark = new Int32Array(problem.services);
    this.#serviceVia = new Int32Array(problem.services);
    this.#taker = new Int32Array(problem.services);
    this.serviceStep = new Int32Array(problem.services).fill(-1);
    this.#groupMark = new Int32Array(groups.count);
    this.#groupVia = new Int32Array(groups.count);
    this.groupStep = new Int32Array(groups.count).fill(-1);
  }

  isDead(group: number): boolean {
    return this.#groupMark[group] === DEAD;
  }

  /** Serves up to `wanted` more units of the group by one alternating path; false when there is none. */
  fromGroup(group: number, step: number, wanted: number): boolean {
    this.#search++;
    this.#groupMark[group] = this.#search;
    this.#groupVia[group] = SOURCE;
    const queued = this.#pushMembers(group, 0);
    const reached = this.#run(queued, wanted);
    if (reached >= 0) {
      this.#bury(group, reached, step);
      return false;
    }
    this.#groups.matched[group]! += this.#moved;
    return true;
  }

  #pushMembers(group: number, queued: number): number {
    const groups = this.#groups;
    let length = queued;
    for (let index = groups.memberOffset[group]!; index < groups.memberOffset[group + 1]!; index++) {
      const n = groups.member[index]!;
      const mark = this.#needMark[n]!;
      if (this.#holdings.pending[n] === 0 || mark === this.#search || mark === DEAD) continue;
      this.#needMark[n] = this.#search;
      this.#needVia[n] = THROUGH_GROUP;
      this.#queue[length++] = n;
    }
    return length;
  }

  /** Explores from the first needs of the queue; -1 when a path was found, else how many needs were reached. */
  #run(queued: number, wanted: number): number {
    const { offset, service, capacity } = this.#problem;
    const { used, head, next, needOf } = this.#holdings;
    const serviceMark = this.#serviceMark;
    const search = this.#search;
    let length = queued;
    for (let at = 0; at < length; at++) {
      const n = this.#queue[at]!;
      for (let e = offset[n]!; e < offset[n + 1]!; e++) {
        const s = service[e]!;
        const mark = serviceMark[s]!;
        if (mark === search || mark === DEAD) continue;
        serviceMark[s] = search;
        this.#serviceVia[s] = e;
        this.#taker[s] = n;
        if (used[s]! < capacity[s]!) {
          this.#augment(s, Math.min(wanted, capacity[s]! - used[s]!));
          return -1;
        }
        for (let held = head[s]!; held >= 0; held = next[held]!) length = this.#reach(needOf[held]!, held, length);
      }
    }
    return length;
  }

  #reach(need: number, via: number, queued: number): number {
    const mark = this.#needMark[need]!;
    if (mark === this.#search || mark === DEAD) return queued;
    this.#needMark[need] = this.#search;
    this.#needVia[need] = via;
    this.#queue[queued] = need;
    const groups = this.#groups;
    const group = groups.groupOf[need]!;
    const groupMark = this.#groupMark[group]!;
    if (groupMark === this.#search || groupMark === DEAD) return queued + 1;
    this.#groupMark[group] = this.#search;
    this.#groupVia[group] = need;
    return this.#pushMembers(group, queued + 1);
  }

  /** Moves units along the path that ends at the free service, as many as every need of it can give up. */
  #augment(end: number, limit: number): void {
    const holdings = this.#holdings;
    const { service } = this.#problem;
    let moved = limit;
    for (let s = end; s !== SOURCE; ) {
      const taker = this.#taker[s]!;
      const gives = this.#givenFor(taker);
      if (this.#needVia[taker] === THROUGH_GROUP) moved = Math.min(moved, holdings.pending[taker]!);
      if (gives !== SOURCE) moved = Math.min(moved, holdings.units[gives]!);
      s = gives === SOURCE ? SOURCE : service[holdings.edge[gives]!]!;
    }
    this.#moved = moved;
    for (let s = end; s !== SOURCE; ) {
      const taker = this.#taker[s]!;
      const gives = this.#givenFor(taker);
      const from = gives === SOURCE ? SOURCE : service[holdings.edge[gives]!]!;
      if (gives !== SOURCE) release(holdings, gives, from, moved);
      hold(holdings, taker, this.#serviceVia[s]!, s, moved);
      s = from;
    }
  }

  /** The slot given up for the new place of a need: its own, or that of the need that gives way in its group. */
  #givenFor(n: number): number {
    const gives = this.#needVia[n]!;
    if (gives !== THROUGH_GROUP) return gives;
    const giver = this.#groupVia[this.#groups.groupOf[n]!]!;
    return giver === SOURCE ? SOURCE : this.#needVia[giver]!;
  }

  /** Marks everything that the failed search from a group reached, so that no later search enters it. */
  #bury(group: number, length: number, step: number): void {
    this.#buryGroup(group, step);
    for (let at = 0; at < length; at++) {
      const n = this.#queue[at]!;
      this.#needMark[n] = DEAD;
      this.#buryGroup(this.#groups.groupOf[n]!, step);
      for (let e = this.#problem.offset[n]!; e < this.#problem.offset[n + 1]!; e++) {
        const s = this.#problem.service[e]!;
        if (this.#serviceMark[s] === DEAD) continue;
        this.#serviceMark[s] = DEAD;
        this.serviceStep[s] = step;
      }
    }
  }

  #buryGroup(group: number, step: number): void {
    if (this.#groupMark[group] === DEAD) return;
    this.#groupMark[group] = DEAD;
    this.groupStep[group] = step;
  }
}
