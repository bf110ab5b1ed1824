import { describe, expect, it } from 'vitest';
import { deferAcceptance } from '../../../src/matching/assignment/choice.ts';
import type { AssignmentProblem } from '../../../src/matching/assignment/problem.ts';
import { randomNumbers } from '../../bench/matching/assignment-instances.ts';

describe('deferAcceptance gives what proposing and refusing one by one gives', () => {
  const shapes: [string, Partial<Shape>][] = [
    ['scores that spread', { scoreOf: (random) => Math.floor(random() * 1e6) }],
    ['scores below 0 too, the least of all among them', { scoreOf: (random) => pick(random, [-(2 ** 31), -5, 0, 9]) }],
    ['scores of which most crowd together', { scoreOf: (random) => Math.floor(2e9 * random() ** 40) }],
    ['all scores equal', { scoreOf: () => 7 }],
    ['the same few services wanted by all in the same order', { services: 40, choices: 40, inOrder: true }],
    ['long lists that agree, one place a service', { services: 300, choices: 70, inOrder: true, places: 1 }],
    ['long lists in any order', { services: 300, choices: 70 }],
    ['more places than needs', { places: 50 }],
    ['no places at some services', { places: 0 }],
    ['needs of several units', { units: 5 }],
    ['needs of several units in tiers', { units: 5, tiers: 3 }],
    ['tiers', { tiers: 9, scoreOf: (random) => Math.floor(random() * 40) }],
  ];

  it.each(shapes)('%s', (_, shape) => {
    for (const needs of [0, 1, 40, 700, 2500]) {
      const problem = problemOf({ ...USUAL, ...shape, needs });
      expect([...deferAcceptance(problem)]).toEqual(deferPlainly(problem));
    }
  });
});

type Shape = {
  readonly needs: number;
  readonly services: number;
  readonly choices: number;
  readonly places: number;
  readonly units: number;
  readonly tiers: number;
  /** Whether every need likes services of lower number better, instead of at random. */
  readonly inOrder: boolean;
  readonly scoreOf: (random: () => number) => number;
};

const USUAL: Shape = {
  needs: 0,
  services: 250,
  choices: 8,
  places: 8,
  units: 1,
  tiers: 1,
  inOrder: false,
  scoreOf: (random) => Math.floor(random() * 1000),
};

function problemOf(shape: Shape): AssignmentProblem {
  const { needs, services, choices } = shape;
  const random = randomNumbers(3);
  const service = Int32Array.from({ length: needs * choices }, () => Math.floor(random() * services));
  return {
    services,
    capacity: Int32Array.from({ length: services }, () => Math.floor(random() * (2 * shape.places + 1))),
    needs,
    offset: Int32Array.from({ length: needs + 1 }, (_, need) => need * choices),
    service,
    score: service.map((s) => (shape.inOrder ? services - s : shape.scoreOf(random))),
    ...(shape.units > 1 && {
      quantity: Int32Array.from({ length: needs }, () => 1 + Math.floor(random() * shape.units)),
    }),
    ...(shape.tiers > 1 && { tier: Uint8Array.from({ length: needs }, () => 1 + Math.floor(random() * shape.tiers)) }),
    policy: 'CHOICE',
  };
}

/** Gale and Shapley to the letter: needs propose down their lists, services keep the best and turn out the rest. */
function deferPlainly({ needs, offset, service, score, capacity, quantity, tier }: AssignmentProblem): number[] {
  const needOf = Array.from({ length: needs }, (_, n) => Array(offset[n + 1]! - offset[n]!).fill(n)).flat() as number[];
  const amount = Array.from(service, () => 0);
  const held = Array.from(capacity, () => [] as number[]);
  const wanting = Array.from({ length: needs }, (_, n) => quantity?.[n] ?? 1);
  const lists = Array.from({ length: needs }, (_, n) =>
    Array.from({ length: offset[n + 1]! - offset[n]! }, (_, at) => offset[n]! + at).sort(
      (a, b) => score[b]! - score[a]! || a - b,
    ),
  );
  const waiting = [...lists.keys()];
  while (waiting.length > 0) {
    const n = waiting.pop()!;
    while (wanting[n]! > 0 && lists[n]!.length > 0) {
      const edge = lists[n]![0]!;
      const s = service[edge]!;
      if (amount[edge] === 0) held[s]!.push(edge);
      amount[edge]! += wanting[n]!;
      wanting[n] = 0;
      held[s]!.sort((a, b) => (tier?.[needOf[a]!] ?? 1) - (tier?.[needOf[b]!] ?? 1) || score[b]! - score[a]! || a - b);
      let free = capacity[s]!;
      for (const kept of held[s]!) {
        const units = Math.min(free, amount[kept]!);
        free -= units;
        if (units === amount[kept]) continue;
        const loser = needOf[kept]!;
        wanting[loser]! += amount[kept]! - units;
        amount[kept] = units;
        if (lists[loser]![0] === kept) lists[loser]!.shift();
        if (loser !== n) waiting.push(loser);
      }
      held[s] = held[s]!.filter((kept) => amount[kept]! > 0);
    }
  }
  return amount;
}

function pick<T>(random: () => number, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!;
}
