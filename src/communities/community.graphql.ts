import { appendAudit } from '../audit/index.ts';
import { RoomClass, ServiceUnit } from '../generated/prisma/enums.ts';
import { builder } from '../graphql/builder.ts';
import { describedEnum } from '../graphql/enums.ts';
import { guardNode } from '../graphql/node-access.ts';
import { demandAtAll } from '../identity/policy.ts';
import { parseInput } from '../input.ts';
import { upsertCommunities } from './community.store.ts';
import { communityInput } from './community.ts';
import { textContains } from './text-contains.ts';

export const RoomClassEnum = describedEnum(
  'RoomClass',
  'The three classes of function rooms (功能室类别).',
  RoomClass,
  {
    ADMINISTRATIVE: 'Administration (行政管理)',
    SELF_GOVERNING: "Residents' self-governance (自治服务)",
    SOCIAL: 'Social services (社会服务)',
  },
);

export const ServiceUnitEnum = describedEnum(
  'ServiceUnit',
  'What is counted when a service is given (计量单位).',
  ServiceUnit,
  {
    VISIT: 'A visit (次)',
    MEAL: 'A meal (餐)',
    HOUR: 'An hour (小时)',
    CASE: 'A case (件)',
    ITEM: 'An item (台/个)',
  },
);

export const AreaType = builder.prismaNode('Area', {
  id: { field: 'id' },
  description: 'The tenant: a county-level city or district (区域).',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'Its code (编码).' }),
    name: t.exposeString('name', { description: 'Its name (名称).' }),
    nameEn: t.exposeString('nameEn', { nullable: true, description: 'Its name in English (英文名).' }),
    utcOffsetMinutes: t.exposeInt('utcOffsetMinutes', {
      description: 'Local time, minutes ahead of UTC (时区偏移，分钟).',
    }),
    communities: t.relatedConnection('communities', {
      cursor: 'id',
      description: 'Its communities (所辖社区).',
      query: { orderBy: { externalId: 'asc' } },
      totalCount: true,
    }),
  }),
});

export const CommunityType = builder.prismaNode('Community', {
  id: { field: 'id' },
  description: 'A residential community (社区).',
  fields: (t) => ({
    externalId: t.exposeString('externalId', { description: "Id in the office's own books (外部编号)." }),
    name: t.exposeString('name', { description: 'Its name (名称).' }),
    nameEn: t.exposeString('nameEn', { nullable: true, description: 'Its name in English (英文名).' }),
    population: t.exposeInt('population', { description: 'How many people live there (人口).' }),
    latitude: t.exposeFloat('latitude', { description: 'Centre, degrees north (中心纬度).' }),
    longitude: t.exposeFloat('longitude', { description: 'Centre, degrees east (中心经度).' }),
    officeAddress: t.exposeString('officeAddress', {
      nullable: true,
      description: 'Address of its office (居委会地址).',
    }),
    officePhone: t.exposeString('officePhone', {
      nullable: true,
      description: 'Telephone of its office (居委会电话).',
    }),
    area: t.relation('area', { description: 'The area that it belongs to (所属区域).' }),
  }),
});

guardNode('Area', async (id, { viewer }) => id === viewer.areaId);
guardNode(
  'Community',
  async (id, { database, viewer }) =>
    (await database.prisma.community.count({ where: { id, areaId: viewer.areaId } })) === 1,
);

builder.queryFields((t) => ({
  area: t.prismaField({
    type: 'Area',
    description: 'The area of the viewer (当前区域).',
    resolve: (query, _root, _args, { database, viewer }) =>
      database.prisma.area.findUniqueOrThrow({ ...query, where: { id: viewer.areaId } }),
  }),
  communities: t.prismaConnection({
    type: 'Community',
    cursor: 'id',
    description: 'The communities of the area (社区).',
    args: {
      text: t.arg.string({ description: 'Only those whose name or external id contains this (名称或编号包含).' }),
    },
    totalCount: (_root, { text }, { database, viewer }) =>
      database.prisma.community.count({ where: communitiesAsked(viewer.areaId, text) }),
    resolve: (query, _root, { text }, { database, viewer }) =>
      database.prisma.community.findMany({
        ...query,
        where: communitiesAsked(viewer.areaId, text),
        orderBy: { externalId: 'asc' },
      }),
  }),
}));

function communitiesAsked(areaId: string, text: string | null | undefined) {
  if (!text) return { areaId };
  const contains = textContains(text);
  return { areaId, OR: [{ name: contains }, { nameEn: contains }, { externalId: contains }] };
}

const CommunityInputType = builder.inputType('CommunityInput', {
  description: 'What is written of a community (社区信息).',
  fields: (t) => ({
    externalId: t.string({
      required: true,
      description: "Id in the office's own books; written over when known (外部编号).",
    }),
    name: t.string({ required: true, description: 'Its name (名称).' }),
    nameEn: t.string({ description: 'Its name in English (英文名).' }),
    population: t.int({ required: true, description: 'How many people live there (人口).' }),
    latitude: t.float({ required: true, description: 'Centre, degrees north (中心纬度).' }),
    longitude: t.float({ required: true, description: 'Centre, degrees east (中心经度).' }),
    officeAddress: t.string({ description: 'Address of its office (居委会地址).' }),
    officePhone: t.string({ description: 'Telephone of its office (居委会电话).' }),
  }),
});

builder.mutationFields((t) => ({
  saveCommunity: t.prismaField({
    type: 'Community',
    description: 'Writes a community, new or over the one with its external id (登记社区).',
    errors: {},
    args: { input: t.arg({ type: CommunityInputType, required: true, description: 'The community (社区信息).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      demandAtAll(viewer, 'community.write');
      const row = parseInput(communityInput, input);
      const id = await database.transaction(
        async (tx) => {
          const [written] = await upsertCommunities(tx, viewer.areaId, [row], clock());
          const { id, isNew } = written!;
          const body = { externalId: row.externalId, isNew };
          await appendAudit(
            tx,
            viewer,
            { action: 'community.save', subjectType: 'Community', subjectId: id, body },
            clock(),
          );
          return id;
        },
        { answerId: (id) => id },
      );
      return database.prisma.community.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
}));
