/** When an area works (工作时间): what the limits in working hours are counted by. */
export type WorkCalendar = {
  /** Local time, minutes ahead of UTC. */
  readonly utcOffsetMinutes: number;
  /** Minutes of the local day between which is worked; the first is before the last. */
  readonly workStartMinute: number;
  readonly workEndMinute: number;
  /**
   * Days that are not what their day of the week says, by `localDayOf`: false for a holiday (放假), true for a make-up
   * working day (调休上班). Finitely many.
   */
  readonly exceptions: ReadonlyMap<number, boolean>;
};

/**
 * The instant at which so much working time has gone by since `from`. What ends with the working day is due at its end and
 * not on the next morning.
 *
 * @param durationMs of working time; `from` itself for none
 */
export function addWorkingTime(calendar: WorkCalendar, from: Date, durationMs: number): Date {
  if (durationMs <= 0) return from;
  let leftMs = durationMs;
  for (let day = localDayOf(from, calendar.utcOffsetMinutes); ; day += 1) {
    const [opensMs, closesMs] = workOfDay(calendar, day);
    const beginsMs = Math.max(opensMs, from.getTime());
    const workedMs = Math.max(0, closesMs - beginsMs);
    if (workedMs >= leftMs) return new Date(beginsMs + leftMs);
    leftMs -= workedMs;
  }
}

/** How much working time lies between two instants, ms; none where `to` is not later. */
export function workingTimeBetween(calendar: WorkCalendar, from: Date, to: Date): number {
  let sumMs = 0;
  const last = localDayOf(to, calendar.utcOffsetMinutes);
  for (let day = localDayOf(from, calendar.utcOffsetMinutes); day <= last; day += 1) {
    const [opensMs, closesMs] = workOfDay(calendar, day);
    sumMs += Math.max(0, Math.min(closesMs, to.getTime()) - Math.max(opensMs, from.getTime()));
  }
  return sumMs;
}

/** Whether the local day is worked: Monday to Friday, unless the calendar says otherwise. */
export function isWorkingDay({ exceptions }: Pick<WorkCalendar, 'exceptions'>, day: number): boolean {
  // Day 0 was a Thursday.
  const daysSinceMonday = (((day + 3) % 7) + 7) % 7;
  return exceptions.get(day) ?? daysSinceMonday < 5;
}

/** The local day that holds an instant, in days since 1970-01-01. */
export function localDayOf(instant: Date, utcOffsetMinutes: number): number {
  return Math.floor((instant.getTime() + utcOffsetMinutes * MS_PER_MINUTE) / MS_PER_DAY);
}

const MS_PER_MINUTE = 60_000;
const MS_PER_DAY = 86_400_000;

/** From when to when, ms since 1970, a day is worked; an empty span for one that is not. */
function workOfDay(calendar: WorkCalendar, day: number): readonly [opensMs: number, closesMs: number] {
  const startsMs = day * MS_PER_DAY - calendar.utcOffsetMinutes * MS_PER_MINUTE;
  if (!isWorkingDay(calendar, day)) return [startsMs, startsMs];
  return [startsMs + calendar.workStartMinute * MS_PER_MINUTE, startsMs + calendar.workEndMinute * MS_PER_MINUTE];
}
