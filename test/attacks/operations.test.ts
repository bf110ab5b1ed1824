import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTarget, type Target } from './attack.ts';

const AREA = '{ area { name } }';
const HASH = createHash('sha256').update(AREA).digest('hex');
let target: Target;

beforeAll(async () => {
  target = await openTarget({ rightsIntervalMs: 200 });
});
afterAll(() => target.close());

const times = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, n) => make(n)).join(' ');

describe('operations that are small to send and large to run', () => {
  it.each([
    ['a hundred aliases', `{ ${times(100, (n) => `a${n}: area { name }`)} }`],
    [
      'aliases in a fragment that is spread often',
      `{ ${times(20, () => '...F')} } fragment F on Query { a: area { name } b: area { name } }`,
    ],
    ['a hundred directives', `{ area { name ${times(100, () => '@include(if: true)')} } }`],
    ['directives on many fields', `{ area { ${times(60, () => 'name @skip(if: false)')} } }`],
    ['ten thousand tokens', `{ ${times(5000, () => '__typename')} }`],
    ['fragments in a circle', '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }'],
    ['a fragment in itself', '{ ...A } fragment A on Query { area { name } ...A }'],
    [
      'fragments that double sixty times',
      `{ ...F0 } ${times(60, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`)} fragment F60 on Query { area { name } }`,
    ],
    ['nesting of 40', `{ ${'communities(first: 1) { nodes { area { '.repeat(13)} name ${'} } }'.repeat(13)} }`],
    [
      'pages of pages',
      `{ area { ${'communities(first: 100) { nodes { area { '.repeat(3)} name ${'} } }'.repeat(3)} } }`,
    ],
    ['brackets without end', '{'.repeat(1900)],
    ['1,900 brackets of a list that never close', `{ node(id: ${'['.repeat(1900)}) { id } }`],
    ['a list in lists, 900 deep', `{ node(id: ${'['.repeat(900)}${']'.repeat(900)}) { id } }`],
  ])('%s', async (_name, query) => {
    const { json } = await target.ask(query);
    expect(json.data ?? null).toBeNull();
    expect(json.errors.length).toBeGreaterThan(0);
    expect(json.errors[0].extensions?.code).not.toBe('UNEXPECTED');
  });
});

describe('one request too many', () => {
  it('is told from an address, and a header that a client wrote makes no other address of it', async () => {
    const limited = await openTarget({ ratePerAddress: 3 });
    const answers = [];
    for (let count = 0; count < 4; count += 1) {
      answers.push(await limited.ask(AREA, { headers: { 'x-forwarded-for': `10.0.0.${count}` } }));
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(Number(answers[3]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await limited.send('/health')).status).toBe(200);
    await limited.close();
  });

  it('is told behind a proxy by the address that the proxy saw', async () => {
    const limited = await openTarget({ ratePerAddress: 1, proxies: 1 });
    const from = async (forwarded: string) =>
      (await limited.ask(AREA, { headers: { 'x-forwarded-for': forwarded } })).status;
    expect([await from('1.1.1.1, 10.0.0.1'), await from('2.2.2.2, 10.0.0.1'), await from('10.0.0.2')]).toEqual([
      200, 429, 200,
    ]);
    await limited.close();
  });

  it('is told of a user, who does not spend what others have', async () => {
    const limited = await openTarget({ ratePerUser: 1 });
    const [admin, auditor] = [await limited.token('AREA_ADMIN'), await limited.token('AUDITOR')];
    const as = async (token: string) => (await limited.ask(AREA, { token })).status;
    expect([await as(admin), await as(admin), await as(auditor)]).toEqual([200, 429, 200]);
    await limited.close();
  });

  it('is told too while the Redis of the settings is not there', async () => {
    const limited = await openTarget({ ratePerAddress: 1, redisUrl: 'redis://127.0.0.1:1' });
    expect([(await limited.ask(AREA)).status, (await limited.ask(AREA)).status]).toEqual([200, 429]);
    await limited.close();
  });
});

describe('persisted operations', () => {
  it('are run by their hash, and nothing else is where others are refused', async () => {
    const operations = new Map([[HASH, AREA]]);
    const only = await openTarget({ operations, allowsOtherOperations: false });
    const persisted = (sha256Hash: string) =>
      only.send('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash } } }),
      });
    expect((await persisted(HASH)).json.data.area.name).toBe('凯里市');
    expect((await persisted('0'.repeat(64))).json.data).toBeUndefined();
    expect((await only.ask('{ communities { totalCount } }')).json.data).toBeUndefined();
    await only.close();
  });
});

describe('an open event stream', () => {
  it('ends soon after its viewer has lost the grant that opened it, without waiting for an event', async () => {
    const token = await target.token('AREA_ADMIN');
    const stream = await fetch(`${target.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: 'subscription { orderChanged { state } }' }),
    });
    await target.database.prisma.roleGrant.deleteMany({ where: { role: 'AREA_ADMIN' } });
    expect(await stream.text()).not.toContain('"state"');
  });
});
