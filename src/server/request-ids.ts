import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import { newId } from '../database/id.ts';

/** The id of the request that is being answered, for log lines. */
export const requestIds = new AsyncLocalStorage<string>();

/** The id that a client or proxy gave in X-Request-Id, where it is harmless in logs and headers; else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{8,64}$/.test(given) ? given : newId();
}
