import type { Config } from '../config.ts';
import type { Database } from '../database/database.ts';
import type { Role } from '../generated/prisma/enums.ts';
import { grantRole, registerUser, revokeRole } from '../identity/grant.store.ts';
import type { Grant } from '../identity/viewer.ts';
import { systemViewer } from '../identity/viewer.ts';
import { CommandFailure, findArea, withDatabase } from './open.ts';
import { printedTable } from './tables.ts';

/** Over what a role is held, by external ids. */
export type RoleFlags = {
  readonly area?: string;
  readonly community?: string;
  readonly provider?: string;
  readonly resident?: string;
};

/** Registers a user who may sign in, or names them anew. */
export async function add(
  config: Config,
  subject: string,
  displayName: string,
  { area: code }: { readonly area?: string },
  print: (line: string) => void,
): Promise<void> {
  await withDatabase(config, async (database) => {
    const area = await findArea(database, code);
    await registerUser(database, systemViewer(area.id), { subject, displayName }, new Date());
    print(`${subject} (${displayName}) is registered in ${area.name} (${area.code}).`);
  });
}

/** Grants a role to a registered user. @throws CommandFailure for who or what is not there; ExpectedFailure */
export async function grant(
  config: Config,
  subject: string,
  role: Role,
  flags: RoleFlags,
  print: (line: string) => void,
): Promise<void> {
  await withDatabase(config, async (database) => {
    const area = await findArea(database, flags.area);
    const userId = await findUser(database, area.id, subject);
    const asked = { userId, role, ...(await scopeOf(database, area.id, flags)) };
    await grantRole(database, systemViewer(area.id), asked, new Date());
    print(`${subject} holds ${role}.`);
  });
}

/** Takes a role away. @throws CommandFailure for who or what is not there, and for a role that they do not hold */
export async function revoke(
  config: Config,
  subject: string,
  role: Role,
  flags: RoleFlags,
  print: (line: string) => void,
): Promise<void> {
  await withDatabase(config, async (database) => {
    const area = await findArea(database, flags.area);
    const userId = await findUser(database, area.id, subject);
    const held = await database.prisma.roleGrant.findFirst({
      where: { userId, role, ...(await scopeOf(database, area.id, flags)) },
    });
    if (held === null) throw new CommandFailure(`${subject} does not hold ${role} over that.`);
    await revokeRole(database, systemViewer(area.id), held.id, new Date());
    print(`${subject} holds ${role} no more.`);
  });
}

/** Prints the users of an area with their roles, a line each. */
export async function list(
  config: Config,
  { area: code }: { readonly area?: string },
  print: (line: string) => void,
): Promise<void> {
  await withDatabase(config, async (database) => {
    const area = await findArea(database, code);
    const users = await database.prisma.user.findMany({
      where: { areaId: area.id },
      orderBy: { id: 'asc' },
      include: {
        grants: {
          orderBy: { id: 'asc' },
          include: {
            community: { select: { externalId: true } },
            provider: { select: { externalId: true } },
            resident: { select: { externalId: true } },
          },
        },
      },
    });
    const rows = users.flatMap(({ subject, displayName, grants }) => {
      const held = grants.map(({ role, community, provider, resident }) => [
        role,
        (community ?? provider ?? resident)?.externalId ?? '',
      ]);
      return (held.length > 0 ? held : [['–', '']]).map((cells) => [subject, displayName, ...cells]);
    });
    print(
      printedTable(
        ['SUBJECT', 'NAME', 'ROLE', 'OVER'].map((heading) => ({ heading })),
        rows,
      ),
    );
  });
}

async function findUser({ prisma }: Database, areaId: string, subject: string): Promise<string> {
  const user = await prisma.user.findUnique({ where: { areaId_subject: { areaId, subject } }, select: { id: true } });
  if (user) return user.id;
  throw new CommandFailure(`There is no user ${subject} in this area. Register them: liangdan user add SUBJECT NAME`);
}

const FLAG_OF_SCOPE = { communityId: 'community', providerId: 'provider', residentId: 'resident' } as const;

/** The ids of what the flags name, null for what they do not. */
async function scopeOf({ prisma }: Database, areaId: string, flags: RoleFlags): Promise<Omit<Grant, 'role'>> {
  const find = async (field: keyof typeof FLAG_OF_SCOPE): Promise<string | null> => {
    const flag = FLAG_OF_SCOPE[field];
    const externalId = flags[flag];
    if (externalId === undefined) return null;
    const where = { areaId_externalId: { areaId, externalId } };
    const found =
      flag === 'community'
        ? await prisma.community.findUnique({ where })
        : flag === 'provider'
          ? await prisma.provider.findUnique({ where })
          : await prisma.resident.findUnique({ where });
    if (found) return found.id;
    throw new CommandFailure(`There is no ${flag} ${externalId} in this area.`);
  };
  return {
    communityId: await find('communityId'),
    providerId: await find('providerId'),
    residentId: await find('residentId'),
  };
}
