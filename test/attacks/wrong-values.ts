import {
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
} from 'graphql';
import { globalId } from '../area.ts';

/** A value that no field of its type takes. */
export type Wrong = { readonly name: string; readonly value: unknown };

const NOBODY = '0198f2a0-0000-7000-8000-000000000000';
const HUGE = '9'.repeat(100_000);
const NESTED = JSON.parse(`${'{"a":'.repeat(500)}1${'}'.repeat(500)}`);

/** Of each scalar: what goes past it, and what only looks like it. */
const WRONG_SCALARS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  String: {
    NUL: '午\u0000餐',
    'a lone surrogate': '午\ud800餐',
    'a control character': '午\u001b[2J餐',
    'a string of 300,000': '长'.repeat(300_000),
    'a number': 7,
    'JSON 500 deep': NESTED,
  },
  Int: {
    'a negative number': -1,
    '2^31': 2 ** 31,
    'a fraction': 1.5,
    '1e308': 1e308,
    'the word NaN': 'NaN',
    'digits in a string': '7',
    'JSON 500 deep': NESTED,
  },
  Float: { '1e308': 1e308, '-1e308': -1e308, 'degrees past the pole': 1000, 'the word NaN': 'NaN', 'a list': [[1]] },
  Fen: {
    'a negative number': -1,
    'a fraction': 0.5,
    '2^53': 2 ** 53,
    'more than there is': 2 ** 53 - 1,
    '1e308': 1e308,
    'the word NaN': 'NaN',
    'a string': '5',
  },
  Amount: {
    'a negative number': '-1',
    nothing: '0',
    'the word NaN': 'NaN',
    'an exponent': '1e9',
    '30 digits': '9'.repeat(30),
    '100,000 digits': HUGE,
    'a number': 5,
  },
  DateTime: {
    'a year before 1900': '1899-12-31T23:59:59Z',
    'a year after 2200': '2201-01-01T00:00:00Z',
    'a year of six digits': '+275760-09-13T00:00:00Z',
    'the 30th of February': '2026-02-30T00:00:00Z',
    'a time without an offset': '2026-11-24T00:00:00',
    words: 'yesterday',
    '100,000 digits': HUGE,
    zero: 0,
  },
  Date: {
    'a year before 1900': '1899-12-31',
    'a year after 2200': '2201-01-01',
    'the 30th of February': '2026-02-30',
    NUL: '2026-11-24\u0000',
    '100,000 digits': HUGE,
  },
  ID: {
    'an empty id': '',
    words: 'need',
    NUL: '\u0000',
    'an id of an audit chain': globalId('AuditEntry', NOBODY),
    'an id that is no UUID': globalId('Need', `1' OR '1'='1`),
    'the prototype': globalId('__proto__', NOBODY),
    '100,000 digits': HUGE,
    'an object': { id: 1 },
  },
  Boolean: { 'the word yes': 'yes', one: 1, 'a list': [[true]] },
};

const WRONG_ENUMS = { 'no value of it': 'NOPE', 'the prototype': '__proto__', NUL: '\u0000', 'a number': 1 };

/** The wrong values of a type, not those within its fields or entries. */
function wrongValuesOf(type: GraphQLInputType): readonly Wrong[] {
  const plain = getNullableType(type);
  if (isListType(plain)) return [{ name: '10,000 entries', value: Array(10_000).fill(sampleOf(plain.ofType)) }];
  const named = getNamedType(plain);
  const table = isEnumType(named) ? WRONG_ENUMS : WRONG_SCALARS[named.name];
  if (table) return Object.entries(table).map(([name, value]) => ({ name, value }));
  const withKey = (key: string) => JSON.parse(`{"${key}": {"isAdmin": true}}`);
  return [
    { name: 'a key __proto__', value: withKey('__proto__') },
    { name: 'a key constructor', value: withKey('constructor') },
    { name: 'a field of the row', value: withKey('areaId') },
    { name: 'words', value: 'x' },
    { name: 'a list of lists', value: [[1]] },
  ];
}

/** A value of a type, such as a client might send. */
export function sampleOf(type: GraphQLInputType): unknown {
  const plain = getNullableType(type);
  if (isListType(plain)) return [sampleOf(plain.ofType)];
  const named = getNamedType(plain);
  if (isEnumType(named)) return named.getValues()[0]!.name;
  if (isInputObjectType(named)) {
    const required = Object.values(named.getFields()).filter((field) => getNullableType(field.type) !== field.type);
    return Object.fromEntries(required.map((field) => [field.name, sampleOf(field.type)]));
  }
  return (
    { Int: 1, Float: 1.5, Boolean: true, Fen: 1, Amount: '1', Date: '2026-11-24', DateTime: '2026-11-24T00:00:00Z' }[
      named.name
    ] ?? (named.name === 'ID' ? globalId('Need', NOBODY) : 'x')
  );
}

/** Arguments of which one value is wrong. */
export type WrongArguments = {
  /** Names of the fields that lead to it. */
  readonly path: readonly string[];
  readonly type: string;
  readonly wrong: string;
  readonly values: Readonly<Record<string, unknown>>;
};

/**
 * Puts every wrong value into every place that the arguments have, also within input objects and lists, and leaves all else
 * as it was.
 */
export function wrongArguments(
  fields: readonly (GraphQLArgument | GraphQLInputField)[],
  good: Readonly<Record<string, unknown>>,
): readonly WrongArguments[] {
  return fields.flatMap((field) => {
    const put = (value: unknown) => ({ ...good, [field.name]: value });
    return wrongPlaces(field.type, good[field.name]).map(({ path, type, wrong, value }) => ({
      path: [field.name, ...path],
      type,
      wrong,
      values: put(value),
    }));
  });
}

function wrongPlaces(type: GraphQLInputType, good: unknown): readonly (Omit<WrongArguments, 'values'> & Wrong)[] {
  const plain = getNullableType(type);
  const own = wrongValuesOf(plain).map(({ name, value }) => {
    // Put together as text: in JavaScript a key __proto__ would set the prototype and not be sent.
    const isObject = isInputObjectType(plain) && typeof value === 'object' && !Array.isArray(value);
    const base = JSON.stringify(good ?? sampleOf(plain)).slice(1, -1);
    const more = JSON.stringify(value).slice(1, -1);
    const put = isObject ? JSON.parse(`{${[base, more].filter(Boolean).join()}}`) : value;
    return { path: [], type: String(plain), wrong: name, name, value: put };
  });
  if (isListType(plain)) {
    const [first] = Array.isArray(good) && good.length > 0 ? good : [sampleOf(plain.ofType)];
    return [...own, ...wrongPlaces(plain.ofType, first).map((place) => ({ ...place, value: [place.value] }))];
  }
  if (!isInputObjectType(plain)) return own;
  const base = (good ?? sampleOf(plain)) as Record<string, unknown>;
  const within = wrongArguments(Object.values(plain.getFields()), base);
  return [...own, ...within.map(({ values, ...place }) => ({ ...place, name: place.wrong, value: values }))];
}
