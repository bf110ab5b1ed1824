import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { createYoga } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { isDisconnect } from '../database/disconnect.ts';
import type { Locale } from '../failures.ts';
import type { Context } from '../graphql/context.ts';
import { schema } from '../graphql/schema.ts';
import { databaseFor } from '../identity/row-scope.ts';
import { endMatchRuns } from '../matchruns/index.ts';
import { databaseUnreachable, maskError, speakClientLanguage } from './errors.ts';
import { EXAMPLE_OPERATIONS, WELCOME } from './example-operations.ts';
import { addressOf, refuseAtGate } from './gate.ts';
import { preferredLocale } from './language.ts';
import { hideSchema, limitDocuments } from './operation-limits.ts';
import { limitTime } from './operation-time.ts';
import { runPersistedOperations } from './persisted-operations.ts';
import { openRateLimits } from './rate-limits.ts';
import { requestIdOf, requestIds } from './request-ids.ts';
import { answer, corsFor, logWhenDone, refuse, tooManyRequests } from './responses.ts';
import { DEFAULT_RULES, type ServerRules } from './rules.ts';
import { setSecurityHeaders } from './security-headers.ts';
import { endStreamsWithoutRights } from './subscription-rights.ts';
import { type Credentials, type Issuer, viewerFinder } from './viewers.ts';

/** What a server runs on. */
export type ServerParts = {
  readonly database: Database;
  readonly issuer: Issuer;
  readonly clock: Clock;
  readonly log: Logger;
  readonly fallbackLocale: Locale;
  /** What it lets through, where it differs from `DEFAULT_RULES`. */
  readonly rules?: Partial<ServerRules>;
};

/** A server that listens. */
export type RunningServer = {
  /** Where it is, e.g. `http://localhost:4000`. */
  readonly url: string;
  /**
   * Takes no more requests, ends the event streams, stops the match runs (they are recorded as FAILED), and waits for the
   * requests under way, at most `graceMs`.
   */
  readonly close: (graceMs?: number) => Promise<void>;
};

/** Serves GraphQL on `/graphql` (GraphiQL for browsers, events as SSE), `/health` and `/ready`. */
export async function startServer(parts: ServerParts, place: { host: string; port: number }): Promise<RunningServer> {
  const { database, issuer, clock, log, fallbackLocale } = parts;
  const rules = { ...DEFAULT_RULES, ...parts.rules };
  const findViewer = viewerFinder(database, issuer, clock);
  const rates = openRateLimits(rules, log);
  const yoga = createYoga<{ req?: IncomingMessage }, Context>({
    schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    logging: false,
    batching: false,
    multipart: false,
    maxRequestBodySize: rules.mostBodyBytes,
    cors: (request) => corsFor(request.headers.get('origin'), rules),
    context: async ({ request, req }) => {
      const locale = preferredLocale(request.headers.get('accept-language'), fallbackLocale);
      const viewer = await findViewer(credentialsOf(request), locale).catch((error) => {
        throw isDisconnect(error) ? databaseUnreachable(locale, error) : error;
      });
      const waitSeconds = viewer.userId && (await rates.countUser(viewer.userId));
      if (waitSeconds) throw tooManyRequests(waitSeconds);
      const origin = { address: req ? addressOf(req, rules.proxies) : null, requestId: requestIds.getStore() ?? null };
      const handle = databaseFor(viewer, database);
      return {
        viewer: { ...viewer, origin },
        locale,
        database: handle,
        clock,
        log,
        smallestGroup: rules.smallestGroup,
      };
    },
    graphiql: rules.showsExplorer && {
      title: 'Liangdan 两单',
      defaultQuery: WELCOME,
      defaultTabs: EXAMPLE_OPERATIONS.map(({ query, variables }) => ({ query, variables: variables ?? null })),
      shouldPersistHeaders: true,
    },
    renderGraphiQL,
    maskedErrors: { maskError: (error) => maskError(error, log) },
    plugins: [
      speakClientLanguage,
      limitDocuments(),
      limitTime(rules.operationMs),
      ...(rules.showsExplorer ? [] : [hideSchema]),
      ...(rules.operations ? [runPersistedOperations(rules.operations, rules.allowsOtherOperations)] : []),
      endStreamsWithoutRights(
        (request, { locale }) => findViewer(credentialsOf(request), locale),
        rules.rightsIntervalMs,
      ),
    ],
  });
  const eventStreams = new Set<ServerResponse>();
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url?.split('?')[0];
    if (path === '/health') return answer(response, 200, 'ok');
    const waitSeconds = await rates.countAddress(addressOf(request, rules.proxies));
    if (waitSeconds) return refuse(response, tooManyRequests(waitSeconds));
    if (path === '/ready') {
      const ready = await isReady(database);
      return answer(response, ready ? 200 : 503, ready ? 'ready' : 'not ready');
    }
    if (path === '/') return void response.writeHead(302, { location: '/graphql' }).end();
    const refusal = refuseAtGate(request, rules.corsOrigins);
    if (refusal) return refuse(response, refusal);
    if (request.headers.accept?.includes('text/event-stream')) {
      eventStreams.add(response);
      response.once('close', () => eventStreams.delete(response));
    }
    await yoga(request, response);
  };
  const timeouts = {
    headersTimeout: rules.headersTimeoutMs,
    requestTimeout: rules.requestTimeoutMs,
    connectionsCheckingInterval: Math.min(1000, rules.requestTimeoutMs),
  };
  const server = createServer(timeouts, (request, response) => {
    const requestId = requestIdOf(request);
    response.setHeader('x-request-id', requestId);
    const isExplorer = rules.showsExplorer && request.method === 'GET';
    setSecurityHeaders(response, { isExplorer, isBehindTls: rules.proxies > 0 });
    requestIds.run(requestId, () => {
      logWhenDone(request, response, log);
      respond(request, response).catch((error) => {
        log.error({ err: error }, 'a request could not be answered');
        if (response.headersSent) response.destroy();
        else answer(response, 500, 'error');
      });
    });
  });
  await listen(server, place);
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : place.port;
  const name = place.host === '127.0.0.1' || place.host === '0.0.0.0' || place.host === '::' ? 'localhost' : place.host;
  return {
    url: `http://${name}:${port}`,
    close: async (graceMs = 10_000) => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const response of eventStreams) response.end();
      // Requests that wait for a match run are answered as soon as it has ended.
      await endMatchRuns(database);
      await yoga.dispose();
      server.closeIdleConnections();
      const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(deadline);
      // Those that the last requests began.
      await endMatchRuns(database);
      rates.close();
    },
  };
}

function credentialsOf(request: Request): Credentials {
  return { authorization: request.headers.get('authorization'), area: request.headers.get('liangdan-area') };
}

async function isReady(database: Database): Promise<boolean> {
  try {
    await database.prisma.$queryRaw`SELECT 1`;
    return true;
  } catch {
    return false;
  }
}

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
