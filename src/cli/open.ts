import type { Config } from '../config.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { migrate } from '../database/migrations.ts';
import {
  attachKeyring,
  keyringOf,
  keysInUse,
  readKeyFile,
  readOrMakeKeyFile,
  sealResidents,
} from '../privacy/index.ts';

/** A failure of the command line that is told in one line, without a stack. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

/**
 * Opens the database of the settings, brings it to the newest migration, reads the keys of personal information and seals
 * what of it is in the clear.
 *
 * @throws KeyFileUnusable, KeyOpenToOthers
 */
export async function openMigrated(config: Config): Promise<{ database: Database; applied: readonly string[] }> {
  const database = await open(config);
  try {
    const applied = await migrate(database.adapter);
    await unlockPersonalInformation(database, config);
    return { database, applied };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** What a database of before the sealing holds in the clear is sealed when it is first opened. */
async function unlockPersonalInformation(database: Database, { keyFile }: Config): Promise<void> {
  const keys = readOrMakeKeyFile(keyFile, await keysInUse(database));
  attachKeyring(
    database.prisma,
    keyringOf(keys, () => readKeyFile(keyFile)),
  );
  await sealResidents(database);
}

/** Runs `work` with the database open and migrated, and closes it whatever happens. */
export async function withDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const { database } = await openMigrated(config);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Where the data are, in words for a person; without the password. */
export function describePlace(config: Config): string {
  if (config.databaseUrl === null) return `embedded database in ${config.dataFolder}`;
  const { host, pathname } = new URL(config.databaseUrl);
  return `PostgreSQL at ${host}${pathname}`;
}

/**
 * The area with the code, or the only one where no code is given.
 *
 * @throws CommandFailure that says which areas there are
 */
export async function findArea({ prisma }: Database, code: string | undefined) {
  const areas = await prisma.area.findMany({ orderBy: { id: 'asc' } });
  const found = code === undefined ? areas.length === 1 && areas[0] : areas.find((area) => area.code === code);
  if (found) return found;
  if (areas.length === 0) {
    throw new CommandFailure(
      'The database has no area yet. Make one: liangdan area CODE NAME, e.g. liangdan area KAILI 凯里市',
    );
  }
  throw new CommandFailure(
    `Say which area with --area CODE: ${areas.map((area) => `${area.code} (${area.name})`).join(', ')}`,
  );
}

async function open(config: Config): Promise<Database> {
  try {
    return await openDatabase(config.databaseUrl ? { url: config.databaseUrl } : { folder: config.dataFolder });
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (config.databaseUrl && typeof code === 'string') {
      throw new CommandFailure(`Cannot open ${describePlace(config)}: ${(error as Error).message || code}`);
    }
    throw error;
  }
}
