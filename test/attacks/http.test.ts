import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTarget, type Target } from './attack.ts';

const APP = 'https://app.example.gov.cn';
const MUTATION = 'mutation { runMatch(input: {}) { __typename } }';
let target: Target;
let production: Target;

beforeAll(async () => {
  target = await openTarget({
    corsOrigins: [APP],
    mostBodyBytes: 10_000,
    headersTimeoutMs: 300,
    requestTimeoutMs: 600,
  });
  production = await openTarget({ showsExplorer: false, proxies: 1 });
});
afterAll(async () => {
  await target.close();
  await production.close();
});

const json = { 'content-type': 'application/json' };
const body = JSON.stringify({ query: '{ area { name } }' });
const get = (query: string) => `/graphql?${new URLSearchParams({ query })}`;

describe('requests that a page of a stranger can make a browser send', () => {
  const attacks: [name: string, path: string, init: RequestInit, status: number][] = [
    ['a form', '/graphql', { method: 'POST', body: new URLSearchParams({ query: MUTATION }) }, 415],
    ['a form with a file', '/graphql', { method: 'POST', body: form({ operations: body }) }, 415],
    ['plain text that is JSON', '/graphql', { method: 'POST', body, headers: { 'content-type': 'text/plain' } }, 415],
    ['a beacon without a type', '/graphql', { method: 'POST', body: new Blob([body]) }, 415],
    [
      'JSON hidden in a parameter',
      '/graphql',
      { method: 'POST', body, headers: { 'content-type': 'text/plain; application/json' } },
      415,
    ],
    [
      'JSON in another charset',
      '/graphql',
      { method: 'POST', body, headers: { 'content-type': 'application/json; charset=utf-7' } },
      415,
    ],
    [
      'application/graphql',
      '/graphql',
      { method: 'POST', body: MUTATION, headers: { 'content-type': 'application/graphql' } },
      415,
    ],
    [
      'JSON from another origin',
      '/graphql',
      { method: 'POST', body, headers: { ...json, origin: 'https://evil.example' } },
      403,
    ],
    ['JSON from a sandbox', '/graphql', { method: 'POST', body, headers: { ...json, origin: 'null' } }, 403],
    [
      'JSON from an origin that begins like ours',
      '/graphql',
      { method: 'POST', body, headers: { ...json, origin: `${APP}.evil.example` } },
      403,
    ],
    [
      'JSON from ours over http',
      '/graphql',
      { method: 'POST', body, headers: { ...json, origin: APP.replace('https', 'http') } },
      403,
    ],
    [
      'an image whose address is a query',
      get('{ area { name } }'),
      { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' } },
      403,
    ],
    ['a link whose address is a mutation', get(MUTATION), {}, 405],
    ['HEAD', get(MUTATION), { method: 'HEAD' }, 405],
    ['PUT', '/graphql', { method: 'PUT', body, headers: json }, 405],
    ['DELETE', '/graphql', { method: 'DELETE' }, 405],
  ];
  it.each(attacks)('%s', async (_name, path, init, status) => {
    const reply = await target.send(path, { redirect: 'manual', ...init });
    expect(reply.status).toBe(status);
    expect(reply.json?.data ?? null).toBeNull();
    expect(await target.database.prisma.matchRun.count()).toBe(0);
  });

  it('a form over GET that names its operation by persisted id runs nothing either', async () => {
    const extensions = JSON.stringify({ persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } });
    const { json: answer } = await target.send(`/graphql?${new URLSearchParams({ extensions })}`);
    expect(answer).toEqual({ errors: [expect.objectContaining({ message: 'Must provide query string.' })] });
  });

  it('only pages of the list are told that they may call, without cookies', async () => {
    const preflight = (origin: string) =>
      target.send('/graphql', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      });
    const ours = await preflight(APP);
    expect(ours.headers.get('access-control-allow-origin')).toBe(APP);
    expect(ours.headers.get('access-control-allow-credentials')).toBeNull();
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    const call = await target.send('/graphql', { method: 'POST', body, headers: { ...json, origin: APP } });
    expect([call.status, call.headers.get('access-control-allow-origin')]).toEqual([200, APP]);
  });
});

describe('bodies', () => {
  const big = JSON.stringify({ query: `{ area { name } } # ${'x'.repeat(20_000)}` });
  it.each([
    ['too large, as it says itself', { body: big }, 413],
    ['too large, in pieces without a length', { body: new Blob([big]).stream(), duplex: 'half' }, 413],
    ['empty', { body: '' }, 400],
    ['not JSON', { body: '{' }, 400],
    ['JSON null', { body: 'null' }, 400],
    ['a number', { body: '7' }, 400],
    ['a batch of two', { body: `[${body},${body}]` }, 400],
    ['a batch of none', { body: '[]' }, 400],
    ['a query that is an object', { body: '{"query":{}}' }, 400],
    ['variables that are a list', { body: '{"query":"{ area { name } }","variables":[]}' }, 400],
    ['bytes that are no UTF-8', { body: new Uint8Array([0xff, 0xfe, 0x7b]) }, 400],
    ['a prototype', { body: '{"__proto__":{"query":"{ area { name } }"}}' }, 400],
  ] as [string, RequestInit, number][])('%s', async (_name, init, status) => {
    const reply = await target.send('/graphql', { method: 'POST', headers: json, ...init });
    expect(reply.status).toBe(status);
    expect(reply.text).not.toMatch(/node_modules|at .+\.(js|ts):\d/);
  });

  it.each([
    ['headers that never end', 'POST /graphql HTTP/1.1\r\nHost: x\r\n'],
    [
      'a body that never comes',
      'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{',
    ],
  ])('slow: %s; the connection is cut', async (_name, begun) => {
    expect(await rawExchange(target, begun)).toMatch(/^HTTP\/1\.1 408/);
  });

  it.each([
    ['two lengths', 'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde'],
    [
      'a length and pieces',
      'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a header with a line end', 'GET /graphql HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\nSet-Cookie: b\r\n\r\n'],
    ['no host', 'GET /graphql HTTP/1.1\r\n\r\n'],
    ['headers of 100 kB', `GET /graphql HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`],
  ])('smuggling: %s', async (_name, request) => {
    expect(await rawExchange(target, request)).toMatch(/^HTTP\/1\.1 4\d\d/);
  });
});

describe('request ids and the log', () => {
  it.each([
    ['with a line of its own', 'abcdefgh%0a{"level":60}', false],
    ['with markup', '<script>alert(1)</script>', false],
    ['of 100 characters', 'a'.repeat(100), false],
    ['that is sane', 'edge-7f3a2b1c', true],
  ])('an id %s', async (_name, id, taken) => {
    const { headers } = await target.ask('{ area { name } }', { headers: { 'x-request-id': id } });
    const given = headers.get('x-request-id');
    expect(given === id).toBe(taken);
    expect(given).toMatch(/^[\w.:-]{8,64}$/);
    expect(target.logged.at(-1)).toContain(`"requestId":"${given}"`);
  });

  it('the log has no query, no address and no token, and each line is one JSON object', async () => {
    const token = await target.token('AREA_ADMIN');
    await target.ask('{ needs(first: 1) { nodes { title } } } # 杨秀英 13808550000', { token });
    await target.send(`/无此页?name=杨秀英`);
    const log = target.logged.join('');
    expect(log).not.toMatch(/杨秀英|13808550000|127\.0\.0\.1|needs/);
    expect(log).not.toContain(token);
    for (const line of target.logged) expect(JSON.parse(line)).toBeTypeOf('object');
  });
});

describe('what answers tell of the server', () => {
  it('security headers are on every answer, and GraphiQL alone may run scripts', async () => {
    for (const path of ['/health', '/ready', '/graphql?query={area{name}}', '/nothing']) {
      const { headers } = await production.send(path);
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'content-security-policy': expect.stringContaining("default-src 'none'; frame-ancestors 'none'"),
        'strict-transport-security': expect.stringContaining('max-age=31536000'),
      });
      expect(headers.get('x-powered-by') ?? headers.get('server')).toBeNull();
    }
    const page = await target.send('/graphql', { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
  });

  it('in production there is no GraphiQL', async () => {
    const { status, text } = await production.send('/graphql', { headers: { accept: 'text/html' } });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(text).not.toContain('GraphiQL');
  });

  it.each([
    ['the schema', '{ __schema { types { name } } }'],
    ['a type', '{ __type(name: "Resident") { fields { name } } }'],
    [
      'the schema under another name, in a fragment',
      'query { ...F } fragment F on Query { harmless: __schema { queryType { name } } }',
    ],
  ])('in production introspection of %s is refused', async (_name, query) => {
    const { json: answer } = await production.ask(query);
    expect(answer.data ?? null).toBeNull();
    expect(answer.errors[0].message).toMatch(/introspection/i);
  });

  it.each([
    ['a field', '{ aera { name } }'],
    ['an argument', '{ needs(frist: 1) { totalCount } }'],
    ['a type', 'query ($x: Needd) { area { name } }'],
    ['an enum value', '{ needs(order: MOST_URGENTT) { totalCount } }'],
    ['an input field', '{ needs(filter: { statess: [] }) { totalCount } }'],
    ['a fragment', '{ ...Fragmentt } fragment Fragment on Query { area { name } }'],
  ])('in production nobody is told what %s could have been', async (_name, query) => {
    const { json: answer } = await production.ask(query);
    expect(answer.errors.length).toBeGreaterThan(0);
    expect(JSON.stringify(answer)).not.toMatch(/did you mean/i);
  });

  it('a value of a variable that is nearly right is not completed either', async () => {
    const query = 'query ($order: NeedOrder) { needs(order: $order) { totalCount } }';
    const { json: answer } = await production.ask(query, { variables: { order: 'MOST_URGENTT' } });
    expect(JSON.stringify(answer)).not.toMatch(/did you mean/i);
    expect(answer.errors.length).toBeGreaterThan(0);
  });
});

function form(fields: Record<string, string>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
}

/** Sends bytes as they are and gives what comes back until the server hangs up. */
async function rawExchange({ url }: Target, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.setEncoding('utf8').on('data', (text) => {
    answer += text;
  });
  socket.write(bytes);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()).once('error', () => resolve()));
  await Promise.race([closed, pause(20_000, undefined, { ref: false })]);
  socket.destroy();
  return answer;
}
