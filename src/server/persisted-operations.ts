import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { usePersistedOperations } from '@graphql-yoga/plugin-persisted-operations';
import type { Plugin } from 'graphql-yoga';
import { z } from 'zod';
import { ConfigError } from '../config.ts';

const fileContents = z.record(z.string().regex(/^[0-9a-f]{64}$/), z.string().min(1).max(100_000));

/**
 * Reads a file of persisted operations, `{ "SHA-256 in hex": "document" }`.
 *
 * @throws ConfigError where it cannot be read, or a document has another SHA-256 than it is filed under
 */
export function readPersistedOperations(file: string): ReadonlyMap<string, string> {
  let contents: Record<string, string>;
  try {
    contents = fileContents.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new ConfigError([`LIANGDAN_OPERATIONS (${file}) cannot be used: ${(error as Error).message}`]);
  }
  const wrong = Object.entries(contents).filter(
    ([hash, document]) => createHash('sha256').update(document).digest('hex') !== hash,
  );
  if (wrong.length === 0) return new Map(Object.entries(contents));
  throw new ConfigError(wrong.map(([hash]) => `LIANGDAN_OPERATIONS (${file}) has another document under ${hash}`));
}

/** Runs operations by their SHA-256 (`extensions.persistedQuery.sha256Hash`); others too, or only these. */
export function runPersistedOperations(operations: ReadonlyMap<string, string>, allowsOthers: boolean): Plugin {
  return usePersistedOperations({
    allowArbitraryOperations: allowsOthers,
    getPersistedOperation: (hash) => operations.get(hash) ?? null,
  });
}
