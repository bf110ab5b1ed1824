import { writeFileSync } from 'node:fs';
import { appendAudit } from '../audit/index.ts';
import type { Config } from '../config.ts';
import { systemViewer } from '../identity/viewer.ts';
import { residentDocument } from '../needs/index.ts';
import { CommandFailure, findArea, withDatabase } from './open.ts';

/** Writes everything about a resident to a new file that only its owner reads (mode 600); the audit log says for what. */
export async function exportResident(
  config: Config,
  externalId: string,
  file: string,
  { area: code, purpose }: { readonly area?: string; readonly purpose: string },
  print: (line: string) => void,
): Promise<void> {
  await withDatabase(config, async (database) => {
    const { id: areaId } = await findArea(database, code);
    const where = { areaId_externalId: { areaId, externalId } };
    const resident = await database.prisma.resident.findUnique({ where, select: { id: true } });
    if (resident === null) throw new CommandFailure(`There is no resident ${externalId}.`);
    const exported = { action: 'resident.export', subjectType: 'Resident', subjectId: resident.id, purpose };
    await database.transaction((tx) => appendAudit(tx, systemViewer(areaId), exported, new Date()));
    const document = await residentDocument(database.prisma, resident.id, new Date());
    try {
      writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    } catch (error) {
      throw new CommandFailure(`Cannot write ${file}: ${(error as Error).message}`);
    }
    print(`Wrote ${file}`);
  });
}
