import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { type DevelopmentIssuer, openDevelopmentIssuer } from '../../src/identity/tokens.ts';
import { type RunningServer, startServer } from '../../src/server/server.ts';
import { clockAt, NOW, plantArea } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';

const folder = mkdtempSync(join(tmpdir(), 'liangdan-time-'));
let database: Database;
let issuer: DevelopmentIssuer;
let server: RunningServer;

beforeAll(async () => {
  database = await scratchDatabase('SERVER');
  await plantArea(database);
  issuer = await openDevelopmentIssuer(folder);
  const log = pino({ level: 'silent' });
  const rules = { operationMs: 1000 };
  const parts = { database, issuer, clock: clockAt(NOW), log, fallbackLocale: 'en', rules } as const;
  server = await startServer(parts, { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await server.close(1000);
  await database.close();
  rmSync(folder, { recursive: true });
});

/** Does something while another transaction lets nobody read or write communities. */
async function whileCommunitiesAreLocked<T>(work: () => Promise<T>): Promise<T> {
  const { promise: done, resolve: end } = Promise.withResolvers<void>();
  const { promise: locked, resolve: begun } = Promise.withResolvers<void>();
  const locking = database.transaction(async (tx) => {
    await tx.$executeRaw`LOCK TABLE communities IN ACCESS EXCLUSIVE MODE`;
    begun();
    await done;
  });
  await locked;
  return work().finally(async () => {
    end();
    await locking;
  });
}

async function ask(query: string, language = 'en') {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'accept-language': language,
      'x-request-id': 'slow-request-1',
      authorization: `Bearer ${await issuer.sign({ role: 'AREA_ADMIN' }, NOW)}`,
    },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, answer: await response.json() };
}

it('ends an operation that takes too long, in the language of the client and with the id of its request', async () => {
  const slow = '{ communities(first: 1) { totalCount } }';
  expect((await ask(slow)).answer.data.communities.totalCount).toBe(2);
  await whileCommunitiesAreLocked(async () => {
    for (const [language, words] of [
      ['en', /^The operation took longer than 1 seconds/],
      ['zh', /^该操作超过1秒未完成/],
    ] as const) {
      const { status, answer } = await ask(slow, language);
      expect(status).toBe(503);
      expect(answer.data ?? null).toBeNull();
      expect(answer.errors[0].message).toMatch(words);
      expect(answer.errors[0].extensions).toEqual({ code: 'OPERATION_TIMED_OUT', requestId: 'slow-request-1' });
    }
  });
  expect((await ask(slow)).answer.data.communities.totalCount).toBe(2);
});

it('does nothing more of an operation that it has ended', async () => {
  const community = '{ externalId: "C01", name: "大十字", population: 8000, latitude: 26.58, longitude: 107.98 }';
  const operation = `mutation {
    first: saveCommunity(input: ${community}) { __typename }
    second: registerUser(input: { subject: "li.na", displayName: "李娜" }) { __typename }
  }`;
  const { answer } = await whileCommunitiesAreLocked(() => ask(operation));
  expect(answer.errors[0].extensions.code).toBe('OPERATION_TIMED_OUT');
  // The first goes on as soon as the lock is gone; what would come after it has been given up.
  const isWritten = async () => (await database.prisma.community.count({ where: { name: '大十字' } })) === 1;
  await expect.poll(isWritten, { timeout: 10_000 }).toBe(true);
  await ask('{ me { id } }');
  expect(await database.prisma.user.count({ where: { subject: 'li.na' } })).toBe(0);
});
