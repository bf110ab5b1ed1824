import type { Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import type { Gender } from '../generated/prisma/enums.ts';

/** One resident as it is written; absent optional columns are null. */
export type ResidentRow = {
  readonly externalId: string;
  readonly communityId: string;
  readonly name: string;
  /** `YYYY-MM-DD`. */
  readonly birthDate: string | null;
  readonly gender: Gender;
  readonly phone: string | null;
  readonly address: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  /** Codes, each once. */
  readonly attributes: readonly string[];
};

/**
 * Writes residents of an area, new ones or over those with the same external id, in one statement.
 *
 * @param rows with external ids that differ from one another and communities of the area
 * @returns one element a row, in their order: its id, and whether it is new
 */
export async function upsertResidents(
  tx: Transaction,
  areaId: string,
  rows: readonly ResidentRow[],
  now: Date,
): Promise<readonly { readonly id: string; readonly isNew: boolean }[]> {
  // In the order of their ids: two batches that write over the same residents do not wait for each other in a ring.
  await tx.$queryRaw`
    SELECT FROM residents WHERE area_id = ${areaId}::uuid AND external_id = ANY(${rows.map((row) => row.externalId)})
    ORDER BY id FOR UPDATE`;
  const written = await tx.$queryRaw<{ external_id: string; id: string; is_new: boolean }[]>`
    INSERT INTO residents (id, area_id, community_id, external_id, name, birth_date, gender, phone, address, latitude, longitude, attributes, created_at, updated_at)
    SELECT id, ${areaId}::uuid, "communityId", "externalId", name, "birthDate", gender, phone, address, latitude, longitude, attributes, ${now}, ${now}
    FROM jsonb_to_recordset(${JSON.stringify(rows.map((row) => ({ ...row, id: newId() })))}::jsonb) AS row (
      id uuid, "communityId" uuid, "externalId" text, name text, "birthDate" date, gender gender, phone text, address text,
      latitude float, longitude float, attributes text[]
    )
    ON CONFLICT (area_id, external_id) DO UPDATE SET
      community_id = excluded.community_id, name = excluded.name, birth_date = excluded.birth_date, gender = excluded.gender,
      phone = excluded.phone, address = excluded.address, latitude = excluded.latitude, longitude = excluded.longitude,
      attributes = excluded.attributes, updated_at = excluded.updated_at
    RETURNING external_id, id, (xmax = 0) AS is_new`;
  const byExternalId = new Map(written.map((row) => [row.external_id, { id: row.id, isNew: row.is_new }]));
  return rows.map((row) => byExternalId.get(row.externalId)!);
}
