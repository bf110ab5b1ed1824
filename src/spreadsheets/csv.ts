import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { localTimeOf, type Sheet, type SheetColumn, yuanOfFen } from './sheet.ts';

/**
 * The lines of a sheet as CSV (RFC 4180), headings first: UTF-8 with a byte order mark, so that spreadsheets read the
 * Chinese rightly. No text in it can be a formula.
 */
export async function* csvLines<Row>({ columns, rows, utcOffsetMinutes }: Sheet<Row>): AsyncGenerator<string> {
  yield `\uFEFF${csvLine(columns.map(({ title }) => neutral(title)))}`;
  for await (const row of rows) yield csvLine(columns.map((column) => csvCell(column, row, utcOffsetMinutes)));
}

/** Writes a sheet as a CSV file, a line at a time. @see csvLines */
export async function writeCsv<Row>(sheet: Sheet<Row>, path: string): Promise<void> {
  await pipeline(Readable.from(csvLines(sheet)), createWriteStream(path));
}

function csvCell<Row>(column: SheetColumn<Row>, row: Row, utcOffsetMinutes: number): string {
  if (column.kind === 'TEXT') return neutral(column.value(row) ?? '');
  if (column.kind === 'DATE') return column.value(row) ?? '';
  if (column.kind === 'INSTANT') {
    const instant = column.value(row);
    return instant === null ? '' : localTimeOf(instant, utcOffsetMinutes).toISOString().slice(0, 19).replace('T', ' ');
  }
  const amount = column.value(row);
  if (amount === null) return '';
  return column.kind === 'FEN' ? yuanOfFen(amount) : amount.toString();
}

/**
 * Text that no spreadsheet takes for a formula: an apostrophe stands before the characters that begin one, their full-width
 * forms among them (OWASP, CSV Injection).
 */
function neutral(text: string): string {
  return /^(?:[\t\r\n]|\s*[=+\-@＝＋－＠])/.test(text) ? `'${text}` : text;
}

function csvLine(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\r\n`;
}
