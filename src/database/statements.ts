import { backOff } from './backoff.ts';
import type { Call, Database, StatementValue } from './database.ts';
import { sqlStateOf } from './sql-state.ts';

/** Runs a statement by itself and gives its rows. */
export type RunStatement = (text: string, values: readonly StatementValue[]) => Promise<unknown[]>;

/**
 * What a database does in one statement.
 *
 * @param underWay holds the statements that have not ended, for whoever closes the database: one that is closed before
 *   leaves them without an end
 */
export function statements(
  run: RunStatement,
  underWay: Set<Promise<unknown>>,
): Pick<Database, 'read' | 'call' | 'notify'> {
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
function inBatches(send: (messages: readonly Message[]) => Promise<unknown>): Database['notify'] {
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
