import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assign } from '../../../src/matching/assignment/assign.ts';
import type { AssignmentProblem } from '../../../src/matching/assignment/problem.ts';
import { verifyOptimal } from '../../../src/matching/assignment/verify.ts';
import { clusteredInstance, randomInstance, readInstance, writeInstance } from './assignment-instances.ts';

/** One line of the table. Seconds are processor time of one thread's work; peers that are not there are `null`. */
export type AssignmentRow = {
  readonly instance: string;
  readonly needs: number;
  readonly matched: number;
  readonly seconds: number;
  readonly peakMegabytes: number;
  readonly peer: string;
  readonly peerSeconds: number | null;
  readonly peerPeakMegabytes: number | null;
  /** How many times as long the peer takes. */
  readonly ratio: number | null;
};

type Instance = { readonly name: string; readonly build: () => AssignmentProblem };

const INSTANCES: readonly Instance[] = [1_000, 10_000, 100_000, 300_000].flatMap((needs) => [
  { name: 'random, 11 places a service', build: () => randomInstance(needs, needs / 10, 11) },
  { name: 'random, as many places as needs', build: () => randomInstance(needs, needs, 1) },
  { name: 'clustered, 11 places a service', build: () => clusteredInstance(needs, needs / 10, 11) },
  { name: 'clustered, as many places as needs', build: () => clusteredInstance(needs, needs, 1) },
]);

/** Above this LEMON takes minutes. */
const LARGEST_FOR_PEER = 300_000;

/**
 * Solves each instance up to `largest` needs in a process of its own, and with LEMON's NetworkSimplex (C++, -O3) on the
 * same file in the same run where g++ and liblemon-dev are there; checks that both find the same total.
 */
export async function benchAssignment(report: (row: AssignmentRow) => void, largest = 100_000): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'liangdan-assignment-'));
  try {
    const peer = compilePeer(folder);
    for (const { name, build } of INSTANCES) {
      const problem = build();
      if (problem.needs > largest) continue;
      const file = join(folder, 'instance');
      writeInstance(problem, file);
      const own = solveInProcess(file);
      const other = peer === null || problem.needs > LARGEST_FOR_PEER ? null : solveWithPeer(peer, file);
      if (other !== null && other.total !== own.total)
        throw new Error(`totals differ: ${own.total} and ${other.total}`);
      report({
        instance: name,
        needs: problem.needs,
        matched: own.matched,
        seconds: own.seconds,
        peakMegabytes: own.peakMegabytes,
        peer: 'LEMON NetworkSimplex',
        peerSeconds: other?.seconds ?? null,
        peerPeakMegabytes: other?.peakMegabytes ?? null,
        ratio: other === null ? null : other.seconds / own.seconds,
      });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Compiles the peer program; says so when the machine cannot. */
function compilePeer(folder: string): string | null {
  const program = join(folder, 'network-simplex');
  const source = join(import.meta.dirname, 'peers/network-simplex.cpp');
  try {
    execFileSync('g++', ['-O3', '-march=native', '-o', program, source], { stdio: 'pipe' });
    return program;
  } catch {
    console.error('NO PEER: g++ or LEMON (liblemon-dev) is missing, so nothing is compared with NetworkSimplex');
    return null;
  }
}

type Run = {
  readonly seconds: number;
  readonly matched: number;
  readonly total: string;
  readonly peakMegabytes: number;
};

function solveInProcess(file: string): Run {
  const output = execFileSync(process.execPath, [import.meta.filename, '--solve', file], { encoding: 'utf8' });
  return JSON.parse(output) as Run;
}

function solveWithPeer(program: string, file: string): Run {
  const input = openSync(file, 'r');
  const output = execFileSync(program, [], { stdio: [input, 'pipe', 'inherit'], encoding: 'utf8' });
  closeSync(input);
  const [build, solve, matched, total, kibibytes] = output.trim().split(' ');
  return {
    seconds: Number(build) + Number(solve),
    matched: Number(matched),
    total: total!,
    peakMegabytes: Number(kibibytes) / 1024,
  };
}

/** The child's half: solves once, after smaller ones as in a server that has been running, and prints what it took. */
function solveFile(file: string): void {
  for (let seed = 1; seed < 6; seed++) {
    for (const build of [randomInstance, clusteredInstance]) {
      assign(build(5_000, 5_000, 1, seed));
      assign(build(5_000, 500, 11, seed));
    }
  }
  const problem = readInstance(file);
  const seconds = processorSeconds();
  const assignment = assign(problem);
  const run: Run = {
    seconds: processorSeconds() - seconds,
    matched: assignment.matchedByTier.reduce((sum, units) => sum + units, 0),
    total: String(assignment.total),
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
  };
  const { fault } = verifyOptimal(problem, assignment);
  if (fault !== null) throw new Error(`not optimal: ${fault.reason.en}`);
  console.log(JSON.stringify(run));
}

/** Processor time of this thread, which other programs on the machine do not stretch as they do the time of day. */
function processorSeconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
}

/** A row as one line of text. */
export function formatAssignmentRow(row: AssignmentRow): string {
  const peer =
    row.peerSeconds === null
      ? `${row.peer} not run`
      : `${row.peer} ${row.peerSeconds.toFixed(2)} s ${row.peerPeakMegabytes?.toFixed(0) ?? '-'} MB, ratio ${row.ratio!.toFixed(2)}`;
  return `${row.instance.padEnd(36)} ${String(row.needs).padStart(8)} needs ${String(row.matched).padStart(8)} matched ${row.seconds.toFixed(2).padStart(7)} s ${row.peakMegabytes.toFixed(0).padStart(5)} MB | ${peer}`;
}

if (process.argv[1] === import.meta.filename && existsSync(process.argv[1])) {
  if (process.argv[2] === '--solve') solveFile(process.argv[3]!);
  else {
    const largest = process.argv[2] === undefined ? 100_000 : Number(process.argv[2]);
    await benchAssignment((row) => console.log(formatAssignmentRow(row)), largest);
  }
}
