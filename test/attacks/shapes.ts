import {
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { schema } from '../../src/graphql/schema.ts';

/** Every object type of the schema, without those of GraphQL itself. */
export const OBJECT_TYPES: readonly GraphQLObjectType[] = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .filter(({ name }) => !name.startsWith('__'));

export const isNode = (type: GraphQLObjectType) => type.getInterfaces().some(({ name }) => name === 'Node');
export const isFailure = (type: GraphQLObjectType) => type.getInterfaces().some(({ name }) => name === 'Failure');
/** A page of a list, or an entry of one. */
export const isPage = ({ name }: GraphQLObjectType) => /(?:Connection|Edge)$/.test(name);

export const fieldNames = (type: GraphQLObjectType) => Object.keys(type.getFields()).sort();

/** The fields of a type one below the other, of things with ids only the type and the id, of pages the first five. */
export function selectionOf(type: GraphQLObjectType): string {
  const fields = Object.values(type.getFields()).map(({ name, type: output, args }) => {
    if (args.some(isRequiredArgument)) throw new Error(`${type.name}.${name} cannot be asked for without arguments`);
    const first = args.some((argument) => argument.name === 'first') ? '(first: 5)' : '';
    return `${name}${first} ${insideOf(output)}`;
  });
  return `{ ${fields.join(' ')} }`;
}

/** What is asked for inside of a field of this type. */
export function insideOf(output: GraphQLOutputType): string {
  const type = getNamedType(output);
  if (isInterfaceType(type) || (isObjectType(type) && isNode(type))) return '{ __typename id }';
  if (!isObjectType(type)) return '';
  if (!isPage(type)) return selectionOf(type);
  const { nodes, totals } = type.getFields();
  return `{ totalCount nodes ${insideOf(nodes!.type)} ${totals ? `totals ${insideOf(totals.type)}` : ''} }`;
}

/** A thing that stands in an answer, and where. */
export type Found = { readonly typename: string; readonly globalId: string; readonly path: string };

/** Everything with an id in an answer. */
export function thingsIn(answer: unknown, path: readonly string[] = []): readonly Found[] {
  if (Array.isArray(answer)) return answer.flatMap((entry) => thingsIn(entry, path));
  if (typeof answer !== 'object' || answer === null) return [];
  const { __typename, id } = answer as { __typename?: string; id?: string };
  const itself = __typename && id ? [{ typename: __typename, globalId: id, path: path.join('.') }] : [];
  return [...itself, ...Object.entries(answer).flatMap(([name, value]) => thingsIn(value, [...path, name]))];
}
