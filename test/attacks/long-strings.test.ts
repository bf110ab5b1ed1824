import { GraphQLError } from 'graphql';
import { describe, expect, it } from 'vitest';
import { fenOfYuan } from '../../src/imports/cells.ts';
import { planKeys } from '../../src/imports/headings.ts';
import { parseInstant, parseLocalDate } from '../../src/imports/local-time.ts';
import { withoutPersonalInformation } from '../../src/server/log.ts';
import { withoutSuggestion } from '../../src/server/operation-limits.ts';
import { parseSchedule, parseScheduleExceptions } from '../../src/services/schedule.ts';

/** Longer than anything that comes past the limits of requests and lines; the square of it takes minutes. */
const LONG = 1_000_000;
const blanks = ' '.repeat(LONG);
const keyOf = planKeys([], { map: {}, set: {} });

/** Each read by what reads text from outside with patterns, and made so that a pattern that looks back would be slow. */
const READINGS: readonly (readonly [string, () => unknown, unknown])[] = [
  ['a price with a million blanks in it', () => fenOfYuan(`1${blanks}x`), null],
  ['a price of a million digits', () => fenOfYuan('1'.repeat(LONG)), null],
  ['a price with a million thousands', () => fenOfYuan(`1${',000'.repeat(LONG / 4)}x`), null],
  ['a heading of a million blanks', () => keyOf(`a${blanks}b`), []],
  ['a heading of a million brackets', () => keyOf('('.repeat(LONG)), []],
  ['hours of a million blanks', () => parseSchedule(`Mon${blanks}x`), null],
  [
    'hours of a million days',
    () => parseSchedule('Mon,'.repeat(LONG / 4)),
    [{ day: 1, startMinute: 0, endMinute: 1440 }],
  ],
  ['a closed day with a million blanks', () => parseScheduleExceptions(`2027-01-01${blanks}a\u2028b`), null],
  ['a date of a million digits', () => parseLocalDate('1'.repeat(LONG)), null],
  ['a time with a million blanks', () => parseInstant(`2027年1月1日${blanks}x`, 480), null],
];

describe('text that is made to be slow to read is read in time that grows with its length alone', () => {
  it.each(READINGS)('%s', (_name, read, answer) => {
    expect(read()).toEqual(answer);
  });

  it('a message that suggests a million times', () => {
    const message = `${'Did you mean '.repeat(LONG / 13)}!`;
    expect(withoutSuggestion(new GraphQLError(message)).message).toBe(message);
    expect(withoutSuggestion(new GraphQLError('No "a". Did you mean "b" or "c"?')).message).toBe('No "a".');
  });

  it.each(['eyJ', '=(', '"\\', 'a@', "'"])('a million of %s in the log', (piece) => {
    expect(withoutPersonalInformation(piece.repeat(LONG / piece.length)).length).toBeLessThan(1000);
  });
});
