import { z } from 'zod';
import { choiceCell, dateCell, recordSchema, textCell } from '../imports/cells.ts';
import { type ImportDefinition, requiredColumn } from '../imports/definition.ts';
import { upsertCalendarDays } from './calendar.store.ts';
import { CALENDAR_DAY_TERMS, type CalendarDayRow, calendarDayInput } from './calendar.ts';

const cells = z.object({
  // Holidays are what they are: they do not move with the example area's other dates.
  date: dateCell(),
  kind: choiceCell(CALENDAR_DAY_TERMS),
  name: textCell,
});

const record = recordSchema(
  cells,
  ({ date, kind, name }) => ({
    date: date ?? undefined,
    working: kind === null ? undefined : kind === 'WORKING',
    name,
  }),
  calendarDayInput,
  { working: 'kind' },
);

/** The calendar of statutory holidays and make-up working days (节假日安排): only days that differ from their day of the week. */
export const calendarImport: ImportDefinition<CalendarDayRow> = {
  list: 'calendar',
  columns: [
    requiredColumn('date', ['日期'], '日期', 'the local date'),
    requiredColumn('kind', ['类型', '安排', '休班'], '放假或上班', 'HOLIDAY or WORKING (a make-up working day)'),
    requiredColumn('name', ['名称', '节日', '说明'], '节日名称', 'what it is'),
  ],
  schema: () => record,
  externalIdOf: (row) => row.date,
  write: async (tx, { areaId }, rows) =>
    (await upsertCalendarDays(tx, areaId, rows)).map((isNew) => ({
      outcome: isNew ? 'CREATED' : 'UPDATED',
      id: areaId,
    })),
};
