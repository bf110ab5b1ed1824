import { withRoomFor } from './growth.ts';

/** Answers are whole numbers from 0 to below this. */
const ANSWER_LIMIT = 2 ** 21;

/**
 * Answers by number that hold for one need only. They are kept as `base + answer`, and every need has a base above all
 * answers of the one before: so `begin` forgets them all without touching them, and one look tells both whether the
 * answer for a number is known (`values[number] >= base`) and what it is.
 */
export class Memo {
  values = new Float64Array(0);
  base = 0;

  /** Forgets every answer and makes room for numbers below `count`. */
  begin(count: number): void {
    this.values = withRoomFor(this.values, count);
    this.base += ANSWER_LIMIT;
    if (this.base < Number.MAX_SAFE_INTEGER - 2 * ANSWER_LIMIT) return;
    this.values.fill(0);
    this.base = ANSWER_LIMIT;
  }

  /** Keeps the answer for a number and gives it back. */
  learn(number: number, answer: number): number {
    this.values[number] = this.base + answer;
    return answer;
  }
}
