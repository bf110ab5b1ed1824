import { describe, expect, it } from 'vitest';
import { NotAllowed, NotFound, NotSignedIn } from '../../src/failures.ts';
import { demand, demandAtAll, may, mayAtAll, reachOf } from '../../src/identity/policy.ts';
import { anonymousViewer, type Grant, systemViewer, type Viewer } from '../../src/identity/viewer.ts';

const AREA = 'area-1';
const NEED = { zh: '需求', en: 'need' };
const ofResident = { areaId: AREA, communityId: 'c1', residentId: 'r1' };

function viewer(...grants: Partial<Grant>[]): Viewer {
  const whole = grants.map((grant) => ({ communityId: null, providerId: null, residentId: null, ...grant }) as Grant);
  return { userId: 'u', areaId: AREA, displayName: 'u', grants: whole, isSystem: false };
}

describe('whose needs a role may read', () => {
  it('a resident their own, staff those of their community, an area administrator all of the area', () => {
    expect(may(viewer({ role: 'RESIDENT', residentId: 'r1' }), 'need.read', ofResident)).toBe(true);
    expect(may(viewer({ role: 'RESIDENT', residentId: 'r2' }), 'need.read', ofResident)).toBe(false);
    expect(may(viewer({ role: 'COMMUNITY_STAFF', communityId: 'c1' }), 'need.read', ofResident)).toBe(true);
    expect(may(viewer({ role: 'COMMUNITY_STAFF', communityId: 'c2' }), 'need.read', ofResident)).toBe(false);
    expect(may(viewer({ role: 'AREA_ADMIN' }), 'need.read', ofResident)).toBe(true);
    expect(may(viewer({ role: 'ANALYST' }), 'need.read', ofResident)).toBe(false);
  });

  it('of two roles that one person holds, either is enough', () => {
    const both = viewer({ role: 'RESIDENT', residentId: 'r2' }, { role: 'GRID_WORKER', communityId: 'c1' });
    expect(may(both, 'need.read', ofResident)).toBe(true);
    expect(reachOf(both, 'need.read')).toMatchObject({ wholeArea: false, communityIds: ['c1'], residentIds: ['r2'] });
  });

  it('nobody those of another area, not even the system', () => {
    const elsewhere = { ...ofResident, areaId: 'area-2' };
    expect(may(viewer({ role: 'AREA_ADMIN' }), 'need.read', elsewhere)).toBe(false);
    expect(may(systemViewer(AREA), 'need.read', elsewhere)).toBe(false);
  });

  it('a thing without an owner is nobody’s: an absent id never equals an absent grant', () => {
    const nobodys = { areaId: AREA, residentId: null };
    expect(may(viewer({ role: 'RESIDENT', residentId: null }), 'need.read', nobodys)).toBe(false);
  });
});

describe('what is told to who may not', () => {
  it('sign in first, when they have not', () => {
    expect(() => demand(anonymousViewer(AREA), 'need.amend', ofResident, 'need.read', NEED)).toThrow(NotSignedIn);
    expect(() => demandAtAll(anonymousViewer(AREA), 'match.run')).toThrow(NotSignedIn);
  });

  it('not found, when they may not even read it', () => {
    const stranger = viewer({ role: 'RESIDENT', residentId: 'r2' });
    expect(() => demand(stranger, 'need.amend', ofResident, 'need.read', NEED)).toThrow(NotFound);
  });

  it('not allowed, when they may read it but not do this', () => {
    const gridWorker = viewer({ role: 'GRID_WORKER', communityId: 'c1' });
    expect(() => demand(gridWorker, 'need.choose', ofResident, 'need.read', NEED)).toThrow(NotAllowed);
    expect(mayAtAll(gridWorker, 'match.run')).toBe(false);
    expect(() => demandAtAll(gridWorker, 'match.run')).toThrow(NotAllowed);
  });
});
