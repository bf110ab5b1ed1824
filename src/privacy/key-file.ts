import { randomBytes } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
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
  renameSync(writeBeside(file, keys), file);
}

/** Writes a first key file, unless another process was quicker, whose keys are then the keys. */
function writeFirstKeyFile(file: string, keys: KeyMaterial): void {
  const beside = writeBeside(file, keys);
  try {
    linkSync(beside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(beside);
  }
}

function writeBeside(file: string, keys: KeyMaterial): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  writeFileSync(beside, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600, flush: true });
  return beside;
}

/**
 * The keys of the key file, which is made where there is none and nothing was sealed yet.
 *
 * @param used ids of the keys that something in the database is sealed under
 * @throws KeyOpenToOthers, KeyFileUnusable
 */
export function readOrMakeKeyFile(file: string, used: readonly string[]): KeyMaterial {
  const remedy = 'Put back the copy that you keep of it, or name its place in LIANGDAN_KEYS.';
  const standing = readKeyFile(file);
  if (standing !== null) {
    const lacking = used.filter((id) => !(id in standing.keys));
    if (lacking.length === 0) return standing;
    throw new KeyFileUnusable(
      `The key file ${file} lacks ${lacking.join(', ')}, under which personal information in the database is sealed. ${remedy}`,
    );
  }
  if (used.length > 0) {
    throw new KeyFileUnusable(
      `The key file ${file} is missing, and the database holds personal information that is sealed under its keys. ${remedy}`,
    );
  }
  writeFirstKeyFile(file, newKeyMaterial());
  return readKeyFile(file)!;
}
