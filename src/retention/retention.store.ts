import { appendAudit } from '../audit/index.ts';
import type { Database, Transaction } from '../database/database.ts';
import { systemViewer } from '../identity/viewer.ts';
import { eraseAsSystem } from '../needs/index.ts';
import { RETENTION_PERIODS, type RetainedKind, type RetentionPeriod } from './periods.ts';

/** How much of a kind was kept for its time and is removed. */
export type Removed = { readonly areaId: string; readonly kind: RetainedKind; readonly count: number };

/** Rows that one transaction removes. */
const ROWS_PER_BATCH = 500;

/**
 * Removes what was kept for its time (到期清理), area by area, in batches of a transaction each with an entry of the audit log
 * that says how much of what it was. One that is interrupted goes on when it is called again, and two at a time do no harm.
 * A resident who cannot be erased yet is left to the next call.
 *
 * @param isTrial only counts, and removes nothing
 * @returns what of each area was removed, or would be; nothing for a kind without any
 */
export async function removeExpired(
  database: Database,
  now: Date,
  { isTrial = false, periods = RETENTION_PERIODS }: { isTrial?: boolean; periods?: readonly RetentionPeriod[] } = {},
): Promise<readonly Removed[]> {
  const removed: Removed[] = [];
  const areas = await database.prisma.area.findMany({ orderBy: { id: 'asc' }, select: { id: true } });
  for (const { id: areaId } of areas) {
    for (const { kind, days } of periods) {
      if (days === null) continue;
      const before = new Date(now.getTime() - days * 86_400_000);
      const count = isTrial
        ? await countExpired(database.prisma, kind, areaId, before)
        : kind === 'ENDED_RESIDENTS'
          ? await eraseEnded(database, areaId, before, now)
          : await removeKind(database, kind, areaId, before, now);
      if (count > 0) removed.push({ areaId, kind, count });
    }
  }
  return removed;
}

async function removeKind(database: Database, kind: RetainedKind, areaId: string, before: Date, now: Date) {
  let removed = 0;
  for (;;) {
    const batch = await database.transaction(async (tx) => {
      const count = await removeBatch(tx, kind, areaId, before);
      const entry = { action: 'retention.remove', subjectType: 'Area', subjectId: areaId, body: { kind, count } };
      if (count > 0) await appendAudit(tx, systemViewer(areaId), entry, now);
      return count;
    });
    removed += batch;
    if (batch < ROWS_PER_BATCH) return removed;
  }
}

/** What two at a time remove is locked by one of them; the other goes past it. */
async function removeBatch(tx: Transaction, kind: RetainedKind, areaId: string, before: Date): Promise<number> {
  switch (kind) {
    case 'REVEALS':
      return tx.$executeRaw`
        DELETE FROM resident_reveals WHERE id IN (SELECT id FROM resident_reveals
          WHERE area_id = ${areaId}::uuid AND until < ${before} LIMIT ${ROWS_PER_BATCH} FOR UPDATE SKIP LOCKED)`;
    case 'CONTACT_VIEWS':
      return tx.$executeRaw`
        DELETE FROM contact_views WHERE (order_id, user_id, date) IN (SELECT order_id, user_id, date FROM contact_views
          WHERE area_id = ${areaId}::uuid AND date < ${before}::date LIMIT ${ROWS_PER_BATCH} FOR UPDATE SKIP LOCKED)`;
    case 'HANDLED_NOTICES':
      return tx.$executeRaw`
        DELETE FROM notices WHERE id IN (SELECT id FROM notices
          WHERE area_id = ${areaId}::uuid AND handled_at < ${before} LIMIT ${ROWS_PER_BATCH} FOR UPDATE SKIP LOCKED)`;
    case 'MATCH_RUN_INPUTS':
      return tx.$executeRaw`
        DELETE FROM match_run_inputs WHERE match_run_id IN (SELECT i.match_run_id
          FROM match_run_inputs i JOIN match_runs m ON m.id = i.match_run_id
          WHERE m.area_id = ${areaId}::uuid AND m.finished_at < ${before} LIMIT ${ROWS_PER_BATCH} FOR UPDATE OF i SKIP LOCKED)`;
    default:
      throw new Error(`${kind} is not removed row by row`);
  }
}

async function countExpired(db: Transaction, kind: RetainedKind, areaId: string, before: Date): Promise<number> {
  switch (kind) {
    case 'ENDED_RESIDENTS':
      return db.resident.count({ where: endedResidents(areaId, before) });
    case 'REVEALS':
      return db.residentReveal.count({ where: { areaId, until: { lt: before } } });
    case 'CONTACT_VIEWS':
      return db.contactView.count({ where: { areaId, date: { lt: new Date(before.toISOString().slice(0, 10)) } } });
    case 'HANDLED_NOTICES':
      return db.notice.count({ where: { areaId, handledAt: { lt: before } } });
    case 'MATCH_RUN_INPUTS':
      return db.matchRunInput.count({ where: { matchRun: { areaId, finishedAt: { lt: before } } } });
    default:
      throw new Error(`${kind} is kept for good`);
  }
}

/** Residents whom no list has brought, and of whom no need was registered or moved, since then. */
function endedResidents(areaId: string, before: Date) {
  return {
    areaId,
    erasedAt: null,
    updatedAt: { lt: before },
    needs: { none: { updatedAt: { gte: before } } },
  } as const;
}

async function eraseEnded(database: Database, areaId: string, before: Date, now: Date): Promise<number> {
  let erased = 0;
  for (let after = FIRST_ID; ; ) {
    const residents = await database.prisma.resident.findMany({
      where: { ...endedResidents(areaId, before), id: { gt: after } },
      orderBy: { id: 'asc' },
      take: ROWS_PER_BATCH,
      select: { id: true },
    });
    for (const { id } of residents) {
      const outcome = await eraseAsSystem(database, systemViewer(areaId), id, 'RETENTION', now);
      if (outcome === 'ERASED') erased += 1;
    }
    const last = residents.at(-1);
    if (last === undefined || residents.length < ROWS_PER_BATCH) return erased;
    after = last.id;
  }
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000';
