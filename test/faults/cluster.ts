import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrations.ts';
import { type DevelopmentIssuer, openDevelopmentIssuer } from '../../src/identity/tokens.ts';
import { startTestServer, type TestServer } from '../database/server.ts';
import { type FaultProxy, startProxy } from './proxy.ts';
import { type Incidents, type Supervised, supervise } from './system.ts';
import type { Query } from './violations.ts';

/** A statement that takes longer is ended by the server, as an operator would set it. */
export const STATEMENT_TIMEOUT_MS = 4000;
const APIS = 2;

/** A real PostgreSQL server for the whole suite. */
export type Cluster = {
  readonly server: TestServer;
  readonly dataFolder: string;
  readonly issuer: DevelopmentIssuer;
  /** Kills PostgreSQL, all of it at once, and starts it again; resolves when it answers. */
  readonly killServer: () => Promise<void>;
  readonly close: () => Promise<void>;
};

export async function startCluster(): Promise<Cluster> {
  // Commits keep their instants, so that what was so at every moment can be replayed; everything else is as it comes.
  const server = await startTestServer(['track_commit_timestamp=on']);
  const dataFolder = mkdtempSync(join(tmpdir(), 'liangdan-faults-'));
  await onServer(server.url, 'CREATE DATABASE migrated');
  const migrated = await openDatabase({ url: urlOf(server, 'migrated') });
  await migrate(migrated.adapter);
  await migrated.close();
  return {
    server,
    dataFolder,
    issuer: await openDevelopmentIssuer(dataFolder),
    killServer: async () => {
      process.kill(server.pid(), 'SIGKILL');
      // What is left of it gives up its shared memory before a new one starts.
      for (let tries = 1; ; tries += 1) {
        await wait(200);
        try {
          return await server.start();
        } catch (error) {
          if (tries === 50) throw error;
        }
      }
    },
    close: async () => {
      await server.remove();
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

/** A migrated database with everything that serves it: a proxy before it, API processes, a worker. */
export type Installation = {
  readonly proxy: FaultProxy;
  readonly urls: readonly string[];
  readonly apis: readonly Supervised[];
  readonly worker: Supervised;
  readonly incidents: Incidents;
  /** Past the proxy; what we do ourselves. Opened anew after every fault of the server. */
  readonly directUrl: string;
  /** Plain SQL past the proxy, in one snapshot. */
  readonly inSnapshot: <T>(work: (query: Query) => Promise<T>) => Promise<T>;
  readonly environment: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
};

/**
 * @param prepare plants what is to be there, before anything is started
 * @param project where the code of the processes is
 */
export async function install(
  cluster: Cluster,
  name: string,
  prepare: (database: Database, query: Query) => Promise<void>,
  project?: string,
): Promise<Installation> {
  const { server, dataFolder } = cluster;
  await onServer(server.url, `CREATE DATABASE ${name} TEMPLATE migrated`);
  const directUrl = urlOf(server, name);
  const database = await openDatabase({ url: directUrl });
  await withClient(directUrl, (client) => prepare(database, queryOf(client)));
  await database.close();

  const proxy = await startProxy(Number(new URL(directUrl).port));
  const proxied = new URL(directUrl);
  proxied.port = String(proxy.port);
  proxied.searchParams.set('options', `-c statement_timeout=${STATEMENT_TIMEOUT_MS}`);
  const environment = {
    DATABASE_URL: proxied.href,
    LIANGDAN_DATA: dataFolder,
    LIANGDAN_EXAMPLE: 'never',
    LOG_LEVEL: 'error',
  };
  const incidents: Incidents = { endedByThemselves: [], errors: [] };
  const ports = await Promise.all(Array.from({ length: APIS }, freePort));
  const where = project === undefined ? {} : { project };
  const apis = ports.map((port, index) =>
    supervise(
      {
        ...where,
        name: `API ${index + 1}`,
        command: ['serve'],
        environment: { ...environment, PORT: String(port), LIANGDAN_JOBS: 'never' },
        readyLine: 'Listening on',
      },
      incidents,
    ),
  );
  const worker = supervise(
    { ...where, name: 'worker', command: ['worker'], environment, readyLine: 'Jobs' },
    incidents,
  );
  return {
    proxy,
    urls: ports.map((port) => `http://127.0.0.1:${port}`),
    apis,
    worker,
    incidents,
    directUrl,
    environment,
    inSnapshot: (work) =>
      withClient(directUrl, async (client) => {
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        return work(queryOf(client));
      }),
    stop: async () => {
      await Promise.all([...apis, worker].map((one) => one.stop()));
      await proxy.close();
      await onServer(server.url, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** Runs `work` on a connection of its own, past the proxy. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

function queryOf(client: pg.Client): Query {
  return async (sql, values) => (await client.query(sql, [...values])).rows;
}

function onServer(url: string, statement: string): Promise<unknown> {
  return withClient(url, (client) => client.query(statement));
}

function urlOf(server: TestServer, name: string): string {
  const url = new URL(server.url);
  url.pathname = name;
  return url.href;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
