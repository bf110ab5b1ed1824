import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import readXlsxFile, { readSheet } from 'read-excel-file/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  csvLines,
  type Sheet,
  type SheetColumn,
  writeSheet,
  xlsxBytes,
  yuanOfFen,
} from '../../src/spreadsheets/index.ts';

type Line = { name: string; count: number | null; fen: bigint; at: Date; day: string | null };

const COLUMNS: readonly SheetColumn<Line>[] = [
  { title: '名称', kind: 'TEXT', value: ({ name }) => name },
  { title: '数量', kind: 'INTEGER', value: ({ count }) => count, sum: true },
  { title: '金额（元）', kind: 'FEN', value: ({ fen }) => fen, sum: true },
  { title: '时间', kind: 'INSTANT', value: ({ at }) => at },
  { title: '日期', kind: 'DATE', value: ({ day }) => day },
];

const MEALS: Line = { name: '送餐', count: 3, fen: 3605n, at: new Date('2026-11-24T16:30:05Z'), day: '2026-11-25' };
const GIVEN_BACK: Line = { ...MEALS, name: '退款', count: null, fen: -5n, day: null };

function sheetOf(rows: readonly Line[], preamble: readonly string[] = []): Sheet<Line> {
  return { name: '结算/2026', preamble, columns: COLUMNS, rows, utcOffsetMinutes: 480 };
}

async function csvOf(rows: readonly Line[]): Promise<string> {
  return (await Array.fromAsync(csvLines(sheetOf(rows, ['不在CSV中'])))).join('');
}

describe('a CSV file', () => {
  it('begins with a byte order mark and Chinese headings, shows fen in yuan and instants in local time', async () => {
    expect(await csvOf([MEALS, GIVEN_BACK])).toBe(
      '\uFEFF名称,数量,金额（元）,时间,日期\r\n' +
        '送餐,3,36.05,2026-11-25 00:30:05,2026-11-25\r\n' +
        '退款,,-0.05,2026-11-25 00:30:05,\r\n',
    );
  });

  it.each(['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '\n=1', ' =1+1', '＝1+1'])(
    'puts an apostrophe before text that begins like a formula: %j',
    async (name) => {
      const [, [cell]] = parse(await csvOf([{ ...MEALS, name }]), { bom: true }) as [string[], [string]];
      expect(cell).toBe(`'${name}`);
    },
  );

  it('is read back as it was by another reader, whatever the text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), async (names) => {
        const text = await csvOf(names.map((name) => ({ ...MEALS, name })));
        const [, ...read] = parse(text, { bom: true, record_delimiter: '\r\n' }) as string[][];
        expect(read.map(([cell]) => cell!.replace(/^'/, ''))).toEqual(names.map((name) => name.replace(/^'/, '')));
      }),
      { numRuns: 50 },
    );
  });
});

describe('a spreadsheet file', () => {
  it('has its preamble, its headings, typed cells and the sums under them', async () => {
    const bytes = Buffer.from(await xlsxBytes(sheetOf([MEALS, GIVEN_BACK], ['凯里市结算单', '2026年11月'])));
    const [first] = await readXlsxFile(bytes);
    expect(first!.sheet).toBe('结算 2026');
    expect(await readSheet(bytes)).toEqual([
      ['凯里市结算单', null, null, null, null],
      ['2026年11月', null, null, null, null],
      ['名称', '数量', '金额（元）', '时间', '日期'],
      ['送餐', 3, 36.05, new Date('2026-11-25T00:30:05Z'), new Date('2026-11-25T00:00:00Z')],
      ['退款', null, -0.05, new Date('2026-11-25T00:30:05Z'), null],
      ['合计', 3, 36, null, null],
    ]);
  });

  it('keeps what looks like a formula as text', async () => {
    const bytes = Buffer.from(await xlsxBytes(sheetOf([{ ...MEALS, name: '=1+1' }])));
    const rows = await readSheet(bytes);
    expect(rows[1]![0]).toBe('=1+1');
  });

  it('writes numbers that a cell cannot count in digits, and leaves out what XML cannot hold', async () => {
    const large = 2n ** 60n;
    const bytes = Buffer.from(await xlsxBytes(sheetOf([{ ...MEALS, name: '甲\u0001乙', fen: large }])));
    const rows = await readSheet(bytes);
    expect(rows[1]![0]).toBe('甲乙');
    expect(rows[1]![2]).toBe(yuanOfFen(large));
  });
});

describe('a sheet written to a file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'liangdan-sheets-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('has the format that the name tells', async () => {
    await writeSheet(sheetOf([MEALS]), join(folder, '台账.CSV'));
    await writeSheet(sheetOf([MEALS]), join(folder, '台账.xlsx'));
    expect(await readFile(join(folder, '台账.CSV'), 'utf8')).toMatch(/^\uFEFF名称,/);
    expect((await readSheet(join(folder, '台账.xlsx')))[0]![0]).toBe('名称');
  });
});

it('money in yuan has all its fen', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (fen) => {
      const yuan = yuanOfFen(fen);
      expect(yuan).toMatch(/^-?\d+\.\d\d$/);
      expect(BigInt(yuan.replace('.', ''))).toBe(fen);
    }),
  );
});
