import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { rememberingChecks } from '../../src/identity/remembered-checks.ts';

const NOW = new Date('2026-11-25T08:00:00Z');
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

describe('a token that a client sends with every request', () => {
  it('is checked once a while, and at once when it has ended', async () => {
    const { check, checks } = counting(async (token) => token.length);
    const token = await goodFor(45);
    for (const seconds of [0, 1, 29.9]) expect(await check(token, later(seconds))).toBe(token.length);
    expect(checks()).toBe(1);
    await check(token, later(30));
    await check(token, later(44.9));
    expect(checks()).toBe(2);
    await check(token, later(45));
    expect(checks()).toBe(3);
  });

  it('is checked each time while it is not believed, and again where the clock was set back', async () => {
    let isBelieved = false;
    const { check, checks } = counting(async () => (isBelieved ? 'li.na' : null));
    const token = await goodFor(600);
    expect([await check(token, NOW), await check(token, NOW)]).toEqual([null, null]);
    isBelieved = true;
    expect(await check(token, NOW)).toBe('li.na');
    expect(await check(token, later(-1))).toBe('li.na');
    expect(checks()).toBe(4);
  });

  it('is not taken for another', async () => {
    const { check } = counting(async (token) => token);
    const [one, other] = [await goodFor(60), await goodFor(90)];
    expect([await check(one, NOW), await check(other, NOW), await check(one, NOW)]).toEqual([one, other, one]);
  });
});

function counting<Said>(said: (token: string) => Promise<Said | null>) {
  let count = 0;
  const check = rememberingChecks(async (token: string) => {
    count += 1;
    return said(token);
  });
  return { check, checks: () => count };
}

function goodFor(seconds: number): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(later(seconds))
    .sign(new TextEncoder().encode('a key that is no secret, of a test'));
}
