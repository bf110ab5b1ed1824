import { appendAudit } from '../audit/index.ts';
import type { Database, Transaction } from '../database/database.ts';
import { InvalidInput, NotFound, TransitionRefused, VersionConflict } from '../failures.ts';
import type { ServiceStatus } from '../generated/prisma/enums.ts';
import { demand } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { issuesWithin } from '../imports/cells.ts';
import { readIssue } from '../input.ts';
import { appendLedgerEntries } from '../ledger/index.ts';
import { PROVIDER } from './provider.ts';
import { writeServices } from './service.store.ts';
import { SERVICE, type ServiceContent, type ServiceRow, serviceInput } from './service.ts';

/** One service as a form gives it: what it refers to by id. */
export type ServiceForm = Omit<ServiceContent, 'provider' | 'categories' | 'communities'> & {
  readonly providerId: string;
  readonly categoryIds: readonly string[];
  readonly communityIds: readonly string[];
};

/**
 * Writes a service by the same rules and in the same way as the import: a new one, or over the one with its external id.
 *
 * @param version that which the viewer read; `null` for a new service
 * @returns its id
 * @throws InvalidInput with paths from `input`; NotFound, NotAllowed, NotSignedIn; VersionConflict when it is there
 *   already in another version
 */
export async function saveService(
  database: Database,
  viewer: Viewer,
  { providerId, categoryIds, communityIds, ...content }: ServiceForm,
  version: number | null,
  now: Date,
): Promise<string> {
  const { areaId } = viewer;
  demand(viewer, 'service.publish', { areaId, providerId }, 'service.readUnpublished', PROVIDER);
  return database.transaction(
    async (tx) => {
      const { utcOffsetMinutes } = await tx.area.findUniqueOrThrow({ where: { id: areaId } });
      const row = parseForm({
        ...content,
        provider: await externalIdOfProvider(tx, areaId, providerId),
        categories: await codesOfCategories(tx, areaId, categoryIds),
        communities: await externalIdsOfCommunities(tx, areaId, communityIds),
      });
      const known = await lockService(tx, viewer, { areaId, externalId: row.externalId });
      checkVersion(known, version);
      const writing = { areaId, utcOffsetMinutes, actorId: viewer.userId, now };
      const [outcome] = await writeServices(tx, writing, [row]);
      if (outcome!.outcome === 'REJECTED') throw new InvalidInput(issuesWithin('input', outcome!.issues, INPUT_FIELDS));
      const body = { externalId: row.externalId, isNew: known === null, status: row.status };
      await appendAudit(
        tx,
        viewer,
        { action: 'service.save', subjectType: 'Service', subjectId: outcome!.id, body },
        now,
      );
      return outcome!.id;
    },
    { answerId: (id) => id },
  );
}

/**
 * Takes a service off the list. Orders that are under way go on.
 *
 * @param version that which the viewer read
 * @throws NotFound, NotAllowed, NotSignedIn; VersionConflict; TransitionRefused when it is withdrawn already
 */
export async function withdrawService(
  database: Database,
  viewer: Viewer,
  id: string,
  version: number,
  now: Date,
): Promise<void> {
  await database.transaction(
    async (tx) => {
      const service = await lockService(tx, viewer, { areaId: viewer.areaId, id });
      if (service === null) throw new NotFound(SERVICE);
      checkVersion(service, version);
      if (service.status === 'WITHDRAWN') throw new TransitionRefused(SERVICE, 'WITHDRAWN', 'WITHDRAWN');
      const { externalId, categories } = await tx.service.update({
        where: { id },
        data: { status: 'WITHDRAWN', updatedAt: now },
        select: { externalId: true, categories: { where: { position: 0 }, select: { categoryId: true } } },
      });
      const withdrawn = { action: 'service.withdraw', subjectType: 'Service', subjectId: id, body: { externalId } };
      const entry = {
        communityId: null,
        subjectId: id,
        actorId: viewer.userId,
        body: { externalId, status: 'WITHDRAWN' },
      };
      await appendLedgerEntries(
        tx,
        viewer.areaId,
        (service.status === 'PUBLISHED' ? categories : []).map(({ categoryId }) => ({
          ...entry,
          kind: 'SERVICE_WITHDRAWN',
          categoryId,
        })),
        now,
      );
      await appendAudit(tx, viewer, withdrawn, now);
    },
    { answerId: () => id },
  );
}

/** Fields of the input whose names are not those of the row. */
const INPUT_FIELDS = {
  provider: 'providerId',
  categories: 'categoryIds',
  communities: 'communityIds',
  priceFen: 'price',
} as const;

/** @throws InvalidInput with paths by field of the input */
function parseForm(content: ServiceContent): ServiceRow {
  const parsed = serviceInput.safeParse(content, { reportInput: true });
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => readIssue(issue));
  throw new InvalidInput(issuesWithin('input', issues, INPUT_FIELDS));
}

type LockedService = {
  readonly id: string;
  readonly providerId: string;
  readonly status: ServiceStatus;
  readonly version: number;
};

/**
 * The service with this id or external id, locked until the transaction ends; `null` where there is none.
 *
 * @throws NotFound, NotAllowed, NotSignedIn when it is not the viewer's to change
 */
async function lockService(
  tx: Transaction,
  viewer: Viewer,
  where: { readonly areaId: string; readonly id?: string; readonly externalId?: string },
): Promise<LockedService | null> {
  const [service] = await tx.$queryRaw<LockedService[]>`
    SELECT id, provider_id AS "providerId", status::text AS status, version FROM services
    WHERE area_id = ${where.areaId}::uuid
      AND CASE WHEN ${where.id ?? null}::uuid IS NULL THEN external_id = ${where.externalId ?? ''} ELSE id = ${where.id ?? null}::uuid END
    FOR NO KEY UPDATE`;
  if (service === undefined) return null;
  const { areaId } = viewer;
  demand(viewer, 'service.publish', { areaId, providerId: service.providerId }, 'service.readUnpublished', SERVICE);
  return service;
}

function checkVersion(service: LockedService | null, version: number | null): void {
  if (service === null && version !== null) throw new NotFound(SERVICE, ['input', 'externalId']);
  if (service !== null && service.version !== version) {
    throw new VersionConflict(SERVICE, service.version, service.status, { typename: 'Service', id: service.id });
  }
}

async function externalIdOfProvider(tx: Transaction, areaId: string, id: string): Promise<string> {
  const provider = await tx.provider.findFirst({ where: { id, areaId }, select: { externalId: true } });
  if (provider === null) throw new NotFound(PROVIDER, ['input', 'providerId']);
  return provider.externalId;
}

async function codesOfCategories(tx: Transaction, areaId: string, ids: readonly string[]): Promise<string[]> {
  const found = await tx.category.findMany({
    where: { areaId, id: { in: [...ids] } },
    select: { id: true, code: true },
  });
  return inOrder('categoryIds', ids, new Map(found.map(({ id, code }) => [id, code])));
}

async function externalIdsOfCommunities(tx: Transaction, areaId: string, ids: readonly string[]): Promise<string[]> {
  const found = await tx.community.findMany({
    where: { areaId, id: { in: [...ids] } },
    select: { id: true, externalId: true },
  });
  return inOrder('communityIds', ids, new Map(found.map(({ id, externalId }) => [id, externalId])));
}

function inOrder(field: string, ids: readonly string[], names: ReadonlyMap<string, string>): string[] {
  return ids.map((id, index) => {
    const name = names.get(id);
    if (name !== undefined) return name;
    throw InvalidInput.at(['input', field, index], 'unknown_reference', '没有这一项', 'is not of this area');
  });
}
