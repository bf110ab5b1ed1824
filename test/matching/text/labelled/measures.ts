import { createCategoriser } from '../../../../src/matching/text/categoriser.ts';
import { searchText } from '../../../../src/matching/text/search.ts';
import {
  categoryQueries,
  exampleCategories,
  type Half,
  indexOfLabelled,
  labelledServices,
  rankingQueries,
} from './labelled.ts';

const DEPTH = 10;

/**
 * nDCG@10 with gains 2^grade − 1 (Järvelin and Kekäläinen 2002), and recall@10 of all relevant services, both the mean
 * over the queries of one half.
 */
export function measureRanking(half: Half): { queries: number; ndcg: number; recall: number } {
  const services = labelledServices();
  const index = indexOfLabelled(services);
  const queries = rankingQueries(half);
  let ndcg = 0;
  let recall = 0;
  for (const { text, grades } of queries) {
    const hits = searchText(index, { title: text, description: '' }, DEPTH);
    const found = hits.map(({ row }) => grades.get(services[row]!.id) ?? 0);
    const best = [...grades.values()].sort((a, b) => b - a).slice(0, DEPTH);
    ndcg += discountedGain(found) / discountedGain(best);
    recall += found.filter((grade) => grade > 0).length / grades.size;
  }
  return { queries: queries.length, ndcg: ndcg / queries.length, recall: recall / queries.length };
}

/** How often the first guess is the category of the label, and how often one of the first three is. */
export function measureCategories(half: Half): { queries: number; first: number; firstThree: number } {
  const categoriser = createCategoriser(exampleCategories());
  const queries = categoryQueries(half);
  let first = 0;
  let firstThree = 0;
  for (const { text, category } of queries) {
    const guesses = categoriser.categorise(text, 3).map((guess) => guess.code);
    if (guesses[0] === category) first++;
    if (guesses.includes(category)) firstThree++;
  }
  return { queries: queries.length, first: first / queries.length, firstThree: firstThree / queries.length };
}

function discountedGain(grades: readonly number[]): number {
  return grades.reduce((sum, grade, rank) => sum + (2 ** grade - 1) / Math.log2(rank + 2), 0);
}
