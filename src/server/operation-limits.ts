import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import {
  type ASTVisitor,
  GraphQLError,
  Kind,
  NoSchemaIntrospectionCustomRule,
  parse,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';

/**
 * What the text of an operation may have; its depth, breadth and cost are bounded by the builder. A selection is
 * counted as often as fragments bring it in.
 */
export const DOCUMENT_LIMITS = { tokens: 2000, aliases: 30, directives: 30, selections: 2000 } as const;

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
      addValidationRule(limitSelections);
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

function withoutSuggestion(error: GraphQLError): GraphQLError {
  const message = error.message.replace(/ ?Did you mean .+\?$/s, '');
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

/** Counts each fragment once, however often it is spread, so that fragments that double one another cost nothing here. */
function limitSelections(context: ValidationContext): ASTVisitor {
  const counted = new Map<string, number>();
  const count = ({ selections }: SelectionSetNode): number =>
    selections.reduce((sum, selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return sum + 1 + countFragment(selection.name.value);
      return sum + 1 + (selection.selectionSet ? count(selection.selectionSet) : 0);
    }, 0);
  const countFragment = (name: string): number => {
    const known = counted.get(name);
    if (known !== undefined) return known;
    // A fragment in a circle is refused by another rule; here it must only not be walked for ever.
    counted.set(name, 0);
    const fragment = context.getFragment(name);
    const selections = fragment ? count(fragment.selectionSet) : 0;
    counted.set(name, selections);
    return selections;
  };
  return {
    OperationDefinition: (operation) => {
      if (count(operation.selectionSet) <= DOCUMENT_LIMITS.selections) return;
      context.reportError(
        new GraphQLError(
          `An operation may have ${DOCUMENT_LIMITS.selections} selections, fragments counted each time`,
          {
            nodes: operation,
          },
        ),
      );
    },
  };
}
