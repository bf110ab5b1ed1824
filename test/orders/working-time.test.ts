import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addWorkingTime,
  isWorkingDay,
  localDayOf,
  type WorkCalendar,
  workingTimeBetween,
} from '../../src/orders/working-time.ts';

const HOUR_MS = 3_600_000;
const dayOf = (date: string) => Date.parse(date) / 86_400_000;

/** The published calendar of the seed, in local time of Kaili. */
const published: WorkCalendar = {
  utcOffsetMinutes: 480,
  workStartMinute: 9 * 60,
  workEndMinute: 18 * 60,
  exceptions: new Map(
    readFileSync(join(import.meta.dirname, '../../prisma/seed/calendar.csv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','))
      .map(([date, kind]) => [dayOf(date!), kind === 'WORKING']),
  ),
};
const local = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`);
const afterHours = (start: string, hours: number) => addWorkingTime(published, local(start), hours * HOUR_MS);

describe('working time', () => {
  it.each([
    ['goes by within a day', '2026-11-24 10:00', 4, '2026-11-24 14:00'],
    ['begins with the working day', '2026-11-24 06:00', 1, '2026-11-24 10:00'],
    ['ends with the working day, not on the next morning', '2026-11-24 10:00', 8, '2026-11-24 18:00'],
    ['stands still at night', '2026-11-24 17:00', 2, '2026-11-25 10:00'],
    ['stands still over the weekend', '2026-11-27 17:30', 1, '2026-11-30 09:30'],
    ['stands still over the National Day holiday', '2026-09-30 17:00', 2, '2026-10-08 10:00'],
    ['runs on a Sunday that makes up for it', '2026-09-18 17:00', 2, '2026-09-20 10:00'],
    ['runs on the Saturday after it, the make-up day', '2026-10-09 17:00', 2, '2026-10-10 10:00'],
    ['stands still over Spring Festival, after the Saturday before it', '2026-02-14 16:00', 3, '2026-02-24 10:00'],
    ['stands still on New Year’s Day of 2027', '2026-12-31 17:30', 1, '2027-01-04 09:30'],
  ])('%s', (_, start, hours, end) => {
    expect(afterHours(start, hours)).toEqual(local(end));
  });

  it('counts a holiday and a make-up day by the notice: 2026 has 248 working days', () => {
    const days = Array.from({ length: 365 }, (_, index) => dayOf('2026-01-01') + index);
    expect(days.filter((day) => isWorkingDay(published, day))).toHaveLength(248);
  });

  const calendar = fc
    .record({
      utcOffsetMinutes: fc.integer({ min: -720, max: 840 }),
      workStartMinute: fc.integer({ min: 0, max: 1438 }),
      length: fc.integer({ min: 1, max: 1440 }),
      days: fc.array(fc.tuple(fc.integer({ min: -30, max: 60 }), fc.boolean()), { maxLength: 40 }),
    })
    .map(
      ({ length, days, ...fields }): WorkCalendar => ({
        ...fields,
        workEndMinute: Math.min(1440, fields.workStartMinute + length),
        exceptions: new Map(days.map(([day, working]) => [dayOf('2026-11-24') + day, working])),
      }),
    );
  const instant = fc
    .integer({ min: -20 * 24, max: 40 * 24 })
    .chain((hours) =>
      fc
        .integer({ min: 0, max: HOUR_MS - 1 })
        .map((ms) => new Date(Date.parse('2026-11-24T00:00:00Z') + hours * HOUR_MS + ms)),
    );
  const duration = fc.integer({ min: 1, max: 60 * HOUR_MS });

  it('that was added lies between the two instants, exactly, and ends while it is worked', () => {
    fc.assert(
      fc.property(calendar, instant, duration, (days, start, durationMs) => {
        const end = addWorkingTime(days, start, durationMs);
        expect(workingTimeBetween(days, start, end)).toBe(durationMs);
        // The last millisecond of it is on a working day within its hours.
        const last = new Date(end.getTime() - 1);
        const day = localDayOf(last, days.utcOffsetMinutes);
        const minute = ((last.getTime() + days.utcOffsetMinutes * 60_000) / 60_000) % 1440;
        expect(isWorkingDay(days, day)).toBe(true);
        expect(days.workStartMinute <= minute && minute < days.workEndMinute).toBe(true);
      }),
    );
  });

  it('adds up however it is divided, and a holiday more never makes anything due earlier', () => {
    fc.assert(
      fc.property(calendar, instant, duration, duration, fc.nat(60), (days, start, one, other, offset) => {
        const whole = addWorkingTime(days, start, one + other);
        expect(addWorkingTime(days, addWorkingTime(days, start, one), other)).toEqual(whole);
        const day = localDayOf(start, days.utcOffsetMinutes) + offset;
        const withHoliday = { ...days, exceptions: new Map([...days.exceptions, [day, false] as const]) };
        expect(addWorkingTime(withHoliday, start, one + other) >= whole).toBe(true);
      }),
    );
  });
});
