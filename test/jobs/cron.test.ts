import { expect, it } from 'vitest';
import { cronMatcher, nextTurn } from '../../src/jobs/cron.ts';
import { TASKS } from '../../src/jobs/index.ts';

it.each([
  ['* * * * *', '2026-11-25T03:04:05Z', '2026-11-25T03:05:00Z'],
  ['* * * * *', '2026-11-25T03:04:00Z', '2026-11-25T03:05:00Z'],
  ['30 18 * * *', '2026-11-25T18:30:00Z', '2026-11-26T18:30:00Z'],
  ['0 3 1 * *', '2026-11-25T03:04:05Z', '2026-12-01T03:00:00Z'],
  ['*/20 0 * * 1', '2026-11-25T03:04:05Z', '2026-11-30T00:00:00Z'],
])('the next turn of %s after %s is %s', (cron, after, turn) => {
  expect(nextTurn(cronMatcher(cron), new Date(after))).toEqual(new Date(turn));
});

it('fields that cannot be read or name no minute are refused', () => {
  expect(() => cronMatcher('61 * * * *')).toThrow();
  expect(() => nextTurn(cronMatcher('0 0 30 2 *'), new Date('2026-11-25T00:00:00Z'))).toThrow('no minute');
});

it('every task of Liangdan has a name of its own and a turn', () => {
  expect(new Set(TASKS.map(({ name }) => name)).size).toBe(TASKS.length);
  for (const { cron } of TASKS) expect(nextTurn(cronMatcher(cron), new Date()) > new Date()).toBe(true);
});
