import type { Config } from '../config.ts';
import { type DevelopmentClaims, openDevelopmentIssuer } from '../identity/tokens.ts';

/**
 * Prints a development token, and nothing else, so that a shell can take it. The database is not opened: a server that
 * has the embedded one open need not be stopped.
 */
export async function printToken(
  config: Config,
  claims: DevelopmentClaims,
  print: (line: string) => void,
): Promise<void> {
  const issuer = await openDevelopmentIssuer(config.dataFolder);
  print(await issuer.sign(claims, new Date()));
}
