import fc from 'fast-check';
import { expect, test } from 'vitest';
import { binaryLogarithm, LOGARITHM_GRID } from '../../../src/matching/text/logarithm.ts';
import { chineseNumeral } from '../../../src/matching/text/numerals.ts';
import { homophonesOf, isMisspelling, soundOf } from '../../../src/matching/text/spelling.ts';
import { stem } from '../../../src/matching/text/stem.ts';
import { normalise, tokenise } from '../../../src/matching/text/tokens.ts';

const unit = (character: string): number => character.charCodeAt(0);

test('characters that the southwest says alike sound alike', () => {
  for (const pair of ['诊珍', '餐参', '理你', '新星', '送宋', '是四']) {
    const [one, other] = [pair[0]!, pair[1]!];
    expect([one, soundOf(unit(one))]).toEqual([one, soundOf(unit(other))]);
    expect(homophonesOf(unit(one))).toContain(unit(other));
  }
  expect(soundOf(unit('餐'))).not.toBe(soundOf(unit('诊')));
});

test('one letter added, left out, changed or swapped is a misspelling, two are not', () => {
  for (const other of ['plumer', 'plumbber', 'plumder', 'plmuber']) expect(isMisspelling('plumber', other)).toBe(true);
  for (const other of ['plumber', 'plum', 'plmbuer', 'bumbler']) expect(isMisspelling('plumber', other)).toBe(false);
  expect(isMisspelling('tap', 'tape')).toBe(false);
});

test('numbers beside Chinese are spelt in Chinese', () => {
  expect(['0', '7', '10', '15', '60', '105', '110', '2026', '3000'].map(chineseNumeral)).toEqual([
    '零',
    '七',
    '十',
    '十五',
    '六十',
    '一百零五',
    '一百一十',
    '二千零二十六',
    '三千',
  ]);
  expect(tokenise('60岁')).toEqual(tokenise('六十岁'));
});

test('normalising twice is normalising once', () => {
  expect(normalise('ＷｉＦｉ　開鎖')).toBe('wifi 开锁');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(normalise(normalise(text))).toBe(normalise(text));
    }),
  );
});

test('forms of an English word meet in one stem', () => {
  for (const forms of [
    ['plumber', 'plumbers', 'plumbing'],
    ['repair', 'repairs', 'repaired', 'repairing'],
    ['clean', 'cleaner', 'cleaning'],
    ['battery', 'batteries'],
  ]) {
    expect(new Set(forms.map(stem)).size).toBe(1);
  }
});

test('the logarithm is that of mathematics to one step of its grid, rounded down', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-3, max: 1e9, noNaN: true }), (value) => {
      const exact = Math.log2(value);
      expect(exact - binaryLogarithm(value)).toBeGreaterThan(-1e-9);
      expect(exact - binaryLogarithm(value)).toBeLessThan(1 / LOGARITHM_GRID + 1e-9);
    }),
  );
});
