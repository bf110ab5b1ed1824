import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planDisclosure, type Region, type Standing } from '../../src/fit/disclosure.ts';

const K = 3;
/** Two branches of two and three categories, and a category by itself. */
const PARENTS = new Map<string, string | null>([
  ['A', null],
  ['A1', 'A'],
  ['A2', 'A'],
  ['B', null],
  ['B1', 'B'],
  ['B2', 'B'],
  ['B3', 'B'],
  ['C', null],
]);
const CATEGORIES = [...PARENTS.keys()];
const COMMUNITIES = ['m1', 'm2', 'm3', 'm4'];
const MONTHS = ['2026-01', '2026-02', '2026-03'];
const CLASSES = 2;

type Need = {
  readonly resident: number;
  readonly category: string;
  readonly community: string;
  readonly month: string;
  readonly class: number;
};

const need: fc.Arbitrary<Need> = fc.record({
  resident: fc.nat(60),
  category: fc.constantFrom(...CATEGORIES),
  community: fc.constantFrom(...COMMUNITIES),
  month: fc.constantFrom(...MONTHS),
  class: fc.nat(CLASSES - 1),
});
/** Towns from a handful of needs to so many that categories and communities may be crossed. */
const town = fc.oneof(
  fc.array(need, { maxLength: 30 }),
  fc.array(need, { minLength: 100, maxLength: 300, size: 'max' }),
  fc.array(need, { minLength: 600, maxLength: 900, size: 'max' }),
);
const months = fc
  .tuple(fc.nat(MONTHS.length), fc.nat(MONTHS.length))
  .map(([a, b]) => ({ first: MONTHS[Math.min(a, b)] ?? '2026-04', end: MONTHS[Math.max(a, b)] ?? null }));
const wholeOr = <T>(some: fc.Arbitrary<T>, whole: T) => fc.oneof(fc.constant(whole), some);
const filter: fc.Arbitrary<Region> = fc.record({
  categoryIds: wholeOr(fc.subarray(CATEGORIES), CATEGORIES).map((ids) => new Set(ids)),
  communityIds: wholeOr(fc.subarray(COMMUNITIES), COMMUNITIES).map((ids) => new Set(ids)),
  months: wholeOr<Region['months']>(months, { first: null, end: null }),
});
const nested = fc.tuple(filter, filter).map(([outer, other]): [Region, Region] => [
  outer,
  {
    categoryIds: new Set([...outer.categoryIds].filter((id) => other.categoryIds.has(id))),
    communityIds: new Set([...outer.communityIds].filter((id) => other.communityIds.has(id))),
    months: {
      first: [outer.months.first ?? '', other.months.first ?? ''].sort().at(-1)!,
      end: [outer.months.end ?? '9999', other.months.end ?? '9999'].sort()[0]!,
    },
  },
]);

const lies = (one: Need, { categoryIds, communityIds, months: { first, end } }: Region) =>
  categoryIds.has(one.category) &&
  communityIds.has(one.community) &&
  (first ?? '') <= one.month &&
  (end === null || one.month < end);

/** The cells of a town, each resident counted at their first need. */
function cellsOf(needs: readonly Need[]): Standing[] {
  const seen = new Set<number>();
  const cells = new Map<
    string,
    { -readonly [Key in keyof Standing]: Standing[Key] } & { counts: number[]; residents: number[] }
  >();
  for (const { resident, category, community, month, class: each } of needs) {
    const key = [category, community, month].join();
    const empty = () => Array<number>(CLASSES).fill(0);
    const cell = cells.get(key) ?? {
      categoryId: category,
      communityId: community,
      month,
      counts: empty(),
      residents: empty(),
    };
    cells.set(key, cell);
    cell.counts[each]! += 1;
    if (!seen.has(resident)) cell.residents[each]! += 1;
    seen.add(resident);
  }
  return [...cells.values()];
}

/** In each class nobody, or at least K different residents. */
function tellsOfNoFew(needs: readonly Need[]): boolean {
  const classes = Map.groupBy(needs, (one) => one.class).values();
  return [...classes].every((own) => new Set(own.map((one) => one.resident)).size >= K);
}

describe('numbers for who may not know the residents', () => {
  it('never stand for fewer residents than the smallest group, nor do differences of numbers under filters within one another', () => {
    let shown = 0;
    fc.assert(
      fc.property(town, nested, (needs, [outer, inner]) => {
        const { covers } = planDisclosure(cellsOf(needs), PARENTS, K);
        const inOuter = needs.filter((one) => lies(one, outer));
        if (covers(outer)) expect(tellsOfNoFew(inOuter)).toBe(true);
        if (!covers(outer) || !covers(inner)) return;
        shown += 1;
        expect(tellsOfNoFew(inOuter.filter((one) => !lies(one, inner)))).toBe(true);
      }),
      { numRuns: 3000, seed: 5 },
    );
    expect(shown).toBeGreaterThan(500);
  });

  const everywhere: Region = {
    categoryIds: new Set(CATEGORIES),
    communityIds: new Set(COMMUNITIES),
    months: { first: null, end: null },
  };
  const cell = (categoryId: string, communityId: string, residents: number): Standing => ({
    categoryId,
    communityId,
    month: '2026-01',
    counts: [residents],
    residents: [residents],
  });
  const of = (cells: readonly Standing[], region: Partial<Region>) =>
    planDisclosure(cells, PARENTS, K).covers({ ...everywhere, ...region });

  it('are shown by category and by community, and crossed only where every crossing is of enough', () => {
    const few = [cell('A1', 'm1', 9), cell('A1', 'm2', 1), cell('B1', 'm1', 8), cell('B1', 'm2', 8)];
    expect(of(few, { categoryIds: new Set(['A1']) })).toBe(true);
    expect(of(few, { communityIds: new Set(['m2']) })).toBe(true);
    expect(of(few, { categoryIds: new Set(['A1']), communityIds: new Set(['m1']) })).toBe(false);
    const many = [cell('A1', 'm1', 9), cell('A1', 'm2', 3), cell('B1', 'm1', 8), cell('B1', 'm2', 8)];
    expect(of(many, { categoryIds: new Set(['A1']), communityIds: new Set(['m1']) })).toBe(true);
  });

  it('withhold a second category where one alone is the difference to the whole', () => {
    const cells = [cell('A1', 'm1', 2), cell('A2', 'm1', 4), cell('B1', 'm1', 9)];
    const shown = ['A1', 'A2', 'B1'].filter((id) => of(cells, { categoryIds: new Set([id]) }));
    expect(shown).toEqual(['B1']);
    expect(of(cells, { categoryIds: new Set(['A1', 'A2']) })).toBe(true);
  });

  it('are none where the whole area has too few', () => {
    expect(of([cell('A1', 'm1', 2)], {})).toBe(false);
  });
});
