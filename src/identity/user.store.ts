import type { Database } from '../database/database.ts';
import type { Role } from '../generated/prisma/enums.ts';
import { anonymousViewer, type Grant, type Viewer } from './viewer.ts';

/** By what a user is found: the subject of their identity provider, in an area. */
export type UserSubject = { readonly subject: string; readonly areaId: string };

/** The viewer that a checked token stands for at `now`; `null` when there is no such user. Grants that have run out do not count. */
export async function findViewer(
  database: Database,
  { subject, areaId }: UserSubject,
  now: Date,
): Promise<Viewer | null> {
  // It is asked for with every request, so it is one prepared statement.
  const [user] = await database.read<Pick<Viewer, 'displayName' | 'grants'> & { readonly id: string }>(
    `SELECT u.id, u.display_name AS "displayName", COALESCE(jsonb_agg(jsonb_build_object('role', g.role,
        'communityId', g.community_id, 'providerId', g.provider_id, 'residentId', g.resident_id) ORDER BY g.id)
      FILTER (WHERE g.id IS NOT NULL), '[]') AS grants
    FROM users u LEFT JOIN role_grants g ON g.user_id = u.id AND (g.until IS NULL OR g.until > $3::timestamptz)
    WHERE u.area_id = $1::uuid AND u.subject = $2 GROUP BY u.id`,
    [areaId, subject, now.toISOString()],
  );
  if (!user) return null;
  return { userId: user.id, areaId, displayName: user.displayName, grants: user.grants, isSystem: false };
}

/**
 * The user with the subject that a token of the issuer names; `null` when nobody was registered under it.
 *
 * @param areaCode the area they mean, of several in which they are users; the one that was registered first by default
 */
export async function findUserOfSubject(
  { prisma }: Database,
  subject: string,
  areaCode: string | null,
): Promise<UserSubject | null> {
  const areas = await prisma.area.findMany({ where: areaCode ? { code: areaCode } : {}, select: { id: true } });
  return prisma.user.findFirst({
    where: { subject, areaId: { in: areas.map(({ id }) => id) } },
    orderBy: { areaId: 'asc' },
    select: { subject: true, areaId: true },
  });
}

/** A viewer who has not signed in sees the public lists of the area that was registered first. */
export async function findAnonymousViewer({ prisma }: Database): Promise<Viewer | null> {
  const area = await prisma.area.findFirst({ orderBy: { id: 'asc' }, select: { id: true } });
  return area && anonymousViewer(area.id);
}

/** Over what a role is held; left out where the role is of the whole area. */
export type GrantScope = Partial<Omit<Grant, 'role'>>;

/**
 * Writes a user with one role, if they are not there yet; `subject` is what tokens name them by. A role that was taken away
 * from a user who is there is not given back.
 */
export async function ensureUser(
  database: Database,
  user: { readonly areaId: string; readonly subject: string; readonly displayName: string },
  role: Role,
  scope: GrantScope,
): Promise<UserSubject> {
  const { areaId, subject } = user;
  await database.transaction(async (tx) => {
    // Another request of theirs may be doing the same.
    const { count } = await tx.user.createMany({ data: user, skipDuplicates: true });
    if (count === 0) return;
    const { id } = await tx.user.findUniqueOrThrow({ where: { areaId_subject: { areaId, subject } } });
    const grant = { communityId: null, providerId: null, residentId: null, ...scope };
    await tx.roleGrant.createMany({ data: { userId: id, role, ...grant }, skipDuplicates: true });
  });
  return { subject, areaId };
}
