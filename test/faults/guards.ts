import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type City, plantCity, plantScarceServices } from './city.ts';
import { type Client, emptyLog, NoAnswer, openClient } from './client.ts';
import { type Cluster, install } from './cluster.ts';
import { actAtRandom, type Town } from './people.ts';
import { type Random, randomFrom } from './random.ts';
import { PROJECT } from './system.ts';
import { findViolations, type Violation } from './violations.ts';

/** A guard of the product that is taken away, and the rule that must then be seen broken. */
type Mutation = {
  readonly name: string;
  readonly sql: readonly string[];
  /** Text of the source that is replaced, in a copy of it that the processes run. */
  readonly source: readonly { readonly file: string; readonly from: string; readonly to: string }[];
  readonly breaks: string;
};

/** The guards that are taken away, one after another. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'places are neither counted by a trigger nor checked',
    sql: [
      'ALTER TABLE service_capacities DROP CONSTRAINT service_capacities_never_oversold',
      'DROP TRIGGER orders_reserve_capacity ON orders',
      'DROP TRIGGER orders_move_capacity ON orders',
    ],
    source: [],
    breaks: 'no service is oversold at any moment',
  },
  {
    name: 'a need is not locked when it is dispatched, nor may it have one live order only',
    sql: ['DROP INDEX orders_one_live_per_need'],
    source: [
      { file: 'src/orders/dispatch-plan.store.ts', from: 'ORDER BY n.id FOR NO KEY UPDATE OF n', to: 'ORDER BY n.id' },
      { file: 'src/orders/choice.store.ts', from: '::uuid FOR NO KEY UPDATE', to: '::uuid' },
    ],
    breaks: 'a need has one live order at any moment',
  },
];

const LONGEST_MS = 40_000;
const CLIENTS = 8;
/** Where a guard is missing an operation may have no answer for good. */
const GIVE_UP_AFTER_MS = 5000;

/**
 * Tries the suite itself: with a guard taken away, nothing else failing, the same work and the same checks must find what
 * it guarded broken. @returns how many mutations were not caught
 */
export async function runGuards(cluster: Cluster, seed: string, print: (line: string) => void): Promise<number> {
  let uncaught = 0;
  for (const [index, mutation] of MUTATIONS.entries()) {
    const found = await workWithout(cluster, mutation, `${seed}/guard ${index}`, `guard_${index}`);
    const caught = found.filter(({ rule }) => rule === mutation.breaks);
    if (caught.length === 0) uncaught += 1;
    print(
      caught.length > 0
        ? `Guard taken away: ${mutation.name}. Caught: ${caught[0]!.rule}: ${caught[0]!.text}`
        : `Guard taken away: ${mutation.name}. NOT CAUGHT in ${LONGEST_MS / 1000} s of work`,
    );
  }
  return uncaught;
}

async function workWithout(
  cluster: Cluster,
  { sql, source, breaks }: Mutation,
  seed: string,
  databaseName: string,
): Promise<readonly Violation[]> {
  const random = randomFrom(seed);
  const project = source.length === 0 ? null : copyWith(source);
  let city!: City;
  const installation = await install(
    cluster,
    databaseName,
    async (database, query) => {
      city = await plantCity(database, cluster.issuer);
      await plantScarceServices(database, city, random);
      for (const statement of sql) await query(statement, []);
    },
    project ?? undefined,
  );
  const { apis, urls, inSnapshot } = installation;
  try {
    await Promise.all(apis.map((api) => api.ready()));
    const town = { city, needs: [] };
    const log = emptyLog();
    let isOver = false;
    const clients = Array.from({ length: CLIENTS }, (_, index) => {
      const own = random.branch(`client ${index}`);
      return workOn(town, openClient(urls, own, log, GIVE_UP_AFTER_MS), own, () => isOver);
    });
    let found: readonly Violation[] = [];
    for (const until = Date.now() + LONGEST_MS; Date.now() < until; ) {
      await wait(1000);
      found = await inSnapshot((query) => findViolations(query, city.areaId));
      if (found.some(({ rule }) => rule === breaks)) break;
    }
    isOver = true;
    await Promise.all(clients);
    return found;
  } finally {
    await installation.stop();
    if (project !== null) rmSync(project, { recursive: true, force: true });
  }
}

async function workOn(town: Town, client: Client, random: Random, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await actAtRandom(town, client, random, isOver, 'RUSH').catch((error) => {
      if (!(error instanceof NoAnswer)) throw error;
    });
  }
}

/** A copy of the code with some of it replaced. */
function copyWith(changes: Mutation['source']): string {
  const copy = mkdtempSync(join(tmpdir(), 'liangdan-mutated-'));
  for (const part of ['src', 'prisma', 'package.json'])
    cpSync(join(PROJECT, part), join(copy, part), { recursive: true });
  symlinkSync(join(PROJECT, 'node_modules'), join(copy, 'node_modules'));
  for (const { file, from, to } of changes) {
    const text = readFileSync(join(copy, file), 'utf8');
    if (!text.includes(from)) throw new Error(`${file} has no "${from}" any more: mutate what stands there now`);
    writeFileSync(join(copy, file), text.replaceAll(from, to));
  }
  return copy;
}
