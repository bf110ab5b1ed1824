import type { Config } from '../config.ts';
import { describePlace, openMigrated } from './open.ts';

/** Applies the migrations that the database lacks, and says which. */
export async function migrateDatabase(config: Config, print: (line: string) => void): Promise<void> {
  const { database, applied } = await openMigrated(config);
  await database.close();
  print(`${describePlace(config)}: ${applied.length === 0 ? 'up to date' : `applied ${applied.join(', ')}`}`);
}
