import type { z } from 'zod';
import type { Transaction } from '../database/database.ts';
import type { InputIssue } from '../failures.ts';
import type { BilingualText } from '../matching/records.ts';

/** One column of a list file. */
export type ImportColumn = {
  /** Its name in a heading or as a JSON key, e.g. `external_id`. */
  readonly name: string;
  /** Other headings by which it is known, Chinese ones among them, e.g. `编号`. */
  readonly headings: readonly string[];
  readonly required: boolean;
  readonly meaning: BilingualText;
};

/** What holds for all rows of one import. */
export type ImportContext = {
  readonly areaId: string;
  /** Local times in the file are this many minutes ahead of UTC. */
  readonly utcOffsetMinutes: number;
  /** Whole days by which every date of the file is moved; 0 but for the example area. */
  readonly shiftDays: number;
  readonly actorId: string | null;
  readonly now: Date;
};

/** What became of one row. */
export type ImportOutcome =
  | { readonly outcome: 'CREATED' | 'UPDATED'; readonly id: string }
  | { readonly outcome: 'REJECTED'; readonly issues: readonly InputIssue[] };

/**
 * How one list comes in. A record is a row of the file by column name, all text (cells of a CSV file; values of a JSON
 * line, with lists joined by `;`); absent cells are absent or empty. An issue's path begins with the column's name.
 */
export type ImportDefinition<Row> = {
  readonly list: string;
  readonly columns: readonly ImportColumn[];
  /** Checks one record and gives the row. */
  readonly schema: (context: ImportContext) => z.ZodType<Row, Record<string, string>>;
  /** The row's external id: of rows with the same one in a batch only the last is written. */
  readonly externalIdOf: (row: Row) => string;
  /**
   * Writes a batch, new entries or over those with the same external id, with their ledger entries; a row that refers to
   * something that is not there is rejected and the others are written.
   *
   * @returns one element a row, in their order
   */
  readonly write: (tx: Transaction, context: ImportContext, rows: readonly Row[]) => Promise<readonly ImportOutcome[]>;
};

/** A column that every file must have. */
export function requiredColumn(name: string, headings: readonly string[], zh: string, en: string): ImportColumn {
  return { name, headings, required: true, meaning: { zh, en } };
}

/** A column that a file may leave out, or leave empty. */
export function optionalColumn(name: string, headings: readonly string[], zh: string, en: string): ImportColumn {
  return { name, headings, required: false, meaning: { zh, en } };
}
