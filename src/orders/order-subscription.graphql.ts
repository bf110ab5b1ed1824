import { queryFromInfo } from '@pothos/plugin-prisma';
import type { Database } from '../database/database.ts';
import { subscribeToChannel } from '../database/notifications.ts';
import { builder } from '../graphql/builder.ts';
import { demandAtAll } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { NeedType } from '../needs/need.graphql.ts';
import { ProviderType } from '../services/provider.graphql.ts';
import { type ORDER_INCLUDES, OrderType } from './order.graphql.ts';
import {
  isWanted,
  ORDER_CHANGED_CHANNEL,
  type OrderChange,
  type OrderChangeFilter,
  readChanges,
} from './order-changes.ts';

/**
 * The changes, from now on, of orders that the viewer may read and that pass the filter.
 *
 * @throws NotSignedIn, NotAllowed
 */
export async function subscribeToOrderChanges(
  database: Database,
  viewer: Viewer,
  filter: OrderChangeFilter = {},
): Promise<AsyncIterableIterator<OrderChange>> {
  demandAtAll(viewer, 'order.read');
  const messages = await subscribeToChannel(database, ORDER_CHANGED_CHANNEL, (text) => {
    const wanted = readChanges(text).filter((change) => isWanted(viewer, filter, change));
    return wanted.length > 0 ? wanted : null;
  });
  return oneByOne(messages);
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

builder.subscriptionFields((t) => ({
  orderChanged: t.field({
    type: OrderType,
    description: 'An order that you may read, each time that one changes, from now on (订单变化).',
    args: {
      orderId: t.arg.globalID({ for: OrderType, description: 'Only this order (订单).' }),
      needId: t.arg.globalID({ for: NeedType, description: 'Only orders of this need (需求).' }),
      providerId: t.arg.globalID({ for: ProviderType, description: 'Only orders of this provider (供给主体).' }),
    },
    subscribe: (_root, { orderId, needId, providerId }, { database, viewer }) =>
      subscribeToOrderChanges(database, viewer, {
        orderId: orderId?.id ?? null,
        needId: needId?.id ?? null,
        providerId: providerId?.id ?? null,
      }),
    resolve: async ({ orderId }, _args, context, info) => {
      // What is asked for holds at least what the type always includes.
      const query = queryFromInfo({ context, info }) as { include: typeof ORDER_INCLUDES };
      return context.database.prisma.order.findUniqueOrThrow({ ...query, where: { id: orderId } });
    },
  }),
}));
