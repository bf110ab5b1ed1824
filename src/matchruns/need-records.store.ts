import type { Transaction } from '../database/database.ts';
import { readBearablePrices } from '../funding/index.ts';
import type { NeedState, ServiceNature } from '../generated/prisma/enums.ts';
import type { NeedRecord, WeeklyWindow } from '../matching/index.ts';
import { WAITING_NEED_STATES } from '../needs/lifecycle.ts';
import { withOpenAttributes } from '../privacy/index.ts';
import { ageOn } from './age.ts';
import type { AreaFrame } from './service-records.store.ts';

/** Which needs a run looks at: those that wait for an order, in these communities and categories. */
export type NeedScope = {
  /** Whole area when `null`. */
  readonly communityIds: readonly string[] | null;
  /** Ids of the very categories, descendants written out; every category when `null`. */
  readonly categoryIds: readonly string[] | null;
};

/** A need as the core takes it, and what a run must know of it beside. */
export type LoadedNeed = {
  readonly record: NeedRecord;
  readonly version: number;
  readonly state: NeedState;
  readonly urgency: number;
  /** Services whose order for this need was declined or expired: they have been asked. */
  readonly triedServices: readonly string[];
};

/** The need as the core is asked about it: without the services that have been asked already. */
export function withoutTried({ record, triedServices }: LoadedNeed): NeedRecord {
  if (triedServices.length === 0) return record;
  return { ...record, excludedServices: [...record.excludedServices, ...triedServices] };
}

/** Needs read at once: few, because the embedded database holds the event loop while it reads. */
const NEEDS_PER_PAGE = 200;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** How many needs of the scope wait for an order. */
export async function countWaitingNeeds(db: Transaction, areaId: string, scope: NeedScope): Promise<number> {
  return db.need.count({
    where: {
      areaId,
      state: { in: [...WAITING_NEED_STATES] },
      ...(scope.communityIds === null ? {} : { communityId: { in: [...scope.communityIds] } }),
      ...(scope.categoryIds === null ? {} : { categoryId: { in: [...scope.categoryIds] } }),
    },
  });
}

/** The needs of the scope that wait for an order, by ascending id, three SQL statements a page. */
export async function* readWaitingNeeds(
  db: Transaction,
  frame: AreaFrame,
  scope: NeedScope,
  now: Date,
): AsyncGenerator<readonly LoadedNeed[], void, void> {
  let after = BEFORE_ALL;
  for (;;) {
    const rows = await readPage(db, frame.areaId, { after, states: WAITING_NEED_STATES, ...scope });
    if (rows.length > 0) yield await loadedNeeds(db, rows, frame, now);
    if (rows.length < NEEDS_PER_PAGE) return;
    after = rows.at(-1)!.id;
  }
}

/**
 * One need in whatever state; `null` when there is none such in the area. What programmes have reserved for an order that
 * nobody has accepted yet counts as left to them: it ends before the need gets another.
 */
export async function readNeed(
  db: Transaction,
  frame: AreaFrame,
  needId: string,
  now: Date,
): Promise<LoadedNeed | null> {
  const [row] = await readPage(db, frame.areaId, {
    after: BEFORE_ALL,
    states: null,
    communityIds: null,
    categoryIds: null,
    onlyId: needId,
  });
  if (row === undefined) return null;
  const [need] = await loadedNeeds(db, [row], frame, now, row.order_out);
  return need!;
}

type NeedRow = {
  readonly id: string;
  readonly version: number;
  readonly state: NeedState;
  readonly urgency: number;
  readonly category_id: string;
  readonly category: string;
  readonly title: string;
  readonly description: string;
  readonly community_id: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly residentId: string | null;
  readonly isSealed: boolean | null;
  readonly attributes: readonly string[] | null;
  /** YYYY-MM-DD. */
  readonly birth_date: string | null;
  readonly earliest_at: Date | null;
  readonly deadline_at: Date | null;
  readonly preferred_windows: readonly WeeklyWindow[];
  readonly quantity: number;
  readonly maximum_price_fen: number | null;
  readonly excluded_providers: readonly string[];
  readonly excluded_services: readonly string[];
  readonly excluded_natures: readonly ServiceNature[];
  readonly preferred_providers: readonly string[];
  readonly preferred_services: readonly string[];
  readonly previous_providers: readonly string[];
  readonly tried_services: readonly string[];
  /** Its order that nobody has accepted yet. */
  readonly order_out: string | null;
};

/** A need lies where it says, else where its resident lives, else at the centre of its community. */
async function readPage(
  db: Transaction,
  areaId: string,
  filter: NeedScope & { after: string; states: readonly NeedState[] | null; onlyId?: string },
): Promise<NeedRow[]> {
  const { after, states, communityIds, categoryIds, onlyId = null } = filter;
  const rows = await db.$queryRaw<NeedRow[]>`
    SELECT n.id, n.version, n.state::text AS state, n.urgency, n.category_id, c.code AS category, n.resident_id AS "residentId",
      n.title, n.description, n.community_id,
      coalesce(n.latitude, r.latitude, m.latitude) AS latitude, coalesce(n.longitude, r.longitude, m.longitude) AS longitude,
      r.is_sealed AS "isSealed", r.attributes, to_char(r.birth_date, 'YYYY-MM-DD') AS birth_date, n.earliest_at, n.deadline_at,
      n.preferred_windows,
      n.quantity, n.maximum_price_fen,
      ARRAY(SELECT provider_id::text FROM need_preferences
        WHERE need_id = n.id AND kind = 'EXCLUDE' AND provider_id IS NOT NULL ORDER BY provider_id) AS excluded_providers,
      ARRAY(SELECT service_id::text FROM need_preferences
        WHERE need_id = n.id AND kind = 'EXCLUDE' AND service_id IS NOT NULL ORDER BY service_id) AS excluded_services,
      ARRAY(SELECT nature::text FROM need_preferences
        WHERE need_id = n.id AND kind = 'EXCLUDE' AND nature IS NOT NULL ORDER BY nature) AS excluded_natures,
      ARRAY(SELECT provider_id::text FROM need_preferences
        WHERE need_id = n.id AND kind = 'PREFER' AND provider_id IS NOT NULL ORDER BY provider_id) AS preferred_providers,
      ARRAY(SELECT service_id::text FROM need_preferences
        WHERE need_id = n.id AND kind = 'PREFER' AND service_id IS NOT NULL ORDER BY service_id) AS preferred_services,
      ARRAY(SELECT DISTINCT o.provider_id::text FROM needs earlier JOIN orders o ON o.need_id = earlier.id
        WHERE earlier.resident_id = n.resident_id AND o.state = 'CONFIRMED' ORDER BY 1) AS previous_providers,
      ARRAY(SELECT DISTINCT service_id::text FROM orders
        WHERE need_id = n.id AND state IN ('DECLINED', 'EXPIRED') ORDER BY 1) AS tried_services,
      (SELECT id FROM orders WHERE need_id = n.id AND state = 'DISPATCHED') AS order_out
    FROM needs n
    JOIN categories c ON c.id = n.category_id
    JOIN communities m ON m.id = n.community_id
    LEFT JOIN residents r ON r.id = n.resident_id
    WHERE n.area_id = ${areaId}::uuid AND n.id > ${after}::uuid
      AND (${onlyId}::uuid IS NULL OR n.id = ${onlyId}::uuid)
      AND (${states}::text[] IS NULL OR n.state = ANY (${states}::text[]::need_state[]))
      AND (${communityIds}::uuid[] IS NULL OR n.community_id = ANY (${communityIds}::uuid[]))
      AND (${categoryIds}::uuid[] IS NULL OR n.category_id = ANY (${categoryIds}::uuid[]))
    ORDER BY n.id LIMIT ${NEEDS_PER_PAGE}`;
  return withOpenAttributes(db, rows);
}

async function loadedNeeds(
  db: Transaction,
  rows: readonly NeedRow[],
  frame: AreaFrame,
  now: Date,
  endingOrderId: string | null = null,
): Promise<readonly LoadedNeed[]> {
  const needs = rows.map((row) => loadedNeed(row, frame, now));
  const asked = needs.map(({ record }, index) => {
    return { record, categoryId: rows[index]!.category_id, residentId: rows[index]!.residentId };
  });
  const records = await withBearablePrices(db, frame.areaId, asked, now, endingOrderId);
  return needs.map((need, index) => ({ ...need, record: records[index]! }));
}

/** A need as it stands on the list, and what programmes ask of it beside. */
export type ListedNeed = {
  readonly record: NeedRecord;
  readonly categoryId: string;
  readonly residentId: string | null;
};

/**
 * The needs with the greatest price that their residents can bear, raised by what the programmes in force would pay of it
 * now; one statement however many they are. Those that say no maximum stay as they are.
 */
export async function withBearablePrices(
  db: Transaction,
  areaId: string,
  needs: readonly ListedNeed[],
  now: Date,
  endingOrderId: string | null = null,
): Promise<readonly NeedRecord[]> {
  const limited = needs.flatMap(({ record, categoryId, residentId }, index) => {
    const { maximumPriceFen, quantity, communityId, attributes, age } = record;
    if (maximumPriceFen === null) return [];
    return [{ index, maximumPriceFen, quantity, communityId, attributes, age, categoryId, residentId }];
  });
  const bearable = await readBearablePrices(db, areaId, limited, now, endingOrderId);
  const records = needs.map(({ record }) => record);
  limited.forEach(({ index, maximumPriceFen: ownMaximumPriceFen }, at) => {
    const maximumPriceFen = bearable[at]!;
    if (maximumPriceFen > ownMaximumPriceFen) {
      records[index] = { ...records[index]!, maximumPriceFen, ownMaximumPriceFen };
    }
  });
  return records;
}

function loadedNeed(row: NeedRow, { utcOffsetMinutes }: AreaFrame, now: Date): LoadedNeed {
  const { latitude, longitude } = row;
  return {
    version: row.version,
    state: row.state,
    urgency: row.urgency,
    triedServices: row.tried_services,
    record: {
      id: row.id,
      category: row.category,
      title: row.title,
      description: row.description,
      communityId: row.community_id,
      location: latitude === null || longitude === null ? null : { latitude, longitude },
      attributes: row.attributes ?? [],
      age: row.birth_date === null ? null : ageOn(row.birth_date, now, utcOffsetMinutes),
      nowMs: now.getTime(),
      earliestMs: row.earliest_at?.getTime() ?? null,
      deadlineMs: row.deadline_at?.getTime() ?? null,
      preferredWindows: row.preferred_windows.map(({ day, startMinute, endMinute }) => ({
        day,
        startMinute,
        endMinute,
      })),
      quantity: row.quantity,
      maximumPriceFen: row.maximum_price_fen,
      excludedProviders: row.excluded_providers,
      excludedServices: row.excluded_services,
      excludedNatures: row.excluded_natures,
      preferredProviders: row.preferred_providers,
      preferredServices: row.preferred_services,
      previousProviders: row.previous_providers,
    },
  };
}
