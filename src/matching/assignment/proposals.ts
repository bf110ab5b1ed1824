/** Numbers that stand for one proposal, side by side: score, edge, need, service. */
export const WIDTH = 4;

/** How many proposals one bucket is meant to hold. */
const PER_BUCKET = 4;
/** More proposals than this in a bucket are sorted by a heap instead of by insertion. */
const LONG_BUCKET = 32;

/**
 * Writes proposals into the beginning of `sorted` from the best down: higher score, then lower edge. They are counted into buckets of equal spans of score, and
 * each of these is put in order. O(n) where scores spread, O(n log n) always.
 */
export function sortProposals(proposals: Int32Array, sorted: Int32Array): void {
  if (proposals.length === 0) return;
  let lowest = proposals[0]!;
  let highest = lowest;
  for (let at = WIDTH; at < proposals.length; at += WIDTH) {
    const score = proposals[at]!;
    if (score < lowest) lowest = score;
    if (score > highest) highest = score;
  }
  const span = highest - lowest + 1;
  const buckets = Math.min(span, Math.ceil(proposals.length / WIDTH / PER_BUCKET));
  const perScore = buckets / span;
  const bounds = new Int32Array(buckets + 2);
  for (let at = 0; at < proposals.length; at += WIDTH) {
    bounds[2 + Math.floor((highest - proposals[at]!) * perScore)]! += WIDTH;
  }
  for (let bucket = 2; bucket <= buckets; bucket++) bounds[bucket]! += bounds[bucket - 1]!;
  for (let at = 0; at < proposals.length; at += WIDTH) {
    const bucket = 1 + Math.floor((highest - proposals[at]!) * perScore);
    const to = bounds[bucket]!;
    bounds[bucket] = to + WIDTH;
    sorted[to] = proposals[at]!;
    sorted[to + 1] = proposals[at + 1]!;
    sorted[to + 2] = proposals[at + 2]!;
    sorted[to + 3] = proposals[at + 3]!;
  }
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = bounds[bucket]!;
    const to = bounds[bucket + 1]!;
    if (to - from <= LONG_BUCKET * WIDTH) sortByInsertion(sorted, from, to);
    else if (!isSorted(sorted, from, to)) sortByHeap(sorted, from, to);
  }
}

function isSorted(proposals: Int32Array, from: number, to: number): boolean {
  for (let at = from + WIDTH; at < to; at += WIDTH) {
    const before = proposals[at - WIDTH]!;
    const score = proposals[at]!;
    if (before < score || (before === score && proposals[at - WIDTH + 1]! > proposals[at + 1]!)) return false;
  }
  return true;
}

function sortByInsertion(proposals: Int32Array, from: number, to: number): void {
  for (let next = from + WIDTH; next < to; next += WIDTH) {
    const score = proposals[next]!;
    const edge = proposals[next + 1]!;
    let at = next - WIDTH;
    if (proposals[at]! > score || (proposals[at] === score && proposals[at + 1]! < edge)) continue;
    const need = proposals[next + 2]!;
    const service = proposals[next + 3]!;
    for (; at >= from; at -= WIDTH) {
      const other = proposals[at]!;
      if (other > score || (other === score && proposals[at + 1]! < edge)) break;
      proposals[at + WIDTH] = other;
      proposals[at + WIDTH + 1] = proposals[at + 1]!;
      proposals[at + WIDTH + 2] = proposals[at + 2]!;
      proposals[at + WIDTH + 3] = proposals[at + 3]!;
    }
    write(proposals, at + WIDTH, score, edge, need, service);
  }
}

function sortByHeap(proposals: Int32Array, from: number, to: number): void {
  const heap = new ProposalHeap();
  for (let at = from; at < to; at += WIDTH) {
    heap.add(proposals[at]!, proposals[at + 1]!, proposals[at + 2]!, proposals[at + 3]!);
  }
  for (let at = from; at < to; at += WIDTH) {
    write(proposals, at, heap.score, heap.edge, heap.need, heap.service);
    heap.removeFirst();
  }
}

function write(proposals: Int32Array, at: number, score: number, edge: number, need: number, service: number): void {
  proposals[at] = score;
  proposals[at + 1] = edge;
  proposals[at + 2] = need;
  proposals[at + 3] = service;
}

/** A binary heap of proposals. `score`, `edge`, `need` and `service` are those of the best one. */
export class ProposalHeap {
  size = 0;
  #entries = new Int32Array(64 * WIDTH);

  get score(): number {
    return this.#entries[0]!;
  }

  get edge(): number {
    return this.#entries[1]!;
  }

  get need(): number {
    return this.#entries[2]!;
  }

  get service(): number {
    return this.#entries[3]!;
  }

  /** Whether it has a proposal that comes before one of this score and edge. */
  isBefore(score: number, edge: number): boolean {
    if (this.size === 0) return false;
    const first = this.#entries[0]!;
    return first > score || (first === score && this.#entries[1]! < edge);
  }

  add(score: number, edge: number, need: number, service: number): void {
    if (WIDTH * (this.size + 1) > this.#entries.length) {
      const longer = new Int32Array(2 * this.#entries.length);
      longer.set(this.#entries);
      this.#entries = longer;
    }
    const entries = this.#entries;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const other = entries[WIDTH * parent]!;
      if (other > score || (other === score && entries[WIDTH * parent + 1]! < edge)) break;
      this.#move(parent, at);
      at = parent;
    }
    write(entries, WIDTH * at, score, edge, need, service);
  }

  /** Takes the best one out. */
  removeFirst(): void {
    const entries = this.#entries;
    const size = --this.size;
    const last = WIDTH * size;
    const score = entries[last]!;
    const edge = entries[last + 1]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#comesBefore(child + 1, entries[WIDTH * child]!, entries[WIDTH * child + 1]!))
        child++;
      if (!this.#comesBefore(child, score, edge)) break;
      this.#move(child, at);
      at = child;
    }
    write(entries, WIDTH * at, score, edge, entries[last + 2]!, entries[last + 3]!);
  }

  #comesBefore(index: number, score: number, edge: number): boolean {
    const other = this.#entries[WIDTH * index]!;
    return other > score || (other === score && this.#entries[WIDTH * index + 1]! < edge);
  }

  #move(from: number, to: number): void {
    const entries = this.#entries;
    entries[WIDTH * to] = entries[WIDTH * from]!;
    entries[WIDTH * to + 1] = entries[WIDTH * from + 1]!;
    entries[WIDTH * to + 2] = entries[WIDTH * from + 2]!;
    entries[WIDTH * to + 3] = entries[WIDTH * from + 3]!;
  }
}
