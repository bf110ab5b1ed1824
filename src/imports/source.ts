import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { UnreadableFile } from './unreadable-file.ts';

/** Where a list comes from. It is read more than once, from the beginning. */
export type ImportSource = {
  /** A name whose extension tells the format. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly open: () => AsyncIterable<Uint8Array>;
};

/** Bytes read at once. */
const CHUNK_BYTES = 256 * 1024;

/**
 * A file as a source.
 *
 * @throws UnreadableFile when there is none, or it cannot be read
 */
export async function fileSource(path: string): Promise<ImportSource> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new UnreadableFile('not_there', `没有文件${path}`, `There is no file ${path}`);
    throw new UnreadableFile('not_readable', `无法读取${path}：${error.code}`, `Cannot read ${path}: ${error.code}`);
  });
  if (!found.isFile()) throw new UnreadableFile('not_a_file', `${path}不是文件`, `${path} is not a file`);
  return {
    name: path,
    sizeBytes: found.size,
    open: () => createReadStream(path, { highWaterMark: CHUNK_BYTES }),
  };
}

/** Bytes in memory as a source. */
export function bytesSource(name: string, bytes: Uint8Array): ImportSource {
  return {
    name,
    sizeBytes: bytes.length,
    open: async function* () {
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
    },
  };
}
