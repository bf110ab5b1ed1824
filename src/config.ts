import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';

/** Every setting, in the order in which they are documented: its environment variable, default and meaning. */
export const SETTINGS = [
  {
    name: 'PORT',
    fallback: '4000',
    schema: z.coerce.number().int().min(0).max(65_535),
    meaning: 'TCP port of the HTTP server; 0 takes any free port.',
    rule: 'must be a whole number from 0 to 65535',
  },
  {
    name: 'HOST',
    fallback: '127.0.0.1',
    schema: z.string().min(1),
    meaning: 'Address to listen on; 0.0.0.0 to be reached from other machines.',
    rule: 'must be an address or a host name',
  },
  {
    name: 'DATABASE_URL',
    fallback: '',
    schema: z.union([z.literal(''), z.url({ protocol: /^postgres(ql)?$/ })]),
    meaning: 'PostgreSQL 15 or later, postgresql://user:password@host:5432/name. Empty: an embedded database.',
    rule: 'must be a postgresql:// address',
  },
  {
    name: 'LIANGDAN_DATA',
    fallback: '.liangdan',
    schema: z.string().min(1),
    meaning: 'Folder of the embedded database and of the development key; relative to the project folder.',
    rule: 'must be a path',
  },
  {
    name: 'LIANGDAN_EXAMPLE',
    fallback: 'auto',
    schema: z.enum(['auto', 'never']),
    meaning: 'auto: `serve` loads the example area into a database without any area; never: it does not.',
    rule: 'must be auto or never',
  },
  {
    name: 'LIANGDAN_JOBS',
    fallback: 'auto',
    schema: z.enum(['auto', 'never']),
    meaning: 'auto: `serve` does the jobs too (timers, clean-up); never: it leaves them to `liangdan worker`.',
    rule: 'must be auto or never',
  },
  {
    name: 'LIANGDAN_LANGUAGE',
    fallback: 'en',
    schema: z.enum(['zh', 'en']),
    meaning: 'Language of what the command line prints, zh or en. Answers over HTTP follow Accept-Language.',
    rule: 'must be zh or en',
  },
  {
    name: 'LOG_LEVEL',
    fallback: 'warn',
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']),
    meaning: 'Least level of the log lines (JSON, on standard error).',
    rule: 'must be one of trace, debug, info, warn, error, silent',
  },
] as const;

/** The settings of one process, read and checked once at its start. */
export type Config = {
  readonly port: number;
  readonly host: string;
  /** `null` for the embedded database. */
  readonly databaseUrl: string | null;
  /** Absolute path of the data folder. */
  readonly dataFolder: string;
  readonly loadsExample: boolean;
  /** Whether a process that serves does the jobs as well. */
  readonly runsJobs: boolean;
  readonly language: 'zh' | 'en';
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
};

/** A setting that cannot be used: `problems` has a line for each, naming the variable and the rule. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`Settings cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * Reads the settings from environment variables; an empty variable counts as not set.
 *
 * @throws ConfigError that lists every setting at fault
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const values = new Map<string, unknown>();
  for (const { name, fallback, schema, rule } of SETTINGS) {
    const given = environment[name] || fallback;
    const parsed = schema.safeParse(given);
    if (parsed.success) values.set(name, parsed.data);
    else problems.push(`${name} ${rule}, not ${JSON.stringify(name === 'DATABASE_URL' ? '…' : given)}`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const value = <T>(name: (typeof SETTINGS)[number]['name']): T => values.get(name) as T;
  return {
    port: value('PORT'),
    host: value('HOST'),
    databaseUrl: value<string>('DATABASE_URL') || null,
    dataFolder: absoluteFolder(value('LIANGDAN_DATA')),
    loadsExample: value('LIANGDAN_EXAMPLE') === 'auto',
    runsJobs: value('LIANGDAN_JOBS') === 'auto',
    language: value('LIANGDAN_LANGUAGE'),
    logLevel: value('LOG_LEVEL'),
  };
}

function absoluteFolder(path: string): string {
  if (path.startsWith('~/')) return join(homedir(), path.slice(2));
  return isAbsolute(path) ? path : resolve(import.meta.dirname, '..', path);
}
