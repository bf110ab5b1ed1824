import type { Database } from '../../src/database/database.ts';
import type { ImportContext, ImportDefinition, ImportOutcome } from '../../src/imports/definition.ts';
import { NOW } from '../area.ts';

/** Kaili, on the day of the tests. */
export function contextOf(areaId: string, changes: Partial<ImportContext> = {}): ImportContext {
  return { areaId, utcOffsetMinutes: 480, shiftDays: 0, actorId: null, now: NOW, ...changes };
}

/** Writes records of a list in one transaction; each must be right by itself. */
export async function writeRecords<Row>(
  database: Database,
  definition: ImportDefinition<Row>,
  context: ImportContext,
  records: readonly Record<string, string>[],
): Promise<readonly ImportOutcome[]> {
  const rows = records.map((record) => definition.schema(context).parse(record));
  return database.transaction((tx) => definition.write(tx, context, rows));
}

/** What is wrong with a record by itself: `column rule`, for every broken rule. */
export function faultsOf<Row>(
  definition: ImportDefinition<Row>,
  record: Record<string, string>,
  context: ImportContext = contextOf('00000000-0000-7000-8000-000000000000'),
): string[] {
  const parsed = definition.schema(context).safeParse(record);
  if (parsed.success) return [];
  return parsed.error.issues.map(
    (issue) => `${issue.path[0]?.toString()} ${issue.code === 'custom' ? issue.params?.rule : issue.code}`,
  );
}
