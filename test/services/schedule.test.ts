import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScheduleException, WeeklyWindow } from '../../src/matching/records.ts';
import {
  formatSchedule,
  formatScheduleExceptions,
  normaliseWindows,
  parseSchedule,
  parseScheduleExceptions,
} from '../../src/services/schedule.ts';

const inEnglish = (text: string) => {
  const windows = parseSchedule(text);
  return windows === null ? null : formatSchedule(windows);
};

const minute = fc.integer({ min: 0, max: 1440 });
const dayWindow = fc
  .uniqueArray(minute, { minLength: 2, maxLength: 2 })
  .map((pair) => pair.toSorted((a, b) => a - b))
  .map(([startMinute, endMinute]) => ({ startMinute: startMinute!, endMinute: endMinute! }));
const windows: fc.Arbitrary<WeeklyWindow[]> = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 7 }), dayWindow).map(([day, window]) => ({ day, ...window })),
  { maxLength: 20 },
);
const exceptions: fc.Arbitrary<ScheduleException[]> = fc.uniqueArray(
  fc.record({
    date: fc
      .date({ min: new Date('2020-01-01'), max: new Date('2030-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10)),
    windows: fc.array(dayWindow, { maxLength: 4 }),
  }),
  { selector: ({ date }) => date, maxLength: 10 },
);

describe('a weekly schedule', () => {
  it.each([
    ['Mo-Fr 08:30-12:00,14:00-17:30; Sa 09:00-12:00', 'Mo-Fr 08:30-12:00,14:00-17:30; Sa 09:00-12:00'],
    ['周一至周五 8:30-12:00、14:00-17:30；周六9:00-12:00', 'Mo-Fr 08:30-12:00,14:00-17:30; Sa 09:00-12:00'],
    ['周一-周五：08:30~12:00', 'Mo-Fr 08:30-12:00'],
    ['周一—五 08:30-12:00', 'Mo-Fr 08:30-12:00'],
    ['星期一、三、五 19:00-21:00', 'Mo,We,Fr 19:00-21:00'],
    ['Mo,We,Fr-Su 09:00-11:00', 'Mo,We,Fr-Su 09:00-11:00'],
    ['Monday-Friday 08:00-17:00', 'Mo-Fr 08:00-17:00'],
    ['每天 08:00-20:00', 'Mo-Su 08:00-20:00'],
    ['08:00-20:00', 'Mo-Su 08:00-20:00'],
    ['工作日 09:00-17:00; 周末 10:00-16:00', 'Mo-Fr 09:00-17:00; Sa-Su 10:00-16:00'],
    ['每天 全天', 'Mo-Su 00:00-24:00'],
    ['24/7', 'Mo-Su 00:00-24:00'],
    ['周日', 'Su 00:00-24:00'],
    ['Fr-Mo 10:00-11:00', 'Mo,Fr-Su 10:00-11:00'],
    ['Sa 22:00-02:00', 'Sa 22:00-24:00; Su 00:00-02:00'],
    ['Su 22:00-02:00', 'Mo 00:00-02:00; Su 22:00-24:00'],
    ['Mo 20:00-00:00', 'Mo 20:00-24:00'],
    ['Mo 08:00-12:00,11:00-13:00', 'Mo 08:00-13:00'],
    ['Mo 08:00-12:00,12:00-14:00', 'Mo 08:00-14:00'],
    ['', ''],
  ])('%j is %j', (text, written) => {
    expect(inEnglish(text)).toBe(written);
  });

  it.each([
    '早上',
    'Mo 9-12',
    'Mo 08:00',
    'Mo 08:00-',
    'Mo 08:00-12:00,',
    'Mo 24:30-25:00',
    'Mo 08:60-09:00',
    'Xx 08:00-09:00',
    'Mo 08:00-08:00',
    '周八 08:00-09:00',
    'Mo 08:00-12:00 Tu',
  ])('%j cannot be read', (text) => {
    expect(parseSchedule(text)).toBeNull();
  });

  it('is read back as it was written, in both languages', () => {
    fc.assert(
      fc.property(windows, fc.constantFrom('zh' as const, 'en' as const), (given, locale) => {
        expect(parseSchedule(formatSchedule(given, locale))).toEqual(normaliseWindows(given));
      }),
    );
  });

  it('covers the same minutes after windows are made one', () => {
    const minutesOf = (given: readonly WeeklyWindow[]) => {
      const open = new Set<number>();
      for (const { day, startMinute, endMinute } of given) {
        for (let at = startMinute; at < endMinute; at += 1) open.add(day * 1440 + at);
      }
      return open;
    };
    fc.assert(
      fc.property(windows, (given) => {
        const made = normaliseWindows(given);
        expect(minutesOf(made)).toEqual(minutesOf(given));
        expect(made.reduce((sum, { startMinute, endMinute }) => sum + endMinute - startMinute, 0)).toBe(
          minutesOf(given).size,
        );
      }),
      { numRuns: 30 },
    );
  });

  it('is written in Chinese as an office writes it', () => {
    expect(formatSchedule(parseSchedule('Mo-Fr 08:30-12:00,14:00-17:30; Sa 09:00-12:00')!, 'zh')).toBe(
      '周一至周五 08:30-12:00、14:00-17:30；周六 09:00-12:00',
    );
  });
});

describe('dates on which a schedule does not hold', () => {
  it('are closed or have hours of their own', () => {
    expect(parseScheduleExceptions('2027-02-06 09:00-12:00,14:00-15:00; 2027-01-01 closed；2027年2月7日 休')).toEqual([
      { date: '2027-01-01', windows: [] },
      {
        date: '2027-02-06',
        windows: [
          { startMinute: 540, endMinute: 720 },
          { startMinute: 840, endMinute: 900 },
        ],
      },
      { date: '2027-02-07', windows: [] },
    ]);
  });

  it.each([
    '2027-02-30 closed',
    '2027-01-01',
    'closed',
    '2027-01-01 22:00-02:00',
    '2027-01-01 closed; 2027-01-01 09:00-10:00',
  ])('%j cannot be read', (text) => {
    expect(parseScheduleExceptions(text)).toBeNull();
  });

  it('are read back as they were written, in both languages', () => {
    fc.assert(
      fc.property(exceptions, fc.constantFrom('zh' as const, 'en' as const), (given, locale) => {
        const once = parseScheduleExceptions(formatScheduleExceptions(given, locale))!;
        expect(once.map(({ date }) => date)).toEqual(given.map(({ date }) => date).toSorted());
        for (const { date, windows: hours } of given) {
          const whole = normaliseWindows(hours.map((window) => ({ ...window, day: 1 })));
          expect(once.find((one) => one.date === date)!.windows.map((window) => ({ ...window, day: 1 }))).toEqual(
            whole,
          );
        }
      }),
    );
  });
});
