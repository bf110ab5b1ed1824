import { parse, validate } from 'graphql';
import { expect, it } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { EXAMPLE_OPERATIONS } from '../../src/server/example-operations.ts';

it.each(EXAMPLE_OPERATIONS.map(({ query }) => [/(?:query|mutation|subscription) (\w+)/.exec(query)?.[1], query]))(
  'the example operation %s is ready to run',
  (_name, query) => {
    expect(validate(schema, parse(query!)).map((error) => error.message)).toEqual([]);
  },
);
