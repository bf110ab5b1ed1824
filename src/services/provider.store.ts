import type { Upserted } from '../communities/index.ts';
import type { Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import type { ProviderRow } from './provider.ts';

/**
 * Writes providers of an area, new ones or over those with the same external id, in one statement.
 *
 * @param rows with external ids that differ from one another
 * @returns one element a row, in their order
 */
export async function upsertProviders(
  tx: Transaction,
  areaId: string,
  rows: readonly ProviderRow[],
  now: Date,
): Promise<readonly Upserted[]> {
  const written = await tx.$queryRaw<{ external_id: string; id: string; is_new: boolean }[]>`
    INSERT INTO providers (id, area_id, external_id, name, name_en, kind, admission, description, phone, email, address, latitude, longitude, created_at, updated_at)
    SELECT id, ${areaId}::uuid, "externalId", name, "nameEn", kind, admission, description, phone, email, address, latitude, longitude, ${now}, ${now}
    FROM jsonb_to_recordset(${JSON.stringify(rows.map((row) => ({ ...row, id: newId() })))}::jsonb) AS row (
      id uuid, "externalId" text, name text, "nameEn" text, kind provider_kind, admission provider_admission, description text,
      phone text, email text, address text, latitude float, longitude float
    )
    ORDER BY "externalId"
    ON CONFLICT (area_id, external_id) DO UPDATE SET
      name = excluded.name, name_en = excluded.name_en, kind = excluded.kind, admission = excluded.admission,
      description = excluded.description, phone = excluded.phone, email = excluded.email, address = excluded.address,
      latitude = excluded.latitude, longitude = excluded.longitude, updated_at = excluded.updated_at
    RETURNING external_id, id, (xmax = 0) AS is_new`;
  const byExternalId = new Map(written.map((row) => [row.external_id, { id: row.id, isNew: row.is_new }]));
  return rows.map((row) => byExternalId.get(row.externalId)!);
}

/** Ids of providers of an area by their external ids; those that are not there are left out. */
export async function providerIdsByExternalId(
  tx: Transaction,
  areaId: string,
  externalIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.provider.findMany({
    where: { areaId, externalId: { in: [...new Set(externalIds)] } },
    select: { id: true, externalId: true },
  });
  return new Map(rows.map((row) => [row.externalId, row.id]));
}
