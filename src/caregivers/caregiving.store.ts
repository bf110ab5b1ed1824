import { appendAudit } from '../audit/index.ts';
import type { Database, Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { asSystem } from '../database/row-wall.ts';
import { InvalidInput, NotAllowed, NotFound, NotSignedIn, TransitionRefused } from '../failures.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { demand, demandAtAll, may, POLICY, reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { parseInput } from '../input.ts';
import { CAREGIVING, MOST_CAREGIVERS, namingInput, stateOf } from './caregiving.ts';

const RESIDENT = { zh: '居民', en: 'resident' };
const USER = { zh: '用户', en: 'user' };

/** Which caregivings the viewer may read, for a WHERE: those of residents within reach, and those that name them. */
export function caregivingsInReach(viewer: Viewer): Prisma.CaregivingWhereInput {
  const { areaId, wholeArea, communityIds, residentIds } = reachOf(viewer, 'caregiver.read');
  if (wholeArea) return { areaId };
  return {
    areaId,
    OR: [
      { resident: { communityId: { in: [...communityIds] } } },
      { residentId: { in: [...residentIds] } },
      ...(viewer.userId === null ? [] : [{ userId: viewer.userId }]),
    ],
  };
}

/**
 * Names a user as caregiver of a resident (指定照护人). It counts once that user has accepted. Someone who records it for the
 * resident says how the resident asked for it, and nobody names themselves.
 *
 * @returns the caregiving's id
 * @throws InvalidInput; NotFound for a resident out of reach and for a user not of the area; NotSignedIn, NotAllowed
 */
export async function nameCaregiver(database: Database, viewer: Viewer, given: unknown, now: Date): Promise<string> {
  demandAtAll(viewer, 'caregiver.name');
  const { residentId, userId, until, note } = parseInput(namingInput, given);
  if (userId === viewer.userId) {
    throw InvalidInput.at(
      ['input', 'userId'],
      'oneself',
      '不能指定自己为照护人',
      'must be somebody else than yourself',
    );
  }
  if (until !== null && until <= now) {
    throw InvalidInput.at(['input', 'until'], 'until_past', '到期时间须晚于现在', 'must be in the future');
  }
  return database.transaction(
    async (tx) => {
      // Locked, so that the number of caregivers is the same until this one is written.
      const [resident] = await tx.$queryRaw<{ communityId: string }[]>`
        SELECT community_id AS "communityId" FROM residents
        WHERE id = ${residentId}::uuid AND area_id = ${viewer.areaId}::uuid FOR UPDATE`;
      if (resident === undefined) throw new NotFound(RESIDENT, ['input', 'residentId']);
      const belonging = { areaId: viewer.areaId, communityId: resident.communityId, residentId };
      demand(viewer, 'caregiver.name', belonging, 'resident.read', RESIDENT);
      if (note === null && !reachOf(viewer, 'caregiver.name').residentIds.includes(residentId)) {
        throw InvalidInput.at(
          ['input', 'note'],
          'how_asked',
          '须记明居民以何种方式提出',
          'must say how the resident asked for it',
        );
      }
      if ((await tx.user.count({ where: { id: userId, areaId: viewer.areaId } })) === 0) {
        throw new NotFound(USER, ['input', 'userId']);
      }
      await makeRoom(tx, residentId, userId, now);
      const id = newId();
      const { areaId } = viewer;
      await tx.caregiving.create({
        data: { id, areaId, residentId, userId, namedAt: now, namedById: viewer.userId, note, until },
        select: { id: true },
      });
      await audit(tx, viewer, 'caregiver.name', { id, residentId, userId, until }, now);
      return id;
    },
    { answerId: (id) => id },
  );
}

/**
 * The one who was named accepts (接受照护委托): only then may they act. So nobody answers for a resident without knowing it,
 * and an account that was named by mistake gets no rights.
 *
 * @returns the caregiving's id
 * @throws NotFound, NotAllowed for somebody else's; TransitionRefused unless it is NAMED; NotSignedIn
 */
export async function acceptCaregiving(database: Database, viewer: Viewer, id: string, now: Date): Promise<string> {
  return database.transaction(
    async (tx) => {
      const caregiving = await lock(tx, viewer, id);
      if (caregiving.userId !== viewer.userId) throw new NotAllowed(ACCEPTING);
      const state = stateOf(caregiving, now);
      if (state !== 'NAMED') throw new TransitionRefused(CAREGIVING, state, 'ACCEPTED');
      const { userId, residentId, until } = caregiving;
      await tx.caregiving.update({ where: { id }, data: { acceptedAt: now }, select: { id: true } });
      await asSystem(tx, () =>
        tx.roleGrant.create({ data: { userId, role: 'CAREGIVER', residentId, until }, select: { id: true } }),
      );
      await audit(tx, viewer, 'caregiver.accept', caregiving, now);
      return id;
    },
    { answerId: (answer) => answer },
  );
}

/**
 * Ends a caregiving at once (终止照护委托): by the resident, by those who look after their community, or by the caregiver.
 *
 * @returns the caregiving's id
 * @throws NotFound, NotAllowed; TransitionRefused when it has ended; NotSignedIn
 */
export async function dismissCaregiver(database: Database, viewer: Viewer, id: string, now: Date): Promise<string> {
  return database.transaction(
    async (tx) => {
      const caregiving = await lock(tx, viewer, id);
      const isOwn = viewer.userId !== null && caregiving.userId === viewer.userId;
      if (!isOwn && !may(viewer, 'caregiver.dismiss', { areaId: viewer.areaId, ...caregiving })) {
        throw new NotAllowed(POLICY['caregiver.dismiss'].name);
      }
      if (caregiving.endedAt !== null) throw new TransitionRefused(CAREGIVING, 'ENDED', 'ENDED');
      await end(tx, caregiving, viewer.userId, now);
      await audit(tx, viewer, 'caregiver.dismiss', caregiving, now);
      return id;
    },
    { answerId: (answer) => answer },
  );
}

const ACCEPTING = { zh: '接受他人的照护委托', en: 'accept what somebody else is asked to do' };

type Locked = {
  readonly id: string;
  readonly residentId: string;
  readonly communityId: string;
  readonly userId: string;
  readonly acceptedAt: Date | null;
  readonly endedAt: Date | null;
  readonly until: Date | null;
};

/** Locks one that the viewer may read; another looks as if it were not there. */
async function lock(tx: Transaction, viewer: Viewer, id: string): Promise<Locked> {
  if (viewer.userId === null && !viewer.isSystem) throw new NotSignedIn();
  const [found] = await tx.$queryRaw<Locked[]>`
    SELECT c.id, c.resident_id AS "residentId", r.community_id AS "communityId", c.user_id AS "userId",
      c.accepted_at AS "acceptedAt", c.ended_at AS "endedAt", c.until
    FROM caregivings c JOIN residents r ON r.id = c.resident_id
    WHERE c.id = ${id}::uuid AND c.area_id = ${viewer.areaId}::uuid FOR UPDATE OF c`;
  const isOwn = found !== undefined && found.userId === viewer.userId;
  if (!found || !(isOwn || may(viewer, 'caregiver.read', { areaId: viewer.areaId, ...found }))) {
    throw new NotFound(CAREGIVING, ['input', 'caregivingId']);
  }
  return found;
}

/** Ends those of the resident that have run out, and refuses one more of the same user or above the most. */
async function makeRoom(tx: Transaction, residentId: string, userId: string, now: Date): Promise<void> {
  const standing = await tx.caregiving.findMany({ where: { residentId, endedAt: null }, orderBy: { id: 'asc' } });
  const live = standing.filter((one) => stateOf(one, now) !== 'EXPIRED');
  if (live.some((one) => one.userId === userId)) {
    throw InvalidInput.at(['input', 'userId'], 'already_named', '该用户已被指定', 'is named already');
  }
  if (live.length >= MOST_CAREGIVERS) {
    throw InvalidInput.at(
      ['input', 'residentId'],
      'too_many_caregivers',
      `照护人至多${MOST_CAREGIVERS}名`,
      `has ${MOST_CAREGIVERS} caregivers, which is the most`,
    );
  }
  for (const one of standing.filter((other) => !live.includes(other))) await end(tx, one, null, now);
}

async function end(
  tx: Transaction,
  { id, userId, residentId }: Pick<Locked, 'id' | 'userId' | 'residentId'>,
  endedById: string | null,
  now: Date,
): Promise<void> {
  await tx.caregiving.update({ where: { id }, data: { endedAt: now, endedById }, select: { id: true } });
  await asSystem(tx, () => tx.roleGrant.deleteMany({ where: { userId, residentId, role: 'CAREGIVER' } }));
}

async function audit(
  tx: Transaction,
  viewer: Viewer,
  action: string,
  { id, residentId, userId, until }: Pick<Locked, 'id' | 'residentId' | 'userId' | 'until'>,
  now: Date,
): Promise<void> {
  const body = { residentId, userId, until: until?.toISOString() ?? null };
  await appendAudit(tx, viewer, { action, subjectType: 'Caregiving', subjectId: id, body }, now);
}
