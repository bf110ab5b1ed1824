import type { Prisma } from '../generated/prisma/client.ts';
import { reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';

/** Which orders the viewer may read, for a WHERE. */
export function ordersInReach(viewer: Viewer): Prisma.OrderWhereInput {
  const { areaId, wholeArea, communityIds, providerIds, residentIds } = reachOf(viewer, 'order.read');
  if (wholeArea) return { areaId };
  return {
    areaId,
    OR: [
      { communityId: { in: [...communityIds] } },
      { providerId: { in: [...providerIds] } },
      { need: { residentId: { in: [...residentIds] } } },
    ],
  };
}
