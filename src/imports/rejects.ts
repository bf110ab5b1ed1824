import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import type { InputIssue, Locale } from '../failures.ts';
import { REJECT_HEADINGS } from './headings.ts';
import type { ImportFormat, SourceRecord } from './records.ts';

/** The most of a line that is no record, in UTF-16 code units, that is kept. */
const LONGEST_TEXT = 20_000;

/** Where rejected records are written, in the format of the file they are from, so that they can be put right and come in again. */
export type RejectsFile = {
  readonly write: (record: SourceRecord, issues: readonly InputIssue[]) => Promise<void>;
  /** Closes the file. Gives its path; `null` when nothing was rejected and there is no file. */
  readonly close: () => Promise<string | null>;
};

/**
 * A rejects file, made when the first record is written to it. A CSV file is UTF-8 with a byte order mark, so that
 * spreadsheets open it rightly, and no cell of it can be a formula.
 *
 * @param path `null` to keep nothing
 * @param headings of the original, where it is CSV
 */
export function openRejects(
  path: string | null,
  format: ImportFormat,
  headings: readonly string[],
  locale: Locale,
): RejectsFile {
  let stream: WriteStream | null = null;
  const own = headings.filter((heading) => !(REJECT_HEADINGS as readonly string[]).includes(heading));
  const kept = headings.flatMap((heading, index) => (own.includes(heading) ? [index] : []));

  const put = async (text: string): Promise<void> => {
    if (stream === null) {
      stream = createWriteStream(path!);
      await once(stream, 'open');
      if (format === 'csv') stream.write(`\uFEFF${csvLine([...own, ...REJECT_HEADINGS])}`);
    }
    if (!stream.write(text)) await once(stream, 'drain');
  };

  return {
    write: async (record, issues) => {
      if (path === null) return;
      const columns = issues.map((issue) => issue.path[0] ?? '').filter((column) => column !== '');
      const rejected = {
        line: record.line,
        column: [...new Set(columns)].join(';'),
        rule: [...new Set(issues.map((issue) => issue.rule))].join(';'),
        message: issues.map((issue) => wordsOf(issue, locale)).join(locale === 'zh' ? '；' : '; '),
      };
      if (format === 'jsonl') {
        const original =
          typeof record.original === 'string' ? { text: record.original.slice(0, LONGEST_TEXT) } : record.original;
        await put(`${JSON.stringify({ ...(original as object), rejected })}\n`);
        return;
      }
      const cells = record.original as readonly string[];
      const original = kept.map((index) => (cells[index] ?? '').slice(0, LONGEST_TEXT));
      await put(csvLine([...original, String(rejected.line), rejected.column, rejected.rule, rejected.message]));
    },
    close: async () => {
      if (stream === null) return null;
      stream.end();
      await once(stream, 'finish');
      return path;
    },
  };
}

/** An issue in words, with its column before it. */
export function wordsOf(issue: InputIssue, locale: Locale): string {
  const [column] = issue.path;
  if (column === undefined) return issue.text[locale];
  return locale === 'zh' ? `${column}：${issue.text.zh}` : `${column} ${issue.text.en}`;
}

function csvLine(cells: readonly string[]): string {
  return `${cells.map((cell) => quoted(neutral(cell))).join(',')}\r\n`;
}

/** A cell that a spreadsheet does not take for a formula; plain numbers stay as they are. */
function neutral(cell: string): string {
  return /^[=+\-@\t\r]/.test(cell) && !/^[+-]\d+(?:\.\d+)?$/.test(cell) ? `'${cell}` : cell;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
