import type { Config } from '../config.ts';
import { RETENTION_PERIODS, removeExpired } from '../retention/index.ts';
import { withDatabase } from './open.ts';

/** Removes what was kept for its time, as the daily job does, and prints how much of what; with `dryRun` it only counts. */
export async function run(
  config: Config,
  { dryRun = false }: { readonly dryRun?: boolean },
  print: (line: string) => void,
): Promise<void> {
  await withDatabase(config, async (database) => {
    const removed = await removeExpired(database, new Date(), { isTrial: dryRun });
    for (const { kind, days, name } of RETENTION_PERIODS) {
      const count = removed.filter((of) => of.kind === kind).reduce((sum, of) => sum + of.count, 0);
      const told = days === null ? '' : `, ${days} days: ${count} ${dryRun ? 'would be removed' : 'removed'}`;
      print(`${kind} (${name[config.language]})${told}`);
    }
  });
}
