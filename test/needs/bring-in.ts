import type { Database } from '../../src/database/database.ts';
import type { InputIssue } from '../../src/failures.ts';
import type { ImportContext, ImportDefinition, ImportOutcome } from '../../src/imports/definition.ts';
import { readIssue } from '../../src/input.ts';
import { NOW } from '../area.ts';

/** Kaili's local time, at the test's now. */
export function importContext(areaId: string, given: Partial<ImportContext> = {}): ImportContext {
  return { areaId, utcOffsetMinutes: 480, shiftDays: 0, actorId: null, now: NOW, ...given };
}

/** One record checked by a list's rules: the row that it makes, or what is wrong with it. */
export function readRecord<Row>(
  definition: ImportDefinition<Row>,
  context: ImportContext,
  record: Record<string, string>,
): { readonly row: Row } | { readonly issues: readonly InputIssue[] } {
  const parsed = definition.schema(context).safeParse(record, { reportInput: true });
  return parsed.success ? { row: parsed.data } : { issues: parsed.error.issues.map((issue) => readIssue(issue)) };
}

/** Brings records in as one batch in one transaction, and gives what became of each. Every record must be well-formed. */
export async function bringIn<Row>(
  database: Database,
  definition: ImportDefinition<Row>,
  context: ImportContext,
  records: readonly Record<string, string>[],
): Promise<readonly ImportOutcome[]> {
  const rows = records.map((record) => {
    const read = readRecord(definition, context, record);
    if ('issues' in read) throw new Error(JSON.stringify(read.issues));
    return read.row;
  });
  return database.transaction((tx) => definition.write(tx, context, rows));
}
