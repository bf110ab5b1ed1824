/**
 * `npm run bench` measures everything, `npm run bench -- matching` the core alone. Each line compares with a named peer or
 * limit that is measured in the same run; a peer that cannot be had on this machine is said to be missing.
 */
import { benchAssignment, formatAssignmentRow } from './matching/assignment.bench.ts';
import { benchCandidates } from './matching/candidates.bench.ts';
import { benchText } from './matching/text.bench.ts';

const SUITES: Readonly<Record<string, () => unknown>> = {
  text: () => benchText(console.log),
  candidates: () => benchCandidates(console.log),
  assignment: () => benchAssignment((row) => console.log(formatAssignmentRow(row))),
};
const GROUPS: Readonly<Record<string, readonly string[]>> = { matching: ['text', 'candidates', 'assignment'] };

const asked = process.argv.slice(2);
const names = asked.length === 0 ? Object.keys(SUITES) : asked.flatMap((name) => GROUPS[name] ?? [name]);
const unknown = names.filter((name) => !(name in SUITES));
if (unknown.length > 0) {
  console.error(
    `There is no benchmark ${unknown.join(', ')}; there are ${[...Object.keys(GROUPS), ...Object.keys(SUITES)].join(', ')}.`,
  );
  process.exit(2);
}
for (const name of names) {
  console.log(`\n== ${name}`);
  await SUITES[name]!();
}
