/**
 * Values that many services share (timetables, eligibility rules, lists of communities), each kept once under a small
 * number. A need is judged against each distinct value once, not against each service. An entry is given up when the
 * last service that uses it goes, and its number is used again.
 */
export class Dictionary<T> {
  /** By number; `undefined` where the number is free. */
  readonly values: (T | undefined)[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #uses: number[] = [];
  readonly #free: number[] = [];

  /** The number for `key`, made by `make` when the key is new. Every call must be paired with one `release`. */
  take(key: string, make: () => T): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) {
      this.#uses[known]! += 1;
      return known;
    }
    const number = this.#free.pop() ?? this.values.length;
    this.values[number] = make();
    this.#keys[number] = key;
    this.#uses[number] = 1;
    this.#numbers.set(key, number);
    return number;
  }

  release(number: number): void {
    this.#uses[number]! -= 1;
    if (this.#uses[number]! > 0) return;
    this.#numbers.delete(this.#keys[number]!);
    this.#keys[number] = '';
    this.values[number] = undefined;
    this.#free.push(number);
  }

  /** The number of a key that is in use, or -1. */
  find(key: string): number {
    return this.#numbers.get(key) ?? -1;
  }
}
