import type { Transaction } from '../database/database.ts';
import { Prisma } from '../generated/prisma/client.ts';
import type { Standing } from './disclosure.ts';
import { SATISFIED_MARK } from './fit.ts';
import { type FitScope, localTimeSql } from './scope.store.ts';

/** The tables of the fit, by what is counted in them and into which classes that is sorted. */
export const FIT_TABLES = {
  needs: ['NEED'],
  states: ['WITHDRAWN', 'OFFERED', 'MATCHED', 'FULFILLED', 'UNMET', 'WAITING'],
  /** Its classes are the reasons that there are. */
  unmetReasons: [],
  answers: ['IN_TIME', 'NOT_IN_TIME'],
  appraisals: ['RESOLVED', 'NOT_RESOLVED', 'SATISFIED', 'NOT_SATISFIED'],
  accepted: ['ACCEPTED'],
  served: ['SERVED'],
  placesTaken: ['PLACES'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A table of the fit. */
export type FitTable = keyof typeof FIT_TABLES;

const REASON = 'UNMET:';

/** Who stands behind each table, over the whole of the area and of its time, in two statements. */
export async function readStandings(
  db: Transaction,
  scope: Pick<FitScope, 'areaId' | 'utcOffsetMinutes'>,
): Promise<Readonly<Record<FitTable, readonly Standing[]>>> {
  const rows = [...(await readOfNeeds(db, scope)), ...(await readOfPlaces(db, scope))];
  const reasons = [...new Set(rows.map((row) => row.class))].filter((name) => name.startsWith(REASON)).sort();
  const cells = [...Map.groupBy(rows, (row) => `${row.categoryId} ${row.communityId} ${row.month}`).values()];
  const tables = Object.entries(FIT_TABLES).map(([table, classes]) => {
    const names: readonly string[] = table === 'unmetReasons' ? reasons : classes;
    const standings = cells.map((own): Standing => {
      const found = names.map((name) => own.find((row) => row.class === name));
      return {
        categoryId: own[0]!.categoryId,
        communityId: own[0]!.communityId,
        month: own[0]!.month,
        counts: found.map((row) => row?.count ?? 0),
        residents: found.map((row) => row?.residents ?? 0),
      };
    });
    return [table, standings.filter(({ counts }) => counts.some((count) => count > 0))];
  });
  return Object.fromEntries(tables) as Record<FitTable, Standing[]>;
}

type Row = {
  readonly categoryId: string;
  readonly communityId: string;
  readonly month: string;
  readonly class: string;
  readonly count: number;
  readonly residents: number;
};

/**
 * A resident is counted at their first need alone, so that residents of several cells add up to no more than there are. A
 * need of nobody in particular stands for one.
 */
function readOfNeeds(db: Transaction, scope: Pick<FitScope, 'areaId' | 'utcOffsetMinutes'>): Promise<Row[]> {
  return db.$queryRaw<Row[]>`
    WITH marked AS (
      SELECT n.category_id, n.community_id, n.state, n.unmet_reason, o.*,
        ${monthSql(Prisma.sql`n.registered_at`, scope)} AS month,
        row_number() OVER (PARTITION BY COALESCE(n.resident_id, n.id) ORDER BY n.registered_at, n.id) = 1 AS is_first
      FROM needs n LEFT JOIN LATERAL (
        SELECT bool_or(o.accepted_at <= o.accept_by) AS in_time,
          bool_or((o.accepted_at > o.accept_by) OR (o.accepted_at IS NULL AND o.state IN ('DECLINED', 'EXPIRED'))) AS late,
          bool_or(a.resolved) AS resolved, bool_or(NOT a.resolved) AS not_resolved,
          bool_or(a.mark >= ${SATISFIED_MARK}::int) AS satisfied, bool_or(a.mark < ${SATISFIED_MARK}::int) AS not_satisfied,
          bool_or(o.accepted_at IS NOT NULL) AS accepted,
          bool_or(o.fulfilled_at IS NOT NULL AND o.state <> 'CANCELLED') AS served
        FROM orders o LEFT JOIN appraisals a ON a.order_id = o.id WHERE o.need_id = n.id
      ) o ON true
      WHERE n.area_id = ${scope.areaId}::uuid
    )
    SELECT category_id AS "categoryId", community_id AS "communityId", month, class,
      count(*)::int AS count, (count(*) FILTER (WHERE is_first))::int AS residents
    FROM marked CROSS JOIN LATERAL unnest(ARRAY[
      'NEED',
      CASE state WHEN 'WITHDRAWN' THEN 'WITHDRAWN' WHEN 'OFFERED' THEN 'OFFERED' WHEN 'MATCHED' THEN 'MATCHED'
        WHEN 'FULFILLED' THEN 'FULFILLED' WHEN 'CLOSED' THEN 'FULFILLED' WHEN 'UNMET' THEN 'UNMET' ELSE 'WAITING' END,
      CASE WHEN state = 'UNMET' THEN ${REASON}::text || unmet_reason END,
      CASE WHEN in_time THEN 'IN_TIME' END, CASE WHEN late THEN 'NOT_IN_TIME' END,
      CASE WHEN resolved THEN 'RESOLVED' END, CASE WHEN not_resolved THEN 'NOT_RESOLVED' END,
      CASE WHEN satisfied THEN 'SATISFIED' END, CASE WHEN not_satisfied THEN 'NOT_SATISFIED' END,
      CASE WHEN accepted THEN 'ACCEPTED' END, CASE WHEN served THEN 'SERVED' END
    ]) AS class
    WHERE class IS NOT NULL GROUP BY 1, 2, 3, 4`;
}

/** Orders that hold places count by the month in which they were dispatched. */
function readOfPlaces(db: Transaction, scope: Pick<FitScope, 'areaId' | 'utcOffsetMinutes'>): Promise<Row[]> {
  return db.$queryRaw<Row[]>`
    WITH marked AS (
      SELECT o.category_id, o.community_id, ${monthSql(Prisma.sql`o.dispatched_at`, scope)} AS month,
        row_number() OVER (PARTITION BY COALESCE(n.resident_id, n.id) ORDER BY o.dispatched_at, o.id) = 1 AS is_first
      FROM orders o JOIN needs n ON n.id = o.need_id
      WHERE o.area_id = ${scope.areaId}::uuid AND o.capacity_id IS NOT NULL
        AND (o.fulfilled_at IS NOT NULL OR o.state IN ('DISPATCHED', 'ACCEPTED', 'IN_SERVICE'))
    )
    SELECT category_id AS "categoryId", community_id AS "communityId", month, 'PLACES' AS class,
      count(*)::int AS count, (count(*) FILTER (WHERE is_first))::int AS residents
    FROM marked GROUP BY 1, 2, 3`;
}

function monthSql(column: Prisma.Sql, scope: Pick<FitScope, 'utcOffsetMinutes'>): Prisma.Sql {
  return Prisma.sql`to_char(${localTimeSql(column, scope)}, 'YYYY-MM')`;
}
