import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { systemViewer } from '../identity/viewer.ts';
import { eraseAsSystem, listErasures } from '../needs/index.ts';
import { CommandFailure, withDatabase } from './open.ts';

const line = z.object({ areaId: z.uuid(), residentId: z.uuid(), purpose: z.string().min(1) });

/** Writes the list of all erasures, a line of JSON each and nothing personal, to be kept beside the backups. */
export async function list(config: Config, file: string, print: (line: string) => void): Promise<void> {
  await withDatabase(config, async (database) => {
    const erasures = await listErasures(database);
    writeFileSync(file, erasures.map((erasure) => `${JSON.stringify(erasure)}\n`).join(''), { mode: 0o600 });
    print(`Wrote ${erasures.length} erasures to ${file}`);
  });
}

/**
 * Makes the erasures of a list again in a database that was restored from an older copy; those that stand are passed over.
 *
 * @returns exit status: 1 where one could not be made yet, which is printed
 * @throws CommandFailure for a file that is no list of erasures; then none was made
 */
export async function reapply(config: Config, file: string, print: (line: string) => void): Promise<number> {
  const erasures = readList(file);
  return withDatabase(config, async (database) => {
    const counts = { ERASED: 0, GONE: 0, hindered: 0 };
    for (const { areaId, residentId, purpose } of erasures) {
      const outcome = await eraseAsSystem(database, systemViewer(areaId), residentId, purpose, new Date());
      if (outcome === 'ERASED' || outcome === 'GONE') counts[outcome] += 1;
      else {
        counts.hindered += 1;
        print(`${residentId}: ${outcome}`);
      }
    }
    print(`${counts.ERASED} erased again, ${counts.GONE} were already or are not there, ${counts.hindered} not yet`);
    return counts.hindered > 0 ? 1 : 0;
  });
}

function readList(file: string) {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.filter((text) => text !== '').map((text) => line.parse(JSON.parse(text)));
  } catch {
    throw new CommandFailure(`${file} is not a list that \`erasures list\` wrote`);
  }
}
