import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { appendAudit } from '../audit/index.ts';
import type { Config } from '../config.ts';
import { BackupRefused, backUpFolder, restoreFolder } from '../database/backup.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { sqlStateOf } from '../database/sql-state.ts';
import { systemViewer } from '../identity/viewer.ts';
import { verifyLedgers } from '../ledger/index.ts';
import { CommandFailure, describePlace, withDatabase } from './open.ts';

/** Writes the embedded database into one file. @throws CommandFailure, DatabaseInUse */
export async function backUp(config: Config, file: string, print: (line: string) => void): Promise<void> {
  demandEmbedded(config);
  const bytes = await inOneLine(() => backUpFolder(config.dataFolder, file));
  print(`${file}: ${describePlace(config)}, ${(bytes / 2 ** 20).toFixed(1)} MiB`);
  // Not migrated: a backup is what one makes before that.
  const database = await openDatabase({ folder: config.dataFolder });
  try {
    await audit(database, 'database.backup', file);
  } catch (error) {
    if (!NO_AUDIT_LOG.includes(sqlStateOf(error) ?? '')) throw error;
    print('The database is of a version without audit log, so that has no entry of this backup.');
  } finally {
    await database.close();
  }
}

/**
 * Makes the embedded database from a backup, brings it to the newest migration and verifies its ledgers.
 *
 * @returns exit status: 0 when every ledger is whole, 1 when one is not
 * @throws CommandFailure, DatabaseInUse
 */
export async function restore(config: Config, file: string, print: (line: string) => void): Promise<number> {
  demandEmbedded(config);
  await inOneLine(() => restoreFolder(file, config.dataFolder));
  print(`${describePlace(config)}: restored from ${file}`);
  return withDatabase(config, async (database) => {
    await audit(database, 'database.restore', file);
    let status = 0;
    for (const area of await database.prisma.area.findMany({ orderBy: { id: 'asc' } })) {
      const { ledgers, entries, faults } = await verifyLedgers(database, area.id, (fault) =>
        print(fault.text[config.language]),
      );
      print(`${area.name} (${area.code}): ${ledgers} ledgers, ${entries} entries, ${faults} faults`);
      if (faults > 0) status = 1;
    }
    return status;
  });
}

/** What PostgreSQL says of a table and a function that are not there. */
const NO_AUDIT_LOG = ['42P01', '42883'];

/** Every area's audit log has what became of its data, with the digest of the file. */
async function audit(database: Database, action: string, file: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const done = { action, subjectType: 'Area', body: { sha256: hash.digest('hex') } };
  for (const { id } of await database.prisma.area.findMany({ select: { id: true }, orderBy: { id: 'asc' } })) {
    await database.transaction((tx) => appendAudit(tx, systemViewer(id), { ...done, subjectId: id }, new Date()));
  }
}

function demandEmbedded({ databaseUrl }: Config): void {
  if (databaseUrl === null) return;
  throw new CommandFailure(
    'This is for the embedded database. A PostgreSQL server is backed up with its own tools: see docs/operations.md',
  );
}

async function inOneLine<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof BackupRefused ? new CommandFailure(error.message) : error;
  }
}
