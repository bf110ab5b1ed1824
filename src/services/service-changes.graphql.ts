import { CategoryType } from '../communities/category.graphql.ts';
import { CommunityType, ServiceUnitEnum } from '../communities/community.graphql.ts';
import { InvalidInput } from '../failures.ts';
import { builder } from '../graphql/builder.ts';
import { parseInput, versionSeen } from '../input.ts';
import { ProviderType } from './provider.graphql.ts';
import { parseSchedule, parseScheduleExceptions } from './schedule.ts';
import {
  CapacityPeriodEnum,
  FundingSourceEnum,
  ServiceNatureEnum,
  ServiceStatusEnum,
  ServiceType,
} from './service.graphql.ts';
import { saveService, withdrawService } from './service-changes.store.ts';

const ServiceLocationInputType = builder.inputType('ServiceLocationInput', {
  description: 'A place where a service is given (服务地点).',
  fields: (t) => ({
    latitude: t.float({ required: true, description: 'Degrees north (纬度).' }),
    longitude: t.float({ required: true, description: 'Degrees east (经度).' }),
    name: t.string({ description: 'Its name (名称).' }),
    address: t.string({ description: 'Its address (地址).' }),
  }),
});

const ServiceInputType = builder.inputType('ServiceInput', {
  description: 'What is written of a service, all of it each time (服务信息).',
  fields: (t) => ({
    externalId: t.string({
      required: true,
      description: "Id in the office's own books; written over when known (外部编号).",
    }),
    version: t.int({ description: 'The version that you read; leave it out for a new service (版本).' }),
    providerId: t.globalID({ for: ProviderType, required: true, description: 'Who supplies it (供给主体).' }),
    name: t.string({ required: true, description: 'Its name (名称).' }),
    nameEn: t.string({ description: 'Its name in English (英文名).' }),
    description: t.string({ description: 'What is done (服务内容).' }),
    nature: t.field({ type: ServiceNatureEnum, required: true, description: 'Its nature (服务性质).' }),
    status: t.field({ type: ServiceStatusEnum, defaultValue: 'PUBLISHED', description: 'Where it stands (状态).' }),
    categoryIds: t.globalIDList({
      for: CategoryType,
      description: 'The categories that it serves, the main one first; found from the words when left out (类别).',
    }),
    keywords: t.stringList({ description: 'Words by which it is looked for (关键词).' }),
    communityIds: t.globalIDList({
      for: CommunityType,
      description: 'The communities that it serves; none for all (服务社区).',
    }),
    locations: t.field({ type: [ServiceLocationInputType], description: 'Where it is given (服务地点).' }),
    radiusMetres: t.int({ description: 'Radius of its circle around its locations, metres (服务半径，米).' }),
    schedule: t.string({
      description:
        'Weekly hours, e.g. Mo-Fr 08:30-12:00,14:00-17:30; Sa 09:00-12:00, or 周一至周五 08:30-12:00 (服务时间).',
    }),
    scheduleExceptions: t.string({
      description: 'Dates on which they differ, e.g. 2027-01-01 closed; 2027-02-06 09:00-12:00 (例外日期).',
    }),
    allOf: t.stringList({ description: 'Attributes that a resident must all have (须全部具备).' }),
    anyOf: t.stringList({ description: 'Attributes of which one is needed (须具备其一).' }),
    noneOf: t.stringList({ description: 'Attributes that a resident must not have (不得具备).' }),
    minimumAge: t.int({ description: 'Least age, whole years (最低年龄).' }),
    maximumAge: t.int({ description: 'Highest age, whole years (最高年龄).' }),
    price: t.field({ type: 'Fen', defaultValue: 0, description: 'The price of one unit, whoever bears it (单价).' }),
    giftFen: t.field({
      type: 'Fen',
      description: 'What the provider gives of the price of each unit, 0 when absent (让利).',
    }),
    unit: t.field({
      type: ServiceUnitEnum,
      description: "What is counted; the main category's when left out (计量单位).",
    }),
    funding: t.field({ type: [FundingSourceEnum], description: 'Who else bears the cost (资金来源).' }),
    places: t.int({ description: 'Places in each period; unlimited when left out (名额).' }),
    capacityPeriod: t.field({
      type: CapacityPeriodEnum,
      defaultValue: 'OPEN',
      description: 'Over what places are counted (容量周期).',
    }),
    validFrom: t.field({ type: 'DateTime', description: 'From when it is offered (生效时间).' }),
    validTo: t.field({ type: 'DateTime', description: 'Until when it is offered (截止时间).' }),
  }),
});

const WithdrawServiceInputType = builder.inputType('WithdrawServiceInput', {
  description: 'Which service is taken off the list (撤下哪项服务).',
  fields: (t) => ({
    id: t.globalID({ for: ServiceType, required: true, description: 'The service (服务).' }),
    version: t.int({ required: true, description: 'The version that you read (版本).' }),
  }),
});

builder.mutationFields((t) => ({
  saveService: t.prismaField({
    type: 'Service',
    description:
      'Writes a service, new or over the one with its external id; publishes it unless it says otherwise (发布服务).',
    errors: {},
    args: { input: t.arg({ type: ServiceInputType, required: true, description: 'The service (服务信息).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const { version, providerId, categoryIds, communityIds, schedule, scheduleExceptions, price, ...content } = input;
      const form = {
        ...withoutNulls(content),
        externalId: input.externalId,
        name: input.name,
        nature: input.nature,
        providerId: providerId.id,
        categoryIds: (categoryIds ?? []).map(({ id }) => id),
        communityIds: (communityIds ?? []).map(({ id }) => id),
        schedule: read('schedule', schedule, parseSchedule),
        scheduleExceptions: read('scheduleExceptions', scheduleExceptions, parseScheduleExceptions).map(
          ({ date, windows }) => ({ date, windows: [...windows] }),
        ),
        priceFen: price ?? 0,
      };
      const seen = parseInput(versionSeen, version, ['input', 'version']);
      const id = await saveService(database, viewer, form, seen, clock());
      return database.prisma.service.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
  withdrawService: t.prismaField({
    type: 'Service',
    description: 'Takes a service off the list; orders under way go on (撤下服务).',
    errors: {},
    args: { input: t.arg({ type: WithdrawServiceInputType, required: true, description: 'Which one (哪一项).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      await withdrawService(database, viewer, input.id.id, input.version, clock());
      return database.prisma.service.findUniqueOrThrow({ ...query, where: { id: input.id.id } });
    },
  }),
}));

/** Fields that a client sends as null are the same as those left out. */
function withoutNulls<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}

/** A text of hours as windows; none for an empty one. @throws InvalidInput when it cannot be read */
function read<T>(field: string, text: string | null | undefined, parse: (text: string) => readonly T[] | null): T[] {
  const windows = parse(text ?? '');
  if (windows !== null) return [...windows];
  throw InvalidInput.at(
    ['input', field],
    'schedule',
    '看不懂这个时间，应如“周一至周五 08:30-12:00”或“2027-01-01 休”',
    'must be hours such as Mo-Fr 08:30-12:00, or dates such as 2027-01-01 closed',
  );
}
