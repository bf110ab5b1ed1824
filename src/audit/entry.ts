import { createHash } from 'node:crypto';
import type { JsonObject } from '../ledger/chain.ts';
import { canonicalJson } from '../ledger/chain.ts';

/** What an entry says, apart from its place. */
export type AuditContent = {
  readonly id: string;
  readonly at: Date;
  /** `null` for Liangdan itself. */
  readonly actorId: string | null;
  readonly roles: readonly string[];
  readonly action: string;
  readonly subjectType: string;
  readonly subjectId: string | null;
  readonly purpose: string | null;
  readonly address: string | null;
  readonly requestId: string | null;
  readonly body: JsonObject;
};

/** Which chain an entry stands in, and where. */
export type AuditPlace = {
  readonly areaId: string;
  readonly shard: number;
  /** 1 for the first. */
  readonly seq: number;
  /** Hash of the entry before it; the empty string for the first. */
  readonly prevHash: string;
};

/** The text that stands for an entry in its chain: canonical JSON (RFC 8785) of all that it says. */
export function canonicalContent({ at, ...rest }: AuditContent): string {
  return canonicalJson({ ...rest, at: at.toISOString() });
}

/**
 * The hash of an entry: SHA-256, lower-case hexadecimal, over its place and its text, a line each. `append_audit_entry` of
 * the database computes the same.
 */
export function auditHash({ areaId, shard, seq, prevHash }: AuditPlace, content: AuditContent): string {
  const text = [areaId, shard, seq, prevHash, canonicalContent(content)].join('\n');
  return createHash('sha256').update(text).digest('hex');
}
