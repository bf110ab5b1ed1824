import { stdout } from 'node:process';
import { categoryImport, communityImport } from '../communities/index.ts';
import type { Config } from '../config.ts';
import { programmeImport } from '../funding/index.ts';
import { systemViewer } from '../identity/viewer.ts';
import { columnLines, type ImportDefinition, runImport } from '../imports/index.ts';
import { needImport, residentImport } from '../needs/index.ts';
import { calendarImport } from '../orders/index.ts';
import { providerImport, serviceImport } from '../services/index.ts';
import { CommandFailure, findArea, withDatabase } from './open.ts';

/** The lists that can be imported, in the order in which they refer to one another. */
const LISTS = {
  calendar: calendarImport,
  communities: communityImport,
  categories: categoryImport,
  providers: providerImport,
  services: serviceImport,
  programmes: programmeImport,
  residents: residentImport,
  needs: needImport,
} as const;

type ImportFlags = {
  readonly area?: string;
  readonly format?: string;
  readonly encoding?: string;
  readonly map: readonly string[];
  readonly set: readonly string[];
  readonly rejects?: string;
  readonly dryRun?: boolean;
};

/**
 * Imports a file of a list.
 *
 * @returns exit status: 0 every row went in, 3 some were rejected, 1 nothing could be read
 */
export async function importFile(
  config: Config,
  list: string,
  file: string,
  { area: code, ...flags }: ImportFlags,
  print: (line: string) => void,
): Promise<number> {
  const definition = definitionOf(list);
  return withDatabase(config, async (database) => {
    const area = await findArea(database, code);
    const terminal = stdout.isTTY ? stdout : null;
    const output = { print, terminal, locale: config.language };
    return runImport(database, systemViewer(area.id), { definition, file, ...flags }, output, () => new Date());
  });
}

/** Prints the columns of a list; required ones are marked. */
export function printColumns(config: Config, list: string, print: (line: string) => void): void {
  for (const line of columnLines(definitionOf(list), config.language)) print(line);
}

function definitionOf(list: string): ImportDefinition<unknown> {
  const definition = LISTS[list as keyof typeof LISTS];
  if (!definition)
    throw new CommandFailure(`There is no list ${list}; the lists are ${Object.keys(LISTS).join(', ')}.`);
  return definition as ImportDefinition<unknown>;
}
