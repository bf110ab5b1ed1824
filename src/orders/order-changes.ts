import { z } from 'zod';
import type { Database } from '../database/database.ts';
import { may } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';

/** An order that changed, and whom it belongs to. */
export type OrderChange = {
  readonly orderId: string;
  readonly needId: string;
  readonly areaId: string;
  readonly communityId: string;
  readonly providerId: string;
  readonly residentId: string | null;
};

/** Which changes a subscriber wants: those that agree with everything given. */
export type OrderChangeFilter = {
  readonly orderId?: string | null;
  readonly needId?: string | null;
  readonly providerId?: string | null;
};

/** The channel on which processes tell one another of changed orders; a message is a JSON list of `OrderChange`. */
export const ORDER_CHANGED_CHANNEL = 'order_changed';

/** As many changes as go into one message of at most 7,900 bytes. */
const CHANGES_PER_MESSAGE = 25;

const message = z.array(
  z.object({
    orderId: z.uuid(),
    needId: z.uuid(),
    areaId: z.uuid(),
    communityId: z.uuid(),
    providerId: z.uuid(),
    residentId: z.uuid().nullable(),
  }),
);

/** Tells every process of changes that are committed. An order that changed twice is told once. */
export async function publishOrderChanges(database: Database, changes: readonly OrderChange[]): Promise<void> {
  const distinct = [...new Map(changes.map((change) => [change.orderId, change])).values()];
  for (let start = 0; start < distinct.length; start += CHANGES_PER_MESSAGE) {
    await database.notify(ORDER_CHANGED_CHANNEL, JSON.stringify(distinct.slice(start, start + CHANGES_PER_MESSAGE)));
  }
}

/** Whether the viewer may read the order and wants its changes. */
export function isWanted(viewer: Viewer, filter: OrderChangeFilter, change: OrderChange): boolean {
  const agrees = (key: 'orderId' | 'needId' | 'providerId') => (filter[key] ?? change[key]) === change[key];
  return may(viewer, 'order.read', change) && agrees('orderId') && agrees('needId') && agrees('providerId');
}

/** The changes in a message of the channel; none for a message of another form, such as a later version's. */
export function readChanges(text: string): readonly OrderChange[] {
  try {
    return message.parse(JSON.parse(text));
  } catch {
    return [];
  }
}
