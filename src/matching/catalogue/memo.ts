import { withRoomFor } from './growth.ts';

/**
 * Answers by number that hold for one need only: `begin` forgets them all at once without touching them. An answer for
 * `number` is known where `stamps[number] === epoch`.
 */
export class Memo {
  stamps = new Int32Array(0);
  values = new Float64Array(0);
  epoch = 0;

  /** Forgets every answer and makes room for numbers below `count`. */
  begin(count: number): void {
    this.stamps = withRoomFor(this.stamps, count);
    this.values = withRoomFor(this.values, count);
    this.epoch += 1;
    if (this.epoch < 2 ** 31) return;
    this.stamps.fill(0);
    this.epoch = 1;
  }

  /** The answer for `number`, asked for at most once. */
  get(number: number, answer: (number: number) => number): number {
    if (this.stamps[number] !== this.epoch) {
      this.values[number] = answer(number);
      this.stamps[number] = this.epoch;
    }
    return this.values[number]!;
  }
}
