import type { NeedState } from '../generated/prisma/enums.ts';

/** The least mark of an appraisal, of 1 to 5, that counts as satisfied (满意). */
export const SATISFIED_MARK = 4;

/** A whole as basis points, hundredths of a per cent. */
export const BASIS_POINTS = 10_000;

/**
 * What is counted of needs and of the supply for them. A need belongs to the period in which it was registered, with all
 * that became of it since; places belong to the period in which they are offered and taken.
 */
export type FitCounts = {
  /** Needs registered. */
  readonly needs: number;
  /** Units that they ask for, without those taken back. */
  readonly units: number;
  /** Of the needs: taken back. */
  readonly withdrawn: number;
  /** Of the needs: an order is out, and the provider has not answered yet. */
  readonly offered: number;
  /** Of the needs: a provider accepted, whether served yet or not. */
  readonly matched: number;
  /** Of the needs: served. */
  readonly fulfilled: number;
  /** Of the needs: without a service, and how many for each reason. */
  readonly unmet: number;
  readonly unmetReasons: Readonly<Record<string, number>>;
  /** Orders for the needs to which the provider answered or let the time pass: accepted, declined or expired. */
  readonly answersDue: number;
  /** Of those: accepted by the time given. */
  readonly acceptedInTime: number;
  /** Orders for the needs that a resident appraised. */
  readonly appraised: number;
  /** Of those: the matter was resolved. */
  readonly resolved: number;
  /** Of those: a mark of `SATISFIED_MARK` or more. */
  readonly satisfied: number;
  /** Median seconds from dispatch to acceptance, and from registration to the end of the service; `null` without any. */
  readonly medianSecondsToAccept: number | null;
  readonly medianSecondsToFulfil: number | null;
  /** Services on offer; of them without a limit of places. */
  readonly services: number;
  readonly unlimitedServices: number;
  /** Places that services with a limit offer, and how many of them orders take. */
  readonly placesOffered: number;
  readonly placesTaken: number;
};

/** What a row measures: a category, a community and a period that begins on this local date, each `null` for all of them. */
export type CellKey = {
  readonly categoryId: string | null;
  readonly communityId: string | null;
  /** `YYYY-MM-DD`. */
  readonly periodStart: string | null;
};

/** A name of a cell that no other cell has. */
export function cellName({ categoryId, communityId, periodStart }: CellKey): string {
  return `${categoryId ?? ''} ${communityId ?? ''} ${periodStart ?? ''}`;
}

/** Needs of one cell that are in the same state for the same reason. */
export type NeedTally = {
  readonly state: NeedState;
  readonly unmetReason: string | null;
  readonly needs: number;
  readonly units: number;
};

/** What needs in their states come to. */
export function countNeeds(tallies: readonly NeedTally[]) {
  const counts = { needs: 0, units: 0, withdrawn: 0, offered: 0, matched: 0, fulfilled: 0, unmet: 0 };
  const unmetReasons: Record<string, number> = {};
  for (const { state, unmetReason, needs, units } of tallies) {
    counts.needs += needs;
    if (state === 'WITHDRAWN') counts.withdrawn += needs;
    else counts.units += units;
    if (state === 'OFFERED') counts.offered += needs;
    if (state === 'MATCHED' || state === 'FULFILLED' || state === 'CLOSED') counts.matched += needs;
    if (state === 'FULFILLED' || state === 'CLOSED') counts.fulfilled += needs;
    if (state === 'UNMET') {
      counts.unmet += needs;
      unmetReasons[unmetReason!] = (unmetReasons[unmetReason!] ?? 0) + needs;
    }
  }
  return { ...counts, unmetReasons };
}

/** Shares in basis points, rounded to the nearest, halves up; `null` where there is nothing to take a share of. */
export type FitRates = {
  /** Match rate (匹配率): needs for which there is a service, offered or accepted / needs not taken back. */
  readonly matchRate: number | null;
  /** Fill rate (满足率): needs served / needs not taken back. */
  readonly fillRate: number | null;
  /** Response rate (响应率): orders accepted in time / orders that were accepted, declined or expired. */
  readonly responseRate: number | null;
  /** Resolution rate (解决率): appraisals that say the matter was resolved / appraisals. */
  readonly resolutionRate: number | null;
  /** Satisfaction rate (满意率): appraisals with a mark of 4 or 5 / appraisals. */
  readonly satisfactionRate: number | null;
  /** Capacity used (名额使用率): places taken / places offered. */
  readonly capacityUsed: number | null;
};

/**
 * The rates of counts. Response, resolution and satisfaction are the three rates (三率) by which Beijing's 接诉即办 measures
 * how complaints are handled, there over hotline cases that were followed up by telephone, here over orders and appraisals.
 */
export function fitRates(counts: FitCounts): FitRates {
  return {
    matchRate: basisPoints(counts.offered + counts.matched, counts.needs - counts.withdrawn),
    fillRate: basisPoints(counts.fulfilled, counts.needs - counts.withdrawn),
    responseRate: basisPoints(counts.acceptedInTime, counts.answersDue),
    resolutionRate: basisPoints(counts.resolved, counts.appraised),
    satisfactionRate: basisPoints(counts.satisfied, counts.appraised),
    capacityUsed: basisPoints(counts.placesTaken, counts.placesOffered),
  };
}

/**
 * A share in basis points, exactly: rounded to the nearest whole, halves up.
 *
 * @param part 0 or more, whole
 * @param whole 0 or more, whole
 * @returns `null` when `whole` is 0
 */
export function basisPoints(part: number, whole: number): number | null {
  if (whole === 0) return null;
  const [p, w] = [BigInt(part), BigInt(whole)];
  return Number((2n * BigInt(BASIS_POINTS) * p + w) / (2n * w));
}
