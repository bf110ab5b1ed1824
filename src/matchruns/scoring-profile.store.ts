import { appendAudit } from '../audit/index.ts';
import type { Database, Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { NotAllowed, NotFound, VersionConflict } from '../failures.ts';
import { demandAtAll, reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { parseInput } from '../input.ts';
import { DEFAULT_PROFILE, type ScoringProfile } from '../matching/index.ts';
import { DEFAULT_PROFILE_NAME, SCORING_PROFILE, scoringProfileInput, weightsSchema } from './scoring-profile.ts';

/** A profile and the id under which it is kept. */
export type KeptProfile = { readonly id: string; readonly profile: ScoringProfile };

/**
 * The newest version of a profile of the area; the default one is written when it is first asked for.
 *
 * @throws NotFound when the area has none of this name
 */
export async function readProfile(db: Transaction, areaId: string, name: string): Promise<KeptProfile> {
  const newest = () => db.scoringProfile.findFirst({ where: { areaId, name }, orderBy: { version: 'desc' } });
  let kept = await newest();
  if (kept === null && name === DEFAULT_PROFILE_NAME) {
    await db.$executeRaw`
      INSERT INTO scoring_profiles (id, area_id, name, version, weights)
      VALUES (${newId()}::uuid, ${areaId}::uuid, ${name}, 1, ${JSON.stringify(DEFAULT_PROFILE.weights)}::jsonb)
      ON CONFLICT DO NOTHING`;
    kept = await newest();
  }
  if (kept === null) throw new NotFound(SCORING_PROFILE, ['input', 'profile']);
  return {
    id: kept.id,
    profile: { name: kept.name, version: kept.version, weights: weightsSchema.parse(kept.weights) },
  };
}

/**
 * Writes weights as the next version of the profile of this name, the first one where there is none; runs made with
 * earlier versions keep those.
 *
 * @returns its id
 * @throws InvalidInput, NotSignedIn, NotAllowed; NotFound for a version of none; VersionConflict when there is a newer one
 */
export async function saveProfile(database: Database, viewer: Viewer, input: unknown, now: Date): Promise<string> {
  demandAtAll(viewer, 'match.run');
  if (!reachOf(viewer, 'match.run').wholeArea)
    throw new NotAllowed({ zh: '制定评分方案', en: 'write scoring profiles' });
  const { name, version = null, weights } = parseInput(scoringProfileInput, input);
  return database.transaction(
    async (tx) => {
      // Two people who write at once wait for each other here, so that each gets a version of their own.
      await tx.$queryRaw`SELECT id FROM areas WHERE id = ${viewer.areaId}::uuid FOR NO KEY UPDATE`;
      await readProfile(tx, viewer.areaId, DEFAULT_PROFILE_NAME);
      const newest = await tx.scoringProfile.findFirst({
        where: { areaId: viewer.areaId, name },
        orderBy: { version: 'desc' },
      });
      if (newest === null && version !== null) throw new NotFound(SCORING_PROFILE, ['input', 'name']);
      if (newest !== null && newest.version !== version) {
        const current = { typename: 'ScoringProfile', id: newest.id };
        throw new VersionConflict(SCORING_PROFILE, newest.version, 'NEWEST', current);
      }
      const [written] = await tx.$queryRaw<{ id: string; version: number }[]>`
      INSERT INTO scoring_profiles (id, area_id, name, version, weights)
      SELECT ${newId()}::uuid, ${viewer.areaId}::uuid, ${name}, coalesce(max(version), 0) + 1, ${JSON.stringify(weights)}::jsonb
      FROM scoring_profiles WHERE area_id = ${viewer.areaId}::uuid AND name = ${name}
      RETURNING id, version`;
      await appendAudit(
        tx,
        viewer,
        {
          action: 'scoringProfile.save',
          subjectType: 'ScoringProfile',
          subjectId: written!.id,
          body: { name, version: written!.version },
        },
        now,
      );
      return written!.id;
    },
    { answerId: (id) => id },
  );
}
