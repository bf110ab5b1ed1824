import type { Plugin } from 'graphql-yoga';
import type { Context } from '../graphql/context.ts';
import type { Grant, Viewer } from '../identity/viewer.ts';

/** Who makes a request, found anew; throws where nobody does any more, e.g. when the token has expired. */
type FindAgain = (request: Request, context: Context) => Promise<Viewer>;

/**
 * Ends an event stream when its viewer has lost a grant that they had when it was opened, or may not sign in any more.
 * The rights are read again before each event is sent, and every `intervalMs` besides. A stream is not widened by new
 * grants: the client opens another.
 */
export function endStreamsWithoutRights(findAgain: FindAgain, intervalMs: number): Plugin<Context> {
  return {
    onSubscribe: ({ args }) => ({
      onSubscribeResult: ({ result, setResult }) => {
        if (!(Symbol.asyncIterator in result)) return;
        const context = args.contextValue as Context & { request: Request };
        const mayStay = async () => {
          const now = await findAgain(context.request, context).catch(() => null);
          return now !== null && keepsGrants(context.viewer, now);
        };
        setResult(whileAllowed(result as AsyncIterableIterator<never>, mayStay, intervalMs));
      },
    }),
  };
}

/** Whether the viewer is still the same user, with every grant that they had. */
export function keepsGrants(before: Viewer, now: Viewer): boolean {
  return (
    before.userId === now.userId &&
    before.areaId === now.areaId &&
    before.grants.every((grant) => now.grants.some((other) => isSame(grant, other)))
  );
}

function isSame(one: Grant, other: Grant): boolean {
  return (
    one.role === other.role &&
    one.communityId === other.communityId &&
    one.providerId === other.providerId &&
    one.residentId === other.residentId
  );
}

/** The events as long as the check allows. Not a generator: one that waits for an event could not be ended before it. */
function whileAllowed<T>(
  events: AsyncIterableIterator<T>,
  mayStay: () => Promise<boolean>,
  intervalMs: number,
): AsyncIterableIterator<T> {
  const timer = setInterval(async () => {
    if (!(await mayStay())) await end();
  }, intervalMs);
  timer.unref();
  const end = async (): Promise<IteratorReturnResult<undefined>> => {
    clearInterval(timer);
    await events.return?.();
    return { done: true, value: undefined };
  };
  return {
    next: async () => {
      const event = await events.next();
      if (event.done || !(await mayStay())) return end();
      return event;
    },
    return: end,
    throw: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
