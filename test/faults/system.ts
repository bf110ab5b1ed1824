import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

export const PROJECT = join(import.meta.dirname, '../..');

/** How one of our processes is started. */
export type ProcessPlan = {
  readonly name: string;
  /** Arguments of `liangdan`. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Where the project is; the checkout itself unless a changed copy of it is tried. */
  readonly project?: string;
  /** The line, or the beginning of it, that says that it works. */
  readonly readyLine: string;
};

/** A process of ours that is started again whenever it ends, as an operator's supervisor does. */
export type Supervised = {
  readonly name: string;
  /** Ends it at once, in the middle of whatever it does. */
  readonly kill: () => void;
  /** Resolves when it works. */
  readonly ready: () => Promise<void>;
  /** Ends it for good, as Ctrl-C does, or at once when that takes too long. */
  readonly stop: () => Promise<void>;
};

/** What the processes said of themselves. */
export type Incidents = {
  /** Processes that worked and ended without being killed, with their last words. */
  readonly endedByThemselves: string[];
  /** Log lines of errors, as they came. */
  readonly errors: { readonly process: string; readonly line: string }[];
};

const RESTART_AFTER_MS = 300;
const READY_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 20_000;

/** Starts a process and keeps it running. */
export function supervise(plan: ProcessPlan, incidents: Incidents): Supervised {
  const { name, command, environment, readyLine, project = PROJECT } = plan;
  let child: ChildProcess;
  let isReady = false;
  let isToStop = false;
  let wasKilled = false;
  const start = () => {
    isReady = false;
    wasKilled = false;
    const started = spawn(process.execPath, [join(project, 'src/main.ts'), ...command], {
      env: { ...process.env, NODE_OPTIONS: '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    const lastWords: string[] = [];
    createInterface({ input: started.stdout! }).on('line', (line) => {
      if (line.startsWith(readyLine)) isReady = true;
    });
    createInterface({ input: started.stderr! }).on('line', (line) => {
      lastWords.push(line);
      if (lastWords.length > 20) lastWords.shift();
      if (line.startsWith('{')) incidents.errors.push({ process: name, line });
    });
    started.once('close', async (code, signal) => {
      // A process that cannot start while its database is away is no incident; its supervisor tries again.
      if (isReady && !isToStop && !wasKilled) {
        incidents.endedByThemselves.push(`${name} ended (${code ?? signal}): ${lastWords.join('\n')}`);
      }
      if (isToStop) return;
      await wait(RESTART_AFTER_MS);
      if (!isToStop) start();
    });
  };
  start();
  return {
    name,
    kill: () => {
      wasKilled = true;
      isReady = false;
      child.kill('SIGKILL');
    },
    ready: async () => {
      for (const until = Date.now() + READY_TIMEOUT_MS; !isReady; await wait(50)) {
        if (Date.now() > until) throw new Error(`${name} does not start`);
      }
    },
    stop: async () => {
      isToStop = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill('SIGTERM');
      await Promise.race([ended, wait(STOP_TIMEOUT_MS, undefined, { ref: false })]);
      child.kill('SIGKILL');
    },
  };
}

/** Runs one command of `liangdan` to its end. */
export async function runCommand(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly printed: string }> {
  const child = spawn(process.execPath, [join(PROJECT, 'src/main.ts'), ...command], {
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk));
  const status = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)));
  return { status, printed };
}
