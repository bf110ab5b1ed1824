/** Milliseconds of a whole day. */
const DAY_MS = 86_400_000;

/** Years that a date in a list may have. */
const YEARS = { first: 1900, last: 2200 } as const;

const WITH_OFFSET =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s?(?:([Zz])|([+-])(\d{2}):?(\d{2}))$/;
const LOCAL = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[Tt ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?$/;

/**
 * Reads an instant as people write it: RFC 3339 with an offset (`2026-11-24T08:30:00+08:00`), or in local time
 * `2026-11-24`, `2026-11-24 8:30`, `2026/11/24 8:30:05`, `2026年11月24日8时30分`.
 *
 * @param utcOffsetMinutes how far local time is ahead of UTC
 * @param dateAlone whether a date without a time is the first or the last millisecond of that local day
 * @returns `null` where it is none of these, or no such day or time exists, or the year is not 1900 to 2200
 */
export function parseInstant(
  text: string,
  utcOffsetMinutes: number,
  dateAlone: 'BEGINNING' | 'END' = 'BEGINNING',
): Date | null {
  const written = plainDigits(text);
  const exact = WITH_OFFSET.exec(written);
  if (exact) {
    const [, year, month, day, hour, minute, second, fraction, utc, sign, offsetHours, offsetMinutes] = exact;
    const offset = utc ? 0 : (sign === '-' ? -1 : 1) * (Number(offsetHours) * 60 + Number(offsetMinutes));
    if (!utc && (Number(offsetHours) > 23 || Number(offsetMinutes) > 59)) return null;
    return instantOf([year!, month!, day!], offset, hour, minute, second, fraction);
  }
  const local = LOCAL.exec(written);
  if (!local) return null;
  const [, year, month, day, hour, minute, second, fraction] = local;
  const clock =
    hour === undefined && dateAlone === 'END' ? ['23', '59', '59', '999'] : [hour, minute, second, fraction];
  return instantOf([year!, month!, day!], utcOffsetMinutes, ...clock);
}

/**
 * Reads a calendar date: `2026-11-24`, `2026/11/4`, `2026.11.4`, `2026年11月4日`; a time after it is left out.
 *
 * @returns `YYYY-MM-DD`, or `null` where it is none
 */
export function parseLocalDate(text: string): string | null {
  return parseInstant(text, 0)?.toISOString().slice(0, 10) ?? null;
}

/** A `YYYY-MM-DD` so many days later. */
export function shiftDate(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** An instant so many whole days later. */
export function shiftInstant(instant: Date, days: number): Date {
  return days === 0 ? instant : new Date(instant.getTime() + days * DAY_MS);
}

/** The local date, `YYYY-MM-DD`, of an instant. */
export function localDateOf(instant: Date, utcOffsetMinutes: number): string {
  return new Date(instant.getTime() + utcOffsetMinutes * 60_000).toISOString().slice(0, 10);
}

/** Full-width digits and marks made plain, and Chinese date words made into separators. */
function plainDigits(text: string): string {
  return text
    .normalize('NFKC')
    .trim()
    .replace(/^(\d{4})年(\d{1,2})月(\d{1,2})[日号]\s*/, '$1-$2-$3 ')
    .replace(/(\d{1,2})[时点](?:(\d{1,2})分?)?(?:(\d{1,2})秒)?$/, (_, hour, minute = '00', second) =>
      [hour, minute.padStart(2, '0'), ...(second ? [second.padStart(2, '0')] : [])].join(':'),
    )
    .trim();
}

function instantOf(
  [year, month, day]: readonly [string, string, string],
  offsetMinutes: number,
  ...[hour = '0', minute = '0', second = '0', fraction = '0']: readonly (string | undefined)[]
): Date | null {
  if (Number(year) < YEARS.first || Number(year) > YEARS.last) return null;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const midnight = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  // Date.UTC carries the 30th of February over into March; such a day does not exist.
  if (midnight.getUTCMonth() !== Number(month) - 1) return null;
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const sinceMidnightMs =
    ((Number(hour) * 60 + Number(minute) - offsetMinutes) * 60 + Number(second)) * 1000 + milliseconds;
  return new Date(midnight.getTime() + sinceMidnightMs);
}
