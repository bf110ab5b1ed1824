import type { InputIssue } from '../failures.ts';
import { readCsv } from './csv.ts';
import type { ImportColumn } from './definition.ts';
import { decode, REPLACEMENT_CHARACTER } from './encoding.ts';
import { detectDelimiter, type Fitting, planHeadings, planKeys, REJECT_HEADINGS } from './headings.ts';
import { type Line, splitLines } from './lines.ts';
import type { ImportSource } from './source.ts';
import { UnreadableFile } from './unreadable-file.ts';

export type ImportFormat = 'csv' | 'jsonl';

/** A record of the file, read into the list's columns as far as it goes. */
export type SourceRecord = {
  /** The line in which it begins, counted from 1. */
  readonly line: number;
  /** Text by column; empty where there are issues. */
  readonly values: Record<string, string>;
  /** What keeps it from being read as a record. */
  readonly issues: readonly InputIssue[];
  /** As it stands in the file: the cells of a CSV record, a JSON value, or the text of a line that is no record. */
  readonly original: unknown;
  readonly bytesRead: number;
};

/** The records of a file, and what is known of it beside them. */
export type RecordReader = {
  /** The headings of a CSV file. */
  readonly headings: readonly string[];
  /** Headings or keys that the list does not know; of JSON lines those met so far. */
  readonly unknown: () => readonly string[];
  /** Columns that are read from the file or set; of JSON lines those met so far. */
  readonly found: () => readonly string[];
  readonly records: AsyncIterable<SourceRecord>;
};

/**
 * The format that a file's name tells, or else its first character.
 *
 * @throws UnreadableFile when it is a JSON document that is no list of lines
 */
export async function detectFormat(source: ImportSource, encoding: string): Promise<ImportFormat> {
  const [, extension = ''] = /\.(\w+)$/.exec(source.name) ?? [];
  if (/^(?:csv|tsv|tab)$/i.test(extension)) return 'csv';
  let beginning = '';
  for await (const { text } of decode(source, encoding)) {
    beginning += text;
    if (beginning.trim() !== '') break;
  }
  const first = beginning.trimStart()[0];
  if (first === '[') {
    throw new UnreadableFile(
      'json_array',
      '这是一个JSON数组；请每行写一个对象（JSON Lines），如用 jq -c ".[]" 转换',
      'This is one JSON array: write one object a line (JSON Lines), e.g. with jq -c ".[]"',
    );
  }
  return first === '{' || /^(?:jsonl|ndjson|json)$/i.test(extension) ? 'jsonl' : 'csv';
}

/**
 * Opens a CSV file: reads its headings and gives its records.
 *
 * @throws UnreadableFile when a column that is needed is missing
 */
export async function openCsv(
  source: ImportSource,
  encoding: string,
  columns: readonly ImportColumn[],
  fitting: Fitting,
): Promise<RecordReader> {
  const lines = splitLines(decode(source, encoding));
  const first = await firstLine(lines);
  const records = readCsv(
    (async function* () {
      yield first;
      yield* lines;
    })(),
    detectDelimiter(columns, first.text, fitting),
  );
  const heading = await records.next();
  if (heading.done || heading.value.fault !== null) {
    throw new UnreadableFile('headings', '读不出表头', 'The headings cannot be read');
  }
  const headings = heading.value.cells.map((cell) => cell.replace(/^\uFEFF/, '').trim());
  const plan = planHeadings(columns, headings, fitting);
  const isRejectsFile = REJECT_HEADINGS.every((name) => headings.includes(name));
  return {
    headings,
    unknown: () => plan.unknown,
    found: () => [...plan.sources.map(({ column }) => column), ...Object.keys(fitting.set)],
    records: (async function* (): AsyncGenerator<SourceRecord> {
      for await (const { line, cells, fault, bytesRead } of records) {
        if (fault !== null) {
          yield { line, values: {}, issues: [CSV_FAULTS[fault]], original: cells, bytesRead };
          continue;
        }
        if (cells.every((cell) => cell.trim() === '')) continue;
        const values: Record<string, string> = { ...fitting.set };
        for (const { column, index } of plan.sources) {
          values[column] = isRejectsFile ? withoutNeutralMark(cells[index] ?? '') : (cells[index] ?? '');
        }
        const issues = [...widthIssues(cells, headings.length), ...characterIssues(values)];
        yield { line, values, issues, original: cells, bytesRead };
      }
    })(),
  };
}

/** Opens a file of JSON lines: one object a line. */
export function openJsonLines(
  source: ImportSource,
  encoding: string,
  columns: readonly ImportColumn[],
  fitting: Fitting,
): RecordReader {
  const columnsOf = planKeys(columns, fitting);
  const unknown = new Set<string>();
  const found = new Set<string>(Object.keys(fitting.set));
  return {
    headings: [],
    unknown: () => [...unknown],
    found: () => [...found],
    records: (async function* (): AsyncGenerator<SourceRecord> {
      for await (const { number: line, text, isTooLong, bytesRead } of splitLines(decode(source, encoding))) {
        if (text.trim() === '') continue;
        const original = isTooLong ? null : parseObject(text);
        if (original === null) {
          const issue = isTooLong ? CSV_FAULTS.LINE_LENGTH : NOT_AN_OBJECT;
          yield { line, values: {}, issues: [issue], original: text, bytesRead };
          continue;
        }
        const values: Record<string, string> = { ...fitting.set };
        const issues: InputIssue[] = [];
        for (const [key, value] of Object.entries(original)) {
          const names = columnsOf(key);
          if (names.length === 0 && key !== 'rejected' && unknown.size < 100) unknown.add(key);
          for (const column of names) {
            found.add(column);
            const read = textOf(value);
            if (read === null) issues.push(valueIssue(column));
            else values[column] = read;
          }
        }
        issues.push(...characterIssues(values));
        yield { line, values, issues, original, bytesRead };
      }
    })(),
  };
}

async function firstLine(lines: AsyncGenerator<Line, void, void>): Promise<Line> {
  for (;;) {
    const next = await lines.next();
    if (next.done) throw new UnreadableFile('empty', '文件是空的', 'The file is empty');
    if (next.value.text.replace(/^\uFEFF/, '').trim() !== '') return next.value;
  }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** A JSON value as the text of a cell; `null` where it has no place in one. */
function textOf(value: unknown): string | null {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (!Array.isArray(value)) return null;
  const entries = value.map(textOf);
  return entries.every((entry) => entry !== null && !/[;；]/.test(entry)) ? entries.join(';') : null;
}

function widthIssues(cells: readonly string[], width: number): InputIssue[] {
  const isRight =
    cells.length === width || (cells.length > width && cells.slice(width).every((cell) => cell.trim() === ''));
  if (isRight) return [];
  return [
    {
      path: [],
      rule: 'column_count',
      text: {
        zh: `有${cells.length}格，表头有${width}格：可能有未加引号的逗号或换行，或该行被截断`,
        en: `has ${cells.length} cells where the headings are ${width}: a comma or line break without quotes, or a line cut off`,
      },
    },
  ];
}

/** Cells with bytes that are no character in the file's encoding. */
function characterIssues(values: Readonly<Record<string, string>>): InputIssue[] {
  return Object.keys(values)
    .filter((column) => values[column]!.includes(REPLACEMENT_CHARACTER))
    .map((column) => ({
      path: [column],
      rule: 'encoding',
      text: { zh: '含有无法识别的字符', en: 'has bytes that are no character in the encoding of the file' },
    }));
}

function valueIssue(column: string): InputIssue {
  return {
    path: [column],
    rule: 'json_value',
    text: {
      zh: '须为字符串、数字、真假值、null，或不含分号的字符串数组',
      en: 'must be a string, a number, a boolean, null, or an array of strings without semicolons',
    },
  };
}

const NOT_AN_OBJECT: InputIssue = {
  path: [],
  rule: 'json',
  text: { zh: '不是完整的JSON对象', en: 'is no complete JSON object' },
};

const CSV_FAULTS: Readonly<Record<'QUOTES' | 'UNCLOSED_QUOTE' | 'LINE_LENGTH', InputIssue>> = {
  QUOTES: {
    path: [],
    rule: 'quotes',
    text: {
      zh: '引号不成对：格内的引号须写成两个',
      en: 'has quotes that do not pair: a quote within a quoted cell is written twice',
    },
  },
  UNCLOSED_QUOTE: {
    path: [],
    rule: 'unclosed_quote',
    text: { zh: '引号没有结束：文件可能被截断', en: 'opens a quote that never closes: the file may be cut off' },
  },
  LINE_LENGTH: {
    path: [],
    rule: 'line_length',
    text: { zh: '行太长', en: 'is too long a line' },
  },
};

/** Takes away the mark with which a rejects file keeps a cell from being read as a formula. */
function withoutNeutralMark(cell: string): string {
  return /^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell;
}
