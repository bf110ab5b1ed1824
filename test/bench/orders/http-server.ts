/** Serves GraphQL from a process of its own, as `liangdan serve` does without jobs. Arguments: database URL, data folder. */
import pino from 'pino';
import { openDatabase } from '../../../src/database/database.ts';
import { openDevelopmentIssuer } from '../../../src/identity/tokens.ts';
import { startServer } from '../../../src/server/server.ts';

const [url, folder] = process.argv.slice(2);
const database = await openDatabase({ url: url! });
const issuer = await openDevelopmentIssuer(folder!);
const log = pino({ level: 'error' }, pino.destination(2));
const parts = { database, issuer, clock: () => new Date(), log, fallbackLocale: 'en' } as const;
const server = await startServer(parts, { host: '127.0.0.1', port: 0 });
process.send!(server.url);
process.once('message', async () => {
  await server.close();
  await database.close();
  process.disconnect();
});
