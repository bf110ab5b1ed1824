import { GraphQLError } from 'graphql';
import { builder } from './builder.ts';

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;

builder.scalarType('DateTime', {
  description: 'An instant as RFC 3339 with an offset, e.g. 2026-11-24T08:30:00Z; answers are in UTC (时刻).',
  serialize: (value) => value.toISOString(),
  parseValue: (value) => {
    const isInstant = typeof value === 'string' && RFC_3339.test(value) && isCalendarDate(value.slice(0, 10));
    const instant = new Date(isInstant ? value : Number.NaN);
    if (!isYear(instant.getUTCFullYear()))
      throw new GraphQLError('DateTime must be RFC 3339 with an offset, years 1900 to 2200');
    return instant;
  },
});

builder.scalarType('Date', {
  description: 'A calendar date, e.g. 2026-11-24 (日期).',
  serialize: (value) => (value instanceof Date ? value.toISOString().slice(0, 10) : value),
  parseValue: (value) => {
    if (typeof value !== 'string' || !isCalendarDate(value) || !isYear(Number(value.slice(0, 4))))
      throw new GraphQLError('Date must be a calendar date such as 2026-11-24, years 1900 to 2200');
    return value;
  },
});

builder.scalarType('Fen', {
  description: 'Money in whole fen, a hundredth of a yuan (金额，单位：分).',
  serialize: (value) => value,
  parseValue: (value) => {
    if (!Number.isSafeInteger(value)) throw new GraphQLError('Fen must be a whole number of fen');
    return value as number;
  },
});

builder.scalarType('Amount', {
  description: 'A whole number of any size, as a string of digits (整数数量).',
  serialize: (value) => value.toString(),
  parseValue: (value) => {
    if (typeof value !== 'string' || !/^-?\d{1,30}$/.test(value))
      throw new GraphQLError('Amount must be a string of digits');
    return BigInt(value);
  },
});

builder.scalarType('JSON', {
  description: 'Any JSON value (JSON 值).',
  serialize: (value) => value,
  parseValue: (value) => value,
});

/** Not so the 30th of February, which JavaScript takes for a day in March. */
function isCalendarDate(text: string): boolean {
  return ISO_DATE.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true;
}

function isYear(year: number): boolean {
  return year >= 1900 && year <= 2200;
}
