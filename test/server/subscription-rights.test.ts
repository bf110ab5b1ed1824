import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { grantRole, registerUser, revokeRole } from '../../src/identity/grant.store.ts';
import { openDevelopmentIssuer } from '../../src/identity/tokens.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { publishOrderChanges } from '../../src/orders/index.ts';
import { type RunningServer, startServer } from '../../src/server/server.ts';
import { NOW, type PlantedArea, plantArea } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { dispatchPairs } from '../funding/planted.ts';

/** Longer than any test waits: only an event makes the server look at the rights again. */
const NEVER_MS = 600_000;
const folder = mkdtempSync(join(tmpdir(), 'liangdan-streams-'));
let database: Database;
let area: PlantedArea;
let server: RunningServer;
let orderId: string;
let now = NOW;

beforeAll(async () => {
  database = await scratchDatabase('EMBEDDED');
  area = await plantArea(database);
  const [outcome] = await dispatchPairs(database, area.areaId, [[area.needs.wuPipe, area.services.plumbing]]);
  orderId = outcome!.orderId!;
  const issuer = await openDevelopmentIssuer(folder);
  server = await startServer(
    {
      database,
      issuer: {
        // Development tokens stand for made-up users; this one stands for whoever is registered as its resident is called.
        subjectOf: async (token, at) => (await issuer.check(token, at))?.resident ?? null,
      },
      clock: () => now,
      log: pino({ level: 'silent' }),
      fallbackLocale: 'en',
      rules: { rightsIntervalMs: NEVER_MS },
    },
    { host: '127.0.0.1', port: 0 },
  );
});
afterAll(async () => {
  await server.close(0);
  await database.close();
  rmSync(folder, { recursive: true });
});

/** Someone with roles who listens to the orders of the area; `read` gives what has come until there is an event or the end. */
async function listen(subject: string, roles: readonly object[]) {
  now = NOW;
  const system = systemViewer(area.areaId);
  const userId = await registerUser(database, system, { subject, displayName: subject }, NOW);
  for (const role of roles) await grantRole(database, system, { userId, ...role }, NOW);
  const token = await (await openDevelopmentIssuer(folder)).sign({ role: 'RESIDENT', resident: subject }, NOW, 1);
  const stream = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: 'subscription { orderChanged { state } }' }),
  });
  const reader = stream.body!.getReader();
  const read = async () => {
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { text, isEnded: true };
      text += Buffer.from(value).toString();
      if (text.includes('"state"')) return { text, isEnded: false };
    }
  };
  const revoke = async (role: string) => {
    const held = await database.prisma.roleGrant.findFirstOrThrow({ where: { userId, role: role as 'AUDITOR' } });
    await revokeRole(database, system, held.id, NOW);
  };
  return { read, revoke };
}

function changeOrder() {
  const { areaId, communities, providers, needs, residents } = area;
  const change = { orderId, needId: needs.wuPipe, areaId, communityId: communities.dashizi };
  return publishOrderChanges(database, [{ ...change, providerId: providers.repair, residentId: residents.wu }]);
}

describe('an open event stream', () => {
  it('goes on while its viewer keeps the role, and ends at the next event after the role was revoked, without telling it', async () => {
    const auditor = await listen('an.auditor', [{ role: 'AUDITOR' }]);
    await changeOrder();
    expect(await auditor.read()).toMatchObject({ isEnded: false });
    await auditor.revoke('AUDITOR');
    await changeOrder();
    const rest = await auditor.read();
    expect(rest.isEnded).toBe(true);
    expect(rest.text).not.toContain('"state"');
  });

  it('ends also when only one of several roles was revoked: what it was opened with is not what there is now', async () => {
    const both = await listen('both', [
      { role: 'AUDITOR' },
      { role: 'GRID_WORKER', communityId: area.communities.dashizi },
    ]);
    await both.revoke('AUDITOR');
    await changeOrder();
    const rest = await both.read();
    expect([rest.isEnded, rest.text.includes('"state"')]).toEqual([true, false]);
  });

  it('ends at the next event after its token has expired', async () => {
    const auditor = await listen('late', [{ role: 'AUDITOR' }]);
    await changeOrder();
    expect(await auditor.read()).toMatchObject({ isEnded: false });
    now = new Date(NOW.getTime() + 86_400_000 + 1000);
    await changeOrder();
    const rest = await auditor.read();
    expect([rest.isEnded, rest.text.includes('"state"')]).toEqual([true, false]);
  });
});
