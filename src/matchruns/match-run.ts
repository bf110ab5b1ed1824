import { z } from 'zod';
import { MatchPolicy, type NeedState } from '../generated/prisma/enums.ts';
import { plainText } from '../input.ts';
import type { Assignment, AssignmentProblem } from '../matching/index.ts';
import { DEFAULT_PROFILE_NAME } from './scoring-profile.ts';
import type { UnmetReason } from './unmet-reason.ts';

/** What a match run (匹配批次) is asked to do. */
export const matchRunInput = z.strictObject({
  policy: z.enum(MatchPolicy).default('OPTIMAL'),
  /** Only needs of these communities; all that the viewer may match when absent. */
  communityIds: z.array(z.uuid()).min(1).max(1000).nullish(),
  /** Only needs of these categories and all below them; every category when absent. */
  categoryIds: z.array(z.uuid()).min(1).max(1000).nullish(),
  candidatesPerNeed: z.int().min(1).max(100).default(10),
  /** Whether the assignment is sent out as orders. */
  dispatch: z.boolean().default(true),
  /** Name of a scoring profile; its newest version is used. */
  profile: plainText(100, 1).default(DEFAULT_PROFILE_NAME),
});
export type MatchRunInput = z.output<typeof matchRunInput>;

/** What a run keeps of a need while it computes. */
export type RunNeed = {
  readonly id: string;
  /** Version and state when it was read; a need that has others when the run is written is left out. */
  readonly version: number;
  readonly state: NeedState;
  readonly communityId: string;
  /** 1 (life and safety) to 4 (can wait). */
  readonly urgency: number;
  readonly quantity: number;
  /** Why it is unmet when it has no candidate; `null` when it has one. */
  readonly reasonWithoutCandidate: UnmetReason | null;
};

/** The candidates of many needs as columns: those of need n are the edges `offset[n]` … `offset[n + 1] - 1`, best first. */
export type CandidateTable = {
  readonly needs: readonly RunNeed[];
  readonly offset: Int32Array;
  /** The service of each edge, numbered from 0. */
  readonly service: Int32Array;
  readonly score: Int32Array;
  /** Places free of each service; -1 for unlimited. */
  readonly placesFree: Int32Array;
};

/** What a run decided: for each need the edge that it got, -1 for none, and the sum of quantity × score over those. */
export type RunDecision = { readonly edge: Int32Array; readonly totalScore: bigint };

/** Urgency tiers, quantities and communities of the needs with their candidates, as the core's assignment takes them. */
export function assignmentProblem(policy: MatchPolicy, table: CandidateTable): AssignmentProblem {
  const { needs, offset, service, score, placesFree } = table;
  const units = needs.reduce((sum, need) => sum + need.quantity, 0);
  const communities = [...new Set(needs.map((need) => need.communityId))].sort();
  const communityIndex = new Map(communities.map((id, index) => [id, index]));
  return {
    policy,
    services: placesFree.length,
    // More places than all needs ask for are as good as unlimited.
    capacity: placesFree.map((free) => (free === -1 ? units : Math.min(free, units))),
    needs: needs.length,
    tier: Uint8Array.from(needs, (need) => need.urgency),
    quantity: Int32Array.from(needs, (need) => need.quantity),
    community: Int32Array.from(needs, (need) => communityIndex.get(need.communityId)!),
    offset,
    service,
    score,
  };
}

/**
 * Gives each need one service whole. The assignment may split a need of several units over services, but one order is
 * with one service: a need that was split gives its places back, and then the needs without a service, most urgent
 * first, take the best candidate that still has places for all of their units. Where every quantity is 1 nothing was
 * split, no candidate of a need without a service has a place left, and the assignment stands as it is.
 */
export function decide(table: CandidateTable, problem: AssignmentProblem, assignment: Assignment): RunDecision {
  const { needs, offset, service, score } = table;
  const edge = new Int32Array(needs.length).fill(-1);
  const placesLeft = problem.capacity.slice();
  let totalScore = 0n;
  const take = (need: number, at: number) => {
    edge[need] = at;
    placesLeft[service[at]!]! -= needs[need]!.quantity;
    totalScore += BigInt(needs[need]!.quantity) * BigInt(score[at]!);
  };
  const firstEdge = (need: number, fits: (at: number) => boolean): number => {
    for (let at = offset[need]!; at < offset[need + 1]!; at += 1) if (fits(at)) return at;
    return -1;
  };
  const without: number[] = [];
  needs.forEach(({ quantity }, need) => {
    const whole = firstEdge(need, (at) => assignment.flow[at] === quantity);
    if (whole !== -1) take(need, whole);
    else if (offset[need + 1]! > offset[need]!) without.push(need);
  });
  const best = (need: number) => score[offset[need]!]!;
  without.sort((a, b) => needs[a]!.urgency - needs[b]!.urgency || best(b) - best(a) || a - b);
  for (const need of without) {
    const fitting = firstEdge(need, (at) => placesLeft[service[at]!]! >= needs[need]!.quantity);
    if (fitting !== -1) take(need, fitting);
  }
  return { edge, totalScore };
}

/** Why a need got no service in the run; `null` when it got one. */
export function unmetReason(need: RunNeed, edge: number): UnmetReason | null {
  if (edge !== -1) return null;
  return need.reasonWithoutCandidate ?? 'CAPACITY_CONTENDED';
}

/** The thing's name, for messages. */
export const MATCH_RUN = { zh: '匹配批次', en: 'match run' } as const;
