import { appendAudit } from '../audit/index.ts';
import { categoriesByCode, communityIdsByExternalId } from '../communities/index.ts';
import type { Database, Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { WrittenMeanwhile } from '../database/sql-state.ts';
import { type InputIssue, InvalidInput, NotFound, VersionConflict } from '../failures.ts';
import type { ProgrammeState } from '../generated/prisma/enums.ts';
import { demandAtAll } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { issuesWithin } from '../imports/cells.ts';
import type { ImportOutcome } from '../imports/definition.ts';
import { writeProgrammeNotices } from './funds.store.ts';
import {
  type Budget,
  demandProgrammeTransition,
  leftOf,
  lineCrossed,
  PROGRAMME,
  type ProgrammeRow,
} from './programme.ts';

/**
 * Writes a programme (登记资金项目), a new one or over the one with its external id.
 *
 * @param version that which the viewer read; `null` for a new programme
 * @returns its id
 * @throws NotSignedIn, NotAllowed; NotFound for a version of none; VersionConflict when it is there already in another
 *   version; InvalidInput for a category or community that is not there, a budget below what has gone of it, and one that
 *   is closed
 */
export async function saveProgramme(
  database: Database,
  viewer: Viewer,
  row: ProgrammeRow,
  version: number | null,
  now: Date,
): Promise<string> {
  demandAtAll(viewer, 'programme.write');
  return database.transaction(
    async (tx) => {
      const known = (await lockFormer(tx, viewer.areaId, [row])).get(row.externalId);
      if (known === undefined && version !== null) throw new NotFound(PROGRAMME, ['input', 'externalId']);
      if (known !== undefined && known.version !== version) throw conflict(known);
      const [written] = await writeProgrammes(tx, viewer.areaId, [row], now);
      if (written!.outcome === 'REJECTED') throw new InvalidInput(issuesWithin('input', written!.issues));
      if (known === undefined && written!.outcome === 'UPDATED') throw new WrittenMeanwhile();
      const body = { externalId: row.externalId, isNew: known === undefined, budgetFen: row.budgetFen };
      await appendAudit(
        tx,
        viewer,
        { action: 'programme.save', subjectType: 'FundingProgramme', subjectId: written!.id, body },
        now,
      );
      return written!.id;
    },
    { answerId: (id) => id },
  );
}

/**
 * Suspends, resumes or closes a programme. What it has reserved for orders stays reserved.
 *
 * @returns its id
 * @throws NotSignedIn, NotAllowed, NotFound, VersionConflict, TransitionRefused
 */
export async function moveProgramme(
  database: Database,
  viewer: Viewer,
  { programmeId, version }: { readonly programmeId: string; readonly version: number },
  to: ProgrammeState,
  now: Date,
): Promise<string> {
  demandAtAll(viewer, 'programme.write');
  return database.transaction(
    async (tx) => {
      const [known] = await tx.$queryRaw<Former[]>`
        SELECT id, external_id, version, state::text, budget_fen AS "budgetFen", reserved_fen AS "reservedFen",
          spent_fen AS "spentFen", low_percent AS "lowPercent"
        FROM funding_programmes WHERE id = ${programmeId}::uuid AND area_id = ${viewer.areaId}::uuid FOR NO KEY UPDATE`;
      if (known === undefined) throw new NotFound(PROGRAMME);
      if (known.version !== version) throw conflict(known);
      demandProgrammeTransition(known.state, to);
      await tx.fundingProgramme.update({ where: { id: programmeId }, data: { state: to } });
      await appendAudit(
        tx,
        viewer,
        {
          action: 'programme.move',
          subjectType: 'FundingProgramme',
          subjectId: programmeId,
          body: { from: known.state, to },
        },
        now,
      );
      return programmeId;
    },
    { answerId: (id) => id },
  );
}

/**
 * Writes programmes of an area, new ones or over those with the same external id, with their categories and communities. A
 * row that refers to something that is not there, that would take back what has gone of a budget, or whose programme is
 * closed is rejected, with paths by field, and the others are written. A programme that comes to its line or its end
 * thereby is told to the administrators.
 *
 * @param rows with external ids that differ from one another
 * @returns one element a row, in their order
 */
export async function writeProgrammes(
  tx: Transaction,
  areaId: string,
  rows: readonly ProgrammeRow[],
  now: Date,
): Promise<readonly ImportOutcome[]> {
  const categories = await categoriesByCode(
    tx,
    areaId,
    rows.flatMap((row) => row.categories),
  );
  const communities = await communityIdsByExternalId(
    tx,
    areaId,
    rows.flatMap((row) => row.communities),
  );
  const former = await lockFormer(tx, areaId, rows);
  const issuesOf = new Map(
    rows.map((row) => [
      row,
      [
        ...unknown('categories', row.categories, categories, '类别', 'category'),
        ...unknown('communities', row.communities, communities, '社区', 'community'),
        ...budgetIssues(row, former.get(row.externalId)),
      ],
    ]),
  );
  const good = rows.filter((row) => issuesOf.get(row)!.length === 0);
  const ids = await upsert(tx, areaId, good, now);
  await replaceScopes(
    tx,
    good.map((row) => ({
      programmeId: ids.get(row.externalId)!,
      categoryIds: row.categories.map((code) => categories.get(code)!.id),
      communityIds: row.communities.map((id) => communities.get(id)!),
    })),
  );
  const crossings = good.flatMap((row) => {
    const before = former.get(row.externalId);
    if (before === undefined) return [];
    const after = { ...before, budgetFen: BigInt(row.budgetFen), lowPercent: row.lowPercent };
    return [{ programmeId: before.id, kind: lineCrossed(after, leftOf(before), leftOf(after)) }];
  });
  await writeProgrammeNotices(tx, areaId, crossings, now);
  return rows.map((row): ImportOutcome => {
    const issues = issuesOf.get(row)!;
    if (issues.length > 0) return { outcome: 'REJECTED', issues };
    return { outcome: former.has(row.externalId) ? 'UPDATED' : 'CREATED', id: ids.get(row.externalId)! };
  });
}

type Former = Budget & {
  readonly id: string;
  readonly external_id: string;
  readonly version: number;
  readonly state: ProgrammeState;
};

function conflict({ id, version, state }: Former): VersionConflict {
  return new VersionConflict(PROGRAMME, version, state, { typename: 'FundingProgramme', id });
}

/** Programmes that are there already, locked by ascending id, by external id. */
async function lockFormer(
  tx: Transaction,
  areaId: string,
  rows: readonly ProgrammeRow[],
): Promise<ReadonlyMap<string, Former>> {
  const former = await tx.$queryRaw<Former[]>`
    SELECT id, external_id, version, state::text, budget_fen AS "budgetFen", reserved_fen AS "reservedFen", spent_fen AS "spentFen",
      low_percent AS "lowPercent"
    FROM funding_programmes WHERE area_id = ${areaId}::uuid AND external_id = ANY(${rows.map((row) => row.externalId)})
    ORDER BY id FOR NO KEY UPDATE`;
  return new Map(former.map((programme) => [programme.external_id, programme]));
}

function budgetIssues(row: ProgrammeRow, former: Former | undefined): readonly InputIssue[] {
  if (former === undefined) return [];
  if (former.state === 'CLOSED') {
    const text = { zh: '该资金项目已结项，不能修改', en: 'this funding programme is closed and cannot be changed' };
    return [{ path: ['externalId'], rule: 'closed', text }];
  }
  const gone = former.reservedFen + former.spentFen;
  if (BigInt(row.budgetFen) >= gone) return [];
  const text = {
    zh: `预算不能低于已预留和已支出的${gone}分`,
    en: `must not be below the ${gone} fen that are reserved and spent`,
  };
  return [{ path: ['budgetFen'], rule: 'budget_in_use', text }];
}

function unknown(
  field: 'categories' | 'communities',
  names: readonly string[],
  known: ReadonlyMap<string, unknown>,
  zh: string,
  en: string,
): readonly InputIssue[] {
  const strange = names.filter((name) => !known.has(name));
  if (strange.length === 0) return [];
  const text = { zh: `没有${zh}${strange.join('、')}`, en: `there is no ${en} ${strange.join(', ')}` };
  return [{ path: [field], rule: 'unknown_reference', text }];
}

/** @returns ids by external id */
async function upsert(
  tx: Transaction,
  areaId: string,
  rows: readonly ProgrammeRow[],
  now: Date,
): Promise<ReadonlyMap<string, string>> {
  if (rows.length === 0) return new Map();
  const records = rows.map((row) => ({ ...row, id: newId() }));
  const written = await tx.$queryRaw<{ id: string; external_id: string }[]>`
    INSERT INTO funding_programmes (id, area_id, external_id, name, name_en, source, budget_fen, valid_from, valid_to,
      share_basis_points, amount_per_unit_fen, cap_per_resident_fen, cap_per_provider_fen, all_of, any_of, none_of, minimum_age,
      maximum_age, priority, low_percent, created_at, updated_at)
    SELECT id, ${areaId}::uuid, "externalId", name, "nameEn", source, "budgetFen", "validFrom", "validTo", "shareBasisPoints",
      "amountPerUnitFen", "capPerResidentFen", "capPerProviderFen", "allOf", "anyOf", "noneOf", "minimumAge", "maximumAge",
      priority, "lowPercent", ${now}, ${now}
    FROM jsonb_to_recordset(${JSON.stringify(records)}::jsonb) AS row (
      id uuid, "externalId" text, name text, "nameEn" text, source funding_source, "budgetFen" bigint, "validFrom" timestamptz,
      "validTo" timestamptz, "shareBasisPoints" int, "amountPerUnitFen" int, "capPerResidentFen" bigint,
      "capPerProviderFen" bigint, "allOf" text[], "anyOf" text[], "noneOf" text[], "minimumAge" int, "maximumAge" int,
      priority int, "lowPercent" int
    )
    ORDER BY "externalId"
    ON CONFLICT (area_id, external_id) DO UPDATE SET
      name = excluded.name, name_en = excluded.name_en, source = excluded.source, budget_fen = excluded.budget_fen,
      valid_from = excluded.valid_from, valid_to = excluded.valid_to, share_basis_points = excluded.share_basis_points,
      amount_per_unit_fen = excluded.amount_per_unit_fen, cap_per_resident_fen = excluded.cap_per_resident_fen,
      cap_per_provider_fen = excluded.cap_per_provider_fen, all_of = excluded.all_of, any_of = excluded.any_of,
      none_of = excluded.none_of, minimum_age = excluded.minimum_age, maximum_age = excluded.maximum_age,
      priority = excluded.priority, low_percent = excluded.low_percent, updated_at = excluded.updated_at
    RETURNING id, external_id`;
  return new Map(written.map((row) => [row.external_id, row.id]));
}

type Scope = {
  readonly programmeId: string;
  readonly categoryIds: readonly string[];
  readonly communityIds: readonly string[];
};

async function replaceScopes(tx: Transaction, scopes: readonly Scope[]): Promise<void> {
  if (scopes.length === 0) return;
  const programmeId = { in: scopes.map((scope) => scope.programmeId) };
  await tx.programmeCategory.deleteMany({ where: { programmeId } });
  await tx.programmeCommunity.deleteMany({ where: { programmeId } });
  await tx.programmeCategory.createMany({
    data: scopes.flatMap((scope) =>
      scope.categoryIds.map((categoryId) => ({ programmeId: scope.programmeId, categoryId })),
    ),
  });
  await tx.programmeCommunity.createMany({
    data: scopes.flatMap((scope) =>
      scope.communityIds.map((communityId) => ({ programmeId: scope.programmeId, communityId })),
    ),
  });
}
