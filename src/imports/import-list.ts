import type { z } from 'zod';
import type { Database, Transaction } from '../database/database.ts';
import { sqlStateOf } from '../database/sql-state.ts';
import type { InputIssue, Locale } from '../failures.ts';
import { readIssue } from '../input.ts';
import type { ImportContext, ImportDefinition, ImportOutcome } from './definition.ts';
import { checkEncoding, detectEncoding } from './encoding.ts';
import { requireColumns } from './headings.ts';
import { detectFormat, type ImportFormat, openCsv, openJsonLines, type SourceRecord } from './records.ts';
import { openRejects } from './rejects.ts';
import type { ImportSource } from './source.ts';
import { UnreadableFile } from './unreadable-file.ts';

/** Rows that are checked and written in one transaction. */
const BATCH_ROWS = 1000;

/** How long one batch may take. */
const BATCH_TIMEOUT_MS = 300_000;

/** How many rejected rows a summary shows. */
const ISSUES_SHOWN = 20;

export type ImportOptions = {
  readonly context: ImportContext;
  /** Told from the file's name and content when left out. */
  readonly format?: ImportFormat;
  /** Detected when left out. */
  readonly encoding?: string;
  /** Column → heading of the file. */
  readonly map?: Readonly<Record<string, string>>;
  /** Column → value of every row. */
  readonly set?: Readonly<Record<string, string>>;
  /** Check everything, references too, and write nothing. Rows of other batches count as not there. */
  readonly dryRun?: boolean;
  /** Where rejected rows are written; nowhere when left out, and in a dry run. */
  readonly rejectsPath?: ((format: ImportFormat) => string) | null;
  /** Language of the rejects file. */
  readonly locale?: Locale;
  readonly onProgress?: (progress: ImportProgress) => void;
};

export type ImportProgress = {
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly rows: number;
  readonly rejected: number;
};

/** One rejected row of a summary. */
export type RejectedRow = { readonly line: number; readonly issues: readonly InputIssue[] };

/** What became of a list. `rows` is the sum of `created`, `updated` and `rejected`. */
export type ImportSummary = {
  readonly format: ImportFormat;
  readonly encoding: string;
  readonly rows: number;
  readonly created: number;
  readonly updated: number;
  readonly rejected: number;
  /** Headings or keys of the file that the list does not know and that were left out. */
  readonly unknownHeadings: readonly string[];
  /** The first rejected rows, by ascending line. */
  readonly firstRejected: readonly RejectedRow[];
  /** `null` when no row was rejected or none is kept. */
  readonly rejectsPath: string | null;
};

/**
 * Brings a list into the database: reads it as a stream, checks each row, and writes batches of 1,000 in transactions,
 * so that a list of any length needs the memory of a few batches. An entry with a known external id is written over. A row
 * that breaks a rule is kept out, and the others go in. To import the same file again changes nothing more.
 *
 * @throws UnreadableFile when the source as a whole cannot come in; nothing was written
 * @throws whatever ends the database connection; whole batches before it are in
 */
export async function importList<Row>(
  database: Database,
  definition: ImportDefinition<Row>,
  source: ImportSource,
  options: ImportOptions,
): Promise<ImportSummary> {
  const { context, map = {}, set = {}, dryRun = false, locale = 'en' } = options;
  const encoding = await (options.encoding ? checkEncoding(source, options.encoding) : detectEncoding(source));
  const format = options.format ?? (await detectFormat(source, encoding));
  const fitting = { map, set };
  const reader =
    format === 'csv'
      ? await openCsv(source, encoding, definition.columns, fitting)
      : openJsonLines(source, encoding, definition.columns, fitting);
  const rejects = openRejects(dryRun ? null : (options.rejectsPath?.(format) ?? null), format, reader.headings, locale);
  const schema = definition.schema(context);
  const counts = { rows: 0, created: 0, updated: 0, rejected: 0 };
  const firstRejected: RejectedRow[] = [];

  const settle = async (batch: readonly CheckedRecord<Row>[]): Promise<void> => {
    const outcomes = (await writeBatch(database, definition, context, batch, dryRun)).values();
    for (const { record, row, issues } of batch) {
      const outcome = row === null ? { outcome: 'REJECTED' as const, issues } : outcomes.next().value!;
      counts.rows += 1;
      if (outcome.outcome === 'REJECTED') {
        counts.rejected += 1;
        if (firstRejected.length < ISSUES_SHOWN) firstRejected.push({ line: record.line, issues: outcome.issues });
        await rejects.write(record, outcome.issues);
      } else if (outcome.outcome === 'CREATED') counts.created += 1;
      else counts.updated += 1;
    }
    options.onProgress?.({
      bytesRead: batch.at(-1)!.record.bytesRead,
      bytesTotal: source.sizeBytes,
      rows: counts.rows,
      rejected: counts.rejected,
    });
  };

  let rejectsPath: string | null;
  try {
    let batch: CheckedRecord<Row>[] = [];
    let isFirst = true;
    const end = async (): Promise<void> => {
      // Keys of JSON lines are known only when lines have been read; without a required one no line could go in.
      if (isFirst) requireColumns(definition.columns, reader.found(), [...reader.unknown(), ...reader.found()]);
      isFirst = false;
      await settle(batch);
      batch = [];
    };
    for await (const record of reader.records) {
      batch.push(check(schema, record));
      if (batch.length === BATCH_ROWS) await end();
    }
    if (batch.length > 0) await end();
  } finally {
    rejectsPath = await rejects.close();
  }
  if (counts.rows === 0) throw new UnreadableFile('no_rows', '文件里没有数据行', 'The file has no rows');
  return { format, encoding, ...counts, unknownHeadings: reader.unknown(), firstRejected, rejectsPath };
}

/** A record with its row, or `null` and what is wrong with it. */
type CheckedRecord<Row> = {
  readonly record: SourceRecord;
  readonly row: Row | null;
  readonly issues: readonly InputIssue[];
};

function check<Row>(schema: z.ZodType<Row, Record<string, string>>, record: SourceRecord): CheckedRecord<Row> {
  if (record.issues.length > 0) return { record, row: null, issues: record.issues };
  const parsed = schema.safeParse(record.values, { reportInput: true });
  if (parsed.success) return { record, row: parsed.data, issues: [] };
  return { record, row: null, issues: parsed.error.issues.map((issue) => readIssue(issue)) };
}

/** Writes the rows of a batch that have one. Gives one outcome each, in their order. */
async function writeBatch<Row>(
  database: Database,
  definition: ImportDefinition<Row>,
  context: ImportContext,
  batch: readonly CheckedRecord<Row>[],
  dryRun: boolean,
): Promise<readonly ImportOutcome[]> {
  const rows = batch.flatMap(({ row }) => (row === null ? [] : [row]));
  return writeRows(rows);

  /** A batch that the database refuses is halved until only the rows at fault are left out. */
  async function writeRows(part: readonly Row[]): Promise<readonly ImportOutcome[]> {
    if (part.length === 0) return [];
    try {
      return await inTransaction(database, dryRun, (tx) => writeInOrder(tx, definition, context, part));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (part.length === 1) return [{ outcome: 'REJECTED', issues: [refusalIssue(error)] }];
      const middle = part.length >> 1;
      return [...(await writeRows(part.slice(0, middle))), ...(await writeRows(part.slice(middle)))];
    }
  }
}

/** Writes rows so that of several with one external id the last one stands, as if each row had come alone. */
async function writeInOrder<Row>(
  tx: Transaction,
  definition: ImportDefinition<Row>,
  context: ImportContext,
  rows: readonly Row[],
): Promise<readonly ImportOutcome[]> {
  const outcomes: ImportOutcome[] = new Array(rows.length);
  const seen = new Map<string, number>();
  const rounds = Map.groupBy(rows.keys(), (index) => {
    const externalId = definition.externalIdOf(rows[index]!);
    const round = seen.get(externalId) ?? 0;
    seen.set(externalId, round + 1);
    return round;
  });
  for (const indexes of rounds.values()) {
    const written = await definition.write(
      tx,
      context,
      indexes.map((index) => rows[index]!),
    );
    for (const [at, index] of indexes.entries()) outcomes[index] = written[at]!;
  }
  return outcomes;
}

class RolledBack extends Error {
  readonly outcomes: readonly ImportOutcome[];

  constructor(outcomes: readonly ImportOutcome[]) {
    super('A dry run ends its transactions so.');
    this.outcomes = outcomes;
  }
}

async function inTransaction(
  database: Database,
  dryRun: boolean,
  write: (tx: Transaction) => Promise<readonly ImportOutcome[]>,
): Promise<readonly ImportOutcome[]> {
  try {
    return await database.transaction(
      async (tx) => {
        const outcomes = await write(tx);
        if (dryRun) throw new RolledBack(outcomes);
        return outcomes;
      },
      { timeoutMs: BATCH_TIMEOUT_MS },
    );
  } catch (error) {
    if (error instanceof RolledBack) return error.outcomes;
    throw error;
  }
}

/** Whether the database refused what was written: a bad value (22), a broken constraint (23), a rule of ours (LD), a limit (54). */
function isRefusal(error: unknown): boolean {
  return /^(?:22|23|54|LD)/.test(sqlStateOf(error) ?? '');
}

function refusalIssue(error: unknown): InputIssue {
  const said = messageOf(error);
  return {
    path: [],
    rule: `database_${sqlStateOf(error)}`,
    text: { zh: `数据库拒绝了这一行：${said}`, en: `was refused by the database: ${said}` },
  };
}

/** What PostgreSQL said, from within the errors that wrap it. */
function messageOf(error: unknown): string {
  let at = error;
  for (let depth = 0; depth < 8 && typeof at === 'object' && at !== null; depth += 1) {
    const fields = at as Record<string, unknown>;
    if (typeof fields.originalMessage === 'string') return fields.originalMessage;
    const next = fields.cause ?? (fields.meta as Record<string, unknown> | undefined)?.driverAdapterError;
    if (next === undefined) return String(fields.message ?? '').slice(0, 300);
    at = next;
  }
  return '';
}
