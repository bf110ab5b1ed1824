import { z } from 'zod';
import { appendAudit } from '../audit/index.ts';
import type { Database, Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { NotFound } from '../failures.ts';
import { demand } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { parseInput, plainText, rule } from '../input.ts';
import { ConsentWithheld, isPermitted } from './consent.store.ts';
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
export const REVEAL_MS = 15 * 60_000;

/** For what, in the words of who asks; it stays in the audit log, so it tells no numbers. */
export const purposeText: z.ZodType<string, string> = plainText(200, 4).refine(
  (text) => !/\d{7}/.test(text),
  rule('no_numbers', '用途中不得写电话号码或证件号码', 'must not contain telephone or identity numbers'),
);

const revealInput = z.strictObject({
  residentId: z.uuid(),
  fields: z.array(z.enum(RevealedField)).min(1).max(Object.keys(RevealedField).length),
  purpose: purposeText,
});

/**
 * Reveals personal information of a resident to the one who asks, for a purpose (查看个人信息原文); the audit log says so.
 *
 * @returns id of the reveal, by which they read the fields for 15 minutes
 * @throws InvalidInput, NotSignedIn, NotAllowed, NotFound; ConsentWithheld for the telephone of one who is not to be called
 */
export async function revealResident(database: Database, viewer: Viewer, given: unknown, now: Date): Promise<string> {
  const { residentId, fields, purpose } = parseInput(revealInput, given);
  return database.transaction(
    async (tx) => {
      const { areaId, userId } = viewer;
      const resident = await tx.resident.findFirst({
        where: { id: residentId, areaId, erasedAt: null },
        select: { communityId: true },
      });
      const path = ['input', 'residentId'];
      if (resident === null) throw new NotFound(RESIDENT, path);
      const belonging = { areaId, communityId: resident.communityId, residentId };
      demand(viewer, 'resident.reveal', belonging, 'resident.read', RESIDENT, path);
      if (userId === null) throw new NotFound(RESIDENT, path);
      await demandConsent(tx, residentId, fields);
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

/** While a need is under way its resident may be called about it. */
async function demandConsent(tx: Transaction, residentId: string, fields: readonly string[]): Promise<void> {
  if (!fields.includes('PHONE') || (await isPermitted(tx, residentId, 'FOLLOW_UP_CONTACT'))) return;
  const underWay = await tx.need.count({ where: { residentId, state: { notIn: ['CLOSED', 'WITHDRAWN'] } } });
  if (underWay === 0) throw new ConsentWithheld('FOLLOW_UP_CONTACT', ['input', 'fields']);
}
