import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId } from '../../src/database/id.ts';
import {
  type Book,
  type ChainedEntry,
  type ChainPosition,
  canonicalJson,
  chainEntry,
  genesisOf,
  type JsonObject,
  verifyChain,
} from '../../src/ledger/chain.ts';

const book: Book = {
  ledgerId: '01900000-0000-7000-8000-000000000001',
  areaId: '01900000-0000-7000-8000-000000000002',
  communityId: null,
  categoryId: '01900000-0000-7000-8000-000000000003',
};

const text = fc.string({ unit: 'grapheme' }).filter((value) => value.isWellFormed() && !value.includes('\0'));
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc.dictionary(text, tie('value'), { maxKeys: 5 }),
}));
const bodies = fc.array(json.object as fc.Arbitrary<JsonObject>, { minLength: 1, maxLength: 8 });

function chainOf(all: readonly JsonObject[]): ChainedEntry[] {
  let position: ChainPosition = genesisOf(book);
  return all.map((body) => {
    const entry = chainEntry(book.ledgerId, position, {
      kind: 'NEED_REGISTERED',
      subjectId: newId(),
      actorId: null,
      at: new Date('2026-11-24T00:00:00.123Z'),
      body,
    });
    position = entry;
    return entry;
  });
}

describe('canonical JSON', () => {
  it('writes the example of RFC 8785, section 3.2.3, with its keys in the order of their code units', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    expect(Object.values(JSON.parse(canonicalJson(value)) as object)).toHaveLength(7);
    expect([...canonicalJson(value).matchAll(/:"([^"]+)"/g)].map((match) => match[1])).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  it('escapes as RFC 8785 does, and writes no white space', () => {
    expect(canonicalJson({ b: [true, null, 12], a: '\u20ac$\u000f\nA\'B"\\"/' })).toBe(
      '{"a":"\u20ac$\\u000f\\nA\'B\\"\\\\\\"/","b":[true,null,12]}',
    );
  });

  it('is the same whatever the order of the keys, and says the same as the value', () => {
    fc.assert(
      fc.property(json.object, (value) => {
        const object = value as JsonObject;
        const turned = Object.fromEntries(Object.entries(object).reverse()) as JsonObject;
        expect(canonicalJson(turned)).toBe(canonicalJson(object));
        expect(JSON.parse(canonicalJson(object))).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
  });

  it.each([0.5, 2 ** 53, Number.NaN, '\ud800', 'a\0b'])('refuses %j, which does not survive storage', (value) => {
    expect(() => canonicalJson({ value })).toThrow(TypeError);
  });
});

describe('the chain of a ledger', () => {
  it('begins with a hash of the book, so that no two books begin alike', () => {
    const other = genesisOf({ ...book, communityId: book.categoryId });
    expect(genesisOf(book).seq).toBe(0);
    expect(genesisOf(book).hash).toMatch(/^[0-9a-f]{64}$/);
    expect(other.hash).not.toBe(genesisOf(book).hash);
  });

  it('is good as it was written, walked in one go or page by page', () => {
    fc.assert(
      fc.property(bodies, fc.nat(8), (all, cut) => {
        const entries = chainOf(all);
        const whole = verifyChain(book.ledgerId, genesisOf(book), entries);
        const first = verifyChain(book.ledgerId, genesisOf(book), entries.slice(0, cut));
        const second = verifyChain(book.ledgerId, first.position, entries.slice(cut));
        expect(whole.broken).toBeNull();
        expect(second).toEqual(whole);
        expect(whole.position.seq).toBe(all.length);
      }),
    );
  });

  it('names the first entry that was changed, whichever part of it it was', () => {
    const changes: ((entry: ChainedEntry) => ChainedEntry)[] = [
      (entry) => ({ ...entry, body: { ...entry.body, changed: 'yes' } }),
      (entry) => ({ ...entry, kind: 'NEED_WITHDRAWN' }),
      (entry) => ({ ...entry, subjectId: newId() }),
      (entry) => ({ ...entry, actorId: newId() }),
      (entry) => ({ ...entry, at: new Date(entry.at.getTime() + 1) }),
    ];
    fc.assert(
      fc.property(bodies, fc.nat(), fc.constantFrom(...changes), (all, choice, change) => {
        const entries = chainOf(all);
        const at = choice % entries.length;
        const tampered = entries.with(at, change(entries[at]!));
        const { position, broken } = verifyChain(book.ledgerId, genesisOf(book), tampered);
        expect(position.seq).toBe(at);
        expect(broken).toMatchObject({ seq: at + 1, rule: 'CONTENT' });
      }),
    );
  });

  it('names the place where an entry is missing, doubled or out of order', () => {
    const entries = chainOf([{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }]);
    const walk = (order: number[]) =>
      verifyChain(
        book.ledgerId,
        genesisOf(book),
        order.map((n) => entries[n - 1]!),
      ).broken;
    expect(walk([1, 3, 4])).toEqual({ seq: 3, rule: 'NUMBER', expected: '2', found: '3' });
    expect(walk([1, 2, 2, 3])).toMatchObject({ seq: 2, rule: 'NUMBER' });
    expect(walk([2, 1])).toMatchObject({ seq: 2, rule: 'NUMBER' });
  });

  it('does not take an entry of another chain', () => {
    const entries = chainOf([{ n: 1 }, { n: 2 }]);
    const stranger = chainOf([{ n: 9 }, { n: 2 }]);
    expect(verifyChain(book.ledgerId, genesisOf(book), [entries[0]!, stranger[1]!]).broken).toMatchObject({
      seq: 2,
      rule: 'LINK',
    });
    const otherBook = { ...book, ledgerId: newId() };
    expect(verifyChain(otherBook.ledgerId, genesisOf(otherBook), entries).broken).toMatchObject({
      seq: 1,
      rule: 'LINK',
    });
  });
});
