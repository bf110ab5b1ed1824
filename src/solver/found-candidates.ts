import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { type CandidateResult, CONSTRAINTS, type Constraint } from '../matching/index.ts';

/** The candidates of a few needs as columns: those of need n are `offset[n]` … `offset[n + 1] - 1`, best first. */
export type FoundCandidates = {
  readonly offset: Int32Array;
  /** Positions in `serviceIds`. */
  readonly service: Int32Array;
  readonly score: Int32Array;
  readonly serviceIds: readonly string[];
  /** How many services passed every constraint, for each need. */
  readonly passed: Int32Array;
  /** For each need the position in `CONSTRAINTS` of that which its nearest miss fails; -1 where there is no miss. */
  readonly missed: Int8Array;
  /** All of it with its explanations, many times larger than the columns and so compressed: see `readResults`. */
  readonly results: Uint8Array;
};

/** The constraint that the service which came closest to need n fails; `null` where there is none. */
export function missedConstraint({ missed }: FoundCandidates, n: number): Constraint | null {
  return missed[n] === -1 ? null : CONSTRAINTS[missed[n]!]!;
}

const inflated = promisify<Uint8Array, Buffer>(inflateRaw);

/** What `candidates` gave for each of the needs. */
export async function readResults({ results }: Pick<FoundCandidates, 'results'>): Promise<readonly CandidateResult[]> {
  return JSON.parse((await inflated(results)).toString()) as readonly CandidateResult[];
}
