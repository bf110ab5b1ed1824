import type { LogEntry } from './client.ts';

/** Something that must never be so, and is. */
export type Violation = { readonly rule: string; readonly text: string };

/** Runs one plain SQL statement; what is checked is seen as any outsider would see it. */
export type Query = (sql: string, values: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>;

/**
 * Where in the history an event happened: in the order of commits, which a server keeps with `track_commit_timestamp`; the
 * instant that an event bears is only when it was asked for. A database that makes one transaction after another numbers
 * them in that order.
 */
const MOMENT = `CASE WHEN current_setting('track_commit_timestamp') = 'on'
  THEN extract(epoch FROM pg_xact_commit_timestamp(e.xmin)) ELSE e.xmin::text::bigint END`;
const LIVE = `('DISPATCHED', 'ACCEPTED', 'IN_SERVICE', 'FULFILLED', 'DISPUTED')`;
const HOLDING = `('DISPATCHED', 'ACCEPTED', 'IN_SERVICE')`;

/**
 * Everything that must hold of an area whatever has failed, by plain SQL around the application: each statement gives a
 * row for each violation. $1 is the area.
 */
export const RULES: readonly { readonly rule: string; readonly sql: string }[] = [
  {
    rule: 'debits are credits, in every ledger and unit',
    sql: `SELECT 'ledger ' || l.id || ' ' || a.unit AS text FROM ledgers l JOIN accounts a ON a.ledger_id = l.id
      WHERE l.area_id = $1 GROUP BY l.id, a.unit
      HAVING sum(debits_posted) <> sum(credits_posted) OR sum(debits_pending) <> sum(credits_pending)`,
  },
  {
    rule: 'accounts hold what their transfers make',
    sql: `SELECT 'account ' || id || ' holds ' || kept || ', its transfers make ' || made AS text FROM (
        SELECT a.id, concat_ws(' ', a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted) AS kept,
          concat_ws(' ', COALESCE(sum(amount) FILTER (WHERE debit_account_id = a.id AND state = 'PENDING'), 0),
            COALESCE(sum(posted_amount) FILTER (WHERE debit_account_id = a.id AND state = 'POSTED'), 0),
            COALESCE(sum(amount) FILTER (WHERE credit_account_id = a.id AND state = 'PENDING'), 0),
            COALESCE(sum(posted_amount) FILTER (WHERE credit_account_id = a.id AND state = 'POSTED'), 0)) AS made
        FROM ledgers l JOIN accounts a ON a.ledger_id = l.id LEFT JOIN transfers t ON a.id IN (t.debit_account_id, t.credit_account_id)
        WHERE l.area_id = $1 GROUP BY a.id
      ) AS balances WHERE kept <> made`,
  },
  {
    rule: 'chains have no gap, no fork and no loose end',
    sql: `SELECT 'ledger ' || id || ' entry ' || seq AS text FROM (
        SELECT l.id, e.seq, e.prev_hash, e.hash, l.last_seq, l.last_hash,
          lag(e.hash) OVER chain AS before, row_number() OVER chain AS place, lead(e.seq) OVER chain AS next
        FROM ledgers l JOIN ledger_entries e ON e.ledger_id = l.id WHERE l.area_id = $1
        WINDOW chain AS (PARTITION BY l.id ORDER BY e.seq)
      ) AS linked
      WHERE seq <> place OR (before IS NOT NULL AND prev_hash <> before)
        OR (next IS NULL AND (seq, hash) IS DISTINCT FROM (last_seq, last_hash))`,
  },
  {
    rule: 'no service is oversold at any moment',
    sql: `SELECT 'capacity ' || capacity_id || ' holds ' || taken || ' of ' || places || ' at ' || moment AS text FROM (
        SELECT capacity_id, places, moment, sum(moved) OVER (PARTITION BY capacity_id ORDER BY moment) AS taken FROM (
          SELECT o.capacity_id, c.places, ${MOMENT} AS moment, sum(CASE
            WHEN e.to_state = 'DISPATCHED' THEN o.quantity
            WHEN e.to_state = 'FULFILLED' THEN o.fulfilled_quantity - o.quantity
            WHEN e.to_state IN ('DECLINED', 'EXPIRED', 'CANCELLED') AND e.from_state IN ${HOLDING} THEN -o.quantity
            ELSE 0 END) AS moved
          FROM orders o JOIN order_events e ON e.order_id = o.id JOIN service_capacities c ON c.id = o.capacity_id
          WHERE o.area_id = $1 GROUP BY 1, 2, 3
        ) AS moves
      ) AS history WHERE taken > places OR taken < 0`,
  },
  {
    rule: 'places kept as taken are those of the orders',
    sql: `SELECT 'capacity ' || c.id || ': ' || c.reserved || ' and ' || c.consumed AS text
      FROM service_capacities c JOIN services s ON s.id = c.service_id LEFT JOIN orders o ON o.capacity_id = c.id
      WHERE s.area_id = $1 GROUP BY c.id
      HAVING c.reserved <> COALESCE(sum(o.quantity) FILTER (WHERE o.state IN ${HOLDING}), 0)
        OR c.consumed <> COALESCE(sum(o.fulfilled_quantity) FILTER (WHERE o.fulfilled_at IS NOT NULL), 0)
        OR c.reserved + c.consumed > c.places`,
  },
  {
    rule: 'a need has one live order at any moment',
    sql: `SELECT 'need ' || need_id || ' has ' || live || ' at ' || moment AS text FROM (
        SELECT need_id, moment, sum(moved) OVER (PARTITION BY need_id ORDER BY moment) AS live FROM (
          SELECT o.need_id, ${MOMENT} AS moment,
            sum(CASE WHEN e.to_state = 'DISPATCHED' THEN 1 WHEN e.to_state NOT IN ${LIVE} THEN -1 ELSE 0 END) AS moved
          FROM orders o JOIN order_events e ON e.order_id = o.id WHERE o.area_id = $1 GROUP BY 1, 2
        ) AS moves
      ) AS history WHERE live NOT IN (0, 1)`,
  },
  {
    rule: 'a need stands where its orders say',
    sql: `SELECT 'need ' || n.id || ' is ' || n.state || ', its live order ' || COALESCE(o.state::text, 'none') AS text
      FROM needs n LEFT JOIN orders o ON o.need_id = n.id AND o.state IN ${LIVE}
      WHERE n.area_id = $1 AND NOT CASE
        WHEN o.state = 'DISPATCHED' THEN n.state = 'OFFERED'
        WHEN o.state IN ('ACCEPTED', 'IN_SERVICE') THEN n.state = 'MATCHED'
        WHEN o.state IN ('FULFILLED', 'DISPUTED') THEN n.state = 'FULFILLED'
        ELSE n.state IN ('OPEN', 'UNMET', 'WITHDRAWN', 'CLOSED') END`,
  },
  {
    rule: 'the events of an order are a path of its lifecycle, and it stands at their end',
    sql: `SELECT 'order ' || o.id || ' ' || o.state || ': ' || COALESCE(path, 'no event') AS text
      FROM orders o LEFT JOIN LATERAL (
        SELECT string_agg(to_state::text, ' ' ORDER BY seq) AS path, string_agg(COALESCE(from_state::text || ' ', ''), '' ORDER BY seq) AS froms,
          bool_and(seq = place) AS numbered
        FROM (SELECT *, row_number() OVER (ORDER BY seq) AS place FROM order_events WHERE order_id = o.id) AS e
      ) AS events ON true
      WHERE o.area_id = $1 AND (numbered IS NOT TRUE OR path <> froms || o.state::text OR path !~
        '^DISPATCHED( (DECLINED|EXPIRED|CANCELLED)| ACCEPTED( CANCELLED| IN_SERVICE( CANCELLED| FULFILLED( CONFIRMED| DISPUTED( CONFIRMED| CANCELLED)?)?)?)?)?$')`,
  },
  {
    rule: 'every event of an order is in its ledger, once',
    sql: `SELECT 'order ' || o.id || ' event ' || e.seq || ': ' || count(l.id) AS text
      FROM orders o JOIN order_events e ON e.order_id = o.id
        LEFT JOIN ledger_entries l ON l.subject_id = o.id AND l.kind = 'ORDER_EVENT' AND l.body->>'seq' = e.seq::text
      WHERE o.area_id = $1 GROUP BY o.id, e.seq HAVING count(l.id) <> 1`,
  },
  {
    rule: 'every need is registered in its ledger, once',
    sql: `SELECT 'need ' || n.id || ': ' || count(l.id) AS text
      FROM needs n LEFT JOIN ledger_entries l ON l.subject_id = n.id AND l.kind = 'NEED_REGISTERED'
      WHERE n.area_id = $1 GROUP BY n.id HAVING count(l.id) <> 1`,
  },
  {
    rule: 'transfers of an order are pending, posted or voided as it is',
    sql: `SELECT 'order ' || id || ' ' || state || ' has ' || kept || ', not ' || due AS text FROM (
        SELECT o.id, o.state, COALESCE(t.state || ' ' || COALESCE(t.posted_amount, 0), 'no transfer') AS kept, CASE
          WHEN o.state = 'CONFIRMED' AND t.share > 0 THEN 'POSTED ' || t.share
          WHEN o.state IN ${LIVE} THEN 'PENDING 0' ELSE 'VOIDED 0' END AS due
        FROM orders o LEFT JOIN (
          SELECT t.*, t.amount * o.fulfilled_quantity / o.quantity + CASE WHEN
            row_number() OVER (PARTITION BY o.id, t.unit ORDER BY t.amount * o.fulfilled_quantity % o.quantity DESC, t.id)
              <= sum(t.amount * o.fulfilled_quantity % o.quantity) OVER (PARTITION BY o.id, t.unit) / o.quantity
            THEN 1 ELSE 0 END AS share
          FROM orders o JOIN transfers t ON t.order_id = o.id AND t.reverses_id IS NULL
        ) AS t ON t.order_id = o.id
        WHERE o.area_id = $1
      ) AS resolved WHERE kept <> due`,
  },
  {
    rule: 'the parts of a price add up',
    sql: `SELECT 'order ' || o.id AS text FROM orders o LEFT JOIN order_price_parts p ON p.order_id = o.id
      WHERE o.area_id = $1 GROUP BY o.id HAVING COALESCE(sum(p.amount_fen), 0) <> o.quantity::bigint * o.unit_price_fen`,
  },
  {
    rule: 'no programme spends more than it has, and it counts what its transfers make',
    sql: `SELECT 'programme ' || p.id || ': ' || p.reserved_fen || ' and ' || p.spent_fen || ' of ' || p.budget_fen AS text
      FROM funding_programmes p LEFT JOIN transfers t ON t.programme_id = p.id
      WHERE p.area_id = $1 GROUP BY p.id
      HAVING p.reserved_fen + p.spent_fen > p.budget_fen
        OR p.reserved_fen <> COALESCE(sum(t.amount) FILTER (WHERE t.state = 'PENDING'), 0)
        OR p.spent_fen <> COALESCE(sum(CASE WHEN t.reverses_id IS NULL THEN t.posted_amount ELSE -t.posted_amount END), 0)`,
  },
  {
    rule: 'nobody gets more of a programme than its cap',
    sql: `SELECT 'programme ' || u.programme_id || ' ' || u.owner_id || ': ' || u.used_fen AS text
      FROM programme_usages u JOIN funding_programmes p ON p.id = u.programme_id
      WHERE p.area_id = $1 AND (u.used_fen > u.cap_fen OR u.used_fen <> COALESCE((
        SELECT sum(CASE WHEN t.state = 'PENDING' THEN t.amount WHEN t.reverses_id IS NULL THEN t.posted_amount ELSE -t.posted_amount END)
        FROM transfers t JOIN orders o ON o.id = t.order_id JOIN needs n ON n.id = o.need_id
        WHERE t.programme_id = u.programme_id AND u.owner_id IN (o.provider_id, n.resident_id)), 0))`,
  },
  {
    rule: 'every order has its timers, open while it waits for them',
    sql: `SELECT 'order ' || o.id || ' ' || o.state || ': ' || k.kind || CASE WHEN t.order_id IS NULL THEN ' missing'
        WHEN t.ended_at IS NULL THEN ' still open' ELSE ' ended too soon' END AS text
      FROM orders o CROSS JOIN LATERAL (VALUES
          ('ACCEPT_REMINDER', o.accept_remind_at, o.state = 'DISPATCHED'), ('ACCEPT_EXPIRY', o.accept_by, o.state = 'DISPATCHED'),
          ('COMPLETE_REMINDER', o.complete_remind_at, o.state IN ${HOLDING}), ('COMPLETE_OVERDUE', o.complete_by, o.state IN ${HOLDING})
        ) AS k (kind, due_at, waits)
        LEFT JOIN timers t ON t.order_id = o.id AND t.kind::text = k.kind AND t.due_at = k.due_at
      WHERE o.area_id = $1 AND k.due_at IS NOT NULL AND (t.order_id IS NULL
        OR (NOT k.waits AND t.ended_at IS NULL)
        OR (k.waits AND t.ended_at IS NOT NULL AND (k.kind = 'ACCEPT_EXPIRY' OR t.ended_at < k.due_at)))`,
  },
  {
    rule: 'an order expires by its timer, not before its time',
    sql: `SELECT 'order ' || o.id AS text FROM orders o JOIN order_events e ON e.order_id = o.id AND e.to_state = 'EXPIRED'
      WHERE o.area_id = $1 AND (e.actor_id IS NOT NULL OR e.at < o.accept_by)`,
  },
  {
    rule: 'a match run is all there or not at all',
    sql: `SELECT 'run ' || r.id || ' ' || r.state || ' of ' || r.dispatched || ' has ' || count(o.id) AS text
      FROM match_runs r LEFT JOIN orders o ON o.match_run_id = r.id AND o.mode = 'MATCH_RUN'
      WHERE r.area_id = $1 GROUP BY r.id HAVING count(o.id) <> CASE WHEN r.state = 'COMPLETED' THEN r.dispatched ELSE 0 END`,
  },
];

/** Timers that are due since before an instant and have not fired; those that failed and wait for their next try do not count. */
export const LATE_TIMERS = `SELECT t.kind || ' of order ' || t.order_id || ' due ' || t.due_at || ' ' || COALESCE(t.failure, '') AS text
  FROM timers t JOIN orders o ON o.id = t.order_id
  WHERE o.area_id = $1 AND t.ended_at IS NULL AND t.due_at < $2 AND (t.retry_at IS NULL OR t.retry_at < $2)`;

/** Holds an area to every rule, in one snapshot of the database if `query` works in one. */
export async function findViolations(query: Query, areaId: string): Promise<readonly Violation[]> {
  const found: Violation[] = [];
  for (const { rule, sql } of RULES) {
    for (const { text } of await query(sql, [areaId])) found.push({ rule, text: String(text) });
  }
  return found;
}

/** States that a move leads to, by the mutation that asks for it. */
const MOVES: Readonly<Record<string, string>> = {
  acceptOrder: 'ACCEPTED',
  declineOrder: 'DECLINED',
  startOrder: 'IN_SERVICE',
  fulfilOrder: 'FULFILLED',
  confirmOrder: 'CONFIRMED',
  disputeOrder: 'DISPUTED',
  cancelOrder: 'CANCELLED',
};

/**
 * Holds the database to what the clients were told: what was acknowledged is there, once; what was refused is not; and
 * nothing of theirs is there that nobody was told of. To be asked when every operation has its answer.
 */
export async function findLogViolations(
  query: Query,
  areaId: string,
  log: readonly LogEntry[],
): Promise<readonly Violation[]> {
  const found: Violation[] = [];
  const compare = (rule: string, told: readonly string[], kept: readonly string[]) => {
    const times = (all: readonly string[]) =>
      new Map([...Map.groupBy(all, (one) => one)].map(([one, same]) => [one, same.length]));
    const keptTimes = times(kept);
    // Who asks twice under one key is told twice of one change.
    for (const one of new Set(told)) {
      const count = keptTimes.get(one) ?? 0;
      if (count !== 1) found.push({ rule, text: `${one}: acknowledged, and there ${count} times` });
      keptTimes.delete(one);
    }
    for (const [one, count] of keptTimes)
      found.push({ rule, text: `${one}: there ${count} times, never acknowledged` });
  };
  const acknowledged = log.filter((entry) => entry.id !== null);
  const of = (...names: readonly string[]) => acknowledged.filter(({ name }) => names.includes(name));
  const kept = async (sql: string) => (await query(sql, [areaId])).map(({ text }) => String(text));

  compare(
    'needs are those acknowledged',
    of('registerNeed').map(({ id, input }) => `need ${id} ${input.title}`),
    await kept(`SELECT 'need ' || id || ' ' || title AS text FROM needs WHERE area_id = $1`),
  );
  compare(
    'withdrawn needs are those acknowledged',
    of('withdrawNeed').map(({ id }) => `withdrawal of need ${id}`),
    await kept(`SELECT 'withdrawal of need ' || n.id AS text FROM needs n
      JOIN ledger_entries l ON l.subject_id = n.id AND l.kind = 'NEED_WITHDRAWN' WHERE n.area_id = $1`),
  );
  compare(
    'orders dispatched by hand are those acknowledged',
    of('dispatchOrder').map(({ id }) => `order ${id}`),
    await kept(`SELECT 'order ' || id AS text FROM orders WHERE area_id = $1 AND mode = 'STAFF'`),
  );
  const moves = acknowledged.flatMap(({ id, name, input, person }) => {
    const to = name === 'settleOrder' ? String(input.settlement) : MOVES[name];
    return to === undefined ? [] : [`order ${id} event ${Number(input.version) + 1} ${to} by ${person.subject}`];
  });
  compare(
    'changes of orders are those acknowledged',
    moves,
    // What a withdrawal of the need cancels is acknowledged with it.
    await kept(`SELECT 'order ' || o.id || ' event ' || e.seq || ' ' || e.to_state || ' by ' || u.subject AS text
      FROM orders o JOIN order_events e ON e.order_id = o.id JOIN users u ON u.id = e.actor_id
      WHERE o.area_id = $1 AND e.to_state <> 'DISPATCHED' AND NOT EXISTS (
        SELECT FROM ledger_entries l WHERE l.subject_id = o.need_id AND l.kind = 'NEED_WITHDRAWN' AND l.at = e.at)`),
  );
  compare(
    'units served are those acknowledged',
    of('fulfilOrder').flatMap(({ id, input }) =>
      input.quantity === undefined ? [] : [`order ${id} serves ${input.quantity}`],
    ),
    (
      await kept(`SELECT 'order ' || id || ' serves ' || fulfilled_quantity AS text FROM orders
      WHERE area_id = $1 AND fulfilled_quantity IS NOT NULL`)
    ).filter((text) => {
      const said = of('fulfilOrder').find(({ id }) => text.startsWith(`order ${id} `));
      return said === undefined || said.input.quantity !== undefined;
    }),
  );
  compare(
    'appraisals are those acknowledged',
    of('appraiseOrder').map(({ id, input }) => `appraisal ${id} ${input.mark}`),
    await kept(
      `SELECT 'appraisal ' || a.id || ' ' || mark AS text FROM appraisals a JOIN orders o ON o.id = a.order_id WHERE o.area_id = $1`,
    ),
  );
  compare(
    'keys are those of acknowledged operations, with their answers',
    acknowledged.map(({ key, name, id }) => `key ${key} ${name} ${id}`),
    await kept(
      `SELECT 'key ' || key || ' ' || operation || ' ' || answer_id AS text FROM idempotency_keys WHERE area_id = $1`,
    ),
  );
  for (const [key, answers] of Map.groupBy(acknowledged, (entry) => entry.key)) {
    const ids = new Set(answers.map(({ id }) => id));
    if (ids.size > 1) found.push({ rule: 'one key has one answer', text: `key ${key}: ${[...ids].join(', ')}` });
  }
  return found;
}
