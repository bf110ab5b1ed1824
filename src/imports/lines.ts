/** The longest line that is read, in UTF-16 code units. */
export const LONGEST_LINE = 1_000_000;

/** A physical line of a text, without its end. */
export type Line = {
  /** Counted from 1. */
  readonly number: number;
  /** Its text; only the beginning of a line that is longer than `LONGEST_LINE`. */
  readonly text: string;
  readonly isTooLong: boolean;
  /** Bytes of the source read so far. */
  readonly bytesRead: number;
};

/**
 * Splits a text into lines that end with LF or CR LF, or with CR alone where the first line does. In constant memory,
 * however long a line is.
 */
export async function* splitLines(
  pieces: AsyncIterable<{ readonly text: string; readonly bytesRead: number }>,
): AsyncGenerator<Line, void, void> {
  let end: '\n' | '\r' | null = null;
  let pending = '';
  let isTooLong = false;
  let number = 0;
  let bytesRead = 0;
  const line = (text: string): Line => {
    number += 1;
    const whole = end === '\n' && text.endsWith('\r') ? text.slice(0, -1) : text;
    const made = { number, text: whole.slice(0, LONGEST_LINE), isTooLong, bytesRead };
    isTooLong = false;
    return made;
  };
  for await (const piece of pieces) {
    bytesRead = piece.bytesRead;
    const text = pending + piece.text;
    end ??= endOf(text);
    let from = 0;
    if (end !== null) {
      for (let at = text.indexOf(end, from); at >= 0; at = text.indexOf(end, from)) {
        isTooLong ||= at - from > LONGEST_LINE;
        yield line(text.slice(from, at));
        from = at + 1;
      }
    }
    pending = text.slice(from);
    if (pending.length > LONGEST_LINE) {
      isTooLong = true;
      // The last unit stays apart: it may be the CR of a CR LF.
      pending = pending.slice(0, LONGEST_LINE) + pending.slice(-1);
    }
  }
  if (pending !== '') yield line(end === null ? pending.replace(/\r$/, '') : pending);
}

/** The line end that a text uses, or `null` as long as it cannot be told. */
function endOf(text: string): '\n' | '\r' | null {
  const at = text.search(/[\r\n]/);
  if (at < 0 || (text[at] === '\r' && at === text.length - 1)) return null;
  return text[at] === '\n' || text[at + 1] === '\n' ? '\n' : '\r';
}
