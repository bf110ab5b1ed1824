import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from './random.ts';

/** Who sends an operation. */
export type Person = {
  /** Name of the user in the database, e.g. `provider_staff:P01`. */
  readonly subject: string;
  readonly token: string;
  readonly locale?: string;
};

/** A mutation that a person asks for under a key of its own. */
export type Operation = {
  readonly person: Person;
  /** Name of the mutation. */
  readonly name: string;
  /** Type of its input. */
  readonly inputType: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly key: string;
};

/** What the server said of an operation in the end. `code` is that of the typed failure. */
export type Answer = { readonly id: string; readonly code: null } | { readonly id: null; readonly code: string };

/** An operation whose answer is known, as the client wrote it down. */
export type LogEntry = Operation & Answer & { readonly attempts: number };

/** An operation that got no answer although everything was up again. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** The clients' own record, which the database is held to. */
export type ClientLog = {
  readonly answers: LogEntry[];
  /** Attempts that were sent again because their answer was lost or was an unexpected error. */
  retried: number;
  /** Every kind of trouble that clients met, and how often. */
  readonly troubles: Map<string, number>;
};

export function emptyLog(): ClientLog {
  return { answers: [], retried: 0, troubles: new Map() };
}

const ATTEMPT_TIMEOUT_MS = 20_000;
const GIVE_UP_AFTER_MS = 150_000;
/** How often a client hangs up on its own, soon after it has asked. */
const HANG_UP_SHARE = 0.04;

/** Sends what people ask for to any of the servers, again and again under the same key until the answer is known. */
export function openClient(urls: readonly string[], random: Random, log: ClientLog, giveUpAfterMs = GIVE_UP_AFTER_MS) {
  const post = async (person: Person, query: string, variables: object, timeoutMs: number): Promise<Reply> => {
    const response = await fetch(`${random.pick(urls)}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${person.token}` },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    return JSON.parse(text) as Reply;
  };
  const meet = (trouble: string) => log.troubles.set(trouble, (log.troubles.get(trouble) ?? 0) + 1);

  /** Until an attempt gives something; `null` asks for the next one. @throws NoAnswer */
  const insist = async <T>(what: string, attempt: () => Promise<T | null>): Promise<T> => {
    const until = Date.now() + giveUpAfterMs;
    for (let tries = 1; Date.now() < until; tries += 1) {
      try {
        const got = await attempt();
        if (got !== null) return got;
      } catch (error) {
        if (error instanceof WrongDocument) throw error;
        const { name, cause } = error as { name: string; cause?: { code?: string; message?: string } };
        meet(cause?.code ?? name);
      }
      await wait(Math.min(1000, 50 * tries) * (0.5 + random.next()));
    }
    throw new NoAnswer(`${what} got no answer in ${giveUpAfterMs / 1000} s`);
  };

  return {
    /** Asks until the answer is known, and writes it down. */
    send: async (operation: Operation): Promise<Answer> => {
      const { person, name, inputType, input, key } = operation;
      const query = `mutation ($input: ${inputType}!) { ${name}(input: $input) { __typename ... on Node { id } ... on Failure { code message } } }`;
      const variables = { input: { ...input, idempotencyKey: key } };
      let attempts = 0;
      const answer = await insist(`${name} ${key}`, async (): Promise<Answer | null> => {
        attempts += 1;
        if (attempts > 1) log.retried += 1;
        const hangUpMs = random.isTrue(HANG_UP_SHARE) ? random.whole(1, 150) : ATTEMPT_TIMEOUT_MS;
        const { data, errors } = await post(person, query, variables, hangUpMs);
        if (errors?.length) {
          for (const { message, extensions } of errors) {
            if (extensions?.code === undefined || isOurFault(extensions.code)) throw new WrongDocument(message);
            meet(extensions.code);
          }
          return null;
        }
        const { id, code } = data![name] as { id?: string; code?: string };
        return id === undefined ? { id: null, code: code! } : { id: localId(id), code: null };
      });
      log.answers.push({ ...operation, ...answer, attempts });
      return answer;
    },
    /** Reads, again until it is answered. */
    // biome-ignore lint/suspicious/noExplicitAny: callers read what they asked for
    read: (person: Person, query: string, variables: object = {}): Promise<any> =>
      insist('a query', async () => {
        const { data, errors } = await post(person, query, variables, ATTEMPT_TIMEOUT_MS);
        for (const { message, extensions } of errors ?? []) {
          if (extensions?.code === undefined || isOurFault(extensions.code)) throw new WrongDocument(message);
          meet(extensions.code);
        }
        return errors?.length ? null : data!;
      }),
  };
}

export type Client = ReturnType<typeof openClient>;

type Reply = {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: { readonly message: string; readonly extensions?: { readonly code?: string } }[];
};

class WrongDocument extends Error {
  override readonly name = 'WrongDocument';
}

function isOurFault(code: string): boolean {
  return code.startsWith('GRAPHQL_') || code === 'BAD_USER_INPUT' || code === 'NOT_SIGNED_IN';
}

/** A key that nobody else takes. */
export function newKey(random: Random): string {
  return `${random.whole(0, 0xffffff).toString(16).padStart(6, '0')}-${randomUUID()}`;
}

/** The Relay id of a row, and back. */
export function globalId(typename: string, id: string): string {
  return Buffer.from(`${typename}:${id}`).toString('base64');
}
export function localId(globalId: string): string {
  return Buffer.from(globalId, 'base64').toString().split(':')[1]!;
}
