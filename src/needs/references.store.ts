import { CATEGORY } from '../communities/category.ts';
import { COMMUNITY } from '../communities/community.ts';
import type { Transaction } from '../database/database.ts';
import { type InputIssue, InvalidInput } from '../failures.ts';
import { may, reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import type { BilingualText } from '../matching/records.ts';
import { RESIDENT } from './resident.ts';

/** Of what something is that a need or a resident refers to, with its name for messages. */
const KINDS = {
  communities: COMMUNITY,
  residents: RESIDENT,
  categories: CATEGORY,
  providers: { zh: '供给主体', en: 'provider' },
  services: { zh: '服务', en: 'service' },
} as const satisfies Readonly<Record<string, BilingualText>>;
export type ReferenceKind = keyof typeof KINDS;

/**
 * External ids (of categories: codes) to look up, by what they are of; repeated ones are looked up once. A community or
 * a category may also be called by its name, where only one has it.
 */
export type ReferenceNames = Readonly<Partial<Record<ReferenceKind, readonly string[]>>>;

/** What was found, by the external id, code or name that was given, with the community of what belongs to one. */
export type References = Readonly<
  Record<ReferenceKind, ReadonlyMap<string, { readonly id: string; readonly communityId: string | null }>>
>;

/** Finds the things of an area that a batch of rows refers to, in one statement. What is not there is left out. */
export async function findReferences(tx: Transaction, areaId: string, names: ReferenceNames): Promise<References> {
  const wanted = (kind: ReferenceKind): string[] => [...new Set(names[kind] ?? [])];
  const rows = await tx.$queryRaw<ReferenceRow[]>`
    SELECT 'communities' AS kind, external_id AS name, id, id AS "communityId"
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
  // The later entry of a key wins: an external id or a code before a name.
  const entriesOf = (...kinds: ReferenceRow['kind'][]) =>
    new Map(kinds.flatMap((kind) => (found.get(kind) ?? []).map((row) => [row.name, row] as const)));
  return {
    communities: entriesOf('communityNames', 'communities'),
    residents: entriesOf('residents'),
    categories: entriesOf('categoryNames', 'categories'),
    providers: entriesOf('providers'),
    services: entriesOf('services'),
  };
}

type ReferenceRow = {
  readonly kind: ReferenceKind | 'communityNames' | 'categoryNames';
  readonly name: string;
  readonly id: string;
  readonly communityId: string | null;
};

/** Ids that a field of an input names, and of what they are. */
export type NamedIds = { readonly kind: ReferenceKind; readonly ids: readonly string[] };

/**
 * Makes sure that an input names only things of the viewer's area, in one statement; of providers and services only those
 * that they may read.
 *
 * @param named by field of the input
 * @param standing what was named before and may be named again, though it may not be read any more
 * @throws InvalidInput for every field that names something else
 */
export async function demandKnown(
  tx: Transaction,
  viewer: Viewer,
  named: Readonly<Record<string, NamedIds>>,
  standing: readonly string[] = [],
): Promise<void> {
  const { areaId, wholeArea, providerIds } = reachOf(viewer, 'service.readUnpublished');
  const readsAll = wholeArea || may(viewer, 'provider.admit', { areaId });
  const wanted = (kind: ReferenceKind): string[] => [
    ...new Set(Object.values(named).flatMap((field) => (field.kind === kind ? field.ids : []))),
  ];
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM communities WHERE area_id = ${areaId}::uuid AND id = ANY(${wanted('communities')}::uuid[])
    UNION ALL SELECT id FROM residents WHERE area_id = ${areaId}::uuid AND id = ANY(${wanted('residents')}::uuid[])
    UNION ALL SELECT id FROM categories WHERE area_id = ${areaId}::uuid AND id = ANY(${wanted('categories')}::uuid[])
    UNION ALL SELECT id FROM providers WHERE area_id = ${areaId}::uuid AND id = ANY(${wanted('providers')}::uuid[])
      AND (${readsAll} OR admission = 'ADMITTED' OR id = ANY(${[...providerIds]}::uuid[]))
    UNION ALL SELECT s.id FROM services s JOIN providers p ON p.id = s.provider_id
      WHERE s.area_id = ${areaId}::uuid AND s.id = ANY(${wanted('services')}::uuid[])
      AND (${wholeArea} OR (s.status = 'PUBLISHED' AND p.admission = 'ADMITTED') OR p.id = ANY(${[...providerIds]}::uuid[]))`;
  const known = new Set([...standing, ...rows.map((row) => row.id)]);
  const issues = Object.entries(named).flatMap(([field, { kind, ids }]): InputIssue[] => {
    const unknown = ids.filter((id) => !known.has(id));
    if (unknown.length === 0) return [];
    const text = {
      zh: `本区域没有所填的${KINDS[kind].zh}`,
      en: `names a ${KINDS[kind].en} that this area does not have`,
    };
    return [{ path: ['input', field], rule: 'unknown_reference', text }];
  });
  if (issues.length > 0) throw new InvalidInput(issues);
}

/** The issue of a column that names things which are not there. */
export function unknownReference(column: string, kind: ReferenceKind, names: readonly string[]): InputIssue {
  return {
    path: [column],
    rule: 'unknown_reference',
    text: {
      zh: `本区域没有${names.join('、')}这样的${KINDS[kind].zh}`,
      en: `names ${KINDS[kind].en} ${names.map((name) => JSON.stringify(name)).join(', ')}, which this area does not have`,
    },
  };
}
