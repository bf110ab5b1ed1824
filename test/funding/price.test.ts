import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  exceedsMaximum,
  type Fund,
  greatestBearablePriceFen,
  type PricedOrder,
  payingOrder,
  paysFor,
  reserveParts,
  residentPartFen,
  splitPrice,
} from '../../src/funding/price.ts';

const MEAL: PricedOrder = {
  quantity: 2,
  unitPriceFen: 801,
  giftFen: 0,
  providerId: 'canteen',
  residentId: 'yang',
  categoryId: 'meal',
  communityId: 'dashizi',
  attributes: ['ELDERLY'],
  age: 76,
};

function fund(id: string, terms: Partial<Fund> = {}): Fund {
  return {
    id,
    priority: 100,
    shareBasisPoints: 5000,
    amountPerUnitFen: null,
    capPerResidentFen: null,
    capPerProviderFen: null,
    categoryIds: null,
    communityIds: null,
    allOf: [],
    anyOf: [],
    noneOf: [],
    minimumAge: null,
    maximumAge: null,
    leftFen: 1_000_000n,
    usedFen: new Map(),
    ...terms,
  };
}

const perUnit = (id: string, amountPerUnitFen: number, terms: Partial<Fund> = {}) =>
  fund(id, { shareBasisPoints: null, amountPerUnitFen, ...terms });
const words = (order: PricedOrder, funds: readonly Fund[]) =>
  splitPrice(order, funds).map(({ payer, programmeId, amountFen }) => `${programmeId ?? payer} ${amountFen}`);

describe('the split of a price', () => {
  it('is the resident’s alone where nobody else pays, and empty for what is free', () => {
    expect(words(MEAL, [])).toEqual(['RESIDENT 1602']);
    expect(words({ ...MEAL, unitPriceFen: 0 }, [fund('A')])).toEqual([]);
  });

  it('begins with the provider’s gift; shares are of what is left after it, rounded down, and the resident bears the rest', () => {
    expect(words({ ...MEAL, giftFen: 100 }, [fund('A', { shareBasisPoints: 3333 })])).toEqual([
      'PROVIDER 200',
      'A 467',
      'RESIDENT 935',
    ]);
  });

  it('has no gift beyond the price', () => {
    expect(words({ ...MEAL, giftFen: 5000 }, [fund('A')])).toEqual(['PROVIDER 1602']);
  });

  it('lets programmes pay one after another until nothing is left to pay', () => {
    const funds = [perUnit('A', 500), fund('B', { shareBasisPoints: 10_000 }), fund('C')];
    expect(words(MEAL, funds)).toEqual(['A 1000', 'B 602']);
  });

  it('ends where the budget ends, or the cap of the resident or of the provider', () => {
    expect(words(MEAL, [fund('A', { leftFen: 300n })])).toEqual(['A 300', 'RESIDENT 1302']);
    expect(words(MEAL, [fund('A', { leftFen: 0n })])).toEqual(['RESIDENT 1602']);
    const usedFen = new Map([
      ['yang', 90n],
      ['canteen', 950n],
    ]);
    expect(words(MEAL, [fund('A', { capPerResidentFen: 100n, usedFen })])).toEqual(['A 10', 'RESIDENT 1592']);
    expect(words(MEAL, [fund('A', { capPerProviderFen: 1000n, usedFen })])).toEqual(['A 50', 'RESIDENT 1552']);
    expect(words(MEAL, [fund('A', { capPerResidentFen: 80n, usedFen })])).toEqual(['RESIDENT 1602']);
  });

  it.each([
    ['its category', { categoryIds: new Set(['plumbing']) }],
    ['its community', { communityIds: new Set(['yatang']) }],
    ['an attribute that is needed', { allOf: ['ELDERLY', 'DISABLED'] }],
    ['one of several attributes', { anyOf: ['DISABLED', 'LOW_INCOME'] }],
    ['being none of those left out', { noneOf: ['ELDERLY'] }],
    ['age', { minimumAge: 77 }],
    ['youth', { maximumAge: 75 }],
  ] as const)('leaves out a programme when the order lacks %s', (_lack, terms) => {
    expect(paysFor(fund('A', terms), MEAL)).toBe(false);
    expect(words(MEAL, [fund('A', terms)])).toEqual(['RESIDENT 1602']);
  });

  it('of a need that names nobody is paid only by programmes that are for everybody', () => {
    const nobody = { ...MEAL, residentId: null, attributes: [], age: null };
    expect(paysFor(fund('A', { capPerProviderFen: 1n }), nobody)).toBe(true);
    for (const terms of [{ minimumAge: 0 }, { noneOf: ['X'] }, { anyOf: ['X'] }, { capPerResidentFen: 9n }]) {
      expect(paysFor(fund('A', terms), nobody)).toBe(false);
    }
  });

  it('is above what the resident can pay only by the resident’s own part of each unit', () => {
    const parts = splitPrice(MEAL, [fund('A')]);
    expect(residentPartFen(parts)).toBe(801n);
    expect(exceedsMaximum(parts, 2, 400)).toBe(true);
    expect(exceedsMaximum(parts, 2, 401)).toBe(false);
    expect(exceedsMaximum(parts, 2, null)).toBe(false);
  });
});

describe('the greatest price that a resident can bear', () => {
  const single = { ...MEAL, quantity: 1 };

  it('is what they can pay alone where no programme pays, and more where one does', () => {
    expect(greatestBearablePriceFen(single, 400, [])).toBe(400);
    // Half of 801 is 400, so the resident would bear 401.
    expect(greatestBearablePriceFen(single, 400, [fund('A')])).toBe(800);
    expect(greatestBearablePriceFen(single, 400, [perUnit('A', 300)])).toBe(700);
    expect(greatestBearablePriceFen(single, 0, [perUnit('A', 300), fund('B')])).toBe(600);
    expect(greatestBearablePriceFen(single, 400, [fund('A', { minimumAge: 80 })])).toBe(400);
  });

  it('ends where the budget or the cap of the resident ends; for several units, by their sum', () => {
    expect(greatestBearablePriceFen(single, 400, [fund('A', { leftFen: 100n })])).toBe(500);
    expect(greatestBearablePriceFen({ ...MEAL, quantity: 3 }, 400, [fund('A', { leftFen: 100n })])).toBe(433);
    const usedFen = new Map([['yang', 90n]]);
    expect(greatestBearablePriceFen(single, 400, [fund('A', { capPerResidentFen: 100n, usedFen })])).toBe(410);
    expect(greatestBearablePriceFen(single, 400, [fund('A', { leftFen: 0n })])).toBe(400);
  });

  it('is no more than the database keeps as a price', () => {
    const all = fund('A', { shareBasisPoints: 10_000, leftFen: 10n ** 14n });
    expect(greatestBearablePriceFen(single, 400, [all])).toBe(2_147_483_647);
  });
});

describe('whatever the orders and programmes', () => {
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
  const fen = fc.integer({ min: 1, max: 3000 });
  const orders = fc.array(
    fc.record({
      quantity: fc.integer({ min: 1, max: 9 }),
      unitPriceFen: fc.integer({ min: 0, max: 3000 }),
      giftFen: fc.integer({ min: 0, max: 400 }),
      providerId: fc.constantFrom('P1', 'P2'),
      residentId: maybe(fc.constantFrom('R1', 'R2')),
      categoryId: fc.constantFrom('C1', 'C2'),
      communityId: fc.constantFrom('M1', 'M2'),
      attributes: fc.subarray(['X', 'Y']),
      age: maybe(fc.integer({ min: 0, max: 99 })),
    }),
    { minLength: 1, maxLength: 40 },
  );
  const funds = fc.array(
    fc
      .record({
        isShare: fc.boolean(),
        share: fc.integer({ min: 1, max: 10_000 }),
        perUnit: fen,
        leftFen: fc.bigInt({ min: 0n, max: 9000n }),
        capPerResidentFen: maybe(fc.bigInt({ min: 1n, max: 4000n })),
        capPerProviderFen: maybe(fc.bigInt({ min: 1n, max: 4000n })),
        categoryIds: maybe(fc.subarray(['C1', 'C2']).map((ids) => new Set(ids))),
        minimumAge: maybe(fc.integer({ min: 0, max: 99 })),
        anyOf: fc.subarray(['X', 'Y']),
        priority: fc.integer({ min: 1, max: 3 }),
      })
      .map(({ isShare, share, perUnit, ...terms }) => ({
        ...terms,
        shareBasisPoints: isShare ? share : null,
        amountPerUnitFen: isShare ? null : perUnit,
      })),
    { maxLength: 4 },
  );

  it('parts add up to the price, no budget is overspent, no cap is passed, and nobody pays more than is offered', () => {
    fc.assert(
      fc.property(orders, funds, (given, terms) => {
        const sorted = terms.map((term, index) => fund(`F${index}`, term)).sort(payingOrder);
        const spent = new Map<string, bigint>();
        const add = (key: string, amount: bigint) => spent.set(key, (spent.get(key) ?? 0n) + amount);
        const begun = new Map(sorted.map(({ id, leftFen }) => [id, leftFen]));
        for (const order of given) {
          const parts = splitPrice(order, sorted);
          expect(parts.reduce((sum, { amountFen }) => sum + amountFen, 0n)).toBe(
            BigInt(order.quantity) * BigInt(order.unitPriceFen),
          );
          const afterGift = BigInt(order.quantity) * BigInt(Math.max(0, order.unitPriceFen - order.giftFen));
          for (const { payer, programmeId, amountFen } of parts) {
            expect(amountFen > 0n).toBe(true);
            if (payer !== 'PROGRAMME') continue;
            const payerFund = sorted.find(({ id }) => id === programmeId)!;
            expect(paysFor(payerFund, order)).toBe(true);
            expect(amountFen <= afterGift).toBe(true);
            if (payerFund.shareBasisPoints !== null) {
              expect(amountFen * 10_000n <= afterGift * BigInt(payerFund.shareBasisPoints)).toBe(true);
            } else {
              expect(amountFen <= BigInt(order.quantity * payerFund.amountPerUnitFen!)).toBe(true);
            }
            add(payerFund.id, amountFen);
            add(`${payerFund.id} ${order.providerId}`, amountFen);
            if (order.residentId !== null) add(`${payerFund.id} ${order.residentId}`, amountFen);
          }
          reserveParts(order, parts, sorted);
        }
        for (const { id, leftFen, capPerResidentFen, capPerProviderFen } of sorted) {
          expect(leftFen >= 0n).toBe(true);
          expect(leftFen + (spent.get(id) ?? 0n)).toBe(begun.get(id));
          for (const [cap, owners] of [
            [capPerResidentFen, ['R1', 'R2']],
            [capPerProviderFen, ['P1', 'P2']],
          ] as const) {
            for (const owner of owners) {
              if (cap !== null) expect((spent.get(`${id} ${owner}`) ?? 0n) <= cap).toBe(true);
            }
          }
        }
      }),
    );
  });

  it('a programme that could pay pays: what the resident bears is not left over by mistake', () => {
    fc.assert(
      fc.property(orders, funds, ([order], terms) => {
        const sorted = terms.map((term, index) => fund(`F${index}`, term)).sort(payingOrder);
        const parts = splitPrice(order!, sorted);
        if (residentPartFen(parts) === 0n) return;
        const price = BigInt(order!.quantity) * BigInt(Math.max(0, order!.unitPriceFen - order!.giftFen));
        for (const each of sorted.filter((candidate) => paysFor(candidate, order!))) {
          const paid = parts.find(({ programmeId }) => programmeId === each.id)?.amountFen ?? 0n;
          const limits = [
            each.shareBasisPoints === null
              ? BigInt(order!.quantity * each.amountPerUnitFen!)
              : (price * BigInt(each.shareBasisPoints)) / 10_000n,
            each.leftFen,
            each.capPerProviderFen ?? price,
            (order!.residentId === null ? null : each.capPerResidentFen) ?? price,
          ];
          expect(limits.includes(paid)).toBe(true);
        }
      }),
    );
  });

  it('no price above the greatest bearable one can be paid, and those up to it can but for the rounding of several shares', () => {
    fc.assert(
      fc.property(orders, funds, fen, fc.integer({ min: -3000, max: 3000 }), ([order], terms, maximum, step) => {
        const sorted = terms
          .map((term, index) => fund(`F${index}`, { ...term, capPerProviderFen: null }))
          .sort(payingOrder);
        const bearable = greatestBearablePriceFen(order!, maximum, sorted);
        const unitPriceFen = Math.max(0, bearable + step);
        const paid = residentPartFen(splitPrice({ ...order!, unitPriceFen, giftFen: 0 }, sorted));
        const most = BigInt(order!.quantity * maximum);
        if (unitPriceFen > bearable) expect(paid > most).toBe(true);
        else {
          const shares = sorted.filter((each) => each.shareBasisPoints !== null && paysFor(each, order!)).length;
          expect(paid <= most + BigInt(Math.max(0, shares - 1))).toBe(true);
        }
      }),
    );
  });
});
