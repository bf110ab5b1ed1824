import { builder } from '../graphql/builder.ts';
import { parseInput } from '../input.ts';
import { formatMinute } from '../services/schedule.ts';
import { setWorkingHours } from './calendar.store.ts';
import { calendarYear, workingHoursInput } from './calendar.ts';

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

const WorkingHoursInputType = builder.inputType('WorkingHoursInput', {
  description: 'When work begins and ends, Monday to Friday and on make-up working days (工作时间).',
  fields: (t) => ({
    workStart: t.string({ required: true, description: 'Local time HH:MM (上班时间).' }),
    workEnd: t.string({ required: true, description: 'Local time HH:MM, 24:00 at the latest (下班时间).' }),
  }),
});

builder.mutationField('setWorkingHours', (t) =>
  t.prismaField({
    type: 'Area',
    description:
      'Sets the working hours of the area, by which time limits are counted from now on; orders that are out keep their deadlines. Both are set together, and of two who set them the later one counts (设定工作时间).',
    errors: {},
    args: { input: t.arg({ type: WorkingHoursInputType, required: true, description: 'The hours (工作时间).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const id = await setWorkingHours(database, viewer, parseInput(workingHoursInput, input), clock());
      return database.prisma.area.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
);
