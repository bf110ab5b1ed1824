import { expect, it } from 'vitest';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import { DATABASE_KINDS, scratchDatabase } from './scratch.ts';

it.each(DATABASE_KINDS)('tells of a transaction that its commit undid, on the %s database', async (kind) => {
  const database = await scratchDatabase(kind);
  await database.prisma.$executeRaw`CREATE TABLE numbers (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)`;
  const twice = database.transaction(async (tx) => {
    await tx.$executeRaw`INSERT INTO numbers VALUES (1), (1)`;
  });
  expect(sqlStateOf(await twice.catch((error) => error))).toBe('23505');
  await database.transaction((tx) => tx.$executeRaw`INSERT INTO numbers VALUES (2)`);
  expect(await database.prisma.$queryRaw`SELECT n FROM numbers`).toEqual([{ n: 2 }]);
  await database.close();
});
