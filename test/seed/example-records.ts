import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { ageOn, REFERENCE_DAY } from '../../prisma/seed/calendar.ts';
import type { CategoryRecord, NeedRecord, ServiceRecord } from '../../src/matching/index.ts';
import { parseSchedule, parseScheduleExceptions } from '../../src/services/schedule.ts';

export type Row = Readonly<Record<string, string>>;

/** The rows of a file of the example area. */
export function exampleRows(list: string): readonly Row[] {
  const file = join(import.meta.dirname, '../../prisma/seed', `${list}.csv`);
  return parse(readFileSync(file, 'utf8'), { columns: true });
}

/** The entries of a list cell. */
export function entries(cell: string | undefined): string[] {
  return (cell ?? '').split(';').filter((entry) => entry !== '');
}

export function categoryRecords(rows: readonly Row[]): CategoryRecord[] {
  return rows.map((row) => ({
    code: row.code!,
    parent: row.parent_code || null,
    names: [row.name!, row.name_en!, ...entries(row.synonyms)],
  }));
}

/** The service list as the core reads it: without drafts, every place free. */
export function serviceRecords(rows: readonly Row[], providers: readonly Row[]): ServiceRecord[] {
  const providerOf = new Map(providers.map((provider) => [provider.external_id, provider]));
  return rows
    .filter((row) => row.status !== 'DRAFT')
    .map((row) => {
      const provider = providerOf.get(row.provider_external_id)!;
      const places = wholeNumber(row.places);
      return {
        id: row.external_id!,
        providerId: row.provider_external_id!,
        providerKind: provider.kind as ServiceRecord['providerKind'],
        nature: row.nature as ServiceRecord['nature'],
        categories: entries(row.categories),
        title: row.name!,
        description: row.description!,
        keywords: entries(row.keywords),
        locations: entries(row.locations).map((location) => {
          const [latitude, longitude] = location.split('|')[0]!.split(',').map(Number);
          return { latitude: latitude!, longitude: longitude! };
        }),
        communities: row.communities === '' ? null : entries(row.communities),
        radiusMetres: wholeNumber(row.radius_metres),
        eligibility: {
          allOf: entries(row.all_of),
          anyOf: entries(row.any_of),
          noneOf: entries(row.none_of),
          minimumAge: wholeNumber(row.minimum_age),
          maximumAge: wholeNumber(row.maximum_age),
        },
        schedule: row.schedule === '' ? [] : parseSchedule(row.schedule!)!,
        exceptions: row.schedule_exceptions === '' ? [] : parseScheduleExceptions(row.schedule_exceptions!)!,
        admitted: row.status === 'PUBLISHED' && provider.admission === 'ADMITTED',
        termStartMs: instant(row.valid_from),
        termEndMs: instant(row.valid_to),
        places,
        placesFree: places,
        priceFen: Math.round(Number(row.price_yuan) * 100),
        appraisalCount: 0,
        appraisalSum: 0,
      };
    });
}

/** The needs as the core reads them at nine o'clock of the reference day. */
export function needRecords(rows: readonly Row[], residents: readonly Row[]): NeedRecord[] {
  const residentOf = new Map(residents.map((resident) => [resident.external_id, resident]));
  return rows.map((row) => {
    const resident = residentOf.get(row.resident)!;
    return {
      id: row.external_id!,
      category: row.category || null,
      title: row.title!,
      description: row.description!,
      communityId: row.community!,
      location: { latitude: Number(row.latitude), longitude: Number(row.longitude) },
      attributes: entries(resident.attributes),
      age: ageOn(resident.birth_date!, REFERENCE_DAY),
      nowMs: instant(`${REFERENCE_DAY} 09:00`)!,
      earliestMs: instant(row.earliest_at),
      deadlineMs: instant(row.deadline_at),
      preferredWindows: row.preferred_windows === '' ? [] : parseSchedule(row.preferred_windows!)!,
      quantity: Number(row.quantity),
      maximumPriceFen: row.maximum_price_yuan === '' ? null : Math.round(Number(row.maximum_price_yuan) * 100),
      excludedProviders: entries(row.excluded_providers),
      excludedServices: [],
      excludedNatures: entries(row.excluded_natures) as NeedRecord['excludedNatures'][number][],
      preferredProviders: entries(row.preferred_providers),
      preferredServices: [],
      previousProviders: [],
    };
  });
}

function wholeNumber(cell: string | undefined): number | null {
  return cell ? Number(cell) : null;
}

function instant(cell: string | undefined): number | null {
  return cell ? Date.parse(`${cell.replace(' ', 'T')}:00+08:00`) : null;
}
