import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { KeyOpenToOthers } from '../identity/tokens.ts';
import { type KeyMaterial, newKeyMaterial } from './keyring.ts';

const secret = z.base64().refine((text) => Buffer.from(text, 'base64').length === 32);
const material = z
  .strictObject({ current: z.string().min(1), keys: z.record(z.string(), secret), indexKey: secret })
  .refine(({ current, keys }) => current in keys);

/** The key file cannot be used: it is not there although it is needed, or is no key file. */
export class KeyFileUnusable extends Error {
  override readonly name = 'KeyFileUnusable';
}

/**
 * The keys of the key file; `null` where there is no file.
 *
 * @throws KeyOpenToOthers, KeyFileUnusable
 */
export function readKeyFile(file: string): KeyMaterial | null {
  if (!existsSync(file)) return null;
  const mode = statSync(file).mode & 0o777;
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new KeyOpenToOthers(
      `${file} can be read by others (mode ${mode.toString(8)}, must be 600). Make it the owner's alone (chmod 600) and rotate the keys (liangdan keys rotate).`,
    );
  }
  try {
    return material.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new KeyFileUnusable(`${file} is not a file of keys. Put back the copy that you keep of it.`);
  }
}

/** Writes the key file with mode 600, whole or not at all. */
export function writeKeyFile(file: string, keys: KeyMaterial): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.${process.pid}`;
  writeFileSync(beside, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(beside, file);
}

/**
 * The keys of the key file, which is made where there is none and nothing was sealed yet.
 *
 * @param hasSealed whether the database holds something sealed
 * @throws KeyOpenToOthers, KeyFileUnusable
 */
export function readOrMakeKeyFile(file: string, hasSealed: boolean): KeyMaterial {
  const standing = readKeyFile(file);
  if (standing !== null) return standing;
  if (hasSealed) {
    throw new KeyFileUnusable(
      `The key file ${file} is missing, and the database holds personal information that is sealed under its keys. ` +
        'Put back the copy that you keep of it, or name its place in LIANGDAN_KEYS.',
    );
  }
  const made = newKeyMaterial();
  writeKeyFile(file, made);
  return made;
}
