import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join, parse, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SingleBar } from 'cli-progress';
import { appendAudit } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { Locale } from '../failures.ts';
import { demandAtAll } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import type { ImportDefinition } from './definition.ts';
import { type ImportProgress, type ImportSummary, importList } from './import-list.ts';
import type { ImportFormat } from './records.ts';
import { wordsOf } from './rejects.ts';
import { fileSource } from './source.ts';
import { UnreadableFile } from './unreadable-file.ts';

/** What a user asks of the command line's `import`. */
export type ImportArguments<Row> = {
  readonly definition: ImportDefinition<Row>;
  readonly file: string;
  /** `csv` or `jsonl`. */
  readonly format?: string | undefined;
  readonly encoding?: string | undefined;
  /** Each `column=heading`. */
  readonly map?: readonly string[] | undefined;
  /** Each `column=value`. */
  readonly set?: readonly string[] | undefined;
  readonly dryRun?: boolean | undefined;
  /** Where rejected rows go; `FILE.rejects.csv` or `.jsonl` beside the file when left out. */
  readonly rejects?: string | undefined;
  /** Days by which every date is moved; none when left out. */
  readonly shiftDays?: number | undefined;
};

/** Where an import prints to. */
export type ImportOutput = {
  readonly print: (line: string) => void;
  /** A terminal to draw a progress bar on; `null` for plain lines. */
  readonly terminal: NodeJS.WriteStream | null;
  readonly locale: Locale;
};

/** Exit statuses of an import: every row went in; some were rejected; nothing could be read. */
export const IMPORT_STATUS = { allIn: 0, unreadable: 1, someRejected: 3 } as const;

/**
 * Imports a file of a list into the viewer's area and says in words what became of it.
 *
 * @returns one of `IMPORT_STATUS`
 * @throws NotAllowed, NotSignedIn when the viewer may not import lists
 */
export async function runImport<Row>(
  database: Database,
  viewer: Viewer,
  args: ImportArguments<Row>,
  { print, terminal, locale }: ImportOutput,
  clock: Clock,
): Promise<number> {
  demandAtAll(viewer, 'community.write');
  const { utcOffsetMinutes } = await database.prisma.area.findUniqueOrThrow({ where: { id: viewer.areaId } });
  const progress = terminal ? barProgress(terminal, locale) : lineProgress(print, locale);
  try {
    const source = await fileSource(args.file);
    const format = formatOf(args.format);
    const summary = await importList(database, args.definition, source, {
      context: {
        areaId: viewer.areaId,
        utcOffsetMinutes,
        shiftDays: args.shiftDays ?? 0,
        actorId: viewer.userId,
        now: clock(),
      },
      ...(format ? { format } : {}),
      ...(args.encoding ? { encoding: args.encoding } : {}),
      map: assignments(args.map ?? [], '--map'),
      set: assignments(args.set ?? [], '--set'),
      dryRun: args.dryRun ?? false,
      rejectsPath: (told) => rejectsPathOf(args, told),
      locale,
      onProgress: progress.show,
    });
    progress.end();
    if (!args.dryRun) await auditImport(database, viewer, args, summary, clock());
    for (const line of summaryLines(args.definition.list, summary, args.dryRun ?? false, locale)) print(line);
    return summary.rejected > 0 ? IMPORT_STATUS.someRejected : IMPORT_STATUS.allIn;
  } catch (error) {
    progress.end();
    if (error instanceof UnreadableFile) {
      print(locale === 'zh' ? `没有导入：${error.text.zh}` : `Nothing was imported. ${error.text.en}`);
      return IMPORT_STATUS.unreadable;
    }
    const { rows } = progress.last();
    print(
      locale === 'zh'
        ? `导入中断：前${rows}行已处理，其余没有写入；可重新导入，不会重复。`
        : `The import broke off: the first ${rows} rows were dealt with, the others were not written. Import the file again; nothing doubles.`,
    );
    throw error;
  }
}

/** One entry for the whole run: the rows themselves are in the lists, and those of needs and services in their ledgers. */
async function auditImport<Row>(
  database: Database,
  viewer: Viewer,
  { definition, file }: ImportArguments<Row>,
  { rows, created, updated, rejected }: ImportSummary,
  now: Date,
): Promise<void> {
  const body = { list: definition.list, sha256: await digestOf(file), rows, created, updated, rejected };
  const imported = { action: 'list.import', subjectType: 'Area', subjectId: viewer.areaId, body };
  await database.transaction((tx) => appendAudit(tx, viewer, imported, now));
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** The columns of a list, one a line, for `import LIST --columns`. */
export function columnLines(definition: Pick<ImportDefinition<never>, 'columns'>, locale: Locale): string[] {
  const width = Math.max(...definition.columns.map(({ name }) => name.length));
  return definition.columns.map(({ name, headings, required, meaning }) => {
    const mark = required ? '*' : ' ';
    const others =
      headings.length === 0 ? '' : locale === 'zh' ? `（${headings.join('、')}）` : ` (${headings.join(', ')})`;
    return `${mark} ${name.padEnd(width)}  ${meaning[locale]}${others}`;
  });
}

function formatOf(given: string | undefined): ImportFormat | undefined {
  if (given === undefined || given === 'csv' || given === 'jsonl') return given;
  throw new UnreadableFile('format', `没有格式${given}，只有csv和jsonl`, `There is no format ${given}: csv or jsonl`);
}

/** `column=value` pairs as a record. @throws UnreadableFile for one without an equals sign */
function assignments(pairs: readonly string[], option: string): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) {
        throw new UnreadableFile(
          'assignment',
          `${option}须为“列=…”，不是“${pair}”`,
          `${option} takes column=…, not ${JSON.stringify(pair)}`,
        );
      }
      return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    }),
  );
}

/** `lists/needs.csv` → `lists/needs.rejects.csv`. @throws UnreadableFile when it would be the file itself */
function rejectsPathOf(
  { file, rejects }: { readonly file: string; readonly rejects?: string | undefined },
  format: ImportFormat,
): string {
  const { dir, name } = parse(file);
  const path = rejects ?? join(dir, `${name}.rejects.${format}`);
  if (resolve(path) !== resolve(file)) return path;
  throw new UnreadableFile(
    'rejects',
    '被拒绝的行不能写回原文件',
    'Rejected rows cannot be written over the file that is imported',
  );
}

function summaryLines(list: string, summary: ImportSummary, dryRun: boolean, locale: Locale): string[] {
  const { rows, created, updated, rejected } = summary;
  const zh = locale === 'zh';
  const verdict = zh
    ? `${list}：${dryRun ? '试运行，没有写入。' : ''}共${rows}行，新增${created}，更新${updated}，拒绝${rejected}（${summary.encoding}）。`
    : `${list}: ${dryRun ? 'dry run, nothing was written. ' : ''}${rows} rows, ${created} created, ${updated} updated, ${rejected} rejected (${summary.encoding}).`;
  const lines = [verdict];
  if (summary.unknownHeadings.length > 0) {
    const names = summary.unknownHeadings.slice(0, 20).join(', ');
    lines.push(zh ? `未使用的表头：${names}` : `Headings that were left out: ${names}`);
  }
  for (const { line, issues } of summary.firstRejected) {
    const words = issues.map((issue) => `${wordsOf(issue, locale)} [${issue.rule}]`).join(zh ? '；' : '; ');
    lines.push(zh ? `  第${line}行：${words}` : `  line ${line}: ${words}`);
  }
  const more = rejected - summary.firstRejected.length;
  if (more > 0) lines.push(zh ? `  ……另有${more}行` : `  … and ${more} more`);
  if (summary.rejectsPath) {
    lines.push(
      zh
        ? `被拒绝的行在${summary.rejectsPath}，改好后可直接导入。`
        : `Rejected rows are in ${summary.rejectsPath}: put them right and import that file.`,
    );
  }
  return lines;
}

type ProgressDisplay = {
  readonly show: (progress: ImportProgress) => void;
  readonly last: () => ImportProgress;
  readonly end: () => void;
};

const NOTHING_YET: ImportProgress = { bytesRead: 0, bytesTotal: 0, rows: 0, rejected: 0 };

function barProgress(terminal: NodeJS.WriteStream, locale: Locale): ProgressDisplay {
  const format =
    locale === 'zh'
      ? ' {bar} {percentage}% | {rows}行，拒绝{rejected} | 剩余{eta_formatted}'
      : ' {bar} {percentage}% | {rows} rows, {rejected} rejected | {eta_formatted} left';
  const bar = new SingleBar({ format, stream: terminal, hideCursor: true, clearOnComplete: true });
  let last = NOTHING_YET;
  return {
    show: (progress) => {
      if (last === NOTHING_YET) bar.start(progress.bytesTotal, 0, progress);
      last = progress;
      bar.update(progress.bytesRead, progress);
    },
    last: () => last,
    end: () => bar.stop(),
  };
}

/** A line at every tenth of the file, for logs; none for a file that is read at once. */
function lineProgress(print: (line: string) => void, locale: Locale): ProgressDisplay {
  let last = NOTHING_YET;
  let told = 0;
  return {
    show: (progress) => {
      last = progress;
      const tenths = Math.floor((10 * progress.bytesRead) / progress.bytesTotal);
      if (tenths <= told || tenths >= 10) return;
      told = tenths;
      const { rows, rejected } = progress;
      print(
        locale === 'zh'
          ? `  ${tenths}0%：${rows}行，拒绝${rejected}`
          : `  ${tenths}0%: ${rows} rows, ${rejected} rejected`,
      );
    },
    last: () => last,
    end: () => {},
  };
}
