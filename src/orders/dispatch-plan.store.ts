import type { Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { asSystem } from '../database/row-wall.ts';
import { NotFound } from '../failures.ts';
import {
  exceedsMaximum,
  type LockedFund,
  lockFunds,
  type PricedOrder,
  type PricePart,
  reserveParts,
  splitPrice,
} from '../funding/index.ts';
import type { CapacityPeriod, DispatchMode, NeedState, ServiceUnit } from '../generated/prisma/enums.ts';
import { type Action, demand } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { ageOn } from '../matchruns/age.ts';
import { NEED } from '../needs/lifecycle.ts';
import { withOpenAttributes } from '../privacy/index.ts';
import { type Actor, actorOf, SYSTEM_ACTOR } from './actor.ts';
import { lockCapacities } from './capacity.store.ts';
import { type OrderDeadlines, orderDeadlines } from './deadlines.ts';
import { SERVICE } from './order.ts';
import type { OrderChange } from './order-changes.ts';
import { readServiceLevels } from './sla.store.ts';

/** A need and a service that are to be brought together. */
export type Dispatch = {
  readonly needId: string;
  readonly serviceId: string;
  readonly mode: DispatchMode;
  /** The run whose assignment it is, or that found the candidate. */
  readonly matchRunId: string | null;
  readonly candidateId: string | null;
};

/**
 * What became of one dispatch. DISPATCHED; NO_PLACES, the service has not enough places left in its period; NOT_OFFERED,
 * it is not published, not in term or its provider is not admitted; ABOVE_MAXIMUM, the resident would pay more for a unit
 * than they said they can; NOT_WAITING, the need has an order or has ended.
 */
export type DispatchOutcome =
  | { readonly outcome: 'DISPATCHED'; readonly orderId: string; readonly change: OrderChange }
  | { readonly outcome: 'NO_PLACES' | 'NOT_OFFERED' | 'ABOVE_MAXIMUM'; readonly orderId: null }
  | { readonly outcome: 'NOT_WAITING'; readonly orderId: null; readonly needState: NeedState };

/** What is to become of dispatches: their outcomes, and the orders that are to be written. */
export type DispatchPlan = {
  readonly outcomes: readonly DispatchOutcome[];
  readonly orders: readonly NewOrder[];
  /** The programmes that may pay, with what the orders leave of them. */
  readonly funds: readonly LockedFund[];
};

/** An order that ends in the same transaction, before the next one of its need is written. */
export type EndingOrder = { readonly id: string; readonly capacityId: string | null };

/**
 * Decides dispatches and locks everything that they will move: needs, then places, then the programmes that may pay. Places
 * and budgets are taken by one dispatch after another.
 *
 * @param ending does not keep its need from getting the next order; its places are locked with the others, and what
 *   programmes have reserved for it counts as left
 */
export async function planDispatches(
  tx: Transaction,
  viewer: Viewer,
  dispatches: readonly Dispatch[],
  now: Date,
  ending: EndingOrder | null = null,
): Promise<DispatchPlan> {
  if (dispatches.length === 0) return { outcomes: [], orders: [], funds: [] };
  const needs = await lockNeeds(tx, viewer.areaId, distinct(dispatches.map(({ needId }) => needId)), ending);
  const services = await readServices(tx, viewer.areaId, distinct(dispatches.map(({ serviceId }) => serviceId)));
  const actors = dispatches.map(({ needId, serviceId, mode }) => {
    if (!services.has(serviceId)) throw new NotFound(SERVICE);
    return actorOfDispatch(viewer, mode, needs.get(needId));
  });
  const isOffered = ({ admitted, validFrom, validTo }: ServiceRow): boolean =>
    admitted && (validFrom ?? now) <= now && now <= (validTo ?? now);
  const limited = [...services.values()].flatMap((service) =>
    service.places !== null && isOffered(service) ? [{ ...service, places: service.places }] : [],
  );
  const alsoLock = ending === null || ending.capacityId === null ? [] : [ending.capacityId];
  const categoryIds = distinct([...needs.values()].map(({ categoryId }) => categoryId));
  const levels = await readServiceLevels(tx, viewer.areaId, categoryIds, now);
  // Places and programmes are those of everybody: who dispatches need not see what they hold for others.
  const capacities = await asSystem(tx, () =>
    lockCapacities(tx, limited, alsoLock, now, levels.calendar.utcOffsetMinutes),
  );

  const pricedOf = (need: NeedRow, service: ServiceRow): PricedOrder => ({
    ...need,
    ...service,
    age: need.birthDate === null ? null : ageOn(need.birthDate, now, levels.calendar.utcOffsetMinutes),
  });
  const possible = dispatches.flatMap(({ needId, serviceId }) => {
    const need = needs.get(needId)!;
    const service = services.get(serviceId)!;
    const hasPlaces = service.places === null || (capacities.get(service.id)?.placesFree ?? 0) >= need.quantity;
    const isPriced = service.unitPriceFen > 0 && need.waits && isOffered(service) && hasPlaces;
    if (!isPriced) return [];
    const { categoryId, communityId, residentId } = need;
    return [{ categoryId, communityId, residentId, providerId: service.providerId }];
  });
  const funds =
    possible.length === 0
      ? []
      : await asSystem(tx, () => lockFunds(tx, viewer.areaId, possible, now, ending?.id ?? null));

  const orders: NewOrder[] = [];
  const outcomes = dispatches.map((dispatch, index): DispatchOutcome => {
    const need = needs.get(dispatch.needId)!;
    const service = services.get(dispatch.serviceId)!;
    if (!need.waits) return { outcome: 'NOT_WAITING', orderId: null, needState: need.state };
    if (!isOffered(service)) return { outcome: 'NOT_OFFERED', orderId: null };
    const capacity = service.places === null ? null : capacities.get(service.id)!;
    if (capacity !== null && capacity.placesFree < need.quantity) return { outcome: 'NO_PLACES', orderId: null };
    const parts = splitPrice(pricedOf(need, service), funds);
    if (exceedsMaximum(parts, need.quantity, need.maximumPriceFen)) return { outcome: 'ABOVE_MAXIMUM', orderId: null };
    if (capacity !== null) capacity.placesFree -= need.quantity;
    reserveParts({ providerId: service.providerId, residentId: need.residentId }, parts, funds);
    need.waits = false;
    need.state = 'OFFERED';
    const term = levels.termOf(need.categoryId, need.urgency);
    const deadlines = orderDeadlines(need, term, levels.calendar, need.deadlineAt, now);
    const order = newOrder(dispatch, need, service, {
      areaId: viewer.areaId,
      capacityId: capacity?.id ?? null,
      actor: actors[index]!,
      parts,
      ...deadlines,
    });
    orders.push(order);
    return { outcome: 'DISPATCHED', orderId: order.id, change: changeOf(order) };
  });
  return { outcomes, orders, funds };
}

/** The changes that a plan makes once it is written. */
export function changesOf({ outcomes }: DispatchPlan): readonly OrderChange[] {
  return outcomes.flatMap((outcome) => (outcome.outcome === 'DISPATCHED' ? [outcome.change] : []));
}

type NeedRow = {
  readonly id: string;
  state: NeedState;
  /** Whether it may get an order now. */
  waits: boolean;
  readonly communityId: string;
  readonly categoryId: string;
  readonly residentId: string | null;
  readonly isSealed: boolean | null;
  readonly attributes: readonly string[];
  /** YYYY-MM-DD. */
  readonly birthDate: string | null;
  readonly urgency: number;
  readonly quantity: number;
  readonly maximumPriceFen: number | null;
  readonly deadlineAt: Date | null;
  readonly unit: ServiceUnit;
  readonly acceptWithinHours: number;
  readonly completeWithinHours: number;
  /** How many orders it had so far. */
  attempts: number;
};

/** Locks needs by ascending id. One whose order is ending is still OFFERED. */
async function lockNeeds(
  tx: Transaction,
  areaId: string,
  ids: readonly string[],
  ending: EndingOrder | null,
): Promise<ReadonlyMap<string, NeedRow>> {
  const rows = await tx.$queryRaw<Omit<NeedRow, 'waits' | 'attempts'>[]>`
    SELECT n.id, n.state::text, n.community_id AS "communityId", n.category_id AS "categoryId", n.resident_id AS "residentId",
      r.is_sealed AS "isSealed", COALESCE(r.attributes, '{}') AS attributes, to_char(r.birth_date, 'YYYY-MM-DD') AS "birthDate",
      n.urgency, n.quantity,
      n.maximum_price_fen AS "maximumPriceFen", n.deadline_at AS "deadlineAt", c.unit::text, c.accept_within_hours AS "acceptWithinHours",
      c.complete_within_hours AS "completeWithinHours"
    FROM needs n JOIN categories c ON c.id = n.category_id LEFT JOIN residents r ON r.id = n.resident_id
    WHERE n.id = ANY(${ids}::uuid[]) AND n.area_id = ${areaId}::uuid
    ORDER BY n.id FOR NO KEY UPDATE OF n`;
  // A second look: the statement that waited for a lock would count the orders as they were before it waited.
  const earlier = await tx.$queryRaw<{ needId: string; attempts: number; live: boolean }[]>`
    SELECT need_id AS "needId", max(attempt) AS attempts,
      bool_or(state IN ('DISPATCHED', 'ACCEPTED', 'IN_SERVICE', 'FULFILLED', 'DISPUTED') AND id IS DISTINCT FROM ${ending?.id ?? null}::uuid) AS live
    FROM orders WHERE need_id = ANY(${ids}::uuid[]) GROUP BY need_id`;
  const opened = await withOpenAttributes(tx, rows);
  const ordersOf = new Map(earlier.map((row) => [row.needId, row]));
  return new Map(
    opened.map((row) => {
      const had = ordersOf.get(row.id);
      const waits = ['OPEN', 'UNMET', 'OFFERED'].includes(row.state) && had?.live !== true;
      return [row.id, { ...row, waits, attempts: had?.attempts ?? 0 }];
    }),
  );
}

type ServiceRow = {
  readonly id: string;
  readonly providerId: string;
  readonly places: number | null;
  readonly capacityPeriod: CapacityPeriod;
  readonly admitted: boolean;
  readonly validFrom: Date | null;
  readonly validTo: Date | null;
  readonly unitPriceFen: number;
  readonly giftFen: number;
  /** Whether volunteers give it (志愿服务). */
  readonly isVolunteered: boolean;
};

async function readServices(
  tx: Transaction,
  areaId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ServiceRow>> {
  const rows = await tx.$queryRaw<ServiceRow[]>`
    SELECT s.id, s.provider_id AS "providerId", s.places, s.capacity_period::text AS "capacityPeriod",
      s.status = 'PUBLISHED' AND p.admission = 'ADMITTED' AS admitted, s.valid_from AS "validFrom", s.valid_to AS "validTo",
      COALESCE((SELECT amount_fen FROM cost_options WHERE service_id = s.id ORDER BY option = 'standard' DESC, amount_fen LIMIT 1), 0)
        AS "unitPriceFen", s.gift_fen AS "giftFen",
      EXISTS (SELECT FROM service_funding f WHERE f.service_id = s.id AND f.source = 'VOLUNTEER') AS "isVolunteered"
    FROM services s JOIN providers p ON p.id = s.provider_id
    WHERE s.id = ANY(${ids}::uuid[]) AND s.area_id = ${areaId}::uuid`;
  return new Map(rows.map((row) => [row.id, row]));
}

const ACTION_OF_MODE: Readonly<Record<Exclude<DispatchMode, 'REDISPATCH'>, Action>> = {
  MATCH_RUN: 'match.run',
  STAFF: 'order.dispatch',
  RESIDENT_CHOICE: 'need.choose',
};

/** Whoever makes an order end does not choose where it goes next: that Liangdan does. */
function actorOfDispatch(viewer: Viewer, mode: DispatchMode, need: NeedRow | undefined): Actor {
  if (need === undefined) throw new NotFound(NEED);
  if (mode === 'REDISPATCH') return SYSTEM_ACTOR;
  const { communityId, residentId } = need;
  const belonging = { areaId: viewer.areaId, communityId, residentId };
  demand(viewer, ACTION_OF_MODE[mode], belonging, 'need.read', NEED);
  return actorOf(viewer, ACTION_OF_MODE[mode], belonging);
}

/** An order about to be written. */
export type NewOrder = ReturnType<typeof newOrder>;

function newOrder(dispatch: Dispatch, need: NeedRow, service: ServiceRow, decided: DecidedOrder) {
  const { id: needId, communityId, categoryId, residentId, quantity, unit } = need;
  return {
    id: newId(),
    needId,
    serviceId: service.id,
    providerId: service.providerId,
    communityId,
    categoryId,
    residentId,
    matchRunId: dispatch.matchRunId,
    candidateId: dispatch.candidateId,
    mode: dispatch.mode,
    attempt: need.attempts + 1,
    quantity,
    unit,
    unitPriceFen: service.unitPriceFen,
    isVolunteered: service.isVolunteered,
    ...decided,
  };
}

/** What is decided of an order beside what its need and its service say. */
type DecidedOrder = OrderDeadlines & {
  readonly areaId: string;
  readonly capacityId: string | null;
  readonly actor: Actor;
  readonly parts: readonly PricePart[];
};

function changeOf({ id, needId, areaId, communityId, providerId, residentId }: NewOrder): OrderChange {
  return { orderId: id, needId, areaId, communityId, providerId, residentId };
}

function distinct(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)];
}
