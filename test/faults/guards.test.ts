import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MUTATIONS } from './guards.ts';
import { PROJECT } from './system.ts';

it.each(MUTATIONS.flatMap(({ source }) => source))('the guard that is taken away stands in $file', ({ file, from }) => {
  expect(readFileSync(join(PROJECT, file), 'utf8')).toContain(from);
});
