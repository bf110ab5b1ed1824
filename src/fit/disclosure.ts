/**
 * Of whom a table of aggregates tells, in its finest grain: a category, a community and a month, and the classes into which
 * the table sorts what is counted (served and not served, say).
 */
export type Standing = {
  readonly categoryId: string;
  readonly communityId: string;
  /** Local month, `YYYY-MM`. */
  readonly month: string;
  /** How many are counted in each class. */
  readonly counts: readonly number[];
  /** At least how many different residents stand behind them; of any cells together, at least the sum. */
  readonly residents: readonly number[];
};

/** What a number of a table is about. */
export type Region = {
  readonly categoryIds: ReadonlySet<string>;
  readonly communityIds: ReadonlySet<string>;
  /** From the first month on and before the end; `null` for no bound. */
  readonly months: { readonly first: string | null; readonly end: string | null };
};

/** Which numbers of a table may be shown to who may not know the residents. */
export type DisclosurePlan = {
  /** Whether the numbers of a region may be shown. */
  readonly covers: (region: Region) => boolean;
};

/**
 * Plans which regions of a table may be shown so that neither a number nor any difference of numbers stands for fewer than
 * `smallestGroup` residents (k-anonymity, Sweeney 2002), also when one filter lies within the other (tracker attacks,
 * Denning, Denning and Schwartz 1979).
 *
 * Categories are divided into branches, at first all in one. Within a branch a region may be narrowed in one way only: to
 * some categories, or to some communities, or to some months, and only to whole parts. A part is a category, a community or
 * a month with no class, or with `smallestGroup` residents in each of its classes that has any; what is smaller is put
 * together into one part, with as many others as that takes. A branch is divided in two as long as both keep every part
 * of communities and months so; the more residents there are, the finer are the branches, and so what may be crossed.
 *
 * Why differences are safe: let filter B lie within filter A, and take one branch. If A is narrowed there, B is narrowed in
 * the same way, and in no other. So in every branch A without B is a union of whole parts of one kind, or the branch
 * itself, and has in each class nobody or at least one part's residents. Sums over branches are unions of such. What follows
 * from more numbers: a sum of functions of the category, the community and the month that is 0 or 1 everywhere on their
 * product depends on one of the three only, so sums and differences of any number of tables single out unions of parts.
 *
 * @param cells of the whole area and the whole time, so that a plan depends on no filter
 * @param parentOf the category above each; `null` for those at the top, in the order in which they are tried as branches
 * @param smallestGroup k
 */
export function planDisclosure(
  cells: readonly Standing[],
  parentOf: ReadonlyMap<string, string | null>,
  smallestGroup: number,
): DisclosurePlan {
  const isSafe = ({ counts, residents }: Sums) =>
    counts.every((count, each) => count === 0 || residents[each]! >= smallestGroup);
  if (!isSafe(sumOf(cells))) return { covers: () => false };
  const communities = partsOf(cells, (cell) => cell.communityId, isSafe);
  const months = partsOf(cells, (cell) => cell.month, isSafe);
  const isWhole = (some: readonly Standing[]): boolean =>
    some.length > 0 &&
    isSafe(sumOf(some)) &&
    [...sumsByPart(some, (cell) => communities.get(cell.communityId)!)].every(isSafe) &&
    [...sumsByPart(some, (cell) => months.get(cell.month)!)].every(isSafe);

  const childrenOf = Map.groupBy(parentOf.keys(), (id) => parentOf.get(id) ?? null);
  /** Divides what is given, of the categories below `top`, into branches. */
  const divide = (given: readonly Standing[], top: string | null): Standing[][] => {
    const branches: Standing[][] = [];
    let rest = [...given];
    for (const child of childrenOf.get(top) ?? []) {
      const isBelow = (cell: Standing) => isWithin(cell.categoryId, child, parentOf);
      const [own, others] = [rest.filter(isBelow), rest.filter((cell) => !isBelow(cell))];
      if (!isWhole(own) || !isWhole(others)) continue;
      branches.push(...divide(own, child));
      rest = others;
    }
    return [...branches, rest];
  };
  const branches = divide(cells, null).map((own) => ({
    own,
    categories: partsOf(own, (cell) => cell.categoryId, isSafe),
  }));

  return {
    covers: ({ categoryIds, communityIds, months: { first, end } }) =>
      branches.every(({ own, categories }) => {
        const ofCategory = own.filter((cell) => categoryIds.has(cell.categoryId));
        if (ofCategory.length === 0) return true;
        const ofCommunity = own.filter((cell) => communityIds.has(cell.communityId));
        const ofMonth = own.filter(({ month }) => (first ?? '') <= month && (end === null || month < end));
        const narrowings = [
          { some: ofCategory, partOf: (cell: Standing) => categories.get(cell.categoryId)! },
          { some: ofCommunity, partOf: (cell: Standing) => communities.get(cell.communityId)! },
          { some: ofMonth, partOf: (cell: Standing) => months.get(cell.month)! },
        ].filter(({ some }) => some.length < own.length);
        return narrowings.length === 0 || (narrowings.length === 1 && isOfWholeParts(narrowings[0]!, own));
      }),
  };
}

type Sums = { readonly counts: readonly number[]; readonly residents: readonly number[] };

function sumOf(cells: readonly Sums[]): Sums {
  const add = (to: number[], values: readonly number[]) => {
    values.forEach((value, each) => {
      to[each] = (to[each] ?? 0) + value;
    });
  };
  const sums = { counts: [] as number[], residents: [] as number[] };
  for (const { counts, residents } of cells) {
    add(sums.counts, counts);
    add(sums.residents, residents);
  }
  return sums;
}

function sumsByPart(cells: readonly Standing[], partOf: (cell: Standing) => string): Sums[] {
  return [...Map.groupBy(cells, partOf).values()].map(sumOf);
}

/** The part of each key: its own name, or that of the one part into which all too small ones were put. */
function partsOf(
  cells: readonly Standing[],
  keyOf: (cell: Standing) => string,
  isSafe: (sums: Sums) => boolean,
): ReadonlyMap<string, string> {
  const sums = new Map([...Map.groupBy(cells, keyOf)].map(([key, own]) => [key, sumOf(own)]));
  const size = (key: string) => sums.get(key)!.residents.reduce((sum, residents) => sum + residents, 0);
  const keys = [...sums.keys()].sort((a, b) => size(a) - size(b) || (a < b ? -1 : 1));
  const together = keys.filter((key) => !isSafe(sums.get(key)!));
  const apart = keys.filter((key) => isSafe(sums.get(key)!));
  while (together.length > 0 && apart.length > 0 && !isSafe(sumOf(together.map((key) => sums.get(key)!)))) {
    together.push(apart.shift()!);
  }
  return new Map([...apart.map((key) => [key, key] as const), ...together.map((key) => [key, TOGETHER] as const)]);
}

const TOGETHER = '';

function isOfWholeParts(
  { some, partOf }: { readonly some: readonly Standing[]; readonly partOf: (cell: Standing) => string },
  all: readonly Standing[],
): boolean {
  const parts = new Set(some.map(partOf));
  return all.filter((cell) => parts.has(partOf(cell))).length === some.length;
}

function isWithin(categoryId: string, top: string, parentOf: ReadonlyMap<string, string | null>): boolean {
  for (let at: string | null = categoryId; at !== null; at = parentOf.get(at) ?? null) if (at === top) return true;
  return false;
}
