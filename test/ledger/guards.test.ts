import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { newId } from '../../src/database/id.ts';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { recordRecognition } from '../../src/ledger/recognition.store.ts';
import { verifyLedgers } from '../../src/ledger/verify.store.ts';
import { findNextCandidates } from '../../src/matchruns/next-candidates.store.ts';
import { dispatchOrders } from '../../src/orders/dispatch.store.ts';
import { moveOrder } from '../../src/orders/order.store.ts';
import { NOW, type PlantedArea, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { plantNeedLike } from '../orders/planted.ts';

describe.each(DATABASE_KINDS)('the ledgers of the %s database, to whoever goes around the application,', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let programmeId: string;
  let confirmedId: string;
  let dispatchedId: string;
  let fen: { id: string; ledgerId: string; debitAccountId: string; creditAccountId: string };
  let paid: { id: string; postedAmount: bigint | null };
  beforeAll(async () => {
    database = await scratchDatabase(kind);
    area = await plantArea(database);
    const viewer = systemViewer(area.areaId);
    const programme = await database.prisma.fundingProgramme.create({
      data: {
        areaId: area.areaId,
        externalId: 'F1',
        name: '助修',
        source: 'GOVERNMENT_PURCHASE',
        budgetFen: 6000n,
        validFrom: new Date('2026-01-01'),
        validTo: new Date('2027-01-01'),
        shareBasisPoints: 5000,
        capPerResidentFen: 5500n,
        allOf: [],
        anyOf: [],
        noneOf: [],
      },
    });
    programmeId = programme.id;
    const order = async (
      needId: string,
      ...path: readonly ('ACCEPTED' | 'IN_SERVICE' | 'FULFILLED' | 'CONFIRMED')[]
    ) => {
      const pair = { needId, serviceId: area.services.plumbing, mode: 'MATCH_RUN' } as const;
      const [outcome] = await database.transaction((tx) =>
        dispatchOrders(tx, viewer, [{ ...pair, matchRunId: null, candidateId: null }], NOW),
      );
      const orderId = outcome!.orderId!;
      for (const [index, to] of path.entries()) {
        await moveOrder(database, viewer, { orderId, version: index + 1, to, reason: null }, NOW, findNextCandidates);
      }
      return orderId;
    };
    confirmedId = await order(area.needs.wuPipe, 'ACCEPTED', 'IN_SERVICE', 'FULFILLED', 'CONFIRMED');
    dispatchedId = await order(await plantNeedLike(database, area.needs.wuPipe, 'N91'));
    const { prisma } = database;
    fen = await prisma.transfer.findFirstOrThrow({ where: { orderId: confirmedId, unit: 'FEN', programmeId: null } });
    paid = await prisma.transfer.findFirstOrThrow({ where: { orderId: confirmedId, programmeId } });
    const points = { communityId: area.communities.dashizi, categoryId: area.categories['HOME.PLUMBING']! };
    const holder = { residentId: area.residents.wu };
    await recordRecognition(database, viewer, { ...points, holder, unit: 'POINT', amount: 3n, reason: '巡逻' }, NOW);
  });
  afterAll(async () => {
    expect((await verifyLedgers(database, area.areaId, () => {})).faults).toBe(0);
    await database.close();
  });

  /** The SQLSTATE with which the statements, in one transaction that is undone, are refused. */
  const refusal = async (...statements: readonly string[]): Promise<string | null> => {
    const undo = new Error('undone');
    const error = await database
      .transaction(async (tx) => {
        for (const statement of statements) await tx.$executeRawUnsafe(statement);
        await tx.$executeRaw`SET CONSTRAINTS ALL IMMEDIATE`;
        throw undo;
      })
      .catch((reason) => reason);
    return error === undo ? 'accepted' : sqlStateOf(error);
  };
  const insert = (table: string, columns: Record<string, string | null>) => {
    const row = { id: newId(), ...columns };
    const values = Object.values(row).map((value) => (value === null ? 'NULL' : `'${value}'`));
    return `INSERT INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${values.join(', ')})`;
  };
  const transfer = (columns: Record<string, string | null>) =>
    insert('transfers', {
      ledger_id: fen.ledgerId,
      debit_account_id: fen.debitAccountId,
      credit_account_id: fen.creditAccountId,
      amount: '100',
      unit: 'FEN',
      state: 'POSTED',
      created_at: '2026-11-24',
      resolved_at: '2026-11-24',
      ...columns,
    });
  const back = () => ({ debit_account_id: fen.creditAccountId, credit_account_id: fen.debitAccountId });

  it('accept what is allowed, so that the refusals below are of what they say', async () => {
    expect(await refusal(transfer({}))).toBe('accepted');
    expect(await refusal(transfer({ ...back(), reverses_id: fen.id, order_id: confirmedId }))).toBe('accepted');
  });

  it('refuse to post more than a transfer’s amount, nothing of it, or a part at once, and to change the part later', async () => {
    const pending = await database.prisma.transfer.findFirstOrThrow({
      where: { orderId: dispatchedId, unit: 'FEN', programmeId: null },
    });
    const post = (amount: bigint | string) =>
      `UPDATE transfers SET state = 'POSTED', resolved_at = now(), posted_amount = ${amount} WHERE id = '${pending.id}'`;
    expect(await refusal(post(pending.amount - 1n))).toBe('accepted');
    expect(await refusal(post(pending.amount + 1n))).toBe('23514');
    expect(await refusal(post(0n))).toBe('23514');
    expect(
      await refusal(
        `UPDATE transfers SET state = 'VOIDED', resolved_at = now(), posted_amount = 1 WHERE id = '${pending.id}'`,
      ),
    ).toBe('23514');
    expect(await refusal(`UPDATE transfers SET posted_amount = 1 WHERE id = '${pending.id}'`)).toBe('LD004');
    expect(await refusal(`UPDATE transfers SET posted_amount = posted_amount - 1 WHERE id = '${fen.id}'`)).toBe(
      'LD004',
    );
    expect(await refusal(`UPDATE transfers SET reason = 'x' WHERE id = '${fen.id}'`)).toBe('LD004');
    expect(await refusal(transfer({ posted_amount: '99' }))).toBe('LD004');
  });

  it('refuse a reversal of more than was posted, of another’s accounts or programme, a second one, and one of a reversal', async () => {
    const reverses = { ...back(), reverses_id: fen.id, order_id: confirmedId };
    const { amount } = await database.prisma.transfer.findUniqueOrThrow({ where: { id: fen.id } });
    expect(await refusal(transfer({ ...reverses, amount: String(amount + 1n) }))).toBe('LD004');
    expect(await refusal(transfer({ reverses_id: fen.id, order_id: confirmedId }))).toBe('LD004');
    expect(await refusal(transfer({ ...reverses, programme_id: programmeId }))).toBe('LD004');
    expect(await refusal(transfer({ ...reverses, state: 'PENDING', resolved_at: null }))).toBe('LD004');
    expect(await refusal(transfer(reverses), transfer(reverses))).toBe('23505');
    const id = newId();
    const ofReversal = { reverses_id: id, order_id: confirmedId };
    expect(await refusal(transfer({ ...reverses, id }), transfer(ofReversal))).toBe('LD004');
  });

  it('refuse to take from an account that holds something more than it holds', async () => {
    const { creditsPosted, debitsPosted } = await database.prisma.account.findUniqueOrThrow({
      where: { id: fen.creditAccountId },
    });
    const held = creditsPosted - debitsPosted;
    expect(await refusal(transfer({ ...back(), amount: String(held) }))).toBe('accepted');
    expect(await refusal(transfer({ ...back(), amount: String(held + 1n) }))).toBe('23514');
    // What is promised cannot be taken either.
    const promised = transfer({ ...back(), amount: String(held), state: 'PENDING', resolved_at: null });
    expect(await refusal(promised, transfer({ ...back(), amount: '1' }))).toBe('23514');
    const points = await database.prisma.transfer.findFirstOrThrow({ where: { unit: 'POINT' } });
    const spend = (amount: string) =>
      transfer({
        debit_account_id: points.creditAccountId,
        credit_account_id: points.debitAccountId,
        unit: 'POINT',
        amount,
      });
    expect(await refusal(spend('3'))).toBe('accepted');
    expect(await refusal(spend('4'))).toBe('23514');
    expect(await refusal(`UPDATE accounts SET overdraft = true WHERE id = '${points.creditAccountId}'`)).toBe('LD004');
    const begun = {
      ledger_id: fen.ledgerId,
      kind: 'PROVIDER_INCOME',
      owner_id: newId(),
      unit: 'FEN',
      overdraft: 'true',
    };
    const accountId = newId();
    expect(
      await refusal(
        insert('accounts', { ...begun, id: accountId }),
        transfer({ debit_account_id: accountId, credit_account_id: fen.debitAccountId, amount: '1' }),
      ),
    ).toBe('23514');
  });

  it('refuse to move a programme’s budget by hand, beyond it, beyond a cap, or for what is no order in fen', async () => {
    const pays = (amount: string, columns: Record<string, string | null> = {}) =>
      transfer({ programme_id: programmeId, order_id: confirmedId, amount, ...columns });
    expect(await refusal(pays('500'))).toBe('accepted');
    expect(await refusal(pays('1001'))).toBe('23514');
    expect(await refusal(pays('600'))).toBe('23514');
    expect(await refusal(pays('10', { order_id: null }))).toBe('LD004');
    const set = (what: string) => `UPDATE funding_programmes SET ${what} WHERE id = '${programmeId}'`;
    expect(await refusal(set('spent_fen = 0'))).toBe('LD008');
    expect(await refusal(set('budget_fen = 4999'))).toBe('23514');
    expect(await refusal(`DELETE FROM funding_programmes WHERE id = '${programmeId}'`)).toBe('LD008');
    expect(await refusal('UPDATE programme_usages SET used_fen = 0')).toBe('LD008');
    expect(await refusal('DELETE FROM programme_usages')).toBe('LD008');
  });

  it('refuse a price whose parts do not add up, or change', async () => {
    expect(await refusal(`UPDATE order_price_parts SET amount_fen = 1 WHERE order_id = '${confirmedId}'`)).toBe(
      'LD002',
    );
    expect(await refusal(`DELETE FROM order_price_parts WHERE order_id = '${confirmedId}'`)).toBe('LD002');
    const part = (payer: string, programme: string) =>
      `INSERT INTO order_price_parts VALUES ('${confirmedId}', 9, '${payer}', ${programme}, 1)`;
    expect(await refusal(part('RESIDENT', 'NULL'))).toBe('LD008');
    expect(await refusal(part('PROGRAMME', 'NULL'))).toBe('23514');
    expect(await refusal(part('RESIDENT', `'${programmeId}'`))).toBe('23514');
  });

  it('refuse to settle what is not there to settle, to pay otherwise than settled, and to reverse what is settled', async () => {
    const id = newId();
    const settlement = (total: bigint) =>
      insert('settlements', {
        id,
        area_id: area.areaId,
        programme_id: programmeId,
        provider_id: area.providers.repair,
        period_from: '2026-11-01',
        period_to: '2026-12-01',
        total_fen: String(total),
        created_at: '2026-11-24',
      });
    const line = (transferId: string, amount: bigint) =>
      `INSERT INTO settlement_lines VALUES ('${id}', '${transferId}', ${amount})`;
    const amount = paid.postedAmount!;
    const drawn = [settlement(amount), line(paid.id, amount)];
    expect(await refusal(...drawn)).toBe('accepted');
    expect(await refusal(settlement(amount))).toBe('LD007');
    expect(await refusal(settlement(amount), line(paid.id, amount - 1n))).toBe('LD007');
    expect(await refusal(settlement(amount), line(fen.id, amount))).toBe('LD007');
    const move = (set: string) => `UPDATE settlements SET ${set} WHERE id = '${id}'`;
    expect(await refusal(...drawn, move(`state = 'PAID', approved_at = now(), paid_at = now()`))).toBe('LD007');
    expect(await refusal(...drawn, move('total_fen = 1'))).toBe('LD007');
    expect(await refusal(...drawn, 'DELETE FROM settlement_lines')).toBe('LD007');
    const approved = [...drawn, move(`state = 'APPROVED', approved_at = now()`)];
    expect(await refusal(...approved, move(`state = 'PAID', paid_at = now()`))).toBe('LD007');
    const payoutId = newId();
    const account = {
      id: payoutId,
      ledger_id: fen.ledgerId,
      kind: 'PROVIDER_PAYOUT',
      owner_id: area.providers.repair,
      unit: 'FEN',
    };
    const payout = { debit_account_id: fen.creditAccountId, credit_account_id: payoutId, settlement_id: id };
    const payoutTransferId = newId();
    const payOut = [
      insert('accounts', account),
      move(`state = 'PAID', paid_at = now()`),
      transfer({ ...payout, id: payoutTransferId, amount: String(amount) }),
    ];
    expect(await refusal(...approved, ...payOut)).toBe('accepted');
    expect(
      await refusal(...approved, insert('accounts', account), transfer({ ...payout, amount: String(amount) })),
    ).toBe('LD007');
    const programme = { programme_id: programmeId, order_id: confirmedId };
    const { debitAccountId, creditAccountId } = await database.prisma.transfer.findUniqueOrThrow({
      where: { id: paid.id },
    });
    const reversal = {
      debit_account_id: creditAccountId,
      credit_account_id: debitAccountId,
      reverses_id: paid.id,
      ...programme,
    };
    expect(await refusal(transfer({ ...reversal, amount: '1' }))).toBe('accepted');
    expect(await refusal(...drawn, transfer({ ...reversal, amount: '1' }))).toBe('LD007');
    const unpay = { debit_account_id: payoutId, credit_account_id: fen.creditAccountId, reverses_id: payoutTransferId };
    expect(await refusal(...approved, ...payOut, transfer({ ...unpay, amount: '1' }))).toBe('LD007');
  });

  it('refuse transfers and entries before the end of a closed period, and to open it again', async () => {
    const { id, lastSeq } = await database.prisma.ledger.findUniqueOrThrow({ where: { id: fen.ledgerId } });
    const period = (to: string, closingSeq: number) =>
      insert('ledger_periods', {
        ledger_id: id,
        period_to: to,
        closing_seq: String(closingSeq),
        closed_at: '2026-11-26',
      });
    const closed = period('2026-11-25', lastSeq);
    expect(await refusal(closed)).toBe('accepted');
    expect(await refusal(period('2026-11-25', lastSeq - 1))).toBe('LD006');
    expect(await refusal(closed, closed.replace(/VALUES \('[^']*'/, `VALUES ('${newId()}'`))).not.toBe('accepted');
    expect(await refusal(closed, transfer({}))).toBe('LD006');
    const late = { created_at: '2026-11-25', resolved_at: '2026-11-25' };
    expect(await refusal(closed, transfer(late))).toBe('accepted');
    expect(await refusal(closed, `UPDATE ledgers SET closed_before = NULL WHERE id = '${id}'`)).toBe('LD003');
    expect(await refusal(closed, `DELETE FROM ledger_periods`)).toBe('LD002');
    const append = (at: string) =>
      `SELECT append_ledger_entries('${area.areaId}', '${JSON.stringify([
        {
          id: newId(),
          communityId: area.communities.dashizi,
          categoryId: area.categories['HOME.PLUMBING'],
          before: `{"actorId":null,"at":"${at}","body":{},"kind":"ORDER_EVENT",`,
          after: `"subjectId":"${confirmedId}"}`,
        },
      ])}')`;
    expect(await refusal(closed, append('2026-11-24T23:59:59.999Z'))).toBe('LD006');
    expect(await refusal(closed, append('2026-11-25T00:00:00.000Z'))).toBe('accepted');
  });
});
