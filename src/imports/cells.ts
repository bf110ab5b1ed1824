import { z } from 'zod';
import type { InputIssue } from '../failures.ts';
import { rule } from '../input.ts';
import type { ImportContext, ImportOutcome } from './definition.ts';
import { parseInstant, parseLocalDate, shiftDate, shiftInstant } from './local-time.ts';

/** What a cell is read from: absent where the file has no such column. */
type Cell = z.ZodType<string | undefined, string | undefined>;

const cell: Cell = z.string().optional();

/** A cell's text, trimmed; an absent one is empty. */
export const textCell = cell.transform((text) => text?.trim() ?? '');

/** A cell's text, or `null` where it is empty. */
export const optionalTextCell = cell.transform((text) => text?.trim() || null);

/** The entries of a list cell, separated by `;` (also `；` and `、`), without empty and repeated ones. */
export const listCell = cell.transform((text) => entriesOf(text, /[;；、\r\n]/));

/** As `listCell`, for codes and words that hold no commas: separated by commas, too. */
export const wordListCell = cell.transform((text) => entriesOf(text, /[,，;；、\r\n]/));

/** A whole number, `null` where the cell is empty. Full-width digits and separators of thousands are read too. */
export const wholeNumberCell = optionalCell(
  (text) => {
    const digits = withoutThousands(text);
    return /^[+-]?\d{1,15}(?:\.0+)?$/.test(digits) ? Number(digits) : null;
  },
  rule('whole_number', '须为整数', 'must be a whole number'),
);

/** A decimal number such as a latitude, `null` where the cell is empty. */
export const decimalCell = optionalCell(
  (text) => {
    const digits = text.normalize('NFKC').trim();
    return /^[+-]?\d{1,15}(?:\.\d{1,20})?$/.test(digits) ? Number(digits) : null;
  },
  rule('decimal', '须为数字', 'must be a number'),
);

/** An amount in yuan as whole fen, exactly; `null` where the cell is empty. `¥`, `元` and 免费 are understood. */
export const yuanCell = optionalCell(
  fenOfYuan,
  rule(
    'yuan',
    '须为以元计的金额，至多两位小数，如12.50',
    'must be an amount in yuan with at most two decimals, e.g. 12.50',
  ),
);

/**
 * An instant, see `parseInstant`; `null` where the cell is empty. Moved by the context's days.
 *
 * @param dateAlone END for the end of a span of time, where the day named is still in it
 */
export function instantCell({ utcOffsetMinutes, shiftDays }: ImportContext, dateAlone?: 'BEGINNING' | 'END') {
  return optionalCell(
    (text) => {
      const instant = parseInstant(text, utcOffsetMinutes, dateAlone);
      return instant && shiftInstant(instant, shiftDays);
    },
    rule('date_time', '不是日期或时间，应如2026-11-24 08:30', 'must be a date or time such as 2026-11-24 08:30'),
  );
}

/** A calendar date as `YYYY-MM-DD`; `null` where the cell is empty. Moved by so many days. */
export function dateCell(shiftDays = 0) {
  return optionalCell(
    (text) => {
      const date = parseLocalDate(text);
      return date && shiftDate(date, shiftDays);
    },
    rule('date', '不是日期，应如2026-11-24', 'must be a date such as 2026-11-24'),
  );
}

/**
 * One of a closed set of values, by its English code (in any case) or by a Chinese term; `null` where the cell is empty.
 *
 * @param terms for each value the terms by which it is known, best first
 */
export function choiceCell<Value extends string>(terms: Readonly<Record<Value, readonly string[]>>) {
  const known = knownTerms(terms);
  const values = Object.keys(terms) as Value[];
  const words = values.map((value) => `${value}（${terms[value][0]}）`);
  return optionalCell(
    (text) => known.get(termKey(text)) ?? null,
    rule('choice', `须为以下之一：${words.join('、')}`, `must be one of ${values.join(', ')}`),
  );
}

/** Any number of a closed set of values, by code or Chinese term, separated as in `listCell`. */
export function choiceListCell<Value extends string>(terms: Readonly<Record<Value, readonly string[]>>) {
  const known = knownTerms(terms);
  const values = Object.keys(terms) as Value[];
  return listCell.transform((entries, context) => {
    const found = entries.map((entry) => known.get(termKey(entry)) ?? null);
    const strange = entries.filter((_, index) => found[index] === null);
    if (strange.length === 0) return [...new Set(found as Value[])];
    context.addIssue({
      code: 'custom',
      ...rule(
        'choice',
        `不认识${strange.join('、')}，须为${values.map((value) => `${value}（${terms[value][0]}）`).join('、')}`,
        `does not know ${strange.join(', ')}: must be of ${values.join(', ')}`,
      ),
    });
    return z.NEVER;
  });
}

/** A cell that `read` understands; `null` where it is empty, an issue where `read` gives `null`. */
export function optionalCell<T>(read: (text: string) => T | null, broken: ReturnType<typeof rule>) {
  return cell.transform((text, context): T | null => {
    const trimmed = text?.trim() ?? '';
    if (trimmed === '') return null;
    const value = read(trimmed);
    if (value !== null) return value;
    context.addIssue({ code: 'custom', ...broken });
    return z.NEVER;
  });
}

/**
 * Reads a record in two steps: its cells one by one, then the row that they make by the rules that also hold for a
 * single entry, so that a list and a form have the same rules. Issues of the second step are named by column.
 *
 * @param columnOf the column of a row's field, where it is not the field's name in snake_case
 */
export function recordSchema<Read extends object, Row>(
  cells: z.ZodType<Read, Record<string, string | undefined>>,
  rowFrom: (read: Read) => unknown,
  row: z.ZodType<Row>,
  columnOf: Readonly<Record<string, string>> = {},
): z.ZodType<Row, Record<string, string>> {
  return z.record(z.string(), z.string()).transform((record, context): Row => {
    const read = cells.safeParse(record, { reportInput: true });
    const parsed = read.success ? row.safeParse(rowFrom(read.data), { reportInput: true }) : read;
    if (read.success && parsed.success) return parsed.data as Row;
    for (const issue of parsed.error!.issues) {
      const [field, ...rest] = issue.path;
      const column = read.success ? columnOfField(String(field), columnOf) : String(field);
      context.issues.push({ ...issue, input: issue.input, path: [column, ...rest] } as z.core.$ZodRawIssue);
    }
    return z.NEVER;
  });
}

/** What became of rows, with the issues of rejected ones named by column instead of by field. */
export function rejectionByColumn(
  outcomes: readonly ImportOutcome[],
  columnOf: Readonly<Record<string, string>> = {},
): readonly ImportOutcome[] {
  return outcomes.map((outcome) =>
    outcome.outcome === 'REJECTED'
      ? { ...outcome, issues: outcome.issues.map((issue) => issueByColumn(issue, columnOf)) }
      : outcome,
  );
}

/** Issues of rejected rows as issues of a mutation's argument, by field of the input. */
export function issuesWithin(
  argument: string,
  issues: readonly InputIssue[],
  inputFieldOf: Readonly<Record<string, string>> = {},
): readonly InputIssue[] {
  return issues.map((issue) => {
    const [field, ...rest] = issue.path;
    return { ...issue, path: [argument, ...(field === undefined ? [] : [inputFieldOf[field] ?? field]), ...rest] };
  });
}

function issueByColumn(issue: InputIssue, columnOf: Readonly<Record<string, string>>): InputIssue {
  const [field, ...rest] = issue.path;
  return field === undefined ? issue : { ...issue, path: [columnOfField(String(field), columnOf), ...rest] };
}

/** The column of a row's field: by the table, or its name in snake_case. */
export function columnOfField(field: string, columnOf: Readonly<Record<string, string>>): string {
  return columnOf[field] ?? field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Whole fen of an amount in yuan, by its digits; `null` where it is none. */
export function fenOfYuan(text: string): number | null {
  if (FREE.has(text.trim())) return 0;
  const plain = text.normalize('NFKC').trim();
  const figure = plain.endsWith('元') ? plain.slice(0, -1).trimEnd() : plain;
  const amount = withoutThousands(figure.replace(/^[¥￥]\s*/, ''));
  const [, yuan, decimals = ''] = /^(\d{1,12})(?:\.(\d{1,2})0*)?$/.exec(amount) ?? [];
  return yuan === undefined ? null : Number(yuan) * 100 + Number(decimals.padEnd(2, '0'));
}

const FREE = new Set(['免费', '无偿', '公益', 'free', 'Free', 'FREE']);

function entriesOf(text: string | undefined, separator: RegExp): string[] {
  const entries = (text ?? '').split(separator).map((entry) => entry.trim());
  return [...new Set(entries.filter((entry) => entry !== ''))];
}

/** `1,234` and `１，２３４` as `1234`; other commas are left where they are. */
function withoutThousands(text: string): string {
  const plain = text.normalize('NFKC').trim();
  return /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(plain) ? plain.replaceAll(',', '') : plain;
}

function knownTerms<Value extends string>(terms: Readonly<Record<Value, readonly string[]>>): Map<string, Value> {
  return new Map(
    (Object.entries(terms) as [Value, readonly string[]][]).flatMap(([value, names]) =>
      [value, ...names].map((name) => [termKey(name), value] as const),
    ),
  );
}

function termKey(text: string): string {
  return text
    .normalize('NFKC')
    .trim()
    .toUpperCase()
    .replace(/[\s-]+/g, '_');
}
