import type { CategoryOfArea } from '../communities/index.ts';
import type { Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import type { ServiceRow } from './service.ts';

/** A row with what it refers to found. */
export type ResolvedService = {
  readonly id: string;
  readonly row: ServiceRow;
  readonly providerId: string;
  readonly categories: readonly [CategoryOfArea, ...CategoryOfArea[]];
  readonly communityIds: readonly string[];
};

/**
 * Puts what belongs to services in the place of what they had: categories, locations, service areas, schedule,
 * eligibility, cost option and funding. One statement takes the old parts away, one brings the new.
 */
export async function replaceServiceParts(tx: Transaction, services: readonly ResolvedService[]): Promise<void> {
  if (services.length === 0) return;
  const ids = services.map(({ id }) => id);
  await tx.$executeRaw`
    WITH
      categories AS (DELETE FROM service_categories WHERE service_id = ANY(${ids}::uuid[])),
      locations AS (DELETE FROM service_locations WHERE service_id = ANY(${ids}::uuid[])),
      areas AS (DELETE FROM service_areas WHERE service_id = ANY(${ids}::uuid[])),
      windows AS (DELETE FROM schedule_windows WHERE service_id = ANY(${ids}::uuid[])),
      exceptions AS (DELETE FROM schedule_exceptions WHERE service_id = ANY(${ids}::uuid[])),
      eligibility AS (DELETE FROM eligibility_rules WHERE service_id = ANY(${ids}::uuid[])),
      costs AS (DELETE FROM cost_options WHERE service_id = ANY(${ids}::uuid[]))
    DELETE FROM service_funding WHERE service_id = ANY(${ids}::uuid[])`;
  await tx.$executeRaw`
    WITH
      categories AS (
        INSERT INTO service_categories (service_id, category_id, position)
        SELECT "serviceId", "categoryId", position
        FROM jsonb_to_recordset(${json(services, categoryParts)}::jsonb) AS row ("serviceId" uuid, "categoryId" uuid, position int)
      ),
      locations AS (
        INSERT INTO service_locations (id, service_id, name, address, latitude, longitude)
        SELECT id, "serviceId", name, address, latitude, longitude
        FROM jsonb_to_recordset(${json(services, locationParts)}::jsonb)
          AS row (id uuid, "serviceId" uuid, name text, address text, latitude float, longitude float)
      ),
      areas AS (
        INSERT INTO service_areas (service_id, community_id)
        SELECT "serviceId", "communityId"
        FROM jsonb_to_recordset(${json(services, areaParts)}::jsonb) AS row ("serviceId" uuid, "communityId" uuid)
      ),
      windows AS (
        INSERT INTO schedule_windows (id, service_id, day, start_minute, end_minute)
        SELECT id, "serviceId", day, "startMinute", "endMinute"
        FROM jsonb_to_recordset(${json(services, windowParts)}::jsonb)
          AS row (id uuid, "serviceId" uuid, day int, "startMinute" int, "endMinute" int)
      ),
      exceptions AS (
        INSERT INTO schedule_exceptions (id, service_id, date, start_minute, end_minute)
        SELECT id, "serviceId", date, "startMinute", "endMinute"
        FROM jsonb_to_recordset(${json(services, exceptionParts)}::jsonb)
          AS row (id uuid, "serviceId" uuid, date date, "startMinute" int, "endMinute" int)
      ),
      eligibility AS (
        INSERT INTO eligibility_rules (service_id, all_of, any_of, none_of, minimum_age, maximum_age)
        SELECT "serviceId", "allOf", "anyOf", "noneOf", "minimumAge", "maximumAge"
        FROM jsonb_to_recordset(${json(services, eligibilityParts)}::jsonb)
          AS row ("serviceId" uuid, "allOf" text[], "anyOf" text[], "noneOf" text[], "minimumAge" int, "maximumAge" int)
      ),
      costs AS (
        INSERT INTO cost_options (id, service_id, amount_fen, unit)
        SELECT id, "serviceId", "amountFen", unit
        FROM jsonb_to_recordset(${json(services, costParts)}::jsonb)
          AS row (id uuid, "serviceId" uuid, "amountFen" int, unit service_unit)
      )
    INSERT INTO service_funding (service_id, source)
    SELECT "serviceId", source
    FROM jsonb_to_recordset(${json(services, fundingParts)}::jsonb) AS row ("serviceId" uuid, source funding_source)`;
}

function json(services: readonly ResolvedService[], partsOf: (service: ResolvedService) => readonly object[]): string {
  return JSON.stringify(
    services.flatMap((service) => partsOf(service).map((part) => ({ serviceId: service.id, ...part }))),
  );
}

const categoryParts = ({ categories }: ResolvedService) =>
  categories.map(({ id }, position) => ({ categoryId: id, position }));

const locationParts = ({ row }: ResolvedService) => row.locations.map((location) => ({ id: newId(), ...location }));

const areaParts = ({ communityIds }: ResolvedService) => communityIds.map((communityId) => ({ communityId }));

const windowParts = ({ row }: ResolvedService) => row.schedule.map((window) => ({ id: newId(), ...window }));

const exceptionParts = ({ row }: ResolvedService) =>
  row.scheduleExceptions.flatMap(({ date, windows }): readonly object[] =>
    windows.length === 0
      ? [{ id: newId(), date, startMinute: null, endMinute: null }]
      : windows.map((window) => ({ id: newId(), date, ...window })),
  );

/** None for a service that is for everyone. */
const eligibilityParts = ({ row }: ResolvedService) => {
  const { allOf, anyOf, noneOf, minimumAge, maximumAge } = row;
  const isForEveryone = allOf.length + anyOf.length + noneOf.length === 0 && minimumAge === null && maximumAge === null;
  return isForEveryone ? [] : [{ allOf, anyOf, noneOf, minimumAge, maximumAge }];
};

const costParts = ({ row, categories: [main] }: ResolvedService) => [
  { id: newId(), amountFen: row.priceFen, unit: row.unit ?? main.unit },
];

const fundingParts = ({ row }: ResolvedService) => row.funding.map((source) => ({ source }));
