/**
 * Orders accepted a second by 1, 8 and 32 clients, through the store function and through GraphQL over HTTP (the server in
 * a process of its own, its clients in another), on a PostgreSQL of the machine's own with durable commits. The peer is
 * pgbench on the same server, which runs the minimum SQL for the same change with prepared statements: the need's state,
 * the order's, its event and its ledger entry, with the same tables and triggers; and, as a harder peer, pgbench with nothing
 * but one call of the database's function `move_order`. Each has a database of its own, a copy of one with dispatched
 * orders. All take turns in every round; the median round counts.
 */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Database, openDatabase } from '../../../src/database/database.ts';
import { newId } from '../../../src/database/id.ts';
import { migrate } from '../../../src/database/migrations.ts';
import { developmentUser } from '../../../src/identity/development-users.ts';
import { openDevelopmentIssuer } from '../../../src/identity/tokens.ts';
import { findViewer } from '../../../src/identity/user.store.ts';
import type { Viewer } from '../../../src/identity/viewer.ts';
import { textAroundPlace } from '../../../src/ledger/chain.ts';
import { verifyLedgers } from '../../../src/ledger/index.ts';
import { findNextCandidates } from '../../../src/matchruns/next-candidates.store.ts';
import { orderEventEntry } from '../../../src/orders/event.store.ts';
import { moveOrder } from '../../../src/orders/order.store.ts';
import { startTestServer } from '../../database/server.ts';
import { type PlantedOrder, plantDispatchedOrders } from './dispatched-orders.ts';
import type { HttpRun, HttpWork } from './http-clients.ts';

/** Clients, and how many orders they accept together in one round. */
const LOADS = [
  { clients: 1, orders: 400 },
  { clients: 8, orders: 1200 },
  { clients: 32, orders: 2400 },
] as const;
const ROUNDS = 3;
/** Accepted before anything is measured, so that a process that has just begun is not what is measured. */
const WARM_UP = { clients: 8, orders: 800 };
const LEDGERS = 64;
const PROVIDERS = 32;
const DATABASES = ['bench_statements', 'bench_call', 'bench_store', 'bench_graphql'] as const;
/** Parts of what pgbench does with the minimum SQL. */
const GOALS = { store: 0.7, GraphQL: 0.4 } as const;

/** Accepts so many orders from the given one on and says how many seconds it took. */
type Contender = (run: HttpRun) => Promise<number>;

const server = await startTestServer(['shared_buffers=256MB']);
const folder = mkdtempSync(join(tmpdir(), 'liangdan-orders-'));
const children: ChildProcess[] = [];
const databases: Database[] = [];
try {
  await run();
} finally {
  for (const child of children) child.kill();
  for (const database of databases) await database.close();
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
}

async function run(): Promise<void> {
  const perRound = LOADS.reduce((sum, { orders }) => sum + orders, 0);
  const orders = WARM_UP.orders + ROUNDS * perRound;
  const template = await openDatabase({ url: urlOf('template1') });
  await migrate(template.adapter);
  const { areaId, planted } = await plantDispatchedOrders(template, { orders, ledgers: LEDGERS, providers: PROVIDERS });
  const issuer = await openDevelopmentIssuer(folder);
  const viewers = new Map<string, { token: string; viewer: Viewer }>();
  for (const provider of new Set(planted.map((order) => order.provider))) {
    const claims = { role: 'PROVIDER_STAFF', provider } as const;
    const viewer = await findViewer(template, await developmentUser(template, claims), new Date());
    viewers.set(provider, { token: await issuer.sign(claims, new Date()), viewer: viewer! });
  }
  await prepareAccepts(template, viewers, areaId);
  await template.close();
  for (const name of DATABASES) await onServer(`CREATE DATABASE ${name} TEMPLATE template1`);

  const contenders: Readonly<Record<string, Contender>> = {
    pgbench: pgbenchContender(urlOf('bench_statements'), 'accept-statements.sql'),
    'one call': pgbenchContender(urlOf('bench_call'), 'accept-call.sql'),
    store: await storeContender(urlOf('bench_store'), planted, viewers),
    GraphQL: await httpContender(urlOf('bench_graphql'), planted, viewers),
  };
  const names = Object.keys(contenders);
  console.log(
    `Orders accepted a second, median of ${ROUNDS} rounds; ${LEDGERS} ledgers, ${PROVIDERS} providers; PostgreSQL ${await version()} with durable commits; ${availableParallelism()} cores`,
  );
  for (const name of names) await contenders[name]!({ clients: WARM_UP.clients, first: 0, count: WARM_UP.orders });
  const rates = LOADS.map(() => new Map(names.map((name) => [name, [] as number[]])));
  let first: number = WARM_UP.orders;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, { clients, orders: count }] of LOADS.entries()) {
      for (const name of names) {
        const seconds = await contenders[name]!({ clients, first, count });
        rates[index]!.get(name)!.push(count / seconds);
      }
      first += count;
    }
  }
  console.log(`clients  ${names.map((name) => name.padStart(9)).join('')}   parts of pgbench; of one call`);
  for (const [index, { clients }] of LOADS.entries()) {
    const rate = (name: string) => median(rates[index]!.get(name)!);
    const cells = names.map((name) => rate(name).toFixed(0).padStart(9)).join('');
    const parts = (['store', 'GraphQL'] as const).map((name) => {
      const part = rate(name) / rate('pgbench');
      const verdict = `goal ${GOALS[name]}: ${part >= GOALS[name] ? 'reached' : 'MISSED'}`;
      return `${name} ${part.toFixed(2)} (${verdict}); ${(rate(name) / rate('one call')).toFixed(2)}`;
    });
    console.log(`${String(clients).padStart(7)}  ${cells}   ${parts.join('   ')}`);
  }
  for (const name of DATABASES) await verify(urlOf(name), areaId, orders);
}

/** What pgbench knows of each order: the ids, and the ledger entry without its place in the chain. */
async function prepareAccepts(
  { prisma }: Database,
  viewers: ReadonlyMap<string, { readonly viewer: Viewer }>,
  areaId: string,
): Promise<void> {
  await prisma.$executeRaw`CREATE TABLE accepts (
    n int PRIMARY KEY, area_id uuid, need_id uuid, order_id uuid, event_id uuid, actor_id uuid, at timestamptz, entries jsonb
  )`;
  const orders = await prisma.order.findMany({ include: { provider: true }, orderBy: { need: { externalId: 'asc' } } });
  const at = new Date();
  const rows = orders.map((order, n) => {
    const { userId } = viewers.get(order.provider.externalId)!.viewer;
    const actor = { userId, role: 'PROVIDER_STAFF' } as const;
    const event = { orderId: order.id, seq: 2, from: 'DISPATCHED', to: 'ACCEPTED', actor, reason: null } as const;
    const { communityId, categoryId, ...entry } = orderEventEntry(order, event);
    const entries = [{ id: newId(), communityId, categoryId, ...textAroundPlace({ ...entry, at }) }];
    return { n, areaId, needId: order.needId, orderId: order.id, eventId: newId(), actorId: userId, at, entries };
  });
  await prisma.$executeRaw`
    INSERT INTO accepts
    SELECT n, "areaId", "needId", "orderId", "eventId", "actorId", at, entries
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (
      n int, "areaId" uuid, "needId" uuid, "orderId" uuid, "eventId" uuid, "actorId" uuid, at timestamptz, entries jsonb
    )`;
  await prisma.$executeRaw`ANALYZE accepts`;
}

function pgbenchContender(url: string, script: string): Contender {
  return async ({ clients, first, count }) => {
    const options = ['--no-vacuum', '--protocol=prepared', '--file', join(import.meta.dirname, script)];
    const load = [`--client=${clients}`, `--jobs=${Math.min(2, clients)}`, `--transactions=${count / clients}`];
    const variables = [`first=${first}`, `clients=${clients}`, 'turn=0'].map((variable) => `--define=${variable}`);
    const { status, stdout, stderr, error } = spawnSync('pgbench', [...options, ...load, ...variables, url], {
      encoding: 'utf8',
    });
    const tps = /^tps = ([\d.]+)/m.exec(stdout ?? '')?.[1];
    if (status !== 0 || tps === undefined) throw new Error(`pgbench: ${error ?? stderr}`);
    return count / Number(tps);
  };
}

async function storeContender(
  url: string,
  planted: readonly PlantedOrder[],
  viewers: ReadonlyMap<string, { readonly viewer: Viewer }>,
): Promise<Contender> {
  const database = await openDatabase({ url });
  databases.push(database);
  const accept = (n: number) => {
    const { orderId, provider } = planted[n]!;
    const move = { orderId, version: 1, to: 'ACCEPTED', by: 'order.serve', reason: null } as const;
    return moveOrder(database, viewers.get(provider)!.viewer, move, new Date(), findNextCandidates);
  };
  return async ({ clients, first, count }) => {
    const from = performance.now();
    await Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        for (let n = first + client; n < first + count; n += clients) await accept(n);
      }),
    );
    return (performance.now() - from) / 1000;
  };
}

async function httpContender(
  url: string,
  planted: readonly PlantedOrder[],
  viewers: ReadonlyMap<string, { readonly token: string }>,
): Promise<Contender> {
  const serving = fork(join(import.meta.dirname, 'http-server.ts'), [url, folder]);
  const asking = fork(join(import.meta.dirname, 'http-clients.ts'));
  children.push(serving, asking);
  const [address] = (await once(serving, 'message')) as [string];
  const orders = planted.map(({ orderId, provider }) => {
    const globalId = Buffer.from(`Order:${orderId}`).toString('base64');
    return { globalId, token: viewers.get(provider)!.token };
  });
  asking.send({ url: address, orders } satisfies HttpWork);
  return async (run) => {
    const answered = Promise.race([
      once(asking, 'message'),
      once(asking, 'exit').then(() => Promise.reject(new Error('the clients ended'))),
    ]);
    asking.send(run);
    const [seconds] = (await answered) as [number];
    return seconds;
  };
}

/** What was measured was written: every order is accepted and every chain is whole. */
async function verify(url: string, areaId: string, orders: number): Promise<void> {
  const database = await openDatabase({ url });
  try {
    const accepted = await database.prisma.order.count({ where: { state: 'ACCEPTED' } });
    const { faults } = await verifyLedgers(database, areaId, (fault) => console.error(fault.text.en));
    if (accepted !== orders || faults > 0) throw new Error(`${accepted} of ${orders} accepted, ${faults} faults`);
  } finally {
    await database.close();
  }
}

function urlOf(name: string): string {
  const url = new URL(server.url);
  url.pathname = name;
  return url.href;
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

async function version(): Promise<string> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const { rows } = await client.query('SHOW server_version').finally(() => client.end());
  return rows[0].server_version;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
