import { describe, expect, it } from 'vitest';
import { systemViewer } from '../../src/identity/viewer.ts';
import { runMatch } from '../../src/matchruns/index.ts';
import { clockAt, NOW, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';

describe.each(DATABASE_KINDS)('two match runs at once (%s)', (kind) => {
  it('give no need two orders and no place twice', async () => {
    const database = await scratchDatabase(kind);
    try {
      const area = await plantArea(database);
      await database.prisma.need.createMany({
        data: Array.from({ length: 40 }, (_, index) => ({
          areaId: area.areaId,
          communityId: area.communities.dashizi,
          residentId: area.residents.wu,
          categoryId: area.categories['HOME.PLUMBING']!,
          externalId: `M${index}`,
          title: '水管漏水',
          channel: 'APP' as const,
          registeredAt: NOW,
        })),
      });
      await database.prisma.service.update({ where: { id: area.services.plumbing }, data: { places: 20 } });
      const run = () => runMatch(database, systemViewer(area.areaId), {}, { clock: clockAt(NOW) });
      const ids = await Promise.all([run(), run()]);
      const runs = await database.prisma.matchRun.findMany({ where: { id: { in: ids } } });
      expect(runs.map(({ state }) => state)).toEqual(['COMPLETED', 'COMPLETED']);
      const orders = await database.prisma.order.findMany();
      expect(new Set(orders.map(({ needId }) => needId)).size).toBe(orders.length);
      expect(orders.filter(({ serviceId }) => serviceId === area.services.plumbing)).toHaveLength(20);
      expect(runs.reduce((sum, { dispatched }) => sum + dispatched, 0)).toBe(orders.length);
      expect(await database.prisma.need.count({ where: { state: 'OFFERED' } })).toBe(orders.length);
      expect(await database.prisma.need.count({ where: { state: 'OPEN' } })).toBe(0);
      const current = await database.prisma.matchOutcome.groupBy({
        by: ['needId'],
        where: { current: true },
        _count: true,
      });
      expect(current.every(({ _count }) => _count === 1)).toBe(true);
    } finally {
      await database.close();
    }
  });
});
