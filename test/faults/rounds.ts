import { setTimeout as wait } from 'node:timers/promises';
import { openDatabase } from '../../src/database/database.ts';
import { type City, plantCity, plantScarceServices } from './city.ts';
import { emptyLog, NoAnswer, openClient } from './client.ts';
import { type Cluster, type Installation, install } from './cluster.ts';
import { injectFaults } from './injection.ts';
import { actAtRandom, type Town } from './people.ts';
import { randomFrom } from './random.ts';
import { type Incidents, runCommand } from './system.ts';
import { findLogViolations, findViolations, LATE_TIMERS, type Violation } from './violations.ts';

export type Options = {
  readonly seed: string;
  readonly rounds: number;
  readonly roundMs: number;
  readonly clients: number;
  readonly faultsPerRound: number;
};

/** How long a timer may take after everything is up again: graphile-worker comes back to a lost job within a minute. */
const TIMERS_WITHIN_MS = 120_000;

/** Rounds of random work under faults, each followed by all checks. @returns how many violations there were */
export async function runRounds(cluster: Cluster, options: Options, print: (line: string) => void): Promise<number> {
  const random = randomFrom(options.seed);
  const log = emptyLog();
  const faults = new Map<string, number>();
  const violations: Violation[] = [];
  let city!: City;
  const installation = await install(cluster, 'rounds', async (database) => {
    city = await plantCity(database, cluster.issuer);
  });
  const { urls, apis, worker, proxy, directUrl, environment, incidents, inSnapshot } = installation;
  const allUp = () => Promise.all([...apis, worker].map((one) => one.ready()));
  const town: Town = { city, needs: [] };
  const deck: string[] = [];
  try {
    await allUp();
    print(`${apis.length} API processes, 1 worker, 1 PostgreSQL behind a proxy, ${options.clients} clients`);
    for (let round = 1; round <= options.rounds; round += 1) {
      const startedAt = Date.now();
      const before = { answers: log.answers.length, retried: log.retried, violations: violations.length };
      const database = await openDatabase({ url: directUrl });
      await plantScarceServices(database, city, random.branch(`services ${round}`));
      await database.close();

      const told: string[] = [];
      const until = Date.now() + options.roundMs;
      const injected = injectFaults(
        cluster,
        installation,
        random.branch(`faults ${round}`),
        deck,
        { count: options.faultsPerRound, durationMs: options.roundMs * 0.9 },
        (kind) => {
          told.push(kind);
          faults.set(kind, (faults.get(kind) ?? 0) + 1);
        },
      );
      const clients = Array.from({ length: options.clients }, (_, index) => {
        const own = random.branch(`client ${index} of round ${round}`);
        return actAtRandom(town, openClient(urls, own, log), own, () => Date.now() >= until).catch((error) => {
          if (!(error instanceof NoAnswer)) throw error;
          violations.push({ rule: 'every operation is answered in the end', text: error.message });
        });
      });
      await injected;
      proxy.delay(0);
      await allUp();
      await Promise.all(clients);

      const isLast = round === options.rounds;
      if (isLast) violations.push(...(await waitForTimers(installation, city)));
      violations.push(
        ...(await inSnapshot(async (query) => [
          ...(await findViolations(query, city.areaId)),
          ...(await findLogViolations(query, city.areaId, log.answers)),
        ])),
        ...incidents.endedByThemselves.splice(0).map((text) => ({ rule: 'no process ends by itself', text })),
        ...unforeseenErrors(incidents),
      );
      const verified = await runCommand(['ledger', 'verify'], environment);
      if (verified.status !== 0)
        violations.push({ rule: '`liangdan ledger verify` finds nothing', text: verified.printed });

      const answers = log.answers.slice(before.answers);
      const acknowledged = answers.filter(({ id }) => id !== null).length;
      print(
        `Round ${round}, ${Math.round((Date.now() - startedAt) / 1000)} s: ${acknowledged} acknowledged, ${answers.length - acknowledged} refused, ${log.retried - before.retried} sent again, ` +
          `${violations.length - before.violations} violations; ${told.join(', ')}; ${verified.printed.trim().split('\n').at(-1)}`,
      );
      for (const { rule, text } of violations.slice(before.violations, before.violations + 20))
        print(`  VIOLATION ${rule}: ${text}`);
    }
  } finally {
    await installation.stop();
  }
  const list = (counts: ReadonlyMap<string, number>) =>
    [...counts].map(([what, times]) => `${times} × ${what}`).join(', ');
  print(`Faults: ${list(faults)}`);
  print(
    `Operations: ${list(countBy(log.answers.map(({ name, code }) => (code === null ? name : `${name} ${code}`))))}`,
  );
  print(`Met by clients: ${list(log.troubles) || 'nothing'}`);
  print(
    `${options.rounds} rounds, ${[...faults.values()].reduce((a, b) => a + b, 0)} faults, ${log.answers.length} operations, ${violations.length} violations`,
  );
  return violations.length;
}

/** Waits until every timer that is due has fired. */
async function waitForTimers({ inSnapshot }: Installation, { areaId }: City): Promise<readonly Violation[]> {
  const until = Date.now() + TIMERS_WITHIN_MS;
  const now = new Date();
  for (;;) {
    const late = await inSnapshot((query) => query(LATE_TIMERS, [areaId, now]));
    if (late.length === 0) return [];
    if (Date.now() > until) return late.map(({ text }) => ({ rule: 'every timer fires', text: String(text) }));
    await wait(500);
  }
}

/** What the database says of itself when it goes away, is away, or has no time left. */
const FORESEEN =
  /ECONNREFUSED|ECONNRESET|EPIPE|Connection terminated|Connection ended|connection error|starting up|shutting down|recovery mode|57P0[123]|57014|08P01|terminating connection|statement timeout|P1001|P1017|P2024|P2028|Server has closed the connection|Unable to start a transaction|not yet accepting connections|crash of another server process/;

function unforeseenErrors(incidents: Incidents): readonly Violation[] {
  const lines = incidents.errors.splice(0);
  return lines
    .filter(({ line }) => !FORESEEN.test(line))
    .map(({ process, line }) => ({
      rule: 'no error but those of a database that is away',
      text: `${process}: ${line.slice(0, 1500)}`,
    }));
}

function countBy(words: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...Map.groupBy(words.toSorted(), (word) => word)].map(([word, all]) => [word, all.length]));
}
