import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { newId } from '../../src/database/id.ts';
import { systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { appendLedgerEntries } from '../../src/ledger/ledger.store.ts';
import { openTransfers } from '../../src/ledger/transfer.store.ts';
import type { AccountKey } from '../../src/ledger/transfer.ts';
import { verifyLedgers } from '../../src/ledger/verify.store.ts';
import { findNextCandidates } from '../../src/matchruns/next-candidates.store.ts';
import { dispatchOrders } from '../../src/orders/dispatch.store.ts';
import { moveOrder } from '../../src/orders/order.store.ts';
import { execute, globalId, NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { brokenInvariants, type People, plantNeedLike, signInPeople } from '../orders/planted.ts';

const REVERSE = `mutation ($input: ReverseTransferInput!) { reverseTransfer(input: $input) {
  ... on Transfer {
    id amount postedAmount state reason orderId
    debitAccount { kind balance } creditAccount { kind balance }
    reverses { id reversedBy { id } }
  }
  ... on TransferIrreversible { because }
  ... on AccountOverdrawn { available }
  ... on Failure { code message path }
} }`;

describe.each(DATABASE_KINDS)('correcting ledgers on the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let people: People;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
    area = await plantArea(database);
    people = await signInPeople(database, area);
    await database.prisma.service.update({ where: { id: area.services.plumbing }, data: { places: 1000 } });
  });
  afterAll(async () => {
    expect(await brokenInvariants(database, area.areaId)).toEqual([]);
    expect((await verifyLedgers(database, area.areaId, () => {})).faults).toBe(0);
    await database.close();
  });

  /** Dispatches a need like Mr Wu's pipe, 50 yuan, and confirms it unless told otherwise; gives its transfer in fen. */
  const payment = async (isConfirmed = true) => {
    const viewer = systemViewer(area.areaId);
    const needId = await plantNeedLike(database, area.needs.wuPipe, newId());
    const pair = { needId, serviceId: area.services.plumbing, mode: 'MATCH_RUN' } as const;
    const [outcome] = await database.transaction((tx) =>
      dispatchOrders(tx, viewer, [{ ...pair, matchRunId: null, candidateId: null }], NOW),
    );
    const orderId = outcome!.orderId!;
    const path = isConfirmed ? (['ACCEPTED', 'IN_SERVICE', 'FULFILLED', 'CONFIRMED'] as const) : [];
    for (const [index, to] of path.entries()) {
      await moveOrder(database, viewer, { orderId, version: index + 1, to, reason: null }, NOW, findNextCandidates);
    }
    return database.prisma.transfer.findFirstOrThrow({ where: { orderId, unit: 'FEN' } });
  };
  const reverse = async (viewer: Viewer, transferId: string, amount?: string) => {
    const input = { transferId: globalId('Transfer', transferId), amount, reason: '多收了钱' };
    return (await execute(database, viewer, REVERSE, { input })).reverseTransfer;
  };

  it('takes a posted transfer back by one the other way that names it, whole or in part', async () => {
    const whole = await payment();
    const before = await database.prisma.account.findUniqueOrThrow({ where: { id: whole.creditAccountId } });
    const reversal = await reverse(people.staff, whole.id);
    expect(reversal).toMatchObject({
      amount: '5000',
      postedAmount: '5000',
      state: 'POSTED',
      reason: '多收了钱',
      orderId: globalId('Order', whole.orderId!),
      debitAccount: { kind: 'PROVIDER_INCOME', balance: String(before.creditsPosted - before.debitsPosted - 5000n) },
      creditAccount: { kind: 'RESIDENT_PAYMENT' },
      reverses: { id: globalId('Transfer', whole.id), reversedBy: { id: reversal.id } },
    });
    const part = await payment();
    expect(await reverse(people.admin, part.id, '1200')).toMatchObject({ amount: '1200', postedAmount: '1200' });
    const [entry] = await database.prisma.ledgerEntry.findMany({
      where: { kind: 'TRANSFER', body: { path: ['reversesId'], equals: part.id } },
    });
    expect(entry!.body).toMatchObject({ state: 'POSTED', amount: '1200', postedAmount: '1200', orderId: part.orderId });
    expect(JSON.stringify(entry!.body)).not.toContain('多收');
  });

  it('does so once, and not with what is pending, a reversal, or more than was posted', async () => {
    const transfer = await payment();
    expect(await reverse(people.staff, transfer.id, '5001')).toMatchObject({
      code: 'INVALID_INPUT',
      path: ['input', 'amount'],
      message: 'must be at most 5000, as posted',
    });
    const { id } = await reverse(people.staff, transfer.id, '1');
    expect(await reverse(people.staff, transfer.id, '1')).toMatchObject({
      code: 'TRANSFER_IRREVERSIBLE',
      because: 'REVERSED',
    });
    const reversalId = Buffer.from(id, 'base64').toString().split(':')[1]!;
    expect(await reverse(people.staff, reversalId)).toMatchObject({ because: 'IS_REVERSAL' });
    const pending = await payment(false);
    expect(await reverse(people.staff, pending.id)).toMatchObject({ because: 'NOT_POSTED' });
  });

  it('makes one reversal of two that are asked for at the same moment', async () => {
    const transfer = await payment();
    const both = await Promise.all([reverse(people.staff, transfer.id), reverse(people.admin, transfer.id)]);
    expect(both.map(({ because, state }) => because ?? state).sort()).toEqual(['POSTED', 'REVERSED']);
  });

  it('refuses what would take more from a provider than its income', async () => {
    const { areaId, providers } = area;
    const transfer = await payment();
    const { creditAccountId, ledgerId } = transfer;
    const account = await database.prisma.account.findUniqueOrThrow({ where: { id: creditAccountId } });
    const left = account.creditsPosted - account.debitsPosted;
    // All of it but 49 yuan is paid out.
    const income = { kind: 'PROVIDER_INCOME', ownerId: providers.repair } as const;
    const payout = { kind: 'PROVIDER_PAYOUT', ownerId: providers.repair } as const;
    const move = (amount: bigint, debit: AccountKey, credit: AccountKey) =>
      database.transaction(async (tx) => {
        const { communityId, categoryId } = await tx.ledger.findUniqueOrThrow({ where: { id: ledgerId } });
        const about = { communityId, categoryId, unit: 'FEN', orderId: null, actorId: null, state: 'POSTED' } as const;
        const entries = await openTransfers(tx, areaId, [{ ...about, amount, debit, credit }], NOW);
        await appendLedgerEntries(tx, areaId, entries, NOW);
      });
    const refused = async () => {
      expect(await reverse(people.staff, transfer.id)).toMatchObject({
        code: 'ACCOUNT_OVERDRAWN',
        available: '4900',
        message: 'The account holds too little: 4900 may be taken from it',
      });
    };
    await move(left - 4900n, income, payout);
    await refused();
    await move(left - 4900n, payout, income);
    await expect(reverse(people.staff, transfer.id)).resolves.toMatchObject({ state: 'POSTED' });
  });

  it('refuses what is in a settlement, until that is cancelled', async () => {
    const { areaId, providers } = area;
    const programme = await database.prisma.fundingProgramme.create({
      data: {
        areaId,
        externalId: newId(),
        name: '助修',
        source: 'GOVERNMENT_PURCHASE',
        budgetFen: 100_000n,
        validFrom: new Date('2026-01-01'),
        validTo: new Date('2027-01-01'),
        shareBasisPoints: 5000,
        allOf: [],
        anyOf: [],
        noneOf: [],
      },
    });
    await payment();
    const paid = await database.prisma.transfer.findFirstOrThrow({ where: { programmeId: programme.id } });
    const settlementId = newId();
    await database.transaction(async (tx) => {
      await tx.$executeRaw`
        INSERT INTO settlements (id, area_id, programme_id, provider_id, period_from, period_to, total_fen, created_at)
        VALUES (${settlementId}::uuid, ${areaId}::uuid, ${programme.id}::uuid, ${providers.repair}::uuid, '2026-11-01',
          '2026-12-01', ${paid.postedAmount}, ${NOW})`;
      await tx.$executeRaw`
        INSERT INTO settlement_lines (settlement_id, transfer_id, amount_fen)
        VALUES (${settlementId}::uuid, ${paid.id}::uuid, ${paid.postedAmount})`;
    });
    expect(await reverse(people.staff, paid.id)).toMatchObject({ because: 'SETTLED' });
    await database.transaction(async (tx) => {
      await tx.settlement.update({ where: { id: settlementId }, data: { state: 'CANCELLED' } });
      await tx.settlementLine.deleteMany({ where: { settlementId } });
    });
    expect(await reverse(people.staff, paid.id, '500')).toMatchObject({ state: 'POSTED' });
    const { spentFen } = await database.prisma.fundingProgramme.findUniqueOrThrow({ where: { id: programme.id } });
    expect(spentFen).toBe(2000n);
    await database.prisma.fundingProgramme.update({ where: { id: programme.id }, data: { state: 'CLOSED' } });
  });

  it('is for the community’s staff and the area’s administrator; what others may not read is not there', async () => {
    const transfer = await payment();
    const auditor = await signIn(database, area.areaId, 'AUDITOR');
    const stranger = await signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId: area.communities.yatang });
    expect(await reverse(auditor, transfer.id)).toMatchObject({ code: 'NOT_ALLOWED' });
    expect(await reverse(stranger, transfer.id)).toMatchObject({ code: 'NOT_FOUND' });
    expect(await reverse(people.wu, transfer.id)).toMatchObject({ code: 'NOT_FOUND' });
    expect(await reverse(people.staff, newId())).toMatchObject({ code: 'NOT_FOUND', path: ['input', 'transferId'] });
  });

  describe('volunteer hours and points', () => {
    const MOVE = (field: string) => `mutation ($input: RecognitionInput!) { ${field}(input: $input) {
      ... on Transfer { amount unit state reason debitAccount { kind ownerId } creditAccount { kind ownerId } }
      ... on AccountOverdrawn { available }
      ... on Failure { code path message }
    } }`;
    const move = async (field: 'recordRecognition' | 'spendRecognition', viewer: Viewer, given: object = {}) => {
      const input = {
        communityId: globalId('Community', area.communities.dashizi),
        categoryId: globalId('Category', area.categories.MEDIATION!),
        residentId: globalId('Resident', area.residents.yang),
        unit: 'POINT',
        amount: '30',
        reason: '参加楼道清扫',
        ...given,
      };
      return (await execute(database, viewer, MOVE(field), { input }))[field];
    };
    const held = async (viewer: Viewer, variables: object) =>
      (
        await execute(
          database,
          viewer,
          'query ($residentId: ID, $providerId: ID) { heldRecognition(residentId: $residentId, providerId: $providerId) { unit held } }',
          { ...variables },
        )
      ).heldRecognition;

    it('are given to a resident or a provider, and spent as far as they are held', async () => {
      expect(await move('recordRecognition', people.staff)).toMatchObject({
        amount: '30',
        unit: 'POINT',
        state: 'POSTED',
        reason: '参加楼道清扫',
        debitAccount: { kind: 'COMMUNITY_RECOGNITION' },
        creditAccount: { kind: 'RECOGNITION_HELD', ownerId: globalId('Resident', area.residents.yang) },
      });
      const mediators = { residentId: null, providerId: globalId('Provider', area.providers.mediators) };
      expect(
        await move('recordRecognition', people.admin, { ...mediators, unit: 'VOLUNTEER_HOUR', amount: '8' }),
      ).toMatchObject({ creditAccount: { ownerId: globalId('Provider', area.providers.mediators) } });
      expect(await move('spendRecognition', people.staff, { amount: '12' })).toMatchObject({
        state: 'POSTED',
        debitAccount: { kind: 'RECOGNITION_HELD' },
        creditAccount: { kind: 'COMMUNITY_RECOGNITION' },
      });
      expect(await move('spendRecognition', people.staff, { amount: '19' })).toMatchObject({
        code: 'ACCOUNT_OVERDRAWN',
        available: '18',
      });
      expect(await move('spendRecognition', people.staff, { unit: 'VOLUNTEER_HOUR' })).toMatchObject({
        code: 'ACCOUNT_OVERDRAWN',
        available: '0',
      });
      expect(await held(people.yang, { residentId: globalId('Resident', area.residents.yang) })).toEqual([
        { unit: 'POINT', held: '18' },
      ]);
      expect(await held(people.mediators, { providerId: globalId('Provider', area.providers.mediators) })).toEqual([
        { unit: 'VOLUNTEER_HOUR', held: '8' },
      ]);
    });

    it('are never overdrawn by spending twice at the same moment', async () => {
      const wu = { residentId: globalId('Resident', area.residents.wu), amount: '10' };
      await move('recordRecognition', people.staff, wu);
      const both = await Promise.all([
        move('spendRecognition', people.staff, { ...wu, amount: '6' }),
        move('spendRecognition', people.admin, { ...wu, amount: '6' }),
      ]);
      expect(both.map(({ available, state }) => available ?? state).sort()).toEqual(['4', 'POSTED']);
    });

    it('are recorded by the community’s staff for its own residents, with exactly one holder', async () => {
      const others = { residentId: globalId('Resident', area.residents.long) };
      expect(await move('recordRecognition', people.staff, others)).toMatchObject({
        code: 'NOT_FOUND',
        path: ['input', 'residentId'],
      });
      const elsewhere = { communityId: globalId('Community', area.communities.yatang) };
      expect(await move('recordRecognition', people.staff, elsewhere)).toMatchObject({ code: 'NOT_FOUND' });
      expect(await move('recordRecognition', people.yang)).toMatchObject({ code: 'NOT_FOUND' });
      expect(await move('recordRecognition', people.staff, { residentId: null })).toMatchObject({
        code: 'INVALID_INPUT',
        message: 'exactly one of residentId and providerId must be given',
      });
      expect(await move('recordRecognition', people.staff, { amount: '0' })).toMatchObject({ code: 'INVALID_INPUT' });
    });

    it('are seen by who holds them, not by another', async () => {
      const yang = { residentId: globalId('Resident', area.residents.yang) };
      await expect(held(people.wu, yang)).rejects.toThrow('No such resident');
      const mediators = { providerId: globalId('Provider', area.providers.mediators) };
      await expect(held(people.canteen, mediators)).rejects.toThrow('No such provider');
    });
  });
});
