import { ConfigError, readConfig, SECRET_SETTINGS, SETTINGS } from '../config.ts';
import { verifyLedgers } from '../ledger/index.ts';
import { productionProblems } from '../server/production.ts';
import { describePlace, openMigrated } from './open.ts';

/**
 * Checks the settings, the database, its migrations and its ledgers, and prints what it finds.
 *
 * @returns exit status: 0 when all is well, 1 when something is wrong
 */
export async function doctor(
  environment: Readonly<Record<string, string | undefined>>,
  print: (line: string) => void,
): Promise<number> {
  print(`Node.js   ${process.version}`);
  for (const { name, fallback, meaning } of SETTINGS) {
    const shown = SECRET_SETTINGS.has(name) && environment[name] ? '(set)' : environment[name] || fallback || '(none)';
    print(`${name.padEnd(26)} ${shown.padEnd(12)} ${meaning}`);
  }
  let config: ReturnType<typeof readConfig>;
  try {
    config = readConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    print(error.message);
    return 1;
  }
  const problems = config.isProduction ? productionProblems(config) : [];
  for (const problem of problems) print(`Unsafe    ${problem}`);
  const { database, applied } = await openMigrated(config);
  try {
    print(
      `Database  ${describePlace(config)}; ${applied.length === 0 ? 'migrations up to date' : `applied ${applied.join(', ')}`}`,
    );
    let status = problems.length > 0 ? 1 : 0;
    for (const area of await database.prisma.area.findMany({ orderBy: { id: 'asc' } })) {
      const { ledgers, entries, faults } = await verifyLedgers(database, area.id, (fault) =>
        print(`  ${fault.text.en}`),
      );
      print(`Ledgers   ${area.code}: ${ledgers} ledgers, ${entries} entries, ${faults} faults`);
      if (faults > 0) status = 1;
    }
    return status;
  } finally {
    await database.close();
  }
}
