import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import type { BilingualText } from '../matching/records.ts';

/** What is kept for a time. The last three are kept for good, and said so. */
export const RetainedKind = {
  ENDED_RESIDENTS: 'ENDED_RESIDENTS',
  REVEALS: 'REVEALS',
  CONTACT_VIEWS: 'CONTACT_VIEWS',
  HANDLED_NOTICES: 'HANDLED_NOTICES',
  MATCH_RUN_INPUTS: 'MATCH_RUN_INPUTS',
  AUDIT_LOG: 'AUDIT_LOG',
  LEDGERS: 'LEDGERS',
  CONSENTS: 'CONSENTS',
} as const;
export type RetainedKind = keyof typeof RetainedKind;

/** Kinds that are never removed, whatever a list of periods says. */
const KEPT_FOR_GOOD = ['AUDIT_LOG', 'LEDGERS', 'CONSENTS'] as const satisfies readonly RetainedKind[];

/** For how long something is kept (保存期限). */
export type RetentionPeriod = {
  readonly kind: RetainedKind;
  /** Days; `null` for good. */
  readonly days: number | null;
  readonly name: BilingualText;
};

const periodList = z
  .array(
    z.strictObject({
      kind: z.enum(RetainedKind),
      days: z.union([
        z.literal('').transform(() => null),
        z
          .string()
          .regex(/^\d{1,5}$/)
          .transform(Number)
          .refine((days) => days >= 1),
      ]),
      zh: z.string().min(1),
      en: z.string().min(1),
    }),
  )
  .refine((rows) => rows.length === Object.keys(RetainedKind).length)
  .refine((rows) => new Set(rows.map(({ kind }) => kind)).size === rows.length)
  .refine((rows) =>
    rows.every(({ kind, days }) => (KEPT_FOR_GOOD as readonly string[]).includes(kind) === (days === null)),
  );

/**
 * The periods of a list as periods.csv beside this file: each kind once, in days of 1 to 99,999, and none for what is kept for
 * good.
 *
 * @throws ZodError
 */
export function readPeriods(csv: string): readonly RetentionPeriod[] {
  const rows = periodList.parse(parse(csv, { columns: true, bom: true, skip_empty_lines: true }));
  return rows.map(({ kind, days, zh, en }) => ({ kind, days, name: { zh, en } }));
}

/** For how long what is kept (保存期限): periods.csv. */
export const RETENTION_PERIODS: readonly RetentionPeriod[] = readPeriods(
  readFileSync(new URL('./periods.csv', import.meta.url), 'utf8'),
);
