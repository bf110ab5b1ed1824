import { assign } from '../../../src/matching/assignment/assign.ts';
import { LiveAssignment } from '../../../src/matching/assignment/live.ts';
import type { AssignmentPolicy, AssignmentProblem } from '../../../src/matching/assignment/problem.ts';
import { verifyOptimal } from '../../../src/matching/assignment/verify.ts';
import { clusteredInstance, randomNumbers } from './assignment-instances.ts';
import { processorSeconds } from './assignment-peer.ts';

const COMMUNITIES = 40;
const CHANGES = 200;

/** Needs, the most units of one, and for how many needs in 10 there are places. */
const ROWS = [
  [1_000, 1, 7],
  [10_000, 1, 7],
  [10_000, 20_000, 7],
  [100_000, 1, 11],
  [100_000, 1, 7],
] as const;

/**
 * EQUITABLE over 40 communities and 3 tiers, against OPTIMAL on the same problem, which is
 * what fairness is added to; then with quantities up to 20,000 a need, 100 million units in all. Then a live assignment: what one change of each
 * kind costs on average. Processor time; every EQUITABLE result is proved optimal.
 */
export function benchEquitable(report: (line: string) => void, largest = 100_000): void {
  for (const warmUp of ['EQUITABLE', 'OPTIMAL'] as const) assign(communityProblem(2_000, 1, 7, warmUp));
  for (const [needs, units, places] of ROWS) {
    if (needs > largest) continue;
    const problem = communityProblem(needs, units, places, 'EQUITABLE');
    let start = processorSeconds();
    const assignment = assign(problem);
    const seconds = processorSeconds() - start;
    const { fault } = verifyOptimal(problem, assignment);
    if (fault !== null) throw new Error(`not optimal: ${fault.reason.en}`);
    start = processorSeconds();
    assign({ ...problem, policy: 'OPTIMAL' });
    const optimalSeconds = processorSeconds() - start;
    const matched = assignment.matchedByTier.reduce((sum, count) => sum + count, 0);
    report(
      `equitable, ${needs} needs of up to ${units} units, places for ${places} in 10, ${COMMUNITIES} communities: ${seconds.toFixed(2)} s, ${matched} matched; ` +
        `OPTIMAL ${optimalSeconds.toFixed(2)} s, ratio ${(seconds / optimalSeconds).toFixed(2)}`,
    );
  }
  for (const policy of ['OPTIMAL', 'EQUITABLE', 'CHOICE'] as const)
    report(benchChanges(Math.min(largest, 10_000), policy));
}

/** Clustered needs whose communities are spread over all clusters, so that every community competes with every other. */
function communityProblem(needs: number, units: number, places: number, policy: AssignmentPolicy): AssignmentProblem {
  const random = randomNumbers(5);
  const pick = (highest: number): number => 1 + Math.floor(random() * highest);
  const base = clusteredInstance(needs, needs / 10, places);
  return {
    ...base,
    capacity: base.capacity.map((count) => Math.floor((count * (units + 1)) / 2)),
    tier: Uint8Array.from({ length: needs }, () => pick(3)),
    quantity: Int32Array.from({ length: needs }, () => pick(units)),
    community: Int32Array.from({ length: needs }, () => pick(COMMUNITIES)),
    policy,
  };
}

function benchChanges(needs: number, policy: AssignmentPolicy): string {
  const random = randomNumbers(7);
  const pick = (count: number): number => Math.floor(random() * count);
  const problem = communityProblem(needs, 1, 7, policy);
  const live = new LiveAssignment(problem, { mostNeeds: 2 * needs });
  const { offset, service, score, capacity, services } = problem;
  const changes: Readonly<Record<string, () => void>> = {
    arrives: () => {
      const like = pick(needs);
      const candidates = Array.from(service.subarray(offset[like], offset[like + 1]), (s, index) => ({
        service: s,
        score: score[offset[like]! + index]!,
      }));
      live.addNeed({ tier: 1 + pick(3), quantity: 1, community: 1 + pick(COMMUNITIES), candidates });
    },
    withdrawn: () => live.withdrawNeed(pick(needs)),
    'place lost': () => {
      const s = pick(services);
      live.setCapacity(s, capacity[s]! - 1);
    },
    'place gained': () => {
      const s = pick(services);
      live.setCapacity(s, capacity[s]! + 1);
    },
  };
  const costs = Object.entries(changes).map(([name, change]) => {
    const scanned = live.scanned;
    const start = processorSeconds();
    for (let count = 0; count < CHANGES; count++) change();
    const ms = ((processorSeconds() - start) / CHANGES) * 1000;
    return `${name} ${ms.toFixed(2)} ms (${Math.round((live.scanned - scanned) / CHANGES)} needs looked at)`;
  });
  return `live ${policy}, ${needs} needs: ${costs.join(', ')}`;
}

if (process.argv[1] === import.meta.filename) {
  const [largest] = process.argv.slice(2).map(Number);
  benchEquitable((line) => console.log(line), largest);
}
