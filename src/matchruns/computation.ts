import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { Transaction } from '../database/database.ts';
import { type CandidateResult, type Catalogue, candidates, type ScoringProfile } from '../matching/index.ts';
import { loadCatalogue } from './catalogue.store.ts';
import type { CandidateTable, RunNeed } from './match-run.ts';
import { type LoadedNeed, type NeedScope, readWaitingNeeds } from './need-records.store.ts';
import type { Report } from './progress.ts';
import type { AreaFrame } from './service-records.store.ts';
import { startTurn } from './turn.ts';
import { reasonWithoutCandidate, type UnmetReason } from './unmet-reason.ts';

/** What a run found for one need, as it is kept: the outcome and the explained candidates. */
export type NeedFinding = Pick<CandidateResult, 'passed' | 'removed' | 'nearestMiss'> & {
  readonly needId: string;
  readonly candidates: CandidateResult['candidates'];
};

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

/** Needs whose findings are packed together. */
const NEEDS_PER_PACK = 50;

/**
 * Loads the service list into a catalogue and finds the candidates of every waiting need of the scope. Reads outside
 * transactions and lets other work in between. Explanations are many times larger than what the assignment needs, so
 * they wait compressed.
 *
 * @param needsExpected for the progress reports
 * @throws the reason of `signal` when it is aborted
 */
export async function compute(
  db: Transaction,
  input: ComputationInput,
  needsExpected: number,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<Computation> {
  const { frame, profile, candidatesPerNeed, now } = input;
  const digest = createHash('sha256');
  const digestLine = (value: unknown) => digest.update(`${JSON.stringify(value)}\n`);
  const categories = frame.categories.map((category) => category.record);
  digestLine({ profile: profile.weights, candidatesPerNeed, utcOffsetMinutes: frame.utcOffsetMinutes, categories });
  const placesFreeOf = new Map<string, number>();
  const catalogue = await loadCatalogue(db, frame, now, {
    signal,
    each: (service, loaded) => {
      digestLine(service);
      if (service.placesFree !== null) placesFreeOf.set(service.id, service.placesFree);
      report({ stage: 'LOADING', done: loaded, total: null });
    },
  });
  const turn = startTurn(signal);
  const table = new TableBuilder(placesFreeOf);
  const packs: Promise<Buffer>[] = [];
  let batch: NeedFinding[] = [];
  for await (const page of readWaitingNeeds(db, frame, input.scope, now)) {
    for (const need of page) {
      await turn();
      digestLine([need.record, need.urgency, need.triedServices]);
      const { finding, reason } = findCandidates(catalogue, need, profile, candidatesPerNeed);
      table.add(need, finding.candidates, reason);
      batch.push(finding);
      if (batch.length === NEEDS_PER_PACK) {
        packs.push(pack(batch));
        batch = [];
        report({ stage: 'CANDIDATES', done: table.needs.length, total: Math.max(needsExpected, table.needs.length) });
      }
    }
  }
  packs.push(pack(batch));
  const packed = await Promise.all(packs);
  report({ stage: 'CANDIDATES', done: table.needs.length, total: table.needs.length });
  return {
    table: table.columns(),
    serviceIds: table.serviceIds,
    services: catalogue.size,
    inputDigest: digest.digest('hex'),
    findings: () => unpackAll(packed),
  };
}

/**
 * Candidates of one need as a run counts them: without the services that were already asked and declined or let the
 * order expire. `reason` says why there is none.
 */
export function findCandidates(
  catalogue: Catalogue,
  { record, triedServices }: LoadedNeed,
  profile: ScoringProfile,
  k: number,
): { readonly finding: NeedFinding; readonly reason: UnmetReason | null } {
  const result = candidates(catalogue, withoutTried(record, triedServices), profile, k);
  const { passed, removed, nearestMiss } = result;
  const finding = { needId: record.id, passed, removed, nearestMiss, candidates: result.candidates };
  if (passed > 0) return { finding, reason: null };
  const reason = reasonWithoutCandidate(result);
  const allDeclined = triedServices.length > 0 && reason === 'PREFERENCE';
  return { finding, reason: allDeclined ? 'ALL_DECLINED' : reason };
}

function withoutTried(record: LoadedNeed['record'], tried: readonly string[]): LoadedNeed['record'] {
  return tried.length === 0 ? record : { ...record, excludedServices: [...record.excludedServices, ...tried] };
}

/** Collects the columns of a `CandidateTable`; services are numbered as they come. */
class TableBuilder {
  readonly needs: RunNeed[] = [];
  readonly serviceIds: string[] = [];
  readonly #offset: number[] = [0];
  readonly #service: number[] = [];
  readonly #score: number[] = [];
  readonly #placesFree: number[] = [];
  readonly #numberOf = new Map<string, number>();
  readonly #placesFreeOf: ReadonlyMap<string, number>;

  /** @param placesFreeOf by id, of the services whose places are limited */
  constructor(placesFreeOf: ReadonlyMap<string, number>) {
    this.#placesFreeOf = placesFreeOf;
  }

  add(need: LoadedNeed, found: CandidateResult['candidates'], reason: UnmetReason | null): void {
    const { id, communityId, quantity } = need.record;
    const { version, state, urgency } = need;
    this.needs.push({ id, version, state, communityId, urgency, quantity, reasonWithoutCandidate: reason });
    for (const { serviceId, score } of found) {
      this.#service.push(this.#number(serviceId));
      this.#score.push(score);
    }
    this.#offset.push(this.#service.length);
  }

  columns(): CandidateTable {
    return {
      needs: this.needs,
      offset: Int32Array.from(this.#offset),
      service: Int32Array.from(this.#service),
      score: Int32Array.from(this.#score),
      placesFree: Int32Array.from(this.#placesFree),
    };
  }

  #number(serviceId: string): number {
    const known = this.#numberOf.get(serviceId);
    if (known !== undefined) return known;
    const number = this.serviceIds.length;
    this.#numberOf.set(serviceId, number);
    this.serviceIds.push(serviceId);
    this.#placesFree.push(this.#placesFreeOf.get(serviceId) ?? -1);
    return number;
  }
}

const deflated = promisify<Buffer, { level: number }, Buffer>(deflateRaw);
const inflated = promisify<Buffer, Buffer>(inflateRaw);

function pack(findings: readonly NeedFinding[]): Promise<Buffer> {
  return deflated(Buffer.from(JSON.stringify(findings)), { level: 1 });
}

async function* unpackAll(packs: readonly Buffer[]): AsyncGenerator<readonly NeedFinding[], void, void> {
  for (const packed of packs) {
    const findings = JSON.parse((await inflated(packed)).toString()) as readonly NeedFinding[];
    if (findings.length > 0) yield findings;
  }
}
