import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import type { DevelopmentClaims, DevelopmentIssuer } from '../../src/identity/tokens.ts';
import { openDevelopmentIssuer } from '../../src/identity/tokens.ts';
import { openLog } from '../../src/server/log.ts';
import type { ServerRules } from '../../src/server/rules.ts';
import { startServer } from '../../src/server/server.ts';
import type { Issuer } from '../../src/server/viewers.ts';
import { clockAt, NOW, type PlantedArea, plantArea } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';

/** What came back. */
export type Reply = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: attacks read what they asked for
  readonly json: any;
};

/** The real server with a planted area, under attack. */
export type Target = {
  readonly url: string;
  readonly database: Database;
  readonly area: PlantedArea;
  /** Every line that it logged. */
  readonly logged: readonly string[];
  /** A good token: by default held over the first community, provider or resident. */
  readonly token: (role: DevelopmentClaims['role'], over?: Omit<DevelopmentClaims, 'role'>) => Promise<string>;
  /** Sends any request to a path of the server. Whatever comes back must tell nothing of the server's inside. */
  readonly send: (path: string, init?: RequestInit) => Promise<Reply>;
  /** Sends an operation as JSON, with a token where one is given. */
  readonly ask: (query: string, more?: { token?: string; variables?: object; headers?: HeadersInit }) => Promise<Reply>;
  /** Opens an event stream. */
  readonly listen: (query: string, token: string | undefined, variables?: object) => Promise<EventStream>;
  readonly close: () => Promise<void>;
};

/** An event stream that is read as it comes. */
export type EventStream = {
  /** Every answer that came so far. */
  // biome-ignore lint/suspicious/noExplicitAny: attacks read what they asked for
  readonly events: readonly any[];
  /** When the server has ended it. */
  readonly ended: Promise<void>;
  readonly close: () => Promise<void>;
};

/**
 * Starts the server on a free port with the small area of `plantArea`, at `NOW`.
 *
 * @param rules where they differ from those of development
 * @param issuer whose tokens are accepted; development tokens by default
 */
export async function openTarget(rules: Partial<ServerRules> = {}, issuer?: Issuer): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'liangdan-attack-'));
  const database = await scratchDatabase('EMBEDDED');
  const area = await plantArea(database);
  const development: DevelopmentIssuer = await openDevelopmentIssuer(folder);
  const logged: string[] = [];
  const log = openLog('info', { write: (line: string) => void logged.push(line) });
  const parts = {
    database,
    issuer: issuer ?? development,
    clock: clockAt(NOW),
    log,
    fallbackLocale: 'en',
    rules,
  } as const;
  const server = await startServer(parts, { host: '127.0.0.1', port: 0 });
  const send = async (path: string, init: RequestInit = {}): Promise<Reply> => {
    const response = await fetch(`${server.url}${path}`, init);
    const text = await response.text();
    if (response.headers.get('content-type')?.includes('json')) expect(text).not.toMatch(INSIDE);
    return { status: response.status, headers: response.headers, text, json: readJson(text) };
  };
  const headersOf = (token: string | undefined, more?: HeadersInit) => ({
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(more as Record<string, string>),
  });
  return {
    url: server.url,
    database,
    area,
    logged,
    token: (role, over = {}) => development.sign({ role, ...over }, NOW),
    send,
    ask: (query, { token, variables, headers } = {}) =>
      send('/graphql', {
        method: 'POST',
        headers: headersOf(token, headers),
        body: JSON.stringify({ query, ...(variables && { variables }) }),
      }),
    listen: async (query, token, variables) => {
      const stopping = new AbortController();
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: headersOf(token, { accept: 'text/event-stream' }),
        body: JSON.stringify({ query, variables }),
        signal: stopping.signal,
      });
      const events: unknown[] = [];
      const ended = readEvents(response, (event) => {
        expect(JSON.stringify(event)).not.toMatch(INSIDE);
        events.push(event);
      });
      const close = async () => {
        stopping.abort();
        await ended;
      };
      return { events, ended, close };
    },
    close: async () => {
      await server.close(1000);
      await database.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function readEvents(response: Response, receive: (event: unknown) => void): Promise<void> {
  let text = '';
  try {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const whole = text.split('\n\n');
      text = whole.pop()!;
      for (const event of whole) {
        const data = /^data: (\{.*)$/m.exec(event)?.[1];
        if (data) receive(JSON.parse(data));
      }
    }
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error;
  }
}

/** Stacks, paths, statements and words of the database and of what stands between. */
const INSIDE =
  /node_modules|file:\/\/|\/(?:home|root|usr|tmp|work)\/|\.[cm]?[jt]s:\d|\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM) .*\b(?:FROM|VALUES|SET|WHERE)\b|prisma|pglite|sqlstate|postgres|syntax error at or near|duplicate key|violates|(?:relation|column|constraint) \\*"/i;

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
