import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { expect, it } from 'vitest';
import { openDevelopmentIssuer } from '../../src/identity/tokens.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { subscribeToProgress } from '../../src/matchruns/index.ts';
import { startServer } from '../../src/server/server.ts';
import { clockAt, NOW, plantArea } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';

it.each([true, false])(
  'a server that closes ends the match runs under way, whether a client waits or not: %s',
  async (wait) => {
    const folder = mkdtempSync(join(tmpdir(), 'liangdan-shutdown-'));
    const database = await scratchDatabase('EMBEDDED');
    try {
      const area = await plantArea(database);
      await database.prisma.need.createMany({
        data: Array.from({ length: 400 }, (_, index) => ({
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
      const issuer = await openDevelopmentIssuer(folder);
      const parts = {
        database,
        issuer,
        clock: clockAt(NOW),
        log: pino({ level: 'silent' }),
        fallbackLocale: 'en' as const,
      };
      const server = await startServer(parts, { host: '127.0.0.1', port: 0 });
      const progress = await subscribeToProgress(database, systemViewer(area.areaId));
      const answered = fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await issuer.sign({ role: 'AREA_ADMIN' }, NOW)}`,
        },
        body: JSON.stringify({
          query:
            'mutation ($wait: Boolean!) { runMatch(input: { wait: $wait }) { ... on MatchRun { state failure } } }',
          variables: { wait },
        }),
      }).then((response) => response.json());
      for await (const { stage } of progress) if (stage === 'CANDIDATES') break;
      await server.close();
      const { data } = (await answered) as { data: { runMatch: object } };
      expect(data.runMatch).toEqual(
        wait ? { state: 'FAILED', failure: 'PROCESS_ENDED' } : { state: 'RUNNING', failure: null },
      );
      expect(await database.prisma.matchRun.findMany()).toMatchObject([{ state: 'FAILED', failure: 'PROCESS_ENDED' }]);
      expect(await database.prisma.order.count()).toBe(0);
      expect(await database.prisma.candidate.count()).toBe(0);
    } finally {
      await database.close();
      rmSync(folder, { recursive: true });
    }
  },
);
