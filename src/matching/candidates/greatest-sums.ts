import { withRoomFor } from '../catalogue/growth.ts';

/** The k greatest of the weighted sums added so far: a heap with the least of them on top. */
export class GreatestSums {
  /**
   * The least sum that gives the score of the k-th greatest one, or `-Infinity` while there are fewer than k. A sum
   * below it has a lower score than k others: floor(x / W) < t exactly where x < t · W for a whole t. It is the only
   * element of an array, so that compiled loops keep it as a double.
   */
  readonly threshold = Float64Array.of(Number.NEGATIVE_INFINITY);
  #sums = new Float64Array(0);
  #size = 0;
  #k = 0;
  #weightSum = 1;

  begin(k: number, weightSum: number): void {
    this.#k = k;
    this.#weightSum = weightSum;
    this.#size = 0;
    this.threshold[0] = Number.NEGATIVE_INFINITY;
  }

  add(sum: number): void {
    if (this.#size < this.#k) {
      this.#sums = withRoomFor(this.#sums, this.#size + 1);
      this.#rise(this.#size, sum);
      this.#size += 1;
    } else if (sum > this.#sums[0]!) {
      this.#sink(sum);
    } else {
      return;
    }
    if (this.#size === this.#k) this.threshold[0] = Math.floor(this.#sums[0]! / this.#weightSum) * this.#weightSum;
  }

  #rise(from: number, sum: number): void {
    const sums = this.#sums;
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (sums[parent]! <= sum) break;
      sums[index] = sums[parent]!;
      index = parent;
    }
    sums[index] = sum;
  }

  #sink(sum: number): void {
    const sums = this.#sums;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && sums[child + 1]! < sums[child]!) child += 1;
      if (sums[child]! >= sum) break;
      sums[index] = sums[child]!;
      index = child;
    }
    sums[index] = sum;
  }
}
