import type { Prisma } from '../generated/prisma/client.ts';
import { reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';

/** Which notices the viewer may read, for a WHERE. */
export function noticesInReach(viewer: Viewer): Prisma.NoticeWhereInput {
  const { areaId, wholeArea, communityIds, providerIds } = reachOf(viewer, 'notice.read');
  if (wholeArea) return { areaId };
  return { areaId, OR: [{ communityId: { in: [...communityIds] } }, { providerId: { in: [...providerIds] } }] };
}
