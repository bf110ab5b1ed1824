import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../src/config.ts';
import { openDevelopmentIssuer } from '../../src/identity/tokens.ts';
import { demandSafeForProduction, productionProblems } from '../../src/server/production.ts';

const folder = mkdtempSync(join(tmpdir(), 'liangdan-production-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SAFE = {
  NODE_ENV: 'production',
  HOST: '0.0.0.0',
  LIANGDAN_PROXIES: '1',
  LIANGDAN_OIDC_ISSUER: 'https://login.example.gov.cn/realms/city',
  DATABASE_URL: 'postgresql://liangdan@db.internal/city?sslmode=verify-full',
  LIANGDAN_DATA: folder,
  LIANGDAN_EXAMPLE: 'never',
  LIANGDAN_CORS: 'none',
};

describe('a production start', () => {
  it('goes through when everything is safe, and then shows no explorer', () => {
    const config = readConfig(SAFE);
    expect(() => demandSafeForProduction(config)).not.toThrow();
    expect(config.showsExplorer).toBe(false);
  });

  it('refuses what development gives by default, all of it in one list', () => {
    const refuse = () => demandSafeForProduction(readConfig({ NODE_ENV: 'production', LIANGDAN_DATA: folder }));
    expect(refuse).toThrow(ConfigError);
    expect(productionProblems(readConfig({ LIANGDAN_DATA: folder })).map((problem) => problem.split(' ')[0])).toEqual([
      'LIANGDAN_OIDC_ISSUER',
      'LIANGDAN_CORS',
      'LIANGDAN_EXAMPLE',
      'DATABASE_URL',
    ]);
  });

  it.each([
    ['an issuer over http', { LIANGDAN_OIDC_ISSUER: 'http://login.example.gov.cn' }, /LIANGDAN_OIDC_ISSUER.*https/],
    ['keys over http', { LIANGDAN_OIDC_JWKS_URL: 'http://login.example.gov.cn/keys' }, /LIANGDAN_OIDC_JWKS_URL.*https/],
    ['every address without a proxy', { LIANGDAN_PROXIES: '0' }, /HOST.*TLS/],
    ['an address of a network without a proxy', { HOST: '10.0.0.5', LIANGDAN_PROXIES: '' }, /HOST.*TLS/],
    ['pages over http', { LIANGDAN_CORS: 'https://a.example,http://b.example' }, /LIANGDAN_CORS.*https/],
    ['origins that are not stated', { LIANGDAN_CORS: '' }, /LIANGDAN_CORS must be stated/],
    ['example people', { LIANGDAN_EXAMPLE: 'auto' }, /LIANGDAN_EXAMPLE must be never/],
    ['the embedded database', { DATABASE_URL: '' }, /DATABASE_URL must be set/],
    ['a database far away, in clear', { DATABASE_URL: 'postgresql://u@db.internal/city' }, /sslmode/],
    ['a Redis far away, in clear', { LIANGDAN_REDIS_URL: 'redis://redis.internal' }, /rediss/],
    ['no limit a user', { LIANGDAN_RATE_PER_USER: '0' }, /LIANGDAN_RATE_PER_USER/],
    ['no limit an address', { LIANGDAN_RATE_PER_ADDRESS: '0' }, /LIANGDAN_RATE_PER_ADDRESS/],
  ])('refuses %s, and nothing else', (_name, unsafe, problem) => {
    expect(productionProblems(readConfig({ ...SAFE, ...unsafe }))).toEqual([expect.stringMatching(problem)]);
  });

  it.each([
    ['a database on this machine', { DATABASE_URL: 'postgresql://u@127.0.0.1/city' }],
    ['a database by its socket', { DATABASE_URL: 'postgresql://u@localhost/city?host=/var/run/postgresql' }],
    ['the loopback address without a proxy', { HOST: '127.0.0.1', LIANGDAN_PROXIES: '0' }],
    ['a Redis on this machine', { LIANGDAN_REDIS_URL: 'redis://127.0.0.1:6379' }],
  ])('lets %s through', (_name, settings) => {
    expect(productionProblems(readConfig({ ...SAFE, ...settings }))).toEqual([]);
  });

  it('refuses a data folder that others can read, and one that holds a development key', async () => {
    chmodSync(folder, 0o755);
    expect(productionProblems(readConfig(SAFE))).toEqual([expect.stringMatching(/LIANGDAN_DATA.*chmod/)]);
    chmodSync(folder, 0o700);
    await openDevelopmentIssuer(folder);
    expect(productionProblems(readConfig(SAFE))).toEqual([expect.stringMatching(/LIANGDAN_DATA.*development key/)]);
  });
});

it.each(['HS256', 'none', 'RS256,HS256', ''.padEnd(3, ',')])(
  'an allow-list of algorithms has no place for %s',
  (list) => {
    expect(() => readConfig({ LIANGDAN_OIDC_ALGORITHMS: list })).toThrow(/LIANGDAN_OIDC_ALGORITHMS/);
  },
);

it.each(['*', 'https://a.example/path', 'a.example', 'null'])('a list of origins has no place for %s', (list) => {
  expect(() => readConfig({ LIANGDAN_CORS: list })).toThrow(/LIANGDAN_CORS/);
});
