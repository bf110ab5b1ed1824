import { NotAllowed } from '../failures.ts';
import type { Role } from '../generated/prisma/enums.ts';
import { type Action, type Belonging, may } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';

/** Who made a change, as its event keeps it: the user, and the role in which they acted; SYSTEM for timers and re-dispatch. */
export type Actor = { readonly userId: string | null; readonly role: Role | 'SYSTEM' };

/** Liangdan itself. */
export const SYSTEM_ACTOR: Actor = { userId: null, role: 'SYSTEM' };

/** The viewer in the first of their roles that lets them do this; SYSTEM where none does, as for Liangdan itself. */
export function actorOf(viewer: Viewer, action: Action, belonging: Belonging): Actor {
  const grant = viewer.grants.find((held) => may({ ...viewer, grants: [held], isSystem: false }, action, belonging));
  return { userId: viewer.userId, role: grant?.role ?? 'SYSTEM' };
}

/**
 * Lets through who may answer for whoever was served: nobody confirms, disputes or appraises for somebody else what the
 * provider they work for has done.
 *
 * @throws NotAllowed
 */
export function demandNotOwnWork(viewer: Viewer, belonging: Belonging): void {
  if (viewer.isSystem || !may(viewer, 'order.serve', belonging)) return;
  if (actorOf(viewer, 'order.confirm', belonging).role !== 'RESIDENT') throw new NotAllowed(ANSWERING_FOR_OWN_WORK);
}

const ANSWERING_FOR_OWN_WORK = {
  zh: '代他人确认、争议或评议本单位办理的订单',
  en: 'confirm, dispute or appraise for somebody else what your own provider has done',
};
