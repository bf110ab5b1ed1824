import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { NotAllowed, NotFound } from '../../src/failures.ts';
import type { Viewer } from '../../src/identity/viewer.ts';
import { DEFAULT_PROFILE } from '../../src/matching/index.ts';
import { readProfile, runMatch, saveProfile } from '../../src/matchruns/index.ts';
import { clockAt, NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';

describe('scoring profiles', () => {
  let database: Database;
  let area: PlantedArea;
  let admin: Viewer;

  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
    area = await plantArea(database);
    admin = await signIn(database, area.areaId, 'AREA_ADMIN');
  });
  afterAll(() => database.close());

  const { weights } = DEFAULT_PROFILE;

  it('begin with the default weights, written when they are first asked for', async () => {
    const first = await readProfile(database.prisma, area.areaId, 'default');
    expect(first.profile).toEqual(DEFAULT_PROFILE);
    expect(await readProfile(database.prisma, area.areaId, 'default')).toEqual(first);
    await expect(readProfile(database.prisma, area.areaId, 'never written')).rejects.toThrow(NotFound);
  });

  it('get a new version with every writing, and a run keeps the one that it was made with', async () => {
    const before = await runMatch(database, admin, { dispatch: false }, { clock: clockAt(NOW) });
    await saveProfile(database, admin, { name: 'default', version: 1, weights: { ...weights, PROXIMITY: 90 } }, NOW);
    const late = saveProfile(
      database,
      admin,
      { name: 'default', version: 1, weights: { ...weights, PROXIMITY: 5 } },
      NOW,
    );
    await expect(late).rejects.toMatchObject({ code: 'CONFLICT', currentVersion: 2 });
    const after = await runMatch(database, admin, { dispatch: false }, { clock: clockAt(NOW) });
    const versionOf = async (id: string) =>
      (await database.prisma.matchRun.findUniqueOrThrow({ where: { id }, include: { profile: true } })).profile.version;
    expect([await versionOf(before), await versionOf(after)]).toEqual([1, 2]);
    const scores = async (matchRunId: string) =>
      (await database.prisma.candidate.findMany({ where: { matchRunId }, orderBy: { needId: 'asc' } })).map(
        ({ score }) => score,
      );
    expect(await scores(after)).not.toEqual(await scores(before));
  });

  it('may have any name and scale, but not only zeros, fractions or factors that there are not', async () => {
    await saveProfile(database, admin, { name: '就近优先', weights: { ...weights, PROXIMITY: 1_000_000 } }, NOW);
    expect((await readProfile(database.prisma, area.areaId, '就近优先')).profile.version).toBe(1);
    const zeros = Object.fromEntries(Object.keys(weights).map((factor) => [factor, 0]));
    const refused = (given: object) => saveProfile(database, admin, { name: 'default', weights: given }, NOW);
    await expect(refused(zeros)).rejects.toMatchObject({
      issues: [{ path: ['input', 'weights'], rule: 'not_all_zero' }],
    });
    await expect(refused({ ...weights, LOAD: 0.5 })).rejects.toMatchObject({ fieldPath: ['input', 'weights', 'LOAD'] });
    await expect(refused({ ...weights, LUCK: 1 })).rejects.toMatchObject({ fieldPath: ['input', 'weights'] });
  });

  it('are written by those who answer for the whole area', async () => {
    const staff = await signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId: area.communities.dashizi });
    await expect(saveProfile(database, staff, { name: 'default', weights }, NOW)).rejects.toThrow(NotAllowed);
  });
});
