import { sqlStateOf } from './sql-state.ts';

/** SQLSTATEs with which a server ends or refuses a connection: class 08, and a server that stops, crashed or starts. */
const CONNECTION_STATES = /^(08...|57P0[123])$/;
/** Prisma's codes: cannot be reached, timed out, has closed the connection. */
const PRISMA_CODES = ['P1001', 'P1002', 'P1008', 'P1017'];
const SOCKET_CODES = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT'];
/** The driver's own errors have no code. */
const DRIVER_WORDS =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/;

/** Whether the error says that the connection to the database broke, or could not be made. */
export function isDisconnect(error: unknown): boolean {
  if (CONNECTION_STATES.test(sqlStateOf(error) ?? '')) return true;
  let at = error;
  for (let depth = 0; depth < 8 && typeof at === 'object' && at !== null; depth += 1) {
    const { code, message, cause, meta } = at as Record<string, unknown>;
    if (typeof code === 'string' && (PRISMA_CODES.includes(code) || SOCKET_CODES.includes(code))) return true;
    if (typeof message === 'string' && DRIVER_WORDS.test(message)) return true;
    at = cause ?? (meta as Record<string, unknown> | undefined)?.driverAdapterError;
  }
  return false;
}
