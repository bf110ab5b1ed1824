import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Call, Database } from '../../src/database/database.ts';
import { newId } from '../../src/database/id.ts';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import { VersionConflict } from '../../src/failures.ts';
import { answerOnce, claimOf } from '../../src/idempotency/index.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { verifyLedgers } from '../../src/ledger/index.ts';
import { findNextCandidates } from '../../src/matchruns/next-candidates.store.ts';
import { dispatchOrders } from '../../src/orders/dispatch.store.ts';
import { moveOrder } from '../../src/orders/order.store.ts';
import { NOW, type PlantedArea, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';

describe.each(DATABASE_KINDS)('an order that is moved in one statement (%s)', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let orderId: string;

  beforeAll(async () => {
    database = await scratchDatabase(kind);
    area = await plantArea(database);
    orderId = await database.transaction(async (tx) => {
      const dispatch = { needId: area.needs.wuQuarrel, serviceId: area.services.mediation, mode: 'MATCH_RUN' } as const;
      const planned = [{ ...dispatch, matchRunId: null, candidateId: null }];
      const [outcome] = await dispatchOrders(tx, systemViewer(area.areaId), planned, NOW);
      return outcome!.orderId!;
    });
  });
  afterAll(() => database.close());

  const viewer = () => systemViewer(area.areaId);
  const move = (on: Database, to: 'ACCEPTED' | 'IN_SERVICE' | 'FULFILLED', version: number) =>
    moveOrder(on, viewer(), { orderId, version, to, by: 'order.serve', reason: null }, NOW, findNextCandidates);
  const path = async () =>
    (await database.prisma.orderEvent.findMany({ where: { orderId }, orderBy: { seq: 'asc' } })).map(
      ({ toState }) => toState,
    );
  const faults = async () => (await verifyLedgers(database, area.areaId, () => {})).faults;
  /** The database as it is for someone whose connection breaks once during a call, before or after its commit. */
  const breaking = (when: 'BEFORE' | 'AFTER'): Database => {
    let isBroken = false;
    const call = async <Result>(asked: Call): Promise<Result | null> => {
      const breaks = !isBroken;
      isBroken = true;
      const result = breaks && when === 'BEFORE' ? null : await database.call<Result>(asked);
      if (breaks) throw Object.assign(new Error('the connection broke'), { code: 'ECONNRESET' });
      return result;
    };
    return { ...database, call };
  };

  it('is moved once by two who saw the same version, and the other is told what there is now', async () => {
    const both = await Promise.allSettled([move(database, 'ACCEPTED', 1), move(database, 'ACCEPTED', 1)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { reason } = both.find((each) => each.status === 'rejected') as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(VersionConflict);
    expect(reason).toMatchObject({ currentVersion: 2, currentState: 'ACCEPTED' });
    expect(await path()).toEqual(['DISPATCHED', 'ACCEPTED']);
  });

  it('is moved once where the connection breaks before or after the commit', async () => {
    await move(breaking('AFTER'), 'IN_SERVICE', 2);
    await move(breaking('BEFORE'), 'FULFILLED', 3);
    expect(await path()).toEqual(['DISPATCHED', 'ACCEPTED', 'IN_SERVICE', 'FULFILLED']);
    expect(await faults()).toBe(0);
  });

  it('is refused by the database when it has another version than the one seen, and nothing is written', async () => {
    const stale = database.call({
      text: `move_order($1::uuid, 3, 'CONFIRMED', 'CLOSED', NULL, $2::uuid, NULL, 'SYSTEM', NULL, now(), NULL)`,
      values: [orderId, newId()],
      answerId: orderId,
    });
    expect(sqlStateOf(await stale.catch((error: unknown) => error))).toBe('LD011');
    expect(await path()).toHaveLength(4);
  });
});

describe.each(DATABASE_KINDS)('a call under a key (%s)', (kind) => {
  let database: Database;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
    await database.prisma.$executeRaw`CREATE TABLE numbers (n int PRIMARY KEY)`;
    await database.prisma.$executeRawUnsafe(`
      CREATE FUNCTION keep_number(kept int) RETURNS int LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO numbers VALUES (kept);
        RETURN kept;
      END $$`);
  });
  afterAll(() => database.close());

  const someone = systemViewer(newId());
  const keep = (key: string, n: number, on = database) => {
    const answerId = newId();
    return answerOnce(on, claimOf(someone, key, 'keepNumber', { n }, NOW), (claimed) =>
      claimed.call({ text: 'keep_number($1::int)', values: [n], answerId }),
    );
  };
  const keys = () => database.prisma.idempotencyKey.count();

  it('is made once by eight calls at the same time, and all get its answer', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => keep('together', 1)));
    expect(new Set(answers.map(({ answerId }) => answerId)).size).toBe(1);
    expect(answers.filter(({ isRepeated }) => !isRepeated)).toHaveLength(1);
  });

  it('leaves no key when the function fails', async () => {
    const before = await keys();
    await expect(keep('fails', 1)).rejects.toThrow();
    expect(await keys()).toBe(before);
    expect((await keep('fails', 2)).isRepeated).toBe(false);
  });

  it('is not made again when the connection broke after its commit', async () => {
    let isBroken = false;
    const call: Database['call'] = async (asked) => {
      const result = await database.call(asked);
      if (!isBroken) {
        isBroken = true;
        throw Object.assign(new Error('the connection broke'), { code: 'ECONNRESET' });
      }
      return result as never;
    };
    await keep('lost', 3, { ...database, call });
    expect(isBroken).toBe(true);
    expect(await database.prisma.$queryRaw`SELECT n FROM numbers ORDER BY n`).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });
});
