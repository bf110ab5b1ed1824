import type { Transaction } from '../database/database.ts';
import { Prisma } from '../generated/prisma/client.ts';
import { type FitPeriod, type FitScope, localTimeSql, periodStartSql } from './scope.store.ts';
import type { Supply } from './supply.ts';

/** Mean radius of the earth in metres (IUGG). */
const EARTH_RADIUS_METRES = 6_371_008.8;

/** Reads what the published services of admitted providers offer within a scope, in three statements. */
export async function readSupply(db: Transaction, scope: FitScope, period: FitPeriod): Promise<Supply> {
  return {
    offers: await readOffers(db, scope, period),
    serves: await readServes(db, scope),
    reaches: await readReaches(db, scope),
  };
}

/**
 * A day counts for a service that is published, within its term, and open: by the exceptions of that date, or by its
 * weekly windows, or always where it has none. Its places count once for every day, week or month with such a day.
 */
function readOffers(db: Transaction, scope: FitScope, period: FitPeriod): Promise<Supply['offers']> {
  const day = Prisma.sql`days.day`;
  return db.$queryRaw<Supply['offers']>`
    WITH days AS (
      SELECT day::date AS day FROM generate_series(${scope.firstDay}::date, ${scope.lastDay}::date, interval '1 day') AS day
    )
    SELECT s.id AS "serviceId", ${periodStartSql(day, period)} AS "periodStart", s.places,
      count(DISTINCT CASE s.capacity_period
        WHEN 'DAY' THEN days.day
        WHEN 'WEEK' THEN date_trunc('week', days.day)::date
        WHEN 'MONTH' THEN date_trunc('month', days.day)::date
        ELSE DATE '1970-01-01'
      END)::int AS "capacityPeriods"
    FROM services s JOIN providers p ON p.id = s.provider_id CROSS JOIN days
    WHERE s.area_id = ${scope.areaId}::uuid AND s.status = 'PUBLISHED' AND p.admission = 'ADMITTED'
      AND (s.published_at IS NULL OR ${localTimeSql(Prisma.sql`s.published_at`, scope)}::date <= days.day)
      AND (s.valid_from IS NULL OR ${localTimeSql(Prisma.sql`s.valid_from`, scope)}::date <= days.day)
      AND (s.valid_to IS NULL OR ${localTimeSql(Prisma.sql`s.valid_to`, scope)}::date >= days.day)
      AND CASE
        WHEN EXISTS (SELECT FROM schedule_exceptions e WHERE e.service_id = s.id AND e.date = days.day)
        THEN EXISTS (
          SELECT FROM schedule_exceptions e
          WHERE e.service_id = s.id AND e.date = days.day AND e.start_minute IS NOT NULL)
        ELSE NOT EXISTS (SELECT FROM schedule_windows w WHERE w.service_id = s.id)
          OR EXISTS (
            SELECT FROM schedule_windows w
            WHERE w.service_id = s.id AND w.day = extract(isodow FROM days.day)::int)
      END
    GROUP BY 1, 2, 3`;
}

/** A service serves the categories that it names and all their descendants. */
function readServes(db: Transaction, scope: FitScope): Promise<Supply['serves']> {
  return db.$queryRaw<Supply['serves']>`
    WITH RECURSIVE within (top, id) AS (
      SELECT id, id FROM categories WHERE area_id = ${scope.areaId}::uuid
      UNION
      SELECT within.top, child.id FROM categories AS child JOIN within ON child.parent_id = within.id
    )
    SELECT DISTINCT named.service_id AS "serviceId", within.id AS "categoryId"
    FROM service_categories AS named JOIN within ON within.top = named.category_id
    WHERE within.id = ANY(${scope.categoryIds}::uuid[])`;
}

/** Great-circle distance from a community's centre to the nearest place of the service (haversine formula). */
function readReaches(db: Transaction, scope: FitScope): Promise<Supply['reaches']> {
  return db.$queryRaw<Supply['reaches']>`
    SELECT s.id AS "serviceId", m.id AS "communityId",
      COALESCE(CASE WHEN s.radius_metres IS NOT NULL THEN nearest.metres / s.radius_metres END, 0)::float AS "circleShare"
    FROM services s
    CROSS JOIN communities m
    CROSS JOIN LATERAL (
      SELECT min(2 * ${EARTH_RADIUS_METRES}::float * asin(LEAST(1, sqrt(
        power(sin(radians(l.latitude - m.latitude) / 2), 2)
        + cos(radians(l.latitude)) * cos(radians(m.latitude)) * power(sin(radians(l.longitude - m.longitude) / 2), 2)
      )))) AS metres
      FROM service_locations l WHERE l.service_id = s.id
    ) AS nearest
    WHERE s.area_id = ${scope.areaId}::uuid AND s.status = 'PUBLISHED' AND m.id = ANY(${scope.communityIds}::uuid[])
      AND (NOT EXISTS (SELECT FROM service_areas a WHERE a.service_id = s.id)
        OR EXISTS (SELECT FROM service_areas a WHERE a.service_id = s.id AND a.community_id = m.id))
      AND (s.radius_metres IS NULL OR nearest.metres IS NULL OR nearest.metres <= s.radius_metres)`;
}
