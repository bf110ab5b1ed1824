import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { appendLedgerEntries } from '../../src/ledger/index.ts';
import { NOW, type PlantedArea, plantArea } from '../area.ts';
import { scratchServerDatabase } from '../database/scratch.ts';
import { dispatchPairs, plantProgramme, walkOrder } from '../funding/planted.ts';
import type { LogEntry } from './client.ts';
import { findLogViolations, findViolations, LATE_TIMERS, type Query, RULES } from './violations.ts';

/** How each rule is broken past every guard, by one statement; `$order` stands for a live order, `$done` for a confirmed one. */
const BREAKS: Readonly<Record<string, string>> = {
  'debits are credits, in every ledger and unit': `UPDATE accounts SET debits_posted = debits_posted + 1 WHERE kind = 'PROVIDER_SUPPLY'`,
  'accounts hold what their transfers make': `UPDATE transfers SET amount = amount + 1, posted_amount = posted_amount + 1 WHERE order_id = '$done'`,
  'chains have no gap, no fork and no loose end': `DELETE FROM ledger_entries WHERE subject_id = '$order'`,
  'no service is oversold at any moment': `UPDATE service_capacities SET places = 0`,
  'places kept as taken are those of the orders': `UPDATE service_capacities SET reserved = reserved + 1`,
  'a need has one live order at any moment': `UPDATE orders SET need_id = (SELECT need_id FROM orders WHERE id = '$order') WHERE id = '$done';
    DELETE FROM order_events WHERE order_id = '$done' AND to_state = 'CONFIRMED'`,
  'a need stands where its orders say': `UPDATE needs SET state = 'MATCHED' WHERE id = (SELECT need_id FROM orders WHERE id = '$order')`,
  'the events of an order are a path of its lifecycle, and it stands at their end': `DELETE FROM order_events WHERE order_id = '$done' AND to_state = 'IN_SERVICE'`,
  'every event of an order is in its ledger, once': `UPDATE ledger_entries SET body = jsonb_set(body, '{seq}', '1') WHERE subject_id = '$done' AND kind = 'ORDER_EVENT'`,
  'every need is registered in its ledger, once': `DELETE FROM ledger_entries WHERE kind = 'NEED_REGISTERED'`,
  'transfers of an order are pending, posted or voided as it is': `UPDATE transfers SET state = 'POSTED', posted_amount = amount, resolved_at = now() WHERE order_id = '$order'`,
  'the parts of a price add up': `DELETE FROM order_price_parts WHERE order_id = '$done'`,
  'no programme spends more than it has, and it counts what its transfers make': `UPDATE funding_programmes SET spent_fen = 0`,
  'nobody gets more of a programme than its cap': `UPDATE programme_usages SET cap_fen = used_fen - 1`,
  'every order has its timers, open while it waits for them': `DELETE FROM timers WHERE order_id = '$order' AND kind = 'ACCEPT_EXPIRY'`,
  'an order expires by its timer, not before its time': `UPDATE order_events SET to_state = 'EXPIRED' WHERE order_id = '$order'`,
  'a match run is all there or not at all': `UPDATE match_runs SET dispatched = 3`,
};

describe('the checks of the fault suite', () => {
  let database: Database;
  let client: pg.Client;
  let area: PlantedArea;
  let orders: { order: string; done: string };
  const query: Query = async (sql, values) => (await client.query(sql, [...values])).rows;
  beforeAll(async () => {
    const scratch = await scratchServerDatabase();
    database = scratch.database;
    client = new pg.Client({ connectionString: scratch.url });
    await client.connect();
    area = await plantArea(database);
    await plantProgramme(database, area.areaId, 'FP1');
    // What is planted has no entry in the ledgers; the needs get theirs, so that the rule about it holds.
    const needs = await database.prisma.need.findMany();
    const entries = needs.map(({ id, communityId, categoryId }) => ({
      communityId,
      categoryId,
      kind: 'NEED_REGISTERED' as const,
      subjectId: id,
      actorId: null,
      body: {},
    }));
    await database.transaction((tx) => appendLedgerEntries(tx, area.areaId, entries, NOW));
    const outcomes = await dispatchPairs(database, area.areaId, [
      [area.needs.yangMeal, area.services.lunch],
      [area.needs.wuPipe, area.services.plumbing],
    ]);
    orders = { order: outcomes[0]!.orderId!, done: outcomes[1]!.orderId! };
    for (const [index, state] of (['ACCEPTED', 'IN_SERVICE', 'FULFILLED', 'CONFIRMED'] as const).entries()) {
      const now = new Date(NOW.getTime() + (index + 1) * 1000);
      await walkOrder(database, area, orders.done, [state], { now });
    }
    const { id: profileId } = await database.prisma.scoringProfile.create({
      data: { areaId: area.areaId, name: 'p', version: 1, weights: {} },
    });
    await database.prisma.matchRun.create({
      data: { areaId: area.areaId, profileId, policy: 'OPTIMAL', state: 'COMPLETED', parameters: {}, startedAt: NOW },
    });
  });
  beforeEach(async () => {
    await client.query('BEGIN');
  });
  afterAll(async () => {
    await client.end();
    await database.close();
  });

  it('find nothing wrong with what the product makes', async () => {
    expect(await findViolations(query, area.areaId)).toEqual([]);
    await client.query('ROLLBACK');
  });

  it.each(RULES.map(({ rule }) => rule))('find it broken: %s', async (rule) => {
    const breaking = BREAKS[rule]!.replaceAll('$order', orders.order).replaceAll('$done', orders.done);
    await client.query(`SET LOCAL session_replication_role = replica`);
    await client.query(`DROP INDEX orders_one_live_per_need`);
    for (const check of [
      'service_capacities_never_oversold:service_capacities',
      'programme_usages_cap_check:programme_usages',
    ]) {
      const [name, table] = check.split(':');
      await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
    }
    await client.query(breaking);
    const found = await findViolations(query, area.areaId);
    await client.query('ROLLBACK');
    expect(found.map((violation) => violation.rule)).toContain(rule);
  });

  it('find a timer that is due and has not fired', async () => {
    const { acceptBy } = await database.prisma.order.findUniqueOrThrow({ where: { id: orders.order } });
    const late = await query(LATE_TIMERS, [area.areaId, new Date(acceptBy.getTime() + 1)]);
    await client.query('ROLLBACK');
    expect(late.map(({ text }) => String(text).split(' ')[0])).toContain('ACCEPT_EXPIRY');
  });

  it('find what was acknowledged and is not there, is there twice, or was never acknowledged', async () => {
    const person = { subject: 'x', token: '' };
    const entry = (name: string, id: string | null, input: object, key: string): LogEntry => ({
      ...{ person, name, inputType: '', input: { ...input }, key, attempts: 1 },
      ...(id === null ? { id, code: 'CONFLICT' } : { id, code: null }),
    });
    const answers = [
      entry('registerNeed', area.needs.yangMeal, { title: '想订一份午餐送到家里' }, 'k1'),
      entry('registerNeed', area.needs.yangMeal, { title: 'lost' }, 'k2'),
      entry('acceptOrder', orders.done, { version: 1 }, 'k3'),
      entry('startOrder', null, { version: 2 }, 'k4'),
      entry('startOrder', orders.done, { version: 2 }, 'k5'),
      entry('startOrder', orders.order, { version: 2 }, 'k5'),
    ];
    const user = await database.prisma.user.create({
      data: { areaId: area.areaId, subject: 'x', displayName: 'x' },
    });
    await client.query(`SET LOCAL session_replication_role = replica`);
    await client.query(
      `UPDATE order_events SET actor_id = $1 WHERE order_id = $2 AND to_state IN ('ACCEPTED', 'FULFILLED')`,
      [user.id, orders.done],
    );
    const found = await findLogViolations(query, area.areaId, answers);
    await client.query('ROLLBACK');
    const texts = found.map(({ text }) => text);
    expect(texts).toContain(`need ${area.needs.yangMeal} lost: acknowledged, and there 0 times`);
    expect(texts).not.toContain(`need ${area.needs.yangMeal} 想订一份午餐送到家里: acknowledged, and there 0 times`);
    expect(texts).toContain(`need ${area.needs.wuPipe} 厨房水管爆了: there 1 times, never acknowledged`);
    expect(texts).not.toContain(`order ${orders.done} event 2 ACCEPTED by x: acknowledged, and there 0 times`);
    expect(texts).toContain(`order ${orders.done} event 3 IN_SERVICE by x: acknowledged, and there 0 times`);
    expect(texts).toContain(`order ${orders.done} event 4 FULFILLED by x: there 1 times, never acknowledged`);
    expect(texts).toContain(`key k1 registerNeed ${area.needs.yangMeal}: acknowledged, and there 0 times`);
    expect(texts).toContain(`key k5: ${orders.done}, ${orders.order}`);
  });
});
