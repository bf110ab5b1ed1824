import { resized, withRoomFor } from './growth.ts';

/** A tail longer than this is sorted together with the rest; a shorter one is put in its places one by one. */
const LONGEST_TAIL_INSERTED = 64;

/**
 * Ascending numbers with repetition, in one typed array. `add` only appends; the order is restored by `settle`, which
 * every reader calls first. A lone change to a settled column costs a binary search and one block move.
 */
export class SortedColumn<A extends Int32Array | Float64Array> {
  /** The first `count` elements are in use, ascending after `settle`. */
  values: A;
  count = 0;
  #settled = 0;

  constructor(empty: A) {
    this.values = empty;
  }

  add(value: number): void {
    this.values = withRoomFor(this.values, this.count + 1);
    this.values[this.count] = value;
    if (this.#settled === this.count && (this.count === 0 || this.values[this.count - 1]! <= value)) this.#settled += 1;
    this.count += 1;
  }

  /** Takes one occurrence of the value out; nothing happens when there is none. */
  remove(value: number): void {
    this.settle();
    const at = firstAtLeast(this.values, this.count, value);
    if (at === this.count || this.values[at] !== value) return;
    this.values.copyWithin(at, at + 1, this.count);
    this.count -= 1;
    this.#settled = this.count;
  }

  settle(): void {
    if (this.#settled === this.count) return;
    if (this.count - this.#settled > LONGEST_TAIL_INSERTED) {
      this.values.subarray(0, this.count).sort();
    } else {
      for (let next = this.#settled; next < this.count; next += 1) {
        const value = this.values[next]!;
        const at = firstAtLeast(this.values, next, value);
        this.values.copyWithin(at + 1, at, next);
        this.values[at] = value;
      }
    }
    this.#settled = this.count;
  }

  /** How many values are less than `bound`. */
  countBelow(bound: number): number {
    this.settle();
    return firstAtLeast(this.values, this.count, bound);
  }

  /** Gives back the room that is not in use. */
  trim(): void {
    this.settle();
    this.values = resized(this.values, this.count);
  }
}

/** Pairs of a key and a row, ascending by key and then by row, with the same manner of change as `SortedColumn`. */
export class SortedPairs {
  /** Both have `count` elements in use, side by side. Keys are whole numbers below 2^53. */
  keys = new Float64Array(0);
  rows = new Int32Array(0);
  count = 0;
  #settled = 0;

  add(key: number, row: number): void {
    this.keys = withRoomFor(this.keys, this.count + 1);
    this.rows = withRoomFor(this.rows, this.count + 1);
    this.keys[this.count] = key;
    this.rows[this.count] = row;
    this.count += 1;
  }

  remove(key: number, row: number): void {
    this.settle();
    const at = this.#place(key, row, this.count);
    if (at === this.count || this.keys[at] !== key || this.rows[at] !== row) return;
    this.keys.copyWithin(at, at + 1, this.count);
    this.rows.copyWithin(at, at + 1, this.count);
    this.count -= 1;
    this.#settled = this.count;
  }

  settle(): void {
    if (this.#settled === this.count) return;
    if (this.count - this.#settled > LONGEST_TAIL_INSERTED) this.#sortAll();
    else {
      for (let next = this.#settled; next < this.count; next += 1) {
        const key = this.keys[next]!;
        const row = this.rows[next]!;
        const at = this.#place(key, row, next);
        this.keys.copyWithin(at + 1, at, next);
        this.rows.copyWithin(at + 1, at, next);
        this.keys[at] = key;
        this.rows[at] = row;
      }
    }
    this.#settled = this.count;
  }

  /** Index of the first pair whose key is `key` or more; `count` when there is none. Call `settle` first. */
  firstAtLeast(key: number): number {
    return firstAtLeast(this.keys, this.count, key);
  }

  /** Gives back the room that is not in use. */
  trim(): void {
    this.settle();
    this.keys = resized(this.keys, this.count);
    this.rows = resized(this.rows, this.count);
  }

  #place(key: number, row: number, end: number): number {
    let low = 0;
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.keys[middle]!;
      if (other < key || (other === key && this.rows[middle]! < row)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #sortAll(): void {
    const { keys, rows, count } = this;
    const order = new Uint32Array(count);
    for (let index = 0; index < count; index += 1) order[index] = index;
    order.sort((a, b) => keys[a]! - keys[b]! || rows[a]! - rows[b]!);
    this.keys = Float64Array.from(order, (index) => keys[index]!);
    this.rows = Int32Array.from(order, (index) => rows[index]!);
  }
}

/** Index of the first of `count` ascending values that is `bound` or more; `count` when all are less. */
function firstAtLeast(values: Int32Array | Float64Array, count: number, bound: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
