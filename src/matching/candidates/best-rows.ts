import { withRoomFor } from '../catalogue/growth.ts';
import type { Ids } from '../catalogue/ids.ts';

/**
 * The k best rows offered so far, by score and then by ascending id: a heap with the worst of them on top, and once
 * sorted a list (J. W. J. Williams, "Algorithm 232: Heapsort", 1964).
 */
export class BestRows {
  rows = new Int32Array(0);
  scores = new Int32Array(0);
  count = 0;
  /** Score of the worst of them once there are k; -1 before. */
  worstScore = -1;
  readonly #ids: Ids;
  #k = 0;

  constructor(ids: Ids) {
    this.#ids = ids;
  }

  begin(k: number): void {
    this.rows = withRoomFor(this.rows, k);
    this.scores = withRoomFor(this.scores, k);
    this.count = 0;
    this.worstScore = -1;
    this.#k = k;
  }

  offer(row: number, score: number): void {
    if (this.count < this.#k) {
      this.count += 1;
      this.#rise(this.count - 1, row, score);
    } else if (this.count > 0 && this.#isWorse(0, row, score)) {
      this.#sink(row, score, this.count);
    }
    if (this.count > 0 && this.count === this.#k) this.worstScore = this.scores[0]!;
  }

  /** Puts the best first. No row may be offered after that until `begin`. */
  sort(): void {
    for (let end = this.count - 1; end > 0; end -= 1) {
      const row = this.rows[end]!;
      const score = this.scores[end]!;
      this.rows[end] = this.rows[0]!;
      this.scores[end] = this.scores[0]!;
      this.#sink(row, score, end);
    }
  }

  /** Whether the one at `index` is worse than this row. */
  #isWorse(index: number, row: number, score: number): boolean {
    const other = this.scores[index]!;
    return other < score || (other === score && this.#ids.isBefore(row, this.rows[index]!));
  }

  #rise(from: number, row: number, score: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (this.#isWorse(parent, row, score)) break;
      this.rows[index] = this.rows[parent]!;
      this.scores[index] = this.scores[parent]!;
      index = parent;
    }
    this.rows[index] = row;
    this.scores[index] = score;
  }

  /** Takes the worst of the first `size` out and puts a row in. */
  #sink(row: number, score: number, size: number): void {
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#isWorse(child + 1, this.rows[child]!, this.scores[child]!)) child += 1;
      if (!this.#isWorse(child, row, score)) break;
      this.rows[index] = this.rows[child]!;
      this.scores[index] = this.scores[child]!;
      index = child;
    }
    this.rows[index] = row;
    this.scores[index] = score;
  }
}
