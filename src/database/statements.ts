import { backOff } from './backoff.ts';
import { sqlStateOf } from './sql-state.ts';

/** What a database does in one statement. */
export type Statements = {
  /** Reads in one statement, which is prepared once a connection; outside of transactions only. */
  readonly read: <Row>(text: string, values: readonly StatementValue[]) => Promise<readonly Row[]>;
  /**
   * Calls a function of the database as a transaction of its own, in one statement, again when PostgreSQL ends it for a
   * deadlock or a serialization failure, up to 5 times. A connection that breaks leaves open whether it happened. Gives
   * `null` when the call was not made because of its `onlyIf`.
   */
  readonly call: <Result>(call: Call) => Promise<Result | null>;
  /**
   * Sends a message of at most 7,900 bytes to every process that listens on the channel. Messages that come while others
   * are on their way go together: the commit of each sending waits for those of all others.
   */
  readonly notify: (channel: string, message: string) => Promise<void>;
};

/** What a statement takes for `$1`, `$2` …; instants and JSON as text. */
export type StatementValue = string | number | boolean | null | readonly string[];

/** A call of a function of the database that writes. */
export type Call = {
  /** The call as SQL, e.g. `f($1::uuid, $2::int)`. */
  readonly text: string;
  readonly values: readonly StatementValue[];
  /** As of `TransactionOptions`. */
  readonly answerId: string;
  /** A statement that gives one row, in the same transaction, or none, and then the function is not called. */
  readonly onlyIf?: string;
};

/** Runs a statement by itself and gives its rows. */
export type RunStatement = (text: string, values: readonly StatementValue[]) => Promise<unknown[]>;

/**
 * Does in one statement what a database does so.
 *
 * @param underWay holds the statements that have not ended, for whoever closes the database: one that is closed before
 *   leaves them without an end
 */
export function statements(run: RunStatement, underWay: Set<Promise<unknown>>): Statements {
  const kept = <T>(statement: Promise<T>): Promise<T> => {
    const settled = statement.catch(() => {}).finally(() => underWay.delete(settled));
    underWay.add(settled);
    return statement;
  };
  const send = (messages: readonly Message[]) =>
    run(NOTIFYING, [messages.map(({ channel }) => channel), messages.map(({ message }) => message)]);
  const notify = inBatches(send);
  return {
    read: async <Row>(text: string, values: readonly StatementValue[]) => (await kept(run(text, values))) as Row[],
    call: <Result>({ text, values, onlyIf }: Call) =>
      kept(
        unlessEndedForAnother(async () => {
          const called = `SELECT ${text} AS result`;
          const statement = onlyIf === undefined ? called : `WITH allowed AS (${onlyIf}) ${called} FROM allowed`;
          const [row] = (await run(statement, values)) as { result: Result }[];
          return row?.result ?? null;
        }),
      ),
    notify: (channel, message) => kept(notify(channel, message)),
  };
}

/** Waits for no disk: a server that falls loses its listeners with their messages. */
const NOTIFYING = `SELECT set_config('synchronous_commit', 'off', true), pg_notify(channel, message)
  FROM unnest($1::text[], $2::text[]) AS sent (channel, message)`;

const statementNames = new Map<string, string>();

/** The name under which a statement is prepared. */
export function statementName(text: string): string {
  const name = statementNames.get(text) ?? `liangdan_${statementNames.size + 1}`;
  statementNames.set(text, name);
  return name;
}

type Message = { readonly channel: string; readonly message: string };

/** Sends messages one after another, those together that come while others are sent. */
function inBatches(send: (messages: readonly Message[]) => Promise<unknown>): Statements['notify'] {
  let waiting: Message[] = [];
  let sending: Promise<unknown> = Promise.resolve();
  let next: Promise<unknown> | null = null;
  return async (channel, message) => {
    waiting.push({ channel, message });
    next ??= sending
      .catch(() => {})
      .then(() => {
        const messages = waiting;
        waiting = [];
        next = null;
        sending = send(messages);
        return sending;
      });
    await next;
  };
}

async function unlessEndedForAnother<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === TRANSACTION_TRIES || !endedForAnother(error)) throw error;
      await backOff(attempt);
    }
  }
}

/** How many times a transaction that surely was undone is tried in all. */
export const TRANSACTION_TRIES = 5;

/** Whether PostgreSQL ended the transaction for a deadlock (40P01) or a serialization failure (40001). */
export function endedForAnother(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === '40001' || state === '40P01';
}
