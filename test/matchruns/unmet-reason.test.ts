import { describe, expect, it } from 'vitest';
import type { NearestMiss } from '../../src/matching/index.ts';
import { reasonWithoutCandidate } from '../../src/matchruns/unmet-reason.ts';

describe('why a need has no candidate', () => {
  it('names what stands between the need and the service that came closest, not what removed most services', () => {
    const fullCanteen: NearestMiss = {
      serviceId: 'canteen',
      constraint: 'CAPACITY',
      reason: { zh: '名额已满', en: 'full' },
    };
    expect(reasonWithoutCandidate({ nearestMiss: fullCanteen })).toBe('CAPACITY');
  });

  it('says that there is no candidate at all where the service list is empty', () => {
    expect(reasonWithoutCandidate({ nearestMiss: null })).toBe('NO_CANDIDATE');
  });
});
