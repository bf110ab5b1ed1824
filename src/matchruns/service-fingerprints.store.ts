import type { Transaction } from '../database/database.ts';
import { capacityPeriodStarts } from '../orders/index.ts';
import type { AreaFrame } from './service-records.store.ts';

/** Services are told apart by the last byte of their ids, which is random. */
export type Fingerprints = ReadonlyMap<number, string>;

/**
 * The version that the database is at, where no transaction that writes is under way: as long as it is the same, nothing
 * in the database has changed. `null` while one is under way.
 *
 * A snapshot reads `xmin:xmax:in progress`. With none in progress and the same `xmax`, no transaction has been numbered
 * since, and without a number none can write.
 */
export async function readQuietVersion(db: Transaction): Promise<string | null> {
  const [row] = await db.$queryRaw<{ snapshot: string }[]>`SELECT pg_current_snapshot()::text AS snapshot`;
  const [xmin, xmax, inProgress] = row!.snapshot.split(':');
  return xmin === xmax && inProgress === '' ? row!.snapshot : null;
}

/**
 * A fingerprint of the service list in each of 256 buckets, by the last byte of the ids: it changes exactly when a row
 * that a service's record is made of is written, added or deleted, whoever does it. It is the count and the sum of
 * hashes of the rows' `xmin`, which names the transaction that wrote a row.
 */
export async function readFingerprints(
  db: Transaction,
  { areaId, utcOffsetMinutes }: AreaFrame,
  now: Date,
): Promise<Fingerprints> {
  const periodStarts = capacityPeriodStarts(now, utcOffsetMinutes);
  const rows = await db.$queryRaw<{ bucket: number; fingerprint: string }[]>`
    WITH listed AS MATERIALIZED (
      SELECT id, get_byte(uuid_send(id), 15) AS bucket, provider_id, capacity_period, xmin AS written_by
      FROM services WHERE area_id = ${areaId}::uuid AND status <> 'DRAFT'
    ), parts AS (
      SELECT bucket, 0 AS part, written_by FROM listed
      UNION ALL SELECT bucket, 1, p.xmin FROM listed JOIN providers p ON p.id = provider_id
      UNION ALL SELECT bucket, 2, x.xmin FROM listed JOIN service_categories x ON x.service_id = listed.id
      UNION ALL SELECT bucket, 3, x.xmin FROM listed JOIN service_areas x ON x.service_id = listed.id
      UNION ALL SELECT bucket, 4, x.xmin FROM listed JOIN service_locations x ON x.service_id = listed.id
      UNION ALL SELECT bucket, 5, x.xmin FROM listed JOIN schedule_windows x ON x.service_id = listed.id
      UNION ALL SELECT bucket, 6, x.xmin FROM listed JOIN schedule_exceptions x ON x.service_id = listed.id
      UNION ALL SELECT bucket, 7, x.xmin FROM listed JOIN eligibility_rules x ON x.service_id = listed.id
      UNION ALL SELECT bucket, 8, x.xmin FROM listed JOIN cost_options x ON x.service_id = listed.id
      UNION ALL SELECT bucket, 9, x.xmin FROM listed JOIN service_capacities x ON x.service_id = listed.id
        AND x.period_start = CASE capacity_period
          WHEN 'DAY' THEN ${periodStarts.DAY}::date WHEN 'WEEK' THEN ${periodStarts.WEEK}::date
          WHEN 'MONTH' THEN ${periodStarts.MONTH}::date ELSE ${periodStarts.OPEN}::date END
    )
    SELECT bucket, count(*) || ':' || sum(hashtextextended(written_by::text, part)) AS fingerprint
    FROM parts GROUP BY bucket`;
  return new Map(rows.map(({ bucket, fingerprint }) => [bucket, fingerprint]));
}
