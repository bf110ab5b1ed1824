const CHUNK_BITS = 20;
const CHUNK_UNITS = 1 << CHUNK_BITS;
/** The longest run that can be kept. */
export const LONGEST_RUN = 0xffff;

/**
 * Runs of 16-bit units in chunks of two megabytes, so that growth copies nothing and doubles nothing. A run lies in one
 * chunk; a released run serves the next one of its length again.
 */
export class UnitRuns {
  readonly #chunks: Uint16Array[] = [];
  #end = CHUNK_UNITS;
  readonly #free = new Map<number, number[]>();

  /** Keeps a copy of the first `length` units; gives where it begins. */
  keep(units: Uint16Array, length: number): number {
    const begin = this.#free.get(length)?.pop() ?? this.#append(length);
    const chunk = this.chunk(begin);
    const offset = this.offset(begin);
    for (let i = 0; i < length; i++) chunk[offset + i] = units[i]!;
    return begin;
  }

  release(begin: number, length: number): void {
    const list = this.#free.get(length);
    if (list) list.push(begin);
    else this.#free.set(length, [begin]);
  }

  chunk(begin: number): Uint16Array {
    return this.#chunks[begin >>> CHUNK_BITS]!;
  }

  offset(begin: number): number {
    return begin & (CHUNK_UNITS - 1);
  }

  get bytes(): number {
    return this.#chunks.length * CHUNK_UNITS * 2;
  }

  #append(length: number): number {
    if (this.#end + length > CHUNK_UNITS) {
      this.#chunks.push(new Uint16Array(CHUNK_UNITS));
      this.#end = 0;
    }
    const begin = (this.#chunks.length - 1) * CHUNK_UNITS + this.#end;
    this.#end += length;
    return begin;
  }
}
