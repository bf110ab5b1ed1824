import { readFileSync } from 'node:fs';
import type { Config } from '../config.ts';
import type { Role } from '../generated/prisma/enums.ts';
import { CommandFailure } from './open.ts';
import { openIssuer } from './token.ts';

type QueryFlags = {
  readonly as?: Role;
  readonly area?: string;
  readonly community?: string;
  readonly provider?: string;
  readonly resident?: string;
  readonly variables?: string;
  readonly pick?: string;
};

/**
 * Sends one GraphQL operation to the server that runs with the same settings, as a development user, and prints the
 * data as JSON, or only the value at a path such as `needs.nodes.0.id`.
 *
 * @param document the operation; `-` reads it from standard input
 * @throws CommandFailure when the server does not answer, or answers with errors
 */
export async function query(
  config: Config,
  document: string,
  { as: role, variables, pick, ...scope }: QueryFlags,
  print: (line: string) => void,
): Promise<void> {
  const headers: Record<string, string> = { 'content-type': 'application/json', 'accept-language': config.language };
  if (role) {
    const issuer = await openIssuer(config);
    headers.authorization = `Bearer ${await issuer.sign({ role, ...scope }, new Date(), 1)}`;
  }
  const body = JSON.stringify({
    query: document === '-' ? readFileSync(0, 'utf8') : document,
    ...(variables && { variables: readVariables(variables) }),
  });
  const url = `http://${config.host}:${config.port}/graphql`;
  const response = await fetch(url, { method: 'POST', headers, body }).catch(() => {
    throw new CommandFailure(`No server answers at ${url}. Start one with \`npm start\`, or set PORT and HOST.`);
  });
  const { data, errors } = (await response.json()) as { data?: unknown; errors?: { message: string }[] };
  if (errors) throw new CommandFailure(errors.map(({ message }) => message).join('\n'));
  if (pick === undefined) return print(JSON.stringify(data, null, 2));
  const value = pick.split('.').reduce<unknown>((at, step) => (at as Record<string, unknown> | null)?.[step], data);
  if (value === undefined || value === null) {
    throw new CommandFailure(`The answer has nothing at ${pick}:\n${JSON.stringify(data, null, 2)}`);
  }
  print(typeof value === 'string' ? value : JSON.stringify(value));
}

function readVariables(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandFailure('--variables must be a JSON object');
  }
}
