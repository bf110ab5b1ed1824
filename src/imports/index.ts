/** What others may call of the imports. */
export type { ImportContext, ImportDefinition, ImportOutcome } from './definition.ts';
export { type ImportOptions, type ImportProgress, type ImportSummary, importList } from './import-list.ts';
export { columnLines, IMPORT_STATUS, runImport } from './run-import.ts';
export { bytesSource, fileSource, type ImportSource } from './source.ts';
export { UnreadableFile } from './unreadable-file.ts';
