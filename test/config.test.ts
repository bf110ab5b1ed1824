import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ConfigError, readConfig, SETTINGS } from '../src/config.ts';

const project = join(import.meta.dirname, '..');

it('works without any setting: an embedded database in the project folder, port 4000 of the loopback address', () => {
  expect(readConfig({})).toEqual({
    port: 4000,
    host: '127.0.0.1',
    databaseUrl: null,
    dataFolder: join(project, '.liangdan'),
    loadsExample: true,
    runsJobs: true,
    idempotencyDays: 7,
    operationSeconds: 30,
    smallestGroup: 5,
    language: 'en',
    logLevel: 'warn',
    isProduction: false,
    oidc: null,
    proxies: 0,
    corsOrigins: null,
    showsExplorer: true,
    keyFile: join(project, '.liangdan', 'personal-information-keys.json'),
    operationsFile: null,
    allowsOtherOperations: true,
    ratePerUser: 1200,
    ratePerAddress: 6000,
    redisUrl: null,
  });
});

it('takes an empty variable as not set', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: '' })).toEqual(readConfig({}));
});

it('honours PORT, DATABASE_URL and LIANGDAN_DATA', () => {
  const config = readConfig({
    PORT: '8080',
    DATABASE_URL: 'postgresql://u:p@db:5432/city',
    LIANGDAN_DATA: '/var/lib/city',
  });
  expect(config).toMatchObject({
    port: 8080,
    databaseUrl: 'postgresql://u:p@db:5432/city',
    dataFolder: '/var/lib/city',
  });
  expect(readConfig({ LIANGDAN_DATA: 'here' }).dataFolder).toBe(join(project, 'here'));
});

it('gives operations as many seconds as LIANGDAN_OPERATION_SECONDS says, from 1 to 3600', () => {
  expect(readConfig({}).operationSeconds).toBe(30);
  expect(readConfig({ LIANGDAN_OPERATION_SECONDS: '3600' }).operationSeconds).toBe(3600);
  for (const seconds of ['0', '3601', '1.5', 'NaN', '1e9', '-1']) {
    expect(() => readConfig({ LIANGDAN_OPERATION_SECONDS: seconds })).toThrow(
      'LIANGDAN_OPERATION_SECONDS must be a whole number from 1 to 3600',
    );
  }
});

it('keeps the keys of clients for as many days as LIANGDAN_IDEMPOTENCY_DAYS says, from 1 to 365', () => {
  expect(readConfig({ LIANGDAN_IDEMPOTENCY_DAYS: '365' }).idempotencyDays).toBe(365);
  for (const days of ['0', '366', '1.5', 'a week']) {
    expect(() => readConfig({ LIANGDAN_IDEMPOTENCY_DAYS: days })).toThrow(
      'LIANGDAN_IDEMPOTENCY_DAYS must be a whole number from 1 to 365',
    );
  }
});

it('names every setting at fault and its rule, and never the password of a database', () => {
  const read = () => readConfig({ PORT: '99999', DATABASE_URL: 'mysql://u:secret@db/x', LOG_LEVEL: 'loud' });
  expect(read).toThrow(ConfigError);
  try {
    read();
  } catch (error) {
    const { problems, message } = error as ConfigError;
    expect(problems).toEqual([
      'PORT must be a whole number from 0 to 65535, not "99999"',
      'DATABASE_URL must be a postgresql:// address, not "…"',
      'LOG_LEVEL must be one of trace, debug, info, warn, error, silent, not "loud"',
    ]);
    expect(message).not.toContain('secret');
  }
});

it('documents every setting in the README as it is in the code', () => {
  const readme = readFileSync(join(project, 'README.md'), 'utf8');
  for (const { name, fallback, meaning } of SETTINGS) {
    expect(readme).toContain(`| \`${name}\` | ${fallback && `\`${fallback}\``} | ${meaning} |`);
  }
});
