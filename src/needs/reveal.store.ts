import { z } from 'zod';
import { appendAudit } from '../audit/index.ts';
import type { Database } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { NotFound } from '../failures.ts';
import { demand } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { parseInput, plainText, rule } from '../input.ts';
import { RESIDENT } from './resident.ts';

/** What of a resident can be revealed. */
export const RevealedField = {
  NAME: 'NAME',
  PHONE: 'PHONE',
  ADDRESS: 'ADDRESS',
  IDENTITY_NUMBER: 'IDENTITY_NUMBER',
  ATTRIBUTES: 'ATTRIBUTES',
} as const;

/** How long the one who asked reads what was revealed. */
const REVEAL_MS = 15 * 60_000;

const revealInput = z.strictObject({
  residentId: z.uuid(),
  fields: z.array(z.enum(RevealedField)).min(1).max(Object.keys(RevealedField).length),
  purpose: plainText(200, 4).refine(
    (text) => !/\d{7}/.test(text),
    rule('no_numbers', '用途中不得写电话号码或证件号码', 'must not contain telephone or identity numbers'),
  ),
});

/**
 * Reveals personal information of a resident to the one who asks, for a purpose (查看个人信息原文); the audit log says so.
 *
 * @returns id of the reveal, by which they read the fields for 15 minutes
 * @throws InvalidInput, NotSignedIn, NotAllowed, NotFound
 */
export async function revealResident(database: Database, viewer: Viewer, given: unknown, now: Date): Promise<string> {
  const { residentId, fields, purpose } = parseInput(revealInput, given);
  return database.transaction(
    async (tx) => {
      const { areaId, userId } = viewer;
      const resident = await tx.resident.findFirst({
        where: { id: residentId, areaId },
        select: { communityId: true },
      });
      const path = ['input', 'residentId'];
      if (resident === null) throw new NotFound(RESIDENT, path);
      const belonging = { areaId, communityId: resident.communityId, residentId };
      demand(viewer, 'resident.reveal', belonging, 'resident.read', RESIDENT, path);
      if (userId === null) throw new NotFound(RESIDENT, path);
      const id = newId();
      const shown = [...new Set(fields)].sort();
      const until = new Date(now.getTime() + REVEAL_MS);
      await tx.residentReveal.create({
        data: { id, areaId, residentId, userId, fields: shown, purpose, at: now, until },
      });
      const revealed = { action: 'resident.reveal', subjectType: 'Resident', subjectId: residentId, purpose };
      await appendAudit(tx, viewer, { ...revealed, body: { fields: shown } }, now);
      return id;
    },
    { answerId: (id) => id },
  );
}
