import { z } from 'zod';
import { plainText } from '../input.ts';

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

/** A year of the calendar. */
export const calendarYear = z.int().min(1900).max(2200);
