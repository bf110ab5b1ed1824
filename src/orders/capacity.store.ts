import type { Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import type { CapacityPeriod } from '../generated/prisma/enums.ts';
import { capacityPeriodStarts } from './capacity.ts';

/** A service whose places are limited. */
export type LimitedService = {
  readonly id: string;
  readonly places: number;
  readonly capacityPeriod: CapacityPeriod;
};

/** The places of a service in one period, locked until the transaction ends. */
export type LockedCapacity = { readonly id: string; placesFree: number };

/**
 * Locks the places of services in the period that holds the instant, in the order of their ids. A period that is not
 * there yet is made, and one whose service changed its places since is brought up to date.
 *
 * @param alsoLock ids of other capacities that the transaction will move
 * @returns by service id
 */
export async function lockCapacities(
  tx: Transaction,
  services: readonly LimitedService[],
  alsoLock: readonly string[],
  instant: Date,
  utcOffsetMinutes: number,
): Promise<ReadonlyMap<string, LockedCapacity>> {
  if (services.length + alsoLock.length === 0) return new Map();
  const starts = capacityPeriodStarts(instant, utcOffsetMinutes);
  const rows = services
    .map(({ id, places, capacityPeriod }) => ({
      id: newId(),
      serviceId: id,
      places,
      periodStart: starts[capacityPeriod],
    }))
    .sort((a, b) => (a.serviceId < b.serviceId ? -1 : 1));
  if (rows.length > 0) await makeMissing(tx, rows);
  const locked = await tx.$queryRaw<LockedRow[]>`
    SELECT c.id, c.service_id AS "serviceId", c.places, c.reserved + c.consumed AS taken, row.places AS offered
    FROM service_capacities c
    LEFT JOIN jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row ("serviceId" uuid, "periodStart" date, places int)
      ON (c.service_id, c.period_start) = (row."serviceId", row."periodStart")
    WHERE row."serviceId" IS NOT NULL OR c.id = ANY(${alsoLock}::uuid[])
    ORDER BY c.id FOR NO KEY UPDATE OF c`;
  const current = locked.filter((row): row is LockedRow & { offered: number } => row.offered !== null);
  await updatePlaces(tx, current);
  return new Map(current.map(({ id, serviceId, taken, offered }) => [serviceId, { id, placesFree: offered - taken }]));
}

type NewCapacity = {
  readonly id: string;
  readonly serviceId: string;
  readonly places: number;
  readonly periodStart: string;
};
type LockedRow = {
  readonly id: string;
  readonly serviceId: string;
  readonly places: number;
  readonly taken: number;
  /** What the service offers now; null for one that is only locked. */
  readonly offered: number | null;
};

async function makeMissing(tx: Transaction, rows: readonly NewCapacity[]): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO service_capacities (id, service_id, period_start, places)
    SELECT id, "serviceId", "periodStart", places
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (id uuid, "serviceId" uuid, "periodStart" date, places int)
    WHERE NOT EXISTS (
      SELECT FROM service_capacities c WHERE (c.service_id, c.period_start) = (row."serviceId", row."periodStart")
    )
    ON CONFLICT (service_id, period_start) DO NOTHING`;
}

/** A service that offers fewer places than are taken keeps those that are. */
async function updatePlaces(tx: Transaction, rows: readonly (LockedRow & { offered: number })[]): Promise<void> {
  const changed = rows
    .map(({ id, places, taken, offered }) => ({ id, before: places, places: Math.max(offered, taken) }))
    .filter(({ before, places }) => before !== places);
  if (changed.length === 0) return;
  await tx.$executeRaw`
    UPDATE service_capacities c SET places = row.places
    FROM jsonb_to_recordset(${JSON.stringify(changed)}::jsonb) AS row (id uuid, places int)
    WHERE c.id = row.id`;
}
