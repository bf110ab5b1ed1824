import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptCaregiving, dismissCaregiver, nameCaregiver } from '../../src/caregivers/caregiving.store.ts';
import type { Database } from '../../src/database/database.ts';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import { InvalidInput, NotAllowed, NotFound, TransitionRefused } from '../../src/failures.ts';
import { revokeRole } from '../../src/identity/grant.store.ts';
import { findViewer } from '../../src/identity/user.store.ts';
import { systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { execute, globalId, NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { dispatchPairs, walkOrder } from '../funding/planted.ts';
import { countStatements } from '../needs/count-statements.ts';
import { type People, signInPeople } from '../orders/planted.ts';

const LATER = new Date(NOW.getTime() + 7 * 86_400_000);

describe.each(DATABASE_KINDS)('a caregiver in the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let people: People;
  let caregiver: Viewer;
  let planted = 0;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
  });
  afterAll(() => database.close());
  const begin = async () => {
    planted += 1;
    area = await plantArea(database, `CARE${planted}`);
    people = await signInPeople(database, area);
    caregiver = await someone();
  };
  const someone = async () => {
    const viewer = await signIn(database, area.areaId, 'ANALYST');
    await database.prisma.roleGrant.deleteMany({ where: { userId: viewer.userId! } });
    return { ...viewer, grants: [] };
  };
  const name = (by: Viewer, more: object = {}) =>
    nameCaregiver(database, by, { residentId: area.residents.yang, userId: caregiver.userId, ...more }, NOW);
  /** The caregiver as they are when they ask again. */
  const again = async (now = NOW, viewer = caregiver) =>
    (await findViewer(database, { subject: viewer.displayName, areaId: area.areaId }, now))!;
  const accepted = async (more: object = {}) => {
    const id = await name(people.yang, more);
    await acceptCaregiving(database, caregiver, id, NOW);
    return id;
  };

  it('may act once named and once they have accepted, not before, and not after they were dismissed', async () => {
    await begin();
    const id = await name(people.yang);
    expect((await again()).grants).toEqual([]);
    await acceptCaregiving(database, caregiver, id, NOW);
    expect((await again()).grants).toMatchObject([{ role: 'CAREGIVER', residentId: area.residents.yang }]);
    await dismissCaregiver(database, people.yang, id, NOW);
    expect((await again()).grants).toEqual([]);
    await expect(acceptCaregiving(database, caregiver, id, NOW)).rejects.toThrow(TransitionRefused);
    await expect(dismissCaregiver(database, people.yang, id, NOW)).rejects.toThrow(TransitionRefused);
    const entries = await database.prisma.auditEntry.findMany({ where: { subjectId: id }, orderBy: { id: 'asc' } });
    expect(entries.map(({ action, actorId }) => [action, actorId])).toEqual([
      ['caregiver.name', people.yang.userId],
      ['caregiver.accept', caregiver.userId],
      ['caregiver.dismiss', people.yang.userId],
    ]);
  });

  it('has no rights any more from the instant at which it runs out, and can then be named anew', async () => {
    await begin();
    const id = await accepted({ until: LATER });
    expect((await again(new Date(LATER.getTime() - 1))).grants).toHaveLength(1);
    expect((await again(LATER)).grants).toEqual([]);
    await expect(name(people.yang)).rejects.toMatchObject({ issues: [{ rule: 'already_named' }] });
    const next = await nameCaregiver(
      database,
      people.yang,
      { residentId: area.residents.yang, userId: caregiver.userId },
      LATER,
    );
    await acceptCaregiving(database, caregiver, next, LATER);
    expect((await again(LATER)).grants).toHaveLength(1);
    expect((await database.prisma.caregiving.findUniqueOrThrow({ where: { id } })).endedAt).toEqual(LATER);
  });

  it('is recorded by staff of the community with a note of how the resident asked, and by no other staff', async () => {
    await begin();
    await expect(name(people.staff)).rejects.toMatchObject({ issues: [{ rule: 'how_asked' }] });
    const note = { note: '10月3日入户时口头提出，女儿在场' };
    const elsewhere = await signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId: area.communities.yatang });
    await expect(name(elsewhere, note)).rejects.toThrow(NotFound);
    await expect(name(people.admin, note)).rejects.toThrow(NotAllowed);
    await expect(name({ ...people.staff, userId: caregiver.userId }, note)).rejects.toMatchObject({
      issues: [{ rule: 'oneself' }],
    });
    const id = await name(people.staff, note);
    await acceptCaregiving(database, caregiver, id, NOW);
    expect((await again()).grants).toHaveLength(1);
    const entries = await database.prisma.auditEntry.findMany({ where: { subjectId: id } });
    expect(JSON.stringify(entries)).not.toContain('女儿');
  });

  it.each([
    ['of a time that has passed', () => ({ until: NOW }), 'until_past'],
    ['who is the resident themselves', () => ({ userId: people.yang.userId }), 'oneself'],
  ])('%s is refused', async (_what, more, broken) => {
    await begin();
    await expect(name(people.yang, more())).rejects.toMatchObject({ issues: [{ rule: broken }] });
  });

  it('is one of five at most, also when they are named at once', async () => {
    await begin();
    const others = await Promise.all(Array.from({ length: 7 }, someone));
    const outcomes = await Promise.allSettled(others.map(({ userId }) => name(people.yang, { userId })));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected')!;
    expect((refused as PromiseRejectedResult).reason).toMatchObject({ issues: [{ rule: 'too_many_caregivers' }] });
    expect(await database.prisma.caregiving.count({ where: { residentId: area.residents.yang } })).toBe(5);
  });

  it('of another area is not there', async () => {
    await begin();
    const elsewhere = await plantArea(database, `CARE${planted}-B`);
    const stranger = await signIn(database, elsewhere.areaId, 'RESIDENT', { residentId: elsewhere.residents.yang });
    await expect(name(people.yang, { userId: stranger.userId })).rejects.toThrow(NotFound);
    await expect(name(people.yang, { residentId: elsewhere.residents.yang })).rejects.toThrow(NotFound);
    const insert = (residentId: string, userId: string, more = '') =>
      database.prisma
        .$executeRawUnsafe(
          `INSERT INTO caregivings (id, area_id, resident_id, user_id, named_at${more && ', accepted_at'})
          VALUES (gen_random_uuid(), '${area.areaId}', '${residentId}', '${userId}', now()${more})`,
        )
        .then(String, sqlStateOf);
    expect(await insert(area.residents.yang, stranger.userId!)).toBe('LD013');
    expect(await insert(elsewhere.residents.yang, caregiver.userId!)).toBe('LD013');
    expect(await insert(area.residents.yang, caregiver.userId!, ', now()')).toBe('LD014');
  });

  it('is kept by the database as it came about: named once, accepted once, ended once', async () => {
    await begin();
    const id = await accepted();
    const change = (set: string) =>
      database.prisma.$executeRawUnsafe(`UPDATE caregivings SET ${set} WHERE id = '${id}'`).then(String, sqlStateOf);
    expect(await change(`until = now() + interval '9 years'`)).toBe('LD014');
    expect(await change(`user_id = '${people.wu.userId}'`)).toBe('LD014');
    expect(await change('accepted_at = now()')).toBe('LD014');
    await dismissCaregiver(database, caregiver, id, NOW);
    expect(await change('ended_at = NULL')).toBe('LD014');
    const until = `UPDATE role_grants SET until = now() WHERE user_id = '${people.staff.userId}'`;
    expect(await database.prisma.$executeRawUnsafe(until).then(String, sqlStateOf)).toBe('23514');
  });

  it('is not granted or revoked by administrators like a role: they dismiss it', async () => {
    await begin();
    const id = await accepted();
    const held = await database.prisma.roleGrant.findFirstOrThrow({ where: { userId: caregiver.userId! } });
    await expect(revokeRole(database, people.admin, held.id, NOW)).rejects.toThrow(InvalidInput);
    await dismissCaregiver(database, people.admin, id, NOW);
    expect((await again()).grants).toEqual([]);
  });

  it('who works for a provider confirms nothing that this provider has done, and a resident their own', async () => {
    await begin();
    await accepted();
    await database.prisma.roleGrant.create({
      data: { userId: caregiver.userId!, role: 'PROVIDER_STAFF', providerId: area.providers.canteen },
    });
    const [outcome] = await dispatchPairs(database, area.areaId, [[area.needs.yangMeal, area.services.lunch]]);
    const orderId = outcome!.orderId!;
    await walkOrder(database, area, orderId, ['ACCEPTED', 'IN_SERVICE', 'FULFILLED']);
    const { version } = await database.prisma.order.findUniqueOrThrow({ where: { id: orderId } });
    const input = { orderId: globalId('Order', orderId), version };
    const CONFIRM = `mutation ($input: OrderActionInput!) {
      confirmOrder(input: $input) { __typename ... on Order { state } ... on Failure { code } }
    }`;
    const confirm = async (viewer: Viewer) => (await execute(database, viewer, CONFIRM, { input })).confirmOrder;
    expect(await confirm(await again())).toMatchObject({ code: 'NOT_ALLOWED' });
    const both = { ...people.yang, grants: [...people.yang.grants, ...people.canteen.grants] };
    expect(await confirm(both)).toMatchObject({ state: 'CONFIRMED' });
  });
});

describe('what a caregiver may do', () => {
  let database: Database;
  let area: PlantedArea;
  let people: People;
  let caregiver: Viewer;
  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
    area = await plantArea(database);
    people = await signInPeople(database, area);
    caregiver = await signIn(database, area.areaId, 'CAREGIVER', { residentId: area.residents.yang });
  });
  afterAll(() => database.close());

  it('is to register, read, amend and withdraw needs of the resident, without saying who where there is only one', async () => {
    const REGISTER = `mutation ($input: RegisterNeedInput!) {
      registerNeed(input: $input) { ... on Need { id version resident { externalId name } } ... on Failure { code message } }
    }`;
    const { registerNeed } = await execute(database, caregiver, REGISTER, { input: { title: '想订一份午餐送到家里' } });
    expect(registerNeed).toMatchObject({ version: 1, resident: { externalId: 'R01', name: '杨**' } });
    const AMEND = `mutation ($input: AmendNeedInput!) { amendNeed(input: $input) { ... on Need { quantity version } } }`;
    const { amendNeed } = await execute(database, caregiver, AMEND, {
      input: { id: registerNeed.id, version: 1, quantity: 2 },
    });
    expect(amendNeed.quantity).toBe(2);
    const WITHDRAW = 'mutation ($input: WithdrawNeedInput!) { withdrawNeed(input: $input) { ... on Need { state } } }';
    const input = { id: registerNeed.id, version: amendNeed.version, reason: 'NO_LONGER_NEEDED' };
    expect((await execute(database, caregiver, WITHDRAW, { input })).withdrawNeed.state).toBe('WITHDRAWN');
    const { needs } = await execute(database, caregiver, '{ needs(first: 9) { nodes { resident { externalId } } } }');
    expect(new Set(needs.nodes.map((need: { resident: { externalId: string } }) => need.resident.externalId))).toEqual(
      new Set(['R01']),
    );
  });

  it('is to confirm, appraise and cancel orders of the resident, as a caregiver, which their events say', async () => {
    const [outcome] = await dispatchPairs(database, area.areaId, [[area.needs.yangMeal, area.services.lunch]]);
    const orderId = outcome!.orderId!;
    await walkOrder(database, area, orderId, ['ACCEPTED', 'IN_SERVICE', 'FULFILLED']);
    const order = await database.prisma.order.findUniqueOrThrow({ where: { id: orderId } });
    const CONFIRM = `mutation ($input: OrderActionInput!) {
      confirmOrder(input: $input) { ... on Order { version events { actorRole } } ... on Failure { code } }
    }`;
    const input = { orderId: globalId('Order', orderId), version: order.version };
    const { confirmOrder } = await execute(database, caregiver, CONFIRM, { input });
    expect(confirmOrder.events.at(-1)).toEqual({ actorRole: 'CAREGIVER' });
    const APPRAISE = `mutation ($input: AppraiseOrderInput!) {
      appraiseOrder(input: $input) { __typename ... on Failure { code } }
    }`;
    const appraisal = { ...input, version: confirmOrder.version, mark: 5, resolved: true };
    expect((await execute(database, caregiver, APPRAISE, { input: appraisal })).appraiseOrder.__typename).toBe(
      'Appraisal',
    );
  });

  it('is not to name other caregivers, nor to see what of the resident is masked or who else cares for them', async () => {
    const NAME = `mutation ($input: NameCaregiverInput!) {
      nameCaregiver(input: $input) { __typename ... on Caregiving { id state } ... on Failure { code } }
    }`;
    const input = {
      residentId: globalId('Resident', area.residents.yang),
      userId: globalId('User', people.wu.userId!),
    };
    expect((await execute(database, caregiver, NAME, { input })).nameCaregiver.code).toBe('NOT_ALLOWED');
    const named = (await execute(database, people.yang, NAME, { input })).nameCaregiver;
    expect(named).toMatchObject({ __typename: 'Caregiving', state: 'NAMED' });
    const SEEN = '{ caregivings(first: 9) { totalCount nodes { residentName note state resident { externalId } } } }';
    expect((await execute(database, caregiver, SEEN)).caregivings.totalCount).toBe(0);
    expect((await execute(database, people.wu, SEEN)).caregivings.nodes).toEqual([
      { residentName: '杨**', note: null, state: 'NAMED', resident: null },
    ]);
    const RESIDENTS = '{ residents(first: 9) { nodes { name phone attributes { code } } } }';
    expect((await execute(database, caregiver, RESIDENTS)).residents.nodes).toEqual([
      { name: '杨**', phone: '138****0000', attributes: null },
    ]);
  });

  it('is read with the same number of statements however many there are', async () => {
    const READ = `query ($first: Int!) {
      caregivings(first: $first) { nodes { state residentName caregiverName note resident { name } } }
    }`;
    const system = systemViewer(area.areaId);
    for (const residentId of [area.residents.yang, area.residents.long, area.residents.wu]) {
      for (let time = 0; time < 2; time += 1) {
        const { userId } = await signIn(database, area.areaId, 'ANALYST');
        await nameCaregiver(database, system, { residentId, userId, note: '电话提出' }, NOW);
      }
    }
    const read = (first: number) => countStatements(database, () => execute(database, people.admin, READ, { first }));
    const [few, many] = [await read(2), await read(6)];
    expect(many.result.caregivings.nodes).toHaveLength(6);
    expect(many.count).toBe(few.count);
  });
});
