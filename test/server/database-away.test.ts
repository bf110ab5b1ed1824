import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrations.ts';
import { type DevelopmentIssuer, openDevelopmentIssuer } from '../../src/identity/tokens.ts';
import { type RunningServer, startServer } from '../../src/server/server.ts';
import { clockAt, NOW, plantArea } from '../area.ts';
import { startTestServer, type TestServer } from '../database/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'liangdan-away-'));
const logged: string[] = [];
let postgres: TestServer;
let database: Database;
let issuer: DevelopmentIssuer;
let server: RunningServer;

beforeAll(async () => {
  postgres = await startTestServer();
  database = await openDatabase({ url: postgres.url });
  await migrate(database.adapter);
  await plantArea(database);
  issuer = await openDevelopmentIssuer(folder);
  const log = pino({ level: 'error' }, { write: (line: string) => void logged.push(line) });
  const parts = { database, issuer, clock: clockAt(NOW), log, fallbackLocale: 'en' } as const;
  server = await startServer(parts, { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await server.close(1000);
  await database.close();
  await postgres.remove();
  rmSync(folder, { recursive: true });
});

async function ask(query: string, language: string, token?: string) {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'accept-language': language,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, retryAfter: response.headers.get('retry-after'), answer: await response.json() };
}

it('tells clients to come again while PostgreSQL is away, and serves them when it is back', async () => {
  const token = await issuer.sign({ role: 'AREA_ADMIN' }, NOW);
  const orders = '{ orders(first: 1) { totalCount } }';
  expect((await ask(orders, 'en', token)).answer.data.orders.totalCount).toBe(0);

  await postgres.stop();
  for (const [language, words] of [
    ['zh', /^数据库暂时无法连接/],
    ['en', /^The database cannot be reached/],
  ] as const) {
    for (const bearer of [token, undefined]) {
      const { status, retryAfter, answer } = await ask(orders, language, bearer);
      expect([status, retryAfter, answer.errors[0].extensions.code]).toEqual([503, '5', 'DATABASE_UNREACHABLE']);
      expect(answer.errors[0].message).toMatch(words);
      expect(JSON.stringify(answer)).not.toMatch(/127\.0\.0\.1|ECONN|select/i);
    }
  }
  expect((await fetch(`${server.url}/ready`)).status).toBe(503);
  expect(logged.join()).toContain('the database cannot be reached');

  await postgres.start();
  expect((await ask(orders, 'en', token)).answer.data.orders.totalCount).toBe(0);
});
