import type { Transaction } from '../database/database.ts';
import { createCategoriser } from '../matching/index.ts';
import { CATEGORIES_NAMED, type RankedCategory } from './need-category.ts';

/** Finds the category of a text. */
export type CategoryFinder = {
  /** The categories that a text may be of, best first, at most `CATEGORIES_NAMED`. */
  readonly rank: (text: string) => readonly RankedCategory[];
  /** Ids of the area's categories by code. */
  readonly idByCode: ReadonlyMap<string, string>;
};

/** A finder over the taxonomy of an area as it is now. */
export async function readCategoryFinder(tx: Transaction, areaId: string): Promise<CategoryFinder> {
  const categories = await tx.category.findMany({
    where: { areaId },
    select: { id: true, code: true, name: true, nameEn: true, synonyms: true, parent: { select: { code: true } } },
    orderBy: { code: 'asc' },
  });
  const categoriser = createCategoriser(
    categories.map(({ code, name, nameEn, synonyms, parent }) => ({
      code,
      parent: parent?.code ?? null,
      names: [name, ...(nameEn ? [nameEn] : []), ...synonyms],
    })),
  );
  return {
    rank: (text) => categoriser.categorise(text, CATEGORIES_NAMED),
    idByCode: new Map(categories.map(({ id, code }) => [code, id])),
  };
}
