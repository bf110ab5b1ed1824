import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openIdVerifier } from '../../src/identity/oidc.ts';
import { NOW, signIn } from '../area.ts';
import { openTarget, type Target } from './attack.ts';
import { type IssuerKey, type LocalIssuer, signed, startIssuer } from './issuer.ts';

const seconds = Math.floor(NOW.getTime() / 1000);
const WHO = '{ area { name } }';
let issuer: LocalIssuer;
let key: IssuerKey;
let target: Target;
let claims: { iss: string; aud: string; sub: string; exp: number };

beforeAll(async () => {
  issuer = await startIssuer();
  key = await issuer.addKey('k1');
  await issuer.addKey('rsa', 'RS256');
  target = await openTarget(
    {},
    openIdVerifier({
      issuer: issuer.url,
      audience: 'liangdan',
      algorithms: ['RS256', 'ES256', 'EdDSA'],
      jwksUrl: null,
    }),
  );
  claims = { iss: issuer.url, aud: 'liangdan', sub: 'li.na', exp: seconds + 300 };
  const { areaId, communities } = target.area;
  const user = await signIn(target.database, areaId, 'COMMUNITY_STAFF', { communityId: communities.dashizi });
  await target.database.prisma.user.update({ where: { id: user.userId! }, data: { subject: 'li.na' } });
  await target.database.prisma.roleGrant.create({
    data: { userId: user.userId!, role: 'GRID_WORKER', communityId: communities.yatang },
  });
  const admin = await signIn(target.database, areaId, 'AREA_ADMIN');
  await target.database.prisma.user.update({ where: { id: admin.userId! }, data: { subject: 'area_admin:KAILI' } });
});
afterAll(async () => {
  await target.close();
  await issuer.close();
});

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const hmac = (input: string, secret: string) => createHmac('sha256', secret).update(input).digest('base64url');
const hs256 = (secret: string, kid: string) => {
  const input = `${part({ alg: 'HS256', kid })}.${part({ ...claims, sub: 'li.na' })}`;
  return `${input}.${hmac(input, secret)}`;
};
const published = (kid: string) => issuer.keys().keys.find((jwk) => jwk.kid === kid) as JsonWebKey;
const pem = (kid: string) =>
  createPublicKey({ key: published(kid), format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString();

const NEEDS = '{ needs(first: 10) { nodes { community { name } } } }';

describe('a good token', () => {
  it('speaks for the user with its subject and for all their grants', async () => {
    const { json } = await target.ask(NEEDS, { token: await signed(key, claims) });
    const names = json.data.needs.nodes.map((need: { community: { name: string } }) => need.community.name);
    expect(new Set(names)).toEqual(new Set(['大十字社区', '鸭塘社区']));
  });
});

describe('tokens that are not to be believed', () => {
  const attacks: [name: string, token: () => string | Promise<string>][] = [
    ['nothing after Bearer', () => ''],
    ['no token at all', () => 'secret'],
    ['three dots', () => '...'],
    ['expired a minute ago', () => signed(key, { ...claims, exp: seconds - 60 })],
    ['without expiry', () => signed(key, { iss: claims.iss, aud: claims.aud, sub: claims.sub })],
    ['not valid before tomorrow', () => signed(key, { ...claims, nbf: seconds + 86_400 })],
    ['of another audience', () => signed(key, { ...claims, aud: 'payroll' })],
    ['without audience', () => signed(key, { iss: claims.iss, sub: claims.sub, exp: claims.exp })],
    ['of another issuer', () => signed(key, { ...claims, iss: 'https://evil.example' })],
    ['of the issuer with a slash more', () => signed(key, { ...claims, iss: `${claims.iss}/` })],
    ['without issuer', () => signed(key, { aud: claims.aud, sub: claims.sub, exp: claims.exp })],
    ['without subject', () => signed(key, { iss: claims.iss, aud: claims.aud, exp: claims.exp })],
    ['with an empty subject', () => signed(key, { ...claims, sub: '' })],
    ['with a subject that nobody has', () => signed(key, { ...claims, sub: 'nobody' })],
    ['with a subject that ends in a zero byte', () => signed(key, { ...claims, sub: 'li.na\u0000' })],
    ['with a subject that is a pattern', () => signed(key, { ...claims, sub: '%' })],
    ['with the subject in capitals', () => signed(key, { ...claims, sub: 'LI.NA' })],
    ['with the subject of a development user', () => signed(key, { ...claims, sub: 'area_admin:KAILI' })],
    ['alg none', () => `${part({ alg: 'none' })}.${part(claims)}.`],
    ['alg None', () => `${part({ alg: 'None' })}.${part(claims)}.`],
    ['alg none with a key id', () => `${part({ alg: 'none', kid: 'k1' })}.${part(claims)}.`],
    [
      'alg none with the signature of a good token',
      async () => {
        const [, , signature] = (await signed(key, claims)).split('.');
        return `${part({ alg: 'none', kid: 'k1' })}.${part(claims)}.${signature}`;
      },
    ],
    ['HS256 with the RSA public key as PEM', () => hs256(pem('rsa'), 'rsa')],
    ['HS256 with the EC public key as PEM', () => hs256(pem('k1'), 'k1')],
    ['HS256 with the public key as JWK', () => hs256(JSON.stringify(published('rsa')), 'rsa')],
    [
      'HS256 with an empty secret',
      () => {
        const input = `${part({ alg: 'HS256', kid: 'k1' })}.${part(claims)}`;
        return `${input}.${createHmac('sha256', '').update(input).digest('base64url')}`;
      },
    ],
    ['an unknown key id', () => signed(key, claims, { kid: 'k2' })],
    ['a key id that is a path', () => signed(key, claims, { kid: '../../dev/null' })],
    ['the key id of another key', () => signed(key, claims, { kid: 'rsa' })],
    [
      'another key under a known id',
      async () => {
        const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(privateKey);
      },
    ],
    [
      'a key that the token brings along itself (jwk)',
      async () => {
        const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        const jwk = publicKey.export({ format: 'jwk' }) as { kty: string; crv: string; x: string; y: string };
        return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1', jwk }).sign(privateKey);
      },
    ],
    [
      'keys at an address that the token names (jku)',
      async () => {
        const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        const jku = 'https://evil.example/keys';
        return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'evil', jku }).sign(privateKey);
      },
    ],
    [
      'other claims under a good signature',
      async () => {
        const [header, , signature] = (await signed(key, claims)).split('.');
        return `${header}.${part({ ...claims, sub: 'admin' })}.${signature}`;
      },
    ],
    ['a signature cut short', async () => (await signed(key, claims)).slice(0, -8)],
    ['a good token twice', async () => `${await signed(key, claims)},${await signed(key, claims)}`],
    ['a token of 9 kB', async () => `${await signed(key, { ...claims, pad: 'x'.repeat(9000) })}`],
    [
      'an unknown critical header',
      async () => `${part({ alg: 'ES256', kid: 'k1', crit: ['exp2'], exp2: 1 })}.${part(claims)}.AAAA`,
    ],
    ['a development token', () => target.token('AREA_ADMIN')],
  ];
  it.each(attacks)('%s: 401, and nothing about why', async (_name, make) => {
    const { status, json, headers } = await target.ask(WHO, { token: await make() });
    expect([status, json]).toEqual([
      401,
      { errors: [{ message: 'The token is not valid or has expired', extensions: { code: 'NOT_SIGNED_IN' } }] },
    ]);
    expect(headers.get('content-type')).toMatch(/json/);
  });

  it.each([
    ['Basic', 'Basic bGkubmE6c2VjcmV0'],
    ['Bearer twice', 'Bearer Bearer x'],
    ['no scheme', 'x.y.z'],
  ])('an Authorization header with %s: 401, not a look at the public lists', async (_name, authorization) => {
    expect((await target.ask(WHO, { headers: { authorization } })).status).toBe(401);
  });

  it('a token in the address is no token', async () => {
    const query = new URLSearchParams({ query: NEEDS, access_token: await signed(key, claims) });
    const { text } = await target.send(`/graphql?${query}`, { headers: { accept: 'application/json' } });
    expect(text).not.toContain('大十字社区');
  });

  it('an area in which the user is nobody: 401', async () => {
    const headers = { 'liangdan-area': 'GUIYANG' };
    expect((await target.ask(WHO, { token: await signed(key, claims), headers })).status).toBe(401);
  });

  it('none of them is in the log', async () => {
    const token = await signed(key, claims);
    await target.ask(WHO, { token });
    await target.ask(WHO, { token: `${token}x` });
    expect(target.logged.join('')).not.toContain('eyJ');
  });
});

describe('an issuer that cannot be reached', () => {
  it('gives 503 for every token, never entrance, and the public lists without one as before', async () => {
    const gone = await startIssuer();
    const goneKey = await gone.addKey('k1');
    const alone = await openTarget(
      {},
      openIdVerifier({ issuer: gone.url, audience: 'liangdan', algorithms: ['ES256'], jwksUrl: null }),
    );
    await gone.close();
    const token = await signed(goneKey, { ...claims, iss: gone.url });
    const { status, json } = await alone.ask(WHO, { token });
    expect([status, json.errors[0].extensions.code]).toEqual([503, 'ISSUER_UNREACHABLE']);
    expect((await alone.ask('{ area { name } }')).json.data.area.name).toBe('凯里市');
    await alone.close();
  });
});
