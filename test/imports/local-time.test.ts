import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localDateOf, parseInstant, parseLocalDate, shiftDate, shiftInstant } from '../../src/imports/local-time.ts';

const inKaili = (text: string) => parseInstant(text, 480)?.toISOString() ?? null;

describe('reading an instant', () => {
  it.each([
    ['2026-11-24T08:30:00+08:00', '2026-11-24T00:30:00.000Z'],
    ['2026-11-24T08:30:00Z', '2026-11-24T08:30:00.000Z'],
    ['2026-11-24 08:30:00.5-05:00', '2026-11-24T13:30:00.500Z'],
    ['2020-01-25T16:00:00.000Z', '2020-01-25T16:00:00.000Z'],
    ['2026-11-24', '2026-11-23T16:00:00.000Z'],
    ['2026-11-24 08:30', '2026-11-24T00:30:00.000Z'],
    ['2026-11-24 8:30:15', '2026-11-24T00:30:15.000Z'],
    ['2026/1/4 9:05', '2026-01-04T01:05:00.000Z'],
    ['2026.1.4', '2026-01-03T16:00:00.000Z'],
    ['2026年11月24日', '2026-11-23T16:00:00.000Z'],
    ['2026年11月24日 8时30分', '2026-11-24T00:30:00.000Z'],
    ['2026年11月24日8点', '2026-11-24T00:00:00.000Z'],
    ['２０２６－１１－２４　０８：３０', '2026-11-24T00:30:00.000Z'],
    ['2024-02-29', '2024-02-28T16:00:00.000Z'],
  ])('reads %s', (text, instant) => {
    expect(inKaili(text)).toBe(instant);
  });

  it.each([
    '',
    '明天',
    '2026-13-01',
    '2026-02-30',
    '2026-04-31',
    '2026-04-00',
    '2025-02-29',
    '2026-11-24 24:00',
    '2026-11-24 08:60',
    '24/11/2026',
    '46350',
    '1899-12-31',
    '2026-11-24T08:30:00+25:00',
    '2026-1',
    '2026-11-24 08:30 pm',
  ])('refuses %j', (text) => {
    expect(inKaili(text)).toBeNull();
  });

  it('takes a date alone as the end of its day where a span ends', () => {
    expect(parseInstant('2026-11-24', 480, 'END')?.toISOString()).toBe('2026-11-24T15:59:59.999Z');
    expect(parseInstant('2026-11-24 08:30', 480, 'END')?.toISOString()).toBe('2026-11-24T00:30:00.000Z');
  });

  it('reads back every instant that is written in RFC 3339 or in local time', () => {
    const instant = fc.date({ min: new Date('1901-01-01Z'), max: new Date('2199-12-30Z'), noInvalidDate: true });
    fc.assert(
      fc.property(instant, fc.integer({ min: -720, max: 840 }), (date, offset) => {
        expect(parseInstant(date.toISOString(), offset)).toEqual(date);
        const local = new Date(date.getTime() + offset * 60_000).toISOString().replace('T', ' ').replace('Z', '');
        expect(parseInstant(local, offset)).toEqual(date);
      }),
    );
  });
});

describe('local dates', () => {
  it('are read without a time zone', () => {
    expect(['1950-3-8', '1950年3月8日', '1950/03/08 00:00'].map(parseLocalDate)).toEqual(Array(3).fill('1950-03-08'));
    expect(parseLocalDate('1950-03')).toBeNull();
  });

  it('move by whole days, over months and leap years', () => {
    expect(shiftDate('2024-02-28', 2)).toBe('2024-03-01');
    expect(shiftDate('2027-01-01', -1)).toBe('2026-12-31');
    expect(shiftInstant(new Date('2026-11-24T01:00:00Z'), 7)).toEqual(new Date('2026-12-01T01:00:00Z'));
    expect(localDateOf(new Date('2026-11-24T16:00:00Z'), 480)).toBe('2026-11-25');
  });
});
