import { linearSumAssignment } from 'linear-sum-assignment';
import type { AssignmentProblem } from '../../../src/matching/assignment/problem.ts';
import { type AssignmentPeer, processorSeconds } from './assignment-peer.ts';

/** Worse than any total of scores that a few thousand needs can have, so that most needs are met first; sums stay exact. */
const NO_EDGE = -1e11;

/**
 * The plain JavaScript package linear-sum-assignment (Jonker and Volgenant's shortest augmenting paths on a full matrix): a
 * row a need, a column a place. Needs of one unit only.
 */
export const densePeer: AssignmentPeer = {
  name: 'linear-sum-assignment',
  mostNeeds: 1_000,
  solve: (problem) => {
    const start = processorSeconds();
    const matrix = matrixOf(problem);
    const { rowAssignments } = linearSumAssignment(matrix, { maximaze: true });
    let total = 0;
    rowAssignments.forEach((column, n) => {
      if (column >= 0 && matrix[n]![column]! >= 0) total += matrix[n]![column]!;
    });
    return { total: String(total), seconds: processorSeconds() - start };
  },
};

function matrixOf(problem: AssignmentProblem): Float64Array[] {
  const { needs, services, offset, service, score, capacity } = problem;
  const firstPlace = new Int32Array(services + 1);
  for (let s = 0; s < services; s++) firstPlace[s + 1] = firstPlace[s]! + capacity[s]!;
  return Array.from({ length: needs }, (_, n) => {
    const row = new Float64Array(firstPlace[services]!).fill(NO_EDGE);
    for (let e = offset[n]!; e < offset[n + 1]!; e++) {
      const s = service[e]!;
      for (let place = firstPlace[s]!; place < firstPlace[s + 1]!; place++)
        row[place] = Math.max(row[place]!, score[e]!);
    }
    return row;
  });
}
