import { appendAudit } from '../audit/index.ts';
import type { Config } from '../config.ts';
import { settlementSheet } from '../funding/index.ts';
import { systemViewer } from '../identity/viewer.ts';
import { SheetTooLong, writeSheet } from '../spreadsheets/index.ts';
import { CommandFailure, findArea, withDatabase } from './open.ts';

/** Writes a settlement to a file, CSV or spreadsheet by the file's name; its id is the row's or that of the API. */
export async function exportSettlement(
  config: Config,
  id: string,
  file: string,
  { area: code }: { readonly area?: string },
  print: (line: string) => void,
): Promise<void> {
  const settlementId = settlementIdOf(id);
  await withDatabase(config, async (database) => {
    const area = await findArea(database, code);
    const viewer = systemViewer(area.id);
    const sheet = await settlementSheet(database, viewer, settlementId);
    const exported = { action: 'settlement.export', subjectType: 'Settlement', subjectId: settlementId };
    await database.transaction((tx) => appendAudit(tx, viewer, exported, new Date()));
    try {
      await writeSheet(sheet, file);
    } catch (error) {
      throw error instanceof SheetTooLong ? new CommandFailure(error.message) : error;
    }
    print(`Wrote ${file}`);
  });
}

function settlementIdOf(id: string): string {
  const given = /^[0-9a-f-]{36}$/i.test(id)
    ? id
    : Buffer.from(id, 'base64')
        .toString('utf8')
        .replace(/^Settlement:/, '');
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(given)) return given;
  throw new CommandFailure(`${id} is no id of a settlement; the query \`settlements\` gives them.`);
}
