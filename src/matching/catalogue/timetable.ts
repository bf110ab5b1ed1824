import type { ScheduleException, WeeklyWindow } from '../records.ts';

const MINUTES_PER_DAY = 1440;
const MS_PER_MINUTE = 60_000;
const MS_PER_DAY = MINUTES_PER_DAY * MS_PER_MINUTE;
const EVERY_WEEKDAY = 0b1111111;

/** Windows of one day, ascending and apart: `[start, end, start, end, …]` in minutes from local midnight, ends excluded. */
type DayWindows = readonly number[];

/**
 * When something is open, to the minute. Days are counted from 1 January 1970 in local time. Exact minutes are kept
 * instead of half hours: a timetable is shared by all services that have the same one and judged once for a need, so
 * the finer grain costs nothing.
 */
export type Timetable = {
  /** Windows of each weekday, Monday first: 7 elements. */
  readonly week: readonly DayWindows[];
  /** Days on which the week does not hold, ascending, and the windows of each. */
  readonly exceptionDays: readonly number[];
  readonly exceptionWindows: readonly DayWindows[];
};

/** Builds a timetable; an empty `schedule` is open all day, every day. Of two exceptions on one date both windows hold. */
export function readTimetable(schedule: readonly WeeklyWindow[], exceptions: readonly ScheduleException[]): Timetable {
  const week = Array.from({ length: 7 }, (_, day) =>
    schedule.length === 0 ? [0, MINUTES_PER_DAY] : merged(schedule.filter((window) => window.day === day + 1)),
  );
  const byDay = new Map<number, ScheduleException['windows'][number][]>();
  for (const exception of exceptions) {
    const day = dayOfDate(exception.date);
    byDay.set(day, [...(byDay.get(day) ?? []), ...exception.windows]);
  }
  const exceptionDays = [...byDay.keys()].sort((a, b) => a - b);
  return { week, exceptionDays, exceptionWindows: exceptionDays.map((day) => merged(byDay.get(day)!)) };
}

/** The words that tell one timetable from another, for `Dictionary.take`. */
export function timetableKey(schedule: readonly WeeklyWindow[], exceptions: readonly ScheduleException[]): string {
  let key = '';
  for (const window of schedule) key += `${window.day}:${window.startMinute}-${window.endMinute} `;
  for (const exception of exceptions) {
    key += `${exception.date}:`;
    for (const window of exception.windows) key += `${window.startMinute}-${window.endMinute} `;
  }
  return key;
}

/**
 * The first instant from `fromMs` to `toMs` (both included) at which the timetable is open and the preferred week
 * allows, as milliseconds UTC; `Infinity` when there is none. `preferredWeek` has 7 elements, or is `null` for any time.
 * `toMs` may be `Infinity`.
 *
 * Once all seven weekdays have been tried as whole ordinary days without success, no ordinary day can succeed; from
 * there only exceptions are tried. So the work is bounded by the number of exceptions, not by the length of the span.
 */
export function firstOpening(
  timetable: Timetable,
  preferredWeek: readonly DayWindows[] | null,
  fromMs: number,
  toMs: number,
  utcOffsetMinutes: number,
): number {
  if (fromMs > toMs) return Number.POSITIVE_INFINITY;
  const offsetMs = utcOffsetMinutes * MS_PER_MINUTE;
  const from = fromMs + offsetMs;
  const to = toMs + offsetMs;
  const firstDay = Math.floor(from / MS_PER_DAY);
  const lastDay = Math.floor(to / MS_PER_DAY);
  const { exceptionDays } = timetable;
  let nextException = 0;
  while (nextException < exceptionDays.length && exceptionDays[nextException]! < firstDay) nextException += 1;
  let triedWeekdays = 0;
  let day = firstDay;
  while (day <= lastDay) {
    const weekday = weekdayOf(day);
    const exceptional = exceptionDays[nextException] === day;
    const windows = exceptional ? timetable.exceptionWindows[nextException]! : timetable.week[weekday]!;
    const opening = firstCommonMoment(windows, preferredWeek?.[weekday] ?? null, day * MS_PER_DAY, from, to);
    if (opening !== Number.POSITIVE_INFINITY) return opening - offsetMs;
    if (exceptional) nextException += 1;
    else if (day > firstDay) triedWeekdays |= 1 << weekday;
    if (triedWeekdays !== EVERY_WEEKDAY) day += 1;
    else if (nextException === exceptionDays.length) break;
    else day = exceptionDays[nextException]!;
  }
  return Number.POSITIVE_INFINITY;
}

/** The resident's weekly times, for `firstOpening`; `null` when the list is empty. */
export function readPreferredWeek(windows: readonly WeeklyWindow[]): readonly DayWindows[] | null {
  return windows.length === 0 ? null : readTimetable(windows, []).week;
}

/** The day of a `YYYY-MM-DD` date, counted from 1 January 1970; NaN when it is no date. */
export function dayOfDate(date: string): number {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  if (!parts) return Number.NaN;
  const ms = Date.UTC(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]));
  const day = ms / MS_PER_DAY;
  return new Date(ms).toISOString().startsWith(date) ? day : Number.NaN;
}

/** Monday 0 … Sunday 6. 1 January 1970 was a Thursday. */
function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

function firstCommonMoment(
  windows: DayWindows,
  preferred: DayWindows | null,
  midnight: number,
  from: number,
  to: number,
): number {
  for (let at = 0; at < windows.length; at += 2) {
    const start = Math.max(from, midnight + windows[at]! * MS_PER_MINUTE);
    const end = midnight + windows[at + 1]! * MS_PER_MINUTE;
    if (preferred === null) {
      if (start < end && start <= to) return start;
      continue;
    }
    for (let wish = 0; wish < preferred.length; wish += 2) {
      const wishedStart = Math.max(start, midnight + preferred[wish]! * MS_PER_MINUTE);
      const wishedEnd = Math.min(end, midnight + preferred[wish + 1]! * MS_PER_MINUTE);
      if (wishedStart < wishedEnd && wishedStart <= to) return wishedStart;
    }
  }
  return Number.POSITIVE_INFINITY;
}

function merged(windows: readonly { readonly startMinute: number; readonly endMinute: number }[]): DayWindows {
  const sorted = [...windows].sort((a, b) => a.startMinute - b.startMinute);
  const out: number[] = [];
  for (const window of sorted) {
    const lastEnd = out[out.length - 1];
    if (lastEnd !== undefined && window.startMinute <= lastEnd)
      out[out.length - 1] = Math.max(lastEnd, window.endMinute);
    else out.push(window.startMinute, window.endMinute);
  }
  return out;
}
