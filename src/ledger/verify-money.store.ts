import type { Database } from '../database/database.ts';
import type { BilingualText } from '../matching/records.ts';

/** Something in the money of an area that does not follow from its transfers. */
export type MoneyFault = {
  readonly rule: 'PRICE' | 'PROGRAMME' | 'USAGE' | 'SETTLEMENT';
  /** Id of the order, programme or settlement. */
  readonly subjectId: string;
  readonly text: BilingualText;
};

/**
 * Recomputes from the transfers of an area what the parts of each price, each programme's counters and each settlement's
 * total must be, and names all that is not so.
 */
export async function findMoneyFaults(database: Database, areaId: string): Promise<readonly MoneyFault[]> {
  return [
    ...(await findPriceFaults(database, areaId)),
    ...(await findProgrammeFaults(database, areaId)),
    ...(await findUsageFaults(database, areaId)),
    ...(await findSettlementFaults(database, areaId)),
  ];
}

type PriceRow = {
  readonly orderId: string;
  readonly payer: string;
  readonly kept: bigint | null;
  readonly moved: bigint | null;
};

/** The parts add up to the price, and each was opened as a transfer from who bears it. */
async function findPriceFaults(database: Database, areaId: string): Promise<readonly MoneyFault[]> {
  const sums = await database.prisma.$queryRaw<PriceRow[]>`
    SELECT o.id AS "orderId", 'ALL' AS payer, COALESCE(sum(p.amount_fen), 0)::bigint AS kept,
      o.quantity::bigint * o.unit_price_fen AS moved
    FROM orders o LEFT JOIN order_price_parts p ON p.order_id = o.id
    WHERE o.area_id = ${areaId}::uuid
    GROUP BY o.id HAVING COALESCE(sum(p.amount_fen), 0) <> o.quantity::bigint * o.unit_price_fen ORDER BY o.id`;
  const parts = await database.prisma.$queryRaw<PriceRow[]>`
    WITH part AS (
      SELECT order_id, payer::text, COALESCE(programme_id, order_id) AS programme, sum(amount_fen)::bigint AS fen
      FROM order_price_parts p JOIN orders o ON o.id = p.order_id
      WHERE o.area_id = ${areaId}::uuid GROUP BY 1, 2, 3
    ), moved AS (
      SELECT order_id, CASE debit.kind WHEN 'PROGRAMME_FUND' THEN 'PROGRAMME' WHEN 'RESIDENT_PAYMENT' THEN 'RESIDENT'
          WHEN 'PROVIDER_GIFT' THEN 'PROVIDER' ELSE debit.kind::text END AS payer,
        COALESCE(programme_id, order_id) AS programme, sum(amount)::bigint AS fen
      FROM transfers t JOIN orders o ON o.id = t.order_id JOIN accounts debit ON debit.id = t.debit_account_id
      WHERE o.area_id = ${areaId}::uuid AND t.unit = 'FEN' AND t.reverses_id IS NULL GROUP BY 1, 2, 3
    )
    SELECT COALESCE(part.order_id, moved.order_id) AS "orderId", COALESCE(part.payer, moved.payer) AS payer, part.fen AS kept, moved.fen AS moved
    FROM part FULL JOIN moved ON (part.order_id, part.payer, part.programme) = (moved.order_id, moved.payer, moved.programme)
    WHERE part.fen IS DISTINCT FROM moved.fen ORDER BY 1, 2`;
  return [
    ...sums.map(({ orderId, kept, moved }) =>
      fault('PRICE', orderId, {
        zh: `订单${orderId}的价格构成合计${kept}分，应为${moved}分`,
        en: `the parts of the price of order ${orderId} are ${kept} fen, of ${moved}`,
      }),
    ),
    ...parts.map(({ orderId, payer, kept, moved }) =>
      fault('PRICE', orderId, {
        zh: `订单${orderId}由${payer}承担${kept ?? 0}分，而转账为${moved ?? 0}分`,
        en: `${payer} bears ${kept ?? 0} fen of order ${orderId}, where its transfers make ${moved ?? 0}`,
      }),
    ),
  ];
}

type ProgrammeRow = { readonly id: string; readonly name: string; readonly kept: string; readonly summed: string };

async function findProgrammeFaults(database: Database, areaId: string): Promise<readonly MoneyFault[]> {
  const rows = await database.prisma.$queryRaw<ProgrammeRow[]>`
    SELECT * FROM (
      SELECT p.id, p.name, concat_ws(' ', p.reserved_fen, p.spent_fen) AS kept,
        concat_ws(' ', COALESCE(sum(t.amount) FILTER (WHERE t.state = 'PENDING'), 0),
          COALESCE(sum(CASE WHEN t.reverses_id IS NULL THEN t.posted_amount ELSE -t.posted_amount END), 0)) AS summed
      FROM funding_programmes p LEFT JOIN transfers t ON t.programme_id = p.id
      WHERE p.area_id = ${areaId}::uuid GROUP BY p.id
    ) AS counted WHERE kept <> summed ORDER BY id`;
  return rows.map(({ id, name, kept, summed }) =>
    fault('PROGRAMME', id, {
      zh: `资金项目 ${name}（${id}）预留、支出为${kept}分，按转账应为${summed}分`,
      en: `programme ${name} (${id}) has ${kept} fen reserved and spent; its transfers make ${summed}`,
    }),
  );
}

type UsageRow = { readonly id: string; readonly ownerId: string; readonly kept: bigint; readonly summed: bigint };

async function findUsageFaults(database: Database, areaId: string): Promise<readonly MoneyFault[]> {
  const rows = await database.prisma.$queryRaw<UsageRow[]>`
    WITH summed AS (
      SELECT t.programme_id, owner.id AS owner_id, sum(CASE WHEN t.state = 'PENDING' THEN t.amount
        WHEN t.reverses_id IS NULL THEN COALESCE(t.posted_amount, 0) ELSE -t.posted_amount END)::bigint AS fen
      FROM transfers t JOIN orders o ON o.id = t.order_id JOIN needs n ON n.id = o.need_id
        CROSS JOIN LATERAL (VALUES (n.resident_id), (o.provider_id)) AS owner (id)
      WHERE t.programme_id IS NOT NULL AND o.area_id = ${areaId}::uuid AND owner.id IS NOT NULL
      GROUP BY 1, 2
    ), kept AS (
      SELECT u.programme_id, u.owner_id, u.used_fen AS fen
      FROM programme_usages u JOIN funding_programmes p ON p.id = u.programme_id WHERE p.area_id = ${areaId}::uuid
    )
    SELECT COALESCE(kept.programme_id, summed.programme_id) AS id, COALESCE(kept.owner_id, summed.owner_id) AS "ownerId",
      COALESCE(kept.fen, 0) AS kept, COALESCE(summed.fen, 0) AS summed
    FROM kept FULL JOIN summed ON (kept.programme_id, kept.owner_id) = (summed.programme_id, summed.owner_id)
    WHERE COALESCE(kept.fen, 0) <> COALESCE(summed.fen, 0) ORDER BY 1, 2`;
  return rows.map(({ id, ownerId, kept, summed }) =>
    fault('USAGE', id, {
      zh: `资金项目${id}为${ownerId}已用${kept}分，按转账应为${summed}分`,
      en: `programme ${id} has used ${kept} fen for ${ownerId}; its transfers make ${summed}`,
    }),
  );
}

type SettlementRow = {
  readonly id: string;
  readonly state: string;
  readonly total: bigint;
  readonly lines: bigint;
  readonly owed: bigint;
  readonly paid: bigint;
};

/** The total is that of the lines, each line what its transfer left after a reversal, and what was paid out is the total. */
async function findSettlementFaults(database: Database, areaId: string): Promise<readonly MoneyFault[]> {
  const rows = await database.prisma.$queryRaw<SettlementRow[]>`
    SELECT * FROM (
      SELECT s.id, s.state::text, s.total_fen AS total, COALESCE(sum(l.amount_fen), 0)::bigint AS lines,
        COALESCE(sum(t.posted_amount - COALESCE(r.posted_amount, 0))
          FILTER (WHERE t.programme_id = s.programme_id AND o.provider_id = s.provider_id), 0)::bigint AS owed,
        (SELECT COALESCE(sum(posted_amount), 0) FROM transfers WHERE settlement_id = s.id)::bigint AS paid
      FROM settlements s LEFT JOIN settlement_lines l ON l.settlement_id = s.id
        LEFT JOIN transfers t ON t.id = l.transfer_id LEFT JOIN transfers r ON r.reverses_id = t.id
        LEFT JOIN orders o ON o.id = t.order_id
      WHERE s.area_id = ${areaId}::uuid GROUP BY s.id
    ) AS summed
    WHERE (state <> 'CANCELLED' AND (lines <> total OR owed <> total)) OR paid <> (CASE WHEN state = 'PAID' THEN total ELSE 0 END)
    ORDER BY id`;
  return rows.map(({ id, state, total, lines, owed, paid }) =>
    fault('SETTLEMENT', id, {
      zh: `结算单${id}（${state}）合计${total}分，明细${lines}分，按转账应付${owed}分，已付${paid}分`,
      en: `settlement ${id} (${state}) is of ${total} fen, its lines of ${lines}, its transfers of ${owed}, and ${paid} were paid`,
    }),
  );
}

function fault(rule: MoneyFault['rule'], subjectId: string, text: BilingualText): MoneyFault {
  return { rule, subjectId, text };
}
