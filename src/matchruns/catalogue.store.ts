import type { Transaction } from '../database/database.ts';
import { Catalogue, type ServiceRecord } from '../matching/index.ts';
import { type AreaFrame, readServiceRecords } from './service-records.store.ts';
import { startTurn } from './turn.ts';

/**
 * The service list of an area as the core searches it, as it stands now. A page of records is dropped as soon as it is
 * in the catalogue, and other work is let in between.
 *
 * @param each called for every service, in the order of their ids, with how many are loaded
 */
export async function loadCatalogue(
  db: Transaction,
  frame: AreaFrame,
  now: Date,
  { each, signal }: { each?: (service: ServiceRecord, loaded: number) => void; signal?: AbortSignal | undefined } = {},
): Promise<Catalogue> {
  const turn = startTurn(signal);
  const catalogue = emptyCatalogue(frame);
  for await (const page of readServiceRecords(db, frame, now)) {
    signal?.throwIfAborted();
    for (const service of page) {
      await turn();
      catalogue.publish(service);
      each?.(service, catalogue.size);
    }
  }
  catalogue.trim();
  return catalogue;
}

/** A catalogue of the area's taxonomy and local time, without services. */
export function emptyCatalogue({ categories, utcOffsetMinutes }: AreaFrame): Catalogue {
  return new Catalogue(
    categories.map((category) => category.record),
    { utcOffsetMinutes },
  );
}
