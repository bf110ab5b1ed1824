import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSheet } from 'read-excel-file/node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { newId } from '../../src/database/id.ts';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import { InvalidInput, NotAllowed, NotFound, TransitionRefused, VersionConflict } from '../../src/failures.ts';
import { settlementSheet } from '../../src/funding/index.ts';
import {
  approveSettlement,
  cancelSettlement,
  draftSettlement,
  paySettlement,
} from '../../src/funding/settlement.store.ts';
import { NothingToSettle, SecondPersonNeeded } from '../../src/funding/settlement.ts';
import type { Viewer } from '../../src/identity/viewer.ts';
import { verifyLedgers } from '../../src/ledger/index.ts';
import { writeSheet } from '../../src/spreadsheets/index.ts';
import { execute, globalId, NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { brokenInvariants, plantNeedLike, plantServiceLike } from '../orders/planted.ts';
import { brokenFunding, dispatchPairs, plantProgramme, TO_CONFIRMED, walkOrder } from './planted.ts';

const DAY_MS = 86_400_000;
const days = (count: number) => new Date(NOW.getTime() + count * DAY_MS);

describe.each(DATABASE_KINDS)('settlements on the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let admin: Viewer;
  let second: Viewer;
  let programmeId: string;
  let planted = 0;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
  });
  beforeEach(async () => {
    planted += 1;
    area = await plantArea(database, `AREA${planted}`);
    admin = await signIn(database, area.areaId, 'AREA_ADMIN');
    second = await signIn(database, area.areaId, 'AREA_ADMIN');
    programmeId = await plantProgramme(database, area.areaId, 'HALF');
    await database.prisma.service.update({ where: { id: area.services.lunch }, data: { places: null } });
  });
  afterAll(() => database.close());

  const served = async (needId: string, serviceId: string, at = NOW) => {
    const [outcome] = await dispatchPairs(database, area.areaId, [[needId, serviceId]]);
    await walkOrder(database, area, outcome!.orderId!, TO_CONFIRMED, { now: at });
    return outcome!.orderId!;
  };
  const request = (providerId = area.providers.canteen) => ({
    programmeId,
    providerId,
    periodFrom: days(-1),
    periodTo: days(1),
  });
  const draft = (viewer = admin, providerId?: string) =>
    draftSettlement(database, viewer, request(providerId), days(2));
  const settlement = (id: string) =>
    database.prisma.settlement.findUniqueOrThrow({ where: { id }, include: { lines: true, payouts: true } });
  const refOf = async (settlementId: string) => ({ settlementId, version: (await settlement(settlementId)).version });
  const allIsWell = async () => {
    expect(await brokenInvariants(database, area.areaId)).toEqual([]);
    expect(await brokenFunding(database, area.areaId)).toEqual([]);
    expect((await verifyLedgers(database, area.areaId, () => {})).faults).toBe(0);
  };

  it('go from draft to approval by another administrator to payment in the ledgers of their orders', async () => {
    const far = await plantServiceLike(database, area.services.lunch, 'S91', { places: null });
    await served(area.needs.yangMeal, area.services.lunch);
    await served(await plantNeedLike(database, area.needs.yangMeal, 'N91'), area.services.lunch);
    await served(area.needs.longMeal, far);
    await served(area.needs.wuPipe, area.services.plumbing);
    const id = await draft();
    expect(await settlement(id)).toMatchObject({ state: 'DRAFT', totalFen: 1200n, createdById: admin.userId });
    await expect(approveSettlement(database, admin, await refOf(id), days(2))).rejects.toThrow(SecondPersonNeeded);
    await expect(paySettlement(database, second, await refOf(id), days(2))).rejects.toThrow(TransitionRefused);
    await approveSettlement(database, second, await refOf(id), days(2));
    await expect(paySettlement(database, admin, { settlementId: id, version: 1 }, days(2))).rejects.toThrow(
      VersionConflict,
    );
    await paySettlement(database, admin, await refOf(id), days(3));
    const paid = await settlement(id);
    expect(paid).toMatchObject({ state: 'PAID', approvedById: second.userId, paidAt: days(3), version: 3 });
    expect(paid.payouts.map(({ amount, state }) => [amount, state]).sort()).toEqual([
      [400n, 'POSTED'],
      [800n, 'POSTED'],
    ]);
    const accounts = await database.prisma.account.findMany({
      where: { ownerId: area.providers.canteen, kind: 'PROVIDER_PAYOUT' },
      orderBy: { creditsPosted: 'asc' },
    });
    expect(accounts.map(({ creditsPosted }) => creditsPosted)).toEqual([400n, 800n]);
    await expect(cancelSettlement(database, admin, await refOf(id), NOW)).rejects.toThrow(TransitionRefused);
    await allIsWell();
  });

  it('take each transfer once: a second draft finds nothing, and a cancelled one gives them back', async () => {
    await served(area.needs.yangMeal, area.services.lunch);
    const id = await draft();
    await expect(draft()).rejects.toThrow(NothingToSettle);
    await cancelSettlement(database, admin, await refOf(id), NOW);
    expect(await settlement(id)).toMatchObject({ state: 'CANCELLED', lines: [] });
    const again = await draft();
    expect(await settlement(again)).toMatchObject({ totalFen: 400n });
    await allIsWell();
  });

  it('hold what was posted in the period, less what was reversed of it', async () => {
    await served(area.needs.yangMeal, area.services.lunch, days(-2));
    await expect(draft()).rejects.toThrow(NothingToSettle);
    await served(area.needs.longMeal, area.services.lunch, days(-1));
    expect(await settlement(await draft())).toMatchObject({ totalFen: 400n });
  });

  it('may be approved by the one who drafted it where the area has no other administrator', async () => {
    await database.prisma.roleGrant.deleteMany({ where: { userId: second.userId! } });
    await served(area.needs.yangMeal, area.services.lunch);
    const id = await draft();
    await approveSettlement(database, admin, await refOf(id), days(2));
    expect(await settlement(id)).toMatchObject({ createdById: admin.userId, approvedById: admin.userId });
  });

  it('are drafted for a period that is over, between a programme and a provider of the area, by an administrator', async () => {
    await served(area.needs.yangMeal, area.services.lunch);
    await expect(draftSettlement(database, admin, request(), NOW)).rejects.toThrow(InvalidInput);
    await expect(draft(admin, newId())).rejects.toThrow(NotFound);
    const auditor = await signIn(database, area.areaId, 'AUDITOR');
    await expect(draft(auditor)).rejects.toThrow(NotAllowed);
  });

  it('are filed as spreadsheet and CSV with Chinese headings, in which no name is a formula and nobody is named', async () => {
    await database.prisma.service.update({ where: { id: area.services.lunch }, data: { name: '=HYPERLINK("x")' } });
    const orderId = await served(area.needs.yangMeal, area.services.lunch);
    const id = await draft();
    const folder = await mkdtemp(join(tmpdir(), 'liangdan-settlement-'));
    try {
      const auditor = await signIn(database, area.areaId, 'AUDITOR');
      for (const file of ['a.csv', 'a.xlsx']) {
        await writeSheet(await settlementSheet(database, auditor, id), join(folder, file));
      }
      expect(await readFile(join(folder, 'a.csv'), 'utf8')).toBe(
        '\uFEFF序号,订单编号,社区,类别,服务,完成数量,计量单位,单价（元）,完成时间,办结时间,结算金额（元）\r\n' +
          `1,${orderId},大十字社区,老年助餐,"'=HYPERLINK(""x"")",1,餐,8.00,2026-11-24 10:00:00,2026-11-24 10:00:00,4.00\r\n`,
      );
      const rows = await readSheet(join(folder, 'a.xlsx'));
      expect(rows[0]![0]).toBe('凯里市资金项目结算单');
      expect(rows[3]![0]).toBe('结算期间：2026-11-23 至 2026-11-25');
      expect(rows[6]!.slice(4, 8)).toEqual(['=HYPERLINK("x")', 1, '餐', 8]);
      expect(rows.at(-1)!.at(-1)).toBe(4);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('are read by their provider, the administrators and the auditors', async () => {
    await served(area.needs.yangMeal, area.services.lunch);
    const id = await draft();
    const canteen = await signIn(database, area.areaId, 'PROVIDER_STAFF', { providerId: area.providers.canteen });
    const repair = await signIn(database, area.areaId, 'PROVIDER_STAFF', { providerId: area.providers.repair });
    await settlementSheet(database, canteen, id);
    await expect(settlementSheet(database, repair, id)).rejects.toThrow(NotFound);
    const staff = await signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId: area.communities.dashizi });
    await expect(settlementSheet(database, staff, id)).rejects.toThrow(NotAllowed);
    const query =
      '{ settlements(first: 5) { totalCount nodes { totalFen programmeName programme { leftFen } lines { totalCount } csv } } }';
    expect((await execute(database, canteen, query)).settlements).toMatchObject({
      totalCount: 1,
      nodes: [{ totalFen: 400, programmeName: '助老补贴', programme: null, lines: { totalCount: 1 } }],
    });
    expect((await execute(database, repair, query)).settlements.totalCount).toBe(0);
    expect((await execute(database, admin, query)).settlements.nodes[0].programme.leftFen).toBe(99_600);
    const node = `{ node(id: "${globalId('Settlement', id)}") { id } }`;
    expect((await execute(database, repair, node)).node).toBeNull();
    expect((await execute(database, canteen, node)).node).not.toBeNull();
  });

  it('are guarded against whoever goes around the application', async () => {
    await served(area.needs.yangMeal, area.services.lunch);
    const id = await draft();
    const refusal = async (...sql: readonly string[]): Promise<string | null> => {
      const error = await database
        .transaction(async (tx) => {
          for (const statement of sql) await tx.$executeRawUnsafe(statement);
          await tx.$executeRaw`SET CONSTRAINTS ALL IMMEDIATE`;
        })
        .catch((reason) => reason);
      return error === undefined ? 'accepted' : sqlStateOf(error);
    };
    expect(await refusal(`UPDATE settlements SET total_fen = 9 WHERE id = '${id}'`)).toBe('LD007');
    expect(await refusal(`UPDATE settlements SET state = 'PAID', paid_at = now() WHERE id = '${id}'`)).toBe('LD007');
    const approved = `UPDATE settlements SET state = 'APPROVED', approved_at = now() WHERE id = '${id}'`;
    const paid = `UPDATE settlements SET state = 'PAID', paid_at = now() WHERE id = '${id}'`;
    expect(await refusal(approved, paid)).toBe('LD007');
    expect(await refusal(`DELETE FROM settlement_lines WHERE settlement_id = '${id}'`)).toBe('LD007');
    expect(await refusal(`UPDATE settlement_lines SET amount_fen = 1 WHERE settlement_id = '${id}'`)).toBe('LD007');
    expect(await refusal(`DELETE FROM settlements WHERE id = '${id}'`)).toBe('LD007');
  });
});

describe('two administrators at the same time', () => {
  it('draft the same: one of them has it, the other is told that nothing is left; and it is paid once', async () => {
    const database = await scratchDatabase('SERVER');
    try {
      const area = await plantArea(database);
      const admins = await Promise.all([0, 1, 2].map(() => signIn(database, area.areaId, 'AREA_ADMIN')));
      const programmeId = await plantProgramme(database, area.areaId, 'HALF');
      const [order] = await dispatchPairs(database, area.areaId, [[area.needs.yangMeal, area.services.lunch]]);
      await walkOrder(database, area, order!.orderId!, TO_CONFIRMED);
      const request = { programmeId, providerId: area.providers.canteen, periodFrom: days(-1), periodTo: days(1) };
      const outcome = (work: Promise<string>) =>
        work.then(
          () => 'done',
          (error) => error.name,
        );
      const drafts = admins.map((admin) => outcome(draftSettlement(database, admin, request, days(2))));
      expect((await Promise.all(drafts)).sort()).toEqual(['NothingToSettle', 'NothingToSettle', 'done']);
      const { id, createdById } = await database.prisma.settlement.findFirstOrThrow();
      const another = admins.find(({ userId }) => userId !== createdById)!;
      await approveSettlement(database, another, { settlementId: id, version: 1 }, days(2));
      const payments = admins.map((admin) =>
        outcome(paySettlement(database, admin, { settlementId: id, version: 2 }, days(2))),
      );
      expect((await Promise.all(payments)).sort()).toEqual(['VersionConflict', 'VersionConflict', 'done']);
      expect((await verifyLedgers(database, area.areaId, () => {})).faults).toBe(0);
    } finally {
      await database.close();
    }
  });
});
