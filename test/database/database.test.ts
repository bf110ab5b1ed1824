import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { newId } from '../../src/database/id.ts';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import { DATABASE_KINDS, scratchDatabase } from './scratch.ts';

describe.each(DATABASE_KINDS)('the %s database', (kind) => {
  let database: Database;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
  });
  afterAll(() => database.close());

  const insertArea = (code: string) =>
    database.prisma.area.create({ data: { code, name: code, utcOffsetMinutes: 480 } });

  it('finishes what is under way before it closes', async () => {
    const closing = await scratchDatabase(kind);
    const underWay = [closing.notify('a', 'one'), closing.notify('a', 'two'), closing.read('SELECT 1 AS one', [])];
    await closing.close();
    expect(await Promise.all(underWay)).toEqual([undefined, undefined, [{ one: 1 }]]);
  });

  it('gives ids that ascend with time', async () => {
    const ids = Array.from({ length: 200 }, newId);
    expect(ids).toEqual([...ids].sort());
    const area = await insertArea('ids');
    expect(area.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });

  it('writes nothing of a transaction that fails', async () => {
    const failing = database.transaction(async (tx) => {
      await tx.area.create({ data: { code: 'undone', name: 'undone', utcOffsetMinutes: 480 } });
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    expect(await database.prisma.area.count({ where: { code: 'undone' } })).toBe(0);
  });

  it('names the SQLSTATE of what a constraint or a trigger refuses', async () => {
    const area = await insertArea('states');
    const badPopulation = database.prisma.community.create({
      data: { areaId: area.id, externalId: 'x', name: 'x', population: -1, latitude: 26, longitude: 107 },
    });
    expect(sqlStateOf(await badPopulation.catch((error) => error))).toBe('23514');
    const raised = database.prisma.$executeRaw`DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'LD001'; END $$`;
    expect(sqlStateOf(await raised.catch((error) => error))).toBe('LD001');
    const raisedInside = database.transaction(
      (tx) => tx.$executeRaw`DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$`,
    );
    expect(sqlStateOf(await raisedInside.catch((error) => error))).toBe('40001');
    expect(sqlStateOf(await insertArea('states').catch((error) => error))).toBe('23505');
    expect(sqlStateOf(new Error('no database error'))).toBeNull();
  });

  it('runs a transaction again when PostgreSQL ended it for another’s sake', async () => {
    let tries = 0;
    const result = await database.transaction(async (tx) => {
      tries += 1;
      if (tries < 3) await tx.$executeRaw`DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$`;
      return tries;
    });
    expect(result).toBe(3);
  });

  it('carries a message to who listens, and none after they stopped', async () => {
    const received: string[] = [];
    const stop = await database.listen('news', (message) => received.push(message));
    await database.notify('news', '第一条');
    await expect.poll(() => received).toEqual(['第一条']);
    await stop();
    await database.notify('news', '第二条');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(received).toEqual(['第一条']);
  });
});
