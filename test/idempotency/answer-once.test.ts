import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { newId } from '../../src/database/id.ts';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import { NotFound } from '../../src/failures.ts';
import { answerOnce, claimOf, forgetIdempotencyKeys, IdempotencyKeyReused } from '../../src/idempotency/index.ts';
import { systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { NOW } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';

const areaId = newId();
const viewer = systemViewer(areaId);

describe.each(DATABASE_KINDS)('a change that is asked for under a key (%s)', (kind) => {
  let database: Database;
  let runs = 0;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
  });
  afterAll(() => database.close());

  /** Makes an area, which stands for anything that is made. */
  const make = (key: string, code: string, { by = viewer, fails = false }: { by?: Viewer; fails?: boolean } = {}) =>
    answerOnce(database, claimOf(by, key, 'makeArea', { code }, NOW), (claimed) =>
      claimed.transaction(
        async (tx) => {
          runs += 1;
          const { id } = await tx.area.create({ data: { code: `${code}-${runs}`, name: code, utcOffsetMinutes: 480 } });
          if (fails) throw new NotFound({ zh: '物', en: 'thing' });
          return id;
        },
        { answerId: (id) => id },
      ),
    );
  const made = (code: string) => database.prisma.area.count({ where: { name: code } });

  it('is made once by 16 calls at the same time, and all get its answer', async () => {
    const answers = await Promise.all(Array.from({ length: 16 }, () => make('together', 'A')));
    expect(new Set(answers.map(({ answerId }) => answerId)).size).toBe(1);
    expect(answers.filter(({ isRepeated }) => !isRepeated)).toHaveLength(1);
    expect(await made('A')).toBe(1);
  });

  it('is not run again by a later call with the key', async () => {
    const first = await make('again', 'B');
    const before = runs;
    expect(await make('again', 'B')).toEqual({ ...first, isRepeated: true });
    expect(runs).toBe(before);
  });

  it('is refused under a key that was used for another input or another operation', async () => {
    await make('reused', 'C');
    await expect(make('reused', 'D')).rejects.toThrow(IdempotencyKeyReused);
    const other = answerOnce(database, claimOf(viewer, 'reused', 'other', { code: 'C' }, NOW), async () => {});
    await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    expect(await made('D')).toBe(0);
  });

  it('is another change under the same key of another user', async () => {
    const someone = { ...viewer, userId: newId(), isSystem: false };
    const answers = [await make('mine', 'E'), await make('mine', 'E', { by: someone })];
    expect(answers.map(({ isRepeated }) => isRepeated)).toEqual([false, false]);
    expect(await made('E')).toBe(2);
  });

  it('may be asked for again when it failed: nothing of it was kept, the key neither', async () => {
    await expect(make('fails first', 'F', { fails: true })).rejects.toThrow(NotFound);
    expect((await make('fails first', 'F')).isRepeated).toBe(false);
    expect(await made('F')).toBe(1);
  });

  it('is the same change whatever the order of its fields', async () => {
    const claim = (input: object) => claimOf(viewer, 'k', 'o', input, NOW).bodyHash;
    expect(claim({ a: 1.5, b: { c: NOW, d: [1n] } })).toBe(claim({ b: { d: [1n], c: NOW }, a: 1.5 }));
    expect(claim({ a: null })).not.toBe(claim({}));
    expect(claim({ list: [1, 2] })).not.toBe(claim({ list: [2, 1] }));
  });

  it('is forgotten after its days', async () => {
    await make('old', 'G');
    const daysLater = (days: number) => new Date(NOW.getTime() + days * 86_400_000);
    expect(await forgetIdempotencyKeys(database, daysLater(7), 7)).toBe(0);
    expect(await forgetIdempotencyKeys(database, daysLater(7.01), 7)).toBeGreaterThan(0);
    expect((await make('old', 'G')).isRepeated).toBe(false);
  });

  it('leaves a key that nobody can use twice or leave without an answer, in plain SQL either', async () => {
    await make('kept', 'H');
    const change = database.prisma
      .$executeRaw`UPDATE idempotency_keys SET answer_id = ${newId()}::uuid WHERE key = 'kept'`;
    expect(sqlStateOf(await change.catch((error) => error))).toBe('LD010');
    const unanswered = database.prisma.$executeRaw`
      INSERT INTO idempotency_keys (area_id, user_id, key, operation, body_hash, at)
      VALUES (${areaId}::uuid, ${areaId}::uuid, 'open', 'o', ${'0'.repeat(64)}, ${NOW})`;
    expect(sqlStateOf(await unanswered.catch((error) => error))).toBe('LD010');
  });
});

describe('a connection that breaks', () => {
  let database: Database;
  beforeAll(async () => {
    database = await scratchDatabase('SERVER');
  });
  afterAll(() => database.close());

  const backend = async (db: Pick<Database['prisma'], '$queryRaw'>) =>
    (await db.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`)[0]!.pid;
  const end = (pid: number) => database.prisma.$queryRaw`SELECT pg_terminate_backend(${pid}::int)`;

  it('in the middle of a transaction is made good by running it again', async () => {
    let tries = 0;
    await database.transaction(async (tx) => {
      tries += 1;
      await tx.area.create({ data: { code: 'BROKEN', name: 'BROKEN', utcOffsetMinutes: 480 } });
      if (tries === 1) await end(await backend(tx));
      await tx.$queryRaw`SELECT 1`;
    });
    expect(tries).toBe(2);
    expect(await database.prisma.area.count({ where: { code: 'BROKEN' } })).toBe(1);
  });

  it('after the COMMIT, so that its answer is lost, makes nothing twice', async () => {
    let tries = 0;
    const losing: Database = {
      ...database,
      transaction: async (work, options) => {
        tries += 1;
        const result = await database.transaction(work, options);
        if (tries === 1) throw new Error('Connection terminated unexpectedly');
        return result;
      },
    };
    const claim = claimOf(viewer, 'lost', 'makeArea', {}, NOW);
    const { answerId } = await answerOnce(losing, claim, (claimed) =>
      claimed.transaction(
        async (tx) => (await tx.area.create({ data: { code: newId(), name: 'LOST', utcOffsetMinutes: 480 } })).id,
        { answerId: (id) => id },
      ),
    );
    const kept = await database.prisma.area.findMany({ where: { name: 'LOST' } });
    expect(kept.map(({ id }) => id)).toEqual([answerId]);
  });

  // A trigger holds the COMMIT up, so that it is under way when the connection breaks.
  it('during the COMMIT is told without a key and made good with one', async () => {
    await database.prisma.$executeRaw`
      CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END'`;
    await database.prisma.$executeRaw`
      CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON areas DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW WHEN (NEW.name LIKE 'SLOW%') EXECUTE FUNCTION linger()`;
    let tries = 0;
    const change = (db: Database, name: string) =>
      db.transaction(
        async (tx) => {
          tries += 1;
          const { id } = await tx.area.create({ data: { code: `${name}-${tries}`, name, utcOffsetMinutes: 480 } });
          const pid = await backend(tx);
          if (tries === 1) void wait(200).then(() => end(pid));
          return id;
        },
        { answerId: (id) => id },
      );
    await expect(change(database, 'SLOW 1')).rejects.toThrow();
    expect(tries).toBe(1);
    tries = 0;
    const claim = claimOf(viewer, 'slow', 'makeArea', {}, NOW);
    const { answerId } = await answerOnce(database, claim, (claimed) => change(claimed, 'SLOW 2'));
    const kept = await database.prisma.area.findMany({ where: { name: 'SLOW 2' } });
    expect(kept.map(({ id }) => id)).toEqual([answerId]);
    expect(tries).toBe(2);
  });
});
