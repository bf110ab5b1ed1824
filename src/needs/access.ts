import type { Database } from '../database/database.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { type Reach, reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';

/** Who asks, and where to look. */
type Asking = { readonly database: Database; readonly viewer: Viewer };

/** Which needs the viewer may read, for a WHERE: those within reach, and those that their provider has an order for. */
export function needsInReach(viewer: Viewer): Prisma.NeedWhereInput {
  const reach = reachOf(viewer, 'need.read');
  if (reach.wholeArea) return { areaId: reach.areaId };
  return {
    areaId: reach.areaId,
    OR: [...ownNeeds(reach), { orders: { some: { providerId: { in: [...reach.providerIds] } } } }],
  };
}

/**
 * Which candidates of a need that they may read the viewer may see: all, where the need is their own or of their
 * community; a provider sees where its own services stand, not those of others.
 */
export function candidatesInReach(viewer: Viewer): Prisma.CandidateWhereInput {
  const reach = reachOf(viewer, 'need.read');
  if (reach.wholeArea) return {};
  return { OR: [{ need: { OR: ownNeeds(reach) } }, { service: { providerId: { in: [...reach.providerIds] } } }] };
}

/** Which residents the viewer may read, for a WHERE; one who was erased is not there any more. */
export function residentsInReach(viewer: Viewer): Prisma.ResidentWhereInput {
  const reach = reachOf(viewer, 'resident.read');
  if (reach.wholeArea) return { areaId: reach.areaId, erasedAt: null };
  return {
    areaId: reach.areaId,
    erasedAt: null,
    OR: [{ communityId: { in: [...reach.communityIds] } }, { id: { in: [...reach.residentIds] } }],
  };
}

/** Which needs the viewer reads for their own sake, for a WHERE. */
export function needsReadAsOwn(viewer: Viewer): Prisma.NeedWhereInput {
  const reach = reachOf(viewer, 'need.read');
  return reach.wholeArea ? { areaId: reach.areaId } : { areaId: reach.areaId, OR: ownNeeds(reach) };
}

/** Whether the viewer reads a need for its own sake, and not only as the provider of an order. */
export function readsAsOwn(viewer: Viewer, need: { readonly communityId: string; readonly residentId: string | null }) {
  const reach = reachOf(viewer, 'need.read');
  return (
    reach.wholeArea ||
    reach.communityIds.includes(need.communityId) ||
    (need.residentId !== null && reach.residentIds.includes(need.residentId))
  );
}

/** Whether the viewer may fetch a need by its id. */
export async function mayFetchNeed(id: string, { database, viewer }: Asking): Promise<boolean> {
  return (await database.prisma.need.count({ where: { ...needsInReach(viewer), id } })) === 1;
}

/** Whether the viewer may fetch a resident by its id. */
export async function mayFetchResident(id: string, { database, viewer }: Asking): Promise<boolean> {
  return (await database.prisma.resident.count({ where: { ...residentsInReach(viewer), id } })) === 1;
}

function ownNeeds({ communityIds, residentIds }: Reach): Prisma.NeedWhereInput[] {
  return [{ communityId: { in: [...communityIds] } }, { residentId: { in: [...residentIds] } }];
}
