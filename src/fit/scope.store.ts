import { categoriesWithin } from '../communities/index.ts';
import type { Transaction } from '../database/database.ts';
import { InvalidInput } from '../failures.ts';
import { Prisma } from '../generated/prisma/client.ts';
import type { RoomClass } from '../generated/prisma/enums.ts';
import { localDateOf, shiftInstant } from '../imports/local-time.ts';

/** Which needs and services count; what is left out or `null` does not narrow. */
export type FitFilter = {
  /** Needs registered from this instant on, and before that one. */
  readonly from?: Date | null | undefined;
  readonly to?: Date | null | undefined;
  /** With all their descendants. */
  readonly categoryIds?: readonly string[] | null | undefined;
  readonly communityIds?: readonly string[] | null | undefined;
  readonly roomClass?: RoomClass | null | undefined;
};

/** The calendar unit of the rows (统计周期), in the area's local time; WHOLE is the whole range in one. */
export type FitPeriod = 'DAY' | 'WEEK' | 'MONTH' | 'QUARTER' | 'WHOLE';

/** A filter with everything written out. */
export type FitScope = {
  readonly areaId: string;
  readonly utcOffsetMinutes: number;
  readonly from: Date | null;
  readonly to: Date | null;
  /** The first and last local date on which anything may count, `YYYY-MM-DD`. */
  readonly firstDay: string;
  readonly lastDay: string;
  /** By ascending code. */
  readonly categoryIds: readonly string[];
  /** By ascending external id. */
  readonly communityIds: readonly string[];
};

/** How far ahead places on offer are counted. */
const MOST_DAYS_AHEAD = 366;

/** The most days that may be told apart by these periods: each has a row for every category and community. */
const MOST_DAYS = { DAY: 366, WEEK: 1830 } as const;

/** @throws InvalidInput when the scope is longer than its rows may tell apart */
export function demandReadable({ firstDay, lastDay }: FitScope, period: FitPeriod): void {
  if (period !== 'DAY' && period !== 'WEEK') return;
  const days = (Date.parse(lastDay) - Date.parse(firstDay)) / 86_400_000 + 1;
  if (days <= MOST_DAYS[period]) return;
  throw InvalidInput.at(
    ['filter', 'from'],
    'range',
    `按此周期统计至多${MOST_DAYS[period]}天，现为${days}天`,
    `leaves ${days} days; by this period at most ${MOST_DAYS[period]} can be told apart`,
  );
}

/** Reads what a filter takes in. Days before the area's first need and service are left out: nothing was on offer. */
export async function readScope(db: Transaction, areaId: string, filter: FitFilter, now: Date): Promise<FitScope> {
  const within = filter.categoryIds ? await categoriesWithin(db, areaId, filter.categoryIds) : null;
  const area = await db.area.findUniqueOrThrow({
    where: { id: areaId },
    select: {
      utcOffsetMinutes: true,
      categories: {
        where: {
          ...(within ? { id: { in: [...within] } } : {}),
          ...(filter.roomClass ? { roomClass: filter.roomClass } : {}),
        },
        select: { id: true },
        orderBy: { code: 'asc' },
      },
      communities: {
        where: filter.communityIds ? { id: { in: [...filter.communityIds] } } : {},
        select: { id: true },
        orderBy: { externalId: 'asc' },
      },
      needs: { select: { registeredAt: true }, orderBy: { registeredAt: 'asc' }, take: 1 },
      services: {
        where: { publishedAt: { not: null } },
        select: { publishedAt: true },
        orderBy: { publishedAt: 'asc' },
        take: 1,
      },
    },
  });
  const { from = null, to = null } = filter;
  const first = [now, ...area.needs.map((need) => need.registeredAt), ...area.services.map((row) => row.publishedAt!)];
  const earliestMs = Math.min(...first.map((instant) => instant.getTime()));
  const latestMs = shiftInstant(now, MOST_DAYS_AHEAD).getTime();
  const firstMs = Math.max(earliestMs, from?.getTime() ?? earliestMs);
  const lastMs = Math.min(latestMs, to === null ? now.getTime() : to.getTime() - 1);
  return {
    areaId,
    utcOffsetMinutes: area.utcOffsetMinutes,
    from,
    to,
    firstDay: localDateOf(new Date(firstMs), area.utcOffsetMinutes),
    lastDay: localDateOf(new Date(lastMs), area.utcOffsetMinutes),
    categoryIds: area.categories.map(({ id }) => id),
    communityIds: area.communities.map(({ id }) => id),
  };
}

/** SQL for the local time of a timestamptz column. */
export function localTimeSql(column: Prisma.Sql, { utcOffsetMinutes }: Pick<FitScope, 'utcOffsetMinutes'>): Prisma.Sql {
  return Prisma.sql`((${column} AT TIME ZONE 'UTC') + make_interval(mins => ${utcOffsetMinutes}::int))`;
}

/** SQL for the first day, as text, of the period in which a local time or date lies; NULL for the whole range. */
export function periodStartSql(localTime: Prisma.Sql, period: FitPeriod): Prisma.Sql {
  if (period === 'WHOLE') return Prisma.sql`NULL::text`;
  return Prisma.sql`to_char(date_trunc(${period.toLowerCase()}::text, ${localTime}), 'YYYY-MM-DD')`;
}
