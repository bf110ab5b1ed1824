import { createHash } from 'node:crypto';
import type { Transaction } from '../database/database.ts';
import type { CandidateResult, ScoringProfile, ServiceRecord } from '../matching/index.ts';
import {
  type CandidateSearch,
  type FoundCandidates,
  readResults,
  searchCandidates,
  type WorkerPool,
} from '../solver/index.ts';
import { CandidateTableBuilder } from './candidate-table.ts';
import type { CandidateTable } from './match-run.ts';
import { type LoadedNeed, type NeedScope, readWaitingNeeds, withoutTried } from './need-records.store.ts';
import type { Report } from './progress.ts';
import { type AreaFrame, readServiceRecords } from './service-records.store.ts';

/** What a run found for one need, as it is kept: the outcome and the explained candidates. */
export type NeedFinding = CandidateResult & { readonly needId: string };

/** What a run computed, before anything is assigned or written. */
export type Computation = {
  readonly table: CandidateTable;
  /** Ids of the services by their numbers in the table. */
  readonly serviceIds: readonly string[];
  /** How many services the catalogue held. */
  readonly services: number;
  /** SHA-256 of everything that the core was given, hexadecimal. */
  readonly inputDigest: string;
  /** The findings of all needs in the order of the table, a batch at a time. */
  readonly findings: () => AsyncGenerator<readonly NeedFinding[], void, void>;
};

/** What a run looks at and how: the parts of its input that are not in the two lists. */
export type ComputationInput = {
  readonly frame: AreaFrame;
  readonly scope: NeedScope;
  readonly profile: ScoringProfile;
  readonly candidatesPerNeed: number;
  readonly now: Date;
};

export type ComputationOptions = {
  /** How long the two lists are about to be: for the reports, and for how many threads are worth while. */
  readonly expected: { readonly services: number; readonly needs: number };
  readonly report: Report;
  readonly signal?: AbortSignal | undefined;
  readonly pool?: WorkerPool | undefined;
};

/** Needs that a thread looks at in one go, and whose findings are packed together. */
const NEEDS_PER_SLICE = 50;
/** Each thread indexes the whole service list, which pays for this many needs and more. */
const NEEDS_PER_THREAD = 200;
/** Services in the catalogues of all threads together: some 340 MB a million. */
const MOST_SERVICES_IN_THREADS = 4_000_000;

/**
 * Finds the candidates of every waiting need of the scope among the services of the area, in worker threads. Reads
 * outside transactions. Explanations are many times larger than what the assignment needs, so they wait compressed. The
 * same lists give the same computation, whatever the number of threads.
 *
 * @throws MatchingInputError for a record that the core refuses; the reason of `signal` when it is aborted; WorkerLost
 */
export async function compute(
  db: Transaction,
  input: ComputationInput,
  { expected, report, signal, pool }: ComputationOptions,
): Promise<Computation> {
  const { frame, profile, candidatesPerNeed, now } = input;
  const { utcOffsetMinutes } = frame;
  const taxonomy = frame.categories.map((category) => category.record);
  const digest = createHash('sha256');
  digest.update(line({ profile: profile.weights, candidatesPerNeed, utcOffsetMinutes, categories: taxonomy }));
  const workers = Math.max(
    1,
    Math.min(
      Math.ceil(expected.needs / NEEDS_PER_THREAD),
      Math.floor(MOST_SERVICES_IN_THREADS / Math.max(1, expected.services)),
    ),
  );
  return searchCandidates({ taxonomy, utcOffsetMinutes, workers, signal, pool }, async (search) => {
    const placesFreeOf = new Map<string, number>();
    let services = 0;
    for await (const page of readServiceRecords(db, frame, now)) {
      signal?.throwIfAborted();
      services += page.length;
      for (const { id, placesFree } of page) if (placesFree !== null) placesFreeOf.set(id, placesFree);
      const lines = Buffer.from(page.map((service: ServiceRecord) => line(service)).join(''));
      digest.update(lines);
      await search.publish(lines);
      report({ stage: 'LOADING', done: services, total: Math.max(services, expected.services) });
    }
    const table = new CandidateTableBuilder(placesFreeOf);
    const packs: FoundCandidates['results'][] = [];
    for await (const { needs, found } of findAll(search, readWaitingNeeds(db, frame, input.scope, now), input)) {
      signal?.throwIfAborted();
      for (const { record, urgency, triedServices } of needs) digest.update(line([record, urgency, triedServices]));
      table.add(needs, found);
      packs.push(found.results);
      const done = table.needs.length;
      report({ stage: 'CANDIDATES', done, total: Math.max(expected.needs, done) });
    }
    report({ stage: 'CANDIDATES', done: table.needs.length, total: table.needs.length });
    return {
      table: table.columns(),
      serviceIds: table.serviceIds,
      services,
      inputDigest: digest.digest('hex'),
      findings: () => unpackAll(table.needs, packs),
    };
  });
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

type FoundSlice = { readonly needs: readonly LoadedNeed[]; readonly found: FoundCandidates };

/** The candidates of all needs in their order; while one slice is waited for, all threads have something to do. */
async function* findAll(
  search: CandidateSearch,
  pages: AsyncIterable<readonly LoadedNeed[]>,
  { profile, candidatesPerNeed }: ComputationInput,
): AsyncGenerator<FoundSlice, void, void> {
  const asked: Promise<FoundSlice>[] = [];
  for await (const page of pages) {
    for (let start = 0; start < page.length; start += NEEDS_PER_SLICE) {
      const needs = page.slice(start, start + NEEDS_PER_SLICE);
      const slice = search
        .find(needs.map(withoutTried), profile, candidatesPerNeed)
        .then((found) => ({ needs, found }));
      // What fails is thrown where the slice is waited for.
      slice.catch(() => {});
      asked.push(slice);
      if (asked.length > 2 * search.workers) yield await asked.shift()!;
    }
  }
  for (const slice of asked) yield await slice;
}

async function* unpackAll(
  needs: readonly { readonly id: string }[],
  packs: readonly FoundCandidates['results'][],
): AsyncGenerator<readonly NeedFinding[], void, void> {
  let next = 0;
  for (const results of packs) {
    yield (await readResults({ results })).map((result) => ({ ...result, needId: needs[next++]!.id }));
  }
}
