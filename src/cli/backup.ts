import type { Config } from '../config.ts';
import { BackupRefused, backUpFolder, restoreFolder } from '../database/backup.ts';
import { verifyLedgers } from '../ledger/index.ts';
import { CommandFailure, describePlace, withDatabase } from './open.ts';

/** Writes the embedded database into one file. @throws CommandFailure, DatabaseInUse */
export async function backUp(config: Config, file: string, print: (line: string) => void): Promise<void> {
  demandEmbedded(config);
  const bytes = await inOneLine(() => backUpFolder(config.dataFolder, file));
  print(`${file}: ${describePlace(config)}, ${(bytes / 2 ** 20).toFixed(1)} MiB`);
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
