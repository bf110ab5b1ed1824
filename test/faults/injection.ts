import { setTimeout as wait } from 'node:timers/promises';
import { type Cluster, type Installation, STATEMENT_TIMEOUT_MS, withClient } from './cluster.ts';
import type { Random } from './random.ts';

type Injection = (cluster: Cluster, installation: Installation, random: Random) => Promise<unknown>;

/** Everything that fails, and how; each resolves when what it broke is whole again, or will be by itself. */
export const FAULTS: Readonly<Record<string, Injection>> = {
  'kill -9 an API process': async (_, { apis }, random) => random.pick(apis).kill(),
  'kill -9 the worker': async (_, { worker }) => worker.kill(),
  'kill -9 PostgreSQL': (cluster) => cluster.killServer(),
  'cut connections': async (_, { proxy }, random) => proxy.cut(random.pick([0.3, 1]), random.isTrue),
  'slow database': async (_, { proxy }, random) => {
    proxy.delay(random.whole(20, 120));
    await wait(random.whole(1500, 3000));
    proxy.delay(0);
  },
  'statements time out': (_, { directUrl }, random) =>
    holdTable(directUrl, random.pick(['needs', 'orders', 'service_capacities', 'ledgers', 'idempotency_keys'])),
  'end sessions of the server': (_, { directUrl }, random) => endSessions(directUrl, random.whole(1, 6)),
};

/** Keeps everybody out of a table for longer than a statement may take. */
async function holdTable(url: string, table: string): Promise<void> {
  // PostgreSQL may be away just now; then there is nothing to time out.
  await withClient(url, async (client) => {
    await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    await wait(STATEMENT_TIMEOUT_MS * 1.1);
    await client.query('ROLLBACK');
  }).catch(() => {});
}

async function endSessions(url: string, count: number): Promise<void> {
  await withClient(url, (client) =>
    client.query(
      `SELECT pg_terminate_backend(pid) FROM (
        SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
        ORDER BY state = 'idle', random() LIMIT $1) AS chosen`,
      [count],
    ),
  ).catch(() => {});
}

/** Faults at random instants of a round; their kinds come from a shuffled deck, so that none is left out for long. */
export async function injectFaults(
  cluster: Cluster,
  installation: Installation,
  random: Random,
  deck: string[],
  { count, durationMs }: { readonly count: number; readonly durationMs: number },
  tell: (kind: string) => void,
): Promise<void> {
  const startedAt = Date.now();
  const instants = Array.from({ length: count }, () => random.whole(200, durationMs)).sort((a, b) => a - b);
  const broken: Promise<unknown>[] = [];
  for (const instant of instants) {
    await wait(Math.max(0, startedAt + instant - Date.now()));
    if (deck.length === 0) deck.push(...random.shuffle(Object.keys(FAULTS)));
    const kind = deck.pop()!;
    tell(kind);
    const done = FAULTS[kind]!(cluster, installation, random.branch(`${kind} at ${instant}`));
    // Nothing else of the server can be broken while it is away.
    if (kind === 'kill -9 PostgreSQL') await done;
    broken.push(done);
  }
  await Promise.all(broken);
}
