import { isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { expect, it } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';

const builtIn = new Set(['Boolean', 'Float', 'ID', 'Int', 'String']);
const CHINESE = /[\u4e00-\u9fff]/;

it('describes every type, field, argument and enum value in English with the Chinese term', () => {
  const lacking: string[] = [];
  const look = (name: string, description: string | null | undefined) => {
    if (!description || !CHINESE.test(description) || !/[A-Za-z]{2}/.test(description)) lacking.push(name);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || builtIn.has(type.name)) continue;
    look(type.name, type.description);
    if (isEnumType(type)) for (const value of type.getValues()) look(`${type.name}.${value.name}`, value.description);
    if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        look(`${type.name}.${field.name}`, field.description);
        if ('args' in field) {
          for (const argument of field.args)
            look(`${type.name}.${field.name}(${argument.name}:)`, argument.description);
        }
      }
    }
  }
  expect(lacking).toEqual([]);
});

it('answers every mutation with a union of its result and the typed failures', () => {
  const mutations = Object.values(schema.getMutationType()!.getFields());
  expect(mutations.length).toBeGreaterThan(0);
  for (const mutation of mutations) {
    const type = schema.getType(String(mutation.type).replace('!', ''))!;
    const members = schema.getPossibleTypes(type as never).map((member) => member.name);
    expect(members, mutation.name).toEqual(
      expect.arrayContaining(['InvalidInput', 'NotFound', 'NotSignedIn', 'NotAllowed']),
    );
  }
});
