import { assign } from '../../../src/matching/assignment/assign.ts';
import type { AssignmentProblem } from '../../../src/matching/assignment/problem.ts';
import { verifyStable } from '../../../src/matching/assignment/verify.ts';
import { randomNumbers } from './assignment-instances.ts';

/** Takes one line of the bench's report. */
export type Report = (line: string) => void;

const CHOICES = 10;
const REPEATS = 7;

/**
 * Deferred acceptance of `needs` residents with ten choices each and as many places as residents, check and totals
 * included, against reading the lists once: every service looked up, every score added. Processor time, the least of
 * several runs of each in turn; the result is proved stable. Told beside it: what the memory of the answer (a number an
 * edge) takes alone, which on some machines is more than the work.
 */
export function benchChoice(report: Report, needs = 1_000_000): void {
  benchScores(report, needs, 'any', (random) => Math.floor(random() * 1_000_001));
  benchScores(report, needs, 'eleven marks', (random) => Math.floor(random() * 11));
}

function benchScores(report: Report, needs: number, name: string, scoreOf: (random: () => number) => number): void {
  const problem = choiceProblem(needs, scoreOf);
  let readingMs = Number.POSITIVE_INFINITY;
  let answerMs = Number.POSITIVE_INFINITY;
  let assigningMs = Number.POSITIVE_INFINITY;
  let checksum = 0;
  let assignment = assign(problem);
  const { fault } = verifyStable(problem, assignment);
  if (fault !== null) throw new Error(`not stable: ${fault.reason.en}`);
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const reading = processorMs(() => {
      checksum += readOnce(problem);
    });
    const answer = processorMs(() => {
      checksum += new Int32Array(problem.service.length).fill(1)[repeat]!;
    });
    const assigning = processorMs(() => {
      assignment = assign(problem);
    });
    readingMs = Math.min(readingMs, reading);
    answerMs = Math.min(answerMs, answer);
    assigningMs = Math.min(assigningMs, assigning);
  }
  const peakMegabytes = process.resourceUsage().maxRSS / 1024;
  report(
    `deferred acceptance, ${needs} residents, ${CHOICES} choices, ${name} scores: ${assigningMs.toFixed(0)} ms, ` +
      `${assignment.matchedByTier[1]} matched, peak ${peakMegabytes.toFixed(0)} MB; memory of the answer alone ${answerMs.toFixed(0)} ms; ` +
      `reading the lists once ${readingMs.toFixed(1)} ms (checksum ${checksum % 1000}), ratio ${(assigningMs / readingMs).toFixed(1)}`,
  );
}

function choiceProblem(needs: number, scoreOf: (random: () => number) => number): AssignmentProblem {
  const random = randomNumbers(1);
  const services = Math.max(1, needs / CHOICES);
  return {
    services,
    capacity: new Int32Array(services).fill(10),
    needs,
    offset: Int32Array.from({ length: needs + 1 }, (_, need) => need * CHOICES),
    service: Int32Array.from({ length: needs * CHOICES }, () => Math.floor(random() * services)),
    score: Int32Array.from({ length: needs * CHOICES }, () => scoreOf(random)),
    policy: 'CHOICE',
  };
}

function readOnce({ capacity, service, score }: AssignmentProblem): number {
  let sum = 0;
  for (let edge = 0; edge < service.length; edge += 1) sum += capacity[service[edge]!]! + score[edge]!;
  return sum;
}

/** Processor time, which other work on the machine does not stretch. */
function processorMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

if (import.meta.main) {
  const [needs] = process.argv.slice(2).map(Number);
  benchChoice(console.log, needs);
}
