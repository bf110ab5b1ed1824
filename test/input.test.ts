import { expect, it } from 'vitest';
import { z } from 'zod';
import { InvalidInput } from '../src/failures.ts';
import { parseInput, plainText } from '../src/input.ts';

const schema = z.strictObject({
  title: plainText(5, 1),
  urgency: z.int().min(1).max(4),
  channel: z.enum(['APP', 'WECHAT']).optional(),
});

function issuesOf(input: unknown) {
  try {
    parseInput(schema, input);
    return [];
  } catch (error) {
    return (error as InvalidInput).issues.map(({ path, rule, text }) => [path.join('.'), rule, text.zh, text.en]);
  }
}

it('names every field at fault with its rule in both languages', () => {
  expect(issuesOf({ title: ' ', urgency: 9, channel: 'FAX' })).toEqual([
    ['input.title', 'too_small', '不能为空', 'must not be empty'],
    ['input.urgency', 'too_big', '须至多为4', 'must be at most 4'],
    ['input.channel', 'invalid_value', '须为以下之一：APP, WECHAT', 'must be one of APP, WECHAT'],
  ]);
});

it('tells a missing field from one of the wrong type', () => {
  expect(issuesOf({ urgency: '2', title: '水管' })).toEqual([
    ['input.urgency', 'invalid_type', '类型不对，须为number', 'must be of type number'],
  ]);
  expect(issuesOf({ title: '水管' })).toEqual([['input.urgency', 'invalid_type', '必填', 'is required']]);
});

it('refuses fields that it does not know', () => {
  expect(issuesOf({ title: '水管', urgency: 1, state: 'CLOSED' })[0]?.[1]).toBe('unrecognized_keys');
});

it('takes text as NFC, trimmed, without bidirectional overrides', () => {
  expect(parseInput(plainText(20), '  cafe\u0301 \u202Eevil\u202C ')).toBe('café evil');
});

it('refuses text with control characters or half a surrogate pair', () => {
  expect(() => parseInput(plainText(20), 'a\u0000b')).toThrow(InvalidInput);
  expect(() => parseInput(plainText(20), 'a\ud83d')).toThrow(InvalidInput);
  expect(parseInput(plainText(20), 'a\n😀')).toBe('a\n😀');
});
