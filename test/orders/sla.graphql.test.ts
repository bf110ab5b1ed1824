import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import { anonymousViewer, systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { bytesSource, fileSource, importList } from '../../src/imports/index.ts';
import { calendarImport, dispatchOrders } from '../../src/orders/index.ts';
import { execute, globalId, NOW, type PlantedArea, plantArea } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { type People, signInPeople } from './planted.ts';

describe('time limits', () => {
  let database: Database;
  let area: PlantedArea;
  let people: People;
  let planted = 0;
  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
  });
  beforeEach(async () => {
    planted += 1;
    area = await plantArea(database, `SLA${planted}`);
    people = await signInPeople(database, area);
  });
  afterAll(() => database.close());

  const TERM = 'urgency percent workingHours remindAtPercent escalateAfter';
  const set = async (viewer: Viewer, input: Record<string, unknown>) =>
    (
      await execute(
        database,
        viewer,
        `mutation ($input: SetSlaTermInput!) { setSlaTerm(input: $input) {
          __typename ... on SlaTerm { ${TERM} category { code } } ... on Failure { code path }
        } }`,
        { input },
      )
    ).setSlaTerm;
  const inForce = async (code: string) =>
    (
      await execute(database, people.yang, `query ($id: ID!) { slaTermsInForce(categoryId: $id) { ${TERM} } }`, {
        id: globalId('Category', area.categories[code]!),
      })
    ).slaTermsInForce;
  const dispatched = async (needId: string, serviceId: string, now: Date) => {
    const wanted = { needId, serviceId, mode: 'MATCH_RUN', matchRunId: null, candidateId: null } as const;
    const [outcome] = await database.transaction((tx) => dispatchOrders(tx, systemViewer(area.areaId), [wanted], now));
    return database.prisma.order.findUniqueOrThrow({ where: { id: outcome!.orderId! } });
  };
  const import_ = async (text: string) =>
    importList(database, calendarImport, bytesSource('calendar.csv', Buffer.from(text)), {
      context: { areaId: area.areaId, utcOffsetMinutes: 480, shiftDays: 300, actorId: null, now: NOW },
    });

  it('are by default a quarter and half of the hours around the clock, else all of the working hours', async () => {
    expect(await inForce('ELDER.MEAL')).toEqual([
      { urgency: 1, percent: 25, workingHours: false, remindAtPercent: 75, escalateAfter: 2 },
      { urgency: 2, percent: 50, workingHours: false, remindAtPercent: 75, escalateAfter: 3 },
      { urgency: 3, percent: 100, workingHours: true, remindAtPercent: 75, escalateAfter: 3 },
      { urgency: 4, percent: 100, workingHours: true, remindAtPercent: 75, escalateAfter: 3 },
    ]);
  });

  it('are set by the area’s administrators for the area or a category, and new orders follow them', async () => {
    const { ELDER } = area.categories;
    const term = { urgency: 3, percent: 200, workingHours: true };
    expect(await set(people.staff, term)).toMatchObject({ code: 'NOT_ALLOWED' });
    expect(await set(people.admin, term)).toEqual({
      __typename: 'SlaTerm',
      ...term,
      remindAtPercent: 75,
      escalateAfter: 3,
      category: null,
    });
    const ofElders = {
      ...term,
      categoryId: globalId('Category', ELDER!),
      percent: 50,
      workingHours: false,
      remindAtPercent: 40,
      escalateAfter: 1,
    };
    expect(await set(people.admin, { ...ofElders, percent: 10 })).toMatchObject({ percent: 10 });
    expect(await set(people.admin, ofElders)).toMatchObject({ percent: 50, category: { code: 'ELDER' } });
    expect((await inForce('ELDER.MEAL'))[2]).toMatchObject({ percent: 50, escalateAfter: 1 });
    expect((await inForce('MEDIATION'))[2]).toMatchObject({ percent: 200, escalateAfter: 3 });
    const { slaTerms } = await execute(database, people.yang, '{ slaTerms { category { code } percent } }');
    expect(slaTerms).toEqual([
      { category: { code: 'ELDER' }, percent: 50 },
      { category: null, percent: 200 },
    ]);
    const later = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000);
    // Half of 4 and 24 hours, by the clock, with reminders after 40 %.
    expect(await dispatched(area.needs.yangMeal, area.services.lunch, NOW)).toMatchObject({
      acceptBy: later(2),
      completeBy: later(12),
      acceptRemindAt: later(0.8),
      completeRemindAt: later(4.8),
    });
    const { removeSlaTerms } = await execute(
      database,
      people.admin,
      'mutation ($input: RemoveSlaTermsInput!) { removeSlaTerms(input: $input) { ... on Category { code } } }',
      { input: { categoryId: globalId('Category', ELDER!) } },
    );
    expect(removeSlaTerms).toEqual({ code: 'ELDER' });
    expect((await inForce('ELDER.MEAL'))[2]).toMatchObject({ percent: 200 });
  });

  it('refuse terms that make no sense, and categories of other areas', async () => {
    const term = { urgency: 3, percent: 100, workingHours: true };
    for (const broken of [{ urgency: 5 }, { percent: 0 }, { remindAtPercent: 100 }, { escalateAfter: 0 }]) {
      const [field] = Object.keys(broken);
      expect(await set(people.admin, { ...term, ...broken })).toMatchObject({
        code: 'INVALID_INPUT',
        path: ['input', field],
      });
    }
    const other = await plantArea(database, `OTHER${planted}`);
    const categoryId = globalId('Category', other.categories.ELDER!);
    expect(await set(people.admin, { ...term, categoryId })).toMatchObject({ code: 'NOT_FOUND' });
    const past = database.prisma.slaTerm.create({ data: { areaId: area.areaId, ...term, urgency: 7 } });
    expect(sqlStateOf(await past.catch((error) => error))).toBe('23514');
  });

  it('stand still on the holidays of the area’s calendar, which is imported as a list and read by year', async () => {
    const file = await fileSource(join(import.meta.dirname, '../../prisma/seed/calendar.csv'));
    const context = { areaId: area.areaId, utcOffsetMinutes: 480, shiftDays: 300, actorId: null, now: NOW };
    expect(await importList(database, calendarImport, file, { context })).toMatchObject({ created: 45, rejected: 0 });
    expect(await importList(database, calendarImport, file, { context })).toMatchObject({ created: 0, updated: 45 });
    const read = async (year: number) =>
      await execute(
        database,
        anonymousViewer(area.areaId),
        `{ calendarDays(year: ${year}) { date working name } area { workStart workEnd } }`,
      );
    expect(await read(2027)).toMatchObject({ area: { workStart: '09:00', workEnd: '18:00' } });
    const { calendarDays } = await read(2026);
    expect(calendarDays).toHaveLength(39);
    expect(calendarDays[3]).toEqual({ date: '2026-01-04', working: true, name: '元旦调休上班' });
    // On the last afternoon before the National Day holiday: what is left is due after it.
    await database.prisma.need.update({ where: { id: area.needs.yangMeal }, data: { deadlineAt: null } });
    const eve = new Date('2026-09-30T17:00:00+08:00');
    expect(await dispatched(area.needs.yangMeal, area.services.lunch, eve)).toMatchObject({
      acceptBy: new Date('2026-10-08T12:00:00+08:00'),
    });
  });

  it('take a calendar with Chinese headings, and say what is wrong with a row', async () => {
    expect(await import_('日期,类型,节日\n2027年2月6日,放假,春节\n2027/2/14,班,春节调休\n')).toMatchObject({
      created: 2,
    });
    const summary = await import_('date,kind,name\n2027-02-30,HOLIDAY,春节\n2027-02-07,maybe,春节\n2027-02-08,休,\n');
    expect(summary).toMatchObject({ rows: 3, rejected: 3 });
    expect(summary.firstRejected.map(({ line, issues }) => [line, issues[0]!.path[0]])).toEqual([
      [2, 'date'],
      [3, 'kind'],
      [4, 'name'],
    ]);
  });

  it('are counted in the working hours that the administrators set; an order that is out keeps its own', async () => {
    const setHours = async (viewer: Viewer, input: Record<string, unknown>) =>
      (
        await execute(
          database,
          viewer,
          `mutation ($input: WorkingHoursInput!) { setWorkingHours(input: $input) {
            ... on Area { workStart workEnd } ... on InvalidInput { path issues { rule } } ... on Failure { code }
          } }`,
          { input },
        )
      ).setWorkingHours;
    const before = await dispatched(area.needs.wuQuarrel, area.services.mediation, NOW);
    expect(await setHours(people.staff, { workStart: '10:30', workEnd: '12:30' })).toEqual({ code: 'NOT_ALLOWED' });
    await expect(setHours(anonymousViewer(area.areaId), {})).rejects.toThrow();
    for (const [workStart, workEnd, rule, field] of [
      ['9:00', '18:00', 'time_of_day', 'workStart'],
      ['09:00', '24:01', 'time_of_day', 'workEnd'],
      ['18:00', '18:00', 'order', 'workEnd'],
    ]) {
      expect(await setHours(people.admin, { workStart, workEnd })).toMatchObject({
        code: 'INVALID_INPUT',
        path: ['input', field],
        issues: [{ rule }],
      });
    }
    const hours = { workStart: '10:30', workEnd: '12:30' };
    expect(await setHours(people.admin, hours)).toEqual(hours);
    // At 10:00 four working hours were over at 14:00; of two hours a day they end the next day.
    const after = await dispatched(area.needs.yangMeal, area.services.lunch, NOW);
    expect(after.acceptBy).toEqual(new Date('2026-11-25T04:30:00Z'));
    const kept = await database.prisma.order.findUniqueOrThrow({ where: { id: before.id } });
    expect(kept.acceptBy).toEqual(new Date('2026-11-24T06:00:00Z'));
    expect(await setHours(people.admin, { workStart: '00:00', workEnd: '24:00' })).toEqual({
      workStart: '00:00',
      workEnd: '24:00',
    });
  });
});
