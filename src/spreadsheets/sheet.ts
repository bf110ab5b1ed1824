/**
 * What a column holds. TEXT: text. INTEGER: whole numbers. FEN: money in whole fen, shown in yuan with two decimals.
 * INSTANT: instants, shown in local time to the second. DATE: calendar dates, `YYYY-MM-DD`. `null` is an empty cell.
 */
export type SheetColumn<Row> = {
  /** Its heading, in Chinese. */
  readonly title: string;
  /** Width in characters; 14 when nothing is said. */
  readonly width?: number;
} & (
  | { readonly kind: 'TEXT'; readonly value: (row: Row) => string | null }
  | {
      readonly kind: 'INTEGER' | 'FEN';
      readonly value: (row: Row) => number | bigint | null;
      /** Whether a spreadsheet file adds it up under the last row. */
      readonly sum?: boolean;
    }
  | { readonly kind: 'INSTANT'; readonly value: (row: Row) => Date | null }
  | { readonly kind: 'DATE'; readonly value: (row: Row) => string | null }
);

/** A sheet that an office files (表格). */
export type Sheet<Row> = {
  /** Name of the sheet in the file. */
  readonly name: string;
  /** Lines above the headings, e.g. what the sheet is and of which period; a CSV file, which programs read, has none. */
  readonly preamble: readonly string[];
  readonly columns: readonly SheetColumn<Row>[];
  readonly rows: Iterable<Row> | AsyncIterable<Row>;
  /** Local time, minutes ahead of UTC. */
  readonly utcOffsetMinutes: number;
};

/** An amount of whole fen in yuan, `-12.05`. */
export function yuanOfFen(fen: number | bigint): string {
  const digits = (fen < 0 ? -fen : fen).toString().padStart(3, '0');
  return `${fen < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** An instant as a Date whose UTC fields are those of the local time. */
export function localTimeOf(instant: Date, utcOffsetMinutes: number): Date {
  return new Date(instant.getTime() + utcOffsetMinutes * 60_000);
}
