import type { Transaction } from '../database/database.ts';
import { type CategoryGuess, createCategoriser } from '../matching/index.ts';

/** Finds the categories of an area that a text may be of, surest first, at most `limit`. */
export type CategoryFinder = (text: string, limit: number) => readonly CategoryGuess[];

/** A finder over the taxonomy of an area as it is now. */
export async function readCategoryFinder(tx: Transaction, areaId: string): Promise<CategoryFinder> {
  const categories = await tx.category.findMany({
    where: { areaId },
    select: { code: true, name: true, nameEn: true, synonyms: true, parent: { select: { code: true } } },
    orderBy: { code: 'asc' },
  });
  const categoriser = createCategoriser(
    categories.map(({ code, name, nameEn, synonyms, parent }) => ({
      code,
      parent: parent?.code ?? null,
      names: [name, ...(nameEn === null ? [] : [nameEn]), ...synonyms],
    })),
  );
  return (text, limit) => categoriser.categorise(text, limit);
}
