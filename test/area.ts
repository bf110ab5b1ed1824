import { graphql } from 'graphql';
import pino from 'pino';
import type { Clock } from '../src/clock.ts';
import type { Database } from '../src/database/database.ts';
import type { Locale } from '../src/failures.ts';
import type { Role } from '../src/generated/prisma/enums.ts';
import { schema } from '../src/graphql/schema.ts';
import { databaseFor } from '../src/identity/row-scope.ts';
import type { Grant, Viewer } from '../src/identity/viewer.ts';

/** A Tuesday, 10:00 in the morning in Kaili. */
export const NOW = new Date('2026-11-24T02:00:00Z');
export const clockAt =
  (now: Date): Clock =>
  () =>
    now;

/**
 * A small area: two communities 3 km apart, five categories, three providers, four services, three residents, four open
 * needs. The canteen's circle of 1.2 km holds Mrs Yang's home but not Mr Long's; one plumber serves everyone.
 */
export type PlantedArea = {
  readonly areaId: string;
  readonly communities: { readonly dashizi: string; readonly yatang: string };
  /** Ids by code: ELDER, ELDER.MEAL, HOME, HOME.PLUMBING, MEDIATION. */
  readonly categories: Readonly<Record<string, string>>;
  readonly providers: { readonly canteen: string; readonly repair: string; readonly mediators: string };
  readonly services: {
    /** Meals for the elderly (60+) within 1.2 km, 2 places a day, 8 yuan. */
    readonly lunch: string;
    /** Plumbing anywhere, 3 places a day, 50 yuan. */
    readonly plumbing: string;
    /** Mediation in Dashizi only, free, unlimited. */
    readonly mediation: string;
    /** Meals for the elderly anywhere, withdrawn. */
    readonly closedCanteen: string;
  };
  readonly residents: { readonly yang: string; readonly long: string; readonly wu: string };
  readonly needs: {
    /** Mrs Yang, 76, Dashizi: a meal at noon. */
    readonly yangMeal: string;
    /** Mr Long, 70, Yatang: a meal; no circle reaches him. */
    readonly longMeal: string;
    /** Mr Wu, 35, Dashizi: a burst pipe, urgent. */
    readonly wuPipe: string;
    /** Mr Wu: a quarrel with the neighbour. */
    readonly wuQuarrel: string;
  };
};

/** Plants the small area into an empty database, past the ledgers: what is planted has no entries. */
export async function plantArea(database: Database, code = 'KAILI'): Promise<PlantedArea> {
  const { prisma } = database;
  const area = await prisma.area.create({ data: { code, name: '凯里市', nameEn: 'Kaili', utcOffsetMinutes: 480 } });
  const areaId = area.id;

  const community = async (externalId: string, name: string, latitude: number) =>
    (
      await prisma.community.create({
        data: { areaId, externalId, name, population: 8000, latitude, longitude: 107.98 },
      })
    ).id;
  const dashizi = await community('C01', '大十字社区', 26.58);
  const yatang = await community('C02', '鸭塘社区', 26.553);

  const categories: Record<string, string> = {};
  const category = async (
    code: string,
    name: string,
    roomClass: 'SELF_GOVERNING' | 'SOCIAL',
    unit: 'VISIT' | 'MEAL' | 'CASE',
    parent?: string,
  ) => {
    const created = await prisma.category.create({
      data: {
        areaId,
        code,
        name,
        roomClass,
        unit,
        parentId: parent ? categories[parent]! : null,
        acceptWithinHours: 4,
        completeWithinHours: 24,
      },
    });
    categories[code] = created.id;
  };
  await category('ELDER', '养老服务', 'SOCIAL', 'VISIT');
  await category('ELDER.MEAL', '老年助餐', 'SOCIAL', 'MEAL', 'ELDER');
  await category('HOME', '家政维修', 'SOCIAL', 'VISIT');
  await category('HOME.PLUMBING', '水电维修', 'SOCIAL', 'VISIT', 'HOME');
  await category('MEDIATION', '矛盾调解', 'SELF_GOVERNING', 'CASE');

  const provider = async (externalId: string, name: string, kind: 'SOCIAL' | 'SELF_GOVERNING') =>
    (await prisma.provider.create({ data: { areaId, externalId, name, kind } })).id;
  const canteen = await provider('P01', '大十字颐养饭桌', 'SOCIAL');
  const repair = await provider('P02', '凯里快修便民公司', 'SOCIAL');
  const mediators = await provider('P03', '大十字寨老调解队', 'SELF_GOVERNING');

  const lunch = await prisma.service.create({
    data: {
      areaId,
      providerId: canteen,
      externalId: 'S01',
      name: '老年午餐送餐',
      description: '为60岁以上老人提供午餐，可送餐上门',
      nature: 'PUBLIC_BENEFIT',
      keywords: ['助餐', '送餐'],
      radiusMetres: 1200,
      places: 2,
      capacityPeriod: 'DAY',
      publishedAt: NOW,
      categories: { create: { categoryId: categories['ELDER.MEAL']!, position: 0 } },
      locations: { create: { latitude: 26.581, longitude: 107.981 } },
      eligibility: { create: { minimumAge: 60 } },
      costOptions: { create: { amountFen: 800, unit: 'MEAL' } },
    },
  });
  const plumbing = await prisma.service.create({
    data: {
      areaId,
      providerId: repair,
      externalId: 'S02',
      name: '上门修水管',
      description: '水管漏水、水龙头更换、电路跳闸上门维修',
      nature: 'COMMERCIAL',
      keywords: ['漏水', '跳闸'],
      places: 3,
      capacityPeriod: 'DAY',
      publishedAt: NOW,
      categories: { create: { categoryId: categories['HOME.PLUMBING']!, position: 0 } },
      costOptions: { create: { amountFen: 5000, unit: 'VISIT' } },
    },
  });
  const mediation = await prisma.service.create({
    data: {
      areaId,
      providerId: mediators,
      externalId: 'S03',
      name: '邻里纠纷调解',
      description: '寨老上门说和，化解邻里矛盾',
      nature: 'SELF_GOVERNANCE',
      publishedAt: NOW,
      categories: { create: { categoryId: categories.MEDIATION!, position: 0 } },
      serviceAreas: { create: { communityId: dashizi } },
    },
  });
  const closedCanteen = await prisma.service.create({
    data: {
      areaId,
      providerId: canteen,
      externalId: 'S04',
      name: '老年晚餐',
      nature: 'PUBLIC_BENEFIT',
      status: 'WITHDRAWN',
      categories: { create: { categoryId: categories['ELDER.MEAL']!, position: 0 } },
    },
  });

  const resident = async (
    externalId: string,
    name: string,
    communityId: string,
    birthDate: string,
    attributes: string[],
  ) =>
    (
      await prisma.resident.create({
        data: {
          areaId,
          communityId,
          externalId,
          name,
          birthDate: new Date(birthDate),
          phone: '13808550000',
          attributes,
        },
      })
    ).id;
  const yang = await resident('R01', '杨秀英', dashizi, '1950-03-08', ['ELDERLY', 'LIVING_ALONE']);
  const long = await resident('R02', '龙老四', yatang, '1956-07-01', ['ELDERLY']);
  const wu = await resident('R03', '吴建国', dashizi, '1991-05-20', []);

  const need = async (
    externalId: string,
    residentId: string,
    communityId: string,
    categoryCode: string,
    title: string,
    urgency = 3,
  ) =>
    (
      await prisma.need.create({
        data: {
          areaId,
          communityId,
          residentId,
          externalId,
          title,
          categoryId: categories[categoryCode]!,
          channel: 'WECHAT',
          urgency,
          registeredAt: new Date(NOW.getTime() - 3_600_000),
          deadlineAt: new Date(NOW.getTime() + 3 * 86_400_000),
        },
      })
    ).id;
  return {
    areaId,
    communities: { dashizi, yatang },
    categories,
    providers: { canteen, repair, mediators },
    services: { lunch: lunch.id, plumbing: plumbing.id, mediation: mediation.id, closedCanteen: closedCanteen.id },
    residents: { yang, long, wu },
    needs: {
      yangMeal: await need('N01', yang, dashizi, 'ELDER.MEAL', '想订一份午餐送到家里'),
      longMeal: await need('N02', long, yatang, 'ELDER.MEAL', '一个人住，想吃食堂'),
      wuPipe: await need('N03', wu, dashizi, 'HOME.PLUMBING', '厨房水管爆了', 2),
      wuQuarrel: await need('N04', wu, dashizi, 'MEDIATION', '楼上天天半夜吵，请人调解'),
    },
  };
}

/** Someone who holds one role, over what is given; the user is written to the database. */
export async function signIn(
  database: Database,
  areaId: string,
  role: Role,
  over: Partial<Omit<Grant, 'role'>> = {},
): Promise<Viewer> {
  const subject = `${role}-${Object.values(over).join('-')}-${Math.random().toString(36).slice(2)}`;
  const grant: Grant = { role, communityId: null, providerId: null, residentId: null, ...over };
  const user = await database.prisma.user.create({
    data: { areaId, subject, displayName: subject, grants: { create: grant } },
  });
  return { userId: user.id, areaId, displayName: subject, grants: [grant], isSystem: false };
}

/** Runs one GraphQL operation as the viewer, behind the wall of rows as on the server, and gives `data`; any error in the answer is thrown. */
export async function execute(
  database: Database,
  viewer: Viewer,
  source: string,
  variables: Record<string, unknown> = {},
  { now = NOW, locale = 'en' }: { now?: Date; locale?: Locale } = {},
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they asked for
): Promise<any> {
  const contextValue = {
    viewer,
    locale,
    database: databaseFor(viewer, database),
    clock: clockAt(now),
    log: pino({ level: 'silent' }),
  };
  const result = await graphql({ schema, source, variableValues: variables, contextValue });
  if (result.errors) throw result.errors[0]!.originalError ?? result.errors[0]!;
  return result.data;
}

/** The Relay id of a row. */
export function globalId(typename: string, id: string): string {
  return Buffer.from(`${typename}:${id}`).toString('base64');
}
