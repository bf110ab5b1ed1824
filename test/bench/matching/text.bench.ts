import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { searchText } from '../../../src/matching/text/search.ts';
import { TextIndex } from '../../../src/matching/text/text-index.ts';
import { HALVES, labelledServices } from '../../matching/text/labelled/labelled.ts';
import { measureCategories, measureRanking } from '../../matching/text/labelled/measures.ts';
import { plainBm25 } from './text-plain-bm25.ts';

/** Takes one line of the bench's report. */
export type Report = (line: string) => void;

const MILLION = 1_000_000;

/** Text relevance: quality on the labelled set, against plain BM25 on government services, and cost at `rows` services. */
export function benchText(report: Report, rows: number = MILLION): void {
  for (const half of HALVES) {
    const { queries, ndcg, recall } = measureRanking(half);
    report(
      `text ranking, ${half} half: ${queries} queries, nDCG@10 ${ndcg.toFixed(3)}, recall@10 ${recall.toFixed(3)}`,
    );
    const categories = measureCategories(half);
    report(
      `text categories, ${half} half: ${categories.queries} needs, first guess right ${categories.first.toFixed(3)}, ` +
        `among the first three ${categories.firstThree.toFixed(3)}`,
    );
  }
  const folder = join(import.meta.dirname, '../../../../shared/data/guangdong-services');
  if (existsSync(folder)) benchGovernmentServices(report, folder);
  benchCost(report, rows);
}

type GovernmentService = { readonly TASK_CODE: string; readonly TASK_NAME: string };
type GovernmentQuery = { readonly query: string; readonly relevant: readonly string[]; readonly hard: boolean };

function benchGovernmentServices(report: Report, folder: string): void {
  const services = jsonLines<GovernmentService>(join(folder, 'services.jsonl'));
  const queries = jsonLines<GovernmentQuery>(join(folder, 'queries_dev.jsonl'));
  const everything = services.map((service) => Object.values(service).flat().join(' '));
  const byName = plainBm25(services.map((service) => service.TASK_NAME));
  const byEverything = plainBm25(everything);
  const index = new TextIndex();
  services.forEach((service, row) => {
    index.set(row, { title: service.TASK_NAME, keywords: [], categoryNames: [], description: everything[row]! });
  });
  const plain = meanReciprocalRank(services, queries, (query) => {
    const scores = byName(query);
    byEverything(query).forEach((score, row) => {
      scores[row]! += 0.15 * score;
    });
    return Array.from(scores.keys())
      .sort((a, b) => scores[b]! - scores[a]! || a - b)
      .slice(0, 10);
  });
  const own = meanReciprocalRank(services, queries, (query) =>
    searchText(index, { title: query, description: '' }, 10).map((hit) => hit.row),
  );
  report(
    `text, ${services.length} government services: MRR@10 all ${own.all.toFixed(3)} (plain BM25 ${plain.all.toFixed(3)}), ` +
      `hard ${own.hard.toFixed(3)} (plain BM25 ${plain.hard.toFixed(3)})`,
  );
}

function meanReciprocalRank(
  services: readonly GovernmentService[],
  queries: readonly GovernmentQuery[],
  search: (query: string) => number[],
): { all: number; hard: number } {
  const reciprocals = queries.map(({ query, relevant }) => {
    const rank = search(query).findIndex((row) => relevant.includes(services[row]!.TASK_CODE));
    return rank < 0 ? 0 : 1 / (rank + 1);
  });
  return { all: mean(reciprocals), hard: mean(reciprocals.filter((_, i) => queries[i]!.hard)) };
}

function benchCost(report: Report, rows: number): void {
  const services = labelledServices();
  const index = new TextIndex();
  const built = secondsOf(() => {
    for (let row = 0; row < rows; row++) {
      // Two services of different kinds make one, so that a million differ and keep natural words.
      const one = services[row % services.length]!;
      const other = services[scattered(row, services.length)]!;
      index.set(row, {
        title: (one.title.slice(0, 7) + other.title).slice(0, 12),
        keywords: one.keywords,
        categoryNames: [one.category, other.category],
        description: (one.description + other.description).slice(0, 30),
      });
    }
  });
  report(
    `text index of ${rows} services: built in ${built.toFixed(1)} s, ${(index.bytes / rows).toFixed(0)} bytes a service, ` +
      `${(index.bytes / 2 ** 20).toFixed(0)} MB`,
  );
  for (const title of ['送餐', '厨房龙头关不紧一直滴水', '老妈要去复查，我上班请不到假，哪个能带她去']) {
    const query = index.prepare({ title, description: '' });
    const looked = 200_000;
    let sum = 0;
    const one = secondsOf(() => {
      for (let i = 0; i < looked; i++) sum += index.relevance(query, scattered(i, rows));
    });
    const whole = secondsOf(() => {
      sum += searchText(index, { title, description: '' }, 10).length;
    });
    const random = ((one / looked) * 1e9).toFixed(0);
    report(
      `text “${title}”: ${random} ns a random service, top 10 of all in ${(whole * 1000).toFixed(0)} ms${sum ? '' : '!'}`,
    );
  }
}

function scattered(i: number, below: number): number {
  return (Math.imul(i + 1, 0x9e3779b1) >>> 0) % below;
}

/** Processor time, not time on the clock: other work on the machine does not count. */
function secondsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function jsonLines<T>(file: string): T[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

if (import.meta.main) benchText(console.log);
