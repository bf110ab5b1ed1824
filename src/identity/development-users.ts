import type { Database } from '../database/database.ts';
import type { Area } from '../generated/prisma/client.ts';
import { Role } from '../generated/prisma/enums.ts';
import type { DevelopmentClaims } from './tokens.ts';
import { ensureUser, type GrantScope, type UserSubject } from './user.store.ts';

/** The claims name something that is not there. */
export class NoSuchScope extends Error {
  override readonly name = 'NoSuchScope';
}

/** A user for trying things out: one role, over one community, provider or resident where the role is of one. */
export type DevelopmentUser = UserSubject & {
  /** What the role is held over, in words; the area's name where it is held over all of it. */
  readonly over: string;
};

/**
 * The user that a development token speaks for, written when it is not there yet. A role whose community, provider or
 * resident the claims leave out is held over the one of the area's first order, so that such users have to do with one
 * another; where there is no order, over the first one.
 *
 * @throws NoSuchScope when the claims name an area, community, provider or resident that is not there
 */
export async function developmentUser(database: Database, claims: DevelopmentClaims): Promise<DevelopmentUser> {
  const { area: code, role } = claims;
  const area = await database.prisma.area.findFirst({ ...(code && { where: { code } }), orderBy: { id: 'asc' } });
  if (!area) throw new NoSuchScope(`There is no area ${code ?? ''}.`);
  const { key, over, scope } = await findScope(database, area, claims);
  const user = { areaId: area.id, subject: `${role.toLowerCase()}:${key}`, displayName: `${role} · ${over}` };
  return { ...(await ensureUser(database, user, role, scope)), over };
}

/**
 * Whether a subject is one that development users have. A token of an issuer that names one is refused: it would
 * otherwise speak for whatever was tried out in this database.
 */
export function isDevelopmentSubject(subject: string): boolean {
  return Object.values(Role).some((role) => subject.startsWith(`${role.toLowerCase()}:`));
}

type Scope = { readonly key: string; readonly over: string; readonly scope: GrantScope };

async function findScope(database: Database, area: Area, { role, ...choice }: DevelopmentClaims): Promise<Scope> {
  switch (role) {
    case 'RESIDENT':
    case 'CAREGIVER': {
      const resident = await find(database, area.id, 'resident', choice.resident);
      return { key: resident.externalId, over: resident.externalId, scope: { residentId: resident.id } };
    }
    case 'PROVIDER_STAFF': {
      const provider = await find(database, area.id, 'provider', choice.provider);
      return { key: provider.externalId, over: provider.name, scope: { providerId: provider.id } };
    }
    case 'GRID_WORKER':
    case 'COMMUNITY_STAFF': {
      const community = await find(database, area.id, 'community', choice.community);
      return { key: community.externalId, over: community.name, scope: { communityId: community.id } };
    }
    default:
      return { key: area.code, over: area.name, scope: {} };
  }
}

async function find(
  { prisma }: Database,
  areaId: string,
  kind: 'resident' | 'provider' | 'community',
  externalId?: string,
) {
  const firstOrder = externalId
    ? null
    : await prisma.order.findFirst({
        where: { areaId, need: { residentId: { not: null } } },
        orderBy: { id: 'asc' },
        include: { provider: true, community: true, need: { include: { resident: true } } },
      });
  const found = kind === 'resident' ? firstOrder?.need.resident : firstOrder?.[kind];
  if (found) return found;
  const query = { where: { areaId, ...(externalId && { externalId }) }, orderBy: { externalId: 'asc' } } as const;
  const first =
    kind === 'resident'
      ? await prisma.resident.findFirst(query)
      : kind === 'provider'
        ? await prisma.provider.findFirst(query)
        : await prisma.community.findFirst(query);
  if (!first) throw new NoSuchScope(`There is no ${kind} ${externalId ?? ''} in this area.`);
  return first;
}
