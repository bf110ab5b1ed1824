import type { AssignmentProblem } from '../../../src/matching/assignment/problem.ts';

/** A square assignment problem that asks for the least cost: `cost[row][column]`. */
export type CostMatrix = readonly (readonly number[])[];

/**
 * Reads the text format of the OR-Library's assignment problems (Beasley 1990): the size n, then row by row the n costs, all
 * separated by white space. Throws when a number is missing, is no whole number, or is left over.
 */
export function readCostMatrix(text: string): CostMatrix {
  const numbers = text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(Number);
  const bad = numbers.findIndex((value) => !Number.isInteger(value) || value < 0);
  if (bad >= 0) throw new Error(`number ${bad + 1} is not a whole number of at least 0`);
  const [size, ...costs] = numbers;
  if (size === undefined) throw new Error('the size is missing');
  if (costs.length !== size * size) throw new Error(`there must be ${size * size} costs, not ${costs.length}`);
  return Array.from({ length: size }, (_, row) => costs.slice(row * size, (row + 1) * size));
}

/** Writes a matrix in the same format. */
export function writeCostMatrix(matrix: CostMatrix): string {
  return `${matrix.length}\n${matrix.map((row) => row.join(' ')).join('\n')}\n`;
}

/** The same problem as ours: every row a need, every column a service with one place, score = `highest` - cost. */
export function problemOfCosts(matrix: CostMatrix): { readonly problem: AssignmentProblem; readonly highest: number } {
  const size = matrix.length;
  const highest = Math.max(0, ...matrix.flat());
  return {
    highest,
    problem: {
      services: size,
      capacity: new Int32Array(size).fill(1),
      needs: size,
      offset: Int32Array.from({ length: size + 1 }, (_, row) => row * size),
      service: Int32Array.from({ length: size * size }, (_, edge) => edge % size),
      score: Int32Array.from(matrix.flat(), (cost) => highest - cost),
      policy: 'OPTIMAL',
    },
  };
}

/** The least cost by the Hungarian method over the matrix (Kuhn 1955, Munkres 1957), written apart from the core: O(n³). */
export function leastCost(matrix: CostMatrix): number {
  const size = matrix.length;
  const rowPrice = Array(size + 1).fill(0);
  const columnPrice = Array(size + 1).fill(0);
  const rowOf = Array(size + 1).fill(0);
  for (let row = 1; row <= size; row++) {
    const slack = Array(size + 1).fill(Number.POSITIVE_INFINITY);
    const from = Array(size + 1).fill(0);
    const isDone = Array(size + 1).fill(false);
    let column = 0;
    rowOf[0] = row;
    do {
      isDone[column] = true;
      const current = rowOf[column]!;
      let next = 0;
      let least = Number.POSITIVE_INFINITY;
      for (let j = 1; j <= size; j++) {
        if (isDone[j]) continue;
        const reduced = matrix[current - 1]![j - 1]! - rowPrice[current] - columnPrice[j];
        if (reduced < slack[j]) {
          slack[j] = reduced;
          from[j] = column;
        }
        if (slack[j] < least) {
          least = slack[j];
          next = j;
        }
      }
      for (let j = 0; j <= size; j++) {
        if (isDone[j]) {
          rowPrice[rowOf[j]] += least;
          columnPrice[j] -= least;
        } else slack[j] -= least;
      }
      column = next;
    } while (rowOf[column] !== 0);
    while (column !== 0) {
      rowOf[column] = rowOf[from[column]];
      column = from[column];
    }
  }
  let cost = 0;
  for (let j = 1; j <= size; j++) cost += matrix[rowOf[j] - 1]![j - 1]!;
  return cost;
}
