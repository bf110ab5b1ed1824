import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { assign } from '../../../src/matching/assignment/assign.ts';
import type { AssignmentProblem } from '../../../src/matching/assignment/problem.ts';
import { verifyOptimal } from '../../../src/matching/assignment/verify.ts';
import { problemOfCosts, readCostMatrix } from '../../matching/assignment/or-library.ts';
import { densePeer } from './assignment-dense.ts';
import { loadHighsPeer } from './assignment-highs.ts';
import { clusteredInstance, randomInstance, readInstance, writeInstance } from './assignment-instances.ts';
import { processorSeconds } from './assignment-peer.ts';

/**
 * One line of the table. Seconds are processor time of one thread's work; what was not measured is `null`. Memory is given
 * twice: the peak of the whole process, in which Node's own share is larger than all of the peer at 10,000 needs, and the peak
 * of the solving alone, beyond what the process held with the problem read.
 */
export type AssignmentRow = {
  readonly instance: string;
  readonly needs: number;
  readonly matched: number;
  readonly seconds: number;
  readonly peakMegabytes: number;
  readonly solverMegabytes: number | null;
  readonly peer: string;
  readonly peerSeconds: number | null;
  readonly peerPeakMegabytes: number | null;
  readonly peerSolverMegabytes: number | null;
  /** How many times as long the peer takes. */
  readonly ratio: number | null;
};

type Instance = { readonly name: string; readonly needs: number; readonly build: () => AssignmentProblem };

const INSTANCES: readonly Instance[] = [1_000, 10_000, 100_000, 300_000].flatMap((needs) => [
  { name: 'random, 11 places a service', needs, build: () => randomInstance(needs, needs / 10, 11) },
  { name: 'random, as many places as needs', needs, build: () => randomInstance(needs, needs, 1) },
  { name: 'clustered, 11 places a service', needs, build: () => clusteredInstance(needs, needs / 10, 11) },
  { name: 'clustered, as many places as needs', needs, build: () => clusteredInstance(needs, needs, 1) },
]);

/**
 * Solves each instance from `smallest` to `largest` needs in a process of its own, and with LEMON's NetworkSimplex (C++, -O3) on the
 * same file in the same run where g++ and liblemon-dev are there, the small ones with HiGHS and a plain JavaScript solver too;
 * checks that all find the same total.
 */
export async function benchAssignment(
  report: (row: AssignmentRow) => void,
  largest = 100_000,
  smallest = 0,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'liangdan-assignment-'));
  try {
    const peer = compilePeer(folder);
    const smallPeers = [await loadHighsPeer(), densePeer];
    const warmUp = writeWarmUp(folder);
    for (const { name, needs, build } of INSTANCES) {
      if (needs > largest || needs < smallest) continue;
      const problem = build();
      const file = join(folder, 'instance');
      writeInstance(problem, file);
      const own = solveInProcess<Run>('--solve', [...warmUp, file]);
      const memory = solveInProcess<Memory>('--memory', [file]);
      const other = peer === null ? null : solveWithPeer(peer, file);
      if (other !== null && other.total !== own.total)
        throw new Error(`totals differ: ${own.total} and ${other.total}`);
      report({
        instance: name,
        needs: problem.needs,
        matched: own.matched,
        seconds: own.seconds,
        peakMegabytes: memory.peakMegabytes,
        solverMegabytes: memory.solverMegabytes,
        peer: 'LEMON NetworkSimplex',
        peerSeconds: other?.seconds ?? null,
        peerPeakMegabytes: other?.peakMegabytes ?? null,
        peerSolverMegabytes: other?.solverMegabytes ?? null,
        ratio: other === null ? null : other.seconds / own.seconds,
      });
      for (const { name: peerName, mostNeeds, solve } of smallPeers) {
        if (needs > mostNeeds) continue;
        solve(problem);
        const { seconds, total } = solve(problem);
        if (total !== own.total) throw new Error(`totals differ: ${own.total} and ${total}`);
        report({
          instance: name,
          needs: problem.needs,
          matched: own.matched,
          seconds: own.seconds,
          peakMegabytes: memory.peakMegabytes,
          solverMegabytes: memory.solverMegabytes,
          peer: peerName,
          peerSeconds: seconds,
          peerPeakMegabytes: null,
          peerSolverMegabytes: null,
          ratio: seconds / own.seconds,
        });
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Solves problems in the text format of the OR-Library and says their least cost; checks that LEMON finds the same. */
function benchPublished(files: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'liangdan-assignment-'));
  try {
    const peer = compilePeer(folder);
    for (const file of files) {
      const { problem, highest } = problemOfCosts(readCostMatrix(readFileSync(file, 'utf8')));
      const instance = join(folder, 'instance');
      writeInstance(problem, instance);
      const own = solveInProcess<Run>('--solve', [...writeWarmUp(folder), instance]);
      const other = peer === null ? null : solveWithPeer(peer, instance);
      if (other !== null && other.total !== own.total)
        throw new Error(`totals differ: ${own.total} and ${other.total}`);
      const cost = BigInt(highest) * BigInt(problem.needs) - BigInt(own.total);
      const seconds = (measured: number) => (measured === 0 ? 'below the clock' : `${measured.toFixed(4)} s`);
      const compared = other === null ? 'not run' : seconds(other.seconds);
      console.log(`${basename(file)}: least cost ${cost}, ${seconds(own.seconds)} | LEMON NetworkSimplex ${compared}`);
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

type Run = { readonly seconds: number; readonly matched: number; readonly total: string };
type Memory = { readonly peakMegabytes: number; readonly solverMegabytes: number | null };

/** Smaller problems of each kind, on which a process that has been running would have been used. */
function writeWarmUp(folder: string): string[] {
  const files: string[] = [];
  for (let seed = 1; seed < 6; seed++) {
    for (const build of [randomInstance, clusteredInstance]) {
      for (const [services, places] of [[5_000, 1] as const, [500, 11] as const]) {
        const file = join(folder, `warm-up-${files.length}`);
        writeInstance(build(5_000, services, places, seed), file);
        files.push(file);
      }
    }
  }
  return files;
}

function solveInProcess<Result>(task: '--solve' | '--memory', files: readonly string[]): Result {
  const output = execFileSync(process.execPath, [import.meta.filename, task, ...files], { encoding: 'utf8' });
  return JSON.parse(output) as Result;
}

function solveWithPeer(program: string, file: string): Run & Memory {
  const input = openSync(file, 'r');
  const output = execFileSync(program, [], { stdio: [input, 'pipe', 'inherit'], encoding: 'utf8' });
  closeSync(input);
  const [build, solve, matched, total, before, peak] = output.trim().split(' ');
  return {
    seconds: Number(build) + Number(solve),
    matched: Number(matched),
    total: total!,
    peakMegabytes: Number(peak) / 1024,
    solverMegabytes: (Number(peak) - Number(before)) / 1024,
  };
}

/** The child's half: solves the last file, after the others as in a server that has been running, and prints what it took. */
function solveFiles(files: readonly string[]): void {
  for (const file of files.slice(0, -1)) assign(readInstance(file));
  const problem = readInstance(files.at(-1)!);
  const seconds = processorSeconds();
  const assignment = assign(problem);
  const run: Run = {
    seconds: processorSeconds() - seconds,
    matched: assignment.matchedByTier.reduce((sum, units) => sum + units, 0),
    total: String(assignment.total),
  };
  const { fault } = verifyOptimal(problem, assignment);
  if (fault !== null) throw new Error(`not optimal: ${fault.reason.en}`);
  console.log(JSON.stringify(run));
}

/** The same in a process that does nothing else, as the peer does: prints the peaks of its memory. */
function measureMemory(file: string): void {
  const problem = readInstance(file);
  const earlierPeak = memoryKibibytes('VmHWM') ?? 0;
  const before = forgetPeak() ? memoryKibibytes('VmRSS') : null;
  assign(problem);
  const peak = memoryKibibytes('VmHWM') ?? process.resourceUsage().maxRSS;
  const memory: Memory = {
    peakMegabytes: Math.max(earlierPeak, peak) / 1024,
    solverMegabytes: before === null ? null : (peak - before) / 1024,
  };
  console.log(JSON.stringify(memory));
}

/** What Linux holds against the name in this process's status; `null` on other systems. */
function memoryKibibytes(name: 'VmRSS' | 'VmHWM'): number | null {
  if (!existsSync('/proc/self/status')) return null;
  const found = new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'));
  return found === null ? null : Number(found[1]);
}

/** Starts the peak of memory anew from what is held now; false where the system cannot. */
function forgetPeak(): boolean {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
    return true;
  } catch {
    return false;
  }
}

/** A row as one line of text; memory is that of the whole process, and in brackets that of the solving alone. */
export function formatAssignmentRow(row: AssignmentRow): string {
  const memory = (peak: number | null, solver: number | null): string =>
    `${peak?.toFixed(0) ?? '-'} MB (solving ${solver?.toFixed(0) ?? '-'})`;
  const peer =
    row.peerSeconds === null
      ? `${row.peer} not run`
      : `${row.peer} ${row.peerSeconds.toFixed(2)} s ${memory(row.peerPeakMegabytes, row.peerSolverMegabytes)}, ratio ${row.ratio!.toFixed(2)}`;
  const own = `${row.seconds.toFixed(2).padStart(7)} s ${memory(row.peakMegabytes, row.solverMegabytes)}`;
  return `${row.instance.padEnd(36)} ${String(row.needs).padStart(8)} needs ${String(row.matched).padStart(8)} matched ${own} | ${peer}`;
}

if (process.argv[1] === import.meta.filename && existsSync(process.argv[1])) {
  if (process.argv[2] === '--solve') solveFiles(process.argv.slice(3));
  else if (process.argv[2] === '--memory') measureMemory(process.argv[3]!);
  else if (process.argv.length > 2 && existsSync(process.argv[2]!)) benchPublished(process.argv.slice(2));
  else {
    const [largest, smallest] = process.argv.slice(2).map(Number);
    await benchAssignment((row) => console.log(formatAssignmentRow(row)), largest, smallest);
  }
}
