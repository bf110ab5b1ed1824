import type { Prisma } from '../generated/prisma/client.ts';
import { may, reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';

/** The services that a viewer may read: the public list, and what their roles let them see beside it. */
export function readableServices(viewer: Viewer): Prisma.ServiceWhereInput {
  const { areaId, wholeArea, providerIds } = reachOf(viewer, 'service.readUnpublished');
  if (wholeArea) return { areaId };
  const isPublic = { status: 'PUBLISHED', provider: { admission: 'ADMITTED' } } as const;
  return { areaId, OR: [isPublic, { providerId: { in: [...providerIds] } }] };
}

/** The providers that a viewer may read: those admitted, and what their roles let them see beside them. */
export function readableProviders(viewer: Viewer): Prisma.ProviderWhereInput {
  const { areaId, wholeArea, providerIds } = reachOf(viewer, 'service.readUnpublished');
  if (wholeArea || may(viewer, 'provider.admit', { areaId })) return { areaId };
  return { areaId, OR: [{ admission: 'ADMITTED' }, { id: { in: [...providerIds] } }] };
}
