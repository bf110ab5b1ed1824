import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EARTH_RADIUS_METRES, metresOfChord, writeUnitVector } from '../../../src/matching/catalogue/geodesy.ts';
import { cellKey, circleLevel, GRID_KEYS, runsAround } from '../../../src/matching/catalogue/grid.ts';
import type { Point } from '../../../src/matching/index.ts';

const anywhere = fc.record({
  latitude: fc.oneof(fc.double({ min: -90, max: 90, noNaN: true }), fc.constantFrom(-90, 90, 89.999, 0)),
  longitude: fc.oneof(fc.double({ min: -180, max: 180, noNaN: true }), fc.constantFrom(-180, 180, 179.999, 0)),
});

function metresBetween(one: Point, other: Point): number {
  const vectors = new Float64Array(6);
  writeUnitVector(one, vectors, 0);
  writeUnitVector(other, vectors, 3);
  return metresOfChord([0, 1, 2].reduce((sum, axis) => sum + (vectors[axis]! - vectors[3 + axis]!) ** 2, 0));
}

test('distances are those of the haversine formula to a millimetre, anywhere on the globe', () => {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  fc.assert(
    fc.property(anywhere, anywhere, (one, other) => {
      const square =
        Math.sin(radians(one.latitude - other.latitude) / 2) ** 2 +
        Math.cos(radians(one.latitude)) *
          Math.cos(radians(other.latitude)) *
          Math.sin(radians(one.longitude - other.longitude) / 2) ** 2;
      // Near the opposite point of the globe no formula that goes by the chord can tell metres.
      fc.pre(square < 0.999);
      const haversine = 2 * EARTH_RADIUS_METRES * Math.asin(Math.sqrt(square));
      expect(Math.abs(metresBetween(one, other) - haversine)).toBeLessThan(1e-3);
    }),
    { numRuns: 3000, seed: 20261125 },
  );
});

test('a circle that holds a place is filed under a key of the runs around that place', () => {
  const radius = fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 20_100_000 }));
  let held = 0;
  const runs = new Float64Array(16);
  fc.assert(
    fc.property(
      anywhere,
      radius,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 7, noNaN: true }),
      (centre, radiusMetres, share, turn) => {
        // A place within the radius or just beyond it, reached by going off in some direction.
        const angle = (1.01 * share * radiusMetres) / EARTH_RADIUS_METRES;
        const latitude = (centre.latitude * Math.PI) / 180;
        const sine = Math.sin(latitude) * Math.cos(angle) + Math.cos(latitude) * Math.sin(angle) * Math.cos(turn);
        const east = Math.atan2(
          Math.sin(turn) * Math.sin(angle) * Math.cos(latitude),
          Math.cos(angle) - Math.sin(latitude) * sine,
        );
        const place = {
          latitude: (Math.asin(Math.max(-1, Math.min(1, sine))) * 180) / Math.PI,
          longitude: ((((centre.longitude + (east * 180) / Math.PI + 180) % 360) + 360) % 360) - 180,
        };
        if (metresBetween(centre, place) > radiusMetres) return;
        held += 1;
        const level = circleLevel(radiusMetres + 1);
        const key = cellKey(level, centre.latitude, centre.longitude);
        expect(key).toBeLessThan(GRID_KEYS);
        const count = runsAround(level, place.latitude, place.longitude, runs);
        const found = Array.from({ length: count }, (_, run) => runs[2 * run]! <= key && key <= runs[2 * run + 1]!);
        expect(found.filter(Boolean)).toHaveLength(1);
      },
    ),
    { numRuns: 5000, seed: 20261125 },
  );
  expect(held).toBeGreaterThan(2000);
});
