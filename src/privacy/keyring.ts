import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

/** A data key as it is stored: which key of the ring wraps it, and the wrapped bytes. */
export type WrappedKey = { readonly keyId: string; readonly wrapped: string };

/**
 * The keys that personal information is sealed under (密钥环). Data keys, one for each resident, are wrapped by the newest key of
 * the ring; older ones stay until nothing is wrapped by them any more.
 */
export type Keyring = {
  /** The key that wraps from now on. */
  readonly currentKeyId: string;
  /** @param owner id of whom the data key is of; it opens for no one else */
  readonly wrap: (owner: string, dataKey: Buffer) => WrappedKey;
  /** @throws KeyMissing where the ring has no such key; SealBroken where it was altered or is of another */
  readonly unwrap: (owner: string, key: WrappedKey) => Buffer;
  /** A keyed hash by which equal values of a field are found without reading them (盲索引), hexadecimal. */
  readonly blindIndex: (scope: string, value: string) => string;
};

/** The keys themselves, base64 of 32 bytes each. */
export type KeyMaterial = {
  readonly current: string;
  readonly keys: Readonly<Record<string, string>>;
  /** Of the blind indexes; it is not rotated with the others. */
  readonly indexKey: string;
};

/** What was sealed is under a key that the ring does not have. */
export class KeyMissing extends Error {
  override readonly name = 'KeyMissing';
}

/** What was sealed does not open: it was altered, or belongs to another resident or field. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

/** New keys: a first one, or one after those of a ring that is rotated. */
export function newKeyMaterial(before?: KeyMaterial): KeyMaterial {
  const current = `key-${Object.keys(before?.keys ?? {}).length + 1}-${randomBytes(3).toString('hex')}`;
  return {
    current,
    keys: { ...before?.keys, [current]: randomBytes(32).toString('base64') },
    indexKey: before?.indexKey ?? randomBytes(32).toString('base64'),
  };
}

/**
 * The ring of these keys.
 *
 * @param readAgain gives the keys as they are now, when one is met that the ring lacks: another process may have rotated them
 */
export function keyringOf(
  { current, keys, indexKey }: KeyMaterial,
  readAgain: () => KeyMaterial | null = () => null,
): Keyring {
  const secrets = new Map<string, Buffer>();
  const learn = (added: KeyMaterial['keys']): void => {
    for (const [id, secret] of Object.entries(added)) secrets.set(id, Buffer.from(secret, 'base64'));
  };
  learn(keys);
  const indexSecret = Buffer.from(indexKey, 'base64');
  const secretOf = (keyId: string): Buffer => {
    if (!secrets.has(keyId)) learn(readAgain()?.keys ?? {});
    const secret = secrets.get(keyId);
    if (secret === undefined) {
      throw new KeyMissing(`The key file has no key ${keyId}, under which personal information is sealed`);
    }
    return secret;
  };
  return {
    currentKeyId: current,
    wrap: (owner, dataKey) => ({
      keyId: current,
      wrapped: sealBytes(secretOf(current), `${owner}\ndata key\n${current}`, dataKey),
    }),
    unwrap: (owner, { keyId, wrapped }) => openBytes(secretOf(keyId), `${owner}\ndata key\n${keyId}`, wrapped),
    blindIndex: (scope, value) => createHmac('sha256', indexSecret).update(`${scope}\n${value}`).digest('hex'),
  };
}

/** A new data key. */
export function newDataKey(): Buffer {
  return randomBytes(32);
}

/**
 * Seals a text with AES-256-GCM (NIST SP 800-38D): base64url of 12 random bytes, the ciphertext and the tag of 16 bytes.
 *
 * @param context what the text is of and in which field; it opens under the same context only
 */
export function sealText(dataKey: Buffer, context: string, text: string): string {
  return sealBytes(dataKey, context, Buffer.from(text, 'utf8'));
}

/** @throws SealBroken */
export function openText(dataKey: Buffer, context: string, sealed: string): string {
  return openBytes(dataKey, context, sealed).toString('utf8');
}

function sealBytes(key: Buffer, context: string, bytes: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context, 'utf8'));
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

function openBytes(key: Buffer, context: string, sealed: string): Buffer {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new SealBroken('What is sealed is too short');
  const end = bytes.length - TAG_BYTES;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(context, 'utf8'))
      .setAuthTag(bytes.subarray(end));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, end)), decipher.final()]);
  } catch {
    throw new SealBroken('What is sealed was altered, or belongs to another resident or field');
  }
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
