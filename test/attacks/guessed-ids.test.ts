import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/database/id.ts';
import { globalId } from '../area.ts';
import { openTarget, type Target } from './attack.ts';
import { MUTATIONS, mutationOf } from './calls.ts';
import { type Asker, type Grounds, plantGrounds } from './grounds.ts';
import { mayRead } from './rights.ts';

let target: Target;
let grounds: Grounds;
let statements = 0;
beforeAll(async () => {
  target = await openTarget();
  grounds = await plantGrounds(target);
  target.database.prisma.$on('query' as never, () => {
    statements += 1;
  });
});
afterAll(() => target.close());

const ask = async (asker: Asker, query: string, variables: object) => {
  const token = grounds.tokens[asker];
  return (await target.ask(query, { variables, ...(token && { token }) })).json;
};
const NODE = 'query ($id: ID!) { node(id: $id) { __typename id } }';
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('ids that nobody gave', () => {
  const id = newId();
  const ids: [name: string, id: string][] = [
    ['the empty string', ''],
    ['a number', '1'],
    ['a bare UUID', id],
    ['a type without an id', base64('Need:')],
    ['a type and a number', base64('Need:1')],
    ['an id in capitals', base64(`Need:${id.toUpperCase()}`)],
    ['an id and a blank', base64(`Need:${id} `)],
    ['an id and SQL', base64(`Need:${id}' OR '1'='1`)],
    ['two ids', base64(`Need:${id}:${id}`)],
    ['a table', base64(`needs:${id}`)],
    ['a prototype', base64(`__proto__:${id}`)],
    ['NUL', base64('Need:\u0000')],
    ['100,000 characters', base64(`Need:${'0'.repeat(100_000)}`)],
  ];
  it.each(ids)('%s', async (_name, given) => {
    const fetched = await ask('admin', NODE, { id: given });
    expect(fetched.errors?.[0].extensions.code ?? 'INVALID_INPUT').toBe('INVALID_INPUT');
    expect(fetched.data?.node ?? null).toBeNull();
    const { data } = await ask('admin', mutationOf('withdrawNeed'), {
      input: { id: given, version: 1, reason: 'RESIDENT_LEFT' },
    });
    expect(data.withdrawNeed).toMatchObject({ __typename: 'InvalidInput' });
  });

  it.each(['Order', 'Resident', 'User', 'Nothing', 'Query', 'constructor', 'toString'])(
    'an id of the type %s where that of a need is asked for',
    async (typename) => {
      const input = { id: base64(`${typename}:${grounds.home.openNeed}`), version: 1, reason: 'RESIDENT_LEFT' };
      const answer = await ask('admin', mutationOf('withdrawNeed'), { input });
      expect(answer.data?.withdrawNeed.__typename ?? 'InvalidInput').toBe('InvalidInput');
      expect(answer.errors?.[0].extensions?.code).not.toBe('UNEXPECTED');
      expect((await ask('admin', NODE, { id: input.id })).data?.node ?? null).toBeNull();
    },
  );

  it('the ids right after and before those of everything there is lead nowhere', async () => {
    const known = new Set(grounds.things.map((thing) => thing.id));
    for (const thing of grounds.things.filter((_, index) => index % 5 === 0)) {
      for (const step of [1n, -1n]) {
        const next = (BigInt(`0x${thing.id.replaceAll('-', '')}`) + step).toString(16).padStart(32, '0');
        const guess = next.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
        if (known.has(guess)) continue;
        const { data } = await ask('admin', NODE, { id: globalId(thing.typename, guess) });
        expect(data.node).toBeNull();
      }
    }
  });
});

describe('what is not theirs costs as many statements as what is not there', () => {
  const counted = async (work: () => Promise<unknown>) => {
    statements = 0;
    await work();
    return statements;
  };
  it.each(['resident', 'provider', 'grid', 'staff', 'auditor'] as const)('by node, for %s', async (asker) => {
    for (const typename of new Set(grounds.things.map((thing) => thing.typename))) {
      const other = grounds.things.find((thing) => thing.typename === typename && !mayRead(asker, thing, grounds));
      if (other === undefined) continue;
      const ofNothing = await counted(() => ask(asker, NODE, { id: globalId(typename, newId()) }));
      expect(await counted(() => ask(asker, NODE, { id: globalId(typename, other.id) })), typename).toBe(ofNothing);
    }
  });

  const rows: [field: string, place: string, typename: string][] = [
    ['acceptOrder', 'orderId', 'Order'],
    ['cancelOrder', 'orderId', 'Order'],
    ['handleNotice', 'noticeId', 'Notice'],
    ['paySettlement', 'settlementId', 'Settlement'],
    ['revealResident', 'residentId', 'Resident'],
    ['reverseTransfer', 'transferId', 'Transfer'],
  ];
  it.each(rows)('by %s', async (field, place, typename) => {
    for (const asker of ['resident', 'provider', 'staff'] as const) {
      const given = MUTATIONS[field]!.input(grounds.home, 99);
      const other = grounds.things.find((thing) => thing.typename === typename && !mayRead(asker, thing, grounds));
      if (other === undefined) continue;
      const send = (id: string) =>
        ask(asker, mutationOf(field), { input: { ...given, [place]: globalId(typename, id) } });
      expect(await counted(() => send(other.id)), asker).toBe(await counted(() => send(newId())));
    }
  });
});

describe('fields that nobody is asked for', () => {
  const FIELDS = ['areaId', 'actorId', 'state', 'createdAt', 'isSealed', 'hash', 'userId', '__proto__', 'constructor'];
  it.each(Object.keys(MUTATIONS))('%s', async (field) => {
    const given = MUTATIONS[field]!.input(grounds.home, 99);
    for (const extra of FIELDS.filter((name) => !(name in given) || name === '__proto__' || name === 'constructor')) {
      const input = JSON.parse(
        `${JSON.stringify(given).slice(0, -1)}${given && Object.keys(given).length > 0 ? ',' : ''}"${extra}":"x"}`,
      );
      const { data, errors } = await ask('admin', mutationOf(field), { input });
      expect(data ?? null).toBeNull();
      expect(errors[0].message).toContain(`"${extra}" is not defined`);
    }
  });
});

describe("another's idempotency key", () => {
  it('is another key: nobody is answered what somebody else was', async () => {
    const input = {
      title: '午餐',
      residentId: globalId('Resident', grounds.home.area.residents.yang),
      categoryId: globalId('Category', grounds.home.area.categories['ELDER.MEAL']!),
      idempotencyKey: 'one-key-for-all',
    };
    const register = async (asker: Asker) =>
      (await ask(asker, mutationOf('registerNeed'), { input })).data.registerNeed;
    const first = await register('resident');
    const second = await register('staff');
    expect([first.__typename, second.__typename]).toEqual(['Need', 'Need']);
    expect(second.id).not.toBe(first.id);
    expect(await register('resident')).toEqual(first);
    expect(await register('provider')).toMatchObject({ __typename: 'NotAllowed' });
    expect(await register('nobody')).toMatchObject({ __typename: 'NotSignedIn' });
    const token = await target.token('AREA_ADMIN', { area: 'DUYUN' });
    const abroad = await target.ask(mutationOf('registerNeed'), { token, variables: { input } });
    expect(abroad.json.data.registerNeed).toMatchObject({ __typename: 'NotFound' });
  });

  it('does not give away a reveal', async () => {
    const input = { ...MUTATIONS.revealResident!.input(grounds.home, 1), idempotencyKey: 'one-key-to-reveal' };
    const reveal = async (asker: Asker) =>
      (await ask(asker, mutationOf('revealResident'), { input })).data.revealResident;
    const { id } = await reveal('staff');
    expect((await reveal('admin')).id).not.toBe(id);
    expect((await ask('admin', NODE, { id })).data.node).toBeNull();
    expect(await reveal('auditor')).toMatchObject({ __typename: 'NotFound' });
  });
});
