import { describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { subscribeToChannel } from '../../src/database/notifications.ts';
import { DATABASE_KINDS, scratchDatabase } from './scratch.ts';

const CHANNEL = 'something_happened';
const asIs = (message: string) => message;

describe.each(DATABASE_KINDS)('messages of a channel (%s)', (kind) => {
  const withDatabase = async (work: (database: Database) => Promise<void>) => {
    const database = await scratchDatabase(kind);
    try {
      await work(database);
    } finally {
      await database.close();
    }
  };

  it('reach every subscriber in their order, also those that come before they are asked for', () =>
    withDatabase(async (database) => {
      const one = await subscribeToChannel(database, CHANNEL, asIs);
      const other = await subscribeToChannel(database, CHANNEL, (message) => (message === 'first' ? null : message));
      await database.notify(CHANNEL, 'first');
      await database.notify(CHANNEL, 'second');
      expect([await one.next(), await one.next()].map(({ value }) => value)).toEqual(['first', 'second']);
      expect((await other.next()).value).toBe('second');
      await one.return?.();
      await other.return?.();
    }));

  it('are listened to once, until the last subscriber has left', () =>
    withDatabase(async (database) => {
      let listening = 0;
      const counted: Database = {
        ...database,
        listen: async (channel, receive) => {
          listening += 1;
          const stop = await database.listen(channel, receive);
          return async () => {
            listening -= 1;
            await stop();
          };
        },
      };
      const one = await subscribeToChannel(counted, CHANNEL, asIs);
      const other = await subscribeToChannel(counted, CHANNEL, asIs);
      expect(listening).toBe(1);
      await one.return?.();
      expect(listening).toBe(1);
      await other.return?.();
      expect(listening).toBe(0);
      const again = await subscribeToChannel(counted, CHANNEL, asIs);
      await database.notify(CHANNEL, 'still here');
      expect((await again.next()).value).toBe('still here');
      await again.return?.();
    }));

  it('end for a subscriber who waits for the next one when they leave', () =>
    withDatabase(async (database) => {
      const messages = await subscribeToChannel(database, CHANNEL, asIs);
      const next = messages.next();
      await messages.return?.();
      expect(await next).toEqual({ done: true, value: undefined });
    }));
});
