import { z } from 'zod';

/** How an urgency changes a category's time limits (办理时限规则). */
export type SlaTerm = {
  /** Share of the category's hours, percent. */
  readonly percent: number;
  /** Whether the hours are working hours of the area; around the clock otherwise. */
  readonly workingHours: boolean;
  /** When to remind, percent of the time to the deadline that has gone by. */
  readonly remindAtPercent: number;
  /** After how many orders of a need that nobody accepted the community's staff take over. */
  readonly escalateAfter: number;
};

/** Urgencies of a need: 1 life and safety, 2 urgent, 3 normal, 4 can wait. */
export const URGENCIES = [1, 2, 3, 4] as const;
export type Urgency = (typeof URGENCIES)[number];

/**
 * What holds in an area that has set no term of its own: life and safety get a quarter of the category's hours and urgent
 * needs half of them, at night and on holidays too; the others get the whole in working hours. Where life is at stake the
 * staff take over one refusal sooner.
 */
// biome-ignore format: a table is read by its columns
export const DEFAULT_SLA_TERMS: Readonly<Record<Urgency, SlaTerm>> = {
  1: { percent: 25,  workingHours: false, remindAtPercent: 75, escalateAfter: 2 },
  2: { percent: 50,  workingHours: false, remindAtPercent: 75, escalateAfter: 3 },
  3: { percent: 100, workingHours: true,  remindAtPercent: 75, escalateAfter: 3 },
  4: { percent: 100, workingHours: true,  remindAtPercent: 75, escalateAfter: 3 },
};

/** A term as it is set: for a category with all below it, or where it names none for the area. */
export const slaTermInput = z.object({
  categoryId: z.uuid().nullable(),
  urgency: z.int().min(1).max(4),
  percent: z.int().min(1).max(1000),
  workingHours: z.boolean(),
  remindAtPercent: z.int().min(1).max(99),
  escalateAfter: z.int().min(1).max(20),
});
export type SlaTermInput = z.output<typeof slaTermInput>;
