import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Weights } from '../profile.ts';
import { SCORE_SCALE } from '../records.ts';
import type { PreparedNeed } from './prepared-need.ts';
import { weightOf } from './scan.ts';
import type { Workspace } from './workspace.ts';

/**
 * The rows of the k best passers of a scan, best first: highest score, ties by ascending id (by UTF-16 code unit).
 *
 * Why no service is missed although not every text is compared: let S be a passer's weighted sum without RELEVANCE, w
 * the weight of RELEVANCE and W the sum of weights. RELEVANCE is from 0 to SCORE_SCALE, so its whole sum T is from S to
 * S + w · SCORE_SCALE, and its score floor(T / W) is less than t exactly where T < t · W (t is whole). Once k passers
 * have a score of at least t, one with S + w · SCORE_SCALE < t · W scores less than each of them and is none of the k
 * best, whatever its text and id. All sums are whole numbers below 2^53, so every comparison is exact.
 */
export function bestRows(
  catalogue: Catalogue,
  prepared: PreparedNeed,
  weights: Weights,
  workspace: Workspace,
  k: number,
): Int32Array {
  const { passers, partials, passed } = workspace;
  const relevanceWeight = prepared.hasText ? weightOf(weights, 'RELEVANCE') : 0;
  const slack = relevanceWeight * SCORE_SCALE;
  const best = new BestRows(catalogue.ids, Math.min(k, passed));
  for (let index = 0; index < passed; index += 1) {
    const row = passers[index]!;
    let sum = partials[index]!;
    if (sum + slack < best.worstScore * weights.sum) continue;
    if (relevanceWeight > 0) sum += relevanceWeight * catalogue.text.relevance(prepared.query, row);
    best.offer(row, Math.floor(sum / weights.sum));
  }
  return best.rows();
}

/** The k best rows offered so far: a heap with the worst of them on top. */
class BestRows {
  /** Score of the worst of them once there are k; -1 before. */
  worstScore = -1;
  readonly #ids: readonly string[];
  readonly #rows: Int32Array;
  readonly #scores: Int32Array;
  #size = 0;

  constructor(ids: readonly string[], k: number) {
    this.#ids = ids;
    this.#rows = new Int32Array(k);
    this.#scores = new Int32Array(k);
  }

  offer(row: number, score: number): void {
    if (this.#size < this.#rows.length) {
      this.#size += 1;
      this.#rise(this.#size - 1, row, score);
    } else if (this.#size > 0 && this.#isWorse(0, row, score)) {
      this.#sink(row, score);
    }
    if (this.#size > 0 && this.#size === this.#rows.length) this.worstScore = this.#scores[0]!;
  }

  /** The rows, best first. */
  rows(): Int32Array {
    const order = Array.from({ length: this.#size }, (_, index) => index).sort(
      (a, b) =>
        this.#scores[b]! - this.#scores[a]! || (this.#ids[this.#rows[a]!]! < this.#ids[this.#rows[b]!]! ? -1 : 1),
    );
    return Int32Array.from(order, (index) => this.#rows[index]!);
  }

  /** Whether the one at `index` is worse than this row. */
  #isWorse(index: number, row: number, score: number): boolean {
    const other = this.#scores[index]!;
    return other < score || (other === score && this.#ids[this.#rows[index]!]! > this.#ids[row]!);
  }

  #rise(from: number, row: number, score: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (this.#isWorse(parent, row, score)) break;
      this.#rows[index] = this.#rows[parent]!;
      this.#scores[index] = this.#scores[parent]!;
      index = parent;
    }
    this.#rows[index] = row;
    this.#scores[index] = score;
  }

  #sink(row: number, score: number): void {
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#isWorse(child + 1, this.#rows[child]!, this.#scores[child]!)) child += 1;
      if (!this.#isWorse(child, row, score)) break;
      this.#rows[index] = this.#rows[child]!;
      this.#scores[index] = this.#scores[child]!;
      index = child;
    }
    this.#rows[index] = row;
    this.#scores[index] = score;
  }
}
