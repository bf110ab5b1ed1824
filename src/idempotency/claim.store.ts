import { backOff } from '../database/backoff.ts';
import type { Call, Database, Transaction, TransactionOptions } from '../database/database.ts';
import { isDisconnect } from '../database/disconnect.ts';
import { ExpectedFailure } from '../failures.ts';
import { type Claim, IdempotencyKeyReused } from './claim.ts';

/** How many times something is tried in all while the connection breaks. */
const CONNECTION_TRIES = 5;

/** What became of a change that was asked for under a key: its answer, and whether an earlier call had made it. */
export type Answered = {
  readonly answerId: string;
  readonly isRepeated: boolean;
  /** When the call that made it was asked. */
  readonly askedAt: Date;
};

/**
 * Makes a change once, however often it is asked for under its key. The first statement of the transaction that makes
 * it claims the key, so a second call waits for the first one to end; then it gets the same answer without running any
 * of the change or of its checks. A change that fails leaves no claim.
 *
 * @param change works through the database that it is given: its first transaction claims the key, and says the answer
 * @returns the id that `change` gives, or that it gave when it was made
 * @throws IdempotencyKeyReused when the key was used for something else; whatever `change` throws
 */
export async function answerOnce(
  database: Database,
  claim: Claim,
  change: (database: Database) => Promise<unknown>,
): Promise<Answered> {
  const made = await readAnswer(database, claim);
  if (made !== null) return { ...made, isRepeated: true };
  const under = claiming(database, claim);
  try {
    await change(under.database);
    const answerId = under.answerId();
    if (answerId === null) throw new Error(`${claim.operation} answered without a transaction`);
    return { answerId, isRepeated: false, askedAt: claim.at };
  } catch (error) {
    // A check outside of the transaction may have failed because the same call has just been answered elsewhere.
    const isForeseen = error instanceof KeyIsTaken || error instanceof ExpectedFailure;
    const answer = isForeseen && under.answerId() === null ? await readAnswer(database, claim) : null;
    if (answer === null) throw error;
    return { ...answer, isRepeated: true };
  }
}

/**
 * Deletes the keys that are kept for longer than their time. To be called now and then.
 *
 * @param days how long a key is kept
 * @returns how many there were
 */
export async function forgetIdempotencyKeys(database: Database, now: Date, days: number): Promise<number> {
  const { count } = await database.prisma.idempotencyKey.deleteMany({
    where: { at: { lt: new Date(now.getTime() - days * 86_400_000) } },
  });
  return count;
}

/** Another transaction has claimed the key and is committed. */
class KeyIsTaken extends Error {
  override readonly name = 'KeyIsTaken';
}

type Claiming = {
  readonly database: Database;
  /** The answer of the committed transaction that claimed the key; `null` before. */
  readonly answerId: () => string | null;
};

/**
 * A database whose first transaction or call claims the key and keeps its answer; those after it are as ever. When the
 * connection breaks during its COMMIT it is tried again: if it did happen, the key is there.
 */
function claiming(database: Database, claim: Claim): Claiming {
  let answerId: string | null = null;
  const transaction = async <T>(
    work: (tx: Transaction) => Promise<T>,
    options: TransactionOptions<T> = {},
  ): Promise<T> => {
    if (answerId !== null) return database.transaction(work, options);
    const { answerId: answerOf, ...rest } = options;
    if (answerOf === undefined) throw new Error(`a transaction of ${claim.operation} does not say what it answers`);
    const done = await despiteDisconnects(() =>
      database.transaction(async (tx) => {
        await claimKey(tx, claim);
        const result = await work(tx);
        await keepAnswer(tx, claim, answerOf(result));
        return { result, answerId: answerOf(result) };
      }, rest),
    );
    answerId = done.answerId;
    return done.result;
  };
  const call = async <Result>(asked: Call): Promise<Result | null> => {
    if (answerId !== null) return database.call(asked);
    const result = await despiteDisconnects(() => database.call<Result>(callUnder(claim, asked)));
    if (result === null) throw new KeyIsTaken(`key ${claim.key} is taken`);
    answerId = asked.answerId;
    return result;
  };
  return { database: { ...database, transaction, call }, answerId: () => answerId };
}

/** The call, to be made only when its key can be claimed with the answer. */
function callUnder({ areaId, userId, key, operation, bodyHash, at }: Claim, { text, values, answerId }: Call): Call {
  const claim = [areaId, userId, key, operation, bodyHash, at.toISOString(), answerId];
  const types = ['uuid', 'uuid', 'text', 'text', 'text', 'timestamptz', 'uuid'];
  const places = types.map((type, index) => `$${values.length + index + 1}::${type}`).join(', ');
  return {
    text,
    values: [...values, ...claim],
    answerId,
    onlyIf: `INSERT INTO idempotency_keys (area_id, user_id, key, operation, body_hash, at, answer_id)
      VALUES (${places}) ON CONFLICT DO NOTHING RETURNING key`,
  };
}

/** The answer that is kept for a key; `null` for none. @throws IdempotencyKeyReused */
async function readAnswer(
  { prisma }: Database,
  { areaId, userId, key, operation, bodyHash }: Claim,
): Promise<Omit<Answered, 'isRepeated'> | null> {
  const where = { areaId_userId_key: { areaId, userId, key } };
  const kept = await despiteDisconnects(() => prisma.idempotencyKey.findUnique({ where }));
  if (kept === null) return null;
  if (kept.operation !== operation || kept.bodyHash !== bodyHash) throw new IdempotencyKeyReused();
  return kept.answerId === null ? null : { answerId: kept.answerId, askedAt: kept.at };
}

/** Runs again what may be run again: a read, or a transaction that finds out whether it was committed already. */
async function despiteDisconnects<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === CONNECTION_TRIES || !isDisconnect(error)) throw error;
      await backOff(attempt);
    }
  }
}

/** Waits for another transaction that has claimed the key. @throws KeyIsTaken when that was committed */
async function claimKey(tx: Transaction, claim: Claim): Promise<void> {
  const { areaId, userId, key, operation, bodyHash, at } = claim;
  const claimed = await tx.$executeRaw`
    INSERT INTO idempotency_keys (area_id, user_id, key, operation, body_hash, at)
    VALUES (${areaId}::uuid, ${userId}::uuid, ${key}, ${operation}, ${bodyHash}, ${at})
    ON CONFLICT DO NOTHING`;
  if (claimed === 0) throw new KeyIsTaken(`key ${key} is taken`);
}

async function keepAnswer(tx: Transaction, { areaId, userId, key }: Claim, answerId: string): Promise<void> {
  await tx.$executeRaw`
    UPDATE idempotency_keys SET answer_id = ${answerId}::uuid
    WHERE (area_id, user_id, key) = (${areaId}::uuid, ${userId}::uuid, ${key})`;
}
