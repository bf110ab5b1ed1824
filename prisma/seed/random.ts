/** A stream of chance that gives the same numbers on every machine; only 32-bit integer arithmetic is used. */
export type Random = {
  /** A whole number from 0 to `bound` - 1, each as likely as the other. `bound` is 1 to 2^32. */
  below(bound: number): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  /** True in `percent` of a hundred calls. */
  chance(percent: number): boolean;
  /** One element of a list that is not empty. */
  pick<T>(list: readonly T[]): T;
  /** One element, each as likely as its weight, a whole number of 0 or more. */
  weighted<T>(list: readonly (readonly [T, number])[]): T;
};

/**
 * A stream of its own for each name, so that a phrase added to one subject leaves the numbers of the others as they were.
 * The generator is sfc32 (Chris Doty-Humphrey, PractRand), its state filled from an FNV-1a hash of the name.
 */
export function randomStream(name: string): Random {
  let a = fnv1a(`${name}/a`);
  let b = fnv1a(`${name}/b`);
  let c = fnv1a(`${name}/c`);
  let counter = 1;

  function next(): number {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  }
  for (let warm = 0; warm < 12; warm += 1) next();

  function below(bound: number): number {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let value = next();
    while (value >= limit) value = next();
    return value % bound;
  }

  return {
    below,
    between: (least, most) => least + below(most - least + 1),
    chance: (percent) => below(100) < percent,
    pick: (list) => list[below(list.length)]!,
    weighted: (list) => {
      let left = below(list.reduce((sum, [, weight]) => sum + weight, 0));
      for (const [value, weight] of list) {
        if (left < weight) return value;
        left -= weight;
      }
      return list[list.length - 1]![0];
    },
  };
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}
