import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import {
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';

/**
 * What the text of an operation may have. Its depth, breadth and cost, with what fragments bring in, are bounded by the
 * builder.
 */
export const DOCUMENT_LIMITS = { tokens: 2000, aliases: 30, directives: 30 } as const;

/** Refuses documents that are past the limits before they are validated or run. */
export function limitDocuments(): Plugin {
  const { tokens, aliases, directives } = DOCUMENT_LIMITS;
  const report = {
    propagateOnRejection: false,
    onReject: [(context: ValidationContext | null, error: GraphQLError) => context?.reportError(error)],
  };
  return {
    onParse: ({ setParseFn }) => {
      setParseFn((source, options) => {
        try {
          return parse(source, { ...options, maxTokens: tokens });
        } catch (error) {
          // The parser calls itself for each level, and brackets alone can go deeper than the stack.
          if (error instanceof RangeError) throw new GraphQLError('The document is nested too deeply');
          throw error;
        }
      });
    },
    onValidate: ({ addValidationRule }) => {
      addValidationRule(maxAliasesRule({ n: aliases, ...report }) as ValidationRule);
      addValidationRule(maxDirectivesRule({ n: directives, ...report }) as ValidationRule);
    },
  };
}

/** Tells nothing of the schema: no introspection, and no names that a client might have meant. */
export const hideSchema: Plugin = {
  onValidate: ({ addValidationRule }) => addValidationRule(NoSchemaIntrospectionCustomRule),
  onResultProcess: ({ result, setResult }) => {
    if (Array.isArray(result) || Symbol.asyncIterator in result || !result.errors) return;
    setResult({ ...result, errors: result.errors.map(withoutSuggestion) });
  },
};

/** The error without the names that the client might have meant. */
export function withoutSuggestion(error: GraphQLError): GraphQLError {
  // By hand: the message may hold a megabyte of the client's own, on which a pattern would try every place.
  const at = error.message.endsWith('?') ? error.message.lastIndexOf('Did you mean ') : -1;
  const message = at < 0 ? error.message : error.message.slice(0, at).trimEnd();
  if (message === error.message) return error;
  const { nodes, source, positions, path, extensions } = error;
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    extensions,
  });
}
