import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { newId } from '../../src/database/id.ts';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import {
  type ChainedEntry,
  type ChainPosition,
  chainEntry,
  genesisOf,
  type JsonObject,
  verifyChain,
} from '../../src/ledger/chain.ts';
import { appendLedgerEntries, type NewLedgerEntry } from '../../src/ledger/ledger.store.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';

const text = fc.string({ unit: 'grapheme' }).filter((value) => value.isWellFormed() && !value.includes('\0'));
const now = new Date('2026-11-24T08:00:00.250Z');

describe.each(DATABASE_KINDS)('appending to ledgers on the %s database', (kind) => {
  let database: Database;
  let areaId: string;
  let categoryIds: string[];
  let communityId: string;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
    const area = await database.prisma.area.create({ data: { code: 'a', name: '甲', utcOffsetMinutes: 480 } });
    areaId = area.id;
    const community = await database.prisma.community.create({
      data: { areaId, externalId: 'c', name: '社区', population: 1, latitude: 26, longitude: 107 },
    });
    communityId = community.id;
    const hours = { acceptWithinHours: 24, completeWithinHours: 72 };
    const categories = await database.prisma.category.createManyAndReturn({
      data: ['A', 'B'].map((code) => ({ areaId, code, name: code, roomClass: 'SOCIAL', unit: 'VISIT', ...hours })),
    });
    categoryIds = categories.map((category) => category.id);
  });
  afterAll(() => database.close());

  const entry = (fields: Partial<NewLedgerEntry> = {}): NewLedgerEntry => ({
    communityId,
    categoryId: categoryIds[0]!,
    kind: 'NEED_REGISTERED',
    subjectId: newId(),
    actorId: null,
    body: { title: '送餐', quantity: 2, nested: { b: [1, 'x', null], a: true } },
    ...fields,
  });
  const append = (entries: readonly NewLedgerEntry[]) =>
    database.transaction((tx) => appendLedgerEntries(tx, areaId, entries, now));

  const expectGoodChains = async () => {
    for (const ledger of await database.prisma.ledger.findMany({ include: { entries: { orderBy: { seq: 'asc' } } } })) {
      const { position, broken } = verifyChain(
        ledger.id,
        genesisOf({ ledgerId: ledger.id, areaId, communityId: ledger.communityId, categoryId: ledger.categoryId }),
        ledger.entries as unknown as ChainedEntry[],
      );
      expect(broken).toBeNull();
      expect(position).toMatchObject({ seq: ledger.lastSeq, hash: ledger.lastHash });
    }
  };

  it('makes the books, numbers each one’s entries from 1 and goes on where it ended', async () => {
    await append([entry(), entry({ categoryId: categoryIds[1]! }), entry()]);
    await append([entry({ communityId: null, kind: 'SERVICE_PUBLISHED' }), entry()]);
    const counts = await database.prisma.ledger.findMany({ orderBy: { lastSeq: 'asc' } });
    expect(counts.map((ledger) => [ledger.communityId === null, ledger.lastSeq])).toEqual(
      expect.arrayContaining([
        [false, 3],
        [false, 1],
        [true, 1],
      ]),
    );
    expect(counts).toHaveLength(3);
    await expectGoodChains();
  });

  it('chains in the database exactly as the rules of the chain do, whatever entries say', async () => {
    const { id: fresh } = await database.prisma.community.create({
      data: { areaId, externalId: newId(), name: '任意', population: 1, latitude: 26, longitude: 107 },
    });
    const bodies = fc.dictionary(
      text,
      fc.oneof(text, fc.maxSafeInteger(), fc.boolean(), fc.constant(null), fc.array(text)),
    );
    const written = fc.record({
      category: fc.constantFrom(0, 1),
      communityId: fc.constantFrom(fresh, null),
      kind: fc.constantFrom('ORDER_EVENT' as const, 'TRANSFER' as const),
      subjectId: fc.uuid(),
      actorId: fc.option(fc.uuid()),
      body: bodies as fc.Arbitrary<JsonObject>,
    });
    const instant = fc.date({ min: new Date('1990-01-01'), max: new Date('2199-12-31'), noInvalidDate: true });
    await fc.assert(
      fc.asyncProperty(fc.array(written, { minLength: 1, maxLength: 12 }), instant, async (all, at) => {
        const before = new Map((await database.prisma.ledger.findMany()).map((ledger) => [ledger.id, ledger]));
        const entries = all.map(({ category, ...rest }) => ({ ...rest, categoryId: categoryIds[category]! }));
        await database.transaction((tx) => appendLedgerEntries(tx, areaId, entries, at));
        for (const ledger of await database.prisma.ledger.findMany()) {
          const { id: ledgerId, communityId, categoryId } = ledger;
          let position: ChainPosition = genesisOf({ ledgerId, areaId, communityId, categoryId });
          const from = before.get(ledgerId);
          if (from) position = { seq: from.lastSeq, hash: from.lastHash };
          const expected: unknown[] = [];
          for (const entry of entries) {
            if (entry.communityId !== communityId || entry.categoryId !== categoryId) continue;
            const { kind, subjectId, actorId, body } = entry;
            const chained = chainEntry(ledgerId, position, { kind, subjectId, actorId, body, at });
            expected.push(chained);
            position = chained;
          }
          const stored = await database.prisma.ledgerEntry.findMany({
            where: { ledgerId, seq: { gt: from?.lastSeq ?? 0 } },
            orderBy: { seq: 'asc' },
            omit: { id: true, ledgerId: true },
          });
          expect(stored).toEqual(expected);
        }
      }),
      { numRuns: 30 },
    );
    await expectGoodChains();
  });

  it('puts thousands of entries into one book at once', async () => {
    const before = await database.prisma.ledgerEntry.count();
    await append(Array.from({ length: 5_000 }, (_, n) => entry({ body: { n } })));
    expect(await database.prisma.ledgerEntry.count()).toBe(before + 5_000);
    await expectGoodChains();
  });

  it('keeps one chain a book when many transactions write to the same books at the same time', async () => {
    const fresh = await database.prisma.community.create({
      data: { areaId, externalId: 'busy', name: '忙', population: 1, latitude: 26, longitude: 107 },
    });
    const both = (n: number) =>
      [categoryIds[n % 2]!, categoryIds[(n + 1) % 2]!].map((categoryId) =>
        entry({ categoryId, communityId: fresh.id }),
      );
    await Promise.all(Array.from({ length: 12 }, (_, n) => append(both(n))));
    const books = await database.prisma.ledger.findMany({ where: { communityId: fresh.id } });
    expect(books.map((book) => book.lastSeq)).toEqual([12, 12]);
    await expectGoodChains();
  });

  describe('whoever goes around the application', () => {
    const refused = async (state: string, statement: string) => {
      const error = await database.prisma.$executeRawUnsafe(statement).catch((reason) => reason);
      expect(sqlStateOf(error)).toBe(state);
    };
    const last = () => database.prisma.ledger.findFirstOrThrow({ orderBy: { lastSeq: 'desc' } });

    it('cannot change, delete or empty entries', async () => {
      await refused('LD002', `UPDATE ledger_entries SET body = '{}' WHERE seq = 1`);
      await refused('LD002', 'DELETE FROM ledger_entries WHERE seq = 1');
      await refused('LD002', 'TRUNCATE ledger_entries CASCADE');
    });

    it('cannot leave a gap, branch off or number twice', async () => {
      const { id, lastSeq, lastHash } = await last();
      const insert = (rows: readonly (readonly [seq: number, prevHash: string, hash: string])[]) =>
        `INSERT INTO ledger_entries (id, ledger_id, seq, kind, subject_id, at, body, prev_hash, hash) VALUES ${rows
          .map(
            ([seq, prev, hash]) =>
              `('${newId()}', '${id}', ${seq}, 'NEED_REGISTERED', '${id}', now(), '{}', '${prev}', '${hash}')`,
          )
          .join(', ')}`;
      await refused('LD003', insert([[lastSeq + 2, lastHash, 'h']]));
      await refused('LD003', insert([[lastSeq + 1, 'another', 'h']]));
      await refused(
        'LD003',
        insert([
          [lastSeq + 1, lastHash, 'h'],
          [lastSeq + 3, 'h', 'i'],
        ]),
      );
      await refused(
        'LD003',
        insert([
          [lastSeq + 1, lastHash, 'h'],
          [lastSeq + 2, 'x', 'i'],
        ]),
      );
      await refused('23505', insert([[lastSeq, lastHash, 'h']]));
    });

    it('cannot move a ledger’s end, give it to another book, delete it or begin one in the middle', async () => {
      const { id } = await last();
      await refused('LD003', `UPDATE ledgers SET last_seq = 0 WHERE id = '${id}'`);
      await refused('LD003', `UPDATE ledgers SET community_id = NULL WHERE id = '${id}'`);
      await refused('LD003', `DELETE FROM ledgers WHERE id = '${id}'`);
      await refused(
        'LD003',
        `INSERT INTO ledgers (id, area_id, category_id, last_seq, last_hash) VALUES ('${newId()}', '${areaId}', '${categoryIds[1]}', 7, 'h')`,
      );
    });
  });
});
