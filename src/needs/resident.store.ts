import type { Database, Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { InvalidInput, NotAllowed } from '../failures.ts';
import type { Gender } from '../generated/prisma/enums.ts';
import { demandAtAll, may, POLICY } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { localDateOf } from '../imports/local-time.ts';
import { parseInput } from '../input.ts';
import { demandKnown } from './references.store.ts';
import { birthDateRule, isBirthDate, residentInput } from './resident.ts';

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

/**
 * Registers a resident (登记居民), or writes over the one with the same external id.
 *
 * @returns the resident's id
 * @throws InvalidInput; NotSignedIn; NotAllowed when the community, or that where the resident is registered now, is not
 *   within the viewer's reach
 */
export async function saveResident(database: Database, viewer: Viewer, given: unknown, now: Date): Promise<string> {
  demandAtAll(viewer, 'resident.register');
  const {
    birthDate = null,
    phone = null,
    address = null,
    latitude = null,
    longitude = null,
    ...fields
  } = parseInput(residentInput, given);
  const row = { ...fields, birthDate, phone, address, latitude, longitude };
  return database.transaction(
    async (tx) => {
      await demandKnown(tx, viewer.areaId, { communityId: { kind: 'communities', ids: [row.communityId] } });
      const { utcOffsetMinutes } = await tx.area.findUniqueOrThrow({
        where: { id: viewer.areaId },
        select: { utcOffsetMinutes: true },
      });
      if (birthDate !== null && !isBirthDate(birthDate, localDateOf(now, utcOffsetMinutes))) {
        const { params } = birthDateRule;
        throw new InvalidInput([{ path: ['input', 'birthDate'], ...params }]);
      }
      const standing = await tx.$queryRaw<{ community_id: string }[]>`
      SELECT community_id FROM residents
      WHERE area_id = ${viewer.areaId}::uuid AND external_id = ${row.externalId} FOR UPDATE`;
      for (const communityId of [row.communityId, ...standing.map((resident) => resident.community_id)]) {
        if (!may(viewer, 'resident.register', { areaId: viewer.areaId, communityId })) {
          throw new NotAllowed(POLICY['resident.register'].name);
        }
      }
      const [written] = await upsertResidents(tx, viewer.areaId, [row], now);
      if (!written!.isNew && standing.length === 0) {
        // Somebody registered the same id between the look and the write, perhaps out of the viewer's reach.
        throw InvalidInput.at(['input', 'externalId'], 'taken', '该编号的居民刚被登记', 'was registered a moment ago');
      }
      return written!.id;
    },
    { answerId: (id) => id },
  );
}
