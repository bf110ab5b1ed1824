import type { ImportColumn } from './definition.ts';
import { UnreadableFile } from './unreadable-file.ts';

/** How a user fits a foreign file to a list: columns taken from other headings, and columns with one value for all rows. */
export type Fitting = {
  /** Column → heading of the file. */
  readonly map: Readonly<Record<string, string>>;
  /** Column → value of every row. */
  readonly set: Readonly<Record<string, string>>;
};

/** Which columns are read from which places of the file. */
export type HeadingPlan = {
  readonly sources: readonly { readonly column: string; readonly index: number }[];
  /** Headings that no column is read from, as they stand. */
  readonly unknown: readonly string[];
};

/** Headings that a rejects file has beside those of the original. */
export const REJECT_HEADINGS = ['rejected_line', 'rejected_column', 'rejected_rule', 'rejected_message'] as const;

/**
 * Finds the columns of a list among the headings of a file: by `fitting`, by name, by another heading of the column.
 *
 * @throws UnreadableFile when a required column is missing, a heading is there twice, or `fitting` names something that
 *   is not there
 */
export function planHeadings(
  columns: readonly ImportColumn[],
  headings: readonly string[],
  fitting: Fitting,
): HeadingPlan {
  checkFitting(columns, fitting);
  const places = Map.groupBy(headings.keys(), (index) => headingKey(headings[index]!));
  const sources: { column: string; index: number }[] = [];
  const used = new Set<string>();
  for (const { name, headings: aliases } of columns) {
    if (Object.hasOwn(fitting.set, name)) continue;
    const mapped = fitting.map[name];
    const keys = (mapped === undefined ? [name, ...aliases] : [mapped]).map(headingKey);
    const found = keys.find((key) => places.has(key));
    if (found === undefined && mapped !== undefined) throw noSuchHeading(name, mapped, headings);
    if (found === undefined) continue;
    const [index, second] = places.get(found)!;
    if (second !== undefined) {
      throw new UnreadableFile(
        'duplicate_heading',
        `表头“${headings[index!]}”出现了不止一次`,
        `The heading ${JSON.stringify(headings[index!])} is there more than once`,
      );
    }
    sources.push({ column: name, index: index! });
    used.add(found);
  }
  requireColumns(columns, [...sources.map(({ column }) => column), ...Object.keys(fitting.set)], headings);
  return { sources, unknown: headings.filter((heading) => isUnknown(headingKey(heading), used)) };
}

/**
 * The columns that each key of a JSON line is for.
 *
 * @throws UnreadableFile when `fitting` names a column that the list does not have
 */
export function planKeys(columns: readonly ImportColumn[], fitting: Fitting): (key: string) => readonly string[] {
  checkFitting(columns, fitting);
  const columnsOfKey = new Map<string, string[]>();
  for (const { name, headings } of columns) {
    if (Object.hasOwn(fitting.set, name)) continue;
    const mapped = fitting.map[name];
    for (const key of mapped === undefined ? [name, ...headings] : [mapped]) {
      const known = columnsOfKey.get(headingKey(key));
      if (known) known.push(name);
      else columnsOfKey.set(headingKey(key), [name]);
    }
  }
  const found = new Map<string, readonly string[]>();
  return (key) => {
    let names = found.get(key);
    if (names === undefined) {
      names = columnsOfKey.get(headingKey(key)) ?? [];
      // Keys are few; a file that has a new one in every line must not fill the memory.
      if (found.size < 1000) found.set(key, names);
    }
    return names;
  };
}

/** @throws UnreadableFile that names the required columns which are not among those found */
export function requireColumns(
  columns: readonly ImportColumn[],
  found: readonly string[],
  headings: readonly string[],
): void {
  const missing = columns.filter((column) => column.required && !found.includes(column.name));
  if (missing.length === 0) return;
  const seen = headings.slice(0, 40).join(', ');
  throw new UnreadableFile(
    'missing_column',
    `缺少必填列：${missing.map(({ name, headings: [first = name] }) => `${name}（${first}）`).join('、')}。文件中的表头：${seen}。可用--map 列=表头指明`,
    `Required columns are missing: ${missing.map(({ name }) => name).join(', ')}. The file has: ${seen}. Say where they are with --map column=heading`,
  );
}

/** The delimiter with which the first line gives most of the list's headings: a comma, semicolon, tab or bar. */
export function detectDelimiter(columns: readonly ImportColumn[], firstLine: string, { map }: Fitting): string {
  const known = new Set(
    [...columns.flatMap(({ name, headings }) => [name, ...headings]), ...Object.values(map)].map(headingKey),
  );
  let best = { delimiter: ',', hits: 0, cells: 1 };
  for (const delimiter of [',', ';', '\t', '|']) {
    const cells = firstLine.split(delimiter);
    const hits = cells.filter((cell) => known.has(headingKey(cell.trim().replace(/^"|"$/g, '')))).length;
    if (hits > best.hits || (hits === best.hits && cells.length > best.cells)) {
      best = { delimiter, hits, cells: cells.length };
    }
  }
  return best.delimiter;
}

function checkFitting(columns: readonly ImportColumn[], { map, set }: Fitting): void {
  const strange = [...Object.keys(map), ...Object.keys(set)].find(
    (name) => !columns.some((column) => column.name === name),
  );
  if (strange === undefined) return;
  const names = columns.map(({ name }) => name).join(', ');
  throw new UnreadableFile(
    'unknown_column',
    `没有列“${strange}”，可用的列：${names}`,
    `There is no column ${JSON.stringify(strange)}; the list has ${names}`,
  );
}

function noSuchHeading(column: string, heading: string, headings: readonly string[]): UnreadableFile {
  return new UnreadableFile(
    'no_such_heading',
    `列${column}应取自表头“${heading}”，但文件中的表头只有：${headings.join(', ')}`,
    `The column ${column} is to come from ${JSON.stringify(heading)}, but the file has only: ${headings.join(', ')}`,
  );
}

function isUnknown(key: string, used: ReadonlySet<string>): boolean {
  return key !== '' && !used.has(key) && !(REJECT_HEADINGS as readonly string[]).includes(key);
}

/** No known heading is longer; a line of a million blanks or brackets would else take the square of its length. */
const LONGEST_HEADING = 200;

/** A heading without differences of case, width, blanks, and without what stands in brackets: `服务半径（米）` is 服务半径. */
function headingKey(heading: string): string {
  return heading
    .slice(0, LONGEST_HEADING)
    .replace(/^\uFEFF/, '')
    .normalize('NFKC')
    .replace(/\s*\([^)]*\)\s*$/, '')
    .replace(/[*＊\s]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase();
}
