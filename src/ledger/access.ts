import type { Prisma } from '../generated/prisma/client.ts';
import { reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';

/** Which ledgers the viewer may read, for a WHERE. Those of the whole area are for who may read all of them. */
export function ledgersInReach(viewer: Viewer): Prisma.LedgerWhereInput {
  const { areaId, wholeArea, communityIds } = reachOf(viewer, 'ledger.read');
  return wholeArea ? { areaId } : { areaId, communityId: { in: [...communityIds] } };
}
