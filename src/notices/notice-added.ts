import { z } from 'zod';
import type { Database, Transaction } from '../database/database.ts';
import { subscribeToChannel } from '../database/notifications.ts';
import { demandAtAll, may } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';

/** A notice that was written, and whom it is for. */
export type AddedNotice = {
  readonly noticeId: string;
  readonly areaId: string;
  readonly communityId: string | null;
  readonly providerId: string | null;
};

/** The channel on which processes tell one another of new notices; a message is one `AddedNotice` as JSON. */
const NOTICE_ADDED_CHANNEL = 'notice_added';

const message = z.object({
  noticeId: z.uuid(),
  areaId: z.uuid(),
  communityId: z.uuid().nullable(),
  providerId: z.uuid().nullable(),
});

/** Tells every process of notices that are committed. */
export async function publishNotices(database: Database, added: readonly AddedNotice[]): Promise<void> {
  for (const notice of added) await database.notify(NOTICE_ADDED_CHANNEL, JSON.stringify(notice));
}

/**
 * As `publishNotices`, from within the transaction that writes them: PostgreSQL delivers at its commit and not at all if it
 * has none. For notices that are rare, since such commits wait for one another.
 */
export async function publishNoticesAtCommit(tx: Transaction, added: readonly AddedNotice[]): Promise<void> {
  if (added.length === 0) return;
  const messages = added.map((notice) => JSON.stringify(notice));
  await tx.$queryRaw`
    SELECT count(pg_notify(${NOTICE_ADDED_CHANNEL}, message))::int FROM unnest(${messages}::text[]) AS message`;
}

/**
 * The notices that are added from now on and that the viewer may read.
 *
 * @throws NotSignedIn, NotAllowed
 */
export async function subscribeToNotices(
  database: Database,
  viewer: Viewer,
): Promise<AsyncIterableIterator<AddedNotice>> {
  demandAtAll(viewer, 'notice.read');
  return subscribeToChannel(database, NOTICE_ADDED_CHANNEL, (text) => {
    const added = readAdded(text);
    return added !== null && may(viewer, 'notice.read', added) ? added : null;
  });
}

/** `null` for a message of another form, such as a later version's. */
function readAdded(text: string): AddedNotice | null {
  try {
    return message.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
