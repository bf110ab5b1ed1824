import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import { newId } from '../database/id.ts';
import { ExpectedFailure } from '../failures.ts';
import type { Context } from '../graphql/context.ts';

/**
 * What of an error the client is told: of an expected failure its words and code, of a broken GraphQL document the
 * message; anything else is logged under an id, and only the id is told.
 */
export function maskError(error: unknown, log: Logger): Error {
  const original = originOf(error);
  if (original instanceof ExpectedFailure) return failureError(error, original, original.text.en);
  if (error instanceof GraphQLError && (original === undefined || original instanceof GraphQLError)) return error;
  const errorId = newId();
  log.error({ errorId, err: original ?? error }, 'unexpected error');
  return new GraphQLError(`Unexpected error ${errorId}`, {
    ...placeOf(error),
    extensions: { code: 'UNEXPECTED', errorId },
  });
}

/** Puts expected failures of queries and subscriptions into the language that the client prefers. */
export const speakClientLanguage: Plugin<Context> = {
  onExecute: ({ args }) => ({
    onExecuteDone: ({ result, setResult }) => {
      if (Symbol.asyncIterator in result || !result.errors) return;
      const { locale } = args.contextValue as Context;
      const errors = result.errors.map((error) => {
        const original = originOf(error);
        return original instanceof ExpectedFailure ? failureError(error, original, original.text[locale]) : error;
      });
      setResult({ ...(result as ExecutionResult), errors });
    },
  }),
};

function failureError(error: unknown, failure: ExpectedFailure, message: string): GraphQLError {
  return new GraphQLError(message, { ...placeOf(error), originalError: failure, extensions: { code: failure.code } });
}

function originOf(error: unknown): unknown {
  return error instanceof GraphQLError ? error.originalError : error;
}

function placeOf(error: unknown) {
  return error instanceof GraphQLError ? { nodes: error.nodes ?? null, path: error.path ?? null } : {};
}
