import Table from 'cli-table3';

/** A column of a printed table: its heading, and whether its cells are numbers, which stand at the right. */
export type TableColumn = { readonly heading: string; readonly isNumber?: boolean };

/** Rows as a table for a terminal; Chinese characters count as two columns. */
export function printedTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: columns.map((column) => column.heading),
    colAligns: columns.map((column) => (column.isNumber ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: ' ',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: ' ',
    },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

/** Basis points as a percentage with one decimal, e.g. 8123 as `81.2 %`; `–` for none. */
export function printedRate(basisPoints: number | null): string {
  return basisPoints === null ? '–' : `${(Math.round(basisPoints / 10) / 10).toFixed(1)} %`;
}
