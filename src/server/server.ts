import { createServer, type Server, type ServerResponse } from 'node:http';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { createYoga } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { Locale } from '../failures.ts';
import type { Context } from '../graphql/context.ts';
import { schema } from '../graphql/schema.ts';
import { endMatchRuns } from '../matchruns/index.ts';
import { maskError, speakClientLanguage } from './errors.ts';
import { EXAMPLE_OPERATIONS, WELCOME } from './example-operations.ts';
import { preferredLocale } from './language.ts';
import { type Credentials, type Issuer, viewerFinder } from './viewers.ts';

/** What a server runs on. */
export type ServerParts = {
  readonly database: Database;
  readonly issuer: Issuer;
  readonly clock: Clock;
  readonly log: Logger;
  readonly fallbackLocale: Locale;
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
  const findViewer = viewerFinder(database, issuer, clock);
  const yoga = createYoga<object, Context>({
    schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    logging: false,
    batching: false,
    context: async ({ request }) => {
      const locale = preferredLocale(request.headers.get('accept-language'), fallbackLocale);
      const viewer = await findViewer(credentialsOf(request), locale);
      return { viewer, locale, database, clock, log };
    },
    graphiql: {
      title: 'Liangdan 两单',
      defaultQuery: WELCOME,
      defaultTabs: EXAMPLE_OPERATIONS.map(({ query, variables }) => ({ query, variables: variables ?? null })),
      shouldPersistHeaders: true,
    },
    renderGraphiQL,
    maskedErrors: { maskError: (error) => maskError(error, log) },
    plugins: [speakClientLanguage],
  });
  const eventStreams = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    if (request.headers.accept?.includes('text/event-stream')) {
      eventStreams.add(response);
      response.once('close', () => eventStreams.delete(response));
    }
    const path = request.url?.split('?')[0];
    if (path === '/health') return answer(response, 200, 'ok');
    if (path === '/ready')
      return void isReady(database).then((ready) => answer(response, ready ? 200 : 503, ready ? 'ready' : 'not ready'));
    if (path === '/') return void response.writeHead(302, { location: '/graphql' }).end();
    return void yoga(request, response);
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

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
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
