import { z } from 'zod';
import { plainText, rule } from '../input.ts';

/** What a day of the calendar is, by the terms that lists use: a holiday, or a make-up working day. */
export const CALENDAR_DAY_TERMS = {
  HOLIDAY: ['放假', '休', '节假日', '假日'],
  WORKING: ['上班', '班', '调休上班', '工作日'],
} as const;

/** A local date that is not what its day of the week says (节假日与调休). */
export const calendarDayInput = z.strictObject({
  /** YYYY-MM-DD. */
  date: z.iso.date(),
  working: z.boolean(),
  name: plainText(100, 1),
});
export type CalendarDayRow = z.output<typeof calendarDayInput>;

const minuteOfDay = z
  .string()
  .refine((text) => /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/.test(text), {
    abort: true,
    ...rule('time_of_day', '须为00:00至24:00的时刻，如09:00', 'must be a time from 00:00 to 24:00, such as 09:00'),
  })
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

/** The working hours of an area (工作时间), local time HH:MM; minutes of the day come out. */
export const workingHoursInput = z
  .strictObject({ workStart: minuteOfDay, workEnd: minuteOfDay })
  .refine(({ workStart, workEnd }) => workStart < workEnd, {
    path: ['workEnd'],
    ...rule('order', '下班时间须晚于上班时间', 'must be after the beginning of work'),
  });
export type WorkingHours = z.output<typeof workingHoursInput>;

/** A year of the calendar. */
export const calendarYear = z.int().min(1900).max(2200);
