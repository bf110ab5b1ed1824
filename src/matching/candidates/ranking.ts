import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Weights } from '../profile.ts';
import { SCORE_SCALE } from '../records.ts';
import type { PreparedNeed } from './prepared-need.ts';
import { relevanceSlack } from './scan.ts';
import type { Workspace } from './workspace.ts';

/**
 * Leaves the k best services of a scan in `workspace.best`: highest score first, ties by ascending id (by UTF-16 code unit).
 *
 * Texts are compared in falling order of what the rows can reach, so that few are. Let S be a row's weighted sum without
 * RELEVANCE and w the weight of RELEVANCE, whose value is at most SCORE_SCALE: its whole sum is at most
 * S + w · SCORE_SCALE. Once k rows have a score of at least t, a row for which that is below t · W scores less than each
 * of them and is none of the k best, whatever its text and its id. All sums are whole numbers below 2^53, so every
 * comparison is exact.
 */
export function rankKept(
  catalogue: Catalogue,
  prepared: PreparedNeed,
  weights: Weights,
  workspace: Workspace,
  k: number,
): void {
  const { best, kept } = workspace;
  const { rows, sums, count } = kept;
  const slack = relevanceSlack(prepared, weights);
  const relevanceWeight = slack / SCORE_SCALE;
  best.begin(Math.min(k, count));
  const order = slack === 0 ? null : fallingOrder(sums, count, kept.greatest.threshold[0]! - slack);
  const end = order?.length ?? count;
  for (let at = 0; at < end; at += 1) {
    const index = order === null ? at : order[at]!;
    const row = rows[index]!;
    let sum = sums[index]!;
    if (sum + slack < best.worstScore * weights.sum) continue;
    if (relevanceWeight > 0) sum += relevanceWeight * catalogue.text.relevance(prepared.query, row);
    best.offer(row, Math.floor(sum / weights.sum));
  }
  best.sort();
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
