/** What others may call of the communities and categories. */
export { categoryImport } from './category.import.ts';
export { type CategoryOfArea, categoriesByCode } from './category.store.ts';
export { type CategoryFinder, readCategoryFinder } from './category-finder.store.ts';
export { categoriesWithin } from './category-subtree.store.ts';
export { communityImport } from './community.import.ts';
export { communityIdsByExternalId, type Upserted } from './community.store.ts';
export { textContains } from './text-contains.ts';
