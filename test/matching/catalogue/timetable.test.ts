import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  dayOfDate,
  firstOpening,
  readPreferredWeek,
  readTimetable,
} from '../../../src/matching/catalogue/timetable.ts';

const CHINA = 480;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A Wednesday, given by its local hour in China. */
const wednesday = (hour: number) => Date.UTC(2026, 10, 25, hour - 8);
const opening = (table: ReturnType<typeof readTimetable>, fromMs: number, toMs: number, preferred = null as never) =>
  firstOpening(table, preferred, fromMs, toMs, CHINA);

describe('a timetable', () => {
  test('that is open on Wednesday mornings only opens again in a week when this morning is over', () => {
    const table = readTimetable([{ day: 3, startMinute: 480, endMinute: 720 }], []);
    expect(opening(table, wednesday(6), Number.POSITIVE_INFINITY)).toBe(wednesday(8));
    expect(opening(table, wednesday(9), Number.POSITIVE_INFINITY)).toBe(wednesday(9));
    expect(opening(table, wednesday(12), Number.POSITIVE_INFINITY)).toBe(wednesday(8) + 7 * 24 * HOUR_MS);
    expect(opening(table, wednesday(12), wednesday(23))).toBe(Number.POSITIVE_INFINITY);
  });

  test('opens by an exception far away when no ordinary day ever does', () => {
    const table = readTimetable(
      [{ day: 1, startMinute: 0, endMinute: 60 }],
      [{ date: '2031-07-02', windows: [{ startMinute: 600, endMinute: 660 }] }],
    );
    const preferred = readPreferredWeek([{ day: 3, startMinute: 0, endMinute: 1440 }]);
    expect(firstOpening(table, preferred, wednesday(6), Number.POSITIVE_INFINITY, CHINA)).toBe(Date.UTC(2031, 6, 2, 2));
    const never = readTimetable([{ day: 1, startMinute: 0, endMinute: 60 }], []);
    expect(firstOpening(never, preferred, wednesday(6), Number.POSITIVE_INFINITY, CHINA)).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  test('opens at the first minute that trying every minute finds', () => {
    const minutes = fc
      .tuple(fc.integer({ min: 0, max: 1439 }), fc.integer({ min: 1, max: 900 }))
      .map(([startMinute, length]) => ({ startMinute, endMinute: Math.min(1440, startMinute + length) }));
    const weekly = fc.tuple(fc.integer({ min: 1, max: 7 }), minutes).map(([day, window]) => ({ day, ...window }));
    const exception = fc.record({
      date: fc.integer({ min: 23, max: 30 }).map((day) => `2026-11-${day}`),
      windows: fc.array(minutes, { maxLength: 2 }),
    });
    fc.assert(
      fc.property(
        fc.array(weekly, { maxLength: 4 }),
        fc.array(exception, { maxLength: 3 }),
        fc.array(weekly, { maxLength: 2 }),
        fc.integer({ min: -2000, max: 2000 }),
        fc.integer({ min: 0, max: 6000 }),
        (schedule, exceptions, preferred, start, span) => {
          const from = wednesday(0) + start * MINUTE_MS;
          const isOpen = (atMs: number) => {
            const local = new Date(atMs + CHINA * MINUTE_MS);
            const day = local.getUTCDay() || 7;
            const minute = local.getUTCHours() * 60 + local.getUTCMinutes();
            const holds = (window: { startMinute: number; endMinute: number }) =>
              window.startMinute <= minute && minute < window.endMinute;
            const special = exceptions.filter(({ date }) => local.toISOString().startsWith(date));
            const open =
              special.length > 0
                ? special.some(({ windows }) => windows.some(holds))
                : schedule.length === 0 || schedule.some((window) => window.day === day && holds(window));
            return open && (preferred.length === 0 || preferred.some((window) => window.day === day && holds(window)));
          };
          let expected = Number.POSITIVE_INFINITY;
          for (let minute = 0; minute <= span && expected === Number.POSITIVE_INFINITY; minute += 1) {
            if (isOpen(from + minute * MINUTE_MS)) expected = from + minute * MINUTE_MS;
          }
          const table = readTimetable(schedule, exceptions);
          const found = firstOpening(table, readPreferredWeek(preferred), from, from + span * MINUTE_MS, CHINA);
          expect(found).toBe(expected);
        },
      ),
      { numRuns: 150, seed: 20261125 },
    );
  });

  test('knows a date that does not exist', () => {
    expect(dayOfDate('1970-01-01')).toBe(0);
    expect(dayOfDate('2024-02-29')).toBe(19_782);
    for (const wrong of ['2026-02-29', '2026-13-01', '2026-1-1', '', '2026-11-25T00'])
      expect(dayOfDate(wrong)).toBeNaN();
  });
});
