import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The embedded database is open in another process; it can be open in one only. */
export class DatabaseInUse extends Error {
  override readonly name = 'DatabaseInUse';

  constructor(folder: string, processId: number, file: string) {
    super(
      `The embedded database in ${folder} is open in process ${processId}. Stop that one first, or use a PostgreSQL ` +
        `server (DATABASE_URL), which many processes can share. If no such process runs, remove ${file}.`,
    );
  }
}

/**
 * Takes a data folder for this process, so that no second process opens the files of the embedded database.
 * A lock that a killed process left behind is taken over.
 *
 * @returns a function that gives the folder back
 * @throws DatabaseInUse when another process that is alive has it
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, 'process.lock');
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(readFileSync(file, 'utf8'));
    if (isAlive(holder)) throw new DatabaseInUse(folder, holder, file);
    rmSync(file, { force: true });
  }
}

function isAlive(processId: number): boolean {
  if (!Number.isInteger(processId) || processId <= 0) return false;
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
