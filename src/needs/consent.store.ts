import { z } from 'zod';
import { appendAudit } from '../audit/index.ts';
import type { Database, Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { ExpectedFailure, InvalidInput, NotFound } from '../failures.ts';
import { ConsentManner, ConsentPurpose } from '../generated/prisma/enums.ts';
import { demand, reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { parseInput } from '../input.ts';
import { CONSENT_PURPOSES, latestConsent, permits } from '../privacy/index.ts';
import { RESIDENT } from './resident.ts';

const consentInput = z.strictObject({
  residentId: z.uuid(),
  purpose: z.enum(ConsentPurpose),
  given: z.boolean(),
  manner: z.enum(ConsentManner).nullable(),
});

/**
 * Records that a resident gives or withdraws their consent for a purpose (登记同意或撤回同意), and the audit log says who
 * recorded it. What it means holds from then on: see `CONSENT_PURPOSES`. Residents say it themselves; staff record what they
 * were given on paper or told. Nothing that was recorded is ever changed.
 *
 * @returns the record's id
 * @throws InvalidInput, NotSignedIn, NotAllowed, NotFound
 */
export async function recordConsent(database: Database, viewer: Viewer, given: unknown, now: Date): Promise<string> {
  const input = parseInput(consentInput, given);
  const { residentId, purpose } = input;
  return database.transaction(
    async (tx) => {
      const { areaId, userId: actorId } = viewer;
      await lockResident(tx, viewer, residentId, 'consent.record');
      const isOwn = reachOf(viewer, 'consent.record').residentIds.includes(residentId);
      const manner = input.manner ?? (isOwn ? 'SELF' : null);
      if (manner === null || (manner === 'SELF') !== isOwn) {
        const rule = isOwn ? 'own_manner' : 'manner_of_others';
        const zh = isOwn ? '本人办理时须为SELF' : '代办时须说明是书面（PAPER）还是口头（SPOKEN）';
        const en = isOwn ? 'must be SELF for your own' : 'must say whether on PAPER or SPOKEN, for another';
        throw InvalidInput.at(['input', 'manner'], rule, zh, en);
      }
      const id = newId();
      const record = { id, areaId, residentId, purpose, given: input.given, manner, actorId, at: now };
      await tx.consentRecord.create({ data: record });
      const action = input.given ? 'consent.give' : 'consent.withdraw';
      const recorded = { action, subjectType: 'Resident', subjectId: residentId, body: { purpose, manner } };
      await appendAudit(tx, viewer, recorded, now);
      return id;
    },
    { answerId: (id) => id },
  );
}

/** Whether a resident's consent to a purpose is there, or is not needed. */
export async function isPermitted(tx: Transaction, residentId: string, purpose: ConsentPurpose): Promise<boolean> {
  const { basis, consentRecords } = await tx.resident.findUniqueOrThrow({
    where: { id: residentId },
    select: { basis: true, consentRecords: latestConsent(purpose) },
  });
  return permits(basis, consentRecords[0]?.given ?? null);
}

/** What was asked for needs the resident's consent, which is lacking. */
export class ConsentWithheld extends ExpectedFailure {
  readonly code = 'CONSENT_WITHHELD';
  readonly purpose: ConsentPurpose;

  constructor(purpose: ConsentPurpose, path: readonly string[]) {
    const { zh, en } = CONSENT_PURPOSES[purpose];
    super(
      { zh: `居民未同意或已撤回同意：${zh}`, en: `The resident has not given, or has withdrawn, consent: ${en}` },
      path,
    );
    this.purpose = purpose;
  }
}

/** Locks a resident of the viewer's area on whom they may do this. @throws NotSignedIn, NotAllowed, NotFound */
export async function lockResident(
  tx: Transaction,
  viewer: Viewer,
  residentId: string,
  action: 'consent.record' | 'resident.export',
): Promise<void> {
  const [resident] = await tx.$queryRaw<{ communityId: string }[]>`
    SELECT community_id AS "communityId" FROM residents
    WHERE id = ${residentId}::uuid AND area_id = ${viewer.areaId}::uuid AND erased_at IS NULL FOR NO KEY UPDATE`;
  if (resident === undefined) throw new NotFound(RESIDENT, ['input', 'residentId']);
  demand(viewer, action, { areaId: viewer.areaId, ...resident, residentId }, 'resident.read', RESIDENT);
}
