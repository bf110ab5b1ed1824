import type { Database } from './database.ts';

/**
 * What comes over a channel of the database from now on, for a subscription. However many subscribe, this process
 * listens to a channel once, and stops when the last of them has left. A subscriber who does not keep up loses the
 * oldest messages.
 *
 * @param read gives what the subscriber gets of a message; `null` for a message that is not for them. Must not throw.
 */
export async function subscribeToChannel<T>(
  database: Database,
  channel: string,
  read: (message: string) => T | null,
): Promise<AsyncIterableIterator<T>> {
  const waiting: T[] = [];
  let ended = false;
  let wake = () => {};
  const receive = (message: string) => {
    const value = read(message);
    if (value === null) return;
    if (waiting.length === MOST_WAITING) waiting.shift();
    waiting.push(value);
    wake();
  };
  const leave = await join(database, channel, receive);
  const end = async (): Promise<IteratorReturnResult<undefined>> => {
    if (!ended) {
      ended = true;
      wake();
      await leave();
    }
    return { done: true, value: undefined };
  };
  const messages: AsyncIterableIterator<T> = {
    next: async () => {
      while (waiting.length === 0 && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return ended ? { done: true, value: undefined } : { done: false, value: waiting.shift()! };
    },
    return: end,
    throw: end,
    [Symbol.asyncIterator]: () => messages,
  };
  return messages;
}

/** The most messages that wait for one subscriber. */
const MOST_WAITING = 1000;

type Receive = (message: string) => void;
type Station = { readonly receivers: Set<Receive>; readonly listening: Promise<() => Promise<void>> };

const stationsOf = new WeakMap<Database['prisma'], Map<string, Station>>();

/** Adds a receiver to the channel; the returned function takes it off again. */
async function join(database: Database, channel: string, receive: Receive): Promise<() => Promise<void>> {
  const { prisma } = database.system;
  const stations = stationsOf.get(prisma) ?? new Map<string, Station>();
  stationsOf.set(prisma, stations);
  const station = stations.get(channel) ?? open(database, channel);
  stations.set(channel, station);
  station.receivers.add(receive);
  const leave = async () => {
    station.receivers.delete(receive);
    if (station.receivers.size > 0 || stations.get(channel) !== station) return;
    stations.delete(channel);
    const stop = await station.listening;
    await stop();
  };
  try {
    await station.listening;
  } catch (error) {
    stations.delete(channel);
    throw error;
  }
  return leave;
}

function open(database: Database, channel: string): Station {
  const receivers = new Set<Receive>();
  const listening = database.listen(channel, (message) => {
    for (const receive of [...receivers]) receive(message);
  });
  return { receivers, listening };
}
