import { appendAudit } from '../audit/index.ts';
import type { Config } from '../config.ts';
import { systemViewer } from '../identity/viewer.ts';
import {
  keyringOf,
  newKeyMaterial,
  readKeyFile,
  rewrapResidentKeys,
  sealResidents,
  writeKeyFile,
} from '../privacy/index.ts';
import { withDatabase } from './open.ts';

/**
 * Makes a new key, writes it to the key file before anything is under it, and wraps every data key by it. Interrupted, it is
 * called again with `resume`. Servers that run find the new key in the file when they meet it, but wrap by the old one until
 * they are started again; what they wrapped meanwhile is wrapped anew with `resume`.
 */
export async function rotate(
  config: Config,
  { resume }: { readonly resume?: boolean },
  print: (line: string) => void,
): Promise<void> {
  await withDatabase(config, async (database) => {
    const standing = readKeyFile(config.keyFile)!;
    const keys = resume ? standing : newKeyMaterial(standing);
    if (!resume) writeKeyFile(config.keyFile, keys);
    const rewrapped = await rewrapResidentKeys(database, keyringOf(keys));
    const rotated = {
      action: 'keys.rotate',
      subjectType: 'Key',
      subjectId: null,
      body: { current: keys.current, rewrapped },
    };
    for (const { id } of await database.prisma.area.findMany({ select: { id: true } })) {
      await database.transaction((tx) => appendAudit(tx, systemViewer(id), rotated, new Date()));
    }
    print(`${config.keyFile}: ${keys.current} is current; ${rewrapped} data keys are wrapped by it now.`);
    print(
      'Start the servers and workers again, then once more with --resume; and put a copy of the key file where backups are not.',
    );
  });
}

/** Seals residents who are still in the clear; `serve` and `migrate` do so too. */
export async function seal(config: Config, print: (line: string) => void): Promise<void> {
  await withDatabase(config, async (database) => {
    const sealed = await sealResidents(database);
    const all = await database.prisma.resident.count({ where: { isSealed: true } });
    print(`${sealed} residents sealed now; all ${all} are.`);
  });
}
