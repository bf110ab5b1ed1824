import type { Transaction } from '../database/database.ts';

/** Ids of these categories of an area with all their descendants; those of other areas are left out. */
export async function categoriesWithin(
  tx: Transaction,
  areaId: string,
  categoryIds: readonly string[],
): Promise<readonly string[]> {
  if (categoryIds.length === 0) return [];
  // UNION drops what is there already, so the walk ends even if the taxonomy had a ring.
  const rows = await tx.$queryRaw<{ id: string }[]>`
    WITH RECURSIVE within AS (
      SELECT id FROM categories WHERE area_id = ${areaId}::uuid AND id = ANY(${categoryIds}::uuid[])
      UNION
      SELECT child.id FROM categories AS child JOIN within ON child.parent_id = within.id
    )
    SELECT id FROM within`;
  return rows.map((row) => row.id);
}
