import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { basisPoints, countNeeds, type FitCounts, fitRates } from '../../src/fit/fit.ts';

const NOTHING: FitCounts = {
  needs: 0,
  units: 0,
  withdrawn: 0,
  offered: 0,
  matched: 0,
  fulfilled: 0,
  unmet: 0,
  unmetReasons: {},
  answersDue: 0,
  acceptedInTime: 0,
  appraised: 0,
  resolved: 0,
  satisfied: 0,
  medianSecondsToAccept: null,
  medianSecondsToFulfil: null,
  services: 0,
  unlimitedServices: 0,
  placesOffered: 0,
  placesTaken: 0,
};

describe('the rates of a fit', () => {
  test('are null where there is nothing to take a share of, and not 0 per cent', () => {
    expect(fitRates(NOTHING)).toEqual({
      matchRate: null,
      fillRate: null,
      responseRate: null,
      resolutionRate: null,
      satisfactionRate: null,
      capacityUsed: null,
    });
  });

  test('leave out needs that were taken back: of 10 needs 1 was, and 6 of the other 9 are served, 66.67 %', () => {
    expect(fitRates({ ...NOTHING, needs: 10, withdrawn: 1, fulfilled: 6 }).fillRate).toBe(6667);
  });

  test('count a need as matched from the moment that an order is out: 3 offered and 4 accepted of 9 are 77.78 %', () => {
    expect(fitRates({ ...NOTHING, needs: 10, withdrawn: 1, offered: 3, matched: 4 }).matchRate).toBe(7778);
  });

  test('are null when every need was taken back', () => {
    expect(fitRates({ ...NOTHING, needs: 2, withdrawn: 2 }).fillRate).toBeNull();
  });

  test('take each of the three rates over its own whole: 7 of 8 answers, 3 of 4 resolved, 2 of 4 satisfied', () => {
    const counts = { ...NOTHING, answersDue: 8, acceptedInTime: 7, appraised: 4, resolved: 3, satisfied: 2 };
    expect(fitRates(counts)).toMatchObject({ responseRate: 8750, resolutionRate: 7500, satisfactionRate: 5000 });
  });

  test('show more places taken than offered as more than the whole: 3 of 2 is 150 %', () => {
    expect(fitRates({ ...NOTHING, placesOffered: 2, placesTaken: 3 }).capacityUsed).toBe(15_000);
  });
});

describe('a share in basis points', () => {
  test.each([
    [1, 3, 3333],
    [2, 3, 6667],
    [1, 20_000, 1], // exactly half a basis point, up
    [1, 20_001, 0],
    [0, 5, 0],
    [5, 5, 10_000],
  ])('of %i in %i is %i', (part, whole, expected) => {
    expect(basisPoints(part, whole)).toBe(expected);
  });

  test('is within half a basis point of the share, however large the numbers', () => {
    const share = fc
      .integer({ min: 1, max: 2 ** 53 - 1 })
      .chain((whole) => fc.tuple(fc.integer({ min: 0, max: whole }), fc.constant(whole)));
    fc.assert(
      fc.property(share, ([part, whole]) => {
        const twiceError = 2n * (BigInt(basisPoints(part, whole)!) * BigInt(whole) - 10_000n * BigInt(part));
        return -BigInt(whole) < twiceError && twiceError <= BigInt(whole);
      }),
    );
  });
});

describe('needs in their states', () => {
  test('count as matched from acceptance on, as served from the end of the service on', () => {
    const each = { unmetReason: null, needs: 1, units: 1 };
    const states = ['OPEN', 'OFFERED', 'MATCHED', 'FULFILLED', 'CLOSED'] as const;
    expect(countNeeds(states.map((state) => ({ ...each, state })))).toEqual({
      needs: 5,
      units: 5,
      withdrawn: 0,
      offered: 1,
      matched: 3,
      fulfilled: 2,
      unmet: 0,
      unmetReasons: {},
    });
  });

  test('are unmet for their reasons, and ask for nothing once they are taken back', () => {
    const counts = countNeeds([
      { state: 'UNMET', unmetReason: 'CATCHMENT', needs: 3, units: 4 },
      { state: 'UNMET', unmetReason: 'CAPACITY', needs: 2, units: 2 },
      { state: 'UNMET', unmetReason: 'CATCHMENT', needs: 1, units: 1 },
      { state: 'WITHDRAWN', unmetReason: null, needs: 5, units: 50 },
    ]);
    expect(counts).toMatchObject({
      needs: 11,
      units: 7,
      withdrawn: 5,
      unmet: 6,
      unmetReasons: { CATCHMENT: 4, CAPACITY: 2 },
    });
  });
});
