import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { newId } from '../../src/database/id.ts';
import { attachKeyring, keyringOf } from '../../src/privacy/index.ts';

/** Both kinds of database, for `describe.each`. */
export const DATABASE_KINDS = ['EMBEDDED', 'SERVER'] as const;

/** A migrated and empty database of one's own: in memory, or on the PostgreSQL server. It goes when it is closed. */
export async function scratchDatabase(kind: Database['kind']): Promise<Database> {
  if (kind === 'EMBEDDED') {
    const snapshot = new Blob([await readFile(inject('embeddedSnapshot'))]);
    return withTestKeys(await openDatabase({ inMemory: true, snapshot }));
  }
  const { database } = await scratchServerDatabase();
  return database;
}

/** A database of one's own on the PostgreSQL server, with its address for further connections. */
export async function scratchServerDatabase(): Promise<{ readonly database: Database; readonly url: string }> {
  const name = `liangdan_${newId().replaceAll('-', '')}`;
  await onServer(`CREATE DATABASE ${name} TEMPLATE ${inject('templateDatabase')}`);
  const url = new URL(inject('serverUrl'));
  url.pathname = name;
  const database = withTestKeys(await openDatabase({ url: url.href }));
  const close = async (): Promise<void> => {
    await database.close();
    await onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  };
  return { database: { ...database, close }, url: url.href };
}

/** Keys that every test has, so that several connections to one database have the same. */
export function withTestKeys(database: Database): Database {
  const secret = Buffer.alloc(32, 7).toString('base64');
  attachKeyring(database.prisma, keyringOf({ current: 'test', keys: { test: secret }, indexKey: secret }));
  return database;
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('serverUrl') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
