import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Ids } from '../../../src/matching/catalogue/ids.ts';

test('ids are found by row and rows by id through any sequence of changes, as in a map', () => {
  const idArbitrary = fc.oneof(
    fc.integer({ min: 0, max: 60 }).map((number) => `id-${number}`),
    fc.constantFrom('服务一', '服务二', 'é', 'z'.repeat(300), ' ', '0192f0c1-0b1c-7000-a000-000000000001'),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), idArbitrary), { maxLength: 300, size: 'max' }), (changes) => {
      const ids = new Ids();
      const rows = new Map<string, number>();
      const free = Array.from({ length: 100 }, (_, row) => row);
      for (const [wanted, id] of changes) {
        const row = rows.get(id);
        if (wanted && row === undefined) {
          const taken = free.pop()!;
          ids.set(taken, id);
          rows.set(id, taken);
        } else if (!wanted && row !== undefined) {
          ids.delete(row);
          rows.delete(id);
          free.push(row);
        }
        expect(ids.rowOf(id)).toBe(rows.get(id) ?? -1);
      }
      expect(ids.size).toBe(rows.size);
      expect(ids.idsOf(Int32Array.from(rows.values()), rows.size)).toEqual([...rows.keys()]);
      for (const [id, row] of rows) {
        expect(ids.rowOf(id)).toBe(row);
        expect(ids.idOf(row)).toBe(id);
        for (const [other, otherRow] of rows) expect(ids.isBefore(row, otherRow)).toBe(id < other);
      }
    }),
    { numRuns: 60, seed: 20261125 },
  );
});
