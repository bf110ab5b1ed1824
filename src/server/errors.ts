import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import { isDisconnect } from '../database/disconnect.ts';
import { newId } from '../database/id.ts';
import { ExpectedFailure, type Locale } from '../failures.ts';
import type { Context } from '../graphql/context.ts';

const DATABASE_UNREACHABLE = 'DATABASE_UNREACHABLE';
const RETRY_AFTER_SECONDS = 5;

/**
 * What of an error the client is told: of an expected failure its words and code, of a broken GraphQL document the
 * message, of a database that cannot be reached that; anything else is logged under an id, and only the id is told.
 */
export function maskError(error: unknown, log: Logger): Error {
  const original = originOf(error);
  if (original instanceof ExpectedFailure) return failureError(error, original, original.text.en);
  if (error instanceof GraphQLError && (original === undefined || original instanceof GraphQLError)) return error;
  if (isDisconnect(original ?? error)) {
    log.error({ err: original ?? error }, 'the database cannot be reached');
    const isSaid = error instanceof GraphQLError && error.extensions.code === DATABASE_UNREACHABLE;
    return isSaid ? error : databaseUnreachable('en', error);
  }
  const errorId = newId();
  log.error({ errorId, err: original ?? error }, 'unexpected error');
  return new GraphQLError(`Unexpected error ${errorId}`, {
    ...placeOf(error),
    extensions: { code: 'UNEXPECTED', errorId },
  });
}

/** What a client is told while the database cannot be reached: to try again, with HTTP status 503. */
export function databaseUnreachable(locale: Locale, error: unknown): GraphQLError {
  const words = {
    zh: '数据库暂时无法连接，请稍后重试；改动是否已保存，可用同一幂等键重试确认',
    en: 'The database cannot be reached for now. Try again; with the same idempotency key nothing is done twice',
  };
  const http = { status: 503, headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } };
  const extensions = { code: DATABASE_UNREACHABLE, http };
  return new GraphQLError(words[locale], { ...placeOf(error), originalError: causeOf(error), extensions });
}

/** Puts what can be foreseen to fail in queries and subscriptions into the language that the client prefers. */
export const speakClientLanguage: Plugin<Context> = {
  onExecute: ({ args }) => ({
    onExecuteDone: ({ result, setResult }) => {
      if (Symbol.asyncIterator in result || !result.errors) return;
      const { locale } = args.contextValue as Context;
      const errors = result.errors.map((error) => {
        const original = originOf(error);
        if (original instanceof ExpectedFailure) return failureError(error, original, original.text[locale]);
        return isDisconnect(original) ? databaseUnreachable(locale, error) : error;
      });
      setResult({ ...(result as ExecutionResult), errors });
    },
  }),
};

function failureError(error: unknown, failure: ExpectedFailure, message: string): GraphQLError {
  return new GraphQLError(message, {
    ...placeOf(error),
    originalError: failure,
    extensions: { code: failure.code, field: failure.fieldPath.map(String) },
  });
}

function originOf(error: unknown): unknown {
  return error instanceof GraphQLError ? error.originalError : error;
}

function causeOf(error: unknown): Error {
  const original = originOf(error) ?? error;
  return original instanceof Error ? original : new Error('disconnected', { cause: original });
}

function placeOf(error: unknown) {
  return error instanceof GraphQLError ? { nodes: error.nodes ?? null, path: error.path ?? null } : {};
}
