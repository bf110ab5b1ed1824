import type { Config } from '../config.ts';
import { type DevelopmentClaims, type DevelopmentIssuer, openDevelopmentIssuer } from '../identity/tokens.ts';
import { CommandFailure } from './open.ts';

/**
 * Prints a development token, and nothing else, so that a shell can take it. The database is not opened: a server that
 * has the embedded one open need not be stopped.
 */
export async function printToken(
  config: Config,
  claims: DevelopmentClaims,
  print: (line: string) => void,
): Promise<void> {
  const issuer = await openIssuer(config);
  print(await issuer.sign(claims, new Date()));
}

/**
 * The built-in issuer, where its tokens are accepted.
 *
 * @throws CommandFailure where they are not
 */
export async function openIssuer(config: Config): Promise<DevelopmentIssuer> {
  if (!config.oidc && !config.isProduction) return openDevelopmentIssuer(config.dataFolder);
  throw new CommandFailure(
    'Development tokens are not accepted here: LIANGDAN_OIDC_ISSUER is set, or NODE_ENV is production.',
  );
}
