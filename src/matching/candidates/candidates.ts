import type { Catalogue } from '../catalogue/catalogue.ts';
import { MatchingInputError } from '../errors.ts';
import { readWeights } from '../profile.ts';
import type { BilingualText, Candidate, CandidateResult, Constraint, NeedRecord, ScoringProfile } from '../records.ts';
import { candidatesOf } from './candidate.ts';
import { firstFailure } from './constraint-tests.ts';
import { nearestMiss, shortfallReason } from './nearest-miss.ts';
import { prepareNeed } from './prepared-need.ts';
import { bestRows } from './ranking.ts';
import { scan } from './scan.ts';
import { workspaceOf } from './workspace.ts';

/**
 * The k best services for a need under the full score, exactly, with their explanation, how many services each hard
 * constraint removed, and for a need without candidate the service that came closest. `k` is a whole number of at least
 * 1. A need without category is given the one that its words find.
 *
 * Throws `MatchingInputError` for a need, a profile or a k that breaks its rules. Not to be called from within itself
 * for the same catalogue, nor while the catalogue is being changed.
 */
export function candidates(
  catalogue: Catalogue,
  need: NeedRecord,
  profile: ScoringProfile,
  k: number,
): CandidateResult {
  if (!Number.isSafeInteger(k) || k < 1)
    throw new MatchingInputError('k', null, 'must be a whole number of at least 1');
  const weights = readWeights(profile);
  const prepared = prepareNeed(catalogue, need);
  const workspace = workspaceOf(catalogue);
  const removed = scan(catalogue, prepared, weights, workspace, k);
  const rows = bestRows(catalogue, prepared, weights, workspace, k);
  return {
    candidates: candidatesOf(catalogue, prepared, weights, rows),
    passed: workspace.passed,
    removed,
    nearestMiss: workspace.passed > 0 ? null : nearestMiss(catalogue, prepared, workspace),
    category: prepared.category === -1 ? null : catalogue.taxonomy.codes[prepared.category]!,
  };
}

/** One service held against one need: the candidate that it makes, or the first constraint that it fails and why. */
export type Judgement =
  | { readonly passes: true; readonly candidate: Candidate }
  | { readonly passes: false; readonly constraint: Constraint; readonly reason: BilingualText };

/**
 * Judges a single service as `candidates` would: for re-dispatch, for staff who dispatch by hand, for a resident's own
 * choice. Throws `MatchingInputError` for bad input and for a service that is not in the catalogue.
 */
export function scoreService(
  catalogue: Catalogue,
  need: NeedRecord,
  profile: ScoringProfile,
  serviceId: string,
): Judgement {
  const weights = readWeights(profile);
  const prepared = prepareNeed(catalogue, need);
  const row = catalogue.rowOf(serviceId);
  if (row === -1) throw new MatchingInputError('serviceId', null, `must be in the catalogue, not ${serviceId}`);
  const constraint = firstFailure(catalogue, prepared, row);
  if (constraint === null) return { passes: true, candidate: candidatesOf(catalogue, prepared, weights, [row])[0]! };
  return { passes: false, constraint, reason: shortfallReason(catalogue, prepared, row, [constraint]) };
}
