import type { Database, Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import type { Viewer } from '../identity/viewer.ts';
import type { JsonObject } from '../ledger/chain.ts';
import { type AuditContent, auditHash, canonicalContent } from './entry.ts';

/** What someone did, for the audit log. */
export type AuditedAction = {
  /** A verb with its subject, e.g. `settlement.approve`. */
  readonly action: string;
  /** The GraphQL type of what it was done to. */
  readonly subjectType: string;
  readonly subjectId: string | null;
  /** Why, in the actor's words, where the action asks for it. */
  readonly purpose?: string;
  /** What else belongs to it, without personal data. */
  readonly body?: JsonObject;
};

/**
 * Writes an entry at the end of a chain of the audit log, in the transaction of what was done, so that there is neither
 * without the other. To be called as late as possible: the chain stays locked until the transaction ends, after all the
 * locks of the usual order.
 *
 * An area has 16 chains, and a connection always writes to the same one. So a transaction locks one chain only, and of a
 * pool of 20 connections at most a few ever wait for each other.
 */
export async function appendAudit(tx: Transaction, viewer: Viewer, done: AuditedAction, now: Date): Promise<void> {
  await appendAudits(tx, viewer, [done], now);
}

/** Writes several entries as `appendAudit` does, in their order and in one statement. */
export async function appendAudits(
  tx: Transaction,
  viewer: Viewer,
  all: readonly AuditedAction[],
  now: Date,
): Promise<void> {
  if (all.length === 0) return;
  const contents = all.map((done) => {
    const content: AuditContent = {
      id: newId(),
      at: now,
      actorId: viewer.userId,
      roles: [...new Set(viewer.grants.map(({ role }) => role))].sort(),
      action: done.action,
      subjectType: done.subjectType,
      subjectId: done.subjectId,
      purpose: done.purpose ?? null,
      address: viewer.origin?.address ?? null,
      requestId: viewer.origin?.requestId ?? null,
      body: done.body ?? {},
    };
    return canonicalContent(content);
  });
  await tx.$queryRaw`
    SELECT append_audit_entry(${viewer.areaId}::uuid, content)::text AS shard
    FROM unnest(${contents}::text[]) WITH ORDINALITY AS said (content, place) ORDER BY place`;
}

/** The first entry of a chain that is not as it was written. */
export type AuditFault = {
  readonly shard: number;
  readonly seq: number;
  /** NUMBER: missing or doubled; LINK: does not name the hash before it; CONTENT: changed; END: the chain ended elsewhere. */
  readonly rule: 'NUMBER' | 'LINK' | 'CONTENT' | 'END';
};

/** Entries read at once. */
const ENTRIES_PER_PAGE = 1000;

/**
 * Walks every chain of an area's audit log.
 *
 * @param report called with each fault; a chain is left at its first
 * @returns how many entries were seen, and how many faults
 */
export async function verifyAudit(
  { prisma }: Database,
  areaId: string,
  report: (fault: AuditFault) => void,
): Promise<{ readonly entries: number; readonly faults: number }> {
  let entries = 0;
  let faults = 0;
  for (const chain of await prisma.auditChain.findMany({ where: { areaId }, orderBy: { shard: 'asc' } })) {
    const { shard } = chain;
    let position = { seq: 0, hash: '' };
    let rule: AuditFault['rule'] | null = null;
    for (;;) {
      // Entries that came after the chain was read have not to be told from a wrong end.
      const where = { areaId, shard, seq: { gt: position.seq, lte: chain.lastSeq } };
      const page = await prisma.auditEntry.findMany({ where, orderBy: { seq: 'asc' }, take: ENTRIES_PER_PAGE });
      for (const entry of page) {
        const { seq, prevHash, hash, ...said } = entry;
        const content = { ...contentOf(said), body: said.body as JsonObject };
        if (seq !== position.seq + 1) rule = 'NUMBER';
        else if (prevHash !== position.hash) rule = 'LINK';
        else if (hash !== auditHash({ areaId, shard, seq, prevHash }, content)) rule = 'CONTENT';
        if (rule !== null) break;
        position = { seq, hash };
        entries += 1;
      }
      if (rule !== null || page.length < ENTRIES_PER_PAGE) break;
    }
    if (rule === null && (position.seq !== chain.lastSeq || position.hash !== chain.lastHash)) rule = 'END';
    if (rule !== null) {
      faults += 1;
      report({ shard, seq: position.seq + 1, rule });
    }
  }
  return { entries, faults };
}

type StoredContent = Omit<AuditContent, 'body'>;

function contentOf(entry: StoredContent): StoredContent {
  const { id, at, actorId, roles, action, subjectType, subjectId, purpose, address, requestId } = entry;
  return { id, at, actorId, roles, action, subjectType, subjectId, purpose, address, requestId };
}
