import type { Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import type { CommunityRow } from './community.ts';

/** What the database has to say of a bulk write: ids in the order of the rows, and which of them are new. */
export type Upserted = { readonly id: string; readonly isNew: boolean };

/**
 * Writes communities of an area, new ones or over those with the same external id, in one statement.
 *
 * @param rows with external ids that differ from one another
 * @returns one element a row, in their order
 */
export async function upsertCommunities(
  tx: Transaction,
  areaId: string,
  rows: readonly CommunityRow[],
  now: Date,
): Promise<readonly Upserted[]> {
  const written = await tx.$queryRaw<{ external_id: string; id: string; is_new: boolean }[]>`
    INSERT INTO communities (id, area_id, external_id, name, name_en, population, latitude, longitude, office_address, office_phone, created_at, updated_at)
    SELECT id, ${areaId}::uuid, "externalId", name, "nameEn", population, latitude, longitude, "officeAddress", "officePhone", ${now}, ${now}
    FROM jsonb_to_recordset(${JSON.stringify(rows.map((row) => ({ ...row, id: newId() })))}::jsonb) AS row (
      id uuid, "externalId" text, name text, "nameEn" text, population int, latitude float, longitude float, "officeAddress" text, "officePhone" text
    )
    ORDER BY "externalId"
    ON CONFLICT (area_id, external_id) DO UPDATE SET
      name = excluded.name, name_en = excluded.name_en, population = excluded.population, latitude = excluded.latitude,
      longitude = excluded.longitude, office_address = excluded.office_address, office_phone = excluded.office_phone,
      updated_at = excluded.updated_at
    RETURNING external_id, id, (xmax = 0) AS is_new`;
  const byExternalId = new Map(written.map((row) => [row.external_id, { id: row.id, isNew: row.is_new }]));
  return rows.map((row) => byExternalId.get(row.externalId)!);
}

/** Ids of communities of an area by their external ids; those that are not there are left out. */
export async function communityIdsByExternalId(
  tx: Transaction,
  areaId: string,
  externalIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.community.findMany({
    where: { areaId, externalId: { in: [...new Set(externalIds)] } },
    select: { id: true, externalId: true },
  });
  return new Map(rows.map((row) => [row.externalId, row.id]));
}
