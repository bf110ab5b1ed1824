import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendAudit, verifyAudit } from '../../src/audit/index.ts';
import type { Database } from '../../src/database/database.ts';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import { NotAllowed, NotSignedIn } from '../../src/failures.ts';
import { anonymousViewer, systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { closeLedgers } from '../../src/ledger/index.ts';
import { execute, globalId, NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { dispatchPairs, TO_CONFIRMED, walkOrder } from '../funding/planted.ts';
import { countStatements } from '../needs/count-statements.ts';

const APPROVED = { action: 'settlement.approve', subjectType: 'Settlement', subjectId: null } as const;

describe.each(DATABASE_KINDS)('the audit log of the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let planted = 0;
  let admin: Viewer;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
  });
  const begin = async () => {
    planted += 1;
    area = await plantArea(database, `AREA${planted}`);
    admin = await signIn(database, area.areaId, 'AREA_ADMIN');
  };
  afterAll(() => database.close());

  const write = (times = 1, viewer = admin) =>
    database.transaction(async (tx) => {
      for (let time = 0; time < times; time += 1) await appendAudit(tx, viewer, { ...APPROVED, body: { time } }, NOW);
    });
  const faults = async () => {
    const found: string[] = [];
    const { entries } = await verifyAudit(database, area.areaId, ({ rule, seq }) => found.push(`${rule} ${seq}`));
    return { entries, found };
  };

  it('says who did what, in which role, from where, for what and when, and its chain is whole', async () => {
    await begin();
    const from = { ...admin, origin: { address: '10.1.2.3', requestId: 'request-1' } };
    await database.transaction((tx) => appendAudit(tx, from, { ...APPROVED, purpose: '核实身份 "甲"' }, NOW));
    await write(3);
    const entries = await database.prisma.auditEntry.findMany({
      where: { areaId: area.areaId },
      orderBy: { seq: 'asc' },
    });
    expect(entries[0]).toMatchObject({
      actorId: admin.userId,
      roles: ['AREA_ADMIN'],
      action: 'settlement.approve',
      purpose: '核实身份 "甲"',
      address: '10.1.2.3',
      requestId: 'request-1',
      at: NOW,
    });
    expect(await faults()).toEqual({ entries: 4, found: [] });
  });

  it('has no entry of what was rolled back', async () => {
    await begin();
    const undone = database.transaction(async (tx) => {
      await appendAudit(tx, admin, APPROVED, NOW);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await faults()).toEqual({ entries: 0, found: [] });
  });

  it('is written by many at once without a gap', async () => {
    await begin();
    await Promise.all(Array.from({ length: 12 }, () => write(5)));
    expect(await faults()).toEqual({ entries: 60, found: [] });
  });

  it.each([
    ['changes an entry', `UPDATE audit_entries SET action = 'none'`, 'LD002'],
    ['deletes an entry', 'DELETE FROM audit_entries', 'LD002'],
    ['empties the log', 'TRUNCATE audit_entries', 'LD002'],
    ['sets a chain back', 'UPDATE audit_chains SET last_seq = last_seq - 1', 'LD012'],
    ['deletes a chain', 'DELETE FROM audit_chains', 'LD012'],
    [
      'writes an entry out of its place',
      `INSERT INTO audit_entries SELECT gen_random_uuid(), area_id, shard, seq + 900, at, actor_id, roles, action, subject_type,
        subject_id, purpose, address, request_id, body, prev_hash, hash FROM audit_entries`,
      'LD012',
    ],
  ])('refuses whoever %s', async (_what, statement, state) => {
    await begin();
    await write(2);
    const error = await database.prisma.$executeRawUnsafe(statement).catch((thrown: unknown) => thrown);
    expect(sqlStateOf(error)).toBe(state);
    expect((await faults()).found).toEqual([]);
  });

  it('shows what was changed past its guards', async () => {
    await begin();
    await write(3);
    const past = async (statement: string) => {
      await database.prisma.$executeRawUnsafe('ALTER TABLE audit_entries DISABLE TRIGGER USER');
      await database.prisma.$executeRawUnsafe(`${statement} AND area_id = '${area.areaId}'`);
      await database.prisma.$executeRawUnsafe('ALTER TABLE audit_entries ENABLE TRIGGER USER');
    };
    await past(`UPDATE audit_entries SET roles = ARRAY['AUDITOR'] WHERE seq = 2`);
    expect((await faults()).found).toEqual(['CONTENT 2']);
    await past(`UPDATE audit_entries SET hash = '${createHash('sha256').update('x').digest('hex')}' WHERE seq = 1`);
    expect((await faults()).found).toEqual(['CONTENT 1']);
    await past('DELETE FROM audit_entries WHERE seq = 1');
    expect((await faults()).found).toEqual(['NUMBER 1']);
    await past('DELETE FROM audit_entries WHERE seq > 0');
    expect((await faults()).found).toEqual(['END 1']);
  });

  it('has what was done to money and to the books', async () => {
    await begin();
    const [outcome] = await dispatchPairs(database, area.areaId, [[area.needs.wuPipe, area.services.plumbing]]);
    await walkOrder(database, area, outcome!.orderId!, TO_CONFIRMED);
    const transfer = await database.prisma.transfer.findFirstOrThrow({
      where: { orderId: outcome!.orderId!, unit: 'FEN', state: 'POSTED' },
    });
    const input = { transferId: globalId('Transfer', transfer.id), reason: '多收' };
    await execute(
      database,
      admin,
      `mutation ($input: ReverseTransferInput!) { reverseTransfer(input: $input) { __typename } }`,
      { input },
    );
    const closed = new Date(NOW.getTime() + 86_400_000);
    await closeLedgers(database, systemViewer(area.areaId), { wholeArea: true }, NOW, closed);
    const entries = await database.prisma.auditEntry.findMany({
      where: { areaId: area.areaId },
      orderBy: { id: 'asc' },
    });
    const [reversed, ...closings] = entries;
    expect(reversed).toMatchObject({ action: 'transfer.reverse', actorId: admin.userId });
    expect(closings.length).toBeGreaterThan(0);
    expect(new Set(closings.map(({ action, actorId }) => `${action} ${actorId}`))).toEqual(
      new Set(['ledger.close null']),
    );
  });

  it('is read by auditors of the area, whole or in part, and by nobody else', async () => {
    await begin();
    await write(3);
    await database.transaction((tx) => appendAudit(tx, admin, { ...APPROVED, action: 'ledger.close' }, NOW));
    const auditor = await signIn(database, area.areaId, 'AUDITOR');
    const query = `query ($filter: AuditFilter) {
      auditEntries(first: 2, filter: $filter) { totalCount nodes { id action actorId roles at hash } }
    }`;
    const { auditEntries } = await execute(database, auditor, query);
    expect(auditEntries.totalCount).toBe(4);
    expect(auditEntries.nodes).toHaveLength(2);
    const some = await execute(database, auditor, query, {
      filter: { action: 'ledger.close', actorId: admin.userId, from: NOW.toISOString() },
    });
    expect(some.auditEntries.totalCount).toBe(1);
    const entryId = auditEntries.nodes[0].id;
    const node = `query ($id: ID!) { node(id: $id) { id } }`;
    expect((await execute(database, auditor, node, { id: entryId })).node).toEqual({ id: entryId });
    const elsewhere = await plantArea(database, `OTHER${planted}`);
    const others = [
      await signIn(database, elsewhere.areaId, 'AUDITOR'),
      admin,
      await signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId: area.communities.dashizi }),
    ];
    for (const other of others) expect((await execute(database, other, node, { id: entryId })).node).toBeNull();
    expect((await execute(database, others[0]!, query)).auditEntries.totalCount).toBe(0);
    await expect(execute(database, admin, query)).rejects.toThrow(NotAllowed);
    await expect(execute(database, anonymousViewer(area.areaId), query)).rejects.toThrow(NotSignedIn);
  });

  it('is found by who, what, to what and when, and paged with the same number of statements however long a page is', async () => {
    await begin();
    const staff = await signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId: area.communities.dashizi });
    const auditor = await signIn(database, area.areaId, 'AUDITOR');
    const at = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000);
    const settlement = area.needs.wuPipe;
    await database.transaction(async (tx) => {
      for (let hour = 0; hour < 12; hour += 1) {
        const done = hour % 2 === 0 ? APPROVED : { action: 'need.amend', subjectType: 'Need', subjectId: settlement };
        await appendAudit(tx, hour < 3 ? staff : admin, done, at(hour));
      }
    });
    const QUERY = `query ($first: Int!, $after: String, $filter: AuditFilter) {
      auditEntries(first: $first, after: $after, filter: $filter) {
        totalCount pageInfo { endCursor hasNextPage } nodes { id at actorId action subjectId roles }
      }
    }`;
    const ask = async (filter: object, first = 20, after: string | null = null) =>
      (await execute(database, auditor, QUERY, { first, after, filter })).auditEntries;
    const counts: readonly (readonly [object, number])[] = [
      [{ actorId: staff.userId }, 3],
      [{ actorId: globalId('User', staff.userId!) }, 3],
      [{ action: 'need.amend' }, 6],
      [{ subjectType: 'Need', subjectId: globalId('Need', settlement) }, 6],
      [{ from: at(2).toISOString(), to: at(5).toISOString() }, 3],
      [{ actorId: staff.userId, action: 'need.amend' }, 1],
    ];
    for (const [filter, total] of counts) expect((await ask(filter)).totalCount, JSON.stringify(filter)).toBe(total);
    await expect(ask({ actorId: 'nobody' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    const read = (first: number) => countStatements(database, () => ask({}, first));
    const [few, many] = [await read(2), await read(12)];
    expect(many.result.nodes).toHaveLength(12);
    expect(many.count).toBe(few.count);
    const second = await ask({}, 5, (await ask({}, 7)).pageInfo.endCursor);
    expect(second.nodes).toEqual(many.result.nodes.slice(7));
    expect(second.pageInfo.hasNextPage).toBe(false);
  });
});
