import { z } from 'zod';
import type { Database } from '../database/database.ts';
import { subscribeToChannel } from '../graphql/notifications.ts';
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
  readonly orderId?: string | undefined;
  readonly needId?: string | undefined;
  readonly providerId?: string | undefined;
};

/** The channel on which processes tell one another of changed orders; a message is a JSON list of `OrderChange`. */
const ORDER_CHANGED_CHANNEL = 'order_changed';

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

/** The changes, from now on, of orders that the viewer may read and that pass the filter. */
export async function subscribeToOrderChanges(
  database: Database,
  viewer: Viewer,
  filter: OrderChangeFilter = {},
): Promise<AsyncIterableIterator<OrderChange>> {
  const isWanted = (change: OrderChange): boolean =>
    may(viewer, 'order.read', change) &&
    (['orderId', 'needId', 'providerId'] as const).every((key) => (filter[key] ?? change[key]) === change[key]);
  const messages = await subscribeToChannel(database, ORDER_CHANGED_CHANNEL, (text) => {
    const wanted = readChanges(text).filter(isWanted);
    return wanted.length > 0 ? wanted : null;
  });
  return oneByOne(messages);
}

/** The changes in a message of the channel; none for a message of another form, such as a later version's. */
function readChanges(text: string): readonly OrderChange[] {
  try {
    return message.parse(JSON.parse(text));
  } catch {
    return [];
  }
}

/** Not a generator: one that waits for the next message could not be ended before it comes. */
function oneByOne<T>(lists: AsyncIterableIterator<readonly T[]>): AsyncIterableIterator<T> {
  const waiting: T[] = [];
  const end = async (): Promise<IteratorReturnResult<undefined>> => {
    waiting.length = 0;
    await lists.return?.();
    return { done: true, value: undefined };
  };
  return {
    next: async () => {
      while (waiting.length === 0) {
        const next = await lists.next();
        if (next.done) return { done: true, value: undefined };
        waiting.push(...next.value);
      }
      return { done: false, value: waiting.shift()! };
    },
    return: end,
    throw: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
