import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { lockFolder } from './folder-lock.ts';

/** Why a backup was not made or not restored, in one line for a person; nothing was overwritten. */
export class BackupRefused extends Error {
  override readonly name = 'BackupRefused';
}

/** Where the files of the embedded database are in a data folder. */
const DATABASE = 'database';
const DRAFT = 'database.restoring';
/** First line of a backup: the version of this format, then what follows it, a gzip of a tar of the database's files. */
const HEADER = /^LIANGDAN BACKUP 1 sha256 ([0-9a-f]{64}) bytes (\d+)\n/;
const LONGEST_HEADER = 200;

/**
 * Writes the embedded database of a data folder into one file, as it is at this moment, readable by its owner only. What a
 * killed process left half written is put right first. The whole is held in memory.
 *
 * @returns how many bytes the file has
 * @throws DatabaseInUse when a process has the database open; BackupRefused when there is none, or the file is there
 */
export async function backUpFolder(folder: string, file: string): Promise<number> {
  if (!existsSync(join(folder, DATABASE))) throw new BackupRefused(`There is no embedded database in ${folder}.`);
  const unlock = lockFolder(folder);
  try {
    const output = create(file);
    try {
      const engine = await PGlite.create(join(folder, DATABASE));
      let content: Buffer;
      try {
        await engine.exec('CHECKPOINT');
        content = Buffer.from(await (await engine.dumpDataDir('gzip')).arrayBuffer());
      } finally {
        await engine.close();
      }
      const header = Buffer.from(`LIANGDAN BACKUP 1 sha256 ${digestOf(content)} bytes ${content.length}\n`);
      for (const part of [header, content]) writeAll(output, part);
      fsyncSync(output);
      return header.length + content.length;
    } catch (error) {
      rmSync(file, { force: true });
      throw error;
    } finally {
      closeSync(output);
    }
  } finally {
    unlock();
  }
}

/**
 * Makes the embedded database of a data folder from a backup. A process that is killed meanwhile leaves no database.
 *
 * @throws BackupRefused when the file is no backup or is damaged, or when the folder has a database; DatabaseInUse
 */
export async function restoreFolder(file: string, folder: string): Promise<void> {
  const content = readBackup(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unlock = lockFolder(folder);
  try {
    if (existsSync(join(folder, DATABASE))) {
      throw new BackupRefused(
        `There is a database in ${folder} already. Nothing was overwritten: restore into another folder (LIANGDAN_DATA), or move that one away.`,
      );
    }
    const draft = join(folder, DRAFT);
    rmSync(draft, { recursive: true, force: true });
    const engine = await PGlite.create(draft, { loadDataDir: new Blob([content], { type: 'application/x-gzip' }) });
    await engine.close();
    renameSync(draft, join(folder, DATABASE));
  } finally {
    unlock();
  }
}

/** The tar of a backup whose checksum is right. */
function readBackup(file: string): Uint8Array<ArrayBuffer> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new BackupRefused(`Cannot read ${file}: ${(error as Error).message}`);
  }
  const header = HEADER.exec(bytes.subarray(0, LONGEST_HEADER).toString('latin1'));
  if (header === null) throw new BackupRefused(`${file} is not a backup of Liangdan.`);
  const content = new Uint8Array(bytes.subarray(header[0].length));
  const [, sha256, length] = header;
  if (content.length !== Number(length)) {
    throw new BackupRefused(`${file} is damaged: it has ${content.length} bytes of ${length}. Nothing was restored.`);
  }
  if (digestOf(content) !== sha256) {
    throw new BackupRefused(
      `${file} is damaged: its checksum is not the one it was written with. Nothing was restored.`,
    );
  }
  return content;
}

function create(file: string): number {
  try {
    return openSync(file, 'wx', 0o600);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new BackupRefused(
      code === 'EEXIST' ? `${file} is there already; it was not overwritten.` : `Cannot write ${file}: ${message}`,
    );
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
