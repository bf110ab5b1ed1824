import { statfsSync } from 'node:fs';
import { ExpectedFailure } from '../failures.ts';

/** The disk of the embedded database is nearly full: nothing is written, all can be read (磁盘空间不足). */
export class DiskFull extends ExpectedFailure {
  readonly code = 'DISK_FULL';

  constructor(folder: string, freeBytes: number) {
    const free = Math.floor(freeBytes / MEBIBYTE);
    const least = LEAST_FREE_BYTES / MEBIBYTE;
    super({
      zh: `数据盘空间不足：${folder}所在磁盘仅剩${free}MiB，至少须${least}MiB。未写入任何内容；腾出空间后请重试`,
      en: `The disk is full: ${free} MiB are left where ${folder} is, and ${least} MiB are the least. Nothing was written; make room and try again`,
    });
  }
}

const MEBIBYTE = 2 ** 20;
/**
 * What must be free before a transaction begins: PostgreSQL stops for good, in the middle of a commit, when it finds no
 * room for the next segments of its log, of 16 MiB each.
 */
export const LEAST_FREE_BYTES = 64 * MEBIBYTE;

/** @throws DiskFull when the disk that holds the folder has too little room for a transaction */
export function demandDiskSpace(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < LEAST_FREE_BYTES) throw new DiskFull(folder, bavail * bsize);
}
