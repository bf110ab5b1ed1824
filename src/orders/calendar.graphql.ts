import { builder } from '../graphql/builder.ts';
import { parseInput } from '../input.ts';
import { formatMinute } from '../services/schedule.ts';
import { calendarYear } from './calendar.ts';

const CalendarDayType = builder.prismaObject('CalendarDay', {
  description: 'A local date that is not what its day of the week says (节假日与调休).',
  fields: (t) => ({
    date: t.expose('date', { type: 'Date', description: 'The date (日期).' }),
    working: t.exposeBoolean('working', {
      description: 'True for a make-up working day, false for a holiday (是否上班).',
    }),
    name: t.exposeString('name', { description: 'What it is (名称).' }),
  }),
});

builder.prismaObjectFields('Area', (t) => ({
  workStart: t.string({
    description: 'When work begins, Monday to Friday, local time HH:MM (上班时间).',
    select: { workStartMinute: true },
    resolve: ({ workStartMinute }) => formatMinute(workStartMinute),
  }),
  workEnd: t.string({
    description: 'When work ends, local time HH:MM (下班时间).',
    select: { workEndMinute: true },
    resolve: ({ workEndMinute }) => formatMinute(workEndMinute),
  }),
}));

builder.queryField('calendarDays', (t) =>
  t.prismaField({
    type: [CalendarDayType],
    description: 'The holidays and make-up working days of a year, by which working hours are counted (节假日安排).',
    args: { year: t.arg.int({ required: true, description: 'The year, e.g. 2026 (年份).' }) },
    resolve: (query, _root, { year }, { database, viewer }) => {
      const asked = parseInput(calendarYear, year, ['year']);
      const firstDay = (of: number) => new Date(Date.UTC(of, 0, 1));
      return database.prisma.calendarDay.findMany({
        ...query,
        where: { areaId: viewer.areaId, date: { gte: firstDay(asked), lt: firstDay(asked + 1) } },
        orderBy: { date: 'asc' },
      });
    },
  }),
);
