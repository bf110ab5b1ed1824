import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  /** Sends any request to a path of the server. */
  readonly send: (path: string, init?: RequestInit) => Promise<Reply>;
  /** Sends an operation as JSON, with a token where one is given. */
  readonly ask: (query: string, more?: { token?: string; variables?: object; headers?: HeadersInit }) => Promise<Reply>;
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
    return { status: response.status, headers: response.headers, text, json: readJson(text) };
  };
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
        headers: {
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(headers as Record<string, string>),
        },
        body: JSON.stringify({ query, ...(variables && { variables }) }),
      }),
    close: async () => {
      await server.close(1000);
      await database.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
