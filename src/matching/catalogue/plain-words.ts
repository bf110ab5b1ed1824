import type { CategoryRecord } from '../records.ts';
import { SCORE_SCALE } from '../records.ts';

/** The words of a service that are compared with a need. */
export type ServiceWords = {
  readonly title: string;
  readonly keywords: readonly string[];
  readonly categoryNames: readonly string[];
  readonly description: string;
};

export type PreparedQuery = ReadonlySet<string>;
export type Categoriser = {
  categorise(text: string, limit?: number): { readonly code: string; readonly confidence: number }[];
};

/** Relevance as the share of the need's pairs of letters that the service has too. */
export class TextIndex {
  readonly #rows: (ReadonlySet<string> | undefined)[] = [];

  set(row: number, words: ServiceWords): void {
    this.#rows[row] = pairsOf([words.title, ...words.keywords, ...words.categoryNames, words.description].join(' '));
  }

  remove(row: number): void {
    this.#rows[row] = undefined;
  }

  prepare(query: { readonly title: string; readonly description: string }): PreparedQuery {
    return pairsOf(`${query.title} ${query.description}`);
  }

  relevance(query: PreparedQuery, row: number): number {
    const pairs = this.#rows[row];
    if (!pairs || query.size === 0) return 0;
    let shared = 0;
    for (const pair of query) if (pairs.has(pair)) shared += 1;
    return Math.round((SCORE_SCALE * shared) / query.size);
  }
}

/** Categories by the share of the pairs of their names that the text has. */
export function createCategoriser(categories: readonly CategoryRecord[]): Categoriser {
  const known = categories.map(({ code, names }) => ({ code, pairs: names.map(pairsOf) }));
  return {
    categorise(text, limit = 5) {
      const pairs = pairsOf(text);
      return known
        .map(({ code, pairs: names }) => ({
          code,
          confidence: Math.max(0, ...names.map((name) => share(name, pairs))),
        }))
        .filter(({ confidence }) => confidence > 0)
        .sort((a, b) => b.confidence - a.confidence)
        .slice(0, limit);
    },
  };
}

function share(name: ReadonlySet<string>, pairs: ReadonlySet<string>): number {
  return name.size === 0 ? 0 : [...name].filter((pair) => pairs.has(pair)).length / name.size;
}

function pairsOf(text: string): ReadonlySet<string> {
  const lower = text.toLowerCase();
  const pairs = new Set<string>();
  for (let at = 0; at + 2 <= lower.length; at += 1) {
    const pair = lower.slice(at, at + 2);
    if (!/[\s\p{P}]/u.test(pair)) pairs.add(pair);
  }
  return pairs;
}
