import type { Transaction } from '../database/database.ts';
import { rankServices } from '../matching/index.ts';
import type { FindNextCandidates, NextCandidate } from '../orders/index.ts';
import { emptyCatalogue } from './catalogue.store.ts';
import { readNeed } from './need-records.store.ts';
import { readProfile } from './scoring-profile.store.ts';
import { DEFAULT_PROFILE_NAME } from './scoring-profile.ts';
import { type AreaFrame, readAreaFrame, readServiceRecords, type ServiceFilter } from './service-records.store.ts';
import { reasonWithoutCandidate } from './unmet-reason.ts';

/** How many fresh candidates are looked for when those of the run are used up. */
const FRESH_CANDIDATES = 10;

/**
 * Who may be asked next for a need, held against every hard constraint and scored anew at this moment, best first: of the
 * candidates of its latest run, or of all services of its category. A service that had an order for the need is not asked
 * again. The weights are the newest of the profile by which the run scored.
 */
export const findNextCandidates: FindNextCandidates = async (tx, areaId, needId, source, now) => {
  const frame = await readAreaFrame(tx, areaId);
  const need = await readNeed(tx, frame, needId, now);
  if (need === null) throw new Error(`need ${needId} is not of area ${areaId}`);
  const asked = await readAskedServices(tx, needId);
  const kept = await readKeptCandidates(tx, needId, asked);
  if (source === 'LATEST_RUN' && kept.length === 0) return { candidates: [], unmetReason: 'ALL_DECLINED' };
  const { profile } = await readProfile(tx, areaId, kept[0]?.profile ?? DEFAULT_PROFILE_NAME);
  const only =
    source === 'LATEST_RUN'
      ? { ids: kept.map(({ serviceId }) => serviceId) }
      : { categoryIds: lineOf(frame, need.record.category) };
  const catalogue = emptyCatalogue(frame);
  for await (const page of readServiceRecords(tx, frame, now, only satisfies ServiceFilter)) {
    for (const service of page) catalogue.publish(service);
  }
  const record = { ...need.record, excludedServices: [...need.record.excludedServices, ...asked] };
  const result = rankServices(catalogue, record, profile, Math.max(FRESH_CANDIDATES, kept.length));
  const keptOf = new Map(kept.map((candidate) => [candidate.serviceId, candidate]));
  const found = result.ranked.map(({ serviceId }): NextCandidate => {
    const { candidateId = null, matchRunId = null } = keptOf.get(serviceId) ?? {};
    return { serviceId, candidateId, matchRunId };
  });
  if (found.length > 0) return { candidates: found, unmetReason: 'CAPACITY_CONTENDED' };
  return { candidates: [], unmetReason: catalogue.size === 0 ? 'CATEGORY' : reasonWithoutCandidate(result, asked) };
};

type KeptCandidate = {
  readonly serviceId: string;
  readonly candidateId: string;
  readonly matchRunId: string;
  /** Name of the profile by which its run scored. */
  readonly profile: string;
};

/** The candidates of the need's latest run whose services had no order for it yet. */
function readKeptCandidates(tx: Transaction, needId: string, asked: readonly string[]): Promise<KeptCandidate[]> {
  return tx.$queryRaw<KeptCandidate[]>`
    SELECT c.service_id AS "serviceId", c.id AS "candidateId", c.match_run_id AS "matchRunId", p.name AS profile
    FROM candidates c JOIN match_runs r ON r.id = c.match_run_id JOIN scoring_profiles p ON p.id = r.profile_id
    WHERE c.need_id = ${needId}::uuid AND c.current AND c.service_id <> ALL(${asked}::uuid[])
    ORDER BY c.rank`;
}

/** The services that had an order for the need, the one that is ending with them. */
async function readAskedServices(tx: Transaction, needId: string): Promise<readonly string[]> {
  const rows = await tx.$queryRaw<{ serviceId: string }[]>`
    SELECT DISTINCT service_id AS "serviceId" FROM orders WHERE need_id = ${needId}::uuid ORDER BY 1`;
  return rows.map(({ serviceId }) => serviceId);
}

/** Ids of the category with this code and of those above it: services of any of them serve it. */
function lineOf({ categories }: AreaFrame, code: string | null): readonly string[] {
  const line: string[] = [];
  let at = categories.find(({ record }) => record.code === code);
  while (at !== undefined) {
    line.push(at.id);
    const { parentId }: { parentId: string | null } = at;
    at = categories.find(({ id }) => id === parentId);
  }
  return line;
}
