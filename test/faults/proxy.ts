import { createConnection, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** A TCP proxy whose connections can be cut and slowed down. */
export type FaultProxy = {
  readonly port: number;
  /** Breaks a share of the connections at once, whatever is on its way on them. @returns how many */
  readonly cut: (share: number, isTrue: (probability: number) => boolean) => number;
  /** From now on everything takes so much longer, each way; 0 for no longer. */
  readonly delay: (ms: number) => void;
  readonly close: () => Promise<void>;
};

/** Listens on a free port of the loopback address and passes everything on to `targetPort`. */
export async function startProxy(targetPort: number): Promise<FaultProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let delayMs = 0;
  const server = createServer((client) => {
    const target = createConnection({ host: '127.0.0.1', port: targetPort });
    const pair = [client, target] as const;
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
    passOn(client, target, () => delayMs);
    passOn(target, client, () => delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cut: (share, isTrue) => {
      const chosen = [...pairs].filter(() => isTrue(share));
      for (const pair of chosen) for (const socket of pair) socket.destroy();
      return chosen.length;
    },
    delay: (ms) => {
      delayMs = ms;
    },
    close: async () => {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function passOn(from: Socket, to: Socket, delayMs: () => number): void {
  let waiting = 0;
  let last = Promise.resolve();
  const write = (chunk: Buffer) => {
    if (to.destroyed || to.write(chunk)) return;
    from.pause();
    to.once('drain', () => from.resume());
  };
  from.on('data', (chunk: Buffer) => {
    const ms = delayMs();
    if (ms === 0 && waiting === 0) return write(chunk);
    waiting += 1;
    last = last.then(async () => {
      if (ms > 0) await wait(ms);
      waiting -= 1;
      write(chunk);
    });
  });
}
