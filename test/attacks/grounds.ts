import { draftSettlement } from '../../src/funding/settlement.store.ts';
import type { Role } from '../../src/generated/prisma/enums.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { closeLedgers } from '../../src/ledger/index.ts';
import { recordRecognition } from '../../src/ledger/recognition.store.ts';
import { reverseTransfer } from '../../src/ledger/reversal.store.ts';
import { runMatch } from '../../src/matchruns/index.ts';
import { writeNotices } from '../../src/notices/index.ts';
import { appraiseOrder } from '../../src/orders/appraisal.store.ts';
import { dispatchOrders } from '../../src/orders/index.ts';
import { sealResidents } from '../../src/privacy/index.ts';
import { clockAt, globalId, NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { plantProgramme, TO_CONFIRMED, walkOrder } from '../funding/planted.ts';
import { plantNeedLike, plantServiceLike } from '../orders/planted.ts';
import type { Target } from './attack.ts';
import { listThings, type Thing } from './things.ts';

/**
 * Who asks, all of the first area: Mrs Yang of Dashizi, the staff of the canteen, and those who look after Dashizi. What is
 * of Yatang, of the repair company, of Mr Wu and Mr Long, and all of the second area is not theirs.
 */
export const ASKERS = ['nobody', 'resident', 'provider', 'grid', 'staff', 'analyst', 'admin', 'auditor'] as const;
export type Asker = (typeof ASKERS)[number];

const ROLES: Readonly<Record<Exclude<Asker, 'nobody'>, { readonly role: Role } & Readonly<Record<string, string>>>> = {
  resident: { role: 'RESIDENT', resident: 'R01' },
  provider: { role: 'PROVIDER_STAFF', provider: 'P01' },
  grid: { role: 'GRID_WORKER', community: 'C01' },
  staff: { role: 'COMMUNITY_STAFF', community: 'C01' },
  analyst: { role: 'ANALYST' },
  admin: { role: 'AREA_ADMIN' },
  auditor: { role: 'AUDITOR' },
};

/** Ids of what was planted in an area beside the small area itself. */
export type PlantedThings = {
  readonly area: PlantedArea;
  readonly programmeId: string;
  /** Mrs Yang's confirmed meal, Mr Wu's accepted repair, Mr Long's meal that waits for the repair company. */
  readonly orders: { readonly yang: string; readonly wu: string; readonly long: string };
  /** A further need of Mrs Yang that waits, with candidates. */
  readonly openNeed: string;
  readonly services: { readonly farMeal: string; readonly draft: string; readonly ofSuspended: string };
  readonly suspendedProvider: string;
  readonly settlementId: string;
  readonly runId: string;
  /** One of `openNeed`. */
  readonly candidateId: string;
  /** Of Dashizi, in meals for the elderly; and a posted transfer in it. */
  readonly ledgerId: string;
  readonly transferId: string;
  /** Someone of the staff of Dashizi, and their grant. */
  readonly userId: string;
  readonly grantId: string;
  /** They are named as caregiver of Mrs Yang. */
  readonly caregivingId: string;
  readonly notices: {
    readonly canteen: string;
    readonly dashizi: string;
    readonly repair: string;
    readonly yatang: string;
  };
};

/** Everything that is attacked. */
export type Grounds = {
  readonly home: PlantedThings;
  readonly abroad: PlantedThings;
  readonly things: readonly Thing[];
  readonly tokens: Readonly<Record<Asker, string | undefined>>;
  /** User ids by asker. */
  readonly users: Readonly<Record<Asker, string | null>>;
};

/** What is written about a person and must be seen by few; by external id of the resident and code of the area. */
export const clearTextsOf = (externalId: string, areaCode: string) => {
  const digits = `${externalId.slice(1)}${areaCode === 'KAILI' ? '0' : '1'}`;
  return {
    phone: `1380855${digits.padStart(4, '7')}`,
    address: `大十字街道 ${digits} 栋 ${externalId} 室`,
    identityNumber: `5226011950030${digits.padStart(5, '4')}`,
  };
};

/** Plants both areas with everything that has an id, and signs in everyone who asks. */
export async function plantGrounds(target: Target): Promise<Grounds> {
  const home = await plantThings(target, target.area, 'KAILI');
  const abroad = await plantThings(target, await plantArea(target.database, 'DUYUN'), 'DUYUN');
  const tokens: Partial<Record<Asker, string>> = {};
  for (const [asker, { role, ...over }] of Object.entries(ROLES)) {
    tokens[asker as Asker] = await target.token(role, { area: 'KAILI', ...over });
    await target.ask('{ area { code } }', { token: tokens[asker as Asker]! });
  }
  for (const asker of ['grid', 'staff', 'admin'] as const) await reveal(target, home, tokens[asker]!);
  const users = await target.database.prisma.user.findMany({ where: { areaId: home.area.areaId } });
  const userOf = (asker: Asker) =>
    users.find(({ subject }) => asker !== 'nobody' && subject.startsWith(`${ROLES[asker].role.toLowerCase()}:`))?.id;
  return {
    home,
    abroad,
    things: await listThings(target.database),
    tokens: tokens as Grounds['tokens'],
    users: Object.fromEntries(ASKERS.map((asker) => [asker, userOf(asker) ?? null])) as Grounds['users'],
  };
}

async function reveal(target: Target, { area }: PlantedThings, token: string): Promise<void> {
  const input = { residentId: globalId('Resident', area.residents.yang), fields: ['PHONE'], purpose: '上门核实住址' };
  const mutation = 'mutation ($input: RevealResidentInput!) { revealResident(input: $input) { __typename } }';
  await target.ask(mutation, { token, variables: { input } });
}

async function plantThings({ database }: Target, area: PlantedArea, code: string): Promise<PlantedThings> {
  const { prisma } = database;
  const { areaId, communities, needs, services, providers, residents, categories } = area;
  const system = systemViewer(areaId);
  const earlier = new Date(NOW.getTime() - 2 * 86_400_000);
  for (const { id, externalId } of await prisma.resident.findMany({ where: { areaId } })) {
    await prisma.resident.update({ where: { id }, data: clearTextsOf(externalId, code) });
  }
  await sealResidents(database);
  await prisma.need.updateMany({ where: { areaId }, data: { description: `说明-${code}` } });
  const farMeal = await plantServiceLike(database, services.lunch, 'S91', {
    places: null,
    providerId: providers.repair,
  });
  const draft = await plantServiceLike(database, services.plumbing, 'S92');
  await prisma.service.update({ where: { id: draft }, data: { status: 'DRAFT' } });
  const suspendedProvider = (
    await prisma.provider.create({
      data: { areaId, externalId: 'P04', name: `停业-${code}`, kind: 'SOCIAL', admission: 'SUSPENDED' },
    })
  ).id;
  const ofSuspended = await plantServiceLike(database, services.lunch, 'S93', { providerId: suspendedProvider });
  await prisma.service.update({ where: { id: services.lunch }, data: { places: null } });
  await prisma.needPreference.createMany({
    data: [
      { needId: needs.yangMeal, kind: 'PREFER', serviceId: services.lunch },
      { needId: needs.yangMeal, kind: 'PREFER', serviceId: draft },
      { needId: needs.yangMeal, kind: 'PREFER', serviceId: ofSuspended },
      { needId: needs.yangMeal, kind: 'EXCLUDE', providerId: providers.repair },
      { needId: needs.yangMeal, kind: 'EXCLUDE', providerId: suspendedProvider },
    ],
  });
  const programmeId = await plantProgramme(database, areaId, 'HALF');
  await prisma.slaTerm.create({
    data: { areaId, categoryId: categories['ELDER.MEAL']!, urgency: 1, percent: 50, workingHours: false },
  });
  await prisma.calendarDay.create({ data: { areaId, date: new Date('2026-10-01'), working: false, name: '国庆节' } });

  const openNeed = await plantNeedLike(database, needs.yangMeal, 'N05');
  const repaired = await plantNeedLike(database, needs.wuPipe, 'N06');
  await prisma.need.create({
    data: {
      areaId,
      communityId: communities.yatang,
      residentId: residents.long,
      externalId: 'N07',
      title: '请人调解',
      categoryId: categories.MEDIATION!,
      channel: 'APP',
      registeredAt: earlier,
    },
  });
  const served = await plantNeedLike(database, needs.yangMeal, 'N08');
  const runId = await runMatch(database, system, { dispatch: false }, { clock: clockAt(NOW) });
  const dispatch = async (needId: string, serviceId: string, at: Date) => {
    const found = await prisma.candidate.findFirst({ where: { needId, serviceId } });
    const candidate = { matchRunId: found?.matchRunId ?? null, candidateId: found?.id ?? null };
    const pair = { needId, serviceId, mode: 'MATCH_RUN', ...candidate } as const;
    const [outcome] = await database.transaction((tx) => dispatchOrders(tx, system, [pair], at));
    return outcome!.orderId!;
  };
  const orders = {
    yang: await dispatch(needs.yangMeal, services.lunch, earlier),
    wu: await dispatch(needs.wuPipe, services.plumbing, NOW),
    long: await dispatch(needs.longMeal, farMeal, NOW),
  };
  await walkOrder(database, area, orders.yang, TO_CONFIRMED, { now: earlier });
  await walkOrder(database, area, await dispatch(repaired, services.plumbing, earlier), TO_CONFIRMED, { now: earlier });
  await walkOrder(database, area, orders.wu, ['ACCEPTED']);
  await walkOrder(database, area, await dispatch(served, services.lunch, NOW), ['ACCEPTED']);
  const { version } = await prisma.order.findUniqueOrThrow({ where: { id: orders.yang } });
  const rating = { orderId: orders.yang, version, mark: 5, resolved: true, comment: `评语-${code}` };
  const staff = await signIn(database, areaId, 'COMMUNITY_STAFF', { communityId: communities.dashizi });
  await appraiseOrder(database, staff, rating, NOW);

  const recognise = (communityId: string, holder: { residentId: string } | { providerId: string }) =>
    recordRecognition(
      database,
      system,
      { communityId, holder, categoryId: categories['ELDER.MEAL']!, unit: 'POINT', amount: 5n, reason: '志愿服务' },
      NOW,
    );
  const transferId = await recognise(communities.dashizi, { residentId: residents.yang });
  await recognise(communities.yatang, { residentId: residents.long });
  const mistaken = await recognise(communities.dashizi, { providerId: providers.canteen });
  await reverseTransfer(database, system, { transferId: mistaken, amount: null, reason: '录入有误' }, NOW);
  await closeLedgers(database, system, { wholeArea: true }, new Date(NOW.getTime() - 86_400_000), NOW);
  const admin = await signIn(database, areaId, 'AREA_ADMIN');
  const period = { periodFrom: new Date(earlier.getTime() - 1), periodTo: NOW };
  const settle = (providerId: string) => draftSettlement(database, admin, { programmeId, providerId, ...period }, NOW);
  const settlementId = await settle(providers.canteen);
  await settle(providers.repair);

  const notice = async (kind: 'ACCEPT_REMINDER' | 'COMPLETE_OVERDUE' | 'ESCALATED_NO_CANDIDATE', fields: object) => {
    const rows = [{ areaId, kind, communityId: null, providerId: null, ...fields }];
    const [written] = await database.transaction((tx) => writeNotices(tx, rows, NOW));
    return written!.noticeId;
  };
  const { canteen, repair } = providers;
  const { dashizi, yatang } = communities;
  const notices = {
    canteen: await notice('ACCEPT_REMINDER', { providerId: canteen, orderId: orders.yang, needId: needs.yangMeal }),
    dashizi: await notice('COMPLETE_OVERDUE', {
      communityId: dashizi,
      providerId: canteen,
      orderId: orders.yang,
      needId: needs.yangMeal,
    }),
    repair: await notice('ACCEPT_REMINDER', { providerId: repair, orderId: orders.long, needId: needs.longMeal }),
    yatang: await notice('ESCALATED_NO_CANDIDATE', { communityId: yatang, needId: needs.longMeal }),
  };
  const { ledgerId } = await prisma.transfer.findUniqueOrThrow({ where: { id: transferId } });
  const candidate = await prisma.candidate.findFirstOrThrow({ where: { needId: openNeed, serviceId: services.lunch } });
  const careFor = (residentId: string) =>
    prisma.caregiving.create({ data: { areaId, residentId, userId: staff.userId!, namedAt: NOW, note: '当面提出' } });
  const caregiving = await careFor(residents.yang);
  await careFor(residents.long);
  const grant = await prisma.roleGrant.findFirstOrThrow({ where: { userId: staff.userId! } });
  return {
    area,
    programmeId,
    orders,
    openNeed,
    services: { farMeal, draft, ofSuspended },
    suspendedProvider,
    settlementId,
    runId,
    candidateId: candidate.id,
    ledgerId,
    transferId,
    userId: staff.userId!,
    grantId: grant.id,
    caregivingId: caregiving.id,
    notices,
  };
}
