import { MatchingInputError } from '../errors.ts';

/** How an assignment is chosen: `OPTIMAL` 总分最优, `EQUITABLE` 社区均衡, `CHOICE` 自主选择. */
export type AssignmentPolicy = 'OPTIMAL' | 'EQUITABLE' | 'CHOICE';

/**
 * Many needs, many services, and for each need the list of services that may serve it (its candidates), as columns.
 * The candidates of need n are the edges `offset[n]` … `offset[n + 1] - 1`. The arrays are only read.
 */
export type AssignmentProblem = {
  /** How many services there are, and the places each one has (0 or more). */
  readonly services: number;
  readonly capacity: Int32Array;
  /** How many needs there are. */
  readonly needs: number;
  /** Urgency of each need, lower is more urgent and 1 the most urgent in use; all the same when absent. */
  readonly tier?: Uint8Array;
  /** Units each need asks for, 1 or more, at most 2^31 - 1 in all; 1 each when absent. Units may be split over services. */
  readonly quantity?: Int32Array;
  /** The community each need belongs to, any whole number; all the same when absent. Only EQUITABLE reads it. */
  readonly community?: Int32Array;
  /** `needs + 1` ascending positions into `service` and `score`, the first of them 0 and the last their length. */
  readonly offset: Int32Array;
  /** The service of each edge. The same service may occur twice in a need's list. */
  readonly service: Int32Array;
  /** The score of each edge: 0 or more, any whole number under CHOICE, where it only ranks. */
  readonly score: Int32Array;
  readonly policy: AssignmentPolicy;
};

/**
 * The level half of the prices: integers that say how urgent the demand is on which a place or a need depends.
 * Level 0 is no demand at all; level `l` stands for the demand step `(tier[l], share[l])`, and higher is more urgent.
 */
export type LevelPrices = {
  /** For each level, the tier it stands for; entry 0 is unused. */
  readonly tier: Int32Array;
  /** For each level, the share of its group's demand that is met at that step (EQUITABLE), else 0. */
  readonly share: Float64Array;
  readonly service: Int32Array;
  readonly need: Int32Array;
  /** EQUITABLE: for each need the group (its tier in its community, numbered from 0); `null` under OPTIMAL. */
  readonly groupOf: Int32Array | null;
  /** EQUITABLE: the level and the score of one more unit of each group's demand. */
  readonly group: Int32Array;
  readonly groupPrice: Float64Array;
};

/** What `assign` gives. Units are units of quantity. */
export type Assignment = {
  /**
   * For each need the service of the edge that carries most of its units, -1 when it got none; among equals the edge
   * that stands first in the need's list.
   */
  readonly service: Int32Array;
  /** For each edge of the problem the units that flow along it. */
  readonly flow: Int32Array;
  /** The sum over all edges of flow × score. */
  readonly total: bigint;
  /** Units matched of each tier: entry t is tier t. All needs count as tier 1 when the problem has no tiers. */
  readonly matchedByTier: Int32Array;
  /**
   * OPTIMAL and EQUITABLE: optimal dual values in units of score. With its level (`levels.service`) before it, the
   * price of a service is what one of its places is worth: 0 at level 0 when places are left over. Zeros under CHOICE.
   */
  readonly servicePrice: Float64Array;
  /** What one unit of the need gains over being unmet, level first, in units of score. Zeros under CHOICE. */
  readonly needPrice: Float64Array;
  /** The level half of the prices; `null` under CHOICE, which has no prices. */
  readonly levels: LevelPrices | null;
};

/** Largest sum of quantities, so that every count of units is a 32-bit integer. */
const MAXIMUM_UNITS = 2_147_483_647;
/** Largest magnitude that a path length in units of score may reach and still be an exact double. */
const EXACT_LIMIT = 2 ** 52;

/** Throws `MatchingInputError`, naming the array and the position, unless `problem` is well formed. */
export function checkProblem(problem: AssignmentProblem): void {
  const { policy, services, needs, offset, service, score } = problem;
  if (policy !== 'OPTIMAL' && policy !== 'EQUITABLE' && policy !== 'CHOICE') {
    throw new MatchingInputError('policy', null, 'must be OPTIMAL, EQUITABLE or CHOICE');
  }
  checkCount('services', services);
  checkCount('needs', needs);
  checkArray('capacity', problem.capacity, Int32Array, services, 'services');
  checkArray('offset', offset, Int32Array, needs + 1, 'needs + 1');
  const edges = checkOffsets(offset, needs);
  checkArray('service', service, Int32Array, edges, 'the last offset');
  checkArray('score', score, Int32Array, edges, 'the last offset');
  checkAtLeast('capacity', problem.capacity, 0);
  for (let e = 0; e < edges; e++) {
    const s = service[e]!;
    if (s < 0 || s >= services) {
      throw new MatchingInputError('service', e, `must be a service from 0 to ${services - 1}`);
    }
  }
  if (policy !== 'CHOICE') {
    checkAtLeast('score', score, 0);
    checkExactness(problem);
  }
  if (problem.tier !== undefined) checkArray('tier', problem.tier, Uint8Array, needs, 'needs');
  if (problem.community !== undefined) checkArray('community', problem.community, Int32Array, needs, 'needs');
  if (problem.quantity !== undefined) {
    checkArray('quantity', problem.quantity, Int32Array, needs, 'needs');
    checkAtLeast('quantity', problem.quantity, 1);
    let units = 0;
    for (let n = 0; n < needs; n++) {
      units += problem.quantity[n]!;
      if (units > MAXIMUM_UNITS) {
        throw new MatchingInputError('quantity', n, `must not take the sum of quantities over ${MAXIMUM_UNITS}`);
      }
    }
  }
}

function checkCount(field: string, value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > MAXIMUM_UNITS) {
    throw new MatchingInputError(field, null, 'must be a whole number of at least 0');
  }
}

function checkArray(
  field: string,
  array: Int32Array | Uint8Array,
  type: typeof Int32Array | typeof Uint8Array,
  length: number,
  meaning: string,
): void {
  if (!(array instanceof type)) {
    checkWholeNumbers(field, array);
    throw new MatchingInputError(field, null, `must be an ${type.name}`);
  }
  if (array.length !== length) {
    throw new MatchingInputError(field, null, `must have ${length} entries (${meaning}), not ${array.length}`);
  }
}

/** Names the first entry that is no whole number, where the array is not even of a typed kind. */
function checkWholeNumbers(field: string, array: unknown): void {
  const list = array as ArrayLike<unknown> | null | undefined;
  const length = typeof list?.length === 'number' ? list.length : 0;
  for (let index = 0; index < length; index++) {
    if (!Number.isInteger(list?.[index])) throw new MatchingInputError(field, index, 'must be a whole number');
  }
}

function checkAtLeast(field: string, array: Int32Array, minimum: number): void {
  for (let index = 0; index < array.length; index++) {
    if (array[index]! < minimum) {
      throw new MatchingInputError(field, index, `must be a whole number of at least ${minimum}`);
    }
  }
}

function checkOffsets(offset: Int32Array, needs: number): number {
  if (offset[0] !== 0) throw new MatchingInputError('offset', 0, 'must be 0');
  for (let n = 0; n < needs; n++) {
    if (offset[n + 1]! < offset[n]!) {
      throw new MatchingInputError('offset', n + 1, `must not be less than offset[${n}]`);
    }
  }
  return offset[needs]!;
}

function checkExactness(problem: AssignmentProblem): void {
  if (pathBound(problem) * 4 > EXACT_LIMIT) {
    throw new MatchingInputError('score', null, 'must be smaller for so many needs, or sums would not be exact');
  }
}

/** More than any alternating path can gain or lose in score: it visits no need and no service twice. */
function pathBound(problem: AssignmentProblem): number {
  let highest = 0;
  for (let e = 0; e < problem.score.length; e++) if (problem.score[e]! > highest) highest = problem.score[e]!;
  const outside = problem.policy === 'EQUITABLE' ? problem.needs : 1;
  return (2 * Math.min(problem.needs, problem.services + outside) + 2) * (highest + 1);
}
