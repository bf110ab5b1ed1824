import type { IncomingMessage, ServerResponse } from 'node:http';
import { GraphQLError } from 'graphql';
import type { CORSOptions } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { GateRefusal } from './gate.ts';
import type { ServerRules } from './rules.ts';

/** Answers with a line of text. */
export function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

/**
 * Turns a request away with an answer that GraphQL clients read, and the connection with it: a body that nobody reads
 * would otherwise stand in the way of the next request.
 */
export function refuse(response: ServerResponse, refusal: GateRefusal | GraphQLError): void {
  const { status, headers, code } = refusal instanceof GraphQLError ? httpOf(refusal) : { ...refusal, headers: {} };
  response
    .writeHead(status, { ...headers, 'content-type': 'application/json; charset=utf-8', connection: 'close' })
    .end(JSON.stringify({ errors: [{ message: refusal.message, extensions: { code } }] }));
}

/** The refusal of one request too many (RFC 6585, 4). */
export function tooManyRequests(waitSeconds: number): GraphQLError {
  return new GraphQLError(`Too many requests; the next in ${waitSeconds} s`, {
    extensions: { code: 'TOO_MANY_REQUESTS', http: { status: 429, headers: { 'retry-after': String(waitSeconds) } } },
  });
}

/** What pages of an origin may do: those of the list may call, without cookies; others are told nothing. */
export function corsFor(origin: string | null, { corsOrigins }: Pick<ServerRules, 'corsOrigins'>): CORSOptions {
  if (origin === null || !corsOrigins.includes(origin)) return false;
  return {
    origin: [origin],
    methods: ['GET', 'POST'],
    allowedHeaders: ['authorization', 'content-type', 'accept-language', 'liangdan-area', 'x-request-id'],
    exposedHeaders: ['x-request-id', 'retry-after'],
    credentials: false,
    maxAge: 600,
  };
}

/** Logs a request when it has been answered, without its address, query or headers: those are personal. */
export function logWhenDone(request: IncomingMessage, response: ServerResponse, log: Logger): void {
  if (!log.isLevelEnabled('info')) return;
  const begun = performance.now();
  const path = KNOWN_PATHS.find((known) => known === request.url?.split('?')[0]) ?? 'other';
  response.once('close', () => {
    const ms = Math.round(performance.now() - begun);
    log.info({ method: request.method, path, status: response.statusCode, ms }, 'answered');
  });
}

const KNOWN_PATHS = ['/graphql', '/health', '/ready', '/'];

function httpOf({ extensions }: GraphQLError) {
  const { status, headers } = extensions.http as { status: number; headers?: Record<string, string> };
  return { status, headers: headers ?? {}, code: String(extensions.code) };
}
