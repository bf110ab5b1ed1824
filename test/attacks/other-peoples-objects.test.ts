import { setTimeout as pause } from 'node:timers/promises';
import { type GraphQLInputType, getNamedType, isInputObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/database/id.ts';
import { schema } from '../../src/graphql/schema.ts';
import { globalId } from '../area.ts';
import { openTarget, type Target } from './attack.ts';
import { MUTATIONS, mutationOf, QUERIES, queryOf, SUBSCRIPTIONS, subscriptionOf, tellOfEverything } from './calls.ts';
import { ASKERS, type Asker, type Grounds, plantGrounds } from './grounds.ts';
import { mayRead } from './rights.ts';
import { thingsIn } from './shapes.ts';
import type { Thing } from './things.ts';

/*
 * Wherever an id can stand, the id of what is not theirs is answered as one of nothing: word for word. The places are read
 * from the schema, so that a new one without a row in calls.ts fails by its name.
 */

type Values = Readonly<Record<string, unknown>>;
type Path = readonly string[];

let target: Target;
let grounds: Grounds;
beforeAll(async () => {
  target = await openTarget();
  grounds = await plantGrounds(target);
});
afterAll(() => target.close());

const ask = async (asker: Asker, query: string, variables: object) => {
  const token = grounds.tokens[asker];
  return (await target.ask(query, { variables, ...(token && { token }) })).json;
};

/** Paths of the fields of an input, or of arguments, that take ids. */
function idPaths(fields: readonly { readonly name: string; readonly type: GraphQLInputType }[]): readonly Path[] {
  return fields.flatMap(({ name, type }) => {
    const named = getNamedType(type);
    if (named.name === 'ID') return [[name]];
    if (!isInputObjectType(named)) return [];
    return idPaths(Object.values(named.getFields())).map((path) => [name, ...path]);
  });
}

const argumentPaths = (root: 'Query' | 'Mutation' | 'Subscription') =>
  Object.values((schema.getType(root) as NonNullable<ReturnType<typeof schema.getQueryType>>).getFields()).flatMap(
    (field) => idPaths(field.args).map((path) => [field.name, path] as const),
  );

const valueAt = (values: unknown, path: Path): unknown =>
  path.reduce((value, step) => (value as Values | undefined)?.[step], values);

/** The values with another id in this place. */
function withId(values: Values, [step, ...rest]: Path, id: string): Values {
  const old = values[step!];
  return { ...values, [step!]: rest.length > 0 ? withId(old as Values, rest, id) : Array.isArray(old) ? [id] : id };
}

/** The type of things that stand in a place. */
function typeAt(values: Values, path: Path): string {
  const id = [valueAt(values, path)].flat()[0] as string;
  return Buffer.from(id, 'base64').toString().split(':')[0]!;
}

/** One of a type that they may not read, of each kind: of another resident, provider, community, and of another area. */
function notTheirs(asker: Asker, typename: string): readonly Thing[] {
  const { home } = grounds;
  const isHome = ({ areaId }: Thing) => areaId === home.area.areaId;
  const all = grounds.things.filter((thing) => thing.typename === typename && !mayRead(asker, thing, grounds));
  const inDashizi = ({ communities }: Thing) => communities.includes(home.area.communities.dashizi);
  return [
    all.find((thing) => isHome(thing) && inDashizi(thing)),
    all.find((thing) => isHome(thing) && !inDashizi(thing)),
    all.find((thing) => !isHome(thing)),
  ].filter((thing) => thing !== undefined);
}

/**
 * Ids that somebody knows of what they may not read, since they stand in what they read: by these they may narrow lists. What
 * is listed is theirs all the same.
 */
const KNOWN: Readonly<Record<string, string>> = {
  'auditEntries filter.subjectId': 'auditor',
  'heldRecognition residentId': 'auditor',
  // A caregiver passes their id on to whom they act for.
  'nameCaregiver userId': 'resident grid staff',
  'notices filter.needId': 'auditor',
  'orders filter.needId': 'auditor',
  'orderChanged needId': 'auditor',
  'settlements filter.programmeId': 'provider',
};
const notKnowing = (place: string) => ASKERS.filter((asker) => !KNOWN[place]?.split(' ').includes(asker));

/** An answer without the id that was asked for. */
const comparable = (answer: unknown, id: string, global: string) =>
  JSON.parse(JSON.stringify(answer).replaceAll(global, '…').replaceAll(id, '…'));

async function isAnsweredAsNothing(
  asker: Asker,
  typename: string,
  ask: (global: string) => Promise<unknown>,
): Promise<void> {
  const answerTo = async (id: string) => comparable(await ask(globalId(typename, id)), id, globalId(typename, id));
  const nothing = await answerTo(newId());
  for (const thing of notTheirs(asker, typename)) expect(await answerTo(thing.id)).toEqual(nothing);
}

describe('node', () => {
  it.each(ASKERS)('by %s', async (asker) => {
    const fetch = (id: string) => ask(asker, 'query ($id: ID!) { node(id: $id) { __typename id } }', { id });
    for (const typename of new Set(grounds.things.map((thing) => thing.typename))) {
      await isAnsweredAsNothing(asker, typename, fetch);
    }
  });
});

describe('queries', () => {
  const rows = argumentPaths('Query').filter(([field]) => field !== 'node');
  it.each(rows.map(([field, path]) => [`${field} ${path.join('.')}`, field, path] as const))(
    '%s',
    async (name, field, path) => {
      const args = { ...QUERIES[field]!.args!(grounds.home) };
      // One holder is asked for at a time.
      if (path[0] === 'providerId' && field === 'heldRecognition') {
        delete args.residentId;
        args.providerId = globalId('Provider', grounds.home.area.providers.canteen);
      }
      expect(valueAt(args, path), 'a row in calls.ts names something in this place').toBeDefined();
      // A filter by more than one thing finds nothing at all, so each is tried by itself.
      const alone = path[0] === 'filter' ? { filter: { [path[1]!]: valueAt(args, path) } } : args;
      for (const asker of notKnowing(name)) {
        await isAnsweredAsNothing(asker, typeAt(args, path), (id) => {
          const given = withId(alone, path, id);
          return ask(asker, queryOf(field, given), given);
        });
      }
    },
  );
});

describe('mutations', () => {
  const rows = argumentPaths('Mutation').map(
    ([field, [, ...path]]) => [`${field} ${path.join('.')}`, field, path] as const,
  );
  it.each(rows)('%s', async (name, field, path) => {
    const { input } = MUTATIONS[field]!;
    const given = { ...input(grounds.home, await versionFor(field)), ...instead(field, path) };
    expect(valueAt(given, path), 'a row in calls.ts names something in this place').toBeDefined();
    for (const asker of notKnowing(name)) {
      await isAnsweredAsNothing(asker, typeAt(given, path), (id) =>
        ask(asker, mutationOf(field), { input: withId(given, path, id) }),
      );
    }
  });

  /** Where only one of several things is named at a time, that one. */
  function instead(field: string, [name]: Path): Values {
    const { residents, providers } = grounds.home.area;
    const provider = { providerId: globalId('Provider', providers.canteen) };
    if (field === 'grantRole' && name === 'providerId') {
      return { role: 'PROVIDER_STAFF', communityId: null, ...provider };
    }
    if (field === 'grantRole' && name === 'residentId') {
      return { role: 'RESIDENT', communityId: null, residentId: globalId('Resident', residents.yang) };
    }
    return field.endsWith('Recognition') && name === 'providerId' ? { residentId: null, ...provider } : {};
  }

  /** The version that the thing has to which the mutation is done, so that it fails for the other id and nothing else. */
  async function versionFor(field: string): Promise<number> {
    const { prisma } = target.database;
    const { openNeed, area } = grounds.home;
    const needs = ['amendNeed', 'chooseCandidate', 'dispatchOrder'];
    if (needs.includes(field)) return (await prisma.need.findUniqueOrThrow({ where: { id: openNeed } })).version;
    if (field === 'saveService') {
      return (await prisma.service.findUniqueOrThrow({ where: { id: area.services.lunch } })).version;
    }
    return 99;
  }
});

describe('subscriptions', () => {
  const rows = argumentPaths('Subscription').map(
    ([field, path]) => [`${field} ${path.join('.')}`, field, path] as const,
  );
  it.each(rows)('%s', async (name, field, path) => {
    const { args, who } = SUBSCRIPTIONS[field]!;
    const all = args!(grounds.home);
    for (const asker of notKnowing(name).filter((one) => who.split(' ').includes(one))) {
      const token = grounds.tokens[asker];
      const typename = typeAt(all, path);
      const open = async (id: string) => {
        const given = { [path[0]!]: globalId(typename, id) };
        return target.listen(subscriptionOf(field, given), token, given);
      };
      const others = await Promise.all([...notTheirs(asker, typename).map(({ id }) => open(id)), open(newId())]);
      const everything = await target.listen(subscriptionOf(field), token);
      await tellOfEverything(target.database, grounds);
      // What comes to those who ask for everything would have come to those who ask for one thing.
      await expect.poll(() => everything.events.length, { timeout: 20_000 }).toBeGreaterThan(0);
      await pause(20);
      for (const { events } of others) expect(events).toEqual([]);
      await Promise.all([everything, ...others].map((stream) => stream.close()));
    }
  });
});

describe('lists that are asked to go on after what is not theirs', () => {
  const fields = Object.entries(QUERIES).flatMap(([field, { list }]) => (list ? [[field, list] as const] : []));
  it.each(fields)('%s', async (field, list) => {
    for (const asker of ASKERS.filter((one) => QUERIES[field]!.who.split(' ').includes(one))) {
      for (const side of ['first: 5, after', 'last: 5, before']) {
        const query = `query ($cursor: String) { ${field}(${side}: $cursor) { nodes { id } pageInfo { hasNextPage hasPreviousPage } } }`;
        await isAnsweredAsNothing(asker, list, (global) => {
          const id = Buffer.from(global, 'base64').toString().split(':')[1];
          return ask(asker, query, { cursor: Buffer.from(`GPC:S:${id}`).toString('base64') });
        });
      }
    }
  });
});

describe('edges that lead away from what is theirs', () => {
  const start = {
    order: ({ orders }: Grounds['home']) => globalId('Order', orders.yang),
    openOrderOfWu: ({ orders }: Grounds['home']) => globalId('Order', orders.wu),
    provider: ({ area }: Grounds['home']) => globalId('Provider', area.providers.repair),
    community: ({ area }: Grounds['home']) => globalId('Community', area.communities.yatang),
    run: ({ runId }: Grounds['home']) => globalId('MatchRun', runId),
    notice: ({ notices }: Grounds['home']) => globalId('Notice', notices.dashizi),
    ledger: ({ ledgerId }: Grounds['home']) => globalId('Ledger', ledgerId),
    settlement: ({ settlementId }: Grounds['home']) => globalId('Settlement', settlementId),
  };
  const NEED =
    '{ __typename id resident { __typename id needs { nodes { __typename id orders { nodes { __typename id } } } } } }';
  const paths: [name: string, from: keyof typeof start, query: string][] = [
    ['order → need → resident → needs → orders', 'order', `... on Order { need ${NEED} }`],
    ["a neighbour's order → need → resident → needs", 'openOrderOfWu', `... on Order { need ${NEED} }`],
    [
      'provider → services → provider → services',
      'provider',
      '... on Provider { services { nodes { __typename id provider { services { nodes { __typename id } } } } } }',
    ],
    [
      'community → area → communities',
      'community',
      '... on Community { area { communities { nodes { __typename id area { __typename id } } } } }',
    ],
    [
      'match run → outcomes → need → resident, candidates → service → provider → services',
      'run',
      `... on MatchRun { outcomes(first: 8) { nodes { __typename id need ${NEED} nearestMiss { service { __typename id } }
        candidates { __typename id service { __typename id provider { __typename id } } } } } }`,
    ],
    [
      'notice → order → need → resident',
      'notice',
      `... on Notice { order { __typename id need ${NEED} } need ${NEED} }`,
    ],
    [
      'order → transfers → accounts, order → candidate → service',
      'order',
      `... on Order { transfers { __typename id debitAccount { __typename id } } candidate { __typename id service { __typename id } }
        service { __typename id provider { services { nodes { __typename id } } } } appraisal { __typename id order { need ${NEED} } } }`,
    ],
    [
      'ledger → entries → ledger, accounts, periods → balances → account',
      'ledger',
      `... on Ledger { entries { nodes { __typename id ledger { __typename id } } } accounts { nodes { __typename id } }
        transfers { nodes { __typename id debitAccount { __typename id } } } }`,
    ],
    [
      'settlement → programme, provider → services',
      'settlement',
      `... on Settlement { programme { __typename id }
        provider { services { nodes { __typename id provider { __typename id } } } } }`,
    ],
  ];
  it.each(paths)('%s', async (_name, from, path) => {
    for (const asker of ASKERS) {
      const answer = await ask(asker, `query ($id: ID!) { node(id: $id) { __typename ${path} } }`, {
        id: start[from](grounds.home),
      });
      expect(answer.errors).toBeUndefined();
      for (const { typename, globalId: reached, path: where } of thingsIn(answer)) {
        const thing = grounds.things.find(({ id }) => globalId(typename, id) === reached)!;
        expect(mayRead(asker, thing, grounds), `${asker} reaches ${typename} at ${where}`).toBe(true);
      }
    }
  });
});
