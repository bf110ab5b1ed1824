import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Catalogue, candidates, DEFAULT_PROFILE, type NeedRecord, rankServices } from '../../../src/matching/index.ts';
import { BENCH_TAXONOMY, type BenchShape, benchNeed, benchServices } from './candidates-instance.ts';
import { type PeerAnswer, peerColumns, rankInPostgres, scanInC } from './candidates-peers.ts';

/** Takes one line of the bench's report. */
export type Report = (line: string) => void;

const K = 20;
const NEEDS = 5;
const BATCHES = 25;
const NAMES: Readonly<Record<BenchShape, string>> = {
  CIRCLE: '15-minute circles',
  ANYWHERE: 'nothing to prune',
};

/**
 * Candidates at each of `counts` services: processor time of one need against a plain C scan (processor time) and a
 * PostgreSQL query (the server's execution time) on the same services, least of several; that all give the same services
 * and scores; memory of the catalogue. "Ranking" is what the peers do: the best services and their scores, and how many
 * pass; "with explanation" is `candidates`, with the reasons in two languages. The needs that are compared have no words,
 * for the peers compare none; ours with words is told beside it. Beside these, a need without candidate.
 */
export async function benchCandidates(report: Report, counts: readonly number[] = [100_000, 1_000_000]): Promise<void> {
  for (const count of counts)
    for (const shape of ['CIRCLE', 'ANYWHERE'] as const) await benchShape(report, shape, count);
}

async function benchShape(report: Report, shape: BenchShape, count: number): Promise<void> {
  const name = `candidates, ${count} services, ${NAMES[shape]}`;
  const before = await bytesInUse();
  let catalogue: Catalogue | null = null;
  const buildMs = processorMs(() => {
    catalogue = Catalogue.of(BENCH_TAXONOMY, benchServices(shape, count));
  });
  const built = catalogue as unknown as Catalogue;
  const megabytes = Math.round(((await bytesInUse()) - before) / 1e6);
  report(`${name}: catalogue ${megabytes} MB, built in ${(buildMs / 1000).toFixed(1)} s of processor time`);

  const needs = Array.from({ length: NEEDS }, (_, number) => benchNeed(number, false));
  const ranking = needs.map((need) => rank(built, need, shape));
  const explained = needs.map((need) => explain(built, need, shape));
  const withWords = needs.map((_, number) => explain(built, benchNeed(number, true), shape));
  report(
    `${name}: ranking ${ms(mean(ranking))} a need, with explanation ${ms(mean(explained))}, with words too ` +
      `${ms(mean(withWords))}; ${ranking[0]!.passed} services pass`,
  );
  for (const [number, need] of needsWithoutCandidate(needs[0]!).entries()) {
    const { milliseconds, passed } = explain(built, need, 'ANYWHERE');
    if (passed === 0) report(`${name}: nearest miss ${number + 1} in ${ms(milliseconds)}`);
  }

  const peer = peerColumns(benchServices(shape, count), count, needs[0]!);
  const against = (peerName: string, theirs: readonly PeerAnswer[]) => {
    compare(report, `${name}, ranking against ${peerName}`, ranking.slice(0, theirs.length), theirs);
    compare(report, `${name}, with explanation against ${peerName}`, explained.slice(0, theirs.length), theirs);
  };
  try {
    against('C', scanInC(peer, needs, K, BATCHES));
  } catch (error) {
    report(`${name}: NOT COMPARED with C, ${String(error)}`);
  }
  try {
    against('PostgreSQL', await rankInPostgres(peer, needs.slice(0, 2), K, 2));
  } catch (error) {
    report(`${name}: NOT COMPARED with PostgreSQL, ${String(error)}`);
  }
}

/** Needs that rule out all natures, lie far from all circles, ask too many units, are past their deadline, and fail in most ways. */
function needsWithoutCandidate(need: NeedRecord): readonly NeedRecord[] {
  return [
    { ...need, excludedNatures: ['SELF_GOVERNANCE', 'COMMERCIAL', 'PUBLIC_BENEFIT', 'DERIVED'] },
    { ...need, location: { latitude: 27.5, longitude: 107.9811 } },
    { ...need, quantity: 1000 },
    { ...need, earliestMs: null, deadlineMs: need.nowMs - 1 },
    { ...need, attributes: [], age: null, quantity: 1000, maximumPriceFen: 0 },
  ];
}

function rank(catalogue: Catalogue, need: NeedRecord, shape: BenchShape): PeerAnswer {
  const [milliseconds, { passed, ranked }] = measure(shape, () => rankServices(catalogue, need, DEFAULT_PROFILE, K));
  return { milliseconds, passed, found: ranked.map(({ serviceId, score }) => `${serviceId}:${score}`) };
}

function explain(catalogue: Catalogue, need: NeedRecord, shape: BenchShape): PeerAnswer {
  const [milliseconds, result] = measure(shape, () => candidates(catalogue, need, DEFAULT_PROFILE, K));
  const found = result.candidates.map(({ serviceId, score }) => `${serviceId}:${score}`);
  return { milliseconds, passed: result.passed, found };
}

function measure<T>(shape: BenchShape, ask: () => T): [milliseconds: number, answer: T] {
  const asks = shape === 'CIRCLE' ? 50 : 1;
  let answer = ask();
  let milliseconds = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const taken = processorMs(() => {
      for (let repeat = 0; repeat < asks; repeat += 1) answer = ask();
    });
    milliseconds = Math.min(milliseconds, taken / asks);
  }
  return [milliseconds, answer];
}

function compare(report: Report, name: string, ours: readonly PeerAnswer[], theirs: readonly PeerAnswer[]): void {
  const same = ours.filter(
    ({ passed, found }, index) => passed === theirs[index]!.passed && found.join() === theirs[index]!.found.join(),
  ).length;
  const ratio = mean(theirs) / mean(ours);
  report(
    `${name}: ${ms(mean(theirs))}, ours is ${ratio.toFixed(2)} times as fast; ${same} of ${ours.length} answers equal`,
  );
}

function mean(answers: readonly PeerAnswer[]): number {
  return answers.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / answers.length;
}

function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(milliseconds < 10 ? 3 : 1)} ms`;
}

/** Processor time, not time on the clock: other work on the machine does not count. */
function processorMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Bytes in use after garbage is collected; a turn of the event loop lets buffers of an earlier catalogue go. */
async function bytesInUse(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 3; turn += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

if (import.meta.main) {
  const counts = process.argv.slice(2).map(Number);
  await benchCandidates(console.log, counts.length > 0 ? counts : undefined);
}
