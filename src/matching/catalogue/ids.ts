import { withRoomFor } from './growth.ts';

/** At most one in this many slots is in use. */
const SLOTS_PER_ROW = 2;
const EMPTY = -1;
const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** What it reads are ASCII letters only, and UTF-8 has them as they are. */
const ASCII = new TextDecoder();

/**
 * The ids of rows, both ways: about 50 bytes for an id of 36 letters, a quarter of what strings in a `Map` take. Ids of
 * ASCII letters, as UUIDs are, stand in one array of bytes; the others are kept as strings.
 */
export class Ids {
  #bytes = new Uint8Array(0);
  #bytesEnd = 0;
  /** Runs of bytes that are free again, by length. */
  readonly #freeRuns = new Map<number, number[]>();
  #begins = new Uint32Array(0);
  /** Letters of the id; 0 where it is in `#wide` or there is none. */
  #lengths = new Uint16Array(0);
  readonly #wide = new Map<number, string>();
  /** Open addressing with linear probing (D. E. Knuth, "The Art of Computer Programming", vol. 3, 6.4, algorithm L). */
  #slots = new Int32Array(16).fill(EMPTY);
  /** Letters of several ids on their way to a string. */
  #letters = new Uint8Array(0);
  /** How many ids there are. */
  size = 0;

  /** Row of an id, or -1. */
  rowOf(id: string): number {
    const mask = this.#slots.length - 1;
    for (let slot = hashOf(id) & mask; ; slot = (slot + 1) & mask) {
      const row = this.#slots[slot]!;
      if (row === EMPTY || this.#is(row, id)) return row;
    }
  }

  /** Id of a row that has one. */
  idOf(row: number): string {
    const length = this.#lengths[row]!;
    if (length === 0) return this.#wide.get(row)!;
    const begin = this.#begins[row]!;
    return ASCII.decode(this.#bytes.subarray(begin, begin + length));
  }

  /** Ids of the first `count` rows of a list, all of which have one: their letters are decoded in one go. */
  idsOf(rows: Int32Array, count: number): string[] {
    let end = 0;
    for (let at = 0; at < count; at += 1) {
      const begin = this.#begins[rows[at]!]!;
      const length = this.#lengths[rows[at]!]!;
      this.#letters = withRoomFor(this.#letters, end + length);
      for (let letter = 0; letter < length; letter += 1) this.#letters[end + letter] = this.#bytes[begin + letter]!;
      end += length;
    }
    const letters = ASCII.decode(this.#letters.subarray(0, end));
    const ids: string[] = [];
    let begin = 0;
    for (let at = 0; at < count; at += 1) {
      const length = this.#lengths[rows[at]!]!;
      ids.push(length === 0 ? this.#wide.get(rows[at]!)! : letters.slice(begin, begin + length));
      begin += length;
    }
    return ids;
  }

  /** Whether the id of one row comes before that of another, by UTF-16 code unit. */
  isBefore(one: number, other: number): boolean {
    const length = this.#lengths[one]!;
    const otherLength = this.#lengths[other]!;
    if (length === 0 || otherLength === 0) return this.idOf(one) < this.idOf(other);
    const begin = this.#begins[one]!;
    const otherBegin = this.#begins[other]!;
    const shared = Math.min(length, otherLength);
    for (let at = 0; at < shared; at += 1) {
      const difference = this.#bytes[begin + at]! - this.#bytes[otherBegin + at]!;
      if (difference !== 0) return difference < 0;
    }
    return length < otherLength;
  }

  /** Gives a row without id an id that no row has. */
  set(row: number, id: string): void {
    if ((this.size + 1) * SLOTS_PER_ROW > this.#slots.length) this.#spread(2 * this.#slots.length);
    this.#begins = withRoomFor(this.#begins, row + 1);
    this.#lengths = withRoomFor(this.#lengths, row + 1);
    if (isNarrow(id)) {
      this.#begins[row] = this.#take(id.length);
      this.#lengths[row] = id.length;
      for (let at = 0; at < id.length; at += 1) this.#bytes[this.#begins[row]! + at] = id.charCodeAt(at);
    } else {
      this.#lengths[row] = 0;
      this.#wide.set(row, id);
    }
    this.#place(row, hashOf(id));
    this.size += 1;
  }

  /** Takes the id of a row away. */
  delete(row: number): void {
    this.#unplace(row);
    const length = this.#lengths[row]!;
    if (length === 0) this.#wide.delete(row);
    else {
      const runs = this.#freeRuns.get(length) ?? [];
      runs.push(this.#begins[row]!);
      this.#freeRuns.set(length, runs);
    }
    this.#lengths[row] = 0;
    this.size -= 1;
  }

  #is(row: number, id: string): boolean {
    const length = this.#lengths[row]!;
    if (length === 0) return this.#wide.get(row) === id;
    if (length !== id.length) return false;
    const begin = this.#begins[row]!;
    for (let at = 0; at < length; at += 1) if (this.#bytes[begin + at] !== id.charCodeAt(at)) return false;
    return true;
  }

  #take(length: number): number {
    const again = this.#freeRuns.get(length)?.pop();
    if (again !== undefined) return again;
    const begin = this.#bytesEnd;
    this.#bytesEnd += length;
    this.#bytes = withRoomFor(this.#bytes, this.#bytesEnd);
    return begin;
  }

  #place(row: number, hash: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & mask;
    this.#slots[slot] = row;
  }

  /** Empties the row's slot and moves later ones of the same cluster up (Knuth's algorithm R), so that no gap hides one. */
  #unplace(row: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let gap = this.#hashOfRow(row) & mask;
    while (slots[gap] !== row) gap = (gap + 1) & mask;
    for (let slot = (gap + 1) & mask; slots[slot] !== EMPTY; slot = (slot + 1) & mask) {
      const home = this.#hashOfRow(slots[slot]!) & mask;
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      slots[gap] = slots[slot]!;
      gap = slot;
    }
    slots[gap] = EMPTY;
  }

  #hashOfRow(row: number): number {
    const length = this.#lengths[row]!;
    if (length === 0) return hashOf(this.#wide.get(row)!);
    const begin = this.#begins[row]!;
    let hash = FNV_BASIS;
    for (let at = begin; at < begin + length; at += 1) hash = Math.imul(hash ^ this.#bytes[at]!, FNV_PRIME);
    return (hash ^ (hash >>> 15)) >>> 0;
  }

  #spread(length: number): void {
    const rows = this.#slots;
    this.#slots = new Int32Array(length).fill(EMPTY);
    for (const row of rows) if (row !== EMPTY) this.#place(row, this.#hashOfRow(row));
  }
}

function isNarrow(id: string): boolean {
  if (id.length === 0 || id.length > 0xffff) return false;
  for (let at = 0; at < id.length; at += 1) if (id.charCodeAt(at) > 0x7f) return false;
  return true;
}

/** FNV-1a over code units (G. Fowler, L. C. Noll, K.-P. Vo), with its upper half folded in. */
function hashOf(id: string): number {
  let hash = FNV_BASIS;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), FNV_PRIME);
  return (hash ^ (hash >>> 15)) >>> 0;
}
