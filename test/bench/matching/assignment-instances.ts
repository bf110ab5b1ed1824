import { readFileSync, writeFileSync } from 'node:fs';
import type { AssignmentProblem } from '../../../src/matching/assignment/problem.ts';

const CANDIDATES = 20;
const HIGHEST_SCORE = 1_000_000;

/** Numbers in [0, 1) that are the same on every machine for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Needs whose candidates are any 20 services, at any score. */
export function randomInstance(needs: number, services: number, places: number, seed = 1): AssignmentProblem {
  const random = randomNumbers(seed);
  const columns = emptyInstance(needs, services, places);
  for (let edge = 0; edge < columns.service.length; edge++) {
    columns.service[edge] = Math.floor(random() * services);
    columns.score[edge] = Math.floor(random() * (HIGHEST_SCORE + 1));
  }
  return columns;
}

/**
 * Needs and services in 40 clusters of a plane; the candidates of a need are its 20 nearest services, and the score falls
 * with distance and a little noise.
 */
export function clusteredInstance(needs: number, services: number, places: number, seed = 1): AssignmentProblem {
  const random = randomNumbers(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const centres = Array.from({ length: 40 }, () => [random() * 100, random() * 100] as const);
  const point = (): [number, number] => {
    const [x, y] = centres[Math.floor(random() * centres.length)]!;
    return [x + 2 * normal(), y + 2 * normal()];
  };
  const side = 50 / Math.sqrt(services);
  const cells = new Map<string, number[]>();
  const points = Array.from({ length: services }, point);
  points.forEach(([x, y], service) => {
    const key = `${Math.floor(x / side)},${Math.floor(y / side)}`;
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, [service]);
    else cell.push(service);
  });
  const columns = emptyInstance(needs, services, places);
  for (let need = 0; need < needs; need++) {
    const [x, y] = point();
    nearest(x, y, side, cells, points).forEach(([distance, service], rank) => {
      const edge = need * CANDIDATES + rank;
      columns.service[edge] = service;
      columns.score[edge] = Math.floor(HIGHEST_SCORE * (1 - Math.min(1, distance / 10 + 0.05 * random())));
    });
  }
  return columns;
}

function nearest(
  x: number,
  y: number,
  side: number,
  cells: ReadonlyMap<string, readonly number[]>,
  points: readonly (readonly [number, number])[],
): (readonly [distance: number, service: number])[] {
  const column = Math.floor(x / side);
  const row = Math.floor(y / side);
  const found: [number, number][] = [];
  for (let ring = 0; ; ring++) {
    for (let a = column - ring; a <= column + ring; a++) {
      const step = Math.abs(a - column) === ring ? 1 : Math.max(1, 2 * ring);
      for (let b = row - ring; b <= row + ring; b += step) {
        for (const service of cells.get(`${a},${b}`) ?? []) {
          found.push([Math.hypot(points[service]![0] - x, points[service]![1] - y), service]);
        }
      }
    }
    if (found.length < CANDIDATES) continue;
    found.sort((p, q) => p[0] - q[0]);
    if (found[CANDIDATES - 1]![0] <= ring * side) return found.slice(0, CANDIDATES);
  }
}

function emptyInstance(needs: number, services: number, places: number): AssignmentProblem {
  return {
    services,
    capacity: new Int32Array(services).fill(places),
    needs,
    offset: Int32Array.from({ length: needs + 1 }, (_, need) => need * CANDIDATES),
    service: new Int32Array(needs * CANDIDATES),
    score: new Int32Array(needs * CANDIDATES),
    policy: 'OPTIMAL',
  };
}

/** Writes an instance as the peer program reads it. */
export function writeInstance(problem: AssignmentProblem, file: string): void {
  const header = Int32Array.of(problem.services, problem.needs, problem.service.length);
  const columns = [header, problem.capacity, problem.offset, problem.service, problem.score];
  writeFileSync(file, Buffer.concat(columns.map((column) => Buffer.from(column.buffer))));
}

/** Reads an instance; its columns are views of the one buffer read. */
export function readInstance(file: string): AssignmentProblem {
  const bytes = readFileSync(file);
  const numbers = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const [services, needs, edges] = numbers as unknown as [number, number, number];
  let at = 3;
  const column = (length: number): Int32Array => {
    at += length;
    return numbers.subarray(at - length, at);
  };
  return {
    services,
    needs,
    capacity: column(services),
    offset: column(needs + 1),
    service: column(edges),
    score: column(edges),
    policy: 'OPTIMAL',
  };
}
