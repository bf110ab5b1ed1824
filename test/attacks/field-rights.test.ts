import { getNamedType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maskAddress, maskIdentityNumber, maskName, maskPhone } from '../../src/privacy/index.ts';
import { globalId } from '../area.ts';
import { type EventStream, openTarget, type Target } from './attack.ts';
import {
  EVENT,
  EVENT_TYPES,
  MUTATIONS,
  mutationOf,
  QUERIES,
  queryOf,
  SUBSCRIPTIONS,
  tellOfEverything,
} from './calls.ts';
import { ASKERS, type Asker, clearTextsOf, type Grounds, plantGrounds } from './grounds.ts';
import { FAILURES, FIELDS, mayRead, PARTS, READERS } from './rights.ts';
import { fieldNames, isFailure, isNode, isPage, OBJECT_TYPES, selectionOf, thingsIn } from './shapes.ts';
import { listThings, THING_TYPES, type Thing } from './things.ts';

const ROOTS = { Query: QUERIES, Mutation: MUTATIONS, Subscription: SUBSCRIPTIONS };
const NAMES: Readonly<Record<string, string>> = { R01: '杨秀英', R02: '龙老四', R03: '吴建国' };
const personalTexts = (externalId: string, areaCode: string) => [
  NAMES[externalId]!,
  ...Object.values(clearTextsOf(externalId, areaCode)),
];
const REFUSALS = /^Not(?:Allowed|Found)$/;
const words = (text = '') => text.split(/\s+/).filter(Boolean);

describe('the tables say of every field who may read it', () => {
  it.each(OBJECT_TYPES.filter((type) => !isPage(type)).map((type) => [type.name, type] as const))(
    '%s',
    (name, type) => {
      const expected = () => {
        if (name in ROOTS) return Object.keys(ROOTS[name as keyof typeof ROOTS]);
        if (isFailure(type)) return ['code', 'message', 'path', ...words(FAILURES[name])];
        if (!isNode(type)) return words(PARTS[name]?.all);
        const { all, only, masked } = FIELDS[name] ?? { all: '' };
        return [...words(all), ...Object.keys(only ?? {}), ...words(masked)];
      };
      if (name !== 'PageInfo') expect(expected().sort()).toEqual(fieldNames(type));
    },
  );

  it('pages hold nothing but their entries', () => {
    const fields = new Set(OBJECT_TYPES.filter(isPage).flatMap(fieldNames));
    expect([...fields].sort()).toEqual(['cursor', 'edges', 'node', 'nodes', 'pageInfo', 'totalCount', 'totals']);
  });

  it('what has no id stands only where the tables say', () => {
    for (const [name, { of }] of Object.entries(PARTS)) {
      const places = OBJECT_TYPES.flatMap((type) =>
        Object.values(type.getFields())
          .filter((field) => getNamedType(field.type).name === name)
          .map((field) => `${type.name}.${field.name}`),
      );
      expect(places.sort(), name).toEqual(words(of).sort());
    }
  });

  it('and no line too many', () => {
    const nodes = OBJECT_TYPES.filter(isNode).map(({ name }) => name);
    expect(Object.keys(READERS).sort()).toEqual(nodes.sort());
    expect(Object.keys(FIELDS).sort()).toEqual(nodes);
    expect(THING_TYPES).toEqual(nodes);
    expect(Object.keys(FAILURES).sort()).toEqual(
      OBJECT_TYPES.filter(isFailure)
        .map(({ name }) => name)
        .sort(),
    );
  });
});

describe('who asks reads what the tables say and nothing else', () => {
  let target: Target;
  let grounds: Grounds;
  beforeAll(async () => {
    target = await openTarget();
    grounds = await plantGrounds(target);
  });
  afterAll(() => target.close());

  const ask = (asker: Asker, query: string, variables: object = {}) => {
    const token = grounds.tokens[asker];
    return target.ask(query, { variables, ...(token && { token }) });
  };

  const types = OBJECT_TYPES.filter(isNode);
  const rows = ASKERS.flatMap((asker) => types.map((type) => [asker, type.name, type] as const));
  it.each(rows)('%s: %s', async (asker, typename, type) => {
    const query = `query ($id: ID!) { node(id: $id) { __typename id ... on ${typename} ${selectionOf(type)} } }`;
    const seen: Record<string, unknown>[] = [];
    for (const thing of aFewOf(asker, typename)) {
      const { json } = await ask(asker, query, { id: globalId(typename, thing.id) });
      expect(json.errors).toBeUndefined();
      expect(json.data.node !== null, `${typename} ${thing.id} is read`).toBe(mayRead(asker, thing, grounds));
      if (json.data.node !== null) seen.push(json.data.node);
    }
    for (const node of seen) {
      checkEdges(asker, node);
      checkClearTexts(asker, node);
      if (typename === 'Resident') checkMasks(asker, node);
    }
    for (const [field, who] of Object.entries(FIELDS[typename]!.only ?? {})) {
      const values = seen.map((node) => node[field]).filter((value) => value !== null && !isEmpty(value));
      const isRead = words(who).includes(asker);
      if (isRead && seen.length > 0) expect(values.length, `${typename}.${field} is read`).toBeGreaterThan(0);
      if (!isRead) expect(values, `${typename}.${field} is not read`).toEqual([]);
    }
  });

  const isEmpty = (value: unknown) =>
    (Array.isArray(value) && value.length === 0) || (value as { totalCount?: number }).totalCount === 0;

  /** Things of a type that they may read and that they may not, of their area and of the other. */
  function aFewOf(asker: Asker, typename: string): readonly Thing[] {
    const all = grounds.things.filter((thing) => thing.typename === typename);
    const isHome = ({ areaId }: Thing) => areaId === grounds.home.area.areaId;
    return [
      ...all.filter((thing) => mayRead(asker, thing, grounds)).slice(0, 6),
      ...all.filter((thing) => isHome(thing) && !mayRead(asker, thing, grounds)).slice(0, 3),
      ...all.filter((thing) => !isHome(thing)).slice(0, 1),
    ];
  }

  /** Edges lead only to what could be read by `node` too. */
  function checkEdges(asker: Asker, node: unknown): void {
    for (const { typename, globalId: reached, path } of thingsIn(node)) {
      const thing = grounds.things.find((other) => globalId(typename, other.id) === reached);
      expect(thing, `${typename} at ${path}`).toBeDefined();
      expect(mayRead(asker, thing!, grounds), `${typename} at ${path} may be read`).toBe(true);
    }
  }

  /** Personal information of others is nowhere in the clear, but for whom to serve while an order is in progress. */
  function checkClearTexts(asker: Asker, node: Record<string, unknown>): void {
    const { contact: _, ...rest } = node;
    const text = JSON.stringify(rest);
    const isSelf = asker === 'resident' || node.__typename === 'ResidentReveal';
    const own = isSelf ? personalTexts('R01', 'KAILI') : [];
    const all = ['KAILI', 'DUYUN'].flatMap((code) => Object.keys(NAMES).flatMap((id) => personalTexts(id, code)));
    for (const clear of all) if (!own.includes(clear)) expect(text).not.toContain(clear);
  }

  function checkMasks(asker: Asker, node: Record<string, unknown>): void {
    const externalId = node.externalId as string;
    const { phone, address, identityNumber } = clearTextsOf(externalId, 'KAILI');
    const whole = { name: NAMES[externalId]!, phone, address, identityNumber };
    const masked = {
      name: maskName(whole.name),
      phone: maskPhone(phone),
      address: maskAddress(address),
      identityNumber: maskIdentityNumber(identityNumber),
    };
    expect(node).toMatchObject(asker === 'resident' ? whole : masked);
  }

  const queries = ASKERS.flatMap((asker) => Object.keys(QUERIES).map((field) => [asker, field] as const));
  it.each(queries)('%s: the query %s', async (asker, field) => {
    const { who, list, args } = QUERIES[field]!;
    // A list is asked for without filters, to see that it holds all that they may read and nothing else.
    const given = list === undefined ? args?.(grounds.home) : undefined;
    const { json } = await ask(asker, queryOf(field, given), given);
    if (!words(who).includes(asker)) {
      expect(json.data).toBeNull();
      expect(json.errors[0].extensions.code).toMatch(asker === 'nobody' ? /^NOT_SIGNED_IN$/ : /^NOT_(ALLOWED|FOUND)$/);
      return;
    }
    expect(json.errors).toBeUndefined();
    // What is shown of orders is audited, so the log has grown.
    if (list === 'AuditEntry') grounds = { ...grounds, things: await listThings(target.database) };
    checkEdges(asker, json.data);
    if (list === undefined) return;
    const readable = grounds.things.filter((thing) => thing.typename === list && mayRead(asker, thing, grounds));
    const ids = json.data[field].nodes.map(({ id }: { id: string }) => id).sort();
    expect(ids).toEqual(readable.map(({ id }) => globalId(list, id)).sort());
    expect(json.data[field].totalCount).toBe(readable.length);
  });

  it.each(ASKERS)('%s: the subscriptions, while everything changes', async (asker) => {
    const streams = new Map<string, EventStream>();
    for (const [field, { who }] of Object.entries(SUBSCRIPTIONS)) {
      const stream = await target.listen(`subscription { ${field} ${EVENT[field]} }`, grounds.tokens[asker]);
      if (words(who).includes(asker)) streams.set(field, stream);
      else {
        await stream.ended;
        const code = asker === 'nobody' ? 'NOT_SIGNED_IN' : 'NOT_ALLOWED';
        expect(stream.events).toMatchObject([{ errors: [{ extensions: { code } }] }]);
      }
    }
    await tellOfEverything(target.database, grounds);
    for (const [field, stream] of streams) {
      const typename = EVENT_TYPES[field]!;
      const readable = grounds.things.filter((thing) => thing.typename === typename && mayRead(asker, thing, grounds));
      // What is theirs is told last, so what is not would have come before.
      await expect.poll(() => stream.events.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(readable.length);
      expect(stream.events.every(({ errors }) => errors === undefined)).toBe(true);
      const told = stream.events.map(({ data }) => data[field].id ?? data[field].runId);
      expect(told.sort()).toEqual(readable.map(({ id }) => globalId(typename, id)).sort());
      for (const event of stream.events) checkEdges(asker, event);
      await stream.close();
    }
  });

  const mutations = ASKERS.flatMap((asker) => Object.keys(MUTATIONS).map((field) => [asker, field] as const));
  it.each(mutations)('%s: the mutation %s', async (asker, field) => {
    const { who, input } = MUTATIONS[field]!;
    const { json } = await ask(asker, mutationOf(field), { input: input(grounds.home, 99) });
    const { __typename: answer } = json.data[field];
    if (words(who).includes(asker)) expect(answer).not.toMatch(REFUSALS);
    else expect(answer).toMatch(asker === 'nobody' ? /^NotSignedIn$/ : REFUSALS);
  });
});
