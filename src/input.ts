import { z } from 'zod';
import { type InputIssue, InvalidInput } from './failures.ts';
import type { BilingualText } from './matching/records.ts';

/**
 * Checks an input against its schema, at every edge.
 *
 * @param path where the input stands in what the client sent, put before the path of each issue
 * @throws InvalidInput with every broken rule, in both languages
 */
export function parseInput<S extends z.ZodType>(
  schema: S,
  input: unknown,
  path: readonly string[] = ['input'],
): z.output<S> {
  const parsed = schema.safeParse(input, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new InvalidInput(parsed.error.issues.map((issue) => readIssue(issue, path)));
}

/** The version that someone read of what they change; `null` for what is new. */
export const versionSeen = z
  .int()
  .min(1)
  .nullish()
  .transform((version) => version ?? null);

/** A zod issue as a broken rule in both languages. */
export function readIssue(issue: z.core.$ZodIssue, path: readonly (string | number)[] = []): InputIssue {
  return {
    path: [...path, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))],
    rule: issue.code === 'custom' ? String(issue.params?.rule ?? 'custom') : issue.code,
    text: wordsOf(issue),
  };
}

/** A rule of our own for `superRefine` and `refine`: its stable name and its words in both languages. */
export function rule(
  name: string,
  zh: string,
  en: string,
): { params: { rule: string; text: BilingualText }; error: string } {
  return { params: { rule: name, text: { zh, en } }, error: en };
}

/**
 * Text from outside: NFC, trimmed, without control characters, lone surrogates or bidirectional overrides.
 *
 * @param longest in UTF-16 code units after trimming
 */
export function plainText(longest: number, shortest = 0): z.ZodType<string, string> {
  return z
    .string()
    .transform((text) => text.normalize('NFC').replace(BIDIRECTIONAL_CONTROLS, '').trim())
    .pipe(
      z
        .string()
        .min(shortest)
        .max(longest)
        .refine((text) => text.isWellFormed(), WELL_FORMED)
        .refine((text) => !CONTROL_CHARACTERS.test(text), NO_CONTROL_CHARACTERS),
    );
}

/** The first rule that a text breaks which any text has to hold to before it is read; `null` when it breaks none. */
export function textIssue(text: string, longest: number, path: readonly (string | number)[]): InputIssue | null {
  if (text.length > longest) return { path, rule: 'too_big', text: bound('string', longest, '至多', 'at most') };
  const broken = !text.isWellFormed() ? WELL_FORMED : CONTROL_CHARACTERS.test(text) ? NO_CONTROL_CHARACTERS : null;
  return broken && { path, ...broken.params };
}

const WELL_FORMED = rule('well_formed', '含有不成对的代理字符', 'must be well-formed Unicode');
const NO_CONTROL_CHARACTERS = rule('control_characters', '含有控制字符', 'must not contain control characters');

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused; tab and line ends are let through
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]/;
const BIDIRECTIONAL_CONTROLS = /[\u202A-\u202E\u2066-\u2069]/g;

function wordsOf(issue: z.core.$ZodIssue): BilingualText {
  switch (issue.code) {
    case 'custom':
      return (issue.params?.text as BilingualText | undefined) ?? { zh: issue.message, en: issue.message };
    case 'too_small':
      return bound(issue.origin, issue.minimum, '至少', 'at least');
    case 'too_big':
      return bound(issue.origin, issue.maximum, '至多', 'at most');
    case 'invalid_value': {
      const values = issue.values.map(String).join(', ');
      return { zh: `须为以下之一：${values}`, en: `must be one of ${values}` };
    }
    case 'invalid_type':
      return {
        zh: issue.input === undefined ? '必填' : `类型不对，须为${issue.expected}`,
        en: issue.input === undefined ? 'is required' : `must be of type ${issue.expected}`,
      };
    case 'invalid_format':
      return { zh: `格式不对，须为${issue.format}`, en: `must be a valid ${issue.format}` };
    case 'unrecognized_keys':
      return { zh: `有不认识的字段：${issue.keys.join('、')}`, en: `has unknown fields: ${issue.keys.join(', ')}` };
    default:
      return { zh: '不合规则', en: issue.message };
  }
}

function bound(origin: string, limit: number | bigint, zh: string, en: string): BilingualText {
  if (origin === 'string') {
    if (limit === 1 && en === 'at least') return { zh: '不能为空', en: 'must not be empty' };
    return { zh: `长度须${zh}${limit}个字符`, en: `must have ${en} ${limit} characters` };
  }
  if (origin === 'array') return { zh: `须${zh}${limit}项`, en: `must have ${en} ${limit} entries` };
  return { zh: `须${zh}为${limit}`, en: `must be ${en} ${limit}` };
}
