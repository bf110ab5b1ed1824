import { type CronMatcher, parseCronItem } from 'graphile-worker';

/** Whether a minute is one of those that five fields of cron name. @throws Error for fields that cannot be read */
export function cronMatcher(cron: string): CronMatcher {
  return parseCronItem({ task: 'task', match: cron }).match;
}

/**
 * The first minute after an instant that the fields name, in UTC.
 *
 * @throws Error for fields that name no minute of the next year
 */
export function nextTurn(matches: CronMatcher, after: Date): Date {
  const minute = new Date(Math.floor(after.getTime() / MS_PER_MINUTE) * MS_PER_MINUTE);
  for (let tried = 0; tried < MINUTES_PER_YEAR; tried += 1) {
    minute.setTime(minute.getTime() + MS_PER_MINUTE);
    const turn = {
      min: minute.getUTCMinutes(),
      hour: minute.getUTCHours(),
      date: minute.getUTCDate(),
      month: minute.getUTCMonth() + 1,
      dow: minute.getUTCDay(),
    };
    if (matches(turn)) return minute;
  }
  throw new Error('these fields of cron name no minute within a year');
}

const MS_PER_MINUTE = 60_000;
const MINUTES_PER_YEAR = 366 * 24 * 60;
