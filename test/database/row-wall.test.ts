import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { newId } from '../../src/database/id.ts';
import { migrate } from '../../src/database/migrations.ts';
import { databaseFor } from '../../src/identity/row-scope.ts';
import { anonymousViewer } from '../../src/identity/viewer.ts';
import { plantArea } from '../area.ts';
import { withTestKeys } from './scratch.ts';

const name = `plain_${newId().replaceAll('-', '')}`;
let server: pg.Client;
let database: Database;
beforeAll(async () => {
  server = new pg.Client({ connectionString: inject('serverUrl') });
  await server.connect();
  await server.query(`CREATE ROLE ${name} LOGIN NOCREATEROLE NOSUPERUSER`);
  await server.query(`CREATE DATABASE ${name} OWNER ${name}`);
  const url = new URL(inject('serverUrl'));
  url.pathname = name;
  url.username = name;
  database = withTestKeys(await openDatabase({ url: url.href }));
});
afterAll(async () => {
  await database.close();
  await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await server.query(`DROP ROLE ${name}`);
  await server.end();
});

it('a database user who may not make roles is told what an administrator has to run, and goes on when it is done', async () => {
  await expect(migrate(database.adapter)).rejects.toThrow(`GRANT liangdan_viewer TO ${name}`);
  await server.query(`GRANT liangdan_viewer TO ${name}`);
  expect((await migrate(database.adapter)).some((migration) => migration.endsWith('_row_wall'))).toBe(true);
});

it('the wall stands for viewers, and not for the plain user that the tables belong to', async () => {
  const area = await plantArea(database);
  const { prisma, transaction, read } = databaseFor(anonymousViewer(area.areaId), database);
  expect(await database.prisma.resident.count()).toBe(3);
  expect(await prisma.resident.count()).toBe(0);
  expect(await transaction((tx) => tx.resident.count())).toBe(0);
  expect(await read('SELECT 1 FROM residents', [])).toEqual([]);
  expect(await prisma.community.count()).toBe(2);
});
