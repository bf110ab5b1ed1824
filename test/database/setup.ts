import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
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

/** Migrates one database of each kind before the tests; every scratch database is a copy of it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'liangdan-test-'));
  const embeddedSnapshot = join(folder, 'embedded.tar');
  const engine = await PGlite.create();
  await migrate(migrationAdapter(new PrismaPGlite(engine), (script) => engine.exec(script)));
  writeFileSync(embeddedSnapshot, new Uint8Array(await (await engine.dumpDataDir('none')).arrayBuffer()));
  await engine.close();

  const given = process.env.TEST_DATABASE_URL;
  const server = given ? null : await startTestServer(['fsync=off', 'full_page_writes=off', 'synchronous_commit=off']);
  const serverUrl = given ?? server!.url;
  const templateDatabase = `liangdan_template_${process.pid}`;
  await onServer(serverUrl, `CREATE DATABASE ${templateDatabase}`);
  const template = new URL(serverUrl);
  template.pathname = templateDatabase;
  const database = await openDatabase({ url: template.href });
  await migrate(database.adapter);
  await database.close();

  project.provide('serverUrl', serverUrl);
  project.provide('templateDatabase', templateDatabase);
  project.provide('embeddedSnapshot', embeddedSnapshot);
  return async () => {
    if (server) await server.remove();
    else await onServer(serverUrl, `DROP DATABASE IF EXISTS ${templateDatabase} WITH (FORCE)`);
    await rm(folder, { recursive: true, force: true });
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
