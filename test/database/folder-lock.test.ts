import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { DatabaseInUse, lockFolder } from '../../src/database/folder-lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'liangdan-lock-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('lets one process at a time open the embedded database, and says which one has it', () => {
  const unlock = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(DatabaseInUse);
  expect(() => lockFolder(folder)).toThrow(String(process.pid));
  unlock();
  lockFolder(folder)();
});

it('takes over what a killed process left behind', () => {
  writeFileSync(join(folder, 'process.lock'), '2147483646');
  const unlock = lockFolder(folder);
  expect(readFileSync(join(folder, 'process.lock'), 'utf8')).toBe(String(process.pid));
  unlock();
});
