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
import { type InputFrame, InputRecorder, type InputRecording } from './recorded-input.ts';
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
  /** Everything that the core was given. */
  readonly input: InputRecording;
  /** The findings of all needs in the order of the table, a batch at a time. */
  readonly findings: () => AsyncGenerator<readonly NeedFinding[], void, void>;
};

/** The two lists as the core is given them, a page at a time: services by ascending id, then needs. */
export type ComputationLists = {
  readonly services: AsyncIterable<readonly ServiceRecord[]>;
  readonly needs: AsyncIterable<readonly LoadedNeed[]>;
};

/** How candidates are found in them. */
export type ComputationTerms = Omit<InputFrame, 'profile'> & { readonly profile: ScoringProfile };

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

/** As `computeFrom`, of the waiting needs of a scope and the services of the area, as they are now; reads outside transactions. */
export function compute(db: Transaction, input: ComputationInput, options: ComputationOptions): Promise<Computation> {
  const { frame, scope, profile, candidatesPerNeed, now } = input;
  const lists = { services: readServiceRecords(db, frame, now), needs: readWaitingNeeds(db, frame, scope, now) };
  const categories = frame.categories.map((category) => category.record);
  const terms = { profile, candidatesPerNeed, utcOffsetMinutes: frame.utcOffsetMinutes, categories };
  return computeFrom(lists, terms, options);
}

/**
 * Finds the candidates of every need among the services, in worker threads. Explanations are many times larger than what the assignment needs, so they wait compressed. The
 * same lists give the same computation, whatever the number of threads.
 *
 * @throws MatchingInputError for a record that the core refuses; the reason of `signal` when it is aborted; WorkerLost
 */
export async function computeFrom(
  lists: ComputationLists,
  terms: ComputationTerms,
  { expected, report, signal, pool }: ComputationOptions,
): Promise<Computation> {
  const { utcOffsetMinutes, categories: taxonomy } = terms;
  const recorder = new InputRecorder({ ...terms, profile: terms.profile.weights });
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
    for await (const page of lists.services) {
      signal?.throwIfAborted();
      services += page.length;
      for (const { id, placesFree } of page) if (placesFree !== null) placesFreeOf.set(id, placesFree);
      await search.publish(recorder.services(page));
      report({ stage: 'LOADING', done: services, total: Math.max(services, expected.services) });
    }
    const table = new CandidateTableBuilder(placesFreeOf);
    const packs: FoundCandidates['results'][] = [];
    for await (const { needs, found } of findAll(search, lists.needs, terms)) {
      signal?.throwIfAborted();
      recorder.needs(needs);
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
      input: await recorder.end(),
      findings: () => unpackAll(table.needs, packs),
    };
  });
}

type FoundSlice = { readonly needs: readonly LoadedNeed[]; readonly found: FoundCandidates };

/** The candidates of all needs in their order; while one slice is waited for, all threads have something to do. */
async function* findAll(
  search: CandidateSearch,
  pages: AsyncIterable<readonly LoadedNeed[]>,
  { profile, candidatesPerNeed }: ComputationTerms,
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
