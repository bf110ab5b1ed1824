import { CATEGORIES_NAMED, categoryUnclearText, sureCategory } from '../communities/category-by-text.ts';
import { categoriesByCode, communityIdsByExternalId, readCategoryFinder } from '../communities/index.ts';
import type { Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { WrittenMeanwhile } from '../database/sql-state.ts';
import type { InputIssue } from '../failures.ts';
import type { ServiceStatus } from '../generated/prisma/enums.ts';
import type { ImportContext, ImportOutcome } from '../imports/definition.ts';
import type { JsonObject } from '../ledger/chain.ts';
import { appendLedgerEntries, type NewLedgerEntry } from '../ledger/index.ts';
import { providerIdsByExternalId } from './provider.store.ts';
import type { ServiceRow } from './service.ts';
import { type ResolvedService, replaceServiceParts } from './service-parts.store.ts';

/** Who writes, where and when. */
export type ServiceWriting = Pick<ImportContext, 'areaId' | 'utcOffsetMinutes' | 'actorId' | 'now'>;

/** What a service was before it is written over. */
type Former = {
  readonly id: string;
  readonly external_id: string;
  readonly status: ServiceStatus;
  readonly main_category_id: string | null;
};

/**
 * Writes services of an area, new ones or over those with the same external id, with all their parts, the places of
 * their running capacity periods and the ledger entries of what is published and withdrawn thereby. A row that refers
 * to something that is not there is rejected, with paths by field, and the others are written.
 *
 * @param rows with external ids that differ from one another
 * @returns one element a row, in their order
 */
export async function writeServices(
  tx: Transaction,
  writing: ServiceWriting,
  rows: readonly ServiceRow[],
): Promise<readonly ImportOutcome[]> {
  const found = await resolveReferences(tx, writing.areaId, rows);
  const former = await lockFormer(tx, writing.areaId, rows);
  const services = found.flatMap((row) =>
    'issues' in row ? [] : [{ ...row, id: former.get(row.row.externalId)?.id ?? newId() }],
  );
  const ids = await upsertServices(tx, writing, services);
  if (services.some(({ id, row }) => ids.get(row.externalId) !== id)) throw new WrittenMeanwhile();
  await replaceServiceParts(tx, services);
  await adjustRunningPlaces(
    tx,
    writing,
    services.filter(({ row }) => former.has(row.externalId)),
  );
  await appendLedgerEntries(tx, writing.areaId, publicationEntries(writing.actorId, services, former), writing.now);
  return found.map((row): ImportOutcome => {
    if ('issues' in row) return { outcome: 'REJECTED', issues: row.issues };
    const { externalId } = row.row;
    return { outcome: former.has(externalId) ? 'UPDATED' : 'CREATED', id: ids.get(externalId)! };
  });
}

async function resolveReferences(
  tx: Transaction,
  areaId: string,
  given: readonly ServiceRow[],
): Promise<readonly (Omit<ResolvedService, 'id'> | { readonly issues: readonly InputIssue[] })[]> {
  const rows = await withCategories(tx, areaId, given);
  const named = <T>(namesOf: (row: ServiceRow) => readonly T[]) => rows.flatMap(({ row }) => namesOf(row));
  const providers = await providerIdsByExternalId(
    tx,
    areaId,
    named((row) => [row.provider]),
  );
  const communities = await communityIdsByExternalId(
    tx,
    areaId,
    named((row) => row.communities),
  );
  const categories = await categoriesByCode(
    tx,
    areaId,
    named((row) => row.categories),
  );
  return rows.map(({ row, issue }) => {
    const issues = issue === null ? [] : [issue];
    const providerId = providers.get(row.provider);
    if (providerId === undefined) issues.push(unknown('provider', row.provider, '供给主体', 'provider'));
    for (const code of row.categories) {
      if (!categories.has(code)) issues.push(unknown('categories', code, '类别', 'category'));
    }
    for (const id of row.communities) {
      if (!communities.has(id)) issues.push(unknown('communities', id, '社区', 'community'));
    }
    if (issues.length > 0) return { issues };
    const [main, ...others] = row.categories.map((code) => categories.get(code)!);
    return {
      row,
      providerId: providerId!,
      categories: [main!, ...others] as const,
      communityIds: row.communities.map((id) => communities.get(id)!),
    };
  });
}

/** Rows with the category that their words surely mean where none is stated, or an issue that says how far it is open. */
async function withCategories(
  tx: Transaction,
  areaId: string,
  rows: readonly ServiceRow[],
): Promise<readonly { readonly row: ServiceRow; readonly issue: InputIssue | null }[]> {
  if (rows.every((row) => row.categories.length > 0)) return rows.map((row) => ({ row, issue: null }));
  const rank = await readCategoryFinder(tx, areaId);
  return rows.map((row) => {
    if (row.categories.length > 0) return { row, issue: null };
    const name = [row.name, ...row.keywords].join(' ');
    const byName = rank(name, CATEGORIES_NAMED);
    const byAll = sureCategory(byName) === null ? rank(`${name} ${row.description}`, CATEGORIES_NAMED) : byName;
    const code = sureCategory(byAll);
    if (code !== null) return { row: { ...row, categories: [code] }, issue: null };
    return { row, issue: { path: ['categories'], rule: 'category_unclear', text: categoryUnclearText(byAll) } };
  });
}

function unknown(field: keyof ServiceRow, given: string, zh: string, en: string): InputIssue {
  return {
    path: [field],
    rule: 'unknown_reference',
    text: { zh: `没有${zh}${given}`, en: `there is no ${en} ${given}` },
  };
}

/** Services that are there already, locked until the transaction ends, by external id. */
async function lockFormer(
  tx: Transaction,
  areaId: string,
  rows: readonly ServiceRow[],
): Promise<ReadonlyMap<string, Former>> {
  const former = await tx.$queryRaw<Former[]>`
    SELECT service.id, external_id, status::text AS status, main.category_id AS main_category_id
    FROM services AS service LEFT JOIN service_categories AS main ON main.service_id = service.id AND main.position = 0
    WHERE area_id = ${areaId}::uuid AND external_id = ANY(${rows.map((row) => row.externalId)})
    ORDER BY service.id FOR NO KEY UPDATE OF service`;
  return new Map(former.map((service) => [service.external_id, service]));
}

/** Writes the services themselves. Gives their ids by external id. */
async function upsertServices(
  tx: Transaction,
  { areaId, now }: ServiceWriting,
  services: readonly ResolvedService[],
): Promise<ReadonlyMap<string, string>> {
  const records = services.map(({ id, row, providerId }) => ({
    id,
    providerId,
    externalId: row.externalId,
    name: row.name,
    nameEn: row.nameEn,
    description: row.description,
    nature: row.nature,
    status: row.status,
    keywords: row.keywords,
    radiusMetres: row.radiusMetres,
    places: row.places,
    capacityPeriod: row.capacityPeriod,
    giftFen: row.giftFen,
    validFrom: row.validFrom,
    validTo: row.validTo,
  }));
  const written = await tx.$queryRaw<{ id: string; external_id: string }[]>`
    INSERT INTO services (id, area_id, provider_id, external_id, name, name_en, description, nature, status, keywords,
      radius_metres, places, capacity_period, gift_fen, valid_from, valid_to, published_at, created_at, updated_at)
    SELECT id, ${areaId}::uuid, "providerId", "externalId", name, "nameEn", description, nature, status, keywords,
      "radiusMetres", places, "capacityPeriod", "giftFen", "validFrom", "validTo",
      CASE status WHEN 'PUBLISHED' THEN ${now}::timestamptz END, ${now}, ${now}
    FROM jsonb_to_recordset(${JSON.stringify(records)}::jsonb) AS row (
      id uuid, "providerId" uuid, "externalId" text, name text, "nameEn" text, description text, nature service_nature,
      status service_status, keywords text[], "radiusMetres" int, places int, "capacityPeriod" capacity_period,
      "giftFen" int, "validFrom" timestamptz, "validTo" timestamptz
    )
    ORDER BY "externalId"
    ON CONFLICT (area_id, external_id) DO UPDATE SET
      provider_id = excluded.provider_id, name = excluded.name, name_en = excluded.name_en,
      description = excluded.description, nature = excluded.nature, status = excluded.status,
      keywords = excluded.keywords, radius_metres = excluded.radius_metres, places = excluded.places,
      capacity_period = excluded.capacity_period, gift_fen = excluded.gift_fen, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
      published_at = CASE
        WHEN excluded.status = 'PUBLISHED' AND services.status = 'PUBLISHED' THEN services.published_at
        WHEN excluded.status = 'PUBLISHED' THEN excluded.published_at
        ELSE services.published_at END,
      updated_at = excluded.updated_at
    RETURNING id, external_id`;
  return new Map(written.map((service) => [service.external_id, service.id]));
}

/** Gives the running and coming capacity periods the places now offered, never fewer than are taken already. */
async function adjustRunningPlaces(
  tx: Transaction,
  { utcOffsetMinutes, now }: ServiceWriting,
  services: readonly ResolvedService[],
): Promise<void> {
  const limited = services.filter(({ row }) => row.places !== null).map(({ id }) => id);
  if (limited.length === 0) return;
  await tx.$executeRaw`
    WITH running AS (
      SELECT capacity.id, service.places
      FROM service_capacities AS capacity
      JOIN services AS service ON service.id = capacity.service_id
      CROSS JOIN (SELECT (${now}::timestamptz AT TIME ZONE 'UTC' + make_interval(mins => ${utcOffsetMinutes}::int))::date AS today) AS local
      WHERE service.id = ANY(${limited}::uuid[]) AND capacity.places <> service.places
        AND CASE service.capacity_period
          WHEN 'DAY' THEN capacity.period_start >= today
          WHEN 'WEEK' THEN capacity.period_start >= date_trunc('week', today::timestamp)::date
          WHEN 'MONTH' THEN capacity.period_start >= date_trunc('month', today::timestamp)::date
          ELSE TRUE END
      ORDER BY capacity.id FOR UPDATE OF capacity
    )
    UPDATE service_capacities AS capacity
    SET places = GREATEST(running.places, capacity.reserved + capacity.consumed)
    FROM running WHERE running.id = capacity.id`;
}

/**
 * What the ledgers record: a service that comes onto the list or leaves it. One that changes its main category while it
 * is on the list leaves one book and enters another.
 */
function publicationEntries(
  actorId: string | null,
  services: readonly ResolvedService[],
  former: ReadonlyMap<string, Former>,
): NewLedgerEntry[] {
  return services.flatMap(({ id, row, categories: [main] }) => {
    const before = former.get(row.externalId);
    const book = before?.status === 'PUBLISHED' ? before.main_category_id : null;
    const nextBook = row.status === 'PUBLISHED' ? main.id : null;
    if (book === nextBook) return [];
    const entry = { communityId: null, subjectId: id, actorId, body: publicationBody(row) };
    return [
      ...(book === null ? [] : [{ ...entry, kind: 'SERVICE_WITHDRAWN' as const, categoryId: book }]),
      ...(nextBook === null ? [] : [{ ...entry, kind: 'SERVICE_PUBLISHED' as const, categoryId: nextBook }]),
    ];
  });
}

function publicationBody(row: ServiceRow): JsonObject {
  return {
    externalId: row.externalId,
    provider: row.provider,
    name: row.name,
    nature: row.nature,
    status: row.status,
    priceFen: row.priceFen,
    ...(row.giftFen === 0 ? {} : { giftFen: row.giftFen }),
    places: row.places,
    capacityPeriod: row.capacityPeriod,
  };
}
