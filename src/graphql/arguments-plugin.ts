import SchemaBuilder, {
  BasePlugin,
  type PothosInputFieldConfig,
  type PothosInputFieldType,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from '@pothos/core';
import { InvalidInput } from '../failures.ts';
import { textIssue } from '../input.ts';
import { readGlobalId } from './global-id.ts';

/** Under this name the plugin is in the builder's list of plugins. */
export const ARGUMENTS_PLUGIN = 'arguments';

/** What any argument may hold at most, whatever its own rules are; no field allows more. */
export const ARGUMENT_LIMITS = { textLength: 20_000, listLength: 1000 } as const;

/**
 * Checks every argument of every field before anything else reads it, so that a field whose resolver checks nothing is
 * safe too: text is well-formed, without control characters and bounded, lists are bounded, and ids are of the type that the
 * field is about. What is wrong is an `InvalidInput` with the path of the field.
 */
class ArgumentsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(fieldConfig: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    if (Object.keys(fieldConfig.args).length === 0) return fieldConfig;
    const check = (given: object) => {
      this.#checkFields(given, fieldConfig.args, []);
      return given as Record<string, unknown>;
    };
    return { ...fieldConfig, argMappers: [check, ...(fieldConfig.argMappers ?? [])] };
  }

  #checkFields(given: object, fields: Fields<Types>, path: Path): void {
    for (const [name, value] of Object.entries(given)) {
      const field = fields[name];
      if (field) this.#check(value, field.type, field, [...path, name]);
    }
  }

  #check(value: unknown, type: PothosInputFieldType<Types>, field: Fields<Types>[string], path: Path): void {
    if (value === null || value === undefined) return;
    if (type.kind === 'List') {
      // A single value stands for a list of it.
      const values = Array.isArray(value) ? value : [value];
      const { listLength } = ARGUMENT_LIMITS;
      if (values.length > listLength) {
        throw InvalidInput.at(path, 'too_big', `须至多${listLength}项`, `must have at most ${listLength} entries`);
      }
      values.forEach((each, index) => {
        this.#check(each, type.type, field, [...path, index]);
      });
    } else if (type.kind === 'InputObject') {
      this.#checkFields(value as object, this.buildCache.getInputTypeFieldConfigs(type.ref), path);
    } else if (type.kind === 'Scalar' && typeof value === 'string') {
      const issue = textIssue(value, ARGUMENT_LIMITS.textLength, path);
      if (issue) throw new InvalidInput([issue]);
      const kinds = field.extensions?.relayGlobalIDFor as readonly { readonly typename: string }[] | undefined;
      if (kinds) demandKind(value, kinds, path);
    }
  }
}

type Fields<Types extends SchemaTypes> = Readonly<Record<string, PothosInputFieldConfig<Types>>>;
type Path = readonly (string | number)[];

function demandKind(globalId: string, kinds: readonly { readonly typename: string }[], path: Path): void {
  const { typename } = readGlobalId(globalId, path);
  const allowed = kinds.map((kind) => kind.typename);
  if (allowed.includes(typename)) return;
  const names = allowed.join(', ');
  throw InvalidInput.at(path, 'global_id', `须为${names}的编号`, `must be the id of a ${names}`);
}

SchemaBuilder.registerPlugin(ARGUMENTS_PLUGIN, ArgumentsPlugin);

declare global {
  namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      arguments: ArgumentsPlugin<Types>;
    }
  }
}
