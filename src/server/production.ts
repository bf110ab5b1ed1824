import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, ConfigError } from '../config.ts';
import { DEVELOPMENT_KEY_FILE } from '../identity/tokens.ts';

/**
 * Lets a production start through, or refuses it with everything that is unsafe in one list.
 *
 * @throws ConfigError with a line for each problem: the variable, what is wrong and what to do
 */
export function demandSafeForProduction(config: Config): void {
  const problems = productionProblems(config);
  if (problems.length > 0) throw new ConfigError(problems);
}

/** What is unsafe about serving people's data with these settings; empty when nothing is. */
export function productionProblems(config: Config): string[] {
  const found: readonly (false | string)[] = [
    config.oidc === null &&
      'LIANGDAN_OIDC_ISSUER must be set: development tokens, which anyone who reads the data folder can make, are not accepted in production',
    isPlainHttp(config.oidc?.issuer) &&
      'LIANGDAN_OIDC_ISSUER must begin with https://: over http anyone on the way can change the keys',
    isPlainHttp(config.oidc?.jwksUrl) &&
      'LIANGDAN_OIDC_JWKS_URL must begin with https://: over http anyone on the way can change the keys',
    !isLoopback(config.host) &&
      config.proxies === 0 &&
      'HOST is reachable from other machines without TLS: put a proxy that ends TLS in front and set LIANGDAN_PROXIES, or listen on 127.0.0.1',
    config.corsOrigins === null &&
      'LIANGDAN_CORS must be stated: the https:// origins of browser applications on other hosts, or none',
    (config.corsOrigins ?? []).some(isPlainHttp) &&
      'LIANGDAN_CORS must have only https:// origins: pages fetched over http can be changed on the way',
    config.loadsExample && 'LIANGDAN_EXAMPLE must be never: the example area has illustrative people in it',
    config.databaseUrl === null &&
      'DATABASE_URL must be set: the embedded database is for one process and cannot be backed up while it runs',
    config.databaseUrl !== null &&
      leavesEncryptionOpen(config.databaseUrl) &&
      'DATABASE_URL must state sslmode (e.g. ?sslmode=verify-full), because the database is on another host',
    isPlainRedis(config.redisUrl) && 'LIANGDAN_REDIS_URL must begin with rediss://, because Redis is on another host',
    config.ratePerUser === 0 && 'LIANGDAN_RATE_PER_USER must not be 0',
    config.ratePerAddress === 0 && 'LIANGDAN_RATE_PER_ADDRESS must not be 0',
    isOpenToOthers(config.dataFolder) &&
      `LIANGDAN_DATA (${config.dataFolder}) can be read by other users of this machine: chmod -R go-rwx it`,
    existsSync(join(config.dataFolder, DEVELOPMENT_KEY_FILE)) &&
      `LIANGDAN_DATA (${config.dataFolder}) holds a development key: take a folder of its own for production`,
  ];
  return found.filter((problem) => problem !== false);
}

function isPlainHttp(address: string | null | undefined): boolean {
  return address?.startsWith('http:') ?? false;
}

function leavesEncryptionOpen(databaseUrl: string): boolean {
  const { hostname, searchParams } = new URL(databaseUrl);
  return !isLoopback(searchParams.get('host') ?? hostname) && !searchParams.has('sslmode');
}

function isPlainRedis(redisUrl: string | null): boolean {
  return redisUrl?.startsWith('redis:') === true && !isLoopback(new URL(redisUrl).hostname);
}

/** A folder of sockets (`/var/run/postgresql`) is on this machine too. */
function isLoopback(host: string): boolean {
  return ['localhost', '::1', '[::1]'].includes(host) || /^127\.\d+\.\d+\.\d+$/.test(host) || /^(\/|%2f)/i.test(host);
}

function isOpenToOthers(folder: string): boolean {
  return process.platform !== 'win32' && existsSync(folder) && (statSync(folder).mode & 0o077) !== 0;
}
