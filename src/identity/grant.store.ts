import { appendAudit } from '../audit/index.ts';
import type { Database, Transaction } from '../database/database.ts';
import { InvalidInput, NotFound } from '../failures.ts';
import { parseInput } from '../input.ts';
import { isDevelopmentSubject } from './development-users.ts';
import { grantInput, LastAdministrator, SCOPE_OF_ROLE, SCOPES, USER, userInput } from './grant.ts';
import { demandAtAll } from './policy.ts';
import type { Grant, Viewer } from './viewer.ts';

/**
 * Registers a user (登记用户) of the viewer's area, without any role, or names the one with that subject anew.
 *
 * @returns the user's id
 * @throws InvalidInput, also for a subject that development tokens have; NotSignedIn, NotAllowed
 */
export async function registerUser(database: Database, viewer: Viewer, given: unknown, now: Date): Promise<string> {
  demandAtAll(viewer, 'user.write');
  const { subject, displayName } = parseInput(userInput, given);
  if (isDevelopmentSubject(subject)) {
    throw InvalidInput.at(
      ['input', 'subject'],
      'development_subject',
      '此类标识留给开发令牌使用',
      'is of the kind that development tokens have',
    );
  }
  const { areaId } = viewer;
  return database.transaction(
    async (tx) => {
      const { id } = await tx.user.upsert({
        where: { areaId_subject: { areaId, subject } },
        create: { areaId, subject, displayName },
        update: { displayName },
        select: { id: true },
      });
      await appendAudit(tx, viewer, { action: 'user.register', subjectType: 'User', subjectId: id }, now);
      return id;
    },
    { answerId: (id) => id },
  );
}

/**
 * Grants a role to a user (授予角色). A grant that is there already stays as it is. Nobody grants themselves anything: that
 * takes another administrator, or the command line.
 *
 * @returns the user's id
 * @throws InvalidInput where the scope is not the role's; NotFound for a user, community, provider or resident that is not
 *   of the area; NotSignedIn, NotAllowed
 */
export async function grantRole(database: Database, viewer: Viewer, given: unknown, now: Date): Promise<string> {
  demandAtAll(viewer, 'user.write');
  const { userId, ...grant } = parseInput(grantInput, given);
  if (userId === viewer.userId) {
    throw InvalidInput.at(
      ['input', 'userId'],
      'oneself',
      '不能给自己授予角色，请由其他管理员办理',
      'must not be yourself; another administrator grants you roles',
    );
  }
  return database.transaction(
    async (tx) => {
      if ((await tx.user.count({ where: { id: userId, areaId: viewer.areaId } })) === 0) {
        throw new NotFound(USER, ['input', 'userId']);
      }
      await demandScope(tx, viewer.areaId, grant);
      const { count } = await tx.roleGrant.createMany({ data: { userId, ...grant }, skipDuplicates: true });
      if (count === 1) await appendAudit(tx, viewer, { ...audited('user.grant', userId), body: grant }, now);
      return userId;
    },
    { answerId: (id) => id },
  );
}

/**
 * Takes a role away (收回角色), at once: it is not there at the user's next request, and event streams that it opened end.
 *
 * @returns the user's id
 * @throws NotFound for a grant that is not of the area; LastAdministrator; NotSignedIn, NotAllowed
 */
export async function revokeRole(database: Database, viewer: Viewer, grantId: string, now: Date): Promise<string> {
  demandAtAll(viewer, 'user.write');
  return database.transaction(
    async (tx) => {
      const where = { id: grantId, user: { areaId: viewer.areaId } };
      const found = await tx.roleGrant.findFirst({ where });
      if (found === null) throw new NotFound({ zh: '授权', en: 'grant' }, ['input', 'grantId']);
      const { id, userId, until: _, ...grant } = found;
      if (grant.role === 'CAREGIVER') {
        throw InvalidInput.at(
          ['input', 'grantId'],
          'caregiver',
          '照护委托请用 dismissCaregiver 终止',
          'is a caregiver’s: dismissCaregiver ends it',
        );
      }
      if (grant.role === 'AREA_ADMIN') await demandAnotherAdministrator(tx, viewer.areaId, userId);
      const { count } = await tx.roleGrant.deleteMany({ where: { id } });
      if (count === 1) await appendAudit(tx, viewer, { ...audited('user.revoke', userId), body: grant }, now);
      return userId;
    },
    { answerId: (id) => id },
  );
}

function audited(action: string, userId: string) {
  return { action, subjectType: 'User', subjectId: userId };
}

async function demandScope(tx: Transaction, areaId: string, grant: Grant): Promise<void> {
  const field = SCOPE_OF_ROLE[grant.role];
  if (field === null) return;
  const where = { id: grant[field]!, areaId };
  const count =
    field === 'communityId'
      ? await tx.community.count({ where })
      : field === 'providerId'
        ? await tx.provider.count({ where })
        : await tx.resident.count({ where });
  if (count === 0) throw new NotFound(SCOPES[field], ['input', field]);
}

/** All administrators' grants are locked, so that of two who take each other's role away one is refused. */
async function demandAnotherAdministrator(tx: Transaction, areaId: string, userId: string): Promise<void> {
  const administrators = await tx.$queryRaw<{ userId: string }[]>`
    SELECT g.user_id AS "userId" FROM role_grants g JOIN users u ON u.id = g.user_id
    WHERE u.area_id = ${areaId}::uuid AND g.role = 'AREA_ADMIN' ORDER BY g.id FOR UPDATE OF g`;
  if (!administrators.some((other) => other.userId !== userId)) throw new LastAdministrator();
}
