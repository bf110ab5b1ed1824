import { Command, InvalidArgumentError, Option } from 'commander';
import { CommandFailure } from './cli/open.ts';
import { ConfigError, readConfig } from './config.ts';
import { DatabaseInUse } from './database/folder-lock.ts';
import { ExpectedFailure } from './failures.ts';
import { Role } from './generated/prisma/enums.ts';
import { KeyOpenToOthers } from './identity/tokens.ts';
import { KeyFileUnusable } from './privacy/key-file.ts';

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const program = new Command('liangdan')
  .description(
    "Liangdan (两单): matches residents' needs to community services, dispatches orders, keeps ledgers and measures fit.",
  )
  .showHelpAfterError('(liangdan --help lists the commands)');

program
  .command('serve')
  .description('Serve GraphQL; load and match the example area first where there is no area yet')
  .action(async () => (await import('./cli/serve.ts')).serve(readConfig(process.env), print));

program
  .command('worker')
  .description('Do the jobs (timers of orders, clean-up) and serve nothing; any number beside `serve` on PostgreSQL')
  .action(async () => (await import('./cli/worker.ts')).work(readConfig(process.env), print));

program
  .command('migrate')
  .description('Bring the database to the newest migration')
  .action(async () => (await import('./cli/migrate.ts')).migrateDatabase(readConfig(process.env), print));

program
  .command('backup')
  .description('Write the embedded database into one file; stop the server first')
  .argument('<file>', 'the file, which must not be there yet')
  .action(async (file) => (await import('./cli/backup.ts')).backUp(readConfig(process.env), file, print));

program
  .command('restore')
  .description('Make the embedded database from a backup, in a data folder without one, and verify its ledgers')
  .argument('<file>', 'the file that `backup` wrote')
  .action(async (file) => {
    process.exitCode = await (await import('./cli/backup.ts')).restore(readConfig(process.env), file, print);
  });

program
  .command('area')
  .description('Make an area (区域), which everything else belongs to')
  .argument('<code>', 'its code, e.g. KAILI')
  .argument('<name>', 'its name, e.g. 凯里市')
  .option('--name-en <name>', 'its name in English')
  .option('--utc-offset <minutes>', 'local time, minutes ahead of UTC', wholeNumber, 480)
  .action(async (code, name, options) =>
    (await import('./cli/area.ts')).makeArea(readConfig(process.env), { code, name, ...options }, print),
  );

program
  .command('import')
  .description(
    'Import a list from CSV or JSON Lines: areas in order are calendar, communities, categories, providers, services, programmes, residents, needs',
  )
  .argument('<list>', 'calendar, communities, categories, providers, services, programmes, residents or needs')
  .argument('[file]', 'the file')
  .option('--area <code>', 'the area, where there is more than one')
  .option('--format <format>', 'csv or jsonl; told from the file name by default')
  .option('--encoding <encoding>', 'utf-8, gb18030 or another; detected by default')
  .option('--map <column=heading>', 'take a column from another heading; repeatable', collect, [])
  .option('--set <column=value>', 'give a column one value in every row; repeatable', collect, [])
  .option('--rejects <file>', 'where refused rows are written; beside the file by default')
  .option('--columns', 'only print the columns of the list')
  .option('--dry-run', 'check everything and write nothing')
  .action(async (list, file, options) => {
    process.exitCode = await (await import('./cli/import.ts')).importFile(
      readConfig(process.env),
      list,
      file,
      options,
      print,
    );
  });

const matching = program
  .command('match')
  .description('Run a match over the open needs and dispatch the orders')
  .option('--area <code>', 'the area, where there is more than one')
  .addOption(
    new Option('--policy <policy>', 'how services are divided')
      .choices(['OPTIMAL', 'EQUITABLE', 'CHOICE'])
      .default('OPTIMAL'),
  )
  .option('--community <id>', 'only needs of this community (external id); repeatable', collect, [])
  .option('--category <code>', 'only needs of this category and those below it; repeatable', collect, [])
  .option('--candidates <number>', 'how many candidates are kept for each need', wholeNumber, 10)
  .option('--no-dispatch', 'keep candidates and outcomes, send out no orders')
  .option('--key <key>', 'make the run once under this key; called again it starts a run that failed again')
  .action(async (options) => (await import('./cli/match.ts')).match(readConfig(process.env), options, print));

matching
  .command('replay')
  .description('Compute a run again from its recorded input; exit status 1 when it differs from what the run wrote')
  .argument('<run>', 'id of the run')
  .action(async (run) => {
    process.exitCode = await (await import('./cli/match.ts')).replay(readConfig(process.env), run, print);
  });

program
  .command('fit')
  .description('Print how supply meets need, by category')
  .option('--area <code>', 'the area, where there is more than one')
  .action(async (options) => (await import('./cli/fit.ts')).fit(readConfig(process.env), options, print));

const ledger = program.command('ledger').description('The ledgers (台账)');
ledger
  .command('verify')
  .description('Walk every chain and recompute every balance; exit status 1 when an entry is broken')
  .option('--area <code>', 'the area, where there is more than one')
  .action(async (options) => {
    process.exitCode = await (await import('./cli/ledger.ts')).verify(readConfig(process.env), options, print);
  });
ledger
  .command('close')
  .description(
    'Close the period of all ledgers: their balances are kept, and nothing more is entered before its end (结账)',
  )
  .option('--area <code>', 'the area, where there is more than one')
  .option('--community <id>', 'only the ledgers of this community (external id)')
  .option('--until <date>', 'end of the period, itself not in it, e.g. 2026-11-01; the last month end by default')
  .action(async (options) => (await import('./cli/ledger-filing.ts')).close(readConfig(process.env), options, print));
ledger
  .command('export')
  .description('Write a ledger as an office files it, with its accounts and transfers (台账归档)')
  .argument('<file>', 'the file to write: .xlsx, or .csv for one file a sheet')
  .requiredOption('--category <code>', 'code of the category')
  .option('--area <code>', 'the area, where there is more than one')
  .option('--community <id>', 'external id of the community; without it the book of the whole area')
  .option('--from <date>', 'first local date, or instant; from the beginning by default')
  .option('--to <date>', 'local date or instant at which it ends, itself not in it; now by default')
  .action(async (file, options) =>
    (await import('./cli/ledger-filing.ts')).exportLedger(readConfig(process.env), file, options, print),
  );

const settlement = program.command('settlement').description('Settlements with providers (结算单)');
settlement
  .command('export')
  .description('Write a settlement to a spreadsheet (.xlsx) or CSV file, by the name of the file')
  .argument('<id>', 'its id, as the API gives it')
  .argument('<file>', 'the file to write')
  .option('--area <code>', 'the area, where there is more than one')
  .action(async (id, file, options) =>
    (await import('./cli/settlement.ts')).exportSettlement(readConfig(process.env), id, file, options, print),
  );

program
  .command('audit')
  .description('The audit log (审计日志)')
  .command('verify')
  .description('Walk every chain of the audit log; exit status 1 when an entry is broken')
  .option('--area <code>', 'the area, where there is more than one')
  .action(async (options) => {
    process.exitCode = await (await import('./cli/audit.ts')).verify(readConfig(process.env), options, print);
  });

const keys = program.command('keys').description('The keys of personal information (个人信息密钥)');
keys
  .command('rotate')
  .description("Make a new key and wrap every resident's data key by it")
  .option('--resume', 'make no key: go on with a rotation that was interrupted')
  .action(async (options) => (await import('./cli/keys.ts')).rotate(readConfig(process.env), options, print));
keys
  .command('seal')
  .description('Seal personal information that is in the clear; serve and migrate do so too')
  .action(async () => (await import('./cli/keys.ts')).seal(readConfig(process.env), print));

const user = program.command('user').description('Users and their roles (用户与角色)');
user
  .command('add')
  .description('Register someone who may sign in, or name them anew')
  .argument('<subject>', 'by what tokens of the identity provider name them')
  .argument('<name>', 'what others call them')
  .option('--area <code>', 'the area, where there is more than one')
  .action(async (subject, name, options) =>
    (await import('./cli/user.ts')).add(readConfig(process.env), subject, name, options, print),
  );
for (const [name, description] of [
  ['grant', 'Grant a role to a user; it names exactly what it is held over'],
  ['revoke', 'Take a role away; it counts no more at once'],
] as const) {
  user
    .command(name)
    .description(description)
    .argument('<subject>', 'by what tokens of the identity provider name them')
    .addArgument(new Command().createArgument('<role>', 'the role').choices(Object.values(Role)))
    .option('--area <code>', 'the area, where there is more than one')
    .option('--community <id>', 'external id of the community, of GRID_WORKER and COMMUNITY_STAFF')
    .option('--provider <id>', 'external id of the provider, of PROVIDER_STAFF')
    .option('--resident <id>', 'external id of the resident, of RESIDENT')
    .action(async (subject, role, options) =>
      (await import('./cli/user.ts'))[name](readConfig(process.env), subject, role, options, print),
    );
}
user
  .command('list')
  .description('Print the users and their roles')
  .option('--area <code>', 'the area, where there is more than one')
  .action(async (options) => (await import('./cli/user.ts')).list(readConfig(process.env), options, print));

program
  .command('resident')
  .description('Residents (居民)')
  .command('export')
  .description('Write everything about a resident to a new JSON file; the audit log says so (导出个人信息)')
  .argument('<id>', 'external id of the resident')
  .argument('<file>', 'the file to write')
  .requiredOption('--purpose <words>', 'for what')
  .option('--area <code>', 'the area, where there is more than one')
  .action(async (id, file, options) =>
    (await import('./cli/resident.ts')).exportResident(readConfig(process.env), id, file, options, print),
  );

program
  .command('retention')
  .description('What is kept for a time (保存期限)')
  .command('run')
  .description('Remove what was kept for its time, as the daily job does')
  .option('--dry-run', 'only count what would be removed')
  .action(async (options) => (await import('./cli/retention.ts')).run(readConfig(process.env), options, print));

const erasures = program.command('erasures').description('Erasures of residents (删除个人信息)');
erasures
  .command('list')
  .description('Write the list of erasures, to be kept beside the backups; nothing in it is personal')
  .argument('<file>', 'the file to write')
  .action(async (file) => (await import('./cli/erasures.ts')).list(readConfig(process.env), file, print));
erasures
  .command('reapply')
  .description('Erase again whom the list names, after an older backup was restored; exit status 1 where one must wait')
  .argument('<file>', 'the list')
  .action(async (file) => {
    process.exitCode = await (await import('./cli/erasures.ts')).reapply(readConfig(process.env), file, print);
  });

program
  .command('token')
  .description('Print a development token for a role; no database is opened, so the audit log has no entry of it')
  .addArgument(new Command().createArgument('<role>', 'the role').choices(Object.values(Role)))
  .option('--area <code>', 'the area, where there is more than one')
  .option('--community <id>', 'external id of the community, for GRID_WORKER and COMMUNITY_STAFF')
  .option('--provider <id>', 'external id of the provider, for PROVIDER_STAFF')
  .option('--resident <id>', 'external id of the resident, for RESIDENT and CAREGIVER')
  .action(async (role, options) =>
    (await import('./cli/token.ts')).printToken(readConfig(process.env), { role, ...options }, print),
  );

program
  .command('query')
  .description('Send a GraphQL operation to the running server as a development user')
  .argument('<document>', 'the operation; - reads it from standard input')
  .addOption(new Option('--as <role>', 'the role; without it nobody is signed in').choices(Object.values(Role)))
  .option('--area <code>', 'the area, where there is more than one')
  .option('--community <id>', 'external id of the community, for GRID_WORKER and COMMUNITY_STAFF')
  .option('--provider <id>', 'external id of the provider, for PROVIDER_STAFF')
  .option('--resident <id>', 'external id of the resident, for RESIDENT and CAREGIVER')
  .option('--variables <json>', 'variables of the operation')
  .option('--pick <path>', 'print only the value at this path, e.g. needs.nodes.0.id')
  .action(async (document, options) =>
    (await import('./cli/query.ts')).query(readConfig(process.env), document, options, print),
  );

program
  .command('doctor')
  .description('Check the settings, the database and the ledgers, and say what is wrong')
  .action(async () => {
    process.exitCode = await (await import('./cli/doctor.ts')).doctor(process.env, print);
  });

try {
  await program.parseAsync();
} catch (error) {
  const isTold =
    error instanceof CommandFailure ||
    error instanceof ConfigError ||
    error instanceof DatabaseInUse ||
    error instanceof KeyOpenToOthers ||
    error instanceof KeyFileUnusable ||
    error instanceof ExpectedFailure;
  console.error(isTold ? error.message : error);
  process.exitCode = 1;
}

function collect(value: string, values: readonly string[]): string[] {
  return [...values, value];
}

function wholeNumber(text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw new InvalidArgumentError('must be a whole number');
  return Number(text);
}
