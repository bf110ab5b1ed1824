/**
 * A table as CSV after RFC 4180, but with LF: a cell is quoted only where it holds a comma, a quote or a line break.
 * `header` names the columns in order; a column that a row does not have is left empty.
 */
export function csvText<Column extends string>(
  header: readonly Column[],
  rows: readonly Readonly<Partial<Record<Column, string>>>[],
): string {
  const lines = [header.join(',')];
  for (const row of rows) lines.push(header.map((column) => cell(row[column] ?? '')).join(','));
  return `${lines.join('\n')}\n`;
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
