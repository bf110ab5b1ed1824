import type { Transaction } from '../database/database.ts';
import type { ProviderKind, ServiceNature } from '../generated/prisma/enums.ts';
import type { CategoryRecord, ScheduleException, ServiceRecord } from '../matching/index.ts';
import { capacityPeriodStarts } from '../orders/index.ts';

/** What the core needs to know of an area beside its services. */
export type AreaFrame = {
  readonly areaId: string;
  readonly utcOffsetMinutes: number;
  readonly categories: readonly AreaCategory[];
};
export type AreaCategory = { readonly id: string; readonly parentId: string | null; readonly record: CategoryRecord };

/** Which services of the list are meant; all of them where nothing is said. */
export type ServiceFilter = {
  readonly ids?: readonly string[];
  /** Those that serve any of these very categories. */
  readonly categoryIds?: readonly string[];
  /** Those whose ids end in any of these bytes. */
  readonly buckets?: readonly number[];
};

/**
 * Services read at once; a page of records is garbage before the next one is read. Few, because the embedded database
 * holds the event loop while it reads.
 */
const SERVICES_PER_PAGE = 250;

/** Reads the taxonomy and the local time of an area, categories by code. */
export async function readAreaFrame(db: Transaction, areaId: string): Promise<AreaFrame> {
  const area = await db.area.findUniqueOrThrow({
    where: { id: areaId },
    select: {
      utcOffsetMinutes: true,
      categories: {
        select: {
          id: true,
          code: true,
          name: true,
          nameEn: true,
          synonyms: true,
          parent: { select: { id: true, code: true } },
        },
        orderBy: { code: 'asc' },
      },
    },
  });
  return {
    areaId,
    utcOffsetMinutes: area.utcOffsetMinutes,
    categories: area.categories.map(({ id, code, name, nameEn, synonyms, parent }) => ({
      id,
      parentId: parent?.id ?? null,
      record: {
        code,
        parent: parent?.code ?? null,
        names: [name, ...(nameEn === null ? [] : [nameEn]), ...synonyms],
      },
    })),
  };
}

/**
 * The service list of an area as core records, by ascending id, one SQL statement a page. Drafts are not on the list
 * yet; withdrawn services and those of providers not admitted are there, as not admitted, so that they can be counted.
 *
 * @param now gives the capacity periods whose places are still free
 */
export async function* readServiceRecords(
  db: Transaction,
  { areaId, utcOffsetMinutes }: AreaFrame,
  now: Date,
  only: ServiceFilter = {},
): AsyncGenerator<readonly ServiceRecord[], void, void> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await readPage(db, areaId, after, capacityPeriodStarts(now, utcOffsetMinutes), only);
    if (rows.length > 0) yield rows.map(serviceRecord);
    if (rows.length < SERVICES_PER_PAGE) return;
    after = rows.at(-1)!.id;
  }
}

/** How many services the list has. */
export function countServices(db: Transaction, areaId: string): Promise<number> {
  return db.service.count({ where: { areaId, status: { not: 'DRAFT' } } });
}

/** One service of the list as a core record; `null` when there is none such in the area. */
export async function readServiceRecord(
  db: Transaction,
  { areaId, utcOffsetMinutes }: AreaFrame,
  serviceId: string,
  now: Date,
): Promise<ServiceRecord | null> {
  const starts = capacityPeriodStarts(now, utcOffsetMinutes);
  const [row] = await readPage(db, areaId, '00000000-0000-0000-0000-000000000000', starts, { ids: [serviceId] });
  return row === undefined ? null : serviceRecord(row);
}

type ServiceRow = {
  readonly id: string;
  readonly provider_id: string;
  readonly provider_kind: ProviderKind;
  readonly nature: ServiceNature;
  readonly name: string;
  readonly name_en: string | null;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly radius_metres: number | null;
  readonly admitted: boolean;
  readonly valid_from: Date | null;
  readonly valid_to: Date | null;
  readonly places: number | null;
  readonly places_free: number | null;
  readonly price_fen: number | null;
  readonly appraisal_count: number;
  readonly appraisal_sum: number;
  readonly categories: readonly string[];
  readonly communities: readonly string[] | null;
  readonly locations: ServiceRecord['locations'] | null;
  readonly schedule: ServiceRecord['schedule'] | null;
  readonly exceptions: readonly ExceptionRow[] | null;
  readonly all_of: readonly string[] | null;
  readonly any_of: readonly string[] | null;
  readonly none_of: readonly string[] | null;
  readonly minimum_age: number | null;
  readonly maximum_age: number | null;
};
type ExceptionRow = { readonly date: string; readonly startMinute: number | null; readonly endMinute: number | null };

function readPage(
  db: Transaction,
  areaId: string,
  after: string,
  periodStarts: ReturnType<typeof capacityPeriodStarts>,
  only: ServiceFilter,
): Promise<ServiceRow[]> {
  const { ids = null, categoryIds = null, buckets = null } = only;
  return db.$queryRaw<ServiceRow[]>`
    SELECT s.id, s.provider_id, p.kind::text AS provider_kind, s.nature::text AS nature, s.name, s.name_en, s.description,
      coalesce(s.keywords, '{}') AS keywords, s.radius_metres, s.status = 'PUBLISHED' AND p.admission = 'ADMITTED' AS admitted, s.valid_from, s.valid_to,
      s.places, s.appraisal_count, s.appraisal_sum,
      CASE WHEN s.places IS NOT NULL THEN
        least(s.places, greatest(0, coalesce(taken.places, s.places) - coalesce(taken.reserved + taken.consumed, 0)))
      END AS places_free,
      (SELECT greatest(0, amount_fen - s.gift_fen) FROM cost_options WHERE service_id = s.id
        ORDER BY option = 'standard' DESC, amount_fen LIMIT 1) AS price_fen,
      ARRAY(SELECT c.code FROM service_categories sc JOIN categories c ON c.id = sc.category_id
        WHERE sc.service_id = s.id ORDER BY sc.position, c.code) AS categories,
      (SELECT array_agg(community_id::text ORDER BY community_id) FROM service_areas WHERE service_id = s.id) AS communities,
      (SELECT jsonb_agg(jsonb_build_object('latitude', latitude, 'longitude', longitude) ORDER BY id)
        FROM service_locations WHERE service_id = s.id) AS locations,
      (SELECT jsonb_agg(jsonb_build_object('day', day, 'startMinute', start_minute, 'endMinute', end_minute)
        ORDER BY day, start_minute, end_minute) FROM schedule_windows WHERE service_id = s.id) AS schedule,
      (SELECT jsonb_agg(jsonb_build_object('date', to_char(date, 'YYYY-MM-DD'), 'startMinute', start_minute, 'endMinute', end_minute)
        ORDER BY date, start_minute, end_minute)
        FROM schedule_exceptions WHERE service_id = s.id AND date >= ${periodStarts.DAY}::date) AS exceptions,
      e.all_of, e.any_of, e.none_of, e.minimum_age, e.maximum_age
    FROM services s
    JOIN providers p ON p.id = s.provider_id
    LEFT JOIN eligibility_rules e ON e.service_id = s.id
    LEFT JOIN service_capacities taken ON taken.service_id = s.id AND taken.period_start = CASE s.capacity_period
      WHEN 'DAY' THEN ${periodStarts.DAY}::date WHEN 'WEEK' THEN ${periodStarts.WEEK}::date
      WHEN 'MONTH' THEN ${periodStarts.MONTH}::date ELSE ${periodStarts.OPEN}::date END
    WHERE s.area_id = ${areaId}::uuid AND s.status <> 'DRAFT' AND s.id > ${after}::uuid
      AND (${ids}::uuid[] IS NULL OR s.id = ANY(${ids}::uuid[]))
      AND (${buckets}::int[] IS NULL OR get_byte(uuid_send(s.id), 15) = ANY (${buckets}::int[]))
      AND (${categoryIds}::uuid[] IS NULL OR EXISTS (
        SELECT FROM service_categories served WHERE served.service_id = s.id AND served.category_id = ANY(${categoryIds}::uuid[])
      ))
    ORDER BY s.id LIMIT ${SERVICES_PER_PAGE}`;
}

function serviceRecord(row: ServiceRow): ServiceRecord {
  return {
    id: row.id,
    providerId: row.provider_id,
    providerKind: row.provider_kind,
    nature: row.nature,
    categories: row.categories,
    title: row.name_en === null ? row.name : `${row.name} ${row.name_en}`,
    description: row.description,
    keywords: row.keywords,
    locations: row.locations ?? [],
    communities: row.communities,
    radiusMetres: row.radius_metres,
    eligibility: {
      allOf: row.all_of ?? [],
      anyOf: row.any_of ?? [],
      noneOf: row.none_of ?? [],
      minimumAge: row.minimum_age,
      maximumAge: row.maximum_age,
    },
    schedule: row.schedule ?? [],
    exceptions: byDate(row.exceptions ?? []),
    admitted: row.admitted,
    termStartMs: row.valid_from?.getTime() ?? null,
    termEndMs: row.valid_to?.getTime() ?? null,
    places: row.places,
    placesFree: row.places_free,
    priceFen: row.price_fen ?? 0,
    appraisalCount: row.appraisal_count,
    appraisalSum: row.appraisal_sum,
  };
}

/** Exceptions of one date as one; a row without minutes adds no window, so that the date is closed. */
function byDate(rows: readonly ExceptionRow[]): ScheduleException[] {
  const windowsOf = Map.groupBy(rows, (row) => row.date);
  return [...windowsOf].map(([date, windows]) => ({
    date,
    windows: windows.flatMap(({ startMinute, endMinute }) =>
      startMinute === null || endMinute === null ? [] : [{ startMinute, endMinute }],
    ),
  }));
}
