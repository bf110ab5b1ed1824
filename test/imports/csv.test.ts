import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CsvRecord, readCsv } from '../../src/imports/csv.ts';
import { LONGEST_LINE, splitLines } from '../../src/imports/lines.ts';

/** The text in pieces of a given size, as a decoder may give it. */
async function* pieces(text: string, size = 7): AsyncGenerator<{ text: string; bytesRead: number }> {
  for (let at = 0; at < text.length; at += size) yield { text: text.slice(at, at + size), bytesRead: at + size };
}

async function read(text: string, delimiter = ',', size?: number): Promise<CsvRecord[]> {
  return Array.fromAsync(readCsv(splitLines(pieces(text, size)), delimiter));
}

const shown = (records: readonly CsvRecord[]) =>
  records.map(({ line, cells, fault }) => `${line}: ${fault ?? cells.join('|')}`);

describe('reading CSV', () => {
  it('counts physical lines, over quoted line ends and blank lines', async () => {
    expect(shown(await read('a,b\r\n"x\r\ny",2\r\n\r\n3,4'))).toEqual(['1: a|b', '2: x\ny|2', '5: 3|4']);
  });

  it('takes doubled quotes, empty cells, and spaces around quotes', async () => {
    expect(shown(await read('"say ""hi""",,\n1, "b, c" ,"" \n'))).toEqual(['1: say "hi"||', '2: 1|b, c|']);
  });

  it('leaves quotes in the midst of a bare cell as they are', async () => {
    expect(shown(await read('pipe 12",5\n'))).toEqual(['1: pipe 12"|5']);
  });

  it('loses only the line of a quote that never closes', async () => {
    expect(shown(await read('1,2\n3,"4\n5,6\n7,8\n'))).toEqual(['1: 1|2', '2: UNCLOSED_QUOTE', '3: 5|6', '4: 7|8']);
  });

  it('loses only the line of a quote that runs into the next quoted cell', async () => {
    expect(shown(await read('1,"2,3\n4,"5",6\n7,"8",9\n'))).toEqual(['1: QUOTES', '2: 4|5|6', '3: 7|8|9']);
  });

  it('takes no part of a record with broken quotes for a record', async () => {
    expect(shown(await read('1,"he said "hi"\nand left",2\n3,4\n'))).toEqual(['1: QUOTES', '2: QUOTES', '3: 3|4']);
  });

  it('finds the rows after a quote that is open for thousands of lines', async () => {
    const records = await read(`1,"2\n${'3,4\n'.repeat(5000)}`, ',', 4096);
    expect(records).toHaveLength(5001);
    expect(records.filter(({ fault }) => fault !== null)).toMatchObject([{ line: 1, fault: 'UNCLOSED_QUOTE' }]);
    expect(records.at(-1)).toMatchObject({ line: 5001, cells: ['3', '4'] });
  });

  it('knows CR alone as a line end where the first line ends so', async () => {
    expect(shown(await read('a,b\r1,2\r3,4\r'))).toEqual(['1: a|b', '2: 1|2', '3: 3|4']);
  });

  it('gives a line of any length without keeping it, and goes on after it', async () => {
    const records = await read(`a\n${'x'.repeat(LONGEST_LINE + 10)}\nb\n`, ',', 65_536);
    expect(records.map(({ fault }) => fault)).toEqual([null, 'LINE_LENGTH', null]);
    expect(records[1]!.cells[0]!.length).toBeLessThanOrEqual(LONGEST_LINE);
  });

  it('reads every well-formed table as csv-parse does, in whatever pieces it comes', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '语', '"', ',', ';', '\n', ' ', '1'), maxLength: 6 });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom('\n', '\r\n'),
        async (rows, size, end) => {
          const text = rows.map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')).join(end);
          const expected: string[][] = parse(text, { relax_column_count: true });
          expect((await read(text, ',', size)).map(({ cells }) => cells)).toEqual(expected);
        },
      ),
    );
  });
});
