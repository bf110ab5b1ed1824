import type { Database } from '../../src/database/database.ts';

/** The SQL statements so far of each database that was counted. */
const statements = new WeakMap<object, { count: number }>();

/** Does something and counts the SQL statements that Prisma sends for it. */
export async function countStatements<T>(
  { prisma }: Database,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly count: number }> {
  let sent = statements.get(prisma);
  if (!sent) {
    const counter = { count: 0 };
    const emitter = prisma as unknown as { $on(event: 'query', receive: () => void): void };
    emitter.$on('query', () => {
      counter.count += 1;
    });
    statements.set(prisma, counter);
    sent = counter;
  }
  const before = sent.count;
  const result = await work();
  return { result, count: sent.count - before };
}
