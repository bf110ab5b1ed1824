import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { PGlite } from '@electric-sql/pglite';
import { PrismaPg } from '@prisma/adapter-pg';
import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { type Prisma, PrismaClient } from '../generated/prisma/client.ts';
import { backOff } from './backoff.ts';
import { isDisconnect } from './disconnect.ts';
import { demandDiskSpace } from './disk-space.ts';
import { embeddedAdapter } from './embedded-adapter.ts';
import { lockFolder } from './folder-lock.ts';
import { migrationAdapter } from './migration-adapter.ts';
import { behind, type Raising, type RowScope, raising, walledClient } from './row-wall.ts';
import {
  endedForAnother,
  type RunStatement,
  type Statements,
  statementName,
  statements,
  TRANSACTION_TRIES,
} from './statements.ts';

export type { Call, StatementValue } from './statements.ts';

/** What a store reads and writes through: the client itself or an open transaction. */
export type Transaction = Prisma.TransactionClient;

/** An open database, embedded or a PostgreSQL server; both speak the same SQL. */
export type Database = Statements & {
  readonly kind: 'EMBEDDED' | 'SERVER';
  readonly prisma: PrismaClient;
  /** What `migrate` works through. */
  readonly adapter: SqlMigrationAwareDriverAdapterFactory;
  /**
   * Runs `work` in one transaction (READ COMMITTED), again from the start when PostgreSQL ends it for a deadlock or a
   * serialization failure, or the connection breaks before the COMMIT is sent, up to 5 times. A connection that breaks
   * during the COMMIT leaves open whether it happened, so that is for the caller (see src/idempotency). Inside, only `tx`
   * may be used: the embedded database has one connection.
   */
  readonly transaction: <T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions<T>) => Promise<T>;
  /** Calls back for each message on the channel until the returned function is called. */
  readonly listen: (channel: string, receive: (message: string) => void) => Promise<() => Promise<void>>;
  /**
   * The same database for someone whose roles reach only so far: every read, transaction and call of it is behind the wall
   * of rows, and sees and changes nothing beyond the scope.
   */
  readonly behindWall: (scope: RowScope) => Database;
  /** The same database without the wall, for what Liangdan does itself; this one where it has none. */
  readonly system: Database;
  readonly close: () => Promise<void>;
};

export type TransactionOptions<T = unknown> = {
  /** The longest that the transaction may take; 30 s by default. */
  readonly timeoutMs?: number;
  /**
   * Id of what the transaction makes or changes, by its result. Every transaction of a mutation says it: with a key of
   * the client it is kept as the answer to that key (see src/idempotency).
   */
  readonly answerId?: (result: T) => string;
};

/** Where a database is: a PostgreSQL address, a folder for the embedded one, or in memory, from a dump where one is given. */
export type DatabasePlace =
  | { readonly url: string }
  | { readonly folder: string }
  | { readonly inMemory: true; readonly snapshot?: Blob };

/** The longest that a transaction waits for its connection, and that it may take where it does not say more. */
const LONGEST_MS = 30_000;

/**
 * Opens a database. An embedded folder that is not there is made. Migrations are not applied: see `migrate`.
 *
 * @throws DatabaseInUse when another process has the embedded database open
 */
export async function openDatabase(place: DatabasePlace): Promise<Database> {
  return 'url' in place ? openServer(place.url) : openEmbedded(place);
}

async function openEmbedded(place: Exclude<DatabasePlace, { url: string }>): Promise<Database> {
  if ('folder' in place) mkdirSync(place.folder, { recursive: true, mode: 0o700 });
  const unlock = 'folder' in place ? lockFolder(place.folder) : () => {};
  const engine =
    'folder' in place
      ? await PGlite.create(join(place.folder, 'database'))
      : await PGlite.create(place.snapshot ? { loadDataDir: place.snapshot } : {});
  const adapter = embeddedAdapter(engine);
  const underWay = new Set<Promise<unknown>>();
  const single = statements(async (text, values) => (await engine.query(text, [...values])).rows, underWay);
  const demandRoom = () => {
    if ('folder' in place) demandDiskSpace(place.folder);
  };
  const prisma = openClient(adapter);
  const open: OpenDatabase = {
    kind: 'EMBEDDED',
    prisma,
    adapter: migrationAdapter(adapter, (script) => engine.exec(script)),
    transaction: async (work, options) => {
      demandRoom();
      return transact(prisma, work, options);
    },
    ...single,
    call: async (call) => {
      demandRoom();
      return single.call(call);
    },
    listen: async (channel, receive) => {
      const stop = await engine.listen(channel, receive);
      return async () => {
        if (!engine.closed) await stop();
      };
    },
    close: async () => {
      await Promise.all(underWay);
      await prisma.$disconnect();
      await engine.close();
      unlock();
    },
  };
  const runBehind =
    (wall: Raising): RunStatement =>
    (text, values) =>
      engine.transaction(async (tx) => {
        await tx.query(wall.text, [...wall.values]);
        return (await tx.query(text, [...values])).rows;
      });
  return withWall(open, (wall) => statements(runBehind(wall), underWay), demandRoom);
}

async function openServer(url: string): Promise<Database> {
  const pool = new pg.Pool({ connectionString: url, max: 20 });
  // A connection that the server closes while idle is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {});
  const underWay = new Set<Promise<unknown>>();
  const single = statements(async (text, values) => {
    return (await pool.query({ name: statementName(text), text, values: [...values] })).rows;
  }, underWay);
  const adapter = new PrismaPg(pool);
  const prisma = openClient(adapter);
  try {
    await pool.query('SELECT 1');
  } catch (error) {
    await pool.end();
    throw error;
  }
  const open: OpenDatabase = {
    kind: 'SERVER',
    prisma,
    // Of its own connections, which `migrate` closes.
    adapter: migrationAdapter(new PrismaPg({ connectionString: url }), (script) => pool.query(script)),
    transaction: (work, options) => transact(prisma, work, options),
    ...single,
    listen: (channel, receive) => listenOnServer(url, channel, receive),
    close: async () => {
      await Promise.all(underWay);
      await prisma.$disconnect();
      if (!pool.ended) await pool.end();
    },
  };
  return withWall(open, (wall) => statements(behindOnServer(pool, wall), underWay));
}

/** Every operation of a viewer's client is a transaction, which may wait for a connection and last like any other. */
function openClient(adapter: SqlMigrationAwareDriverAdapterFactory): PrismaClient {
  const transactionOptions = { maxWait: LONGEST_MS, timeout: LONGEST_MS };
  return new PrismaClient({ adapter, transactionOptions, log: [{ emit: 'event', level: 'query' }] });
}

/** An open database before it can be put behind the wall. */
type OpenDatabase = Omit<Database, 'behindWall' | 'system'>;

/** @param statementsBehind what it does in one statement, as a transaction of its own behind the wall */
function withWall(
  open: OpenDatabase,
  statementsBehind: (wall: Raising) => Pick<Statements, 'read' | 'call'>,
  beforeWriting: () => void = () => {},
): Database {
  const database: Database = {
    ...open,
    get system() {
      return database;
    },
    behindWall: (scope) => {
      const wall = raising(scope);
      const { read, call } = statementsBehind(wall);
      let client: PrismaClient | null = null;
      return {
        ...open,
        get prisma() {
          client ??= walledClient(open.prisma, wall);
          return client;
        },
        transaction: (work, options) => open.transaction(behind(wall, work), options),
        read,
        call: async (asked) => {
          beforeWriting();
          return call(asked);
        },
        behindWall: database.behindWall,
        system: database,
      };
    },
  };
  return database;
}

/** The wall goes up with the BEGIN, in one message, so that the statement itself stays prepared. */
function behindOnServer(pool: pg.Pool, wall: Raising): RunStatement {
  const raised = wall.text.replace(/\$(\d+)/g, (_, place) => pg.escapeLiteral(String(wall.values[Number(place) - 1])));
  return async (text, values) => {
    const client = await pool.connect();
    // A connection that breaks between two of the statements fails the next; without a listener it would end the process.
    const ignore = () => {};
    client.on('error', ignore);
    let broken: Error | undefined;
    try {
      await client.query(`BEGIN; ${raised}`);
      const { rows } = await client.query({ name: statementName(text), text, values: [...values] });
      await client.query('COMMIT');
      return rows;
    } catch (error) {
      await client.query('ROLLBACK').catch((reason) => {
        broken = reason;
      });
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(broken);
    }
  };
}

/** Listens on a connection of its own, which is opened again when it breaks. */
async function listenOnServer(url: string, channel: string, receive: (message: string) => void) {
  let ended = false;
  let client: pg.Client;
  const connect = async (): Promise<void> => {
    client = new pg.Client({ connectionString: url });
    client.on('notification', (notification) => receive(notification.payload ?? ''));
    client.on('error', () => {});
    client.on('end', () => {
      if (!ended) void reconnect();
    });
    await client.connect();
    await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
  };
  const reconnect = async (): Promise<void> => {
    await wait(1000, undefined, { ref: false });
    if (!ended) await connect().catch(() => {});
  };
  await connect();
  return async () => {
    ended = true;
    await client.end();
  };
}

async function transact<T>(
  prisma: PrismaClient,
  work: (tx: Transaction) => Promise<T>,
  { timeoutMs = LONGEST_MS }: TransactionOptions<T> = {},
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    let mayBeCommitted = false;
    try {
      return await prisma.$transaction(
        async (tx) => {
          const result = await work(tx);
          mayBeCommitted = true;
          return result;
        },
        { timeout: timeoutMs, maxWait: timeoutMs, isolationLevel: 'ReadCommitted' },
      );
    } catch (error) {
      const isUndone = endedForAnother(error) || (!mayBeCommitted && isDisconnect(error));
      if (attempt === TRANSACTION_TRIES || !isUndone) throw error;
      await backOff(attempt);
    }
  }
}
