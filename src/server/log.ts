import pino, { type DestinationStream, type Logger } from 'pino';
import type { Config } from '../config.ts';
import { requestIds } from './request-ids.ts';

/**
 * Opens the log: JSON lines without tokens and without personal information, whatever is thrown at it. Of an error it
 * has the type, the code, the places in the code, and the message with everything masked that could be about a person.
 *
 * @param destination where lines go; standard error by default
 */
export function openLog(level: Config['logLevel'], destination: DestinationStream = pino.destination(2)): Logger {
  return pino(
    { level, redact: { paths: SECRET_FIELDS, censor: '…' }, serializers: { err: describeError }, mixin: nameRequest },
    destination,
  );
}

function nameRequest(): object {
  const requestId = requestIds.getStore();
  return requestId === undefined ? {} : { requestId };
}

/** Fields that are never told, at the top of a line or one object below it. */
const SECRET_FIELDS = [
  'authorization',
  'token',
  'password',
  'cookie',
  'phone',
  'address',
  'name',
  'idNumber',
  'variables',
]
  .flatMap((field) => [field, `*.${field}`])
  .concat('headers.authorization', '*.headers.authorization');

/** What may be logged of an error. */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    ...(typeof code === 'string' && { code }),
    message: withoutPersonalInformation(error.message),
    stack: (error.stack ?? '')
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .join('\n'),
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  };
}

const LONGEST_MESSAGE = 500;

/**
 * A message of an error in the code, which is English: Chinese text in it, what is in quotes and after `=`, long
 * numbers, addresses of mail and tokens are data of somebody.
 */
export function withoutPersonalInformation(message: string): string {
  return message
    .slice(0, LONGEST_MESSAGE)
    .replace(/eyJ[\w-]+\.[\w-]*\.?[\w-]*/g, '…')
    .replace(/"(?:[^"\\]|\\.)*(?:"|$)|'(?:[^'\\]|\\.)*'/g, (text) =>
      /^.[\w.]{1,60}.$/.test(text) && !/\d{5}/.test(text) ? text : '"…"',
    )
    .replace(/=\([^)]*\)/g, '=(…)')
    .replace(/[\w.+-]{1,64}@[\w.-]{1,255}/g, '…')
    .replace(/\d{5,}[\dXx]?/g, '…')
    .replace(/[\p{Script=Han}·]+/gu, '…')
    .replace(/\s+/g, ' ');
}
