import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrations.ts';
import { answerOnce, claimOf } from '../../src/idempotency/index.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { startEmbeddedJobs } from '../../src/jobs/embedded-jobs.ts';
import { type JobContext, type Jobs, startJobs, TASKS, type Task } from '../../src/jobs/index.ts';
import { startServerJobs } from '../../src/jobs/server-jobs.ts';
import { dispatchOrders, nextTimerAt } from '../../src/orders/index.ts';
import { type PlantedArea, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase, scratchServerDatabase, withTestKeys } from '../database/scratch.ts';
import { brokenInvariants, plantCandidates, plantNeedLike, plantServiceLike } from '../orders/planted.ts';

const clock = () => new Date();
const log = pino({ level: 'silent' });
const root = join(import.meta.dirname, '../..');

/** Undone in reverse order when the test has ended. */
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
});

async function eventually(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await wait(50);
}

/** Ten needs, each with an order that nobody accepted and another candidate. */
async function plantOverdueOrders(database: Database, howMany: number): Promise<PlantedArea> {
  const area = await plantArea(database);
  const spare = await plantServiceLike(database, area.services.mediation, 'S91');
  const yesterday = new Date(Date.now() - 5 * 86_400_000);
  for (let n = 0; n < howMany; n += 1) {
    const needId = await plantNeedLike(database, area.needs.wuQuarrel, `N9${n}`);
    await database.prisma.need.update({ where: { id: needId }, data: { deadlineAt: null } });
    await plantCandidates(database, area.areaId, needId, [area.services.mediation, spare]);
    const wanted = {
      needId,
      serviceId: area.services.mediation,
      mode: 'MATCH_RUN',
      matchRunId: null,
      candidateId: null,
    };
    await database.transaction((tx) =>
      dispatchOrders(tx, systemViewer(area.areaId), [{ ...wanted, mode: 'MATCH_RUN' }], yesterday),
    );
  }
  return area;
}

/** Every need went to its other candidate, once, and nothing is due any more. */
async function expectEachFiredOnce(database: Database, area: PlantedArea, howMany: number): Promise<void> {
  expect(await database.prisma.order.groupBy({ by: ['state'], _count: true, orderBy: { state: 'asc' } })).toEqual([
    { state: 'DISPATCHED', _count: howMany },
    { state: 'EXPIRED', _count: howMany },
  ]);
  expect(await database.prisma.timer.count({ where: { failures: { gt: 0 } } })).toBe(0);
  expect((await nextTimerAt(database))! > new Date()).toBe(true);
  expect(await brokenInvariants(database, area.areaId)).toEqual([]);
}

const isDone = (database: Database) => async () => (await nextTimerAt(database))! > new Date();

it('forgets the keys of clients after the days that are set', async () => {
  const database = await scratchDatabase('EMBEDDED');
  cleanups.push(database.close);
  const { areaId } = await plantArea(database);
  const at = new Date('2026-11-24T02:00:00Z');
  const claim = claimOf(systemViewer(areaId), 'key', 'closeAreaLedgers', {}, at);
  await answerOnce(database, claim, (under) => under.transaction(async () => {}, { answerId: () => areaId }));
  const forget = TASKS.find(({ name }) => name === 'forget-idempotency-keys')!;
  const threeDaysLater = () => new Date(at.getTime() + 3 * 86_400_000);
  const keptAfter = async (idempotencyDays: number) => {
    await forget.run({ database, clock: threeDaysLater, log, idempotencyDays });
    return database.prisma.idempotencyKey.count();
  };
  expect([await keptAfter(7), await keptAfter(2)]).toEqual([1, 0]);
});

describe.each(DATABASE_KINDS)('jobs with the %s kind of worker', (kind) => {
  const start = async (tasks: readonly Task[]): Promise<Jobs> => {
    const { database, url } = await scratchServerDatabase();
    const context: JobContext = { database, clock, log, idempotencyDays: 7 };
    const jobs = kind === 'EMBEDDED' ? startEmbeddedJobs(context, tasks) : await startServerJobs(context, url, tasks);
    cleanups.push(database.close, jobs.stop);
    return jobs;
  };
  const yearly = '0 0 1 1 *';

  it('are done when the worker starts, and again when they ask for it', async () => {
    let runs = 0;
    await start([{ name: 'asks-again', cron: yearly, run: async () => (++runs < 3 ? new Date() : null) }]);
    await eventually(() => runs === 3);
  });

  it('do not keep one another from running, and one that fails is tried again', async () => {
    let failures = 0;
    let runs = 0;
    await start([
      {
        name: 'fails',
        cron: yearly,
        run: async () => {
          failures += 1;
          throw new Error('as it must');
        },
      },
      { name: 'runs', cron: yearly, run: async () => (++runs < 2 ? new Date() : null) },
    ]);
    await eventually(() => failures >= 2 && runs === 2);
  });

  it('that are under way are finished before the worker stops, and none is begun after', async () => {
    let begun = 0;
    let finished = 0;
    const jobs = await start([
      {
        name: 'takes-a-while',
        cron: yearly,
        run: async () => {
          begun += 1;
          await wait(500);
          finished += 1;
          return new Date();
        },
      },
    ]);
    await eventually(() => begun === 1);
    await jobs.stop();
    expect([begun, finished]).toEqual([1, 1]);
    await wait(1500);
    expect(begun).toBe(1);
  });
});

describe('timers', () => {
  const runWorker = (url: string): ChildProcess => {
    const env = { ...process.env, DATABASE_URL: url, LOG_LEVEL: 'error' };
    const child = spawn(process.execPath, ['src/main.ts', 'worker'], { cwd: root, env, stdio: 'ignore' });
    cleanups.push(async () => {
      child.kill('SIGKILL');
    });
    return child;
  };
  const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once('exit', resolve));

  it('fire once when two workers begin at the same moment on a server that has never seen one', async () => {
    const { database, url } = await scratchServerDatabase();
    const other = withTestKeys(await openDatabase({ url }));
    cleanups.push(database.close, other.close);
    const area = await plantOverdueOrders(database, 10);
    const workers = await Promise.all(
      [database, other].map((each) => startJobs({ database: each, clock, log, idempotencyDays: 7 }, url)),
    );
    await eventually(isDone(database));
    await Promise.all(workers.map((worker) => worker.stop()));
    await expectEachFiredOnce(database, area, 10);
  });

  it('of a worker that is killed fire when one is started again', async () => {
    const { database, url } = await scratchServerDatabase();
    cleanups.push(database.close);
    const area = await plantOverdueOrders(database, 25);
    const killed = runWorker(url);
    const gone = ended(killed);
    const expired = () => database.prisma.order.count({ where: { state: 'EXPIRED' } });
    await eventually(async () => (await expired()) > 0);
    killed.kill('SIGKILL');
    await gone;
    const next = runWorker(url);
    await eventually(isDone(database));
    const end = ended(next);
    next.kill('SIGTERM');
    expect(await end).toBe(0);
    await expectEachFiredOnce(database, area, 25);
  }, 180_000);

  it('of an embedded database that was closed fire when it is opened again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'liangdan-jobs-'));
    cleanups.push(async () => rmSync(folder, { recursive: true, force: true }));
    const before = withTestKeys(await openDatabase({ folder }));
    await migrate(before.adapter);
    const area = await plantOverdueOrders(before, 2);
    await before.close();
    const after = withTestKeys(await openDatabase({ folder }));
    const jobs = await startJobs({ database: after, clock, log, idempotencyDays: 7 }, null);
    cleanups.push(after.close, jobs.stop);
    await eventually(isDone(after));
    await expectEachFiredOnce(after, area, 2);
  }, 180_000);
});
