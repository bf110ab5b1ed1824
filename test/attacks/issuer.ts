import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JSONWebKeySet, type JWTPayload, SignJWT } from 'jose';

/** A key of the issuer: what signs, and its name. */
export type IssuerKey = { readonly kid: string; readonly algorithm: string; readonly privateKey: CryptoKey };

/** An OpenID Connect issuer on this machine: discovery and keys over HTTP, as the large ones have them. */
export type LocalIssuer = {
  readonly url: string;
  /** Makes a key and publishes it. */
  readonly addKey: (kid: string, algorithm?: string) => Promise<IssuerKey>;
  readonly withdrawKey: (kid: string) => void;
  /** What it publishes. */
  readonly keys: () => JSONWebKeySet;
  /** How often its keys have been fetched. */
  readonly fetches: () => number;
  /** Answers 500 from now on, or no longer. */
  readonly fail: (failing: boolean) => void;
  readonly close: () => Promise<void>;
};

/** Starts an issuer without keys. */
export async function startIssuer(): Promise<LocalIssuer> {
  let keys: JSONWebKeySet['keys'] = [];
  let fetches = 0;
  let failing = false;
  const server = createServer((request, response) => {
    if (request.url === '/keys') fetches += 1;
    const body = request.url === '/keys' ? { keys } : { issuer: url, jwks_uri: `${url}/keys` };
    response.writeHead(failing ? 500 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    addKey: async (kid, algorithm = 'ES256') => {
      const { privateKey, publicKey } = await generateKeyPair(algorithm);
      keys = [...keys, { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' }];
      return { kid, algorithm, privateKey };
    },
    withdrawKey: (kid) => {
      keys = keys.filter((key) => key.kid !== kid);
    },
    keys: () => ({ keys }),
    fetches: () => fetches,
    fail: (value) => {
      failing = value;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Signs claims with a key, under the key's name unless the header says otherwise. */
export function signed(key: IssuerKey, claims: JWTPayload, header: { kid?: string } = {}): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.algorithm, kid: key.kid, typ: 'JWT', ...header })
    .sign(key.privateKey);
}
