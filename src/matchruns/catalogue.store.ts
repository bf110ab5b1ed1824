import type { Transaction } from '../database/database.ts';
import { Catalogue, type ServiceRecord } from '../matching/index.ts';
import { type AreaFrame, readServiceRecords } from './service-records.store.ts';
import { startTurn } from './turn.ts';

/**
 * The service list of an area as the core searches it, as it stands now. A page of records is dropped as soon as it is
 * in the catalogue, and other work is let in between.
 *
 * @param each called for every service that is in it
 */
export async function loadCatalogue(
  db: Transaction,
  frame: AreaFrame,
  now: Date,
  { each }: { readonly each?: (service: ServiceRecord) => void } = {},
): Promise<Catalogue> {
  const turn = startTurn();
  const catalogue = emptyCatalogue(frame);
  for await (const page of readServiceRecords(db, frame, now)) {
    for (const service of page) {
      await turn();
      catalogue.publish(service);
      each?.(service);
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
