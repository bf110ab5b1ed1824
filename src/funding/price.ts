import type { Payer } from '../generated/prisma/enums.ts';

/** What the price of an order depends on. */
export type PricedOrder = {
  readonly quantity: number;
  readonly unitPriceFen: number;
  /** What the provider gives of the price of each unit (让利). */
  readonly giftFen: number;
  readonly providerId: string;
  /** `null` for a need that names nobody: only programmes for everybody pay for it. */
  readonly residentId: string | null;
  readonly categoryId: string;
  readonly communityId: string;
  /** The resident's attributes, and age in whole years on the day of dispatch; `null` where it is not known. */
  readonly attributes: readonly string[];
  readonly age: number | null;
};

/** What the price of an order for a need depends on, whoever serves it. */
export type PricedNeed = Omit<PricedOrder, 'unitPriceFen' | 'giftFen' | 'providerId'>;

/** Whom and what a programme pays for, and how much, as it is in force on the day. */
export type ProgrammeTerms = {
  readonly id: string;
  /** Of several programmes the smallest number pays first; of equal ones the one that was made first. */
  readonly priority: number;
  /** One of the two: a share of the price in hundredths of a percent, or an amount for each unit. */
  readonly shareBasisPoints: number | null;
  readonly amountPerUnitFen: number | null;
  readonly capPerResidentFen: bigint | null;
  readonly capPerProviderFen: bigint | null;
  /** Ids of the categories, those below written out, and of the communities; `null` for all. */
  readonly categoryIds: ReadonlySet<string> | null;
  readonly communityIds: ReadonlySet<string> | null;
  readonly allOf: readonly string[];
  readonly anyOf: readonly string[];
  readonly noneOf: readonly string[];
  readonly minimumAge: number | null;
  readonly maximumAge: number | null;
};

/** A programme with what is left of it: of its budget, and of its caps by what residents and providers have used. */
export type Fund = ProgrammeTerms & {
  leftFen: bigint;
  /** By id of resident or provider; nothing where there is no entry. */
  readonly usedFen: Map<string, bigint>;
};

/** A part of a price and who bears it (价格构成); more than 0. */
export type PricePart = {
  readonly payer: Payer;
  /** Where the payer is a programme. */
  readonly programmeId: string | null;
  readonly amountFen: bigint;
};

/**
 * Splits the price of an order (价格分担). The provider's gift comes first. Of the price that is left after it each programme
 * that pays for such an order, by priority, bears its share, rounded down to whole fen, or its amount for each unit, but no
 * more than what is still to be paid, what is left of its budget, and what is left of its caps for this resident and this
 * provider. The resident bears the rest, and so what rounding leaves.
 *
 * @param funds in the order in which they pay, see `payingOrder`; they are not changed
 * @returns the parts, which add up to quantity times unit price: gift, programmes, resident; none for what is free
 */
export function splitPrice(order: PricedOrder, funds: readonly Fund[]): readonly PricePart[] {
  const { quantity, unitPriceFen, giftFen } = order;
  const gift = BigInt(quantity) * BigInt(Math.min(giftFen, unitPriceFen));
  const price = BigInt(quantity) * BigInt(unitPriceFen) - gift;
  let left = price;
  const parts: PricePart[] = [{ payer: 'PROVIDER', programmeId: null, amountFen: gift }];
  for (const { programmeId, amount } of borneByProgrammes(order, price, funds, 1n)) {
    parts.push({ payer: 'PROGRAMME', programmeId, amountFen: amount });
    left -= amount;
  }
  parts.push({ payer: 'RESIDENT', programmeId: null, amountFen: left });
  return parts.filter(({ amountFen }) => amountFen > 0n);
}

/** The greatest price that the database keeps, fen. */
const GREATEST_PRICE_FEN = 2_147_483_647;

/**
 * The greatest price of a unit, less the provider's gift, of which the resident would bear no more than they can, with what
 * the programmes bear of it by `splitPrice`. No price above it is within what they can pay. What the resident bears grows
 * with the price but for the rounding of shares, so it is found by halving over shares that are not rounded: with one
 * programme that pays a share it is exact, and each further one may put an order at or below it that many fen above what
 * the resident can pay, which its dispatch then refuses. Caps of providers count as not yet met.
 *
 * @param maximumPriceFen the most that the resident can bear of a unit
 * @param funds in the order in which they pay
 */
export function greatestBearablePriceFen(need: PricedNeed, maximumPriceFen: number, funds: readonly Fund[]): number {
  const paying = funds.filter((fund) => fund.leftFen > 0n && paysFor(fund, need));
  const quantity = BigInt(need.quantity);
  const isBearable = (unitPriceFen: number): boolean => {
    const price = quantity * BigInt(unitPriceFen);
    let left = price * SHARES;
    for (const { amount } of borneByProgrammes(need, price, paying, SHARES)) left -= amount;
    return left <= quantity * BigInt(maximumPriceFen) * SHARES;
  };
  const inFunds = paying.reduce((sum, { leftFen }) => sum + leftFen, 0n);
  let bearable = maximumPriceFen;
  let above = Number(least(BigInt(GREATEST_PRICE_FEN), BigInt(maximumPriceFen) + inFunds / quantity)) + 1;
  while (above - bearable > 1) {
    const between = Math.floor((bearable + above) / 2);
    if (isBearable(between)) bearable = between;
    else above = between;
  }
  return bearable;
}

/** Takes what programmes pay for an order from what is left of them. */
export function reserveParts(
  { providerId, residentId }: Pick<PricedOrder, 'providerId' | 'residentId'>,
  parts: readonly PricePart[],
  funds: readonly Fund[],
): void {
  for (const { programmeId, amountFen } of parts) {
    const fund = programmeId === null ? undefined : funds.find(({ id }) => id === programmeId);
    if (fund === undefined) continue;
    fund.leftFen -= amountFen;
    for (const owner of [providerId, residentId]) {
      if (owner !== null) fund.usedFen.set(owner, (fund.usedFen.get(owner) ?? 0n) + amountFen);
    }
  }
}

/** What the resident bears of a price. */
export function residentPartFen(parts: readonly PricePart[]): bigint {
  return parts.reduce((sum, { payer, amountFen }) => (payer === 'RESIDENT' ? sum + amountFen : sum), 0n);
}

/** Whether the resident would pay more for a unit than they said they can. */
export function exceedsMaximum(parts: readonly PricePart[], quantity: number, maximumPriceFen: number | null): boolean {
  return maximumPriceFen !== null && residentPartFen(parts) > BigInt(quantity) * BigInt(maximumPriceFen);
}

/** The order in which programmes pay. */
export function payingOrder(a: ProgrammeTerms, b: ProgrammeTerms): number {
  return a.priority - b.priority || (a.id < b.id ? -1 : 1);
}

/**
 * Whether a programme pays for such an order at all. Of a need that names no resident nothing is known, so a programme for
 * certain people does not pay for it, nor one that caps what each resident gets.
 */
export function paysFor(terms: ProgrammeTerms, order: PricedNeed): boolean {
  const { attributes, age } = order;
  const has = (attribute: string): boolean => attributes.includes(attribute);
  return (
    (terms.categoryIds?.has(order.categoryId) ?? true) &&
    (terms.communityIds?.has(order.communityId) ?? true) &&
    terms.allOf.every(has) &&
    (terms.anyOf.length === 0 || terms.anyOf.some(has)) &&
    !terms.noneOf.some(has) &&
    (terms.minimumAge === null || (age !== null && age >= terms.minimumAge)) &&
    (terms.maximumAge === null || (age !== null && age <= terms.maximumAge)) &&
    (order.residentId !== null || (terms.capPerResidentFen === null && terms.noneOf.length === 0))
  );
}

/** Parts of a fen in which every share of a whole price is whole. */
const SHARES = 10_000n;

/**
 * What each programme bears of a price after the gift, by turns.
 *
 * @param order its provider's caps count where it names one
 * @param scale in how many parts of a fen; 1 rounds down to whole fen
 */
function* borneByProgrammes(
  order: PricedNeed & { readonly providerId?: string },
  price: bigint,
  funds: readonly Fund[],
  scale: bigint,
): Generator<{ readonly programmeId: string; readonly amount: bigint }> {
  let left = price * scale;
  for (const fund of funds) {
    if (left === 0n || fund.leftFen <= 0n || !paysFor(fund, order)) continue;
    const most = least(fund.leftFen, capLeft(fund, order)) * scale;
    const amount = least(left, offered(fund, price, order.quantity, scale), most);
    if (amount <= 0n) continue;
    left -= amount;
    yield { programmeId: fund.id, amount };
  }
}

function offered(
  { shareBasisPoints, amountPerUnitFen }: ProgrammeTerms,
  price: bigint,
  quantity: number,
  scale: bigint,
): bigint {
  return shareBasisPoints === null
    ? BigInt(quantity) * BigInt(amountPerUnitFen!) * scale
    : (price * scale * BigInt(shareBasisPoints)) / SHARES;
}

/** What is left of both caps; `null` where there is none. */
function capLeft(
  { capPerResidentFen, capPerProviderFen, usedFen }: Fund,
  { residentId, providerId = null }: { readonly residentId: string | null; readonly providerId?: string | null },
): bigint | null {
  const leftOf = (cap: bigint | null, owner: string | null): bigint | null =>
    cap === null || owner === null ? null : cap - (usedFen.get(owner) ?? 0n);
  const ofResident = leftOf(capPerResidentFen, residentId);
  const ofProvider = leftOf(capPerProviderFen, providerId);
  return ofResident === null || ofProvider === null ? (ofResident ?? ofProvider) : least(ofResident, ofProvider);
}

function least(first: bigint, ...others: readonly (bigint | null)[]): bigint {
  return others.reduce<bigint>((smallest, other) => (other !== null && other < smallest ? other : smallest), first);
}
