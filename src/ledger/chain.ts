import { createHash } from 'node:crypto';
import type { LedgerEntryKind } from '../generated/prisma/enums.ts';

/** A JSON value as entries hold it: its numbers are whole and at most 2^53 − 1 in size. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export type JsonObject = { readonly [key: string]: JsonValue };

/** Which book a ledger is; no community means the whole area. */
export type Book = {
  readonly ledgerId: string;
  readonly areaId: string;
  readonly communityId: string | null;
  readonly categoryId: string;
};

/** Where a chain stands: the number and hash of its last entry; 0 and the genesis hash before the first. */
export type ChainPosition = { readonly seq: number; readonly hash: string };

/** An entry as it stands in the chain of its ledger. */
export type ChainedEntry = {
  readonly seq: number;
  readonly kind: LedgerEntryKind;
  readonly subjectId: string;
  readonly actorId: string | null;
  readonly at: Date;
  readonly body: JsonObject;
  readonly prevHash: string;
  readonly hash: string;
};

/** The first entry of a chain that is not as it was written, and what is wrong with it. */
export type ChainBreak = {
  readonly seq: number;
  /** NUMBER: an entry is missing, doubled or out of place; LINK: it does not name the hash before it; CONTENT: it was changed. */
  readonly rule: 'NUMBER' | 'LINK' | 'CONTENT';
  readonly expected: string;
  readonly found: string;
};

/** The position of a book without entries: its hash is SHA-256 over the book itself, so that no chain fits another book. */
export function genesisOf(book: Book): ChainPosition {
  return { seq: 0, hash: sha256(canonicalJson({ ...book })) };
}

/** Puts an entry at the end of a chain: the next number, the previous hash and its own. */
export function chainEntry(
  ledgerId: string,
  last: ChainPosition,
  entry: Omit<ChainedEntry, 'seq' | 'prevHash' | 'hash'>,
): ChainedEntry {
  const linked = { ...entry, seq: last.seq + 1, prevHash: last.hash };
  return { ...linked, hash: hashOf(ledgerId, linked) };
}

/**
 * The canonical JSON of an entry around its place in the chain: `before`, then `"ledgerId":"…","prevHash":"…","seq":…,`, then
 * `after`. Keys ascend, so these three stand side by side, and the database can put them in: `append_ledger_entries` there
 * numbers, links and hashes exactly as `chainEntry` does.
 */
export function textAroundPlace({ subjectId, ...rest }: Omit<ChainedEntry, 'seq' | 'prevHash' | 'hash'>): {
  readonly before: string;
  readonly after: string;
} {
  const { kind, actorId, at, body } = rest;
  const before = canonicalJson({ kind, actorId, at: at.toISOString(), body });
  return { before: `${before.slice(0, -1)},`, after: canonicalJson({ subjectId }).slice(1) };
}

/**
 * Walks a chain, or one page of it.
 *
 * @param from where the chain stood before the first of the entries
 * @param entries in the order of their numbers
 * @returns where the chain stands after the last good entry, and the first broken one, `null` when all are good
 */
export function verifyChain(
  ledgerId: string,
  from: ChainPosition,
  entries: Iterable<ChainedEntry>,
): { readonly position: ChainPosition; readonly broken: ChainBreak | null } {
  let position = from;
  for (const entry of entries) {
    const broken = breakOf(ledgerId, position, entry);
    if (broken !== null) return { position, broken };
    position = { seq: entry.seq, hash: entry.hash };
  }
  return { position, broken: null };
}

function breakOf(ledgerId: string, last: ChainPosition, entry: ChainedEntry): ChainBreak | null {
  const differs = (rule: ChainBreak['rule'], expected: string, found: string): ChainBreak | null =>
    expected === found ? null : { seq: entry.seq, rule, expected, found };
  return (
    differs('NUMBER', String(last.seq + 1), String(entry.seq)) ??
    differs('LINK', last.hash, entry.prevHash) ??
    differs('CONTENT', hashOf(ledgerId, entry), entry.hash)
  );
}

/** SHA-256 over the canonical JSON of everything that an entry says, its place in the chain included; lower-case hexadecimal. */
function hashOf(ledgerId: string, entry: Omit<ChainedEntry, 'hash'>): string {
  const { seq, kind, subjectId, actorId, at, body, prevHash } = entry;
  return sha256(canonicalJson({ ledgerId, seq, kind, subjectId, actorId, at: at.toISOString(), body, prevHash }));
}

/**
 * Canonical JSON (RFC 8785): no white space, keys ascending by UTF-16 code units, strings escaped in one way only.
 *
 * @throws TypeError for what has no canonical form or does not survive storage: fractions, numbers above 2^53 − 1 in size,
 *   lone surrogates, U+0000, undefined
 */
export function canonicalJson(value: JsonValue): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return canonicalString(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is not a whole number of at most 2^53 - 1`);
    return JSON.stringify(value);
  }
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`${typeof value} has no canonical JSON`);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${canonicalString(key)}:${canonicalJson(value[key] as JsonValue)}`);
  return `{${members.join(',')}}`;
}

function canonicalString(text: string): string {
  if (!text.isWellFormed() || text.includes('\0')) throw new TypeError('text with a lone surrogate or U+0000');
  return JSON.stringify(text);
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
