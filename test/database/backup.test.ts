import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { BackupRefused, backUpFolder, restoreFolder } from '../../src/database/backup.ts';
import { openDatabase } from '../../src/database/database.ts';
import { DatabaseInUse } from '../../src/database/folder-lock.ts';
import { verifyLedgers } from '../../src/ledger/index.ts';
import { plantArea } from '../area.ts';
import { dispatchPairs, TO_CONFIRMED, walkOrder } from '../funding/planted.ts';

let folder: string;
let original: string;
let areaId: string;
const file = () => join(folder, 'area.backup');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'liangdan-backup-'));
  original = join(folder, 'original');
  mkdirSync(original);
  const snapshot = new Blob([readFileSync(inject('embeddedSnapshot'))]);
  await (await PGlite.create(join(original, 'database'), { loadDataDir: snapshot })).close();
  const database = await openDatabase({ folder: original });
  const area = await plantArea(database);
  areaId = area.areaId;
  const [outcome] = await dispatchPairs(database, areaId, [[area.needs.wuPipe, area.services.plumbing]]);
  await walkOrder(database, area, outcome!.orderId!, TO_CONFIRMED);
  await database.close();
  await backUpFolder(original, file());
});
afterAll(() => rmSync(folder, { recursive: true }));

it('a backup is for its owner only and leaves the folder free', () => {
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(readdirSync(original)).toEqual(['database']);
});

it('a restored copy is the same area, and its ledgers verify', async () => {
  const copy = join(folder, 'copy');
  await restoreFolder(file(), copy);
  const database = await openDatabase({ folder: copy });
  try {
    const { ledgers, entries, faults } = await verifyLedgers(database, areaId, () => {});
    expect({ ledgers, entries: entries > 5, faults }).toEqual({ ledgers: 1, entries: true, faults: 0 });
    expect(await database.prisma.need.count({ where: { areaId } })).toBe(4);
    expect(await database.prisma.order.findMany({ select: { state: true } })).toEqual([{ state: 'CONFIRMED' }]);
  } finally {
    await database.close();
  }
  await expect(restoreFolder(file(), copy)).rejects.toThrow('There is a database in');
});

it('a database that is open is neither backed up nor restored over', async () => {
  // The process that started this one is alive.
  writeFileSync(join(original, 'process.lock'), String(process.ppid));
  await expect(backUpFolder(original, join(folder, 'other.backup'))).rejects.toBeInstanceOf(DatabaseInUse);
  await expect(restoreFolder(file(), original)).rejects.toBeInstanceOf(DatabaseInUse);
  rmSync(join(original, 'process.lock'));
  expect(existsSync(join(folder, 'other.backup'))).toBe(false);
});

it('nothing is overwritten by a backup, and there is none of nothing', async () => {
  const before = readFileSync(file());
  await expect(backUpFolder(original, file())).rejects.toThrow('is there already');
  expect(readFileSync(file()).equals(before)).toBe(true);
  await expect(backUpFolder(join(folder, 'nowhere'), join(folder, 'n.backup'))).rejects.toBeInstanceOf(BackupRefused);
});

it.each([
  ['cut short', (bytes: Buffer) => bytes.subarray(0, -1), 'is damaged: it has'],
  ['with one bit changed', flipped, 'is damaged: its checksum'],
  ['that is something else', () => Buffer.from('hello'), 'is not a backup'],
  ['that is empty', () => Buffer.alloc(0), 'is not a backup'],
])('a backup %s is refused and leaves no database', async (_, damage, message) => {
  const damaged = join(folder, 'damaged.backup');
  writeFileSync(damaged, damage(readFileSync(file())));
  const target = join(folder, 'damaged');
  await expect(restoreFolder(damaged, target)).rejects.toThrow(message);
  expect(existsSync(join(target, 'database'))).toBe(false);
});

it('what a restore that was killed left behind does not count as a database', async () => {
  const target = join(folder, 'again');
  mkdirSync(join(target, 'database.restoring'), { recursive: true });
  await restoreFolder(file(), target);
  expect(readdirSync(target)).toEqual(['database']);
});

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  changed[Math.floor(changed.length / 2)]! ^= 1;
  return changed;
}
