import writeXlsxFile, { type Cell } from 'write-excel-file/node';
import { localTimeOf, type Sheet, type SheetColumn, yuanOfFen } from './sheet.ts';

/** What a sheet of a spreadsheet file can hold (ECMA-376 as Excel keeps it). */
const MOST_ROWS = 1_048_576;
const LONGEST_TEXT = 32_767;
const LONGEST_NAME = 31;

/** More rows than a spreadsheet file can hold; a CSV file holds any number. */
export class SheetTooLong extends Error {
  override readonly name = 'SheetTooLong';

  constructor() {
    super(`A spreadsheet holds ${MOST_ROWS} rows at most; write a .csv file instead.`);
  }
}

/**
 * A sheet as a spreadsheet file (.xlsx): its preamble, its headings, which stay in view, its rows, and the sums of the
 * columns that are to be added up. Every text is a cell of type text, so none can be a formula; text beyond what a cell
 * holds (32,767 characters) is cut.
 *
 * @throws SheetTooLong
 */
export async function xlsxBytes<Row>(sheet: Sheet<Row>): Promise<Uint8Array> {
  return xlsxBookBytes([await xlsxSheet(sheet)]);
}

/** Several sheets as one spreadsheet file, in their order. */
export function xlsxBookBytes(sheets: readonly XlsxSheet[]): Promise<Uint8Array> {
  return writeXlsxFile([...sheets]).toBuffer();
}

/** A sheet with its cells laid out. */
export type XlsxSheet = {
  readonly sheet: string;
  readonly data: Cell[][];
  readonly columns: { width: number }[];
  readonly stickyRowsCount: number;
};

/** Lays out the cells of a sheet, as `xlsxBytes` does. @throws SheetTooLong */
export async function xlsxSheet<Row>(sheet: Sheet<Row>): Promise<XlsxSheet> {
  const { name, preamble, columns, rows, utcOffsetMinutes } = sheet;
  const heading = (text: string, style: object): Cell => ({ ...textCell(text), fontWeight: 'bold', ...style });
  const data: Cell[][] = [
    ...preamble.map((line, index) => [heading(line, index === 0 ? { fontSize: 14 } : {})]),
    columns.map(({ title }) => heading(title, { backgroundColor: '#e8eef7' })),
  ];
  const sums: (bigint | null)[] = columns.map((column) => ('sum' in column && column.sum ? 0n : null));
  for await (const row of rows) {
    if (data.length >= MOST_ROWS - 1) throw new SheetTooLong();
    data.push(columns.map((column) => xlsxCell(column, row, utcOffsetMinutes)));
    for (const [index, column] of columns.entries()) {
      if (sums[index] !== null && (column.kind === 'FEN' || column.kind === 'INTEGER')) {
        sums[index] = sums[index]! + BigInt(column.value(row) ?? 0);
      }
    }
  }
  if (sums.some((sum) => sum !== null)) {
    data.push(
      columns.map(({ kind }, index): Cell => {
        const sum = sums[index]!;
        if (sum !== null) return numberCell(kind === 'FEN', sum);
        return index === 0 ? heading('合计', {}) : null;
      }),
    );
  }
  return {
    sheet: sheetName(name),
    data,
    columns: columns.map(({ width = 14 }) => ({ width })),
    stickyRowsCount: preamble.length + 1,
  };
}

function xlsxCell<Row>(column: SheetColumn<Row>, row: Row, utcOffsetMinutes: number): Cell {
  const value = column.value(row);
  if (value === null) return null;
  switch (column.kind) {
    case 'TEXT':
      return textCell(value as string);
    case 'INTEGER':
    case 'FEN':
      return numberCell(column.kind === 'FEN', value as number | bigint);
    case 'INSTANT':
      return { type: Date, value: localTimeOf(value as Date, utcOffsetMinutes), format: 'yyyy-mm-dd hh:mm:ss' };
    case 'DATE':
      return { type: Date, value: new Date(`${value}T00:00:00Z`), format: 'yyyy-mm-dd' };
  }
}

/** Cells count in double precision: a number that does not fit is written in digits. */
function numberCell(isFen: boolean, amount: number | bigint): Cell {
  const number = Number(amount);
  if (!Number.isSafeInteger(number)) return textCell(isFen ? yuanOfFen(amount) : amount.toString());
  return { type: Number, value: isFen ? number / 100 : number, format: isFen ? '#,##0.00' : '0' };
}

function textCell(text: string): Cell {
  return { type: String, value: text.toWellFormed().replace(NOT_XML, '').slice(0, LONGEST_TEXT), format: '@' };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 cannot hold
const NOT_XML = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;

function sheetName(name: string): string {
  return name.replace(/[\\/*?:[\]']/g, ' ').slice(0, LONGEST_NAME);
}
