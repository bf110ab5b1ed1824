import { z } from 'zod';
import { plainText } from '../input.ts';
import type { BilingualText } from '../matching/records.ts';

/** What it is called where it is not found. */
export const CAREGIVING: BilingualText = { zh: '照护委托', en: 'caregiving' };

/** How many caregivers a resident may have at once, those who have not accepted yet among them. */
export const MOST_CAREGIVERS = 5;

/** Where a caregiving stands (照护委托状态). */
export const CaregivingState = {
  NAMED: 'NAMED',
  ACCEPTED: 'ACCEPTED',
  ENDED: 'ENDED',
  EXPIRED: 'EXPIRED',
} as const;
export type CaregivingState = keyof typeof CaregivingState;

/** Where it stands at `now`; only an ACCEPTED one gives rights. */
export function stateOf(
  {
    acceptedAt,
    endedAt,
    until,
  }: { readonly acceptedAt: Date | null; readonly endedAt: Date | null; readonly until: Date | null },
  now: Date,
): CaregivingState {
  if (endedAt !== null) return 'ENDED';
  if (until !== null && until <= now) return 'EXPIRED';
  return acceptedAt === null ? 'NAMED' : 'ACCEPTED';
}

/** Who is to act for whom: with a note of how the resident asked for it where someone else records it. */
export const namingInput = z.strictObject({
  residentId: z.uuid(),
  userId: z.uuid(),
  until: z
    .date()
    .nullish()
    .transform((at) => at ?? null),
  note: plainText(1000)
    .nullish()
    .transform((text) => text || null),
});
