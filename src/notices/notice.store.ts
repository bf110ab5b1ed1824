import { appendAudit } from '../audit/index.ts';
import type { Database, Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { asSystem } from '../database/row-wall.ts';
import { NotAllowed, NotFound, TransitionRefused, VersionConflict } from '../failures.ts';
import type { NoticeKind } from '../generated/prisma/enums.ts';
import { demand, may, POLICY } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { NOTICE } from './notice.ts';
import type { AddedNotice } from './notice-added.ts';

/** What someone is to know or do, and who: the staff of a community, a provider, or only the area's administrators. */
export type NewNotice = {
  readonly areaId: string;
  readonly kind: NoticeKind;
  readonly communityId: string | null;
  readonly providerId: string | null;
  readonly needId?: string | null;
  readonly orderId?: string | null;
  readonly programmeId?: string | null;
};

/**
 * Writes notices. An order has one of each kind, a need or a programme one open one of each kind: what is there already is
 * not written again.
 *
 * @returns those that were written, to be published with `publishNotices` after the commit
 */
export async function writeNotices(
  tx: Transaction,
  notices: readonly NewNotice[],
  now: Date,
): Promise<readonly AddedNotice[]> {
  if (notices.length === 0) return [];
  const rows = notices.map((notice) => ({ needId: null, orderId: null, programmeId: null, ...notice, id: newId() }));
  // Whoever brings a notice about is seldom the one whom it is for.
  return asSystem(
    tx,
    () => tx.$queryRaw<AddedNotice[]>`
    INSERT INTO notices (id, area_id, kind, community_id, provider_id, need_id, order_id, programme_id, at)
    SELECT id, "areaId", kind, "communityId", "providerId", "needId", "orderId", "programmeId", ${now}
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (
      id uuid, "areaId" uuid, kind notice_kind, "communityId" uuid, "providerId" uuid, "needId" uuid, "orderId" uuid, "programmeId" uuid
    )
    ORDER BY id
    ON CONFLICT DO NOTHING
    RETURNING id AS "noticeId", area_id AS "areaId", community_id AS "communityId", provider_id AS "providerId"`,
  );
}

/** That someone has seen to a notice. */
export type Handling = {
  readonly noticeId: string;
  /** The version that they have seen. */
  readonly version: number;
  /** What they did about it; empty for nothing to say. */
  readonly note: string;
};

/**
 * Takes a notice off the list of what is open. One that is for the staff of a community and for a provider is handled by the
 * staff.
 *
 * @throws NotFound, NotSignedIn, NotAllowed, VersionConflict; TransitionRefused when it was handled
 */
export async function handleNotice(
  database: Database,
  viewer: Viewer,
  { noticeId, version, note }: Handling,
  now: Date,
): Promise<string> {
  return database.transaction(
    async (tx) => {
      const [notice] = await tx.$queryRaw<LockedNotice[]>`
        SELECT area_id AS "areaId", community_id AS "communityId", provider_id AS "providerId", handled_at AS "handledAt", version
        FROM notices WHERE id = ${noticeId}::uuid AND area_id = ${viewer.areaId}::uuid FOR NO KEY UPDATE`;
      if (notice === undefined) throw new NotFound(NOTICE);
      const state = notice.handledAt === null ? 'OPEN' : 'HANDLED';
      demandHandling(viewer, notice);
      if (version !== notice.version) {
        throw new VersionConflict(NOTICE, notice.version, state, { typename: 'Notice', id: noticeId });
      }
      if (state === 'HANDLED') throw new TransitionRefused(NOTICE, state, 'HANDLED');
      await tx.notice.update({
        where: { id: noticeId },
        data: { handledAt: now, handledById: viewer.userId, note: note === '' ? null : note },
      });
      await appendAudit(tx, viewer, { action: 'notice.handle', subjectType: 'Notice', subjectId: noticeId }, now);
      return noticeId;
    },
    { answerId: (id) => id },
  );
}

type LockedNotice = Omit<AddedNotice, 'noticeId'> & { readonly handledAt: Date | null; readonly version: number };

/** What is for the staff is handled by them; whoever may not even read it is told that it is not there. */
function demandHandling(viewer: Viewer, { areaId, communityId, providerId }: Omit<AddedNotice, 'noticeId'>): void {
  demand(viewer, 'notice.read', { areaId, communityId, providerId }, 'notice.read', NOTICE);
  if (may(viewer, 'notice.handle', communityId === null ? { areaId, providerId } : { areaId, communityId })) return;
  throw new NotAllowed(POLICY['notice.handle'].name);
}
