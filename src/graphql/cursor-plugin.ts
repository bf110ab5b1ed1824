import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import { type GraphQLFieldResolver, type GraphQLOutputType, getNamedType, isObjectType } from 'graphql';
import { InvalidInput } from '../failures.ts';
import type { Context } from './context.ts';
import { mayFetchNode } from './node-access.ts';

/** Under this name the plugin is in the builder's list of plugins. */
export const CURSOR_PLUGIN = 'cursors';

/**
 * Refuses cursors of what the viewer may not read, as it does those of what is not there. A cursor holds an id, and the
 * database finds its place in a list whether it belongs there or not: which entries come after it would tell that there
 * is such a thing, and what it is ordered by.
 */
class CursorPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    fieldConfig: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    if (!('after' in fieldConfig.args && 'before' in fieldConfig.args)) return resolver;
    return async (parent, args, context, info) => {
      for (const side of ['after', 'before'] as const) {
        const cursor = (args as { after?: string | null; before?: string | null })[side];
        if (cursor == null || (await mayGoOnFrom(cursor, parent, info.returnType, context as Context))) continue;
        throw InvalidInput.at([side], 'cursor', '不是这个列表给出的游标', 'must be a cursor that this list gave');
      }
      return resolver(parent, args, context, info);
    };
  }
}

async function mayGoOnFrom(cursor: string, parent: unknown, page: GraphQLOutputType, context: Context) {
  const place = Buffer.from(cursor, 'base64').toString('utf8');
  const entry = entryTypeOf(page);
  if (!entry.isNode) {
    // Entries without an id of their own are counted, or named by what they are entries of and something else.
    const { id } = (parent ?? {}) as { readonly id?: string };
    return (
      /^OffsetConnection:\d{1,9}$/.test(place) || (id !== undefined && place.startsWith('GPC:') && place.includes(id))
    );
  }
  const [, id] = ONE_ID.exec(place) ?? [];
  return id !== undefined && (await mayFetchNode(entry.name, id, context));
}

const ONE_ID = /^GPC:S:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

function entryTypeOf(page: GraphQLOutputType): { readonly name: string; readonly isNode: boolean } {
  const type = getNamedType(page);
  const nodes = isObjectType(type) ? type.getFields().nodes : undefined;
  if (nodes === undefined) throw new Error(`${type.name} is no page of a list`);
  const entry = getNamedType(nodes.type);
  return { name: entry.name, isNode: isObjectType(entry) && entry.getInterfaces().some(({ name }) => name === 'Node') };
}

SchemaBuilder.registerPlugin(CURSOR_PLUGIN, CursorPlugin);

declare global {
  namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      cursors: CursorPlugin<Types>;
    }
  }
}
