import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../src/database/database.ts';
import { migrationAdapter } from '../../src/database/migration-adapter.ts';
import { migrate } from '../../src/database/migrations.ts';
import { startTestServer } from './server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the `postgres` database of the PostgreSQL server. */
    serverUrl: string;
    /** Name of a migrated and empty database on it, from which others are copied. */
    templateDatabase: string;
    /** File with a dump of a migrated and empty embedded database. */
    embeddedSnapshot: string;
  }
}

const root = join(import.meta.dirname, '../..');
/** Nothing of a test server is worth keeping when the machine fails. */
const FAST_AND_LOOSE = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off'];

/**
 * Gives the tests one migrated database of each kind, of which every scratch database is a copy. Both are made once for
 * each state of the migrations and kept under node_modules/.cache.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cache = await makeCache();
  const given = process.env.TEST_DATABASE_URL;
  const server = given ? null : await startTestServer(FAST_AND_LOOSE, join(cache, 'server'));
  const serverUrl = given ?? server!.url;
  const templateDatabase = given ? await makeTemplate(given, `liangdan_template_${process.pid}`) : 'liangdan_template';
  project.provide('serverUrl', serverUrl);
  project.provide('templateDatabase', templateDatabase);
  project.provide('embeddedSnapshot', join(cache, 'embedded.tar'));
  return async () => {
    if (server) await server.remove();
    else await onServer(serverUrl, `DROP DATABASE IF EXISTS ${templateDatabase} WITH (FORCE)`);
  };
}

async function makeCache(): Promise<string> {
  const caches = join(root, 'node_modules/.cache/liangdan-tests');
  const cache = join(caches, stateOfMigrations());
  if (existsSync(cache)) return cache;
  const draft = `${cache}.${process.pid}`;
  mkdirSync(draft, { recursive: true });

  const engine = await PGlite.create();
  await migrate(migrationAdapter(new PrismaPGlite(engine), (script) => engine.exec(script)));
  writeFileSync(join(draft, 'embedded.tar'), new Uint8Array(await (await engine.dumpDataDir('none')).arrayBuffer()));
  await engine.close();

  const server = await startTestServer(FAST_AND_LOOSE);
  await makeTemplate(server.url, 'liangdan_template');
  await server.stop();
  cpSync(server.dataFolder, join(draft, 'server'), { recursive: true });
  await server.remove();

  if (existsSync(cache)) rmSync(draft, { recursive: true });
  else renameSync(draft, cache);
  return cache;
}

function stateOfMigrations(): string {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  const folder = join(root, 'prisma/migrations');
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (file.endsWith('.sql')) hash.update(file).update(readFileSync(join(folder, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

async function makeTemplate(serverUrl: string, name: string): Promise<string> {
  await onServer(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = name;
  const database = await openDatabase({ url: url.href });
  await migrate(database.adapter);
  await database.close();
  return name;
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
