import { statfsSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { DiskFull, demandDiskSpace, LEAST_FREE_BYTES } from '../../src/database/disk-space.ts';

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return { ...fs, statfsSync: vi.fn() };
});

// The fault suite fills a real disk (test/faults/disk.ts).
it('a disk with too little room for a transaction is told in both languages, one with enough is not', () => {
  const free = (bytes: number) => ({ bavail: bytes / 4096, bsize: 4096 }) as ReturnType<typeof statfsSync>;
  vi.mocked(statfsSync).mockReturnValue(free(LEAST_FREE_BYTES - 4096));
  expect(() => demandDiskSpace('/data')).toThrow(DiskFull);
  expect(() => demandDiskSpace('/data')).toThrow('The disk is full: 63 MiB are left where /data is');
  vi.mocked(statfsSync).mockReturnValue(free(LEAST_FREE_BYTES));
  demandDiskSpace('/data');
});
