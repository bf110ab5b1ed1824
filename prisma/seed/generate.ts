import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCategories } from './categories.ts';
import { COMMUNITY_COLUMNS, communityRows } from './communities.ts';
import { csvText } from './csv.ts';
import { NEED_COLUMNS, needRows } from './needs.ts';
import { PROVIDER_COLUMNS, providerRows } from './providers.ts';
import { exampleResidents, RESIDENT_COLUMNS, residentRows } from './residents.ts';
import { SERVICE_COLUMNS, serviceRows } from './services.ts';

/**
 * The example area (Kaili, Guizhou; illustrative) as the text of each CSV file by its name. The same on every machine and
 * at every time; only `categories.csv`, which is written by hand, is read.
 */
export function exampleArea(): ReadonlyMap<string, string> {
  const categories = readCategories();
  const services = serviceRows(categories);
  const residents = exampleResidents();
  return new Map([
    ['communities.csv', csvText(COMMUNITY_COLUMNS, communityRows())],
    ['providers.csv', csvText(PROVIDER_COLUMNS, providerRows())],
    ['services.csv', csvText(SERVICE_COLUMNS, services)],
    ['residents.csv', csvText(RESIDENT_COLUMNS, residentRows(residents))],
    ['needs.csv', csvText(NEED_COLUMNS, needRows(residents, services, categories))],
  ]);
}

if (import.meta.main) {
  for (const [name, text] of exampleArea()) {
    writeFileSync(join(import.meta.dirname, name), text);
    console.log(`${name}: ${text.split('\n').length - 2} rows`);
  }
}
