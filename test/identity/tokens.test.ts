import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { developmentUser, NoSuchScope } from '../../src/identity/development-users.ts';
import { KeyOpenToOthers, openDevelopmentIssuer } from '../../src/identity/tokens.ts';
import { findViewer } from '../../src/identity/user.store.ts';
import { NOW, type PlantedArea, plantArea } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';

const folder = mkdtempSync(join(tmpdir(), 'liangdan-key-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a development token', () => {
  it('is signed with a key that only its owner may read, and that the next start reads again', async () => {
    const token = await (await openDevelopmentIssuer(folder)).sign({ role: 'AUDITOR' }, NOW);
    expect(statSync(join(folder, 'development-key.json')).mode & 0o777).toBe(0o600);
    expect(await (await openDevelopmentIssuer(folder)).check(token, NOW)).toEqual({ role: 'AUDITOR' });
  });

  it('is not signed with a key that others could have read', async () => {
    chmodSync(join(folder, 'development-key.json'), 0o644);
    await expect(openDevelopmentIssuer(folder)).rejects.toThrow(KeyOpenToOthers);
    chmodSync(join(folder, 'development-key.json'), 0o600);
  });

  it('is worth nothing once it has expired, been altered, or been signed by another key or algorithm', async () => {
    const issuer = await openDevelopmentIssuer(folder);
    const token = await issuer.sign({ role: 'RESIDENT', resident: 'R01' }, NOW, 1);
    expect(await issuer.check(token, new Date(NOW.getTime() + 2 * 86_400_000))).toBeNull();
    const [header, , signature] = token.split('.');
    const forged = Buffer.from(JSON.stringify({ role: 'AREA_ADMIN', exp: 4e9, sub: 'x' })).toString('base64url');
    expect(await issuer.check(`${header}.${forged}.${signature}`, NOW)).toBeNull();
    expect(await issuer.check('nonsense', NOW)).toBeNull();
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`;
    expect(await issuer.check(unsigned, NOW)).toBeNull();
    const secret = new TextEncoder().encode(readFileSync(join(folder, 'development-key.json'), 'utf8'));
    const confused = await new SignJWT({ role: 'AREA_ADMIN' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('liangdan-development')
      .setAudience('liangdan')
      .setSubject('x')
      .setExpirationTime('1h')
      .sign(secret);
    expect(await issuer.check(confused, new Date())).toBeNull();
  });
});

describe('the user that a development token speaks for', () => {
  let database: Database;
  let area: PlantedArea;
  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
    area = await plantArea(database);
  });
  afterAll(() => database.close());

  it('holds the role over what the token names, and is written once', async () => {
    const first = await developmentUser(database, { role: 'RESIDENT', resident: 'R02' });
    await developmentUser(database, { role: 'RESIDENT', resident: 'R02' });
    expect(await database.prisma.user.count({ where: { subject: first.subject } })).toBe(1);
    const viewer = await findViewer(database, first, NOW);
    expect(viewer?.grants).toMatchObject([{ role: 'RESIDENT', residentId: area.residents.long, communityId: null }]);
  });

  it('is over the first provider where the token names none and there is no order yet', async () => {
    const { over } = await developmentUser(database, { role: 'PROVIDER_STAFF' });
    expect(over).toBe('大十字颐养饭桌');
  });

  it('is nobody when the token names what is not there', async () => {
    await expect(developmentUser(database, { role: 'RESIDENT', resident: 'R99' })).rejects.toThrow(NoSuchScope);
    await expect(developmentUser(database, { role: 'AUDITOR', area: 'NOWHERE' })).rejects.toThrow(NoSuchScope);
  });
});
