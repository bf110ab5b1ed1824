import type { Database, Transaction } from '../database/database.ts';
import { Prisma } from '../generated/prisma/client.ts';
import {
  type CellKey,
  cellName,
  countNeeds,
  type FitCounts,
  type FitRates,
  fitRates,
  type NeedTally,
  SATISFIED_MARK,
} from './fit.ts';
import {
  demandReadable,
  type FitFilter,
  type FitPeriod,
  type FitScope,
  localTimeSql,
  periodStartSql,
  readScope,
} from './scope.store.ts';
import { readSupply } from './supply.store.ts';
import { supplyOfCells } from './supply.ts';

/** What has rows of its own; what has not is added up. */
export type FitGroups = { readonly category: boolean; readonly community: boolean; readonly period: FitPeriod };

/** One row: a category, a community and a period, each `null` where the row is of all of them together. */
export type FitRow = CellKey & {
  readonly counts: FitCounts;
  readonly rates: FitRates;
  /**
   * Places offered for each unit asked for within reach of the community (2SFCA); `null` in rows of all communities
   * together. A service without a limit of places has no part in it.
   */
  readonly accessibility: number | null;
};

/** The rows, by category code, then community, then period, and what all of them come to. */
export type Fit = { readonly scope: FitScope; readonly rows: readonly FitRow[]; readonly totals: FitRow };

/**
 * Measures how well supply fits need in an area (匹配度), in a number of statements that does not depend on how many rows
 * there are. There is a row for every cell that has a need or a service.
 *
 * @throws InvalidInput when there are more days than the rows may tell apart
 */
export async function measureFit(
  db: Transaction,
  areaId: string,
  filter: FitFilter,
  groups: FitGroups,
  now: Date,
): Promise<Fit> {
  const scope = await readScope(db, areaId, filter, now);
  demandReadable(scope, groups.period);
  const rows = await measureCells(db, scope, groups);
  const [totals] = await measureCells(db, scope, { category: false, community: false, period: 'WHOLE' });
  const place = new Map([...scope.categoryIds, ...scope.communityIds].map((id, index) => [id, index]));
  const placeOf = (id: string | null) => (id === null ? -1 : place.get(id)!);
  return {
    scope,
    rows: rows.toSorted(
      (a, b) =>
        placeOf(a.categoryId) - placeOf(b.categoryId) ||
        placeOf(a.communityId) - placeOf(b.communityId) ||
        ((a.periodStart ?? '') < (b.periodStart ?? '') ? -1 : 1),
    ),
    totals: totals ?? rowOf({ categoryId: null, communityId: null, periodStart: null }, {}),
  };
}

/** The fit of one category, with its name, for people to read. */
export type CategoryFit = FitCounts &
  FitRates & {
    readonly categoryCode: string;
    readonly categoryName: string;
    readonly categoryNameEn: string | null;
  };

/** The fit of each category of an area that has needs, over the whole of its time, by code. */
export async function fitByCategory(
  { prisma }: Pick<Database, 'prisma'>,
  areaId: string,
  { now = new Date(), ...filter }: FitFilter & { readonly now?: Date } = {},
): Promise<readonly CategoryFit[]> {
  const { rows } = await measureFit(prisma, areaId, filter, { category: true, community: false, period: 'WHOLE' }, now);
  const categories = await prisma.category.findMany({
    where: { areaId },
    select: { id: true, code: true, name: true, nameEn: true },
  });
  const names = new Map(
    categories.map(({ id, code, name, nameEn }) => [
      id,
      { categoryCode: code, categoryName: name, categoryNameEn: nameEn },
    ]),
  );
  return rows
    .filter((row) => row.counts.needs > 0)
    .map(({ categoryId, counts, rates }) => ({ ...counts, ...rates, ...names.get(categoryId!)! }));
}

async function measureCells(db: Transaction, scope: FitScope, groups: FitGroups): Promise<readonly FitRow[]> {
  const needs = Map.groupBy(await readNeeds(db, scope, groups), cellName);
  const counted = new Map([...needs].map(([name, tallies]) => [name, countNeeds(tallies)]));
  const orders = new Map((await readOrders(db, scope, groups)).map((row) => [cellName(row), row]));
  const taken = new Map((await readPlacesTaken(db, scope, groups)).map((row) => [cellName(row), row]));
  const supply = supplyOfCells(
    await readSupply(db, scope, groups.period),
    groups,
    scope.communityIds,
    (key) => counted.get(cellName(key))?.units ?? 0,
  );
  const supplied = new Map(supply.map((cell) => [cellName(cell.key), cell]));
  const keys = new Map<string, CellKey>();
  for (const row of [...needs.values()].map(([first]) => first!)) keys.set(cellName(row), row);
  for (const row of taken.values()) keys.set(cellName(row), row);
  for (const { key, services } of supply) if (services > 0) keys.set(cellName(key), key);
  return [...keys].map(([name, { categoryId, communityId, periodStart }]) =>
    rowOf(
      { categoryId, communityId, periodStart },
      { needs: counted.get(name), orders: orders.get(name), taken: taken.get(name), supply: supplied.get(name) },
    ),
  );
}

function rowOf(
  key: CellKey,
  {
    needs = countNeeds([]),
    orders,
    taken,
    supply,
  }: {
    needs?: ReturnType<typeof countNeeds> | undefined;
    orders?: OrderCounts | undefined;
    taken?: PlacesTaken | undefined;
    supply?: ReturnType<typeof supplyOfCells>[number] | undefined;
  },
): FitRow {
  const counts: FitCounts = {
    ...needs,
    answersDue: orders?.answersDue ?? 0,
    acceptedInTime: orders?.acceptedInTime ?? 0,
    appraised: orders?.appraised ?? 0,
    resolved: orders?.resolved ?? 0,
    satisfied: orders?.satisfied ?? 0,
    medianSecondsToAccept: orders?.medianSecondsToAccept ?? null,
    medianSecondsToFulfil: orders?.medianSecondsToFulfil ?? null,
    services: supply?.services ?? 0,
    unlimitedServices: supply?.unlimitedServices ?? 0,
    placesOffered: supply?.placesOffered ?? 0,
    placesTaken: taken?.placesTaken ?? 0,
  };
  const noAccess = key.communityId === null ? null : 0;
  return { ...key, counts, rates: fitRates(counts), accessibility: supply?.accessibility ?? noAccess };
}

/** SQL for the columns of a cell: what has no rows of its own is NULL. `n` is the need or the order. */
function cellColumns(groups: FitGroups, localTime: Prisma.Sql): Prisma.Sql {
  const category = groups.category ? Prisma.sql`n.category_id` : Prisma.sql`NULL::uuid`;
  const community = groups.community ? Prisma.sql`n.community_id` : Prisma.sql`NULL::uuid`;
  const period = periodStartSql(localTime, groups.period);
  return Prisma.sql`${category} AS "categoryId", ${community} AS "communityId", ${period} AS "periodStart"`;
}

/** SQL for the needs or orders `n` of a scope by the instant that counts. */
function inScope({ areaId, categoryIds, communityIds, from, to }: FitScope, instant: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`n.area_id = ${areaId}::uuid AND n.category_id = ANY(${categoryIds}::uuid[])
    AND n.community_id = ANY(${communityIds}::uuid[])
    AND (${from}::timestamptz IS NULL OR ${instant} >= ${from}::timestamptz)
    AND (${to}::timestamptz IS NULL OR ${instant} < ${to}::timestamptz)`;
}

const REGISTERED_AT = Prisma.sql`n.registered_at`;
const DISPATCHED_AT = Prisma.sql`n.dispatched_at`;

function readNeeds(db: Transaction, scope: FitScope, groups: FitGroups): Promise<readonly (CellKey & NeedTally)[]> {
  return db.$queryRaw<(CellKey & NeedTally)[]>`
    SELECT ${cellColumns(groups, localTimeSql(REGISTERED_AT, scope))}, n.state::text AS state,
      n.unmet_reason AS "unmetReason", count(*)::int AS needs, sum(n.quantity)::int AS units
    FROM needs n WHERE ${inScope(scope, REGISTERED_AT)}
    GROUP BY 1, 2, 3, 4, 5`;
}

type OrderCounts = CellKey &
  Pick<
    FitCounts,
    | 'answersDue'
    | 'acceptedInTime'
    | 'appraised'
    | 'resolved'
    | 'satisfied'
    | 'medianSecondsToAccept'
    | 'medianSecondsToFulfil'
  >;

/** Orders count with their needs, by the time at which those were registered. */
function readOrders(db: Transaction, scope: FitScope, groups: FitGroups): Promise<readonly OrderCounts[]> {
  return db.$queryRaw<OrderCounts[]>`
    SELECT ${cellColumns(groups, localTimeSql(REGISTERED_AT, scope))},
      (count(*) FILTER (WHERE o.accepted_at IS NOT NULL OR o.state IN ('DECLINED', 'EXPIRED')))::int AS "answersDue",
      (count(*) FILTER (WHERE o.accepted_at <= o.accept_by))::int AS "acceptedInTime",
      count(a.id)::int AS appraised,
      (count(*) FILTER (WHERE a.resolved))::int AS resolved,
      (count(*) FILTER (WHERE a.mark >= ${SATISFIED_MARK}::int))::int AS satisfied,
      floor(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM o.accepted_at - o.dispatched_at)::float)
        FILTER (WHERE o.accepted_at IS NOT NULL))::int AS "medianSecondsToAccept",
      floor(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM o.fulfilled_at - n.registered_at)::float)
        FILTER (WHERE o.fulfilled_at IS NOT NULL AND o.state <> 'CANCELLED'))::int AS "medianSecondsToFulfil"
    FROM needs n JOIN orders o ON o.need_id = n.id LEFT JOIN appraisals a ON a.order_id = o.id
    WHERE ${inScope(scope, REGISTERED_AT)}
    GROUP BY 1, 2, 3`;
}

type PlacesTaken = CellKey & Pick<FitCounts, 'placesTaken'>;

/** Places of services with a limit that orders dispatched in the period hold, or have used up. */
function readPlacesTaken(db: Transaction, scope: FitScope, groups: FitGroups): Promise<readonly PlacesTaken[]> {
  return db.$queryRaw<PlacesTaken[]>`
    SELECT ${cellColumns(groups, localTimeSql(DISPATCHED_AT, scope))}, sum(n.quantity)::int AS "placesTaken"
    FROM orders n
    WHERE ${inScope(scope, DISPATCHED_AT)} AND n.capacity_id IS NOT NULL
      AND (n.fulfilled_at IS NOT NULL OR n.state IN ('DISPATCHED', 'ACCEPTED', 'IN_SERVICE'))
    GROUP BY 1, 2, 3`;
}
