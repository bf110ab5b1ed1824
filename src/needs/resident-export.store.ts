import { z } from 'zod';
import { appendAudit } from '../audit/index.ts';
import type { Database } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { InvalidInput, NotFound } from '../failures.ts';
import { reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { parseInput } from '../input.ts';
import { lockResident } from './consent.store.ts';
import { RESIDENT } from './resident.ts';
import { purposeText, REVEAL_MS } from './reveal.store.ts';

/** A reveal with this in the place of its fields is an export. */
export const EXPORTED = 'EVERYTHING';

const exportInput = z.strictObject({ residentId: z.uuid(), purpose: purposeText.nullable() });

/**
 * Exports everything about a resident to the one who asks (导出个人信息): to residents themselves, who need not say why, and to
 * staff for a purpose. The audit log says so.
 *
 * @returns id of the export, by which they read the document for 15 minutes
 * @throws InvalidInput, NotSignedIn, NotAllowed, NotFound
 */
export async function exportResident(database: Database, viewer: Viewer, given: unknown, now: Date): Promise<string> {
  const { residentId, purpose: said } = parseInput(exportInput, given);
  return database.transaction(
    async (tx) => {
      const { areaId, userId } = viewer;
      await lockResident(tx, viewer, residentId, 'resident.export');
      if (userId === null) throw new NotFound(RESIDENT, ['input', 'residentId']);
      const isOwn = reachOf(viewer, 'resident.export').residentIds.includes(residentId);
      const purpose = said ?? (isOwn ? OWN_COPY : null);
      if (purpose === null) {
        throw InvalidInput.at(['input', 'purpose'], 'required', '须说明用途', 'a purpose is required');
      }
      const id = newId();
      const until = new Date(now.getTime() + REVEAL_MS);
      await tx.residentReveal.create({
        data: { id, areaId, residentId, userId, fields: [EXPORTED], purpose, at: now, until },
      });
      const exported = { action: 'resident.export', subjectType: 'Resident', subjectId: residentId, purpose };
      await appendAudit(tx, viewer, exported, now);
      return id;
    },
    { answerId: (id) => id },
  );
}

/** The purpose of who asks for a copy of their own (Personal Information Protection Law, art. 45). */
const OWN_COPY = 'OWN_COPY';
