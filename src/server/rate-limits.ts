import { createClient } from '@redis/client';
import type { Logger } from 'pino';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { ServerRules } from './rules.ts';

/** Counts requests by user and by address. */
export type RateLimits = {
  /** Counts one request; gives the seconds after which the next may come where this is one too many, else `null`. */
  readonly countAddress: (address: string) => Promise<number | null>;
  readonly countUser: (userId: string) => Promise<number | null>;
  readonly close: () => void;
};

const WINDOW_SECONDS = 60;

/**
 * Opens the counters, in memory or in Redis. While Redis is not there each server counts its own requests, so that its
 * failure neither stops the service nor opens it to everything.
 */
export function openRateLimits(
  rules: Pick<ServerRules, 'ratePerUser' | 'ratePerAddress' | 'redisUrl'>,
  log: Logger,
): RateLimits {
  const redis = rules.redisUrl === null ? null : connect(rules.redisUrl, log);
  const counter = (keyPrefix: string, points: number) => {
    if (points === 0) return async () => null;
    const limits = { points, duration: WINDOW_SECONDS, keyPrefix };
    const memory = new RateLimiterMemory(limits);
    const limiter = redis
      ? new RateLimiterRedis({
          ...limits,
          storeClient: redis,
          useRedisPackage: true,
          rejectIfRedisNotReady: true,
          insuranceLimiter: memory,
          inMemoryBlockOnConsumed: points + 1,
        })
      : memory;
    return async (key: string): Promise<number | null> => {
      try {
        await limiter.consume(key);
        return null;
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return Math.ceil(refused.msBeforeNext / 1000);
        throw refused;
      }
    };
  };
  return {
    countAddress: counter('liangdan:address', rules.ratePerAddress),
    countUser: counter('liangdan:user', rules.ratePerUser),
    close: () => redis?.destroy(),
  };
}

function connect(url: string, log: Logger) {
  const client = createClient({ url, disableOfflineQueue: true, socket: { connectTimeout: 2000 } });
  client.on('error', (error: { code?: unknown }) => log.warn({ code: error.code }, 'Redis does not answer'));
  client.connect().catch(() => {});
  return client;
}
