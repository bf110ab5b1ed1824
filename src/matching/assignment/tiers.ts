import type { AssignmentProblem } from './problem.ts';

/** The tier of a need; 1 where the problem has none. */
export function tierOf(problem: Pick<AssignmentProblem, 'tier'>, need: number): number {
  return problem.tier === undefined ? 1 : problem.tier[need]!;
}

/** Needs in ascending order of tier, then position: a counting sort. */
export function needsByTier(problem: AssignmentProblem): Int32Array {
  const start = new Int32Array(257);
  for (let n = 0; n < problem.needs; n++) start[tierOf(problem, n) + 1]!++;
  for (let tier = 0; tier < 256; tier++) start[tier + 1]! += start[tier]!;
  const order = new Int32Array(problem.needs);
  for (let n = 0; n < problem.needs; n++) order[start[tierOf(problem, n)]!++] = n;
  return order;
}
