import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ExpectedFailure } from '../failures.ts';
import type { Viewer } from '../identity/viewer.ts';
import { rule } from '../input.ts';

/** A change that a client asks for under a key of its own (幂等键). */
export type Claim = {
  readonly areaId: string;
  /** Keys of another user are other keys. */
  readonly userId: string;
  readonly key: string;
  /** Name of the mutation. */
  readonly operation: string;
  /** SHA-256 over the canonical JSON of operation and input, hexadecimal. */
  readonly bodyHash: string;
  readonly at: Date;
};

/** A key: 1 to 200 visible ASCII characters, a UUID for example. */
export const idempotencyKey = z
  .string()
  .refine(
    (key) => /^[\x21-\x7e]{1,200}$/.test(key),
    rule('idempotency_key', '须为1至200个可见的ASCII字符', 'must be 1 to 200 visible ASCII characters'),
  );

/** The key was used for another change. */
export class IdempotencyKeyReused extends ExpectedFailure {
  readonly code = 'IDEMPOTENCY_KEY_REUSED';

  constructor() {
    super(
      {
        zh: '该幂等键已用于另一操作或另一内容，请换一个新键',
        en: 'This idempotency key was used for another operation or another input; take a new key',
      },
      ['input', 'idempotencyKey'],
    );
  }
}

/** The command line and timers, who are no user, claim keys under this id. */
const NO_USER = '00000000-0000-0000-0000-000000000000';

/** What the viewer claims when they ask for an operation under a key. @param input without the key */
export function claimOf(viewer: Viewer, key: string, operation: string, input: unknown, at: Date): Claim {
  const body = canonicalText({ operation, input });
  const bodyHash = createHash('sha256').update(body, 'utf8').digest('hex');
  return { areaId: viewer.areaId, userId: viewer.userId ?? NO_USER, key, operation, bodyHash, at };
}

/**
 * An input as canonical JSON (RFC 8785): keys ascending by UTF-16 code units, numbers and strings as ECMAScript writes
 * them. Instants become their ISO text, big integers their digits; what is undefined is left out.
 */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member === 'bigint') return member.toString();
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
