import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assign } from '../../../src/matching/assignment/assign.ts';
import { verifyOptimal, verifyStable } from '../../../src/matching/assignment/verify.ts';
import { randomNumbers } from '../../bench/matching/assignment-instances.ts';
import { type CostMatrix, problemOfCosts, readCostMatrix, writeCostMatrix } from './or-library.ts';
import { problemOf } from './small-problems.ts';

/** Data that no one here wrote stands beside the checkout, where there is any; what is checked in is tested everywhere. */
const OUTSIDE = join(import.meta.dirname, '../../../../shared/data');

describe('assignment problems whose least cost is known', () => {
  // Machol and Wien 1976, "A hard assignment problem": cost row × column; rows in order take columns in reverse.
  it.each([1, 2, 10, 100, 200])('row times column, size %d', (size) => {
    const matrix = squareOf(size, (row, column) => (row + 1) * (column + 1));
    expect(leastCostFound(writeCostMatrix(matrix))).toBe((size * (size + 1) * (size + 2)) / 6);
  });

  // Any cost is at least the sum of its row's and its column's price, and along one hidden assignment just that.
  it.each([3, 40, 200])('prices and an assignment hidden in the costs, size %d', (size) => {
    const random = randomNumbers(size);
    const rowPrice = Array.from({ length: size }, () => Math.floor(random() * 50));
    const columnPrice = Array.from({ length: size }, () => Math.floor(random() * 50));
    const shift = 1 + Math.floor(random() * size);
    const matrix = squareOf(size, (row, column) => {
      const extra = column === (row + shift) % size ? 0 : Math.floor(random() * 20);
      return rowPrice[row]! + columnPrice[column]! + extra;
    });
    const sum = (prices: readonly number[]) => prices.reduce((total, price) => total + price, 0);
    expect(leastCostFound(writeCostMatrix(matrix))).toBe(sum(rowPrice) + sum(columnPrice));
  });

  it('the files of the OR-Library, where they stand beside the checkout', () => {
    const files = filesBelow(OUTSIDE).filter((file) => /assign\d+(\.txt)?$/.test(file));
    if (files.length === 0)
      console.warn(`NOT TESTED: there are no assign100 … assign800 of the OR-Library in ${OUTSIDE}`);
    for (const file of files) {
      const name = /assign\d+/.exec(file)![0];
      expect(leastCostFound(readFileSync(file, 'utf8')), file).toBe(LEAST_COSTS[name]);
    }
  });
});

/** As published with the files (Beasley 1990). */
const LEAST_COSTS: Readonly<Record<string, number>> = {
  assign100: 305,
  assign200: 475,
  assign300: 626,
  assign400: 804,
  assign500: 991,
  assign600: 1176,
  assign700: 1362,
  assign800: 1552,
};

function squareOf(size: number, cost: (row: number, column: number) => number): CostMatrix {
  return Array.from({ length: size }, (_, row) => Array.from({ length: size }, (__, column) => cost(row, column)));
}

/** Reads a problem in the text format, assigns it, proves the assignment and gives its cost. */
function leastCostFound(text: string): number {
  const { problem, highest } = problemOfCosts(readCostMatrix(text));
  const assignment = assign(problem);
  expect(verifyOptimal(problem, assignment).fault).toBeNull();
  return problem.needs * highest - Number(assignment.total);
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => join(folder, name));
}

type HospitalCase = {
  readonly name: string;
  readonly residents: Readonly<Record<string, readonly string[]>>;
  readonly hospitals: Readonly<Record<string, readonly string[]>>;
  readonly capacities: Readonly<Record<string, number>>;
  readonly expected_resident_optimal: Readonly<Record<string, readonly string[]>>;
};

/** The example by which the National Resident Matching Program explains its algorithm: pairs that both sides rank. */
const NRMP_EXAMPLE: HospitalCase = {
  name: 'NRMP',
  residents: {
    Arthur: ['City'],
    Sunny: ['City'],
    Joseph: ['City', 'General', 'Mercy'],
    Latha: ['City', 'General'],
    Darrius: ['City', 'Mercy', 'General'],
  },
  hospitals: {
    Mercy: ['Darrius', 'Joseph'],
    City: ['Darrius', 'Arthur', 'Sunny', 'Latha', 'Joseph'],
    General: ['Darrius', 'Joseph', 'Latha'],
  },
  capacities: { Mercy: 2, City: 2, General: 2 },
  expected_resident_optimal: { Mercy: [], City: ['Arthur', 'Darrius'], General: ['Joseph', 'Latha'] },
};

describe('published hospital–resident cases', () => {
  it('come out as published', () => {
    const file = join(OUTSIDE, 'matching-small/examples.json');
    if (!existsSync(file)) console.warn(`NOT TESTED: the hospital–resident cases of ${file} are missing`);
    const outside = existsSync(file)
      ? (JSON.parse(readFileSync(file, 'utf8')) as (HospitalCase & { type: string })[])
      : [];
    const cases = [NRMP_EXAMPLE, ...outside.filter((one) => one.type === 'hospital-resident')];
    for (const one of cases) expect(placesOf(one), one.name).toEqual(sorted(one.expected_resident_optimal));
    if (outside.length > 0) expect(cases.length).toBeGreaterThan(1);
  });
});

/** Who is placed where, when the preferences of both sides are written as one score an edge. */
function placesOf(one: HospitalCase): Record<string, string[]> {
  const residents = Object.keys(one.residents);
  const hospitals = Object.keys(one.hospitals);
  const score = commonScores(one);
  const needs = residents.map((resident) => ({
    candidates: one.residents[resident]!.map(
      (hospital) => [hospitals.indexOf(hospital), score(resident, hospital)] as const,
    ),
  }));
  const problem = problemOf(
    hospitals.map((hospital) => one.capacities[hospital]!),
    needs,
    'CHOICE',
  );
  const assignment = assign(problem);
  expect(verifyStable(problem, assignment).fault).toBeNull();
  const placed: Record<string, string[]> = Object.fromEntries(hospitals.map((hospital) => [hospital, []]));
  assignment.service.forEach((service, need) => {
    if (service >= 0) placed[hospitals[service]!]!.push(residents[need]!);
  });
  return sorted(placed);
}

function sorted(places: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(places).map(([hospital, residents]) => [hospital, [...residents].sort()]));
}

/** A score above that of every edge which either side likes less: the longest chain of such edges below it. */
function commonScores(one: HospitalCase): (resident: string, hospital: string) => number {
  const known = new Map<string, number>();
  const score = (resident: string, hospital: string): number => {
    const key = `${resident}/${hospital}`;
    const value = known.get(key);
    if (value !== undefined) return value;
    const own = one.residents[resident]!;
    const rivals = one.hospitals[hospital]!;
    const below = [
      ...own.slice(own.indexOf(hospital) + 1).map((other) => score(resident, other)),
      ...rivals.slice(rivals.indexOf(resident) + 1).map((other) => score(other, hospital)),
    ];
    const found = Math.max(0, ...below) + 1;
    known.set(key, found);
    return found;
  };
  return score;
}
