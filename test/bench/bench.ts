/**
 * `npm run bench` measures everything, `npm run bench -- matching` the core alone, `npm run bench -- FILE…` assignment problems
 * in the text format of the OR-Library. Each line compares with a named peer or limit that is measured in the same run; a
 * peer that cannot be had on this machine is said to be missing. Every suite runs in a process of its own, so that its
 * peak of memory is its own.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const SUITES: Readonly<Record<string, string>> = {
  text: 'matching/text.bench.ts',
  candidates: 'matching/candidates.bench.ts',
  assignment: 'matching/assignment.bench.ts',
  choice: 'matching/choice.bench.ts',
  equitable: 'matching/equitable.bench.ts',
  ledgers: 'ledgers/ledgers.bench.ts',
  orders: 'orders/orders.bench.ts',
};
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  matching: ['text', 'candidates', 'assignment', 'choice', 'equitable'],
};

const asked = process.argv.slice(2);
const problems = asked.filter((name) => !(name in SUITES || name in GROUPS) && existsSync(name));
const suites = asked.filter((name) => !problems.includes(name)).flatMap((name) => GROUPS[name] ?? [name]);
const names = asked.length === 0 ? Object.keys(SUITES) : problems.length === 0 ? suites : [...suites, 'assignment'];
const known = [...Object.keys(GROUPS), ...Object.keys(SUITES)].join(', ');
for (const name of names) {
  const file = SUITES[name];
  if (!file) {
    console.error(`There is no benchmark and no file ${name}; there are ${known}.`);
    process.exit(2);
  }
  console.log(`\n== ${name}`);
  const given = name === 'assignment' ? problems : [];
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, file), ...given], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
