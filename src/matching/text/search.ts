import type { TextIndex } from './text-index.ts';

/** A row found by its words, with its relevance from 1 to `SCORE_SCALE`. */
export type TextHit = { readonly row: number; readonly relevance: number };

/**
 * The `k` rows that answer the query best, best first, equal ones by ascending row; rows that share nothing with the
 * query are left out. Exact: every row is scored.
 */
export function searchText(
  index: TextIndex,
  query: { readonly title: string; readonly description: string },
  k: number,
): TextHit[] {
  if (k < 1) return [];
  const prepared = index.prepare(query);
  /** A binary heap with the worst of the best at its root. */
  const heap: TextHit[] = [];
  for (let row = 0; row < index.rowLimit; row++) {
    const relevance = index.relevance(prepared, row);
    if (relevance === 0) continue;
    if (heap.length < k) push(heap, { row, relevance });
    else if (relevance > heap[0]!.relevance) replaceRoot(heap, { row, relevance });
  }
  return heap.sort(bestFirst);
}

function bestFirst(a: TextHit, b: TextHit): number {
  return b.relevance - a.relevance || a.row - b.row;
}

function push(heap: TextHit[], hit: TextHit): void {
  let at = heap.push(hit) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (bestFirst(heap[at]!, heap[parent]!) < 0) return;
    [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
    at = parent;
  }
}

function replaceRoot(heap: TextHit[], hit: TextHit): void {
  let at = 0;
  heap[0] = hit;
  for (;;) {
    let worst = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && bestFirst(heap[child]!, heap[worst]!) > 0) worst = child;
    }
    if (worst === at) return;
    [heap[at], heap[worst]] = [heap[worst]!, heap[at]!];
    at = worst;
  }
}
