import { MatchingInputError } from '../errors.ts';
import type { BilingualText, CategoryRecord } from '../records.ts';

/** The tree of categories by index. All arrays have one element a category, in the order of the records. */
export type Taxonomy = {
  readonly codes: readonly string[];
  readonly names: readonly (readonly string[])[];
  /** The first name with Chinese characters and the first one without, else the first name or the code. */
  readonly words: readonly BilingualText[];
  readonly indexOf: ReadonlyMap<string, number>;
  /** Index of the category above; -1 at the top. */
  readonly parents: readonly number[];
  /** Steps from the top; 0 at the top. */
  readonly depths: readonly number[];
  /** The category itself and then each one above it. */
  readonly lines: readonly (readonly number[])[];
};

/**
 * Reads the taxonomy. Throws `MatchingInputError` for a code that is empty or stands twice, a parent that is not there,
 * or a circle of parents.
 */
export function readTaxonomy(records: readonly CategoryRecord[]): Taxonomy {
  const indexOf = new Map<string, number>();
  records.forEach((record, index) => {
    if (record.code === '') throw new MatchingInputError('taxonomy.code', index, 'must not be empty');
    if (indexOf.has(record.code)) throw new MatchingInputError('taxonomy.code', index, `repeats ${record.code}`);
    indexOf.set(record.code, index);
  });
  const parents = records.map((record, index) => {
    if (record.parent === null) return -1;
    const parent = indexOf.get(record.parent);
    if (parent === undefined) {
      throw new MatchingInputError('taxonomy.parent', index, `must be a code of the taxonomy, not ${record.parent}`);
    }
    return parent;
  });
  const lines = records.map((_, index) => {
    const line: number[] = [];
    for (let at = index; at !== -1; at = parents[at]!) {
      if (line.length > records.length)
        throw new MatchingInputError('taxonomy.parent', index, 'must not form a circle');
      line.push(at);
    }
    return line;
  });
  return {
    codes: records.map((record) => record.code),
    names: records.map((record) => [...record.names]),
    words: records.map(wordsOf),
    indexOf,
    parents,
    depths: lines.map((line) => line.length - 1),
    lines,
  };
}

/** The indices of the codes, ascending, each once. */
export function indicesOf(taxonomy: Taxonomy, codes: readonly string[]): number[] {
  return [...new Set(codes.map((code) => taxonomy.indexOf.get(code)!))].sort((a, b) => a - b);
}

/** Whether one of these categories stands above this one. */
export function isCovered(taxonomy: Taxonomy, category: number, categories: readonly number[]): boolean {
  return taxonomy.lines[category]!.some((above, step) => step > 0 && categories.includes(above));
}

/** Steps from one category to another through the nearest one above both; through the root where there is none. */
export function stepsBetween(taxonomy: Taxonomy, one: number, other: number): number {
  const line = taxonomy.lines[one]!;
  const otherLine = taxonomy.lines[other]!;
  for (let up = 0; up < line.length; up += 1) {
    const down = otherLine.indexOf(line[up]!);
    if (down !== -1) return up + down;
  }
  return line.length + otherLine.length;
}

function wordsOf({ code, names }: CategoryRecord): BilingualText {
  const fallback = names[0] ?? code;
  return {
    zh: names.find((name) => /\p{Script=Han}/u.test(name)) ?? fallback,
    en: names.find((name) => !/\p{Script=Han}/u.test(name)) ?? fallback,
  };
}
