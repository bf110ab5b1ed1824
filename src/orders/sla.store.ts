import { appendAudit } from '../audit/index.ts';
import type { Database, Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { NotFound } from '../failures.ts';
import { demandAtAll } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { readWorkCalendar } from './calendar.store.ts';
import { DEFAULT_SLA_TERMS, type SlaTerm, type SlaTermInput, type Urgency } from './sla.ts';
import type { WorkCalendar } from './working-time.ts';

/** By what the deadlines of orders are counted. */
export type ServiceLevels = {
  readonly calendar: WorkCalendar;
  /** The term of the category itself or else the nearest one above it, else of the area, else the default. */
  readonly termOf: (categoryId: string, urgency: number) => SlaTerm;
};

/**
 * Reads the terms that hold for categories of an area, and its calendar.
 *
 * @param from the calendar is read from the day of this instant on
 */
export async function readServiceLevels(
  tx: Transaction,
  areaId: string,
  categoryIds: readonly string[],
  from: Date,
): Promise<ServiceLevels> {
  const calendar = await readWorkCalendar(tx, areaId, from);
  const rows = await tx.$queryRaw<(SlaTerm & { categoryId: string | null; urgency: number })[]>`
    WITH RECURSIVE lineage AS (
      SELECT id AS category_id, id AS ancestor_id, parent_id, 0 AS height FROM categories WHERE id = ANY(${categoryIds}::uuid[])
      UNION ALL
      SELECT lineage.category_id, c.id, c.parent_id, height + 1 FROM lineage JOIN categories c ON c.id = lineage.parent_id
    )
    SELECT lineage.category_id AS "categoryId", t.urgency, t.percent, t.working_hours AS "workingHours",
      t.remind_at_percent AS "remindAtPercent", t.escalate_after AS "escalateAfter"
    FROM sla_terms t LEFT JOIN lineage ON lineage.ancestor_id = t.category_id
    WHERE t.area_id = ${areaId}::uuid AND (t.category_id IS NULL OR lineage.category_id IS NOT NULL)
    ORDER BY lineage.height NULLS LAST`;
  const terms = new Map<string, SlaTerm>();
  for (const { categoryId, urgency, ...term } of rows) {
    const key = `${categoryId ?? ''} ${urgency}`;
    if (!terms.has(key)) terms.set(key, term);
  }
  return {
    calendar,
    termOf: (categoryId, urgency) =>
      terms.get(`${categoryId} ${urgency}`) ?? terms.get(` ${urgency}`) ?? DEFAULT_SLA_TERMS[urgency as Urgency],
  };
}

/**
 * Sets a term, new or over the one that is there. Orders that are out keep their deadlines.
 *
 * @returns its id
 * @throws NotSignedIn, NotAllowed, NotFound for a category that is not of the area
 */
export async function setSlaTerm(database: Database, viewer: Viewer, input: SlaTermInput, now: Date): Promise<string> {
  demandAtAll(viewer, 'sla.set');
  const { areaId } = viewer;
  const { categoryId, urgency, percent, workingHours, remindAtPercent, escalateAfter } = input;
  return database.transaction(
    async (tx) => {
      if (categoryId !== null) await demandCategory(tx, areaId, categoryId);
      const [kept] = await tx.$queryRaw<{ id: string }[]>`
        INSERT INTO sla_terms (id, area_id, category_id, urgency, percent, working_hours, remind_at_percent, escalate_after)
        VALUES (${newId()}::uuid, ${areaId}::uuid, ${categoryId}::uuid, ${urgency}, ${percent}, ${workingHours}, ${remindAtPercent},
          ${escalateAfter})
        ON CONFLICT (area_id, COALESCE(category_id, '00000000-0000-0000-0000-000000000000'), urgency) DO UPDATE SET
          percent = excluded.percent, working_hours = excluded.working_hours, remind_at_percent = excluded.remind_at_percent,
          escalate_after = excluded.escalate_after
        RETURNING id`;
      await appendAudit(
        tx,
        viewer,
        { action: 'sla.set', subjectType: 'SlaTerm', subjectId: kept!.id, body: { ...input } },
        now,
      );
      return kept!.id;
    },
    { answerId: (id) => id },
  );
}

/**
 * Takes a category's own terms away, for all urgencies: what stands above it holds again.
 *
 * @returns the category's id
 * @throws NotSignedIn, NotAllowed, NotFound for a category that is not of the area
 */
export async function removeSlaTerms(
  database: Database,
  viewer: Viewer,
  categoryId: string,
  now: Date,
): Promise<string> {
  demandAtAll(viewer, 'sla.set');
  return database.transaction(
    async (tx) => {
      await demandCategory(tx, viewer.areaId, categoryId);
      await tx.slaTerm.deleteMany({ where: { areaId: viewer.areaId, categoryId } });
      await appendAudit(tx, viewer, { action: 'sla.remove', subjectType: 'Category', subjectId: categoryId }, now);
      return categoryId;
    },
    { answerId: (id) => id },
  );
}

async function demandCategory(tx: Transaction, areaId: string, categoryId: string): Promise<void> {
  if ((await tx.category.count({ where: { id: categoryId, areaId } })) === 0) {
    throw new NotFound({ zh: '类别', en: 'category' }, ['input', 'categoryId']);
  }
}
