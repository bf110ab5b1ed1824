import type { Role } from '../generated/prisma/enums.ts';

/** A role that a user holds, and over what: a community, a provider or a resident, where the role is of one. */
export type Grant = {
  readonly role: Role;
  readonly communityId: string | null;
  readonly providerId: string | null;
  readonly residentId: string | null;
};

/** Who asks (访问者). Every resolver and store takes one and asks the policy about it. */
export type Viewer = {
  /** `null` for someone who has not signed in, and for the system itself. */
  readonly userId: string | null;
  /** The area they belong to; someone who has not signed in sees the public lists of one area. */
  readonly areaId: string;
  readonly displayName: string;
  readonly grants: readonly Grant[];
  /** The command line and timers: may do everything in the area. */
  readonly isSystem: boolean;
  /** Where the request came from, for the audit log; absent for what is no request. */
  readonly origin?: { readonly address: string | null; readonly requestId: string | null };
};

/** Someone who has not signed in. */
export function anonymousViewer(areaId: string): Viewer {
  return { userId: null, areaId, displayName: '', grants: [], isSystem: false };
}

/** Liangdan itself: the command line, timers, re-dispatch. */
export function systemViewer(areaId: string): Viewer {
  return { userId: null, areaId, displayName: 'Liangdan', grants: [], isSystem: true };
}
