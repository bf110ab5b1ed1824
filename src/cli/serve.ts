import { exampleIsUnfinished, loadExample } from '../../prisma/seed/load.ts';
import type { Config } from '../config.ts';
import type { Database } from '../database/database.ts';
import { Role } from '../generated/prisma/enums.ts';
import { developmentUser, NoSuchScope } from '../identity/development-users.ts';
import { openIdVerifier } from '../identity/oidc.ts';
import { type DevelopmentIssuer, openDevelopmentIssuer } from '../identity/tokens.ts';
import { systemViewer } from '../identity/viewer.ts';
import { startJobs } from '../jobs/index.ts';
import { failAbandonedRuns, runMatch } from '../matchruns/index.ts';
import { openLog } from '../server/log.ts';
import { readPersistedOperations } from '../server/persisted-operations.ts';
import { demandSafeForProduction } from '../server/production.ts';
import type { ServerRules } from '../server/rules.ts';
import { startServer } from '../server/server.ts';
import { CommandFailure, describePlace, openMigrated } from './open.ts';
import { progressLine } from './progress-line.ts';
import { firstSignal } from './signal.ts';
import { printSummary } from './summary.ts';

/**
 * Brings the database up to date, loads and matches the example area where there is no area yet, and serves GraphQL
 * until SIGINT or SIGTERM; then ends what is under way and closes the database.
 */
export async function serve(config: Config, print: (line: string) => void): Promise<void> {
  if (config.isProduction) demandSafeForProduction(config);
  const clock = () => new Date();
  const log = openLog(config.logLevel);
  const rules = rulesOf(config);
  print('Liangdan 两单\n');
  const { database, applied } = await openMigrated(config);
  print(`Data      ${describePlace(config)}${applied.length > 0 ? `; ${applied.length} migrations applied` : ''}`);
  try {
    await failAbandonedRuns(database, clock(), database.kind === 'EMBEDDED' ? 0 : undefined);
    if (config.loadsExample && (await exampleIsUnfinished(database))) await makeExample(database);
    await printSummary(database, print);

    const developmentIssuer = config.oidc ? null : await openDevelopmentIssuer(config.dataFolder);
    const issuer = developmentIssuer ?? openIdVerifier(config.oidc!);
    const parts = { database, issuer, clock, log, rules, fallbackLocale: config.language };
    const server = await startServer(parts, config).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error;
      throw new CommandFailure(`Port ${config.port} is taken by another program. Choose one: PORT=4001 npm start`);
    });
    const { idempotencyDays } = config;
    const context = { database, clock, log, idempotencyDays };
    const jobs = config.runsJobs ? await startJobs(context, config.databaseUrl) : null;

    if (developmentIssuer) await printTokens(database, developmentIssuer, clock(), print);
    else print(`\nTokens of ${config.oidc?.issuer} are accepted.`);
    printNextSteps(server.url, print);
    const signal = await firstSignal();
    print(`\n${signal}: finishing what is under way …`);
    await server.close();
    await jobs?.stop();
  } finally {
    await database.close();
  }
  print('Stopped. The data are kept; start again with the same command.');
}

function rulesOf(config: Config): Partial<ServerRules> {
  return {
    showsExplorer: config.showsExplorer,
    corsOrigins: config.corsOrigins ?? [],
    proxies: config.proxies,
    ratePerUser: config.ratePerUser,
    ratePerAddress: config.ratePerAddress,
    redisUrl: config.redisUrl,
    operations: config.operationsFile === null ? null : readPersistedOperations(config.operationsFile),
    allowsOtherOperations: config.allowsOtherOperations,
    smallestGroup: config.smallestGroup,
    operationMs: config.operationSeconds * 1000,
  };
}

async function makeExample(database: Database): Promise<void> {
  const progress = progressLine();
  const areaId = await loadExample(database, {
    now: new Date(),
    onProgress: (list, rows) => progress.show(`Loading   ${list}: ${rows}`),
  });
  progress.done('Loading   the example area, Kaili (凯里市): illustrative data');
  const viewer = systemViewer(areaId);
  await runMatch(
    database,
    viewer,
    {},
    {
      clock: () => new Date(),
      onProgress: ({ stage, done, total }) =>
        progress.show(`Matching  ${stage.toLowerCase()} ${done}${total === null ? '' : `/${total}`}`),
    },
  );
  progress.done('Matching  the open needs, and dispatching orders');
}

async function printTokens(
  database: Database,
  issuer: DevelopmentIssuer,
  now: Date,
  print: (line: string) => void,
): Promise<void> {
  print('\nTokens for trying it out (Authorization: Bearer …), good for 30 days:');
  for (const role of Object.values(Role)) {
    try {
      const { over } = await developmentUser(database, { role });
      print(`\n  ${role} (${over})\n  ${await issuer.sign({ role }, now)}`);
    } catch (error) {
      if (!(error instanceof NoSuchScope)) throw error;
    }
  }
}

function printNextSteps(url: string, print: (line: string) => void): void {
  const steps = [
    [`${url}/graphql`, 'GraphiQL, with example queries'],
    ['README.md', 'the tour: from a need to the ledger'],
    ['bin/liangdan import --help', 'your own lists'],
    ['bin/liangdan --help', 'every command'],
    ['Ctrl-C', 'stop; the data are kept'],
  ];
  print('\nWhere to go next:');
  for (const [what = '', why] of steps) print(`  ${what.padEnd(30)}  ${why}`);
  print(`\nListening on ${url}/graphql`);
}
