import { createRemoteJWKSet, errors, jwtVerify, type RemoteJWKSet } from 'jose';
import { z } from 'zod';
import type { OpenIdSettings } from '../config.ts';

/** Checks bearer tokens of an OpenID Connect issuer. */
export type OpenIdVerifier = {
  /**
   * The subject that the token names at `now`; `null` when the token is not to be believed.
   *
   * @throws IssuerUnreachable when the issuer's keys cannot be had
   */
  readonly subjectOf: (token: string, now: Date) => Promise<string | null>;
};

/** The issuer's description or keys cannot be read, so that no token can be checked. */
export class IssuerUnreachable extends Error {
  override readonly name = 'IssuerUnreachable';
}

/** How keys are kept, in milliseconds. */
export type KeyTimes = {
  /** How long after keys were fetched a key that is not among them makes no other fetch. */
  readonly cooldownMs: number;
  /** How long keys are kept; a key that the issuer withdrew is believed that long at most. */
  readonly keepMs: number;
  /** How long a fetch may take. */
  readonly timeoutMs: number;
  /** How long after a fetch that failed there is no other. */
  readonly pauseMs: number;
};

const KEY_TIMES: KeyTimes = { cooldownMs: 30_000, keepMs: 600_000, timeoutMs: 5000, pauseMs: 5000 };

/** How far the clocks of the issuer and of this machine may differ. */
export const CLOCK_TOLERANCE_SECONDS = 30;
const LONGEST_TOKEN = 8192;
/** OpenID Connect Core 1.0, section 2, `sub`; no control characters, which a database may not take. */
const SUBJECT = /^\P{C}{1,255}$/u;

/**
 * A verifier of the issuer's tokens. Its keys are fetched when the first token comes, again when they are old, and when
 * a token names a key that is not among them (rotation). The algorithms are those of the settings, never the token's.
 *
 * OpenID Connect Discovery 1.0, sections 3 and 4; RFC 7519; RFC 8725.
 */
export function openIdVerifier(settings: OpenIdSettings, times: KeyTimes = KEY_TIMES): OpenIdVerifier {
  const keysOf = keyFinder(settings, times);
  return {
    subjectOf: async (token, now) => {
      if (token.length > LONGEST_TOKEN) return null;
      try {
        const { payload } = await jwtVerify(token, async (header, input) => (await keysOf())(header, input), {
          issuer: settings.issuer,
          audience: settings.audience,
          algorithms: [...settings.algorithms],
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          currentDate: now,
          requiredClaims: ['exp', 'sub'],
        });
        const subject = payload.sub ?? '';
        return SUBJECT.test(subject) ? subject : null;
      } catch (error) {
        if (DISBELIEVED.some((kind) => error instanceof kind)) return null;
        throw error instanceof IssuerUnreachable ? error : new IssuerUnreachable(settings.issuer, { cause: error });
      }
    },
  };
}

/** What is the token's fault; anything else is the issuer's. */
const DISBELIEVED = [
  errors.JWTClaimValidationFailed,
  errors.JWTExpired,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];

/** Gives the issuer's key set, discovered once; while the issuer fails, it is asked again only after a pause. */
function keyFinder(settings: OpenIdSettings, times: KeyTimes): () => Promise<RemoteJWKSet> {
  let discovered: Promise<RemoteJWKSet> | null = null;
  let failedAt = Number.NEGATIVE_INFINITY;
  const fail = (cause: unknown): never => {
    failedAt = performance.now();
    throw new IssuerUnreachable(`${settings.issuer} cannot be read`, { cause });
  };
  return async () => {
    if (performance.now() - failedAt < times.pauseMs) throw new IssuerUnreachable(`${settings.issuer} failed just now`);
    discovered ??= findKeys(settings, times);
    const keys = await discovered.catch((error) => {
      discovered = null;
      return fail(error);
    });
    if (!keys.fresh) await keys.reload().catch(fail);
    return keys;
  };
}

async function findKeys({ issuer, jwksUrl }: OpenIdSettings, times: KeyTimes): Promise<RemoteJWKSet> {
  const url = jwksUrl ?? (await discover(issuer, times.timeoutMs));
  return createRemoteJWKSet(new URL(url), {
    cooldownDuration: times.cooldownMs,
    cacheMaxAge: times.keepMs,
    timeoutDuration: times.timeoutMs,
  });
}

/** The address of the issuer's keys. A description of another issuer is refused. */
async function discover(issuer: string, timeoutMs: number): Promise<string> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(timeoutMs),
    redirect: 'error',
    headers: { accept: 'application/json' },
  });
  if (!response.ok) throw new IssuerUnreachable(`Discovery answered ${response.status}`);
  const { jwks_uri } = z
    .object({ issuer: z.literal(issuer), jwks_uri: z.url({ protocol: /^https?$/ }) })
    .parse(await response.json());
  if (issuer.startsWith('https:') && !jwks_uri.startsWith('https:')) {
    throw new IssuerUnreachable('Discovery gave keys over http');
  }
  return jwks_uri;
}
