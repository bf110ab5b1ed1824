import type { Transaction } from '../database/database.ts';
import { ageOn } from '../matchruns/age.ts';
import { withOpenAttributes } from '../privacy/index.ts';
import { readFundsInForce } from './funds.store.ts';
import {
  exceedsMaximum,
  greatestBearablePriceFen,
  type PricedNeed,
  type PricePart,
  residentPartFen,
  splitPrice,
} from './price.ts';

/** A need and a service whose price is asked for. */
export type PricePair = { readonly needId: string; readonly serviceId: string };

/** How the price of an order would be split if it were dispatched now (价格试算). */
export type PriceSplit = {
  readonly priceFen: bigint;
  readonly parts: readonly (PricePart & { readonly programmeName: string | null })[];
  readonly residentFen: bigint;
  /** Whether the resident would pay more for a unit than they said they can; such an order is not made. */
  readonly isAboveMaximum: boolean;
};

/**
 * How the prices of orders would be split if each of them alone were dispatched now, in four statements however many they
 * are. Nothing is reserved: what is left of the programmes may be less when the order is made.
 *
 * @returns one element a pair, in their order; `null` for a need or service that is not there
 */
export async function readPrices(
  db: Transaction,
  areaId: string,
  pairs: readonly PricePair[],
  now: Date,
): Promise<readonly (PriceSplit | null)[]> {
  if (pairs.length === 0) return [];
  const read = await db.$queryRaw<PricedRow[]>`
    SELECT n.id AS "needId", s.id AS "serviceId", n.quantity, n.maximum_price_fen AS "maximumPriceFen", n.resident_id AS "residentId",
      n.category_id AS "categoryId", n.community_id AS "communityId", r.is_sealed AS "isSealed", COALESCE(r.attributes, '{}') AS attributes,
      to_char(r.birth_date, 'YYYY-MM-DD') AS "birthDate", s.provider_id AS "providerId", s.gift_fen AS "giftFen",
      COALESCE((SELECT amount_fen FROM cost_options WHERE service_id = s.id ORDER BY option = 'standard' DESC, amount_fen LIMIT 1), 0)
        AS "unitPriceFen", a.utc_offset_minutes AS "utcOffsetMinutes"
    FROM jsonb_to_recordset(${JSON.stringify(pairs)}::jsonb) AS pair ("needId" uuid, "serviceId" uuid)
      JOIN needs n ON n.id = pair."needId" JOIN services s ON s.id = pair."serviceId" JOIN areas a ON a.id = n.area_id
      LEFT JOIN residents r ON r.id = n.resident_id
    WHERE n.area_id = ${areaId}::uuid AND s.area_id = ${areaId}::uuid`;
  const orders = await withOpenAttributes(db, read);
  const priced = orders.filter(({ unitPriceFen }) => unitPriceFen > 0);
  const funds = priced.length === 0 ? [] : await readFundsInForce(db, areaId, priced, now);
  const programmes = await db.fundingProgramme.findMany({
    where: { id: { in: funds.map(({ id }) => id) } },
    select: { id: true, name: true },
  });
  const names = new Map(programmes.map(({ id, name }) => [id, name]));
  const splits = new Map(
    orders.map((order): [string, PriceSplit] => {
      const { birthDate, utcOffsetMinutes, quantity, unitPriceFen, maximumPriceFen } = order;
      const age = birthDate === null ? null : ageOn(birthDate, now, utcOffsetMinutes);
      const parts = splitPrice({ ...order, age }, funds);
      const split = {
        priceFen: BigInt(quantity) * BigInt(unitPriceFen),
        parts: parts.map((part) => ({ ...part, programmeName: names.get(part.programmeId ?? '') ?? null })),
        residentFen: residentPartFen(parts),
        isAboveMaximum: exceedsMaximum(parts, quantity, maximumPriceFen),
      };
      return [pairName(order), split];
    }),
  );
  return pairs.map((pair) => splits.get(pairName(pair)) ?? null);
}

/** A need whose resident can bear so much of the price of a unit. */
export type LimitedNeed = PricedNeed & { readonly maximumPriceFen: number };

/**
 * For each need the greatest price of a unit, less the provider's gift, that its resident can bear with what the programmes
 * in force would bear now, if it alone were served: see `greatestBearablePriceFen`. One statement however many they are.
 *
 * @param endingOrderId an order that would end before the next one is made: what it has reserved counts as left
 * @returns one price a need, in their order, fen
 */
export async function readBearablePrices(
  db: Transaction,
  areaId: string,
  needs: readonly LimitedNeed[],
  now: Date,
  endingOrderId: string | null = null,
): Promise<readonly number[]> {
  if (needs.length === 0) return [];
  const funded = needs.map(({ categoryId, communityId, residentId }) => {
    return { categoryId, communityId, residentId, providerId: null };
  });
  const funds = await readFundsInForce(db, areaId, funded, now, endingOrderId);
  return needs.map((need) => greatestBearablePriceFen(need, need.maximumPriceFen, funds));
}

type PricedRow = PricePair & {
  readonly quantity: number;
  readonly maximumPriceFen: number | null;
  readonly residentId: string | null;
  readonly categoryId: string;
  readonly communityId: string;
  readonly isSealed: boolean | null;
  readonly attributes: readonly string[];
  readonly birthDate: string | null;
  readonly providerId: string;
  readonly giftFen: number;
  readonly unitPriceFen: number;
  readonly utcOffsetMinutes: number;
};

function pairName({ needId, serviceId }: PricePair): string {
  return `${needId} ${serviceId}`;
}
