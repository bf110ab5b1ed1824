import { builder } from './builder.ts';

/**
 * A GraphQL enum of a database enum's values, in their order.
 *
 * @param values the enum object of the generated client
 * @param descriptions one for each value, in English with the Chinese term
 */
export function describedEnum<Value extends string>(
  name: string,
  description: string,
  values: Readonly<Record<Value, Value>>,
  descriptions: Readonly<Record<Value, string>>,
) {
  const entries = Object.keys(values).map((value) => [
    value,
    { value: value as Value, description: descriptions[value as Value] },
  ]);
  return builder.enumType(name, {
    description,
    values: Object.fromEntries(entries) as Record<Value, { value: Value; description: string }>,
  });
}
