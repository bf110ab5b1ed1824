import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { newId } from '../../src/database/id.ts';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { findNextCandidates } from '../../src/matchruns/next-candidates.store.ts';
import { dispatchOrders } from '../../src/orders/dispatch.store.ts';
import { moveOrder } from '../../src/orders/order.store.ts';
import { NOW, type PlantedArea, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { brokenInvariants, plantNeedLike } from './planted.ts';

describe.each(DATABASE_KINDS)('the %s database, to whoever goes around the application,', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let orderId: string;
  let confirmedId: string;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
    area = await plantArea(database);
    orderId = await dispatched(area.needs.yangMeal, area.services.lunch);
    confirmedId = await dispatched(area.needs.wuPipe, area.services.plumbing);
    for (const [index, to] of (['ACCEPTED', 'IN_SERVICE', 'FULFILLED', 'CONFIRMED'] as const).entries()) {
      const move = { orderId: confirmedId, version: index + 1, to, reason: null };
      await moveOrder(database, systemViewer(area.areaId), move, NOW, findNextCandidates);
    }
  });
  afterAll(async () => {
    expect(await brokenInvariants(database, area.areaId)).toEqual([]);
    await database.close();
  });

  const dispatched = async (needId: string, serviceId: string) => {
    const dispatch = { needId, serviceId, mode: 'MATCH_RUN', matchRunId: null, candidateId: null } as const;
    const [outcome] = await database.transaction((tx) =>
      dispatchOrders(tx, systemViewer(area.areaId), [dispatch], NOW),
    );
    return outcome!.orderId!;
  };
  /** The SQLSTATE with which the statements, in one transaction, are refused. */
  const refusal = async (...statements: readonly string[]): Promise<string | null> => {
    const error = await database
      .transaction(async (tx) => {
        for (const statement of statements) await tx.$executeRawUnsafe(statement);
        // What is checked when a transaction ends is checked now, so that both databases say which check it was.
        await tx.$executeRaw`SET CONSTRAINTS ALL IMMEDIATE`;
      })
      .catch((reason) => reason);
    return error === undefined ? 'accepted' : sqlStateOf(error);
  };
  const insertOrder = (columns: Record<string, string>) => {
    const row = {
      id: newId(),
      area_id: area.areaId,
      need_id: area.needs.wuQuarrel,
      service_id: area.services.mediation,
      provider_id: area.providers.mediators,
      community_id: area.communities.dashizi,
      category_id: area.categories.MEDIATION!,
      mode: 'STAFF',
      quantity: '1',
      unit: 'CASE',
      unit_price_fen: '0',
      accept_by: '2026-11-25',
      complete_by: '2026-11-26',
      dispatched_at: '2026-11-24',
      ...columns,
    };
    const values = Object.values(row).map((value) => `'${value}'`);
    return `INSERT INTO orders (${Object.keys(row).join(', ')}) VALUES (${values.join(', ')})`;
  };
  const event = (order: string, seq: number, from: string | null, to: string) =>
    `INSERT INTO order_events (id, order_id, seq, from_state, to_state, actor_role, at)
     VALUES ('${newId()}', '${order}', ${seq}, ${from === null ? 'NULL' : `'${from}'`}, '${to}', 'SYSTEM', now())`;
  const setOrder = (state: string, id = orderId) => `UPDATE orders SET state = '${state}' WHERE id = '${id}'`;
  const setNeed = (state: string, id = area.needs.yangMeal) => `UPDATE needs SET state = '${state}' WHERE id = '${id}'`;

  it('refuses changes that the lifecycle does not have', async () => {
    expect(await refusal(setOrder('FULFILLED'))).toBe('LD001');
    expect(await refusal(setOrder('DISPATCHED', confirmedId))).toBe('LD001');
    expect(await refusal(setNeed('CLOSED'))).toBe('LD001');
    expect(await refusal(insertOrder({ state: 'CONFIRMED' }))).toBe('LD001');
  });

  it('refuses a state without its event, and an event without its state', async () => {
    expect(await refusal(setOrder('ACCEPTED'), setNeed('MATCHED'))).toBe('LD001');
    expect(await refusal(event(orderId, 2, 'DISPATCHED', 'ACCEPTED'))).toBe('LD001');
    expect(await refusal(setOrder('ACCEPTED'), setNeed('MATCHED'), event(orderId, 3, 'DISPATCHED', 'ACCEPTED'))).toBe(
      'LD001',
    );
    expect(await refusal(setOrder('ACCEPTED'), setNeed('MATCHED'), event(orderId, 2, 'IN_SERVICE', 'ACCEPTED'))).toBe(
      'LD001',
    );
  });

  it('refuses a need that does not stand where its order stands', async () => {
    expect(await refusal(setOrder('ACCEPTED'), event(orderId, 2, 'DISPATCHED', 'ACCEPTED'))).toBe('LD001');
    expect(await refusal(setNeed('MATCHED'))).toBe('LD001');
    expect(await refusal(setNeed('WITHDRAWN'))).toBe('LD001');
    expect(await refusal(setNeed('OFFERED', area.needs.wuQuarrel))).toBe('LD001');
  });

  it('refuses an order that ends with its transfers still pending', async () => {
    const ended = [setOrder('CANCELLED'), event(orderId, 2, 'DISPATCHED', 'CANCELLED'), setNeed('OPEN')];
    expect(await refusal(...ended)).toBe('LD004');
  });

  it('refuses a second live order of a need', async () => {
    const { capacityId } = await database.prisma.order.findUniqueOrThrow({ where: { id: orderId } });
    const second = insertOrder({
      need_id: area.needs.yangMeal,
      service_id: area.services.lunch,
      provider_id: area.providers.canteen,
      category_id: area.categories['ELDER.MEAL']!,
      unit: 'MEAL',
      capacity_id: capacityId!,
    });
    expect(await refusal(second)).toBe('23505');
  });

  it('refuses an order that does not agree with its need and service, and one that changes them later', async () => {
    expect(await refusal(insertOrder({ provider_id: area.providers.canteen }))).toBe('LD001');
    expect(await refusal(insertOrder({ community_id: area.communities.yatang }))).toBe('LD001');
    expect(await refusal(insertOrder({ quantity: '5' }))).toBe('LD001');
    expect(await refusal(`UPDATE orders SET unit_price_fen = 1 WHERE id = '${orderId}'`)).toBe('LD001');
    expect(await refusal(`UPDATE orders SET need_id = '${area.needs.wuQuarrel}' WHERE id = '${orderId}'`)).toBe(
      'LD001',
    );
    expect(await refusal(`DELETE FROM orders WHERE id = '${orderId}'`)).toBe('LD002');
    expect(await refusal('TRUNCATE orders CASCADE')).toBe('LD002');
  });

  it('refuses to sell a place that is not there', async () => {
    const { lunch } = area.services;
    const more = await Promise.all(['N81', 'N82'].map((id) => plantNeedLike(database, area.needs.yangMeal, id)));
    const { id } = await database.prisma.serviceCapacity.findFirstOrThrow({ where: { serviceId: lunch } });
    const meal = (needId: string, columns: Record<string, string> = {}) =>
      insertOrder({
        need_id: needId,
        service_id: lunch,
        provider_id: area.providers.canteen,
        category_id: area.categories['ELDER.MEAL']!,
        unit: 'MEAL',
        ...columns,
      });
    expect(await refusal(meal(more[0]!, { capacity_id: id }), meal(more[1]!, { capacity_id: id }))).toBe('23514');
    expect(await refusal(meal(more[0]!))).toBe('LD005');
    expect(await refusal(`UPDATE service_capacities SET reserved = 0 WHERE id = '${id}'`)).toBe('LD005');
    expect(await refusal(`UPDATE service_capacities SET places = 3 WHERE id = '${id}'`)).toBe('LD005');
    const period = (start: string, columns = '', values = '') =>
      `INSERT INTO service_capacities (id, service_id, period_start, places${columns}) VALUES ('${newId()}', '${lunch}', '${start}', 2${values})`;
    expect(await refusal(period('2026-11-25', ', reserved', ', 1'))).toBe('LD005');
    await database.prisma.service.update({ where: { id: area.services.plumbing }, data: { capacityPeriod: 'WEEK' } });
    expect(await refusal(period('2026-11-25').replace(lunch, area.services.plumbing))).toBe('LD005');
  });

  it('refuses to change, delete or empty events and appraisals, and to appraise what was not served', async () => {
    expect(await refusal(`UPDATE order_events SET reason = 'x' WHERE order_id = '${orderId}'`)).toBe('LD002');
    expect(await refusal(`DELETE FROM order_events WHERE order_id = '${orderId}'`)).toBe('LD002');
    expect(await refusal('TRUNCATE order_events')).toBe('LD002');
    const appraise = (order: string) =>
      `INSERT INTO appraisals (id, order_id, mark, resolved, at) VALUES ('${newId()}', '${order}', 5, true, now())`;
    expect(await refusal(appraise(orderId))).toBe('LD001');
    expect(await refusal(appraise(confirmedId), 'UPDATE appraisals SET mark = 1')).toBe('LD002');
    expect(await refusal(appraise(confirmedId), 'DELETE FROM appraisals')).toBe('LD002');
    expect(await refusal(appraise(confirmedId), appraise(confirmedId))).toBe('23505');
  });

  it('refuses to change what was posted, to resolve twice, and to move what is not of one ledger and unit', async () => {
    const posted = await database.prisma.transfer.findMany({
      where: { orderId: confirmedId },
      orderBy: { unit: 'asc' },
    });
    const [fen, visit] = posted;
    const change = (set: string, id = fen!.id) => `UPDATE transfers SET ${set} WHERE id = '${id}'`;
    expect(await refusal(change(`state = 'VOIDED'`))).toBe('LD004');
    expect(await refusal(change('amount = 1'))).toBe('LD004');
    expect(await refusal(`DELETE FROM transfers WHERE id = '${fen!.id}'`)).toBe('LD002');
    expect(await refusal('TRUNCATE transfers CASCADE')).toBe('LD002');
    const pending = await database.prisma.transfer.findFirstOrThrow({ where: { orderId } });
    expect(await refusal(change('amount = 2', pending.id))).toBe('LD004');
    const insert = (columns: Record<string, string>) => {
      const row = {
        id: newId(),
        ledger_id: fen!.ledgerId,
        debit_account_id: fen!.debitAccountId,
        credit_account_id: fen!.creditAccountId,
        amount: '100',
        unit: 'FEN',
        state: 'PENDING',
        created_at: '2026-11-24',
        ...columns,
      };
      return `INSERT INTO transfers (${Object.keys(row).join(', ')}) VALUES (${Object.values(row)
        .map((value) => `'${value}'`)
        .join(', ')})`;
    };
    expect(await refusal(insert({ credit_account_id: visit!.creditAccountId }))).toBe('LD004');
    expect(await refusal(insert({ ledger_id: pending.ledgerId }))).toBe('LD004');
    expect(await refusal(insert({ state: 'VOIDED', resolved_at: '2026-11-24' }))).toBe('LD004');
    expect(await refusal(insert({ order_id: orderId }))).toBe('LD004');
    expect(await refusal(insert({ amount: '0' }))).toBe('23514');
    expect(await refusal(insert({ credit_account_id: fen!.debitAccountId }))).not.toBe('accepted');
    expect(await refusal(insert({ reverses_id: fen!.id }))).toBe('LD004');
    const turned = { debit_account_id: fen!.creditAccountId, credit_account_id: fen!.debitAccountId };
    expect(await refusal(insert({ ...turned, reverses_id: fen!.id, amount: '5001' }))).toBe('LD004');
    expect(await refusal(insert({ ...turned, reverses_id: pending.id }))).toBe('LD004');
  });

  it('refuses to say what was served before it was, more of it than was ordered, nothing of it, or otherwise later', async () => {
    const served = (quantity: number, id = orderId) =>
      `UPDATE orders SET fulfilled_quantity = ${quantity} WHERE id = '${id}'`;
    expect(await refusal(served(1))).toBe('LD001');
    expect(await refusal(served(2, confirmedId))).toBe('LD001');
    const fulfil = (quantity: number) => [
      setOrder('ACCEPTED'),
      setOrder('IN_SERVICE'),
      `UPDATE orders SET state = 'FULFILLED', fulfilled_quantity = ${quantity} WHERE id = '${orderId}'`,
    ];
    expect(await refusal(...fulfil(2))).toBe('23514');
    expect(await refusal(...fulfil(0))).toBe('23514');
  });

  it('refuses to lose a timer, to move it, or to end it twice', async () => {
    const timer = (set: string, id = orderId) =>
      `UPDATE timers SET ${set} WHERE order_id = '${id}' AND kind = 'ACCEPT_EXPIRY'`;
    expect(await refusal(`DELETE FROM timers WHERE order_id = '${orderId}'`)).toBe('LD009');
    expect(await refusal('TRUNCATE timers')).toBe('LD002');
    expect(await refusal(timer(`due_at = due_at + interval '1 day'`))).toBe('LD009');
    expect(await refusal(timer('ended_at = NULL', confirmedId))).toBe('LD009');
    expect(await refusal(timer('ended_at = now()'), timer('ended_at = now()'))).toBe('LD009');
  });

  it('refuses to set balances by hand, and to begin an account with one', async () => {
    const account = await database.prisma.account.findFirstOrThrow({ where: { unit: 'FEN' } });
    expect(await refusal(`UPDATE accounts SET credits_posted = 9 WHERE id = '${account.id}'`)).toBe('LD004');
    expect(await refusal(`UPDATE accounts SET owner_id = '${newId()}' WHERE id = '${account.id}'`)).toBe('LD004');
    expect(await refusal(`DELETE FROM accounts WHERE id = '${account.id}'`)).toBe('LD004');
    expect(
      await refusal(
        `INSERT INTO accounts (id, ledger_id, kind, owner_id, unit, debits_posted) VALUES ('${newId()}', '${account.ledgerId}', 'PROVIDER_INCOME', '${newId()}', 'FEN', 5)`,
      ),
    ).toBe('LD004');
  });
});
