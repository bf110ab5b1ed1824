import type { Catalogue } from '../catalogue/catalogue.ts';
import { MatchingInputError } from '../errors.ts';
import { readWeights } from '../profile.ts';
import type {
  BilingualText,
  Candidate,
  CandidateResult,
  Constraint,
  NeedRecord,
  Ranking,
  ScoringProfile,
} from '../records.ts';
import { candidatesOf } from './candidate.ts';
import { firstFailure } from './constraint-tests.ts';
import { nearestMiss, shortfallReason } from './nearest-miss.ts';
import { prepareNeed } from './prepared-need.ts';
import { rankKept } from './ranking.ts';
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
  const { prepared, weights, best, outcome } = search(catalogue, need, profile, k);
  return { candidates: candidatesOf(catalogue, prepared, weights, best.rows.subarray(0, best.count)), ...outcome };
}

/** The same services with the same scores and counts as `candidates` finds, without the explanation, which takes longer. */
export function rankServices(catalogue: Catalogue, need: NeedRecord, profile: ScoringProfile, k: number): Ranking {
  const { best, outcome } = search(catalogue, need, profile, k);
  const ids = catalogue.ids.idsOf(best.rows, best.count);
  return { ranked: ids.map((serviceId, place) => ({ serviceId, score: best.scores[place]! })), ...outcome };
}

function search(catalogue: Catalogue, need: NeedRecord, profile: ScoringProfile, k: number) {
  if (!Number.isSafeInteger(k) || k < 1)
    throw new MatchingInputError('k', null, 'must be a whole number of at least 1');
  const weights = readWeights(profile);
  const prepared = prepareNeed(catalogue, need);
  const workspace = workspaceOf(catalogue);
  const removed = scan(catalogue, prepared, weights, workspace, k);
  rankKept(catalogue, prepared, weights, workspace, k);
  const { best, passed } = workspace;
  const nearest = passed > 0 ? null : nearestMiss(catalogue, prepared, workspace);
  const category = prepared.category === -1 ? null : catalogue.taxonomy.codes[prepared.category]!;
  return { prepared, weights, best, outcome: { passed, removed, nearestMiss: nearest, category } };
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
  if (constraint === null) {
    return { passes: true, candidate: candidatesOf(catalogue, prepared, weights, Int32Array.of(row))[0]! };
  }
  return { passes: false, constraint, reason: shortfallReason(catalogue, prepared, row, [constraint]) };
}
