import type { Config } from '../config.ts';
import { startJobs, TASKS } from '../jobs/index.ts';
import { openLog } from '../server/log.ts';
import { describePlace, withDatabase } from './open.ts';
import { firstSignal } from './signal.ts';

/**
 * Does the jobs and nothing else until SIGINT or SIGTERM, beside the processes that serve; then ends those under way and
 * closes the database.
 */
export async function work(config: Config, print: (line: string) => void): Promise<void> {
  const log = openLog(config.logLevel);
  await withDatabase(config, async (database) => {
    const { idempotencyDays } = config;
    const context = { database, clock: () => new Date(), log, idempotencyDays };
    const jobs = await startJobs(context, config.databaseUrl);
    print(`Data      ${describePlace(config)}`);
    print(`Jobs      ${TASKS.map(({ name, cron }) => `${name} (${cron})`).join(', ')}`);
    const signal = await firstSignal();
    print(`\n${signal}: finishing what is under way …`);
    await jobs.stop();
  });
  print('Stopped.');
}
