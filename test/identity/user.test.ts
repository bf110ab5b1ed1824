import { expect, it } from 'vitest';
import { ensureUser } from '../../src/identity/user.store.ts';
import { plantArea } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';

it('someone whose first requests arrive together is one user with one role', async () => {
  const database = await scratchDatabase('SERVER');
  try {
    const { areaId } = await plantArea(database);
    const user = { areaId, subject: 'area_admin:KAILI', displayName: '管理员' };
    await Promise.all(Array.from({ length: 12 }, () => ensureUser(database, user, 'AREA_ADMIN', {})));
    const users = await database.prisma.user.findMany({ where: { areaId }, include: { grants: true } });
    expect(users.map(({ subject, grants }) => [subject, grants.map(({ role }) => role)])).toEqual([
      [user.subject, ['AREA_ADMIN']],
    ]);
  } finally {
    await database.close();
  }
});
