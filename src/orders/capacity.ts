import type { CapacityPeriod } from '../generated/prisma/enums.ts';

/** The day on which an OPEN capacity, which is counted once and for all, is said to begin. */
const OPEN_START = '1970-01-01';

/**
 * The first local day of each period that holds an instant, YYYY-MM-DD: the key under which the places of a service are
 * counted (容量周期). Weeks begin on Monday (ISO 8601).
 *
 * @param utcOffsetMinutes local time of the area, minutes ahead of UTC
 */
export function capacityPeriodStarts(
  instant: Date,
  utcOffsetMinutes: number,
): Readonly<Record<CapacityPeriod, string>> {
  const local = new Date(instant.getTime() + utcOffsetMinutes * 60_000);
  const day = dateOf(local);
  const daysSinceMonday = (local.getUTCDay() + 6) % 7;
  return {
    DAY: day,
    WEEK: dateOf(new Date(local.getTime() - daysSinceMonday * 86_400_000)),
    MONTH: `${day.slice(0, 8)}01`,
    OPEN: OPEN_START,
  };
}

function dateOf(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}
