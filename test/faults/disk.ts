import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { PGlite } from '@electric-sql/pglite';
import { openDatabase } from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrations.ts';
import { openDevelopmentIssuer } from '../../src/identity/tokens.ts';
import { type City, plantCity, plantScarceServices } from './city.ts';
import { emptyLog, openClient } from './client.ts';
import { freePort } from './cluster.ts';
import { actAtRandom } from './people.ts';
import { randomFrom } from './random.ts';
import { type Incidents, runCommand, supervise } from './system.ts';
import { findLogViolations, findViolations, type Query } from './violations.ts';

const DISK_MIB = 220;
const CLIENTS = 4;
const PHASE_MS = 3000;

/**
 * Fills the disk of an embedded database while clients work: what was acknowledged stays, what is refused says why, reading
 * goes on, and so does everything when there is room again, or after a kill -9.
 *
 * @returns how many violations there were
 */
export async function runFullDisk(seed: string, print: (line: string) => void): Promise<number> {
  const disk = mountDisk();
  if (disk === null) {
    print('!!! FULL DISK: NOT TRIED. A small disk can be mounted by root on Linux only; run this part there.');
    return 0;
  }
  try {
    return await workOnDisk(disk, seed, print);
  } finally {
    execFileSync('umount', ['--lazy', disk]);
    rmdirSync(disk);
  }
}

function mountDisk(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return null;
  const folder = mkdtempSync(join(tmpdir(), 'liangdan-small-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    rmdirSync(folder);
    return null;
  }
}

async function workOnDisk(disk: string, seed: string, print: (line: string) => void): Promise<number> {
  const random = randomFrom(`${seed}/disk`);
  const dataFolder = join(disk, 'data');
  const database = await openDatabase({ folder: dataFolder });
  await migrate(database.adapter);
  const city: City = await plantCity(database, await openDevelopmentIssuer(dataFolder));
  await plantScarceServices(database, city, random);
  await database.close();

  const port = await freePort();
  const environment = { DATABASE_URL: '', LIANGDAN_DATA: dataFolder, LIANGDAN_EXAMPLE: 'never', LOG_LEVEL: 'error' };
  const incidents: Incidents = { endedByThemselves: [], errors: [] };
  const plan = { name: 'API', command: ['serve'], environment: { ...environment, PORT: String(port) } };
  const api = supervise({ ...plan, readyLine: 'Listening on' }, incidents);
  const violations: string[] = [];
  const log = emptyLog();
  let refused = 0;
  try {
    await api.ready();
    const urls = [`http://127.0.0.1:${port}`];
    let isOver = false;
    const town = { city, needs: [] };
    const clients = Array.from({ length: CLIENTS }, (_, index) => {
      const own = random.branch(`client ${index}`);
      return actAtRandom(town, openClient(urls, own, log), own, () => isOver);
    });
    const phase = async (until: () => boolean): Promise<number> => {
      const before = log.answers.length;
      const least = Date.now() + PHASE_MS;
      for (const most = Date.now() + 10 * PHASE_MS; Date.now() < most && (Date.now() < least || !until()); )
        await wait(100);
      return log.answers.length - before;
    };
    const told = () => log.troubles.get('DISK_FULL') ?? 0;
    const hasWorked = (atLeast: number) => {
      const before = log.answers.length;
      return () => log.answers.length - before >= atLeast;
    };

    if ((await phase(hasWorked(10))) === 0) violations.push('nothing was done while there was room');
    fillUntilLeft(disk, 30);
    await phase(() => told() > 0);
    fillUntilLeft(disk, 0);
    await phase(() => told() > 3);
    refused = told();
    if (refused === 0) violations.push('nobody was told that the disk is full');
    const reader = openClient(urls, random, emptyLog());
    const { node } = await reader.read(city.admin, 'query ($id: ID!) { node(id: $id) { id } }', {
      id: Buffer.from(`Area:${city.areaId}`).toString('base64'),
    });
    if (node === undefined) violations.push('nothing can be read from a full disk');
    api.kill();
    await wait(500);
    for (const file of ['ballast-30', 'ballast-0']) rmSync(join(disk, file));
    await api.ready();
    if ((await phase(hasWorked(5))) === 0) violations.push('nothing was done after there was room again');
    isOver = true;
    await Promise.all(clients);
  } finally {
    await api.stop();
  }
  violations.push(...incidents.endedByThemselves);
  const engine = await PGlite.create(join(dataFolder, 'database'));
  const query: Query = async (sql, values) => (await engine.query<Record<string, unknown>>(sql, [...values])).rows;
  for (const { rule, text } of [
    ...(await findViolations(query, city.areaId)),
    ...(await findLogViolations(query, city.areaId, log.answers)),
  ]) {
    violations.push(`${rule}: ${text}`);
  }
  await engine.close();
  const verified = await runCommand(['ledger', 'verify'], environment);
  if (verified.status !== 0) violations.push(verified.printed);
  print(
    `Full disk: ${log.answers.length} operations, DISK_FULL told ${refused} times, ${violations.length} violations; ` +
      `${verified.printed.trim().split('\n').at(-1)}`,
  );
  for (const text of violations.slice(0, 20)) print(`  VIOLATION ${text}`);
  return violations.length;
}

function fillUntilLeft(disk: string, leftMiB: number): void {
  const chunk = Buffer.alloc(2 ** 16);
  const file = openSync(join(disk, `ballast-${leftMiB}`), 'w');
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(disk);
      if (bavail * bsize <= leftMiB * 2 ** 20) return;
      writeSync(file, chunk);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}
