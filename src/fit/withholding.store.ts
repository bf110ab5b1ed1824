import type { Transaction } from '../database/database.ts';
import { reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { localDateOf } from '../imports/local-time.ts';
import { type DisclosurePlan, planDisclosure, type Region } from './disclosure.ts';
import type { Fit, FitGroups, FitRow } from './fit.store.ts';
import type { FitPeriod, FitScope } from './scope.store.ts';
import { FIT_TABLES, type FitTable, readStandings } from './standing.store.ts';

/** Groups of fewer residents are not told of where nobody sets another number. */
export const SMALLEST_GROUP = 5;

/** A table whose numbers may be withheld from a row; accessibility is made of the needs of all communities. */
export type WithheldTable = FitTable | 'accessibility';

/** A row with what may not be shown of it. */
export type ShownFitRow = FitRow & { readonly withheld: ReadonlySet<WithheldTable> };

/** The rows that may be shown, and their totals. */
export type ShownFit = { readonly rows: readonly ShownFitRow[]; readonly totals: ShownFitRow };

/**
 * Withholds what stands for fewer than `smallestGroup` residents, or would tell of so few when it is compared with other
 * numbers (`planDisclosure`). Who may read the residents of a row is shown all of it.
 */
export async function withholdSmallGroups(
  db: Transaction,
  viewer: Viewer,
  { scope, rows, totals }: Fit,
  groups: FitGroups,
  smallestGroup: number,
): Promise<ShownFit> {
  const reach = reachOf(viewer, 'resident.read');
  const mayKnow = ({ communityId }: FitRow): boolean =>
    smallestGroup <= 1 ||
    reach.wholeArea ||
    (communityId === null ? scope.communityIds : [communityId]).every((id) => reach.communityIds.includes(id));
  const whole = (row: FitRow): ShownFitRow => ({ ...row, withheld: new Set() });
  if ([...rows, totals].every(mayKnow)) return { rows: rows.map(whole), totals: whole(totals) };

  const plans = await planTables(db, scope, smallestGroup);
  const show = (row: FitRow, period: FitPeriod): ShownFitRow => {
    if (mayKnow(row)) return whole(row);
    const region = regionOf(row, scope, period);
    const withheld = new Set<WithheldTable>(TABLES.filter((table) => region === null || !plans[table].covers(region)));
    const ofEach = (id: string): boolean =>
      region !== null && plans.needs.covers({ ...region, communityIds: new Set([id]) });
    // Where the row's own needs are withheld the other communities need not be looked at.
    if (withheld.has('needs') || !scope.communityIds.every(ofEach)) withheld.add('accessibility');
    return { ...row, withheld };
  };
  return {
    rows: rows.map((row) => show(row, groups.period)).filter(isSeenToBeThere),
    totals: show(totals, 'WHOLE'),
  };
}

const TABLES = Object.keys(FIT_TABLES) as FitTable[];

/** A row that is there only for what is withheld would tell of it. */
function isSeenToBeThere({ counts, withheld }: ShownFitRow): boolean {
  return (
    counts.services > 0 ||
    (counts.needs > 0 && !withheld.has('needs')) ||
    (counts.placesTaken > 0 && !withheld.has('placesTaken'))
  );
}

async function planTables(
  db: Transaction,
  scope: FitScope,
  smallestGroup: number,
): Promise<Readonly<Record<FitTable, DisclosurePlan>>> {
  const categories = await db.category.findMany({
    where: { areaId: scope.areaId },
    select: { id: true, parentId: true },
    orderBy: { code: 'asc' },
  });
  const parentOf = new Map(categories.map(({ id, parentId }) => [id, parentId]));
  const standings = await readStandings(db, scope);
  const plans = TABLES.map((table) => [table, planDisclosure(standings[table], parentOf, smallestGroup)]);
  return Object.fromEntries(plans) as Record<FitTable, DisclosurePlan>;
}

/** What a row is about; `null` when that is not made of whole local months. */
function regionOf({ categoryId, communityId, periodStart }: FitRow, scope: FitScope, period: FitPeriod): Region | null {
  const months = monthsOf(periodStart, scope, period);
  if (months === null) return null;
  return {
    categoryIds: new Set(categoryId === null ? scope.categoryIds : [categoryId]),
    communityIds: new Set(communityId === null ? scope.communityIds : [communityId]),
    months,
  };
}

const MONTHS_IN: Readonly<Partial<Record<FitPeriod, number>>> = { MONTH: 1, QUARTER: 3 };

function monthsOf(periodStart: string | null, scope: FitScope, period: FitPeriod): Region['months'] | null {
  const [from, to] = [monthBegunAt(scope.from, scope), monthBegunAt(scope.to, scope)];
  if (from === undefined || to === undefined) return null;
  if (periodStart === null) return { first: from, end: to };
  const length = MONTHS_IN[period];
  if (length === undefined) return null;
  const first = periodStart.slice(0, 7);
  const end = monthAfter(first, length);
  return { first: from !== null && from > first ? from : first, end: to !== null && to < end ? to : end };
}

/** The local month that begins at an instant; `null` for no instant, `undefined` when none begins then. */
function monthBegunAt(instant: Date | null, { utcOffsetMinutes }: FitScope): string | null | undefined {
  if (instant === null) return null;
  const month = localDateOf(instant, utcOffsetMinutes).slice(0, 7);
  const justBefore = localDateOf(new Date(instant.getTime() - 1), utcOffsetMinutes).slice(0, 7);
  return month === justBefore ? undefined : month;
}

function monthAfter(month: string, months: number): string {
  const [year, number] = month.split('-').map(Number);
  const total = year! * 12 + number! - 1 + months;
  return `${String(Math.floor(total / 12)).padStart(4, '0')}-${String((total % 12) + 1).padStart(2, '0')}`;
}
