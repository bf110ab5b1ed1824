import type { Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import type { InputIssue } from '../failures.ts';
import type { ServiceUnit } from '../generated/prisma/enums.ts';
import type { ImportOutcome } from '../imports/definition.ts';
import { type CategoryNode, type CategoryRow, misplaced } from './category.ts';

/**
 * Writes categories of an area, new ones or over those with the same code; one without a place in the taxonomy is
 * rejected with the path `['parentCode']`. Only one transaction at a time changes the taxonomy of an area.
 *
 * @param rows with codes that differ from one another, parents before their children
 * @returns one element a row, in their order
 */
export async function upsertCategories(
  tx: Transaction,
  areaId: string,
  rows: readonly CategoryRow[],
  now: Date,
): Promise<readonly ImportOutcome[]> {
  await tx.$executeRaw`SELECT FROM areas WHERE id = ${areaId}::uuid FOR NO KEY UPDATE`;
  const known = await tx.$queryRaw<CategoryNode[]>`
    SELECT category.id, category.code, parent.code AS "parentCode"
    FROM categories AS category LEFT JOIN categories AS parent ON parent.id = category.parent_id
    WHERE category.area_id = ${areaId}::uuid`;
  const faults = misplaced(known, rows);
  const ids = new Map(known.map(({ id, code }) => [code, id]));
  const knownCodes = new Set(ids.keys());
  const placed = rows.filter((_, index) => faults[index] === null);
  for (const { code } of placed) if (!ids.has(code)) ids.set(code, newId());
  const records = placed.map(({ parentCode, ...row }) => ({
    ...row,
    id: ids.get(row.code)!,
    parentId: parentCode === null ? null : ids.get(parentCode)!,
  }));
  await tx.$executeRaw`
    INSERT INTO categories (id, area_id, code, parent_id, name, name_en, room_class, unit, accept_within_hours, complete_within_hours, synonyms, created_at, updated_at)
    SELECT id, ${areaId}::uuid, code, "parentId", name, "nameEn", "roomClass", unit, "acceptWithinHours", "completeWithinHours", synonyms, ${now}, ${now}
    FROM jsonb_to_recordset(${JSON.stringify(records)}::jsonb) AS row (
      id uuid, code text, "parentId" uuid, name text, "nameEn" text, "roomClass" room_class, unit service_unit,
      "acceptWithinHours" int, "completeWithinHours" int, synonyms text[]
    )
    ON CONFLICT (area_id, code) DO UPDATE SET
      parent_id = excluded.parent_id, name = excluded.name, name_en = excluded.name_en, room_class = excluded.room_class,
      unit = excluded.unit, accept_within_hours = excluded.accept_within_hours,
      complete_within_hours = excluded.complete_within_hours, synonyms = excluded.synonyms, updated_at = excluded.updated_at`;
  return rows.map((row, index): ImportOutcome => {
    const fault = faults[index]!;
    if (fault !== null) return { outcome: 'REJECTED', issues: [placeIssue(fault, row)] };
    return { outcome: knownCodes.has(row.code) ? 'UPDATED' : 'CREATED', id: ids.get(row.code)! };
  });
}

/** What a service or a need asks of its category. */
export type CategoryOfArea = { readonly id: string; readonly code: string; readonly unit: ServiceUnit };

/** Categories of an area by their codes; those that are not there are left out. */
export async function categoriesByCode(
  tx: Transaction,
  areaId: string,
  codes: readonly string[],
): Promise<ReadonlyMap<string, CategoryOfArea>> {
  const rows = await tx.category.findMany({
    where: { areaId, code: { in: [...new Set(codes)] } },
    select: { id: true, code: true, unit: true },
  });
  return new Map(rows.map((row) => [row.code, row]));
}

function placeIssue(fault: 'UNKNOWN_PARENT' | 'CYCLE', { code, parentCode }: CategoryRow): InputIssue {
  if (fault === 'CYCLE') {
    return {
      path: ['parentCode'],
      rule: 'cycle',
      text: { zh: `${parentCode}是${code}自己的下级`, en: `${parentCode} is itself below ${code}` },
    };
  }
  return {
    path: ['parentCode'],
    rule: 'unknown_reference',
    text: { zh: `没有上级类别${parentCode}`, en: `there is no category ${parentCode}` },
  };
}
