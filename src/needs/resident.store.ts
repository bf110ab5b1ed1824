import { appendAudit } from '../audit/index.ts';
import type { Database, Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { asSystem } from '../database/row-wall.ts';
import { InvalidInput, NotAllowed } from '../failures.ts';
import type { Gender } from '../generated/prisma/enums.ts';
import { demandAtAll, may, POLICY } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { localDateOf } from '../imports/local-time.ts';
import { parseInput } from '../input.ts';
import { keyringIn, sealInformation, writeResidentKeys } from '../privacy/index.ts';
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
  readonly identityNumber: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  /** Codes, each once. */
  readonly attributes: readonly string[];
};

/**
 * Writes residents of an area, new ones or over those with the same external id, sealed, in three
 * statements.
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
  const standing = await tx.$queryRaw<{ id: string; externalId: string }[]>`
    SELECT id, external_id AS "externalId" FROM residents WHERE area_id = ${areaId}::uuid AND external_id = ANY(${rows.map((row) => row.externalId)})
    ORDER BY id FOR UPDATE`;
  const idOf = new Map(standing.map(({ id, externalId }) => [externalId, id]));
  const keyring = keyringIn(tx);
  // What is sealed belongs to the id, so the id is known before the row is written.
  const sealed = rows.map((row) => {
    const id = idOf.get(row.externalId) ?? newId();
    return { ...row, id, ...sealInformation(keyring, areaId, id, row) };
  });
  const written = await tx.$queryRaw<{ externalId: string; id: string; isNew: boolean }[]>`
    INSERT INTO residents (id, area_id, community_id, external_id, name, birth_date, gender, phone, address, identity_number,
      latitude, longitude, attributes, is_sealed, name_index, phone_index, identity_number_index, created_at, updated_at)
    SELECT id, ${areaId}::uuid, "communityId", "externalId", name, "birthDate", gender, phone, address, "identityNumber",
      latitude, longitude, attributes, true, "nameIndex", "phoneIndex", "identityNumberIndex", ${now}, ${now}
    FROM jsonb_to_recordset(${JSON.stringify(sealed)}::jsonb) AS row (
      id uuid, "communityId" uuid, "externalId" text, name text, "birthDate" date, gender gender, phone text, address text,
      "identityNumber" text, latitude float, longitude float, attributes text[], "nameIndex" text, "phoneIndex" text,
      "identityNumberIndex" text
    )
    ON CONFLICT (area_id, external_id) DO UPDATE SET
      community_id = excluded.community_id, name = excluded.name, birth_date = excluded.birth_date, gender = excluded.gender,
      phone = excluded.phone, address = excluded.address, identity_number = excluded.identity_number,
      latitude = excluded.latitude, longitude = excluded.longitude, attributes = excluded.attributes,
      is_sealed = excluded.is_sealed, name_index = excluded.name_index, phone_index = excluded.phone_index,
      identity_number_index = excluded.identity_number_index, updated_at = excluded.updated_at
    RETURNING external_id AS "externalId", id, (xmax = 0) AS "isNew"`;
  const byExternalId = new Map(written.map(({ externalId, ...row }) => [externalId, row]));
  if (sealed.some(({ id, externalId }) => byExternalId.get(externalId)!.id !== id)) {
    // Somebody registered one of them between the look and the write; now it is locked, and sealed for its own id.
    return upsertResidents(tx, areaId, rows, now);
  }
  await writeResidentKeys(
    tx,
    sealed.map(({ id, key }) => ({ residentId: id, key })),
  );
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
    identityNumber = null,
    latitude = null,
    longitude = null,
    ...fields
  } = parseInput(residentInput, given);
  const row = { ...fields, birthDate, phone, address, identityNumber, latitude, longitude };
  return database.transaction(
    async (tx) => {
      await demandKnown(tx, viewer, { communityId: { kind: 'communities', ids: [row.communityId] } });
      const { utcOffsetMinutes } = await tx.area.findUniqueOrThrow({
        where: { id: viewer.areaId },
        select: { utcOffsetMinutes: true },
      });
      if (birthDate !== null && !isBirthDate(birthDate, localDateOf(now, utcOffsetMinutes))) {
        const { params } = birthDateRule;
        throw new InvalidInput([{ path: ['input', 'birthDate'], ...params }]);
      }
      // An external id may be taken where the viewer does not see it.
      const standing = await asSystem(
        tx,
        () => tx.$queryRaw<{ community_id: string }[]>`
        SELECT community_id FROM residents
        WHERE area_id = ${viewer.areaId}::uuid AND external_id = ${row.externalId} FOR UPDATE`,
      );
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
      await appendAudit(
        tx,
        viewer,
        { action: 'resident.save', subjectType: 'Resident', subjectId: written!.id, body: { isNew: written!.isNew } },
        now,
      );
      return written!.id;
    },
    { answerId: (id) => id },
  );
}
