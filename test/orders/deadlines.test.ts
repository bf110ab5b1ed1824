import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capacityPeriodStarts } from '../../src/orders/capacity.ts';
import { orderDeadlines } from '../../src/orders/deadlines.ts';
import { DEFAULT_SLA_TERMS, type SlaTerm, type Urgency } from '../../src/orders/sla.ts';
import type { WorkCalendar } from '../../src/orders/working-time.ts';

const start = new Date('2026-11-24T02:00:00Z');
const hoursLater = (hours: number) => new Date(start.getTime() + hours * 3_600_000);

const kaili: WorkCalendar = {
  utcOffsetMinutes: 480,
  workStartMinute: 540,
  workEndMinute: 1080,
  exceptions: new Map([[Date.parse('2026-11-26') / 86_400_000, false]]),
};
const hours = { acceptWithinHours: 8, completeWithinHours: 48 };
const term = (urgency: Urgency, changes: Partial<SlaTerm> = {}) => ({ ...DEFAULT_SLA_TERMS[urgency], ...changes });

describe('the deadlines of an order', () => {
  // It is Tuesday, 10:00, in Kaili; Thursday is a holiday.
  it.each([
    [1, 2, 12],
    [2, 4, 24],
  ] as const)('at urgency %i are %i and %i hours away around the clock, of 8 and 48', (urgency, accept, complete) => {
    expect(orderDeadlines(hours, term(urgency), kaili, null, start)).toMatchObject({
      acceptBy: hoursLater(accept),
      completeBy: hoursLater(complete),
    });
  });

  it.each([3, 4] as const)(
    'at urgency %i are 8 and 48 working hours away: at 18:00, and on Wednesday of next week',
    (urgency) => {
      // 8 h on Tuesday, 9 each on Wednesday, Friday, Monday and Tuesday, 4 on Wednesday.
      expect(orderDeadlines(hours, term(urgency), kaili, null, start)).toMatchObject({
        acceptBy: hoursLater(8),
        completeBy: hoursLater(8 * 24 + 3),
      });
    },
  );

  it('are not later than the need’s own deadline, while that is ahead', () => {
    const deadlines = (own: number) => orderDeadlines(hours, term(3), kaili, hoursLater(own), start);
    expect(deadlines(24)).toMatchObject({ acceptBy: hoursLater(8), completeBy: hoursLater(24) });
    expect(deadlines(5)).toMatchObject({ acceptBy: hoursLater(5), completeBy: hoursLater(5) });
    expect(deadlines(-1)).toMatchObject({ acceptBy: hoursLater(8), completeBy: hoursLater(8 * 24 + 3) });
  });

  it('are announced when the term’s share of the time has gone by, of the working time where it counts', () => {
    expect(orderDeadlines(hours, term(2), kaili, null, start)).toMatchObject({
      acceptRemindAt: hoursLater(3),
      completeRemindAt: hoursLater(18),
    });
    // 6 of 8 working hours; 36 of 48: 8 on Tuesday, 9 each on Wednesday, Friday and Monday, 1 on Tuesday.
    expect(orderDeadlines(hours, term(3), kaili, null, start)).toMatchObject({
      acceptRemindAt: hoursLater(6),
      completeRemindAt: hoursLater(7 * 24),
    });
    // Nobody works before a deadline at 8 in the morning: half of the time by the clock.
    const night = new Date('2026-11-24T12:00:00Z');
    const morning = new Date('2026-11-25T00:00:00Z');
    expect(orderDeadlines(hours, term(3, { remindAtPercent: 50 }), kaili, morning, night)).toMatchObject({
      completeBy: morning,
      completeRemindAt: new Date('2026-11-24T18:00:00Z'),
    });
  });

  it('never lie before the dispatch, nor acceptance after completion, nor reminders after what they are of', () => {
    fc.assert(
      fc.property(
        fc.record({
          acceptWithinHours: fc.integer({ min: 1, max: 999 }),
          completeWithinHours: fc.integer({ min: 1, max: 999 }),
        }),
        fc.record({
          percent: fc.integer({ min: 1, max: 1000 }),
          workingHours: fc.boolean(),
          remindAtPercent: fc.integer({ min: 1, max: 99 }),
          escalateAfter: fc.constant(3),
        }),
        fc.option(fc.integer({ min: -99, max: 99 }).map(hoursLater)),
        (anyHours, anyTerm, own) => {
          const due = orderDeadlines(anyHours, anyTerm, kaili, own, start);
          expect(start < due.acceptBy && due.acceptBy <= due.completeBy).toBe(true);
          expect(start <= due.acceptRemindAt && due.acceptRemindAt < due.acceptBy).toBe(true);
          expect(start <= due.completeRemindAt && due.completeRemindAt < due.completeBy).toBe(true);
          if (own !== null && own > start) expect(due.completeBy <= own).toBe(true);
        },
      ),
    );
  });
});

describe('the period in which places are counted', () => {
  it('begins on the local day, its Monday or the first of its month', () => {
    // Sunday evening in UTC is Monday morning in Kaili.
    expect(capacityPeriodStarts(new Date('2026-11-29T16:30:00Z'), 480)).toEqual({
      DAY: '2026-11-30',
      WEEK: '2026-11-30',
      MONTH: '2026-11-01',
      OPEN: '1970-01-01',
    });
    expect(capacityPeriodStarts(new Date('2026-11-29T15:30:00Z'), 480)).toMatchObject({
      DAY: '2026-11-29',
      WEEK: '2026-11-23',
    });
    expect(capacityPeriodStarts(new Date('2026-12-01T00:30:00Z'), -60)).toMatchObject({
      DAY: '2026-11-30',
      MONTH: '2026-11-01',
    });
  });
});
