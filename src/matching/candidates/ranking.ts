import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Ids } from '../catalogue/ids.ts';
import type { Weights } from '../profile.ts';
import { SCORE_SCALE } from '../records.ts';
import type { PreparedNeed } from './prepared-need.ts';
import { relevanceSlack } from './scan.ts';
import type { Workspace } from './workspace.ts';

/**
 * The rows of the k best services of a scan, best first: highest score, ties by ascending id (by UTF-16 code unit).
 *
 * Texts are compared in falling order of what the rows can reach, so that few are. Let S be a row's weighted sum without
 * RELEVANCE and w the weight of RELEVANCE, whose value is at most SCORE_SCALE: its whole sum is at most
 * S + w · SCORE_SCALE. Once k rows have a score of at least t, a row for which that is below t · W scores less than each
 * of them and is none of the k best, whatever its text and its id. All sums are whole numbers below 2^53, so every
 * comparison is exact.
 */
export function bestRows(
  catalogue: Catalogue,
  prepared: PreparedNeed,
  weights: Weights,
  workspace: Workspace,
  k: number,
): Int32Array {
  const { rows, sums, count } = workspace.kept;
  const slack = relevanceSlack(prepared, weights);
  const relevanceWeight = slack / SCORE_SCALE;
  const best = new BestRows(catalogue.ids, Math.min(k, count));
  const order = slack === 0 ? null : fallingOrder(sums, count, workspace.kept.greatest.threshold[0]! - slack);
  const end = order?.length ?? count;
  for (let at = 0; at < end; at += 1) {
    const index = order === null ? at : order[at]!;
    const row = rows[index]!;
    let sum = sums[index]!;
    if (sum + slack < best.worstScore * weights.sum) continue;
    if (relevanceWeight > 0) sum += relevanceWeight * catalogue.text.relevance(prepared.query, row);
    best.offer(row, Math.floor(sum / weights.sum));
  }
  return best.rows();
}

const BUCKETS = 1024;

/**
 * Indices of the sums that are at least `least`, the greater first: those of a higher one of 1,024 equal spans before
 * those of a lower, in no order within a span (a counting sort).
 */
function fallingOrder(sums: Float64Array, count: number, least: number): Int32Array {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < count; index += 1) {
    const sum = sums[index]!;
    if (sum < least) continue;
    if (sum < lowest) lowest = sum;
    if (sum > highest) highest = sum;
  }
  const perBucket = (highest - lowest + 1) / BUCKETS;
  const ends = new Int32Array(BUCKETS + 1);
  for (let index = 0; index < count; index += 1) {
    const sum = sums[index]!;
    if (sum >= least) ends[1 + Math.floor((highest - sum) / perBucket)]! += 1;
  }
  for (let bucket = 1; bucket <= BUCKETS; bucket += 1) ends[bucket]! += ends[bucket - 1]!;
  const order = new Int32Array(ends[BUCKETS]!);
  for (let index = 0; index < count; index += 1) {
    const sum = sums[index]!;
    if (sum < least) continue;
    const bucket = Math.floor((highest - sum) / perBucket);
    order[ends[bucket]!] = index;
    ends[bucket]! += 1;
  }
  return order;
}

/** The k best rows offered so far: a heap with the worst of them on top. */
class BestRows {
  /** Score of the worst of them once there are k; -1 before. */
  worstScore = -1;
  readonly #ids: Ids;
  readonly #rows: Int32Array;
  readonly #scores: Int32Array;
  #size = 0;

  constructor(ids: Ids, k: number) {
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
      (a, b) => this.#scores[b]! - this.#scores[a]! || (this.#ids.isBefore(this.#rows[a]!, this.#rows[b]!) ? -1 : 1),
    );
    return Int32Array.from(order, (index) => this.#rows[index]!);
  }

  /** Whether the one at `index` is worse than this row. */
  #isWorse(index: number, row: number, score: number): boolean {
    const other = this.#scores[index]!;
    return other < score || (other === score && this.#ids.isBefore(row, this.#rows[index]!));
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
