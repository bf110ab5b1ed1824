import type { Transaction } from '../database/database.ts';
import { Prisma } from '../generated/prisma/client.ts';
import { publishNoticesAtCommit, writeNotices } from '../notices/index.ts';
import { type Fund, type PricedOrder, payingOrder } from './price.ts';
import { lineCrossed } from './programme.ts';

/** A programme as it is locked for dispatching. */
export type LockedFund = Fund & {
  readonly budgetFen: bigint;
  readonly lowPercent: number;
  /** What was left of the budget when it was locked. */
  readonly leftBeforeFen: bigint;
};

/** For whom programmes are looked up. */
export type FundedOrder = Pick<PricedOrder, 'categoryId' | 'communityId' | 'residentId'> & {
  /** `null` where it is not yet said who serves. */
  readonly providerId: string | null;
};

/**
 * Locks the programmes that may pay for these orders now, by ascending id: those in force for any of their categories and
 * communities with something left of their budget. They stay locked until the transaction ends.
 *
 * @param endingOrderId an order that ends in the same transaction, before others are written: what it has reserved counts
 *   as left
 * @returns in the order in which they pay
 */
export async function lockFunds(
  tx: Transaction,
  areaId: string,
  orders: readonly FundedOrder[],
  now: Date,
  endingOrderId: string | null = null,
): Promise<readonly LockedFund[]> {
  if (orders.length === 0 && endingOrderId === null) return [];
  const locked = await tx.$queryRaw<{ id: string; inForce: boolean }[]>`
    SELECT p.id, ${inForce(areaId, orders, now)} AS "inForce"
    FROM funding_programmes p
    WHERE (${inForce(areaId, orders, now)} AND p.reserved_fen + p.spent_fen < p.budget_fen)
      OR p.id IN (SELECT programme_id FROM transfers WHERE order_id = ${endingOrderId}::uuid AND state = 'PENDING')
    ORDER BY p.id FOR NO KEY UPDATE OF p`;
  // A second look: the statement that waited for a lock sees what hangs on the programmes as it was before it waited.
  const ids = locked.filter((row) => row.inForce).map(({ id }) => id);
  return readFunds(tx, Prisma.sql`p.id = ANY(${ids}::uuid[])`, ids.length, orders, endingOrderId);
}

/** The programmes that may pay for these orders now, as `lockFunds`, for a look at the price: nothing is locked. */
export async function readFundsInForce(
  tx: Transaction,
  areaId: string,
  orders: readonly FundedOrder[],
  now: Date,
  endingOrderId: string | null = null,
): Promise<readonly Fund[]> {
  return readFunds(tx, inForce(areaId, orders, now), orders.length, orders, endingOrderId);
}

/**
 * Tells the administrators of each programme that comes to the line at which they are to be told, or to its end, by what was
 * taken from it: a notice that is open already is enough.
 */
export async function writeFundNotices(
  tx: Transaction,
  areaId: string,
  funds: readonly LockedFund[],
  now: Date,
): Promise<void> {
  await writeProgrammeNotices(
    tx,
    areaId,
    funds.map((fund) => ({ programmeId: fund.id, kind: lineCrossed(fund, fund.leftBeforeFen, fund.leftFen) })),
    now,
  );
}

/** Opens notices about programmes that came to a line, and tells of them at the commit; those that did not are left out. */
export async function writeProgrammeNotices(
  tx: Transaction,
  areaId: string,
  crossings: readonly { readonly programmeId: string; readonly kind: ReturnType<typeof lineCrossed> }[],
  now: Date,
): Promise<void> {
  const notices = crossings.flatMap(({ programmeId, kind }) =>
    kind === null ? [] : [{ areaId, kind, communityId: null, providerId: null, programmeId }],
  );
  await publishNoticesAtCommit(tx, await writeNotices(tx, notices, now));
}

/** That a programme `p` is in force for any of the orders; whom it is for is left to the split. */
function inForce(areaId: string, orders: readonly FundedOrder[], now: Date): Prisma.Sql {
  const categoryIds = distinct(orders.map(({ categoryId }) => categoryId));
  const communityIds = distinct(orders.map(({ communityId }) => communityId));
  return Prisma.sql`(p.area_id = ${areaId}::uuid AND p.state = 'ACTIVE' AND p.valid_from <= ${now} AND ${now} < p.valid_to
    AND (NOT EXISTS (SELECT FROM programme_communities c WHERE c.programme_id = p.id)
      OR EXISTS (SELECT FROM programme_communities c WHERE c.programme_id = p.id AND c.community_id = ANY(${communityIds}::uuid[])))
    AND (NOT EXISTS (SELECT FROM programme_categories c WHERE c.programme_id = p.id)
      OR EXISTS (
        WITH RECURSIVE above AS (
          SELECT id, parent_id FROM categories WHERE id = ANY(${categoryIds}::uuid[])
          UNION SELECT c.id, c.parent_id FROM categories c JOIN above ON above.parent_id = c.id
        )
        SELECT FROM above JOIN programme_categories c ON c.category_id = above.id WHERE c.programme_id = p.id
      )))`;
}

type FundRow = Omit<LockedFund, 'categoryIds' | 'communityIds' | 'leftFen' | 'usedFen' | 'leftBeforeFen'> & {
  readonly leftFen: bigint;
  readonly releasedFen: bigint;
  readonly categoryIds: readonly string[] | null;
  readonly communityIds: readonly string[] | null;
  /** By owner, in digits. */
  readonly usedFen: Readonly<Record<string, string>> | null;
};

async function readFunds(
  tx: Transaction,
  which: Prisma.Sql,
  atMost: number,
  orders: readonly FundedOrder[],
  endingOrderId: string | null,
): Promise<readonly LockedFund[]> {
  if (atMost === 0) return [];
  const categoryIds = distinct(orders.map(({ categoryId }) => categoryId));
  const owners = distinct(
    orders.flatMap(({ providerId, residentId }) => [providerId, residentId].filter((owner) => owner !== null)),
  );
  const rows = await tx.$queryRaw<FundRow[]>`
    WITH RECURSIVE above AS (
      SELECT id AS category_id, id AS ancestor_id, parent_id FROM categories WHERE id = ANY(${categoryIds}::uuid[])
      UNION SELECT above.category_id, c.id, c.parent_id FROM categories c JOIN above ON above.parent_id = c.id
    ), ending AS (
      SELECT t.programme_id, t.amount, o.provider_id, n.resident_id
      FROM transfers t JOIN orders o ON o.id = t.order_id JOIN needs n ON n.id = o.need_id
      WHERE t.order_id = ${endingOrderId}::uuid AND t.state = 'PENDING' AND t.programme_id IS NOT NULL
    ), usage AS (
      SELECT programme_id, owner_id, used_fen FROM programme_usages WHERE owner_id = ANY(${owners}::uuid[])
      UNION ALL SELECT programme_id, provider_id, -amount FROM ending
      UNION ALL SELECT programme_id, resident_id, -amount FROM ending WHERE resident_id IS NOT NULL
    )
    SELECT p.id, p.priority, p.budget_fen AS "budgetFen", p.low_percent AS "lowPercent",
      p.budget_fen - p.reserved_fen - p.spent_fen AS "leftFen",
      (SELECT COALESCE(sum(amount), 0)::bigint FROM ending WHERE programme_id = p.id) AS "releasedFen",
      p.share_basis_points AS "shareBasisPoints", p.amount_per_unit_fen AS "amountPerUnitFen",
      p.cap_per_resident_fen AS "capPerResidentFen", p.cap_per_provider_fen AS "capPerProviderFen",
      p.all_of AS "allOf", p.any_of AS "anyOf", p.none_of AS "noneOf", p.minimum_age AS "minimumAge", p.maximum_age AS "maximumAge",
      CASE WHEN EXISTS (SELECT FROM programme_categories c WHERE c.programme_id = p.id) THEN ARRAY(
        SELECT DISTINCT above.category_id::text FROM above JOIN programme_categories c ON c.category_id = above.ancestor_id
        WHERE c.programme_id = p.id
      ) END AS "categoryIds",
      (SELECT array_agg(community_id::text) FROM programme_communities c WHERE c.programme_id = p.id) AS "communityIds",
      (SELECT jsonb_object_agg(owner_id, used::text)
        FROM (SELECT owner_id, sum(used_fen) AS used FROM usage WHERE programme_id = p.id GROUP BY owner_id) AS used) AS "usedFen"
    FROM funding_programmes p
    WHERE ${which}`;
  return rows
    .map(({ releasedFen, leftFen, categoryIds: categories, communityIds, usedFen, ...row }) => ({
      ...row,
      leftFen: leftFen + releasedFen,
      leftBeforeFen: leftFen,
      categoryIds: categories && new Set(categories),
      communityIds: communityIds && new Set(communityIds),
      usedFen: new Map(Object.entries(usedFen ?? {}).map(([owner, used]) => [owner, BigInt(used)])),
    }))
    .sort(payingOrder);
}

function distinct(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)];
}
