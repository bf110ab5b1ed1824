import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';

/** Signature algorithms that a token of an issuer may have: those with a public key. */
export const SIGNATURE_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

const webOrigin = z
  .url({ protocol: /^https?$/ })
  .refine((text) => URL.canParse(text) && new URL(text).origin === text.toLowerCase())
  .transform((text) => text.toLowerCase());

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
    name: 'LIANGDAN_OPERATION_SECONDS',
    fallback: '30',
    schema: z.coerce.number().int().min(1).max(3600),
    meaning: 'How long an operation over HTTP may take; after that it is ended and says so. Subscriptions stay open.',
    rule: 'must be a whole number from 1 to 3600',
  },
  {
    name: 'LIANGDAN_IDEMPOTENCY_DAYS',
    fallback: '7',
    schema: z.coerce.number().int().min(1).max(365),
    meaning: 'For how many days a call with an idempotency key is answered alike; then the key is deleted.',
    rule: 'must be a whole number from 1 to 365',
  },
  {
    name: 'LIANGDAN_SMALLEST_GROUP',
    fallback: '5',
    schema: z.coerce.number().int().min(1).max(1000),
    meaning: 'Aggregates of fewer residents are withheld from who may not read these (k-anonymity); 1 withholds none.',
    rule: 'must be a whole number from 1 to 1000',
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
  {
    name: 'LIANGDAN_OIDC_ISSUER',
    fallback: '',
    schema: z.union([z.literal(''), z.url({ protocol: /^https?$/ })]),
    meaning: 'OpenID Connect issuer whose bearer tokens are accepted. Empty: development tokens (not in production).',
    rule: 'must be an https:// address',
  },
  {
    name: 'LIANGDAN_OIDC_AUDIENCE',
    fallback: 'liangdan',
    schema: z.string().min(1).max(200),
    meaning: 'Audience that the tokens must name.',
    rule: 'must have 1 to 200 characters',
  },
  {
    name: 'LIANGDAN_OIDC_ALGORITHMS',
    fallback: 'RS256,ES256,EdDSA',
    schema: commaList(z.enum(SIGNATURE_ALGORITHMS)),
    meaning: 'Algorithms that tokens may be signed with, separated by commas.',
    rule: `must be some of ${SIGNATURE_ALGORITHMS.join(',')}`,
  },
  {
    name: 'LIANGDAN_OIDC_JWKS_URL',
    fallback: '',
    schema: z.union([z.literal(''), z.url({ protocol: /^https?$/ })]),
    meaning: "Where the issuer's public keys are. Empty: found by discovery.",
    rule: 'must be an https:// address',
  },
  {
    name: 'LIANGDAN_PROXIES',
    fallback: '0',
    schema: z.coerce.number().int().min(0).max(9),
    meaning:
      'How many proxies stand in front, the first of which ends TLS; addresses are then read from X-Forwarded-For.',
    rule: 'must be a whole number from 0 to 9',
  },
  {
    name: 'LIANGDAN_CORS',
    fallback: '',
    schema: z.union([z.literal('').transform(() => null), z.literal('none').transform(() => []), commaList(webOrigin)]),
    meaning: 'Origins of browser applications on other hosts, separated by commas; none: there are none.',
    rule: 'must be none or origins such as https://app.example.gov.cn',
  },
  {
    name: 'LIANGDAN_EXPLORER',
    fallback: 'auto',
    schema: z.enum(['auto', 'always', 'never']),
    meaning: 'GraphiQL, introspection and suggestions in messages; auto: unless NODE_ENV is production.',
    rule: 'must be auto, always or never',
  },
  {
    name: 'LIANGDAN_OPERATIONS',
    fallback: '',
    schema: z.string().max(4096),
    meaning: 'JSON file of persisted operations, { "SHA-256 in hex": "document" }; relative to the project folder.',
    rule: 'must be a path',
  },
  {
    name: 'LIANGDAN_OTHER_OPERATIONS',
    fallback: 'allow',
    schema: z.enum(['allow', 'refuse']),
    meaning: 'refuse: only the operations of LIANGDAN_OPERATIONS are run.',
    rule: 'must be allow or refuse',
  },
  {
    name: 'LIANGDAN_KEYS',
    fallback: '',
    schema: z.string().max(4096),
    meaning: 'File of the keys that personal information is sealed under; in the data folder by default.',
    rule: 'must be a path',
  },
  {
    name: 'LIANGDAN_RATE_PER_USER',
    fallback: '1200',
    schema: z.coerce.number().int().min(0).max(1_000_000),
    meaning: 'Requests that one user may make a minute; 0: no limit.',
    rule: 'must be a whole number from 0 to 1000000',
  },
  {
    name: 'LIANGDAN_RATE_PER_ADDRESS',
    fallback: '6000',
    schema: z.coerce.number().int().min(0).max(1_000_000),
    meaning: 'Requests that may come from one address a minute; 0: no limit.',
    rule: 'must be a whole number from 0 to 1000000',
  },
  {
    name: 'LIANGDAN_REDIS_URL',
    fallback: '',
    schema: z.union([z.literal(''), z.url({ protocol: /^rediss?$/ })]),
    meaning: 'Redis that counts requests for all servers together. Empty: each server counts its own.',
    rule: 'must be a redis:// or rediss:// address',
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
  /** How long an operation over HTTP may take. */
  readonly operationSeconds: number;
  /** How long the keys of clients are kept. */
  readonly idempotencyDays: number;
  readonly smallestGroup: number;
  readonly language: 'zh' | 'en';
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Whether NODE_ENV is production. */
  readonly isProduction: boolean;
  /** `null` where development tokens are accepted instead. */
  readonly oidc: OpenIdSettings | null;
  /** Proxies in front of the server. */
  readonly proxies: number;
  /** Origins of other hosts whose pages may call; `null` where it was not said. */
  readonly corsOrigins: readonly string[] | null;
  /** Whether GraphiQL, introspection and suggestions are on. */
  readonly showsExplorer: boolean;
  /** Absolute path of the file of the keys that personal information is sealed under. */
  readonly keyFile: string;
  /** Absolute path of the file of persisted operations. */
  readonly operationsFile: string | null;
  readonly allowsOtherOperations: boolean;
  /** Requests a minute; 0 for no limit. */
  readonly ratePerUser: number;
  readonly ratePerAddress: number;
  readonly redisUrl: string | null;
};

/** The OpenID Connect issuer of the settings, and what its tokens must be like. */
export type OpenIdSettings = {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  /** `null` where it is found by discovery. */
  readonly jwksUrl: string | null;
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
    else problems.push(`${name} ${rule}, not ${JSON.stringify(SECRET_SETTINGS.has(name) ? '…' : given)}`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const isProduction = environment.NODE_ENV === 'production';
  const value = <T>(name: (typeof SETTINGS)[number]['name']): T => values.get(name) as T;
  const issuer = value<string>('LIANGDAN_OIDC_ISSUER');
  const explorer = value<'auto' | 'always' | 'never'>('LIANGDAN_EXPLORER');
  const operations = value<string>('LIANGDAN_OPERATIONS');
  const keys = value<string>('LIANGDAN_KEYS');
  return {
    port: value('PORT'),
    host: value('HOST'),
    databaseUrl: value<string>('DATABASE_URL') || null,
    dataFolder: absoluteFolder(value('LIANGDAN_DATA')),
    loadsExample: value('LIANGDAN_EXAMPLE') === 'auto',
    runsJobs: value('LIANGDAN_JOBS') === 'auto',
    operationSeconds: value('LIANGDAN_OPERATION_SECONDS'),
    idempotencyDays: value('LIANGDAN_IDEMPOTENCY_DAYS'),
    smallestGroup: value('LIANGDAN_SMALLEST_GROUP'),
    language: value('LIANGDAN_LANGUAGE'),
    logLevel: value('LOG_LEVEL'),
    isProduction,
    oidc: issuer
      ? {
          issuer,
          audience: value('LIANGDAN_OIDC_AUDIENCE'),
          algorithms: value('LIANGDAN_OIDC_ALGORITHMS'),
          jwksUrl: value<string>('LIANGDAN_OIDC_JWKS_URL') || null,
        }
      : null,
    proxies: value('LIANGDAN_PROXIES'),
    corsOrigins: value('LIANGDAN_CORS'),
    showsExplorer: explorer === 'always' || (explorer === 'auto' && !isProduction),
    keyFile: keys ? absoluteFolder(keys) : join(absoluteFolder(value('LIANGDAN_DATA')), KEY_FILE),
    operationsFile: operations ? absoluteFolder(operations) : null,
    allowsOtherOperations: value('LIANGDAN_OTHER_OPERATIONS') === 'allow',
    ratePerUser: value('LIANGDAN_RATE_PER_USER'),
    ratePerAddress: value('LIANGDAN_RATE_PER_ADDRESS'),
    redisUrl: value<string>('LIANGDAN_REDIS_URL') || null,
  };
}

function commaList<S extends z.ZodType<string, string>>(entry: S): z.ZodType<string[], string> {
  return z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(entry).min(1).max(50));
}

/** Settings that hold a password; their values are never told. */
export const SECRET_SETTINGS: ReadonlySet<string> = new Set(['DATABASE_URL', 'LIANGDAN_REDIS_URL']);

/** Name of the key file in the data folder, where no other is set. */
const KEY_FILE = 'personal-information-keys.json';

function absoluteFolder(path: string): string {
  if (path.startsWith('~/')) return join(homedir(), path.slice(2));
  return isAbsolute(path) ? path : resolve(import.meta.dirname, '..', path);
}
