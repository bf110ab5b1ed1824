import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CryptoKey, errors, exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { Role } from '../generated/prisma/enums.ts';

const ISSUER = 'liangdan-development';
const AUDIENCE = 'liangdan';
const ALGORITHM = 'EdDSA';
/** Name of the key's file in the data folder. */
export const DEVELOPMENT_KEY_FILE = 'development-key.json';

const externalId = z.string().min(1).max(100).optional();
const claims = z.object({
  area: externalId,
  role: z.enum(Role),
  community: externalId,
  provider: externalId,
  resident: externalId,
});

/**
 * Whom a development token speaks for: a role, and the external id of the community, provider or resident over which
 * it is held. What is left out is chosen by `developmentUser`. So a token can be made without the database.
 */
export type DevelopmentClaims = z.output<typeof claims>;

/** Signs and checks tokens for development, with a key of its own (Ed25519). */
export type DevelopmentIssuer = {
  /** A token that is good for `validForDays` from `now`. */
  readonly sign: (claims: DevelopmentClaims, now: Date, validForDays?: number) => Promise<string>;
  /** Whom the token speaks for at `now`; `null` when it is not ours, altered or expired. */
  readonly check: (token: string, now: Date) => Promise<DevelopmentClaims | null>;
};

/** The key's file can be read by others than its owner, so that anyone may have copied the key. */
export class KeyOpenToOthers extends Error {
  override readonly name = 'KeyOpenToOthers';
}

/**
 * Opens the built-in issuer: its key is read from the data folder, or made there on the first start with mode 600.
 *
 * @throws KeyOpenToOthers
 */
export async function openDevelopmentIssuer(dataFolder: string): Promise<DevelopmentIssuer> {
  const { privateKey, publicKey } = await loadKeys(dataFolder);
  return {
    sign: (claims, now, validForDays = 30) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: ALGORITHM })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(claims.role)
        .setIssuedAt(now)
        .setExpirationTime(new Date(now.getTime() + validForDays * 86_400_000))
        .sign(privateKey),
    check: async (token, now) => {
      try {
        const { payload } = await jwtVerify(token, publicKey, {
          issuer: ISSUER,
          audience: AUDIENCE,
          algorithms: [ALGORITHM],
          currentDate: now,
          requiredClaims: ['exp', 'sub'],
        });
        return claims.parse(payload);
      } catch (error) {
        if (error instanceof errors.JOSEError || error instanceof z.ZodError) return null;
        throw error;
      }
    },
  };
}

async function loadKeys(dataFolder: string): Promise<{ privateKey: CryptoKey; publicKey: CryptoKey }> {
  const file = join(dataFolder, DEVELOPMENT_KEY_FILE);
  if (!existsSync(file)) {
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    writeFileSync(file, `${JSON.stringify(await exportJWK(privateKey))}\n`, { mode: 0o600 });
  }
  demandOwnersOnly(file);
  const jwk = JSON.parse(readFileSync(file, 'utf8'));
  const { d: _secret, ...publicPart } = jwk;
  return {
    privateKey: (await importJWK(jwk, ALGORITHM)) as CryptoKey,
    publicKey: (await importJWK(publicPart, ALGORITHM)) as CryptoKey,
  };
}

function demandOwnersOnly(file: string): void {
  const mode = statSync(file).mode & 0o777;
  if (process.platform === 'win32' || (mode & 0o077) === 0) return;
  throw new KeyOpenToOthers(
    `${file} can be read by others (mode ${mode.toString(8)}, must be 600). Delete it: a new key is made at the next start.`,
  );
}
