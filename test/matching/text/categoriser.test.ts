import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCategoriser } from '../../../src/matching/text/categoriser.ts';
import { exampleCategories, HALVES } from './labelled/labelled.ts';
import { measureCategories, measureRanking } from './labelled/measures.ts';

const categories = exampleCategories();
const { categorise } = createCategoriser(categories);

describe('categorise', () => {
  test.each([
    ['爷爷一个人在家，中午想有人送饭', 'ELDER.MEAL'],
    ['老妈要去复查，没人陪', 'ELDER.ACCOMPANY'],
    ['水龙头关不紧', 'HOME.PLUMBING'],
    ['locked out', 'HOME.LOCK'],
    ['理法', 'HOME.HAIRCUT'],
    ['plumer', 'HOME.PLUMBING'],
    ['鄰居糾紛', 'MEDIATION.NEIGHBOUR'],
  ])('files %s under %s', (text, code) => {
    expect(categorise(text)[0]!.code).toBe(code);
  });

  test('finds every category by each of its names, a leaf first', () => {
    const parents = new Set(categories.map((category) => category.parent));
    for (const { code, names } of categories.filter((category) => !parents.has(category.code))) {
      expect([code, categorise(names[0]!)[0]?.code]).toEqual([code, code]);
    }
  });

  test('is surer of a text that names one thing than of one that names two', () => {
    const [one] = categorise('马桶堵了');
    const [first, second] = categorise('马桶堵了，还要理发');
    expect(one!.confidence).toBeGreaterThan(first!.confidence);
    expect([first!.code, second!.code].sort()).toEqual(['HOME.HAIRCUT', 'HOME.UNBLOCK']);
  });

  test('finds nothing in a text that speaks of nothing', () => {
    expect(categorise('')).toEqual([]);
    expect(categorise('？？？')).toEqual([]);
  });

  test('works for a taxonomy in other words than the example area has', () => {
    const other = createCategoriser([
      { code: 'REPAIR', parent: null, names: ['Plumbing and heating'] },
      { code: 'FOOD', parent: null, names: ['Community canteen'] },
    ]);
    expect(other.categorise('水管漏水')[0]!.code).toBe('REPAIR');
    expect(other.categorise('老人送餐')[0]!.code).toBe('FOOD');
  });

  test('gives at most the limit, surest first, confidences that add up to at most 1', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(9), (noise, limit) => {
        const guesses = categorise(`${noise}送餐，理发，水管`, limit);
        expect(guesses.length).toBeLessThanOrEqual(limit);
        const confidences = guesses.map((guess) => guess.confidence);
        expect(confidences).toEqual([...confidences].sort((a, b) => b - a));
        expect(confidences.reduce((sum, confidence) => sum + confidence, 0)).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });
});

describe.each(HALVES)('the %s half of the labelled set', (half) => {
  test('is filed right nine times in ten', () => {
    expect(measureCategories(half).first).toBeGreaterThan(0.9);
  });

  test('is ranked with an nDCG@10 over 0.93 and a recall@10 over 0.95', () => {
    const { ndcg, recall } = measureRanking(half);
    expect(ndcg).toBeGreaterThan(0.93);
    expect(recall).toBeGreaterThan(0.95);
  });
});
