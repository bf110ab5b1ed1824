import type { Transaction } from '../database/database.ts';
import type { InputIssue } from '../failures.ts';

/**
 * External ids (of categories: codes) to look up, by what they are of; repeated ones are looked up once. A community or
 * a category may also be called by its name, where only one has it.
 */
export type ReferenceNames = {
  readonly communities?: readonly string[];
  readonly residents?: readonly string[];
  readonly categories?: readonly string[];
  readonly providers?: readonly string[];
  readonly services?: readonly string[];
};

/** The ids of what was found, by the external id, code or name that was given. */
export type References = {
  readonly communities: ReadonlyMap<string, string>;
  readonly residents: ReadonlyMap<string, { readonly id: string; readonly communityId: string }>;
  readonly categories: ReadonlyMap<string, string>;
  readonly providers: ReadonlyMap<string, string>;
  readonly services: ReadonlyMap<string, string>;
};

/** Finds the things of an area that a batch of rows refers to, in one statement. What is not there is left out. */
export async function findReferences(tx: Transaction, areaId: string, names: ReferenceNames): Promise<References> {
  const wanted = (kind: keyof ReferenceNames): string[] => [...new Set(names[kind] ?? [])];
  const rows = await tx.$queryRaw<ReferenceRow[]>`
    SELECT 'communities' AS kind, external_id AS name, id, id AS community_id
      FROM communities WHERE area_id = ${areaId}::uuid AND external_id = ANY(${wanted('communities')})
    UNION ALL SELECT 'communityNames', name, min(id::text)::uuid, NULL
      FROM communities WHERE area_id = ${areaId}::uuid AND name = ANY(${wanted('communities')})
      GROUP BY name HAVING count(*) = 1
    UNION ALL SELECT 'residents', external_id, id, community_id
      FROM residents WHERE area_id = ${areaId}::uuid AND external_id = ANY(${wanted('residents')})
    UNION ALL SELECT 'categories', code, id, NULL
      FROM categories WHERE area_id = ${areaId}::uuid AND code = ANY(${wanted('categories')})
    UNION ALL SELECT 'categoryNames', name, min(id::text)::uuid, NULL
      FROM categories WHERE area_id = ${areaId}::uuid AND name = ANY(${wanted('categories')})
      GROUP BY name HAVING count(*) = 1
    UNION ALL SELECT 'providers', external_id, id, NULL
      FROM providers WHERE area_id = ${areaId}::uuid AND external_id = ANY(${wanted('providers')})
    UNION ALL SELECT 'services', external_id, id, NULL
      FROM services WHERE area_id = ${areaId}::uuid AND external_id = ANY(${wanted('services')})`;
  const found = Map.groupBy(rows, (row) => row.kind);
  const idsOf = (...kinds: ReferenceRow['kind'][]) =>
    new Map(kinds.flatMap((kind) => (found.get(kind) ?? []).map((row) => [row.name, row.id] as const)));
  return {
    // The later entry of a key wins: an external id or a code before a name.
    communities: idsOf('communityNames', 'communities'),
    residents: new Map(
      (found.get('residents') ?? []).map((row) => [row.name, { id: row.id, communityId: row.community_id! }]),
    ),
    categories: idsOf('categoryNames', 'categories'),
    providers: idsOf('providers'),
    services: idsOf('services'),
  };
}

type ReferenceRow = {
  readonly kind: keyof References | 'communityNames' | 'categoryNames';
  readonly name: string;
  readonly id: string;
  readonly community_id: string | null;
};

/** The issue of a column that names things which are not there. */
export function unknownReference(column: string, zh: string, en: string, names: readonly string[]): InputIssue {
  return {
    path: [column],
    rule: 'unknown_reference',
    text: {
      zh: `本区域没有编号为${names.join('、')}的${zh}`,
      en: `names ${en} ${names.map((name) => JSON.stringify(name)).join(', ')}, which this area does not have`,
    },
  };
}
