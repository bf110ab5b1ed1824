import type { AssignmentProblem } from '../../../src/matching/assignment/problem.ts';

/** Another solver, which runs in this process, for OPTIMAL problems of one tier. */
export type AssignmentPeer = {
  readonly name: string;
  /** The most needs for which it takes no more than a minute or so. */
  readonly mostNeeds: number;
  /** Serves as many units as possible, then for the highest total score. Seconds are processor time of this thread. */
  readonly solve: (problem: AssignmentProblem) => { readonly seconds: number; readonly total: string };
};

/** Processor time of this thread, which other programs on the machine do not stretch as they do the time of day. */
export function processorSeconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
}
