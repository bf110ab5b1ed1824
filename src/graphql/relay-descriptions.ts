import { type GraphQLSchema, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';

/** Descriptions of what the Relay specification names, for types that are made by the builder. */
const FIELDS: Readonly<Record<string, string>> = {
  id: 'Its id, unique among all things (全局编号).',
  edges: 'The entries of this page with their cursors (本页条目及游标).',
  nodes: 'The entries of this page (本页条目).',
  pageInfo: 'Where this page stands (分页信息).',
  totalCount: 'How many entries there are on all pages (总数).',
  cursor: 'Where this entry stands, for `after` and `before` (游标).',
  node: 'The entry (条目).',
  hasNextPage: 'Whether there is a page after this one (是否有下一页).',
  hasPreviousPage: 'Whether there is a page before this one (是否有上一页).',
  startCursor: 'Cursor of the first entry of this page (起始游标).',
  endCursor: 'Cursor of the last entry of this page (结束游标).',
};

const ARGUMENTS: Readonly<Record<string, string>> = {
  first: 'How many entries from the start, 100 at most; 20 when nothing is said (前若干条).',
  last: 'How many entries from the end, 100 at most (后若干条).',
  after: 'Only entries after this cursor (游标之后).',
  before: 'Only entries before this cursor (游标之前).',
  id: 'Its id (全局编号).',
};

/** Describes the connections, edges, pages and ids of a schema where nothing else describes them. */
export function describeRelayParts(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type) || !(isObjectType(type) || isInterfaceType(type)) || type.name.startsWith('__'))
      continue;
    type.description ??= describeType(type.name);
    for (const field of Object.values(type.getFields())) {
      field.description ??= FIELDS[field.name];
      for (const argument of field.args) argument.description ??= ARGUMENTS[argument.name];
    }
  }
  return schema;
}

function describeType(name: string): string | undefined {
  if (name === 'Node') return 'Anything with an id (有编号的对象).';
  if (name === 'PageInfo') return 'Where a page stands in the whole list (分页信息).';
  if (name.endsWith('ConnectionEdge') || name.endsWith('Edge')) return 'An entry of a page with its cursor (分页条目).';
  if (name.endsWith('Connection')) return 'One page of a list (分页列表).';
  return undefined;
}
