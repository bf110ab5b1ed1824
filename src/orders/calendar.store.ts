import { appendAudit } from '../audit/index.ts';
import type { Database, Transaction } from '../database/database.ts';
import { demandAtAll } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import type { CalendarDayRow, WorkingHours } from './calendar.ts';
import { localDayOf, type WorkCalendar } from './working-time.ts';

/** The working hours of an area, with its holidays and make-up working days from the day of an instant on. */
export async function readWorkCalendar(tx: Transaction, areaId: string, from: Date): Promise<WorkCalendar> {
  const rows = await tx.$queryRaw<CalendarRow[]>`
    SELECT a.utc_offset_minutes AS "utcOffsetMinutes", a.work_start_minute AS "workStartMinute",
      a.work_end_minute AS "workEndMinute", d.date, d.working
    FROM areas a LEFT JOIN calendar_days d ON d.area_id = a.id
      AND d.date >= (${from}::timestamptz AT TIME ZONE 'UTC' + make_interval(mins => a.utc_offset_minutes))::date
    WHERE a.id = ${areaId}::uuid`;
  const { utcOffsetMinutes, workStartMinute, workEndMinute } = rows[0]!;
  const exceptions = new Map(
    rows.flatMap(({ date, working }) => (date === null ? [] : [[localDayOf(date, 0), working] as const])),
  );
  return { utcOffsetMinutes, workStartMinute, workEndMinute, exceptions };
}

type CalendarRow = Omit<WorkCalendar, 'exceptions'> & {
  /** Null, with `working`, where the calendar is empty. */
  readonly date: Date | null;
  readonly working: boolean;
};

/**
 * Sets the working hours of the viewer's area. Orders that are out keep their deadlines. Whoever sets them last counts: both
 * ends are written together, so that no mixture of two settings comes about.
 *
 * @returns the area's id
 * @throws NotSignedIn, NotAllowed
 */
export async function setWorkingHours(
  database: Database,
  viewer: Viewer,
  { workStart, workEnd }: WorkingHours,
  now: Date,
): Promise<string> {
  demandAtAll(viewer, 'sla.set');
  const { areaId } = viewer;
  return database.transaction(
    async (tx) => {
      await tx.area.update({
        where: { id: areaId },
        data: { workStartMinute: workStart, workEndMinute: workEnd },
        select: { id: true },
      });
      await appendAudit(
        tx,
        viewer,
        { action: 'area.setWorkingHours', subjectType: 'Area', subjectId: areaId, body: { workStart, workEnd } },
        now,
      );
      return areaId;
    },
    { answerId: (id) => id },
  );
}

/**
 * Writes days of an area's calendar, new ones or over those of the same date, in one statement.
 *
 * @param rows of dates that differ from one another
 * @returns for each row whether it is new, in their order
 */
export async function upsertCalendarDays(
  tx: Transaction,
  areaId: string,
  rows: readonly CalendarDayRow[],
): Promise<readonly boolean[]> {
  const written = await tx.$queryRaw<{ date: string; is_new: boolean }[]>`
    INSERT INTO calendar_days (area_id, date, working, name)
    SELECT ${areaId}::uuid, date, working, name
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (date date, working boolean, name text)
    ORDER BY date
    ON CONFLICT (area_id, date) DO UPDATE SET working = excluded.working, name = excluded.name
    RETURNING to_char(date, 'YYYY-MM-DD') AS date, (xmax = 0) AS is_new`;
  const isNew = new Map(written.map((row) => [row.date, row.is_new]));
  return rows.map(({ date }) => isNew.get(date)!);
}
