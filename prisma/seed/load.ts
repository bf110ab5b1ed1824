import { join } from 'node:path';
import { categoryImport, communityImport } from '../../src/communities/index.ts';
import type { Database } from '../../src/database/database.ts';
import { programmeImport } from '../../src/funding/index.ts';
import { fileSource, type ImportDefinition, importList } from '../../src/imports/index.ts';
import { needImport, residentImport } from '../../src/needs/index.ts';
import { calendarImport } from '../../src/orders/index.ts';
import { providerImport, serviceImport } from '../../src/services/index.ts';
import { REFERENCE_DAY } from './calendar.ts';

/** Code of the example area. */
export const EXAMPLE_AREA = 'KAILI';

const UTC_OFFSET_MINUTES = 480;
const MS_PER_DAY = 86_400_000;

/**
 * Whether the example area is to be loaded: there is no area at all, or the example is there but was never matched,
 * because the process was killed while it was being loaded. To load it again doubles nothing.
 */
export async function exampleIsUnfinished({ prisma }: Database): Promise<boolean> {
  const area = await prisma.area.findFirst({ orderBy: { id: 'asc' } });
  if (!area) return true;
  if (area.code !== EXAMPLE_AREA) return false;
  return (await prisma.matchRun.count({ where: { areaId: area.id, state: 'COMPLETED' } })) === 0;
}

/**
 * Loads the example area, Kaili, from the CSV files of this folder, through the same import as any other list. All dates
 * are moved by whole days, so that the lists are of today.
 *
 * @returns id of the area
 */
export async function loadExample(
  database: Database,
  { now, onProgress }: { now: Date; onProgress?: (list: string, rows: number) => void },
): Promise<string> {
  const { id: areaId } = await database.prisma.area.upsert({
    where: { code: EXAMPLE_AREA },
    create: { code: EXAMPLE_AREA, name: '凯里市', nameEn: 'Kaili', utcOffsetMinutes: UTC_OFFSET_MINUTES },
    update: {},
  });
  const today = Math.floor((now.getTime() + UTC_OFFSET_MINUTES * 60_000) / MS_PER_DAY);
  const shiftDays = today - Date.parse(REFERENCE_DAY) / MS_PER_DAY;
  const load = async <Row>(definition: ImportDefinition<Row>): Promise<void> => {
    const context = { areaId, utcOffsetMinutes: UTC_OFFSET_MINUTES, shiftDays, actorId: null, now };
    const source = await fileSource(join(import.meta.dirname, `${definition.list}.csv`));
    const { rejected, firstRejected } = await importList(database, definition, source, {
      context,
      onProgress: ({ rows }) => onProgress?.(definition.list, rows),
    });
    if (rejected > 0)
      throw new Error(`${definition.list}.csv has ${rejected} bad rows: ${JSON.stringify(firstRejected)}`);
  };
  await load(calendarImport);
  await load(communityImport);
  await load(categoryImport);
  await load(providerImport);
  await load(serviceImport);
  await load(programmeImport);
  await load(residentImport);
  await load(needImport);
  return areaId;
}
