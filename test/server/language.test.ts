import { expect, it } from 'vitest';
import { preferredLocale } from '../../src/server/language.ts';

it.each([
  ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
  ['en-GB,en;q=0.9', 'en'],
  ['fr;q=1, zh;q=0.2, en;q=0.7', 'en'],
  ['zh;q=0', 'en'],
  ['*', 'en'],
  [null, 'en'],
])('of %j the answer is in %s', (header, locale) => {
  expect(preferredLocale(header, 'en')).toBe(locale);
});

it('falls back to the language of the settings', () => {
  expect(preferredLocale('de', 'zh')).toBe('zh');
});
