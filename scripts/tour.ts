/**
 * Walks the README's tour against a server of its own, started with `npm start` in an empty data folder: every `sh` block
 * between the tour's marks is run in one shell, and what it prints must be made like the `json` block behind it. `--write`
 * puts the real output into the README instead.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

const root = join(import.meta.dirname, '..');
const readme = join(root, 'README.md');
const DOCUMENTED_PORT = '4000';
const START_TIMEOUT_MS = 300_000;
const BLOCK = /```sh\n(?<commands>[\s\S]*?)```\n(?:\n```json\n(?<output>[\s\S]*?)```\n)?/g;

type Server = { readonly npm: ChildProcessByStdio<null, Readable, null>; printed: string };
type Shell = { readonly run: (commands: string) => Promise<string>; readonly end: () => void };

const text = readFileSync(readme, 'utf8');
const tour = /<!-- tour -->(?<steps>[\s\S]*)<!-- end of the tour -->/.exec(text)?.groups?.steps;
if (!tour) throw new Error('README.md has no tour between its marks.');

const folder = mkdtempSync(join(tmpdir(), 'liangdan-tour-'));
const port = String(await freePort());
const env = { ...process.env, LIANGDAN_DATA: join(folder, 'data'), PORT: port, DATABASE_URL: '' };
const server = await startServer();
const shell = openShell();
let steps = 0;
let failures = 0;
let written = tour;
try {
  for (const { groups } of tour.matchAll(BLOCK)) {
    const { commands = '', output } = groups ?? {};
    steps += 1;
    const got = (await shell.run(commands.replaceAll(`localhost:${DOCUMENTED_PORT}`, `localhost:${port}`))).replaceAll(
      `localhost:${port}`,
      `localhost:${DOCUMENTED_PORT}`,
    );
    if (output === undefined) continue;
    if (process.argv.includes('--write')) written = written.replace(output, () => got);
    else if (!isAlike(got, output)) {
      failures += 1;
      console.error(
        `Step ${steps} printed something else than the README says.\n${commands}\nREADME:\n${output}\nNow:\n${got}`,
      );
    }
  }
} finally {
  shell.end();
  await stopServer(server);
  rmSync(folder, { recursive: true, force: true });
}
if (process.argv.includes('--write'))
  writeFileSync(
    readme,
    text.replace(tour, () => written),
  );
console.log(`${steps} steps of the tour, ${failures} failed`);
process.exit(failures > 0 ? 1 : 0);

/**
 * Whether two outputs are made alike: the same fields, and things in the same states with the same codes. Other values
 * differ from day to day, and a list may be empty.
 */
function isAlike(got: string, documented: string): boolean {
  return isAlikeValue(documentsOf(got), documentsOf(documented), '');
}

function documentsOf(output: string): unknown[] {
  const documents = output.split(/(?<=^\}\n)/m).filter((document) => document.trim() !== '');
  return documents.map((document) => JSON.parse(document));
}

function isAlikeValue(got: unknown, documented: unknown, name: string): boolean {
  if (Array.isArray(got) && Array.isArray(documented)) {
    return got.every((value, index) => isAlikeValue(value, documented[index] ?? documented[0] ?? value, name));
  }
  if (typeof got === 'object' && got !== null && typeof documented === 'object' && documented !== null) {
    const [one, other] = [got as Record<string, unknown>, documented as Record<string, unknown>];
    const fields = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...fields].every(
      (field) => field in one && field in other && isAlikeValue(one[field], other[field], field),
    );
  }
  return name !== 'state' && name !== 'code' ? true : got === documented;
}

async function startServer(): Promise<Server> {
  const npm = spawn('npm', ['start'], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const server: Server = { npm, printed: '' };
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`npm start printed no address:\n${server.printed}`)),
      START_TIMEOUT_MS,
    );
    npm.stdout.on('data', (chunk: Buffer) => {
      server.printed += chunk.toString('utf8');
      if (!server.printed.includes('Listening on')) return;
      clearTimeout(timer);
      resolve();
    });
    npm.once('exit', (code) => reject(new Error(`npm start ended with ${code}:\n${server.printed}`)));
  });
  console.log(server.printed);
  return server;
}

/** Ctrl-C reaches every process of the terminal; so does this. */
async function stopServer({ npm }: Server): Promise<void> {
  let last = '';
  npm.stdout.on('data', (chunk: Buffer) => {
    last += chunk.toString('utf8');
  });
  const closed = new Promise((resolve) => npm.once('close', resolve));
  process.kill(-npm.pid!, 'SIGINT');
  await closed;
  if (!last.includes('Stopped.')) throw new Error(`npm start did not end cleanly after Ctrl-C:\n${last}`);
}

function openShell(): Shell {
  const bash = spawn('bash', ['-s'], { cwd: root, env, stdio: ['pipe', 'pipe', 'inherit'] });
  let printed = '';
  let settle: (() => void) | undefined;
  bash.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString('utf8');
    settle?.();
  });
  return {
    run: (commands) =>
      new Promise((resolve, reject) => {
        const mark = `end-of-step-${steps}`;
        printed = '';
        settle = () => {
          const end = new RegExp(`${mark}:(\\d+)\\n$`).exec(printed);
          if (!end) return;
          if (end[1] === '0') resolve(printed.slice(0, end.index));
          else reject(new Error(`A command of the tour failed with ${end[1]}:\n${commands}\n${printed}`));
        };
        bash.stdin.write(`{ set -e; ${commands}\n}; set +e; printf '${mark}:%s\\n' "$?"\n`);
        bash.once('exit', (code) =>
          reject(new Error(`A command of the tour failed and ended the shell with ${code}:\n${commands}\n${printed}`)),
        );
      }),
    end: () => bash.stdin.end(),
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
