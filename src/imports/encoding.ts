import iconv from 'iconv-lite';
import type { ImportSource } from './source.ts';
import { UnreadableFile } from './unreadable-file.ts';

/** What stands in a text in the place of bytes that are no character. */
export const REPLACEMENT_CHARACTER = '\uFFFD';

/** Files that people take for a list, by their first bytes. */
const OTHER_FILES: readonly (readonly [readonly number[], string, string, string])[] = [
  [
    [0x50, 0x4b, 0x03, 0x04],
    'spreadsheet',
    '这是Excel工作簿（.xlsx）或压缩包',
    'This is an Excel workbook (.xlsx) or a zip archive',
  ],
  [[0xd0, 0xcf, 0x11, 0xe0], 'spreadsheet', '这是旧版Excel工作簿（.xls）', 'This is an old Excel workbook (.xls)'],
  [[0x1f, 0x8b], 'compressed', '这是gzip压缩文件', 'This is a gzip archive'],
  [[0x52, 0x61, 0x72, 0x21], 'compressed', '这是RAR压缩文件', 'This is a RAR archive'],
  [[0x37, 0x7a, 0xbc, 0xaf], 'compressed', '这是7z压缩文件', 'This is a 7z archive'],
  [[0x25, 0x50, 0x44, 0x46], 'binary', '这是PDF文件', 'This is a PDF document'],
  [[0x89, 0x50, 0x4e, 0x47], 'binary', '这是图片', 'This is an image'],
  [[0xff, 0xd8, 0xff], 'binary', '这是图片', 'This is an image'],
];

/**
 * Finds out in what encoding a list is written, by reading all of it: the one of its byte order mark, UTF-8 where the
 * bytes are (nearly) all valid UTF-8, otherwise GB18030, which holds GBK and GB2312.
 *
 * @returns a name that `iconv-lite` knows
 * @throws UnreadableFile when the source is empty, is no text, or is in neither encoding
 */
export async function detectEncoding(source: ImportSource): Promise<string> {
  const head = await firstBytes(source);
  const marked = markedEncoding(head);
  if (marked !== null) return marked;
  refuseOtherFiles(head);
  const utf8 = await tally(source, new TextDecoder('utf-8'));
  if (utf8.isBlank) throw empty();
  // A few broken characters in much good text are damage to be reported by row; text of another encoding is nearly all broken.
  if (utf8.broken * 10 <= utf8.foreign) return 'utf-8';
  const gb18030 = await tally(source, new TextDecoder('gb18030'));
  if (gb18030.broken * 10 <= gb18030.foreign && (await isChinesePairs(source))) return 'gb18030';
  throw new UnreadableFile(
    'encoding',
    '既不是UTF-8也不是GB18030（GBK），请用--encoding指明编码，如windows-1252',
    'This is neither UTF-8 nor GB18030 (GBK): say its encoding with --encoding, e.g. windows-1252',
  );
}

/**
 * Checks an encoding that the user states, and that the source is text in the first place.
 *
 * @throws UnreadableFile when there is no such encoding, or the source is empty or no text
 */
export async function checkEncoding(source: ImportSource, encoding: string): Promise<string> {
  if (!iconv.encodingExists(encoding)) {
    throw new UnreadableFile('encoding', `没有编码${encoding}`, `There is no encoding ${encoding}`);
  }
  const head = await firstBytes(source);
  if (!/^utf-?(16|32)/i.test(encoding)) refuseOtherFiles(head);
  return encoding;
}

/** The text of a source in pieces, without its byte order mark, and how many bytes have been read for it. */
export async function* decode(
  source: ImportSource,
  encoding: string,
): AsyncGenerator<{ readonly text: string; readonly bytesRead: number }, void, void> {
  const decoder = iconv.getDecoder(encoding);
  let bytesRead = 0;
  for await (const chunk of source.open()) {
    bytesRead += chunk.length;
    yield { text: decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)), bytesRead };
  }
  const rest = decoder.end();
  if (rest) yield { text: rest, bytesRead };
}

/** The first 64 KiB, or all there is. */
async function firstBytes(source: ImportSource): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source.open()) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= 65_536) break;
  }
  if (length === 0) throw empty();
  return Buffer.concat(chunks).subarray(0, 65_536);
}

function markedEncoding(head: Uint8Array): string | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return null;
}

function refuseOtherFiles(head: Uint8Array): void {
  for (const [signature, rule, zh, en] of OTHER_FILES) {
    if (signature.every((byte, at) => head[at] === byte)) {
      throw new UnreadableFile(
        rule,
        `${zh}，请另存为“CSV UTF-8”后再导入`,
        `${en}: save the list as "CSV UTF-8" and import that`,
      );
    }
  }
  if (head.includes(0)) {
    throw new UnreadableFile('binary', '这不是文本文件（含有零字节）', 'This is not a text file: it has zero bytes');
  }
  if (/^\s*<(?:!doctype|html|table|\?xml)/i.test(Buffer.from(head.subarray(0, 200)).toString('latin1'))) {
    throw new UnreadableFile(
      'markup',
      '这是网页或XML文件，请另存为“CSV UTF-8”后再导入',
      'This is a web page or XML: save the list as "CSV UTF-8" and import that',
    );
  }
}

/** How many characters beyond ASCII a decoder finds, and how many places it cannot read. */
async function tally(
  source: ImportSource,
  decoder: TextDecoder,
): Promise<{ readonly foreign: number; readonly broken: number; readonly isBlank: boolean }> {
  let foreign = 0;
  let broken = 0;
  let isBlank = true;
  const count = (text: string): void => {
    isBlank &&= text.trim() === '';
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      if (unit === 0xfffd) broken += 1;
      else if (unit > 0x7f) foreign += 1;
    }
  };
  for await (const chunk of source.open()) count(decoder.decode(chunk, { stream: true }));
  count(decoder.decode());
  return { foreign, broken, isBlank };
}

/**
 * Whether high bytes stand in pairs, as those of common Chinese characters in GB18030 do. In Western encodings a high
 * byte is mostly followed by a letter, which GB18030 would read as some rare character.
 */
async function isChinesePairs(source: ImportSource): Promise<boolean> {
  let pairs = 0;
  let singles = 0;
  let isAfterHigh = false;
  for await (const chunk of source.open()) {
    for (const byte of chunk) {
      if (!isAfterHigh) isAfterHigh = byte >= 0x81;
      else {
        if (byte >= 0xa1) pairs += 1;
        else singles += 1;
        isAfterHigh = false;
      }
    }
  }
  return pairs > singles;
}

function empty(): UnreadableFile {
  return new UnreadableFile('empty', '文件是空的', 'The file is empty');
}
