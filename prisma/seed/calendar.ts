/** The day that the example area calls today (参考日); the loader shifts every date by whole days so that it is. */
export const REFERENCE_DAY = '2026-11-24';

const MS_PER_DAY = 86_400_000;

/** The date so many days after `date` (before it, when negative), both `YYYY-MM-DD`. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * MS_PER_DAY).toISOString().slice(0, 10);
}

/** `YYYY-MM-DD HH:MM` for a date and a minute of it, 0 to 1439. */
export function localTime(date: string, minute: number): string {
  return `${date} ${twoDigits(Math.floor(minute / 60))}:${twoDigits(minute % 60)}`;
}

/** Whole years from a birth date to a date. */
export function ageOn(birthDate: string, date: string): number {
  const years = Number(date.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return date.slice(5) < birthDate.slice(5) ? years - 1 : years;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
