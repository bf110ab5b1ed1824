/** What others may call to write spreadsheets. */
import { writeFile } from 'node:fs/promises';
import { writeCsv } from './csv.ts';
import type { Sheet } from './sheet.ts';
import { xlsxBytes } from './xlsx.ts';

export { csvLines, writeCsv } from './csv.ts';
export { type Sheet, type SheetColumn, yuanOfFen } from './sheet.ts';
export { SheetTooLong, type XlsxSheet, xlsxBookBytes, xlsxBytes, xlsxSheet } from './xlsx.ts';

/** Writes a sheet as a spreadsheet file. @throws SheetTooLong */
export async function writeXlsx<Row>(sheet: Sheet<Row>, path: string): Promise<void> {
  await writeFile(path, await xlsxBytes(sheet));
}

/** Writes a sheet in the format that the file's name tells: `.csv`, or else `.xlsx`. @throws SheetTooLong */
export async function writeSheet<Row>(sheet: Sheet<Row>, path: string): Promise<void> {
  await (/\.csv$/i.test(path) ? writeCsv(sheet, path) : writeXlsx(sheet, path));
}
