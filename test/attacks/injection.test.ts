import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { globalId } from '../area.ts';
import { openTarget, type Target } from './attack.ts';
import { mutationOf, QUERIES, queryOf } from './calls.ts';
import { type Grounds, plantGrounds } from './grounds.ts';

let target: Target;
let grounds: Grounds;
beforeAll(async () => {
  target = await openTarget();
  grounds = await plantGrounds(target);
});
afterAll(() => target.close());

const ask = async (query: string, variables: object, who: 'admin' | 'auditor' | 'resident' = 'admin') =>
  (await target.ask(query, { variables, token: grounds.tokens[who]! })).json;

describe('SQL in every text that a query takes', () => {
  const places: [field: string, args: (text: string) => Readonly<Record<string, unknown>>][] = [
    ['auditEntries', (action) => ({ filter: { action } })],
    ['auditEntries', (subjectType) => ({ filter: { subjectType } })],
    ['auditEntries', (actorId) => ({ filter: { actorId } })],
    ['auditEntries', (subjectId) => ({ filter: { subjectId } })],
    ['communities', (text) => ({ text })],
    ['needs', (text) => ({ filter: { text } })],
    ['programmes', (text) => ({ filter: { text } })],
    ['providers', (text) => ({ filter: { text } })],
    ['residents', (text) => ({ text })],
    ['services', (text) => ({ filter: { text } })],
  ];
  const texts = [
    ["' OR '1'='1", 'a quote and a truth'],
    ["'; DROP TABLE needs; --", 'an end and a statement'],
    ["x') OR (1=1) --", 'a bracket and a remark'],
    ['\\', 'a backslash'],
    ["\\' OR 1=1 --", 'a backslash before a quote'],
    ['%', 'a wildcard of many'],
    ['_', 'a wildcard of one'],
    ['’ OR ’1’=’1', 'a quote of typographers'],
    ['＇ OR ＇1＇=＇1', 'a quote of full width'],
    ['"; SELECT pg_sleep(9)', 'a quote of names'],
    ['$1 :x ?', 'places of values'],
    ['/*', 'a remark without end'],
  ] as const;
  it.each(
    places.flatMap(([field, args]) => texts.map(([text, name]) => [`${field}: ${name}`, field, args, text] as const)),
  )('%s', async (_name, field, args, text) => {
    const before = await target.database.prisma.need.count();
    const given = args(text);
    const { data, errors } = await ask(
      queryOf(field, given),
      given,
      QUERIES[field]!.who.includes('admin') ? 'admin' : 'auditor',
    );
    // It is looked for as it stands, and nothing has it.
    expect(errors?.[0].extensions.code ?? 'INVALID_INPUT').toBe('INVALID_INPUT');
    if (data) expect(data[field]).toMatchObject({ nodes: [], totalCount: 0 });
    expect(await target.database.prisma.need.count()).toBe(before);
  });

  it.each(["'); DROP TABLE needs; --", '%_\\', '$1', "O'Brien"])('%s is kept as it was written', async (title) => {
    const input = {
      title,
      description: title,
      residentId: globalId('Resident', grounds.home.area.residents.yang),
      categoryId: globalId('Category', grounds.home.area.categories.HOME!),
    };
    const { data } = await ask(mutationOf('registerNeed'), { input });
    const { id } = data.registerNeed;
    const read = await ask('query ($id: ID!) { node(id: $id) { ... on Need { title description } } }', { id });
    expect(read.data.node).toEqual({ title, description: title });
    const found = await ask('query ($text: String) { needs(filter: { text: $text }) { nodes { id } } }', {
      text: title,
    });
    expect(found.data.needs.nodes).toEqual([{ id }]);
  });
});

describe('characters that deceive', () => {
  const register = async (title: string) => {
    const categoryId = globalId('Category', grounds.home.area.categories.HOME!);
    const { data } = await ask(mutationOf('registerNeed'), { input: { title, categoryId } }, 'resident');
    return data.registerNeed;
  };
  it.each([
    ['NUL', 'a\u0000b'],
    ['half of a pair', 'a\ud800b'],
    ['the other half', '\udc00'],
    ['a bell', 'a\u0007'],
    ['an escape that colours a terminal', '\u001b[31mred'],
    ['nothing but blanks', ' \u3000\t'],
    ['nothing but overrides', '\u202e\u2066'],
    ['a letter with a thousand accents', `e${'\u0301'.repeat(1000)}`],
    ['a text of 100,000 characters', '长'.repeat(100_000)],
  ])('%s: refused by the name of the field', async (_name, title) => {
    expect(await register(title)).toMatchObject({ __typename: 'InvalidInput', path: ['input', 'title'] });
  });

  it.each([
    ['an override of the direction', 'doc\u202Etxt.exe', 'doctxt.exe'],
    ['an isolate', '\u2066a\u2069', 'a'],
    ['letters and accents apart', 'e\u0301', 'é'],
  ])('%s: made plain', async (_name, title, plain) => {
    const { id } = await register(title);
    const { data } = await ask('query ($id: ID!) { node(id: $id) { ... on Need { title } } }', { id });
    expect(data.node).toEqual({ title: plain });
  });
});

describe('what others open', () => {
  it.each(['=HYPERLINK("http://evil.example")', '+1+1', '-2+3', '@SUM(A1)', '＝1+1', '\t=1+1'])(
    'a service called %s is no formula in the file of a settlement',
    async (name) => {
      const { services } = grounds.home.area;
      await target.database.prisma.service.update({ where: { id: services.lunch }, data: { name } });
      const id = globalId('Settlement', grounds.home.settlementId);
      const { data } = await ask('query ($id: ID!) { node(id: $id) { ... on Settlement { csv } } }', { id });
      const text: string = data.node.csv;
      expect(text).toContain(name.trim().replaceAll('"', '""').slice(1));
      expect(text.replace(/^\uFEFF/, '')).not.toMatch(/(?:^|[,\n"])\s*[=+@＝]|(?:^|[,\n"])-\D/m);
    },
  );

  it.each([
    ['the agent', { 'user-agent': 'x","level":60,"msg":"forged' }],
    ['the language', { 'accept-language': 'zh"}{"level":60' }],
    ['the area', { 'liangdan-area': '%0d%0a{"level":60}' }],
    ['a token', { authorization: 'Bearer a.b.c","level":60' }],
    ['an address', { 'x-forwarded-for': '1.1.1.1","level":60' }],
  ])('%s writes no line and no field of the log', async (_name, headers) => {
    const before = target.logged.length;
    await target.ask('{ area { name } }', { headers });
    for (const line of target.logged.slice(before)) {
      expect(line.trimEnd()).not.toContain('\n');
      expect(JSON.parse(line).level).toBeLessThan(60);
      expect(line).not.toContain('forged');
    }
  });

  it('line ends in what a person writes make no line of the log', async () => {
    const input = { subject: 'a\r\n{"level":60}', displayName: '某人\r\n{"level":60}' };
    await ask(mutationOf('registerUser'), { input });
    for (const line of target.logged) expect(JSON.parse(line).level).toBeLessThan(60);
  });
});
