import type { Locale } from '../failures.ts';
import { parseLocalDate } from '../imports/local-time.ts';
import type { ScheduleException, WeeklyWindow } from '../matching/records.ts';

/** A time of day, minutes from midnight, `endMinute` ≤ 1440. */
export type DayWindow = { readonly startMinute: number; readonly endMinute: number };

/** Minutes of a day. */
const DAY_MINUTES = 1440;

/** ISO days in order: English abbreviations as in OpenStreetMap's opening hours, and Chinese. */
const DAYS = {
  en: ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'],
  zh: ['周一', '周二', '周三', '周四', '周五', '周六', '周日'],
} as const;

const ENGLISH_DAY =
  '(?:mon?(?:days?)?|tu(?:es?)?(?:days?)?|we(?:d(?:nesdays?)?)?|th(?:u(?:rs?(?:days?)?)?)?|fri?(?:days?)?|sa(?:t(?:urdays?)?)?|su(?:n(?:days?)?)?)(?![a-z])';
const CHINESE_DAY = '(?:周|星期|礼拜)[一二三四五六日天]';
const DAY = `(?:${ENGLISH_DAY}|${CHINESE_DAY})`;
const DAY_RANGE = new RegExp(`^(${DAY})(?:\\s*(?:-|至|到)\\s*(${DAY}|[一二三四五六日天]))?`, 'i');
const NAMED_DAYS: readonly (readonly [RegExp, number, number])[] = [
  [/^(?:每天|每日|天天|daily|every day)/i, 1, 7],
  [/^(?:工作日|weekdays)/i, 1, 5],
  [/^(?:周末|weekends?)/i, 6, 7],
];
/** A day named only by its numeral, after another one: 周一、三、五. */
const BARE_DAY_RANGE = /^([一二三四五六日天])(?:\s*(?:-|至|到)\s*([一二三四五六日天]))?/;
const TIME_RANGE = /^(\d{1,2}):(\d{2})\s*(?:-|至|到)\s*(\d{1,2}):(\d{2})/;
const ALL_DAY = /^(?:全天|24小时|24h|all day)/i;
const CLOSED = /^(?:closed|off|休息|休业|休|关闭|关门|不开放|停止服务|放假)$/i;

/**
 * Reads a weekly schedule: `Mo-Fr 08:30-12:00,14:00-17:30; Sa 09:00-12:00`, `Mo,We 09:00-11:00`, `周一至周五
 * 08:30-12:00、14:00-17:30；周六 9:00-12:00`, `每天 全天`, `24/7`. A window that ends before it begins goes on into the next
 * day. Days without times are open all day; times without days hold every day.
 *
 * @returns the windows in the form of `normaliseWindows`, empty for an empty text; `null` where it cannot be read
 */
export function parseSchedule(text: string): readonly WeeklyWindow[] | null {
  const windows: WeeklyWindow[] = [];
  for (const part of parts(text)) {
    const rule = parseRule(part);
    if (rule === null) return null;
    for (const day of rule.days) for (const time of rule.times) windows.push(...windowsOf(day, time));
  }
  return normaliseWindows(windows);
}

/** Writes windows as a schedule that `parseSchedule` reads back to the same windows. */
export function formatSchedule(windows: readonly WeeklyWindow[], locale: Locale = 'en'): string {
  const timesOfDay = new Map<number, string>();
  for (const { day, startMinute, endMinute } of normaliseWindows(windows)) {
    const time = formatTimes([{ startMinute, endMinute }], locale);
    timesOfDay.set(day, timesOfDay.has(day) ? `${timesOfDay.get(day)}${locale === 'zh' ? '、' : ','}${time}` : time);
  }
  const daysOfTimes = Map.groupBy(timesOfDay.keys(), (day) => timesOfDay.get(day)!);
  return [...daysOfTimes]
    .map(([times, days]) => `${formatDays(days, locale)} ${times}`)
    .join(locale === 'zh' ? '；' : '; ');
}

/** Windows sorted by day and time, those that overlap or touch within a day made one. */
export function normaliseWindows(windows: readonly WeeklyWindow[]): readonly WeeklyWindow[] {
  const merged: WeeklyWindow[] = [];
  for (const window of windows.toSorted((a, b) => a.day - b.day || a.startMinute - b.startMinute)) {
    const last = merged.at(-1);
    if (last && last.day === window.day && window.startMinute <= last.endMinute) {
      merged[merged.length - 1] = { ...last, endMinute: Math.max(last.endMinute, window.endMinute) };
    } else merged.push({ day: window.day, startMinute: window.startMinute, endMinute: window.endMinute });
  }
  return merged;
}

/**
 * Reads the dates on which the weekly windows do not hold: `2027-01-01 closed; 2027-02-06 09:00-12:00`, with 休 for
 * closed. Lines of one date add up.
 *
 * @returns exceptions by ascending date; `null` where it cannot be read or a date is both closed and open
 */
export function parseScheduleExceptions(text: string): readonly ScheduleException[] | null {
  const byDate = new Map<string, DayWindow[] | 'CLOSED'>();
  for (const part of parts(text)) {
    const [, dateText, further = ''] = /^(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?)(.*)$/s.exec(part) ?? [];
    const rest = further.trim();
    const date = dateText === undefined ? null : parseLocalDate(dateText);
    if (date === null) return null;
    const known = byDate.get(date);
    if (CLOSED.test(rest)) {
      if (known !== undefined && known !== 'CLOSED') return null;
      byDate.set(date, 'CLOSED');
      continue;
    }
    const times = parseTimes(rest);
    if (times === null || times.length === 0 || known === 'CLOSED') return null;
    if (times.some(({ startMinute, endMinute }) => startMinute >= endMinute)) return null;
    byDate.set(date, [...(known ?? []), ...times]);
  }
  return normaliseExceptions(
    [...byDate].map(([date, windows]) => ({ date, windows: windows === 'CLOSED' ? [] : windows })),
  );
}

/** Writes exceptions as a text that `parseScheduleExceptions` reads back to the same exceptions. */
export function formatScheduleExceptions(exceptions: readonly ScheduleException[], locale: Locale = 'en'): string {
  const closed = locale === 'zh' ? '休' : 'closed';
  return normaliseExceptions(exceptions)
    .map(({ date, windows }) => `${date} ${windows.length === 0 ? closed : formatTimes(windows, locale)}`)
    .join(locale === 'zh' ? '；' : '; ');
}

function normaliseExceptions(exceptions: readonly ScheduleException[]): readonly ScheduleException[] {
  return exceptions
    .map(({ date, windows }) => ({
      date,
      windows: normaliseWindows(windows.map((window) => ({ ...window, day: 1 }))).map(({ startMinute, endMinute }) => ({
        startMinute,
        endMinute,
      })),
    }))
    .toSorted((a, b) => (a.date < b.date ? -1 : 1));
}

/** The parts between semicolons or line ends, with full-width forms made plain. */
function parts(text: string): string[] {
  return text
    .normalize('NFKC')
    .replace(/[–—−~～]/g, '-')
    .split(/[;\r\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

type ScheduleRule = { readonly days: readonly number[]; readonly times: readonly DayWindow[] };

function parseRule(part: string): ScheduleRule | null {
  if (/^24\/7$/.test(part)) return { days: daysFrom(1, 7), times: [{ startMinute: 0, endMinute: DAY_MINUTES }] };
  const days: number[] = [];
  let rest = part;
  for (;;) {
    const taken = takeDays(rest, days.length > 0);
    if (taken === null) break;
    days.push(...taken.days);
    rest = rest.slice(taken.length).trimStart();
    const separator = /^[,、和及]\s*/.exec(rest);
    if (separator === null) break;
    rest = rest.slice(separator[0].length);
  }
  const times = parseTimes(rest.replace(/^:\s*/, ''));
  if (times === null || (days.length === 0 && times.length === 0)) return null;
  return {
    days: days.length > 0 ? days : daysFrom(1, 7),
    times: times.length > 0 ? times : [{ startMinute: 0, endMinute: DAY_MINUTES }],
  };
}

function takeDays(
  text: string,
  isContinued: boolean,
): { readonly days: readonly number[]; readonly length: number } | null {
  for (const [pattern, first, last] of NAMED_DAYS) {
    const found = pattern.exec(text);
    if (found) return { days: daysFrom(first, last), length: found[0].length };
  }
  const found = DAY_RANGE.exec(text) ?? (isContinued ? BARE_DAY_RANGE.exec(text) : null);
  if (found === null) return null;
  const first = dayOf(found[1]!);
  return { days: daysFrom(first, found[2] === undefined ? first : dayOf(found[2])), length: found[0].length };
}

/** The times of a day: empty for none, `null` where the text is no list of times. */
function parseTimes(text: string): DayWindow[] | null {
  const times: DayWindow[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const allDay = ALL_DAY.exec(rest);
    const found = allDay ?? TIME_RANGE.exec(rest);
    if (found === null) return null;
    if (allDay) times.push({ startMinute: 0, endMinute: DAY_MINUTES });
    else {
      const time = timeOf(found);
      if (time === null) return null;
      times.push(time);
    }
    rest = rest.slice(found[0].length).trimStart();
    if (rest === '') break;
    const separator = /^[,、和及]\s*/.exec(rest);
    if (separator === null || rest.length === separator[0].length) return null;
    rest = rest.slice(separator[0].length);
  }
  return times;
}

function timeOf([, startHour, startMinute, endHour, endMinute]: RegExpExecArray): DayWindow | null {
  if (Number(startMinute) > 59 || Number(endMinute) > 59) return null;
  const start = Number(startHour) * 60 + Number(startMinute);
  const end = Number(endHour) * 60 + Number(endMinute);
  if (start >= DAY_MINUTES || end > DAY_MINUTES || start === end) return null;
  return { startMinute: start, endMinute: end };
}

/** One window, or two where it goes on past midnight. */
function windowsOf(day: number, { startMinute, endMinute }: DayWindow): WeeklyWindow[] {
  if (startMinute < endMinute) return [{ day, startMinute, endMinute }];
  const evening = { day, startMinute, endMinute: DAY_MINUTES };
  return endMinute === 0 ? [evening] : [evening, { day: (day % 7) + 1, startMinute: 0, endMinute }];
}

/** Days from one to another, over the end of the week where needed. */
function daysFrom(first: number, last: number): number[] {
  const count = ((last - first + 7) % 7) + 1;
  return Array.from({ length: count }, (_, step) => ((first - 1 + step) % 7) + 1);
}

function dayOf(text: string): number {
  const chinese = '一二三四五六日'.indexOf(text.slice(-1).replace('天', '日'));
  if (chinese >= 0) return chinese + 1;
  const prefix = text.slice(0, 2).toLowerCase();
  return DAYS.en.findIndex((name) => name.toLowerCase() === prefix) + 1;
}

/** Days as ranges of neighbours: `Mo,We-Fr`. */
function formatDays(days: readonly number[], locale: Locale): string {
  const names = DAYS[locale];
  const ranges: [number, number][] = [];
  for (const day of days) {
    const last = ranges.at(-1);
    if (last && last[1] === day - 1) last[1] = day;
    else ranges.push([day, day]);
  }
  const dash = locale === 'zh' ? '至' : '-';
  return ranges
    .map(([first, last]) => (first === last ? names[first - 1] : `${names[first - 1]}${dash}${names[last - 1]}`))
    .join(locale === 'zh' ? '、' : ',');
}

function formatTimes(times: readonly DayWindow[], locale: Locale): string {
  return times
    .map(({ startMinute, endMinute }) => `${formatMinute(startMinute)}-${formatMinute(endMinute)}`)
    .join(locale === 'zh' ? '、' : ',');
}

/** Minutes from midnight as `HH:MM`; 1440 as `24:00`. */
export function formatMinute(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
