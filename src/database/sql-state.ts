/**
 * The SQLSTATE of a database error as it comes through Prisma and a driver adapter; `null` for any other error.
 * Prisma wraps the adapter's error, which wraps the driver's; each may hold the state.
 */
export function sqlStateOf(error: unknown): string | null {
  let at = error;
  for (let depth = 0; depth < 8 && typeof at === 'object' && at !== null; depth += 1) {
    const fields = at as Record<string, unknown>;
    for (const name of ['originalCode', 'code']) {
      const value = fields[name];
      if (typeof value === 'string' && /^[0-9A-Z]{5}$/.test(value) && !/^P2\d{3}$/.test(value)) return value;
    }
    if (fields.code === 'P2034' || fields.kind === 'TransactionWriteConflict') return '40001';
    at = fields.cause ?? (fields.meta as Record<string, unknown> | undefined)?.driverAdapterError;
  }
  return null;
}

/**
 * Another transaction has written what this one took for absent. It counts as a serialization failure: the transaction
 * is run again, and then it sees what is there.
 */
export class WrittenMeanwhile extends Error {
  override readonly name = 'WrittenMeanwhile';
  readonly code = '40001';
}
