import type { AssignmentPolicy, AssignmentProblem } from '../../src/matching/index.ts';
import { randomNumbers } from '../bench/matching/assignment-instances.ts';

const CANDIDATES = 8;

/**
 * Needs on islands, dealt out in turn: a need's candidates are services of its own island, places are too few, and
 * quantities, tiers and communities vary.
 */
export function islands({
  count,
  needsPerIsland,
  policy,
}: {
  readonly count: number;
  readonly needsPerIsland: number;
  readonly policy: AssignmentPolicy;
}): AssignmentProblem {
  const random = randomNumbers(7);
  const below = (limit: number) => Math.floor(random() * limit);
  const needs = count * needsPerIsland;
  const servicesPerIsland = Math.ceil(needsPerIsland / 10);
  const services = count * servicesPerIsland;
  return {
    policy,
    services,
    capacity: Int32Array.from({ length: services }, () => below(18)),
    needs,
    tier: Uint8Array.from({ length: needs }, () => 1 + below(3)),
    quantity: Int32Array.from({ length: needs }, () => 1 + below(2)),
    community: Int32Array.from({ length: needs }, (_, n) => (n % count) + 1000 * below(3)),
    offset: Int32Array.from({ length: needs + 1 }, (_, n) => n * CANDIDATES),
    service: Int32Array.from(
      { length: needs * CANDIDATES },
      (_, e) => (Math.floor(e / CANDIDATES) % count) * servicesPerIsland + below(servicesPerIsland),
    ),
    score: Int32Array.from({ length: needs * CANDIDATES }, () => below(1_000_001)),
  };
}
