import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MatchingInputError } from '../../../src/matching/errors.ts';
import { SCORE_SCALE } from '../../../src/matching/records.ts';
import { searchText } from '../../../src/matching/text/search.ts';
import { type TextFields, TextIndex } from '../../../src/matching/text/text-index.ts';

const fields = (title: string, keywords: readonly string[] = [], description = ''): TextFields => ({
  title,
  keywords,
  categoryNames: [],
  description,
});

function indexOf(...rows: TextFields[]): TextIndex {
  const index = new TextIndex();
  rows.forEach((row, number) => {
    index.set(number, row);
  });
  return index;
}

/** The relevance of row 0 for a need's title. */
function relevanceOf(row: TextFields, title: string): number {
  return ranking(title, row)[0]!;
}

function ranking(title: string, ...rows: TextFields[]): number[] {
  const index = indexOf(...rows);
  const query = index.prepare({ title, description: '' });
  return rows.map((_, row) => index.relevance(query, row));
}

describe('what a need finds', () => {
  test('a service with the words of the need comes before one without', () => {
    const [meal, haircut] = ranking('老人送餐', fields('老年人送餐上门'), fields('上门理发'));
    expect(meal).toBeGreaterThan(haircut!);
  });

  test.each([
    ['送饭', '老年助餐服务'],
    ['剃头', '上门理发'],
    ['看病陪同', '陪诊员'],
    ['水龙头滴水', '水电维修'],
    ['plumber', '修水管'],
    ['剃一个头', '上门理发'],
  ])('%s finds %s, though they share no word', (need, title) => {
    const [found, other] = ranking(need, fields(title), fields('党员组织关系转接'));
    expect(found).toBeGreaterThan(0);
    expect(other).toBe(0);
  });

  test.each([
    ['鄰居糾紛', '邻居纠纷'],
    ['ＷｉＦｉ安装', 'wifi安装'],
    ['60岁体检', '六十岁体检'],
    ['Plumbers', 'plumber'],
  ])('%s is the same to it as %s', (need, title) => {
    expect(relevanceOf(fields(title), need)).toBe(SCORE_SCALE);
  });

  test('the words of asking do not decide', () => {
    const [asked, polite] = ranking('请问有没有人帮忙疏通马桶', fields('马桶疏通'), fields('请问有没有人帮忙'));
    expect(asked).toBeGreaterThan(polite!);
  });

  test('a word in the title counts more than in the description', () => {
    const [title, description] = ranking('芦笙', fields('芦笙队排练'), fields('社团活动', [], '周末有芦笙表演'));
    expect(title).toBeGreaterThan(description!);
  });

  test('the names of its categories help a service whose own words do not', () => {
    const index = indexOf(fields('张师傅工作室'), fields('张师傅工作室'));
    index.set(1, { ...fields('张师傅工作室'), categoryNames: ['开锁换锁', '换锁芯'] });
    const query = index.prepare({ title: '换锁', description: '' });
    expect(index.relevance(query, 1)).toBeGreaterThan(index.relevance(query, 0));
  });

  test('the title of a need counts more than its description', () => {
    const index = indexOf(fields('上门理发'), fields('助浴'));
    const query = index.prepare({ title: '理发', description: '要是能助浴更好' });
    expect(index.relevance(query, 0)).toBeGreaterThan(index.relevance(query, 1));
  });

  test('a need without words has no relevance to anything', () => {
    expect(relevanceOf(fields('上门理发'), '？！')).toBe(0);
  });
});

describe('searchText', () => {
  test('gives the best k, best first, equal ones by row', () => {
    const index = indexOf(fields('理发'), fields('助浴'), fields('上门理发'), fields('理发'));
    expect(searchText(index, { title: '理发', description: '' }, 2).map((hit) => hit.row)).toEqual([0, 3]);
    expect(searchText(index, { title: '理发', description: '' }, 9).map((hit) => hit.row)).toEqual([0, 3, 2]);
    expect(searchText(index, { title: '理发', description: '' }, 0)).toEqual([]);
    const alike = indexOf(...Array.from({ length: 5 }, () => fields('上门理发')));
    expect(searchText(alike, { title: '理发', description: '' }, 2).map((hit) => hit.row)).toEqual([0, 1]);
  });
});

test('a row that is no row is refused by name', () => {
  for (const row of [-1, 1.5, Number.NaN, 2 ** 31]) {
    expect(() => new TextIndex().set(row, fields('理发'))).toThrow(MatchingInputError);
  }
});

const phrase = fc
  .array(
    fc.constantFrom('送', '餐', '老', '人', '理', '发', '修', '水', '管', '上', '门', '，', ' ', 'tap', 'repair', '12'),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(''));
const service = fc.record({
  title: phrase,
  keywords: fc.array(phrase, { maxLength: 3 }),
  categoryNames: fc.array(fc.constantFrom('老年助餐', '水电维修', 'Haircuts'), { maxLength: 2 }),
  description: fc.oneof(phrase, fc.string({ unit: 'binary', maxLength: 20 })),
});
const change = fc.record({ row: fc.nat(7), fields: fc.option(service, { nil: null }) });
const need = fc.record({ title: phrase, description: phrase });

describe('whatever the services', () => {
  test('an index that saw rows come and go scores as one built fresh', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), need, (changes, asked) => {
        const changed = new TextIndex();
        const present = new Map<number, TextFields>();
        for (const { row, fields } of changes) {
          if (fields === null) {
            changed.remove(row);
            present.delete(row);
          } else {
            changed.set(row, fields);
            present.set(row, fields);
          }
        }
        const fresh = new TextIndex();
        for (const row of [...present.keys()].sort((a, b) => b - a)) fresh.set(row, present.get(row)!);
        const [one, other] = [changed.prepare(asked), fresh.prepare(asked)];
        for (let row = 0; row < 8; row++) {
          expect(changed.relevance(one, row)).toBe(fresh.relevance(other, row));
        }
      }),
    );
  });

  test('relevance is a whole number from 0 to the scale, and does not depend on what was asked before', () => {
    fc.assert(
      fc.property(fc.array(service, { minLength: 1, maxLength: 8 }), need, need, (services, asked, before) => {
        const index = indexOf(...services);
        const [query, earlier] = [index.prepare(asked), index.prepare(before)];
        const first = services.map((_, row) => index.relevance(query, row));
        services.forEach((_, row) => {
          index.relevance(earlier, row);
        });
        const second = services.map((_, row) => index.relevance(query, row));
        expect(second).toEqual(first);
        for (const relevance of first) {
          expect(Number.isInteger(relevance) && relevance >= 0 && relevance <= SCORE_SCALE).toBe(true);
        }
      }),
    );
  });

  test('a service whose title is the need is at the top', () => {
    fc.assert(
      fc.property(fc.array(service, { minLength: 1, maxLength: 8 }), fc.nat(7), (services, pick) => {
        const index = indexOf(...services);
        const row = pick % services.length;
        const query = index.prepare({ title: services[row]!.title, description: '' });
        const relevances = services.map((_, other) => index.relevance(query, other));
        expect(relevances[row]).toBe(Math.max(...relevances));
      }),
    );
  });

  test('searchText gives what scoring every row and sorting gives', () => {
    fc.assert(
      fc.property(fc.array(service, { maxLength: 20 }), need, fc.integer({ min: 1, max: 6 }), (services, asked, k) => {
        const index = indexOf(...services);
        const query = index.prepare(asked);
        const expected = services
          .map((_, row) => ({ row, relevance: index.relevance(query, row) }))
          .filter((hit) => hit.relevance > 0)
          .sort((a, b) => b.relevance - a.relevance || a.row - b.row)
          .slice(0, k);
        expect(searchText(index, asked, k)).toEqual(expected);
      }),
    );
  });
});
