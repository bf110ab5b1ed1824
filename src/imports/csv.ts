import type { Line } from './lines.ts';

/** The most lines that one record may have. */
const MOST_LINES = 2000;

/** A record of a CSV text, as it stands. */
export type CsvRecord = {
  /** The line in which it begins, counted from 1. */
  readonly line: number;
  readonly cells: readonly string[];
  /** What keeps its cells from being told apart; then `cells` has its first line as one cell. */
  readonly fault: 'QUOTES' | 'UNCLOSED_QUOTE' | 'LINE_LENGTH' | null;
  readonly bytesRead: number;
};

/**
 * Reads CSV after RFC 4180: cells may be quoted, hold line ends and doubled quotes. It is written here because a broken
 * quote must not cost the rows after it: the line in which the quote stands is given as faulty, and reading begins anew at
 * the next line. Blank lines are left out.
 *
 * @param delimiter one character
 */
export async function* readCsv(lines: AsyncIterable<Line>, delimiter: string): AsyncGenerator<CsvRecord, void, void> {
  let open: OpenRecord | null = null;
  // After a broken quote, quotes in the midst of cells are the rest of what broke.
  let isAfterFault = false;

  function* take(line: Line): Generator<CsvRecord> {
    const again: Line[] = [line];
    for (let next = again.pop(); next !== undefined; next = again.pop()) {
      if (open === null && next.text.trim() === '') continue;
      if (next.isTooLong) {
        if (open !== null) yield* giveUp('UNCLOSED_QUOTE', again);
        yield faulty(next, 'LINE_LENGTH');
        continue;
      }
      if (open === null && !next.text.includes('"')) {
        isAfterFault = false;
        yield { line: next.number, cells: next.text.split(delimiter), fault: null, bytesRead: next.bytesRead };
        continue;
      }
      open ??= { lines: [], cells: [], cell: null };
      open.lines.push(next);
      const state = readLine(open, next.text, delimiter, isAfterFault);
      if (state === 'BROKEN') yield* giveUp('QUOTES', again);
      else if (state === 'COMPLETE') {
        isAfterFault = false;
        yield { line: open.lines[0]!.number, cells: open.cells, fault: null, bytesRead: next.bytesRead };
        open = null;
      } else if (open.lines.length >= MOST_LINES) yield* giveUp('UNCLOSED_QUOTE', again);
    }
  }

  function* giveUp(fault: 'QUOTES' | 'UNCLOSED_QUOTE', again: Line[]): Generator<CsvRecord> {
    const [first, ...rest] = open!.lines;
    open = null;
    isAfterFault = true;
    again.push(...rest.reverse());
    yield faulty(first!, fault);
  }

  for await (const line of lines) yield* take(line);
  while (open !== null) {
    const again: Line[] = [];
    yield* giveUp('UNCLOSED_QUOTE', again);
    for (const line of again.reverse()) yield* take(line);
  }
}

type OpenRecord = {
  readonly lines: Line[];
  readonly cells: string[];
  /** What a quoted cell that is still open holds so far. */
  cell: string | null;
};

/** Reads one line into a record: whether the record is now complete, goes on in the next line, or breaks the rules of quotes. */
function readLine(
  record: OpenRecord,
  text: string,
  delimiter: string,
  isStrict: boolean,
): 'COMPLETE' | 'OPEN' | 'BROKEN' {
  let at = 0;
  for (;;) {
    const quote = record.cell === null ? openingQuote(text, at) : -1;
    if (record.cell === null && quote < 0) {
      const end = text.indexOf(delimiter, at);
      const cell = text.slice(at, end < 0 ? undefined : end);
      if (isStrict && cell.includes('"')) return 'BROKEN';
      record.cells.push(cell);
      if (end < 0) return 'COMPLETE';
      at = end + 1;
      continue;
    }
    if (record.cell === null) {
      record.cell = '';
      at = quote + 1;
    }
    const close = closingQuote(text, at);
    const content = text.slice(at, close < 0 ? undefined : close).replaceAll('""', '"');
    if (close < 0) {
      record.cell += `${content}\n`;
      return 'OPEN';
    }
    record.cells.push(record.cell + content);
    record.cell = null;
    at = afterSpaces(text, close + 1);
    if (at === text.length) return 'COMPLETE';
    if (text[at] !== delimiter) return 'BROKEN';
    at += 1;
  }
}

/** The place of the quote with which a cell begins, after spaces; -1 where it begins with none. */
function openingQuote(text: string, from: number): number {
  const at = afterSpaces(text, from);
  return text[at] === '"' ? at : -1;
}

function afterSpaces(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ') at += 1;
  return at;
}

/** The place of the next quote that is not doubled; -1 where there is none. */
function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at;
  }
  return -1;
}

function faulty(line: Line, fault: CsvRecord['fault']): CsvRecord {
  return { line: line.number, cells: [line.text], fault, bytesRead: line.bytesRead };
}
