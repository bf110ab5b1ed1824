import { SMALLEST_GROUP } from '../fit/index.ts';

/** What a server lets through and what it refuses. */
export type ServerRules = {
  /** GraphiQL, introspection and suggestions in messages. */
  readonly showsExplorer: boolean;
  /** Origins of other hosts whose pages may call. */
  readonly corsOrigins: readonly string[];
  /** Proxies in front, the first of which ends TLS. */
  readonly proxies: number;
  /** Requests a minute; 0 for no limit. */
  readonly ratePerUser: number;
  readonly ratePerAddress: number;
  /** Where requests are counted for all servers together; `null`: each counts its own. */
  readonly redisUrl: string | null;
  /** Persisted operations by the SHA-256 of their document; `null` where there are none. */
  readonly operations: ReadonlyMap<string, string> | null;
  /** Whether operations that are not persisted are run too. */
  readonly allowsOtherOperations: boolean;
  /** The most bytes that a request's body may have. */
  readonly mostBodyBytes: number;
  /** How long a client may take to send the headers, and to send all of a request. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Aggregates of fewer residents are withheld from who may not read these; 1 withholds none. */
  readonly smallestGroup: number;
  /** How long an operation may take; subscriptions stay open. */
  readonly operationMs: number;
  /** How often the rights behind an open subscription are read again, besides at each event. */
  readonly rightsIntervalMs: number;
};

/** The rules where nothing else is said: those of development. */
export const DEFAULT_RULES: ServerRules = {
  showsExplorer: true,
  corsOrigins: [],
  proxies: 0,
  ratePerUser: 0,
  ratePerAddress: 0,
  redisUrl: null,
  operations: null,
  allowsOtherOperations: true,
  mostBodyBytes: 1_000_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  smallestGroup: SMALLEST_GROUP,
  operationMs: 30_000,
  rightsIntervalMs: 15_000,
};
