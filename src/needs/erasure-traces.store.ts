import type { Transaction } from '../database/database.ts';

/**
 * Removes what other tables hold of a resident who is erased: the data key, reveals, the words, place, price and preferences
 * of the needs and the office's ids of them, what match runs found for them and the recorded inputs of those runs (they
 * cannot be replayed any more), the hashes of inputs kept for clients' keys, who acted for them, and the signing in of the resident. What is
 * append-only stays: events and appraisals of orders, whose words are not shown any more, ledgers and the audit log.
 *
 * @param needIds all needs of the resident, locked
 */
export async function forgetTraces(tx: Transaction, residentId: string, needIds: readonly string[]): Promise<void> {
  await forgetKeys(tx, residentId, needIds);
  await tx.residentKey.deleteMany({ where: { residentId } });
  await tx.residentReveal.deleteMany({ where: { residentId } });
  await tx.caregiving.deleteMany({ where: { residentId } });
  await forgetSignIn(tx, residentId);
  await tx.$executeRaw`
    DELETE FROM match_run_inputs WHERE match_run_id IN (
      SELECT match_run_id FROM match_outcomes WHERE need_id = ANY(${needIds}::uuid[])
      UNION SELECT match_run_id FROM candidates WHERE need_id = ANY(${needIds}::uuid[]))`;
  await tx.$executeRaw`DELETE FROM match_outcomes WHERE need_id = ANY(${needIds}::uuid[])`;
  await tx.$executeRaw`
    DELETE FROM candidates c WHERE need_id = ANY(${needIds}::uuid[])
      AND NOT EXISTS (SELECT FROM orders WHERE candidate_id = c.id)`;
  await tx.$executeRaw`
    UPDATE candidates SET factors = '[]', distance_metres = NULL WHERE need_id = ANY(${needIds}::uuid[])`;
  await tx.$executeRaw`DELETE FROM need_preferences WHERE need_id = ANY(${needIds}::uuid[])`;
  await tx.$executeRaw`
    UPDATE needs SET external_id = 'erased:' || id, title = '', description = '', latitude = NULL, longitude = NULL,
      preferred_windows = '[]', maximum_price_fen = NULL, earliest_at = NULL, deadline_at = NULL
    WHERE id = ANY(${needIds}::uuid[])`;
}

/** Hashes of inputs could be guessed. The key of the call that erases has no answer yet, and stays. */
async function forgetKeys(tx: Transaction, residentId: string, needIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`
    DELETE FROM idempotency_keys WHERE answer_id IS NOT NULL AND (
      answer_id = ${residentId}::uuid OR answer_id = ANY(${needIds}::uuid[])
      OR answer_id IN (SELECT id FROM orders WHERE need_id = ANY(${needIds}::uuid[]))
      OR answer_id IN (SELECT a.id FROM appraisals a JOIN orders o ON o.id = a.order_id WHERE o.need_id = ANY(${needIds}::uuid[]))
      OR answer_id IN (SELECT id FROM resident_reveals WHERE resident_id = ${residentId}::uuid)
      OR answer_id IN (SELECT id FROM consent_records WHERE resident_id = ${residentId}::uuid))`;
}

/** A user who was the resident and nobody else is no person any more; events that they made keep the id. */
async function forgetSignIn(tx: Transaction, residentId: string): Promise<void> {
  const signedIn = await tx.$queryRaw<{ userId: string }[]>`
    SELECT user_id AS "userId" FROM role_grants WHERE resident_id = ${residentId}::uuid AND role = 'RESIDENT'`;
  await tx.$executeRaw`DELETE FROM role_grants WHERE resident_id = ${residentId}::uuid`;
  await tx.$executeRaw`
    UPDATE users SET subject = 'erased:' || id, display_name = ''
    WHERE id = ANY(${signedIn.map(({ userId }) => userId)}::uuid[])
      AND NOT EXISTS (SELECT FROM role_grants WHERE user_id = users.id)`;
}
