import type { Database } from '../database/database.ts';
import type { Catalogue, ServiceRecord } from '../matching/index.ts';
import { capacityPeriodStarts } from '../orders/index.ts';
import { loadCatalogue } from './catalogue.store.ts';
import { type Fingerprints, readFingerprints, readQuietVersion } from './service-fingerprints.store.ts';
import { type AreaFrame, readServiceRecords } from './service-records.store.ts';

/** Services that this process keeps in catalogues, over all areas of a database; the areas asked for last stay. */
const MOST_SERVICES_KEPT = 1_000_000;
/** Buckets of services, of 256, above which the catalogue is made anew. */
const MOST_BUCKETS_AMENDED = 64;

/**
 * Asks the service list of an area as it stands now. The catalogue is kept in this process from one call to the next:
 * where nothing was written since, it is used as it is, and where few services changed, those are read and amended.
 *
 * @param ask must not wait: the catalogue may change as soon as it returns
 * @throws MatchingInputError for a service that the core refuses; what `ask` throws
 */
export async function askCurrentCatalogue<T>(
  database: Database,
  frame: AreaFrame,
  now: Date,
  ask: (catalogue: Catalogue) => T,
): Promise<T> {
  // One catalogue for all who ask: what of it they may see is for the caller.
  const { system } = database;
  const kept = keptOf(system);
  // One at a time for each area: nobody asks a catalogue that is being changed.
  const earlier = kept.waiting.get(frame.areaId);
  const turn = (async () => {
    await earlier?.catch(() => {});
    return ask(await bringUpToDate(system, kept.catalogues, frame, now));
  })();
  kept.waiting.set(frame.areaId, turn);
  try {
    return await turn;
  } finally {
    if (kept.waiting.get(frame.areaId) === turn) kept.waiting.delete(frame.areaId);
  }
}

type KeptCatalogue = {
  readonly catalogue: Catalogue;
  /** What the catalogue depends on beside the services: the taxonomy, local time and the periods in which places count. */
  readonly basis: string;
  readonly version: string | null;
  readonly fingerprints: Fingerprints;
  /** Ids of the services in each bucket. */
  readonly idsOf: Map<number, ReadonlySet<string>>;
};

type Kept = {
  /** By id of the area, the one asked for last at the end. */
  readonly catalogues: Map<string, KeptCatalogue>;
  readonly waiting: Map<string, Promise<unknown>>;
};

const keptByDatabase = new WeakMap<Database['prisma'], Kept>();

function keptOf(database: Database): Kept {
  const kept = keptByDatabase.get(database.prisma) ?? { catalogues: new Map(), waiting: new Map() };
  keptByDatabase.set(database.prisma, kept);
  return kept;
}

async function bringUpToDate(
  { prisma }: Database,
  catalogues: Kept['catalogues'],
  frame: AreaFrame,
  now: Date,
): Promise<Catalogue> {
  const kept = catalogues.get(frame.areaId);
  catalogues.delete(frame.areaId);
  const basis = JSON.stringify([frame, capacityPeriodStarts(now, frame.utcOffsetMinutes)]);
  // The version is read first, then the fingerprints, then the services: what is written in between is read again next time.
  const version = await readQuietVersion(prisma);
  let next: KeptCatalogue;
  if (kept?.basis === basis && version !== null && kept.version === version) next = kept;
  else {
    const fingerprints = await readFingerprints(prisma, frame, now);
    const changed = kept?.basis === basis ? changedBuckets(kept.fingerprints, fingerprints) : null;
    if (changed === null || changed.length > MOST_BUCKETS_AMENDED) {
      const idsOf = new Map<number, Set<string>>();
      const each = ({ id }: { id: string }) => {
        const ids = idsOf.get(bucketOf(id)) ?? new Set();
        idsOf.set(bucketOf(id), ids.add(id));
      };
      const catalogue = await loadCatalogue(prisma, frame, now, { each });
      next = { catalogue, basis, version, fingerprints, idsOf };
    } else {
      const records: ServiceRecord[] = [];
      if (changed.length > 0) {
        for await (const page of readServiceRecords(prisma, frame, now, { buckets: changed })) records.push(...page);
      }
      amend(kept!, changed, records);
      next = { ...kept!, version, fingerprints };
    }
  }
  catalogues.set(frame.areaId, next);
  forgetOldest(catalogues);
  return next.catalogue;
}

function changedBuckets(before: Fingerprints, after: Fingerprints): number[] {
  const buckets = new Set([...before.keys(), ...after.keys()]);
  return [...buckets].filter((bucket) => before.get(bucket) !== after.get(bucket));
}

function amend(
  { catalogue, idsOf }: KeptCatalogue,
  buckets: readonly number[],
  records: readonly ServiceRecord[],
): void {
  const recordsOf = Map.groupBy(records, ({ id }) => bucketOf(id));
  for (const bucket of buckets) {
    const present = recordsOf.get(bucket) ?? [];
    const ids = new Set(present.map(({ id }) => id));
    for (const id of idsOf.get(bucket) ?? []) if (!ids.has(id)) catalogue.withdraw(id);
    for (const record of present) {
      if (catalogue.has(record.id)) catalogue.amend(record);
      else catalogue.publish(record);
    }
    idsOf.set(bucket, ids);
  }
}

/** The last byte of a UUID. */
function bucketOf(id: string): number {
  return Number.parseInt(id.slice(-2), 16);
}

function forgetOldest(catalogues: Kept['catalogues']): void {
  let services = 0;
  for (const [areaId, { catalogue }] of [...catalogues].reverse()) {
    services += catalogue.size;
    if (services > MOST_SERVICES_KEPT && services > catalogue.size) catalogues.delete(areaId);
  }
}
