import { UNIT_SLOTS } from './units.ts';

/**
 * In how many rows each slot and each bigram occurs. Rows are counted between `open` and the next `open`: a slot or
 * bigram named twice for one row counts once.
 */
export class DocumentFrequencies {
  #slotRows = new Uint32Array(UNIT_SLOTS);
  #slotSeen = new Uint32Array(UNIT_SLOTS);
  #pairKeys = new Uint32Array(1 << 12);
  #pairRows = new Uint32Array(1 << 12);
  #pairSeen = new Uint32Array(1 << 12);
  #pairs = 0;
  #row = 0;

  /** Begins the count of another row. */
  open(): void {
    this.#row++;
    if (this.#row <= 0xffffffff) return;
    this.#slotSeen.fill(0);
    this.#pairSeen.fill(0);
    this.#row = 1;
  }

  countSlot(slot: number, by: 1 | -1): void {
    if (slot >= this.#slotRows.length) this.#growSlots(slot + 1);
    if (this.#slotSeen[slot] === this.#row) return;
    this.#slotSeen[slot] = this.#row;
    this.#slotRows[slot]! += by;
  }

  /** `first` and `second` are Han units. */
  countBigram(first: number, second: number, by: 1 | -1): void {
    if (this.#pairs * 4 > this.#pairKeys.length * 3) this.#growPairs();
    const key = bigramKey(first, second);
    const at = this.#find(key);
    if (this.#pairKeys[at] === 0) {
      this.#pairKeys[at] = key;
      this.#pairs++;
    }
    if (this.#pairSeen[at] === this.#row) return;
    this.#pairSeen[at] = this.#row;
    this.#pairRows[at]! += by;
  }

  rowsWithSlot(slot: number): number {
    return this.#slotRows[slot] ?? 0;
  }

  rowsWithBigram(first: number, second: number): number {
    return this.#pairRows[this.#find(bigramKey(first, second))]!;
  }

  get bytes(): number {
    return this.#slotRows.byteLength * 2 + this.#pairKeys.byteLength * 3;
  }

  #find(key: number): number {
    const mask = this.#pairKeys.length - 1;
    let at = Math.imul(key ^ (key >>> 15), 0x9e3779b1) >>> this.#shift;
    while (this.#pairKeys[at] !== key && this.#pairKeys[at] !== 0) at = (at + 1) & mask;
    return at;
  }

  #shift = 20;

  #growPairs(): void {
    const keys = this.#pairKeys;
    const rows = this.#pairRows;
    const seen = this.#pairSeen;
    this.#pairKeys = new Uint32Array(keys.length * 2);
    this.#pairRows = new Uint32Array(keys.length * 2);
    this.#pairSeen = new Uint32Array(keys.length * 2);
    this.#shift--;
    this.#pairs = 0;
    for (let i = 0; i < keys.length; i++) {
      // A bigram that no row has any more is not carried over.
      if (keys[i] === 0 || rows[i] === 0) continue;
      const at = this.#find(keys[i]!);
      this.#pairKeys[at] = keys[i]!;
      this.#pairRows[at] = rows[i]!;
      this.#pairSeen[at] = seen[i]!;
      this.#pairs++;
    }
  }

  #growSlots(length: number): void {
    const longer = Math.max(length, Math.ceil(this.#slotRows.length * 1.5));
    const rows = new Uint32Array(longer);
    const seen = new Uint32Array(longer);
    rows.set(this.#slotRows);
    seen.set(this.#slotSeen);
    this.#slotRows = rows;
    this.#slotSeen = seen;
  }
}

function bigramKey(first: number, second: number): number {
  return ((first << 16) | second) >>> 0;
}
