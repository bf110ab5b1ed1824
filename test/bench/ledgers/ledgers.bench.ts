/**
 * How throughput grows with the number of ledgers: 16 clients change orders through the store functions on a PostgreSQL of
 * the machine's own with durable commits, all in one ledger, then in 4, 16 and 64. A client changes orders of its own, each
 * of another need, so that the ledgers are the only rows that clients share. The peer is the same server with as many
 * clients that each append one entry to one of as many ledgers, by hand-written minimum SQL.
 */
import { availableParallelism } from 'node:os';
import pg from 'pg';
import { type Database, openDatabase } from '../../../src/database/database.ts';
import { newId } from '../../../src/database/id.ts';
import { migrate } from '../../../src/database/migrations.ts';
import { systemViewer } from '../../../src/identity/viewer.ts';
import { verifyLedgers } from '../../../src/ledger/index.ts';
import { findNextCandidates } from '../../../src/matchruns/next-candidates.store.ts';
import { dispatchOrders } from '../../../src/orders/dispatch.store.ts';
import { moveOrder } from '../../../src/orders/order.store.ts';
import { startTestServer } from '../../database/server.ts';

const CLIENTS = 16;
const LEDGERS = [1, 4, 16, 64] as const;
const SECONDS = 6;
const NEEDS_PER_CLIENT = 220;

const server = await startTestServer(['shared_buffers=256MB']);
const database = await openDatabase({ url: server.url });
try {
  await migrate(database.adapter);
  console.log(
    `PostgreSQL with durable commits, ${CLIENTS} clients, ${SECONDS} s each, ${availableParallelism()} cores; a change is DISPATCHED → ACCEPTED → IN_SERVICE → FULFILLED, one transaction each`,
  );
  console.log('ledgers   order changes/s   × of one   minimum SQL/s');
  let first = 0;
  for (const ledgers of LEDGERS) {
    const changes = await measureChanges(database, ledgers);
    const minimum = await measureMinimum(server.url, ledgers);
    first ||= changes;
    const cells = [
      String(ledgers).padStart(7),
      changes.toFixed(0).padStart(15),
      (changes / first).toFixed(2).padStart(8),
      minimum.toFixed(0).padStart(13),
    ];
    console.log(cells.join('   '));
  }
} finally {
  await database.close();
  await server.remove();
}

/** Order changes a second, each a transaction of its own. */
async function measureChanges(db: Database, ledgers: number): Promise<number> {
  const { areaId, queues } = await plantOrders(db, ledgers);
  const viewer = systemViewer(areaId);
  const end = performance.now() + SECONDS * 1000;
  let changes = 0;
  const from = performance.now();
  await Promise.all(
    queues.map(async (queue) => {
      for (const orderId of queue) {
        for (const [index, to] of (['ACCEPTED', 'IN_SERVICE', 'FULFILLED'] as const).entries()) {
          if (performance.now() > end) return;
          await moveOrder(
            db,
            viewer,
            { orderId, version: index + 1, to, reason: null },
            new Date(),
            findNextCandidates,
          );
          changes += 1;
        }
      }
    }),
  );
  const seconds = (performance.now() - from) / 1000;
  const { faults } = await verifyLedgers(db, areaId, (fault) => console.error(fault.text.en));
  if (faults > 0) throw new Error(`${faults} faults in the ledgers`);
  return changes / seconds;
}

/** An area of so many categories in one community, each a ledger, and dispatched orders spread over them by client. */
async function plantOrders(db: Database, ledgers: number): Promise<{ areaId: string; queues: readonly string[][] }> {
  const { prisma } = db;
  const area = await prisma.area.create({ data: { code: `L${ledgers}`, name: `${ledgers}`, utcOffsetMinutes: 480 } });
  const areaId = area.id;
  const community = await prisma.community.create({
    data: { areaId, externalId: 'C', name: '社区', population: 1, latitude: 26.5, longitude: 108 },
  });
  const hours = { acceptWithinHours: 24, completeWithinHours: 72 };
  const categories = await prisma.category.createManyAndReturn({
    data: Array.from({ length: ledgers }, (_, n) => {
      return { areaId, code: `K${n}`, name: `K${n}`, roomClass: 'SOCIAL' as const, unit: 'VISIT' as const, ...hours };
    }),
  });
  const provider = await prisma.provider.create({ data: { areaId, externalId: 'P', name: '主体', kind: 'SOCIAL' } });
  const services = categories.map(({ id: categoryId }, n) => ({ id: newId(), categoryId, externalId: `S${n}` }));
  await prisma.service.createMany({
    data: services.map(({ id, externalId }) => {
      return {
        id,
        areaId,
        providerId: provider.id,
        externalId,
        name: externalId,
        nature: 'COMMERCIAL',
        publishedAt: new Date(),
      };
    }),
  });
  await prisma.serviceCategory.createMany({
    data: services.map(({ id, categoryId }) => ({ serviceId: id, categoryId, position: 0 })),
  });
  const needs = Array.from({ length: CLIENTS * NEEDS_PER_CLIENT }, (_, n) => ({
    id: newId(),
    service: services[n % ledgers]!,
  }));
  await prisma.need.createMany({
    data: needs.map(({ id, service: { categoryId } }, n) => {
      const about = { title: '需求', channel: 'IMPORT' as const, urgency: 3, registeredAt: new Date() };
      return { id, areaId, communityId: community.id, categoryId, externalId: `N${n}`, ...about };
    }),
  });
  const dispatches = needs.map(({ id, service }) => {
    return { needId: id, serviceId: service.id, mode: 'MATCH_RUN', matchRunId: null, candidateId: null } as const;
  });
  const outcomes = await db.transaction((tx) => dispatchOrders(tx, systemViewer(areaId), dispatches, new Date()), {
    timeoutMs: 120_000,
  });
  const orderIds = outcomes.map(({ orderId }) => orderId!);
  const queues = Array.from({ length: CLIENTS }, (_, client) =>
    orderIds.slice(client * NEEDS_PER_CLIENT, (client + 1) * NEEDS_PER_CLIENT),
  );
  return { areaId, queues };
}

/** Transactions a second that update one of so many rows and insert a row: what no ledger could do with less. */
async function measureMinimum(url: string, ledgers: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: url, max: CLIENTS });
  await pool.query('CREATE TABLE IF NOT EXISTS books (id int PRIMARY KEY, seq int NOT NULL)');
  await pool.query('CREATE TABLE IF NOT EXISTS lines (book int, seq int, body text, PRIMARY KEY (book, seq))');
  await pool.query('TRUNCATE books, lines');
  await pool.query('INSERT INTO books SELECT n, 0 FROM generate_series(0, $1::int - 1) n', [ledgers]);
  const end = performance.now() + (SECONDS / 2) * 1000;
  let appended = 0;
  const from = performance.now();
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      for (let n = client; performance.now() < end; n += CLIENTS) {
        await pool.query({
          name: 'append',
          text: `WITH book AS (UPDATE books SET seq = seq + 1 WHERE id = $1 RETURNING id, seq) INSERT INTO lines SELECT id, seq, $2 FROM book`,
          values: [n % ledgers, 'x'.repeat(300)],
        });
        appended += 1;
      }
    }),
  );
  const seconds = (performance.now() - from) / 1000;
  await pool.end();
  return appended / seconds;
}
