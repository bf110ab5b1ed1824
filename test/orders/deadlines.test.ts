import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capacityPeriodStarts } from '../../src/orders/capacity.ts';
import { orderDeadlines } from '../../src/orders/deadlines.ts';

const start = new Date('2026-11-24T02:00:00Z');
const hoursLater = (hours: number) => new Date(start.getTime() + hours * 3_600_000);

describe('the deadlines of an order', () => {
  it.each([
    [1, 2, 12],
    [2, 4, 24],
    [3, 8, 48],
    [4, 8, 48],
  ])('at urgency %i are %i and %i hours away, of 8 and 48', (urgency, accept, complete) => {
    expect(orderDeadlines({ acceptWithinHours: 8, completeWithinHours: 48 }, urgency, null, start)).toEqual({
      acceptBy: hoursLater(accept),
      completeBy: hoursLater(complete),
    });
  });

  it('are not later than the need’s own deadline, while that is ahead', () => {
    const hours = { acceptWithinHours: 8, completeWithinHours: 48 };
    expect(orderDeadlines(hours, 3, hoursLater(24), start)).toEqual({
      acceptBy: hoursLater(8),
      completeBy: hoursLater(24),
    });
    expect(orderDeadlines(hours, 3, hoursLater(5), start)).toEqual({
      acceptBy: hoursLater(5),
      completeBy: hoursLater(5),
    });
    expect(orderDeadlines(hours, 3, hoursLater(-1), start)).toEqual({
      acceptBy: hoursLater(8),
      completeBy: hoursLater(48),
    });
  });

  it('never lie before the dispatch, nor acceptance after completion', () => {
    fc.assert(
      fc.property(
        fc.record({
          acceptWithinHours: fc.integer({ min: 1, max: 999 }),
          completeWithinHours: fc.integer({ min: 1, max: 999 }),
        }),
        fc.integer({ min: 1, max: 4 }),
        fc.option(fc.integer({ min: -99, max: 99 }).map(hoursLater)),
        (hours, urgency, deadline) => {
          const { acceptBy, completeBy } = orderDeadlines(hours, urgency, deadline, start);
          expect(start < acceptBy && acceptBy <= completeBy).toBe(true);
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
