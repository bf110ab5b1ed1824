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

const folder = mkdtempSync(join(tmpdir(), 'liangdan-server-'));
const logged: string[] = [];
let database: Database;
let issuer: DevelopmentIssuer;
let server: RunningServer;

beforeAll(async () => {
  database = await scratchDatabase('EMBEDDED');
  await plantArea(database);
  issuer = await openDevelopmentIssuer(folder);
  const log = pino({ level: 'error' }, { write: (line: string) => void logged.push(line) });
  server = await startServer(
    { database, issuer, clock: clockAt(NOW), log, fallbackLocale: 'en' },
    { host: '127.0.0.1', port: 0 },
  );
});
afterAll(async () => {
  await server.close(1000);
  await database.close();
  rmSync(folder, { recursive: true });
});

async function ask(query: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, answer: await response.json() };
}

it('says that it lives and that its database answers', async () => {
  expect(await (await fetch(`${server.url}/health`)).text()).toBe('ok\n');
  const ready = await fetch(`${server.url}/ready`);
  expect([ready.status, await ready.text()]).toEqual([200, 'ready\n']);
});

it('shows the public lists to who has not signed in', async () => {
  const { answer } = await ask('{ area { name } communities(first: 1) { totalCount nodes { name } } }');
  expect(answer).toEqual({
    data: { area: { name: '凯里市' }, communities: { totalCount: 2, nodes: [{ name: '大十字社区' }] } },
  });
});

it('refuses a token that is not ours with 401, in the language of the client', async () => {
  const { status, answer } = await ask('{ area { name } }', {
    authorization: 'Bearer x.y.z',
    'accept-language': 'zh-CN',
  });
  expect(status).toBe(401);
  expect(answer.errors[0]).toMatchObject({ message: '令牌无效或已过期', extensions: { code: 'NOT_SIGNED_IN' } });
});

it('knows who signed in by a development token', async () => {
  const token = await issuer.sign({ role: 'AREA_ADMIN' }, NOW);
  const mutation = `mutation { saveCommunity(input: {
    externalId: "C03", name: "开怀社区", population: 5000, latitude: 26.56, longitude: 107.9 }) { __typename ... on Community { name } } }`;
  expect((await ask(mutation, { authorization: `Bearer ${token}` })).answer.data.saveCommunity).toEqual({
    __typename: 'Community',
    name: '开怀社区',
  });
  const refused = (
    await ask(`${mutation.replace('{ name }', '{ name } ... on Failure { code message }')}`, {
      'accept-language': 'zh',
    })
  ).answer;
  expect(refused.data.saveCommunity).toEqual({
    __typename: 'NotSignedIn',
    code: 'NOT_SIGNED_IN',
    message: '请先登录：在 Authorization 请求头中带上 Bearer 令牌',
  });
});

it('answers a node that is not there, or not yours, with null', async () => {
  const id = Buffer.from('Need:00000000-0000-7000-8000-000000000000').toString('base64');
  expect((await ask(`{ node(id: "${id}") { id } }`)).answer).toEqual({ data: { node: null } });
});

it('tells of an unexpected error only its id, and logs the rest under it', async () => {
  const prisma = new Proxy(database.prisma, {
    get: (target, name) => (name === 'community' ? undefined : Reflect.get(target, name)),
  });
  const log = pino({ level: 'error' }, { write: (line: string) => void logged.push(line) });
  const broken: Database = { ...database, prisma, behindWall: () => broken };
  const parts = { database: broken, issuer, clock: clockAt(NOW), log, fallbackLocale: 'en' } as const;
  const brokenServer = await startServer(parts, { host: '127.0.0.1', port: 0 });
  const response = await fetch(`${brokenServer.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ communities { nodes { name } } }' }),
  });
  const { errors } = await response.json();
  await brokenServer.close(1000);
  expect(errors[0].extensions.code).toBe('UNEXPECTED');
  expect(errors[0].message).toBe(`Unexpected error ${errors[0].extensions.errorId}`);
  expect(logged.join('')).toContain(errors[0].extensions.errorId);
});

it('refuses an operation that costs too much before it runs', async () => {
  const nested = 'communities(first: 100) { nodes { area { ';
  const query = `{ area { ${nested.repeat(3)} name ${'} } }'.repeat(3)} } }`;
  const { answer } = await ask(query);
  expect(answer.errors[0].message).toMatch(/complex|depth/i);
});

it('gives browsers GraphiQL with example queries and without asking other hosts', async () => {
  const page = await (await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } })).text();
  expect(page).toContain('Liangdan 两单');
  expect(page).toContain('ServiceList');
  expect(page).not.toMatch(/<(script|link)[^>]+(src|href)=["']?https?:/);
});

it('ends the event streams when it closes, and waits for no client to leave', async () => {
  const log = pino({ level: 'silent' });
  const closing = await startServer(
    { database, issuer, clock: clockAt(NOW), log, fallbackLocale: 'en' },
    { host: '127.0.0.1', port: 0 },
  );
  const token = await issuer.sign({ role: 'AREA_ADMIN' }, NOW);
  const stream = await fetch(`${closing.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ query: 'subscription { orderChanged { state } }' }),
  });
  expect(stream.headers.get('content-type')).toContain('text/event-stream');
  const never = 60_000;
  await closing.close(never);
  await expect(stream.text()).resolves.not.toContain('"data"');
});
