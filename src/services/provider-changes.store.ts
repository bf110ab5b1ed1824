import { appendAudit } from '../audit/index.ts';
import type { Database } from '../database/database.ts';
import { WrittenMeanwhile } from '../database/sql-state.ts';
import { NotFound, VersionConflict } from '../failures.ts';
import type { ProviderAdmission } from '../generated/prisma/enums.ts';
import { demandAtAll } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { upsertProviders } from './provider.store.ts';
import { PROVIDER, type ProviderRow } from './provider.ts';

type LockedProvider = { readonly id: string; readonly version: number; readonly admission: ProviderAdmission };

/**
 * Writes a provider (登记供给主体), a new one or over the one with its external id.
 *
 * @param version that which the viewer read; `null` for a new provider
 * @returns its id
 * @throws NotSignedIn, NotAllowed; NotFound for a version of none; VersionConflict when it is there already in another version
 */
export async function saveProvider(
  database: Database,
  viewer: Viewer,
  row: ProviderRow,
  version: number | null,
  now: Date,
): Promise<string> {
  demandAtAll(viewer, 'provider.admit');
  return database.transaction(
    async (tx) => {
      const [known] = await tx.$queryRaw<LockedProvider[]>`
        SELECT id, version, admission::text FROM providers
        WHERE area_id = ${viewer.areaId}::uuid AND external_id = ${row.externalId} FOR NO KEY UPDATE`;
      if (known === undefined && version !== null) throw new NotFound(PROVIDER, ['input', 'externalId']);
      if (known !== undefined && known.version !== version) {
        throw new VersionConflict(PROVIDER, known.version, known.admission, { typename: 'Provider', id: known.id });
      }
      const [written] = await upsertProviders(tx, viewer.areaId, [row], now);
      if (known === undefined && !written!.isNew) throw new WrittenMeanwhile();
      const body = { externalId: row.externalId, isNew: known === undefined, admission: row.admission };
      await appendAudit(
        tx,
        viewer,
        { action: 'provider.save', subjectType: 'Provider', subjectId: written!.id, body },
        now,
      );
      return written!.id;
    },
    { answerId: (id) => id },
  );
}
