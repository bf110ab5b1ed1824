import SchemaBuilder, {
  BasePlugin,
  contextCacheSymbol,
  InputFieldBuilder,
  type PothosOutputFieldConfig,
  type PothosTypeConfig,
  type SchemaTypes,
} from '@pothos/core';
import { queryFromInfo } from '@pothos/plugin-prisma';
import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql';
import { NotFound } from '../failures.ts';
import { answerOnce, claimOf, idempotencyKey } from '../idempotency/index.ts';
import { parseInput } from '../input.ts';
import type { Context } from './context.ts';
import { mayFetchNode } from './node-access.ts';

/** Under this name the plugin is in the builder's list of plugins, last, so that it sees decoded ids and ends in the errors. */
export const IDEMPOTENCY_PLUGIN = 'idempotency';

/**
 * Does what a mutation has to do when it is called again with its key, before it answers as things stand.
 *
 * @param askedAt when the call was made that the key is kept for
 */
export type Repetition = (
  answerId: string,
  input: Readonly<Record<string, unknown>>,
  context: Context,
  askedAt: Date,
) => Promise<void>;

/** To be spread into `extensions` of a mutation whose change goes on after its answer is known, such as a match run. */
export function whenRepeated(repeat: Repetition): { readonly [REPETITION]: Repetition } {
  return { [REPETITION]: repeat };
}

const REPETITION = 'liangdanWhenRepeated';
const DESCRIPTION =
  'A key of your own, 1 to 200 visible ASCII characters, such as a UUID: the same call with it is made once and answered alike, however often it is sent, for 7 days unless the operator sets other days (幂等键).';

/**
 * Gives every mutation an `idempotencyKey` in its input. With one, the resolver works through a database that claims the
 * key in the transaction of the change; a call that was answered before is answered with the thing as it stands, when
 * the viewer may still see it. A mutation therefore has one argument `input`, answers with one thing that the database
 * keeps, and writes in `database.transaction` that says its `answerId`.
 */
class IdempotencyPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  readonly #inputs = new Set<string>();

  override onTypeConfig(typeConfig: PothosTypeConfig): PothosTypeConfig {
    if (typeConfig.kind === 'InputObject' && this.#mutationInputs().has(typeConfig.name)) {
      const field = new InputFieldBuilder(this.builder, 'InputObject');
      this.builder.configStore.addInputFields(typeConfig.name as never, () => ({
        idempotencyKey: field.string({ description: DESCRIPTION }),
      }));
    }
    return typeConfig;
  }

  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    fieldConfig: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    if (fieldConfig.kind !== 'Mutation') return resolver;
    const type = this.buildCache.getTypeConfig(fieldConfig.pothosOptions.type as never);
    const model = type.extensions?.pothosPrismaModel;
    if (typeof model !== 'string') throw new Error(`Mutation ${fieldConfig.name} does not answer with a stored thing`);
    const repeat = fieldConfig.extensions?.[REPETITION] as Repetition | undefined;
    return async (root, args, typedContext, info) => {
      const context = typedContext as Context;
      const { idempotencyKey: given, ...input } = (args as { input: Record<string, unknown> }).input;
      const call = (at: Context) => resolver(root, { ...args, input }, at as Types['Context'], info);
      if (given == null || (context.viewer.userId === null && !context.viewer.isSystem)) return call(context);
      const key = parseInput(idempotencyKey, given, ['input', 'idempotencyKey']);
      const claim = claimOf(context.viewer, key, info.fieldName, input, context.clock());
      let answer: unknown;
      const { answerId, isRepeated, askedAt } = await answerOnce(context.database, claim, async (database) => {
        answer = await call(sharingCaches(context, database));
      });
      if (!isRepeated) return answer;
      await repeat?.(answerId, input, context, askedAt);
      return readAgain(model, type.name, answerId, context, info);
    };
  }

  /** Names of the input types of all mutations. */
  #mutationInputs(): ReadonlySet<string> {
    if (this.#inputs.size > 0) return this.#inputs;
    for (const [name, { args }] of this.builder.configStore.getFields('Mutation', 'Object')) {
      const input = args.input?.type;
      if (input?.kind !== 'InputObject') throw new Error(`Mutation ${name} has no argument input`);
      this.#inputs.add(this.builder.configStore.getTypeConfig(input.ref as never).name);
    }
    return this.#inputs;
  }
}

/** The context with another database, for which Pothos finds what it keeps for the request all the same. */
function sharingCaches(context: Context, database: Context['database']): Context {
  const shared = (context as unknown as { [contextCacheSymbol]?: object })[contextCacheSymbol] ?? context;
  return { ...context, database, [contextCacheSymbol]: shared } as Context;
}

/** The thing that an earlier call answered with, as it stands. @throws NotFound when the viewer may not see it any more */
async function readAgain(
  model: string,
  typename: string,
  id: string,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<unknown> {
  const query = await queryFromInfo({ context, info, awaitSelections: true });
  const table = `${model.charAt(0).toLowerCase()}${model.slice(1)}` as 'order';
  const found = await context.database.prisma[table].findUnique({ ...query, where: { id } } as never);
  if (found === null || !(await mayFetchNode(typename, id, context))) {
    throw new NotFound({ zh: '对象，您可能已无权查看', en: 'thing that you may still see' });
  }
  return found;
}

SchemaBuilder.registerPlugin(IDEMPOTENCY_PLUGIN, IdempotencyPlugin);

declare global {
  namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      idempotency: IdempotencyPlugin<Types>;
    }
  }
}
