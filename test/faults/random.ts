/** Random numbers that a seed repeats. */
export type Random = {
  /** From 0 to below 1. */
  readonly next: () => number;
  /** A whole number from `least` to `most`, both possible. */
  readonly whole: (least: number, most: number) => number;
  readonly pick: <T>(from: readonly T[]) => T;
  readonly isTrue: (probability: number) => boolean;
  readonly shuffle: <T>(all: readonly T[]) => readonly T[];
  /** Numbers of their own for a part of the work, so that what others draw does not change them. */
  readonly branch: (name: string) => Random;
};

/** Mulberry32 (T. Ettinger, public domain) over the FNV-1a hash of the seed. */
export function randomFrom(seed: string): Random {
  let state = hashOf(seed);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    whole,
    pick: (from) => from[whole(0, from.length - 1)]!,
    isTrue: (probability) => next() < probability,
    shuffle: (all) => {
      const mixed = [...all];
      for (let last = mixed.length - 1; last > 0; last -= 1) {
        const other = whole(0, last);
        [mixed[last], mixed[other]] = [mixed[other]!, mixed[last]!];
      }
      return mixed;
    },
    branch: (name) => randomFrom(`${seed}/${name}`),
  };
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
