import type { Prisma, PrismaClient } from '../generated/prisma/client.ts';
import type { StatementValue } from './statements.ts';

type Transaction = Prisma.TransactionClient;

/** The role that PostgreSQL takes in a viewer's transactions; the rows that it sees are told by row-level policies. */
export const VIEWER_ROLE = 'liangdan_viewer';

/** How far someone's roles reach into the rows, as the row-level policies read it (prisma/migrations/*_row_wall). */
export type RowScope = {
  /** `null` for someone who has not signed in. */
  readonly userId: string | null;
  readonly areaId: string;
  /** Classes of rows, as the policies name them, that they reach in the whole area. */
  readonly areaWide: readonly string[];
  /** Of other classes the rows of these. */
  readonly communityIds: readonly string[];
  readonly providerIds: readonly string[];
  readonly residentIds: readonly string[];
};

/** Puts the rest of a transaction behind the wall: what is not in the scope is not there any more. */
export type Raising = { readonly text: string; readonly values: readonly StatementValue[] };

/** The one statement that raises the wall, until the transaction ends. */
export function raising(scope: RowScope): Raising {
  const settings = [
    ['role', VIEWER_ROLE],
    ['liangdan.user_id', scope.userId ?? ''],
    ['liangdan.area_id', scope.areaId],
    ['liangdan.area_wide', arrayText(scope.areaWide)],
    ['liangdan.community_ids', arrayText(scope.communityIds)],
    ['liangdan.provider_ids', arrayText(scope.providerIds)],
    ['liangdan.resident_ids', arrayText(scope.residentIds)],
  ] as const;
  const calls = settings.map(([name], index) => `set_config('${name}', $${index + 1}, true)`);
  return { text: `SELECT ${calls.join(', ')}`, values: settings.map(([, value]) => value) };
}

/**
 * A client whose operations are transactions behind the wall. Those that are asked for at the same time share one, so that
 * look-ups by key go together as they do without the wall.
 */
export function walledClient(prisma: PrismaClient, wall: Raising): PrismaClient {
  let waiting: Asked[] = [];
  const runWaiting = (): void => {
    const asked = waiting;
    waiting = [];
    void runTogether(prisma, wall, asked);
  };
  const walled = prisma.$extends({
    name: 'row-wall',
    query: {
      $allOperations: ({ model, operation, args }) =>
        new Promise((resolve, reject) => {
          if (waiting.length === 0) process.nextTick(runWaiting);
          waiting.push({ run: (tx) => operate(tx, model, operation, args), resolve, reject });
        }),
    },
    client: {
      $transaction() {
        throw new Error('Transactions of a viewer are those of Database.transaction');
      },
    },
  });
  return walled as unknown as PrismaClient;
}

/** An operation that waits for its transaction. */
type Asked = {
  readonly run: (tx: Transaction) => Promise<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
};

async function runTogether(prisma: PrismaClient, wall: Raising, asked: readonly Asked[]): Promise<void> {
  try {
    const results = await prisma.$transaction(
      behind(wall, async (tx) => {
        const settled = await Promise.allSettled(asked.map(({ run }) => run(tx)));
        return settled.map((outcome) => {
          if (outcome.status === 'rejected') throw outcome.reason;
          return outcome.value;
        });
      }),
    );
    asked.forEach(({ resolve }, index) => {
      resolve(results[index]);
    });
  } catch (error) {
    // One that failed has undone the others, which have nothing to do with it.
    if (asked.length === 1) asked[0]!.reject(error);
    else await Promise.all(asked.map((one) => runTogether(prisma, wall, [one])));
  }
}

/** Does in the transaction what was asked of the client. */
function operate(tx: Transaction, model: string | undefined, operation: string, args: unknown): Promise<unknown> {
  type Operations = Record<string, (...args: readonly unknown[]) => Promise<unknown>>;
  const client = tx as unknown as Operations & Record<string, Operations>;
  if (model !== undefined) return client[`${model.charAt(0).toLowerCase()}${model.slice(1)}`]![operation]!(args);
  return operation.endsWith('Unsafe') ? client[operation]!(...(args as unknown[])) : client[operation]!(args);
}

/** The work, after the wall was raised in its transaction. */
export function behind<T>(
  { text, values }: Raising,
  work: (tx: Transaction) => Promise<T>,
): (tx: Transaction) => Promise<T> {
  return async (tx) => {
    await tx.$executeRawUnsafe(text, ...values);
    wallOf.set(tx, { stepsOut: 0 });
    return work(tx);
  };
}

/** Transactions that are behind the wall, and how many pieces of work are being done outside of it just now. */
const wallOf = new WeakMap<Transaction, { stepsOut: number }>();

/**
 * Does a part of a viewer's transaction as Liangdan itself, with all rows in sight: what follows from a change by rule,
 * such as its entries in the books or the next provider to be asked. Whether the viewer may make the change is asked
 * before; nothing that it reads is given to them. In a transaction that has no wall it only does the work.
 */
export async function asSystem<T>(tx: Transaction, work: () => Promise<T>): Promise<T> {
  const wall = wallOf.get(tx);
  if (wall === undefined) return work();
  if (wall.stepsOut++ === 0) await tx.$executeRaw`SELECT set_config('role', 'none', true)`;
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // The statement may have failed and with it the transaction; then the wall has nothing left to hide.
    if (--wall.stepsOut === 0) await raiseAgain(tx).catch(() => {});
    throw error;
  }
  if (--wall.stepsOut === 0) await raiseAgain(tx);
  return result;
}

function raiseAgain(tx: Transaction): Promise<number> {
  return tx.$executeRaw`SELECT set_config('role', ${VIEWER_ROLE}, true)`;
}

function arrayText(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
