import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { failAbandonedRuns, replayRun, restartMatch, runMatchOnce } from '../../src/matchruns/index.ts';
import { clockAt, NOW, type PlantedArea, plantArea } from '../area.ts';
import { scratchServerDatabase } from '../database/scratch.ts';

describe('a match run whose process is killed', () => {
  let database: Database;
  let url: string;
  let area: PlantedArea;
  beforeEach(async () => {
    ({ database, url } = await scratchServerDatabase());
    area = await plantArea(database);
  });
  afterEach(() => database.close());

  const begin = (key: string): ChildProcess =>
    spawn(process.execPath, [join(import.meta.dirname, 'run-under-key.ts'), url, area.areaId, key], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  const again = (key: string, silentForMs?: number) =>
    runMatchOnce(database, systemViewer(area.areaId), key, {}, { clock: clockAt(NOW) }, silentForMs);
  const written = async () => {
    const { prisma } = database;
    const needs = await prisma.need.findMany({
      orderBy: { externalId: 'asc' },
      select: { state: true, version: true },
    });
    const counts = await Promise.all([
      prisma.candidate.count(),
      prisma.matchOutcome.count(),
      prisma.matchRunInput.count(),
      prisma.order.count(),
      prisma.ledgerEntry.count(),
      prisma.transfer.count(),
    ]);
    return { needs, rows: counts.reduce((sum, count) => sum + count) };
  };
  /** Holds up every transaction that reaches this statement. */
  const holdUp = (table: string, seconds: number) =>
    database.prisma
      .$executeRawUnsafe(`
      CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(${seconds}); RETURN NULL; END $$`)
      .then(() =>
        database.prisma.$executeRawUnsafe(`
        CREATE TRIGGER hold_up AFTER INSERT ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION hold_up()`),
      );
  const untilHeldUp = () =>
    expect
      .poll(
        async () =>
          (
            await database.prisma.$queryRaw<unknown[]>`
            SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`
          ).length,
        { timeout: 60_000, interval: 50 },
      )
      .toBe(1);
  const kill = async (child: ChildProcess) => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };

  it.each(['candidates', 'orders', 'ledger_entries'])(
    'while it writes %s leaves nothing, and is made by the next call with its key, as the same run',
    async (table) => {
      const before = await written();
      await holdUp(table, 2);
      const child = begin('tonight');
      await untilHeldUp();
      await kill(child);
      await database.prisma.$executeRawUnsafe(`DROP TRIGGER hold_up ON ${table}`);
      expect(await written()).toEqual(before);
      const [killed] = await database.prisma.matchRun.findMany();
      expect(killed).toMatchObject({ state: 'RUNNING', attempt: 1 });

      expect(await again('tonight', 0)).toBe(killed!.id);
      expect(await database.prisma.matchRun.findMany()).toMatchObject([
        { id: killed!.id, state: 'COMPLETED', attempt: 2, failure: null, dispatched: 3 },
      ]);
      expect(await database.prisma.order.count()).toBe(3);
      expect((await replayRun(database, killed!.id)).differences).toEqual([]);
      expect(await again('tonight', 0)).toBe(killed!.id);
      expect(await database.prisma.order.count()).toBe(3);
    },
    120_000,
  );

  it('is given up once it was silent for a minute, not before', async () => {
    const runId = await again('once');
    const revive = (ago: string) =>
      database.prisma.$executeRawUnsafe(
        `UPDATE match_runs SET state = 'RUNNING', heartbeat_at = clock_timestamp() - interval '${ago}'`,
      );
    await revive('50 seconds');
    expect(await failAbandonedRuns(database, NOW)).toBe(0);
    const viewer = systemViewer(area.areaId);
    expect(await restartMatch(database, viewer, runId, {}, { clock: clockAt(NOW) })).toBeNull();
    await revive('61 seconds');
    expect(await failAbandonedRuns(database, NOW)).toBe(1);
    expect(await database.prisma.matchRun.findUniqueOrThrow({ where: { id: runId } })).toMatchObject({
      state: 'FAILED',
      failure: 'PROCESS_ENDED',
    });
  });

  it('is not given up while it is being written, however long that takes', async () => {
    await database.prisma.matchRun.deleteMany();
    await holdUp('ledger_entries', 2);
    const child = begin('long');
    await untilHeldUp();
    expect(await failAbandonedRuns(database, NOW, 0)).toBe(0);
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect(await database.prisma.matchRun.findFirstOrThrow()).toMatchObject({ state: 'COMPLETED', attempt: 1 });
  }, 120_000);
});
