import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OpenIdSettings } from '../../src/config.ts';
import { CLOCK_TOLERANCE_SECONDS, IssuerUnreachable, type KeyTimes, openIdVerifier } from '../../src/identity/oidc.ts';
import { NOW } from '../area.ts';
import { type IssuerKey, type LocalIssuer, signed, startIssuer } from '../attacks/issuer.ts';

const seconds = Math.floor(NOW.getTime() / 1000);
let issuer: LocalIssuer;
let key: IssuerKey;

beforeAll(async () => {
  issuer = await startIssuer();
  key = await issuer.addKey('first');
});
afterAll(() => issuer.close());
beforeEach(() => issuer.fail(false));

const settings = (more: Partial<OpenIdSettings> = {}): OpenIdSettings => ({
  issuer: issuer.url,
  audience: 'liangdan',
  algorithms: ['RS256', 'ES256', 'EdDSA'],
  jwksUrl: null,
  ...more,
});
const times = (more: Partial<KeyTimes> = {}): KeyTimes => ({
  cooldownMs: 0,
  keepMs: 600_000,
  timeoutMs: 5000,
  pauseMs: 0,
  ...more,
});
const claims = (more: object = {}) => ({
  iss: issuer.url,
  aud: 'liangdan',
  sub: 'li.na',
  exp: seconds + 300,
  ...more,
});

describe('a token of the issuer', () => {
  it('names its subject, whether its keys are discovered or their address is given', async () => {
    const token = await signed(key, claims());
    expect(await openIdVerifier(settings()).subjectOf(token, NOW)).toBe('li.na');
    const given = openIdVerifier(settings({ jwksUrl: `${issuer.url}/keys` }));
    expect(await given.subjectOf(token, NOW)).toBe('li.na');
  });

  it.each(['RS256', 'ES256', 'EdDSA'])('may be signed with %s', async (algorithm) => {
    const other = await issuer.addKey(algorithm, algorithm);
    expect(await openIdVerifier(settings()).subjectOf(await signed(other, claims()), NOW)).toBe('li.na');
    issuer.withdrawKey(algorithm);
  });

  it('may be for several audiences, and from a clock that is half a minute off', async () => {
    const verifier = openIdVerifier(settings());
    expect(await verifier.subjectOf(await signed(key, claims({ aud: ['other', 'liangdan'] })), NOW)).toBe('li.na');
    const atTheEdge = { exp: seconds - CLOCK_TOLERANCE_SECONDS + 1, nbf: seconds + CLOCK_TOLERANCE_SECONDS };
    expect(await verifier.subjectOf(await signed(key, claims(atTheEdge)), NOW)).toBe('li.na');
    const over = { exp: seconds - CLOCK_TOLERANCE_SECONDS };
    expect(await verifier.subjectOf(await signed(key, claims(over)), NOW)).toBeNull();
  });
});

describe('keys that change', () => {
  it('are fetched when a token names a new one, and a withdrawn one is believed no longer than keys are kept', async () => {
    const verifier = openIdVerifier(settings(), times());
    const old = await signed(key, claims());
    expect(await verifier.subjectOf(old, NOW)).toBe('li.na');
    const next = await issuer.addKey('next');
    expect(await verifier.subjectOf(await signed(next, claims({ sub: 'wu' })), NOW)).toBe('wu');
    issuer.withdrawKey('first');
    expect(await verifier.subjectOf(old, NOW)).toBe('li.na');
    expect(await openIdVerifier(settings(), times({ keepMs: 0 })).subjectOf(old, NOW)).toBeNull();
    issuer.withdrawKey('next');
    key = await issuer.addKey('first');
  });

  it('are not fetched for each unknown key: attackers would make us ask the issuer as often as they like', async () => {
    const verifier = openIdVerifier(settings(), times({ cooldownMs: 60_000 }));
    expect(await verifier.subjectOf(await signed(key, claims()), NOW)).toBe('li.na');
    const before = issuer.fetches();
    for (let count = 0; count < 20; count += 1) {
      expect(await verifier.subjectOf(await signed(key, claims(), { kid: `guess${count}` }), NOW)).toBeNull();
    }
    expect(issuer.fetches()).toBe(before);
  });
});

describe('an issuer that fails', () => {
  it('is told apart from a token that is not to be believed, and is asked again after a pause', async () => {
    const verifier = openIdVerifier(settings(), times());
    const paused = openIdVerifier(settings(), times({ pauseMs: 60_000 }));
    const token = await signed(key, claims());
    issuer.fail(true);
    await expect(verifier.subjectOf(token, NOW)).rejects.toThrow(IssuerUnreachable);
    await expect(paused.subjectOf(token, NOW)).rejects.toThrow(IssuerUnreachable);
    issuer.fail(false);
    expect(await verifier.subjectOf(token, NOW)).toBe('li.na');
    await expect(paused.subjectOf(token, NOW)).rejects.toThrow(IssuerUnreachable);
  });

  it('does not do for another: a description that names another issuer is refused', async () => {
    const verifier = openIdVerifier(settings({ issuer: issuer.url.replace('127.0.0.1', 'localhost') }));
    await expect(verifier.subjectOf(await signed(key, claims()), NOW)).rejects.toThrow(IssuerUnreachable);
  });
});
