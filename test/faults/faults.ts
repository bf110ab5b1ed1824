/**
 * The fault suite: clients do everything at random while processes are killed, connections break, statements time out and
 * a disk is full; after each round the database is held to what the clients were told and to everything that must never
 * break. See README.md beside this file.
 */
import { parseArgs } from 'node:util';
import { startCluster } from './cluster.ts';
import { runFullDisk } from './disk.ts';
import { runGuards } from './guards.ts';
import { type Options, runRounds } from './rounds.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: process.env.FAULTS_SEED ?? String(Math.floor(Math.random() * 1e9)) },
    rounds: { type: 'string', default: process.env.FAULTS_ROUNDS ?? '3' },
    seconds: { type: 'string', default: '8' },
    clients: { type: 'string', default: '8' },
    faults: { type: 'string', default: '4' },
    only: { type: 'string', default: 'rounds,guards,disk' },
  },
});
const options: Options = {
  seed: values.seed,
  rounds: Number(values.rounds),
  roundMs: Number(values.seconds) * 1000,
  clients: Number(values.clients),
  faultsPerRound: Number(values.faults),
};
const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const startedAt = Date.now();
print(`Seed ${options.seed} (repeat with: npm run test:faults -- --seed ${options.seed})`);
let failures = 0;
const parts = values.only.split(',');
if (parts.includes('rounds') || parts.includes('guards')) {
  const cluster = await startCluster();
  try {
    if (parts.includes('rounds')) failures += await runRounds(cluster, options, print);
    if (parts.includes('guards')) failures += await runGuards(cluster, options.seed, print);
  } finally {
    await cluster.close();
  }
}
if (parts.includes('disk')) failures += await runFullDisk(options.seed, print);
print(`${failures === 0 ? 'Passed' : `FAILED: ${failures}`} in ${Math.round((Date.now() - startedAt) / 1000)} s`);
process.exitCode = failures === 0 ? 0 : 1;
