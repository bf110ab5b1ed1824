import { decodeJwt } from 'jose';

/** What a token says at an instant; `null` when it is not to be believed. */
export type CheckToken<Said> = (token: string, now: Date) => Promise<Said | null>;

const REMEMBERED_TOKENS = 1000;

/**
 * Remembers tokens that were believed, so that a client that sends one with every request has its signature checked now
 * and then only. A key that the issuer withdraws is believed that much longer. What is not believed is checked each time.
 *
 * @param forMs for how long; never past the end of the token
 */
export function rememberingChecks<Said>(check: CheckToken<Said>, forMs = 30_000): CheckToken<Said> {
  const believed = new Map<string, { readonly said: Said; readonly fromMs: number; readonly untilMs: number }>();
  return async (token, now) => {
    const nowMs = now.getTime();
    const known = believed.get(token);
    if (known && known.fromMs <= nowMs && nowMs < known.untilMs) return known.said;
    const said = await check(token, now);
    if (said === null) {
      believed.delete(token);
      return null;
    }
    if (believed.size >= REMEMBERED_TOKENS) believed.clear();
    const endMs = (decodeJwt(token).exp ?? 0) * 1000;
    believed.set(token, { said, fromMs: nowMs, untilMs: Math.min(endMs, nowMs + forMs) });
    return said;
  };
}
