import { setTimeout as wait } from 'node:timers/promises';
import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Context } from '../graphql/context.ts';
import { requestIds } from './request-ids.ts';

/**
 * Answers an operation that takes longer than `limitMs` with `OPERATION_TIMED_OUT`, the id of its request and HTTP status
 * 503, and resolves no more of its fields. What a field is in the midst of ends by the limit of its transaction; a match
 * run that it waited for goes on. Subscriptions may stay open.
 */
export function limitTime(limitMs: number): Plugin<Context> {
  return {
    onExecute: ({ args, executeFn, setExecuteFn }) => {
      const end = new AbortController();
      Object.assign(args, { signal: end.signal });
      setExecuteFn(async (given) => {
        const answered = new AbortController();
        const { locale } = args.contextValue as Context;
        const timedOut = wait(limitMs, null, { signal: answered.signal }).then(() => ({
          errors: [takesTooLong(locale, limitMs)],
        }));
        const executed = Promise.resolve(executeFn(given));
        try {
          return await Promise.race([executed, timedOut]);
        } finally {
          // Each of the two may end after the other, and badly, with nobody waiting for it any more.
          executed.catch(() => {});
          timedOut.catch(() => {});
          answered.abort();
          end.abort(new Error('The operation took too long'));
        }
      });
    },
  };
}

function takesTooLong(locale: Context['locale'], limitMs: number): GraphQLError {
  const seconds = limitMs / 1000;
  const words = {
    zh: `该操作超过${seconds}秒未完成，已中止；请缩小范围后重试，写入操作可用同一幂等键重试`,
    en: `The operation took longer than ${seconds} seconds and was ended. Ask for less, or send a mutation again with the same idempotency key`,
  };
  return new GraphQLError(words[locale], {
    extensions: { code: 'OPERATION_TIMED_OUT', requestId: requestIds.getStore() ?? null, http: { status: 503 } },
  });
}
