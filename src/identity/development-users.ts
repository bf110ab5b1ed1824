import type { Database } from '../database/database.ts';
import { Role } from '../generated/prisma/enums.ts';
import type { DevelopmentIssuer } from './tokens.ts';
import { ensureUser, type GrantScope } from './user.store.ts';

/** A user for trying things out: one role, over one community, provider or resident where the role is of one. */
export type DevelopmentUser = {
  readonly role: Role;
  /** What the role is held over, in words; the area's name where it is held over all of it. */
  readonly over: string;
  readonly token: string;
};

/** External ids that choose what a role is held over; the first one that has work to do where none is given. */
export type ScopeChoice = {
  readonly community?: string | undefined;
  readonly provider?: string | undefined;
  readonly resident?: string | undefined;
};

/** The choice names something that the area does not have. */
export class NoSuchScope extends Error {
  override readonly name = 'NoSuchScope';
}

/**
 * A development token for a role. The user is written when it is not there yet.
 *
 * @throws NoSuchScope when a chosen external id is not there, or the area has nothing of the kind
 */
export async function developmentUser(
  database: Database,
  issuer: DevelopmentIssuer,
  areaId: string,
  role: Role,
  choice: ScopeChoice,
  now: Date,
): Promise<DevelopmentUser> {
  const { key, over, scope } = await findScope(database, areaId, role, choice);
  const user = { areaId, subject: `${role.toLowerCase()}:${key}`, displayName: `${role} · ${over}` };
  const subject = await ensureUser(database, user, role, scope);
  return { role, over, token: await issuer.sign(subject, now) };
}

/** One development user for each role, in the order of the roles. */
export async function developmentUsers(
  database: Database,
  issuer: DevelopmentIssuer,
  areaId: string,
  now: Date,
): Promise<readonly DevelopmentUser[]> {
  const users: DevelopmentUser[] = [];
  for (const role of Object.values(Role)) users.push(await developmentUser(database, issuer, areaId, role, {}, now));
  return users;
}

type Scope = { readonly key: string; readonly over: string; readonly scope: GrantScope };

async function findScope(database: Database, areaId: string, role: Role, choice: ScopeChoice): Promise<Scope> {
  switch (role) {
    case 'RESIDENT': {
      const resident = await find(database, areaId, 'resident', choice.resident);
      return { key: resident.externalId, over: resident.name, scope: { residentId: resident.id } };
    }
    case 'PROVIDER_STAFF': {
      const provider = await find(database, areaId, 'provider', choice.provider);
      return { key: provider.externalId, over: provider.name, scope: { providerId: provider.id } };
    }
    case 'GRID_WORKER':
    case 'COMMUNITY_STAFF': {
      const community = await find(database, areaId, 'community', choice.community);
      return { key: community.externalId, over: community.name, scope: { communityId: community.id } };
    }
    default: {
      const area = await database.prisma.area.findUniqueOrThrow({ where: { id: areaId } });
      return { key: area.code, over: area.name, scope: {} };
    }
  }
}

/**
 * The one with the external id; where none is given, the one of the area's first order, so that the users for trying
 * things out have to do with one another; and where there is no order, the first one.
 */
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
