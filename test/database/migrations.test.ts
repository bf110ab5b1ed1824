import { expect, it } from 'vitest';
import { migrate } from '../../src/database/migrations.ts';
import { scratchServerDatabase } from './scratch.ts';

it('a process that has looked for migrations leaves no lock behind that would keep later processes from starting', async () => {
  const { database } = await scratchServerDatabase();
  try {
    await migrate(database.adapter);
    const locks = await database.prisma.$queryRaw`
      SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
      WHERE l.locktype = 'advisory' AND d.datname = current_database()`;
    expect(locks).toEqual([]);
  } finally {
    await database.close();
  }
});
