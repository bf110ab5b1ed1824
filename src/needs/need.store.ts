import type { Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { asSystem } from '../database/row-wall.ts';
import type { LedgerEntryKind, NeedState } from '../generated/prisma/enums.ts';
import { appendLedgerEntries, type NewLedgerEntry } from '../ledger/index.ts';
import { assertNeedTransition, WAITING_NEED_STATES } from './lifecycle.ts';
import { type NeedContent, type Preference, saysTheSame, type WithdrawalReason } from './need.ts';

/** Who writes, where and when. */
export type Writing = { readonly areaId: string; readonly actorId: string | null; readonly now: Date };

/** A need to write: what it says, and the id by which it is found again. Without `registeredAt` it keeps its own, or is new now. */
export type NeedRow = Omit<NeedContent, 'registeredAt'> & {
  readonly externalId: string;
  readonly registeredAt: Date | null;
};

/**
 * What became of a need: CREATED; AMENDED, its words were written over and it waits for matching again; UNCHANGED, it
 * said the same already; REFUSED, it says something else but is dispatched or ended, and stays as it is.
 */
export type NeedWritten = {
  readonly id: string;
  readonly outcome: 'CREATED' | 'AMENDED' | 'UNCHANGED' | 'REFUSED';
  /** The state that it had before; OPEN for a new one. */
  readonly state: NeedState;
};

/** A need as it stands, locked until the transaction ends. */
export type LockedNeed = {
  readonly id: string;
  readonly externalId: string;
  readonly state: NeedState;
  readonly version: number;
  readonly content: NeedContent;
};

/**
 * Writes needs of an area, new ones or over those with the same external id, in a fixed number of statements. A need
 * that waits (OPEN or UNMET) is written over, goes back to OPEN and loses its candidates; one that is dispatched keeps
 * what its order promises. Each new need is an entry of its ledger; one that changes category or community leaves its
 * old ledger and enters the new.
 *
 * @param rows with external ids that differ from one another, and references of the area
 * @returns one element a row, in their order
 */
export async function writeNeeds(
  tx: Transaction,
  writing: Writing,
  rows: readonly NeedRow[],
): Promise<readonly NeedWritten[]> {
  const written = new Map<string, NeedWritten>();
  const entries: BookEntry[] = [];
  // Someone else may register the same external id between the look and the write; then it is there at the next look.
  for (let unwritten = rows; unwritten.length > 0; ) {
    const externalIds = unwritten.map((row) => row.externalId);
    // An external id may be taken where the viewer does not see it.
    const standing = await asSystem(tx, () => lockNeeds(tx, writing.areaId, { externalIds }));
    const byExternalId = new Map(standing.map((need) => [need.externalId, need]));
    const amendments: Amendment[] = [];
    for (const row of unwritten) {
      const need = byExternalId.get(row.externalId);
      if (!need) continue;
      const content = contentOver(need.content, row);
      const outcome = judge(need, content);
      written.set(row.externalId, { id: need.id, outcome, state: need.state });
      if (outcome === 'AMENDED') amendments.push({ need, content });
    }
    await amendNeeds(tx, amendments, writing.now);
    entries.push(...amendments.flatMap(rebooking));
    const created = await insertNeeds(
      tx,
      writing,
      unwritten.filter((row) => !byExternalId.has(row.externalId)),
    );
    for (const { id, externalId, content } of created) {
      written.set(externalId, { id, outcome: 'CREATED', state: 'OPEN' });
      entries.push({ kind: 'NEED_REGISTERED', needId: id, content });
    }
    unwritten = unwritten.filter((row) => !written.has(row.externalId));
  }
  await enterLedgers(tx, writing, entries);
  return rows.map((row) => written.get(row.externalId)!);
}

/** Locks needs of an area by id or external id, in the order of their ids, and gives them as they stand. */
export async function lockNeeds(
  tx: Transaction,
  areaId: string,
  { ids = [], externalIds = [] }: { readonly ids?: readonly string[]; readonly externalIds?: readonly string[] },
): Promise<readonly LockedNeed[]> {
  const rows = await tx.$queryRaw<StoredNeed[]>`
    SELECT id, external_id AS "externalId", state::text, version, community_id AS "communityId", resident_id AS "residentId",
      category_id AS "categoryId", category_source::text AS "categorySource", title, description, channel::text, urgency,
      quantity, registered_at AS "registeredAt", earliest_at AS "earliestAt", deadline_at AS "deadlineAt",
      preferred_windows AS "preferredWindows", maximum_price_fen AS "maximumPriceFen", latitude, longitude
    FROM needs
    WHERE area_id = ${areaId}::uuid AND (external_id = ANY(${externalIds}) OR id = ANY(${ids}::uuid[]))
    ORDER BY id FOR UPDATE`;
  if (rows.length === 0) return [];
  // A second look: the statement that waited for a lock would show the preferences as they were before it waited.
  const preferences = await tx.$queryRaw<(Preference & { needId: string })[]>`
    SELECT need_id AS "needId", kind::text, provider_id AS "providerId", service_id AS "serviceId", nature::text
    FROM need_preferences WHERE need_id = ANY(${rows.map((row) => row.id)}::uuid[])`;
  const preferencesOfNeed = Map.groupBy(preferences, (preference) => preference.needId);
  return rows.map(({ id, externalId, state, version, ...content }) => ({
    id,
    externalId,
    state,
    version,
    content: { ...content, preferences: preferencesOfNeed.get(id) ?? [] },
  }));
}

/**
 * Takes a need back, with its entry in the ledger. An order that is out must have been cancelled before.
 *
 * @throws TransitionRefused when it is served or its life has ended
 */
export async function withdrawLockedNeed(
  tx: Transaction,
  writing: Writing,
  need: LockedNeed,
  reason: WithdrawalReason,
): Promise<void> {
  assertNeedTransition(need.state, 'WITHDRAWN');
  await tx.$executeRaw`
    UPDATE needs SET state = 'WITHDRAWN', unmet_reason = NULL, updated_at = ${writing.now} WHERE id = ${need.id}::uuid`;
  await enterLedgers(tx, writing, [{ kind: 'NEED_WITHDRAWN', needId: need.id, content: need.content, reason }]);
}

function judge(need: LockedNeed, content: NeedContent): Exclude<NeedWritten['outcome'], 'CREATED'> {
  if (saysTheSame(need.content, content)) return 'UNCHANGED';
  return (WAITING_NEED_STATES as readonly NeedState[]).includes(need.state) ? 'AMENDED' : 'REFUSED';
}

/** What a need says once a row is written over it. A category that its text found holds while the text is the same. */
function contentOver(standing: NeedContent, { externalId: _, registeredAt, ...row }: NeedRow): NeedContent {
  const sameText = row.title === standing.title && row.description === standing.description;
  const { categoryId, categorySource } = row.categorySource === 'TEXT' && sameText ? standing : row;
  return { ...row, categoryId, categorySource, registeredAt: registeredAt ?? standing.registeredAt };
}

type CreatedNeed = { readonly id: string; readonly externalId: string; readonly content: NeedContent };

/** Inserts the rows whose external id is not there yet, and gives those that went in. */
async function insertNeeds(
  tx: Transaction,
  { areaId, now }: Writing,
  rows: readonly NeedRow[],
): Promise<CreatedNeed[]> {
  if (rows.length === 0) return [];
  const needs = rows.map(({ externalId, registeredAt, ...content }) => ({
    id: newId(),
    externalId,
    content: { ...content, registeredAt: registeredAt ?? now },
  }));
  const columns = needs.map(({ id, externalId, content }) => ({ ...content, id, externalId }));
  const inserted = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO needs (id, area_id, community_id, resident_id, category_id, category_source, external_id, title, description,
      channel, urgency, quantity, registered_at, earliest_at, deadline_at, preferred_windows, maximum_price_fen, latitude,
      longitude, created_at, updated_at)
    SELECT id, ${areaId}::uuid, "communityId", "residentId", "categoryId", "categorySource", "externalId", title, description,
      channel, urgency, quantity, "registeredAt", "earliestAt", "deadlineAt", "preferredWindows", "maximumPriceFen", latitude,
      longitude, ${now}, ${now}
    FROM jsonb_to_recordset(${JSON.stringify(columns)}::jsonb) AS row (
      id uuid, "communityId" uuid, "residentId" uuid, "categoryId" uuid, "categorySource" category_source, "externalId" text,
      title text, description text, channel channel, urgency int, quantity int, "registeredAt" timestamptz,
      "earliestAt" timestamptz, "deadlineAt" timestamptz, "preferredWindows" jsonb, "maximumPriceFen" int, latitude float,
      longitude float
    )
    ON CONFLICT (area_id, external_id) DO NOTHING
    RETURNING id`;
  const ids = new Set(inserted.map((row) => row.id));
  const created = needs.filter((need) => ids.has(need.id));
  await insertPreferences(tx, created);
  return created;
}

type Amendment = { readonly need: LockedNeed; readonly content: NeedContent };

/** Writes over needs that are locked and wait. What was found for their old words is not current any more. */
async function amendNeeds(tx: Transaction, amendments: readonly Amendment[], now: Date): Promise<void> {
  if (amendments.length === 0) return;
  const rows = amendments.map(({ need, content }) => ({ ...content, id: need.id }));
  const ids = rows.map((row) => row.id);
  await tx.$executeRaw`
    UPDATE needs SET state = 'OPEN', unmet_reason = NULL, community_id = row."communityId", resident_id = row."residentId",
      category_id = row."categoryId", category_source = row."categorySource", title = row.title,
      description = row.description, channel = row.channel, urgency = row.urgency, quantity = row.quantity,
      registered_at = row."registeredAt", earliest_at = row."earliestAt", deadline_at = row."deadlineAt",
      preferred_windows = row."preferredWindows", maximum_price_fen = row."maximumPriceFen", latitude = row.latitude,
      longitude = row.longitude, updated_at = ${now}
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (
      id uuid, "communityId" uuid, "residentId" uuid, "categoryId" uuid, "categorySource" category_source, title text,
      description text, channel channel, urgency int, quantity int, "registeredAt" timestamptz, "earliestAt" timestamptz,
      "deadlineAt" timestamptz, "preferredWindows" jsonb, "maximumPriceFen" int, latitude float, longitude float
    )
    WHERE needs.id = row.id`;
  await tx.$executeRaw`DELETE FROM need_preferences WHERE need_id = ANY(${ids}::uuid[])`;
  await insertPreferences(
    tx,
    amendments.map(({ need, content }) => ({ id: need.id, content })),
  );
  await tx.$executeRaw`UPDATE candidates SET current = FALSE WHERE need_id = ANY(${ids}::uuid[]) AND current`;
  await tx.$executeRaw`UPDATE match_outcomes SET current = FALSE WHERE need_id = ANY(${ids}::uuid[]) AND current`;
}

async function insertPreferences(
  tx: Transaction,
  needs: readonly { readonly id: string; readonly content: NeedContent }[],
): Promise<void> {
  const rows = needs.flatMap(({ id: needId, content }) =>
    content.preferences.map(({ kind, providerId, serviceId, nature }) => ({
      id: newId(),
      needId,
      kind,
      providerId,
      serviceId,
      nature,
    })),
  );
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO need_preferences (id, need_id, kind, provider_id, service_id, nature)
    SELECT id, "needId", kind, "providerId", "serviceId", nature
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (
      id uuid, "needId" uuid, kind preference_kind, "providerId" uuid, "serviceId" uuid, nature service_nature
    )`;
}

type BookEntry = {
  readonly kind: Extract<LedgerEntryKind, 'NEED_REGISTERED' | 'NEED_WITHDRAWN'>;
  readonly needId: string;
  readonly content: NeedContent;
  readonly reason?: WithdrawalReason | 'RECLASSIFIED';
};

/** A need that changes its category or community leaves its old book and enters the new. */
function rebooking({ need, content }: Amendment): BookEntry[] {
  const { categoryId, communityId } = need.content;
  if (categoryId === content.categoryId && communityId === content.communityId) return [];
  return [
    { kind: 'NEED_WITHDRAWN', needId: need.id, content: need.content, reason: 'RECLASSIFIED' },
    { kind: 'NEED_REGISTERED', needId: need.id, content },
  ];
}

/** A ledger cannot be changed, so nothing that a person wrote goes into it: the need's id leads those who may to its words. */
async function enterLedgers(
  tx: Transaction,
  { areaId, actorId, now }: Writing,
  entries: readonly BookEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  const categories = await tx.category.findMany({
    where: { id: { in: [...new Set(entries.map(({ content }) => content.categoryId))] } },
    select: { id: true, code: true },
  });
  const codes = new Map(categories.map(({ id, code }) => [id, code]));
  const ledgerEntries = entries.map(({ kind, needId, content, reason }): NewLedgerEntry => {
    const { communityId, categoryId, urgency, quantity, channel } = content;
    const category = codes.get(categoryId)!;
    return {
      communityId,
      categoryId,
      kind,
      subjectId: needId,
      actorId,
      body: reason === undefined ? { category, urgency, quantity, channel } : { category, reason },
    };
  });
  await appendLedgerEntries(tx, areaId, ledgerEntries, now);
}

type StoredNeed = Omit<NeedContent, 'preferences'> & Pick<LockedNeed, 'id' | 'externalId' | 'state' | 'version'>;
