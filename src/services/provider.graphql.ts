import { textContains } from '../communities/index.ts';
import { ProviderAdmission, ProviderKind } from '../generated/prisma/enums.ts';
import { builder } from '../graphql/builder.ts';
import { describedEnum } from '../graphql/enums.ts';
import { guardNode } from '../graphql/node-access.ts';
import { demandAtAll } from '../identity/policy.ts';
import { parseInput, versionSeen } from '../input.ts';
import { readableProviders, readableServices } from './access.ts';
import { providerInput } from './provider.ts';
import { saveProvider } from './provider-changes.store.ts';

export const ProviderKindEnum = describedEnum('ProviderKind', 'Who supplies (供给主体类型).', ProviderKind, {
  GOVERNMENT: 'Party and government agencies (党政机构)',
  SELF_GOVERNING: "Residents' own organisations (自治组织)",
  SOCIAL: 'Social organisations and companies (社会组织与企业)',
});

export const ProviderAdmissionEnum = describedEnum(
  'ProviderAdmission',
  'Whether a provider may be dispatched to (准入状态).',
  ProviderAdmission,
  {
    APPLIED: 'Has applied (已申请)',
    ADMITTED: 'Is admitted (已准入)',
    SUSPENDED: 'Is suspended (已暂停)',
  },
);

export const ProviderType = builder.prismaNode('Provider', {
  id: { field: 'id' },
  description: 'An organisation that supplies services (供给主体).',
  fields: (t) => ({
    externalId: t.exposeString('externalId', { description: "Id in the office's own books (外部编号)." }),
    name: t.exposeString('name', { description: 'Its name (名称).' }),
    nameEn: t.exposeString('nameEn', { nullable: true, description: 'Its name in English (英文名).' }),
    kind: t.expose('kind', { type: ProviderKindEnum, description: 'What kind of provider (类型).' }),
    admission: t.expose('admission', {
      type: ProviderAdmissionEnum,
      description: 'Whether it is admitted (准入状态).',
    }),
    description: t.exposeString('description', { description: 'What it is (简介).' }),
    phone: t.exposeString('phone', { nullable: true, description: 'Its telephone (电话).' }),
    email: t.exposeString('email', { nullable: true, description: 'Its e-mail address (电子邮箱).' }),
    address: t.exposeString('address', { nullable: true, description: 'Its address (地址).' }),
    latitude: t.exposeFloat('latitude', { nullable: true, description: 'Degrees north (纬度).' }),
    longitude: t.exposeFloat('longitude', { nullable: true, description: 'Degrees east (经度).' }),
    version: t.exposeInt('version', { description: 'Counts its changes (版本).' }),
    services: t.relatedConnection('services', {
      cursor: 'id',
      description: 'Its services that you may see (服务).',
      totalCount: true,
      query: (_args, { viewer }) => ({ where: readableServices(viewer), orderBy: { externalId: 'asc' } }),
    }),
  }),
});

guardNode(
  'Provider',
  async (id, { database, viewer }) =>
    (await database.prisma.provider.count({ where: { AND: [{ id }, readableProviders(viewer)] } })) === 1,
);

const ProviderFilterType = builder.inputType('ProviderFilter', {
  description: 'Which providers are asked for; each part narrows it (供给主体筛选).',
  fields: (t) => ({
    kinds: t.field({ type: [ProviderKindEnum], description: 'Of one of these kinds (类型).' }),
    admissions: t.field({ type: [ProviderAdmissionEnum], description: 'In one of these states (准入状态).' }),
    text: t.string({ description: 'Whose name or external id contains this (名称或编号包含).' }),
  }),
});

builder.queryFields((t) => ({
  providers: t.prismaConnection({
    type: 'Provider',
    cursor: 'id',
    description: 'The providers of the area that you may see (供给主体).',
    args: { filter: t.arg({ type: ProviderFilterType, description: 'Which of them (筛选).' }) },
    totalCount: (_root, { filter }, { database, viewer }) =>
      database.prisma.provider.count({ where: { AND: [readableProviders(viewer), providersAsked(filter)] } }),
    resolve: (query, _root, { filter }, { database, viewer }) =>
      database.prisma.provider.findMany({
        ...query,
        where: { AND: [readableProviders(viewer), providersAsked(filter)] },
        orderBy: { externalId: 'asc' },
      }),
  }),
}));

function providersAsked(filter: typeof ProviderFilterType.$inferInput | null | undefined) {
  const { kinds, admissions, text } = filter ?? {};
  const contains = textContains(text ?? '');
  return {
    ...(kinds ? { kind: { in: kinds } } : {}),
    ...(admissions ? { admission: { in: admissions } } : {}),
    ...(text ? { OR: [{ name: contains }, { nameEn: contains }, { externalId: contains }] } : {}),
  };
}

const ProviderInputType = builder.inputType('ProviderInput', {
  description: 'What is written of a provider (供给主体信息).',
  fields: (t) => ({
    externalId: t.string({
      required: true,
      description: "Id in the office's own books; written over when known (外部编号).",
    }),
    version: t.int({ description: 'The version that you read; leave it out for a new provider (版本).' }),
    name: t.string({ required: true, description: 'Its name (名称).' }),
    nameEn: t.string({ description: 'Its name in English (英文名).' }),
    kind: t.field({ type: ProviderKindEnum, required: true, description: 'What kind of provider (类型).' }),
    admission: t.field({
      type: ProviderAdmissionEnum,
      defaultValue: 'ADMITTED',
      description: 'Whether it is admitted (准入状态).',
    }),
    description: t.string({ description: 'What it is (简介).' }),
    phone: t.string({ description: 'Its telephone (电话).' }),
    email: t.string({ description: 'Its e-mail address (电子邮箱).' }),
    address: t.string({ description: 'Its address (地址).' }),
    latitude: t.float({ description: 'Degrees north (纬度).' }),
    longitude: t.float({ description: 'Degrees east (经度).' }),
  }),
});

builder.mutationFields((t) => ({
  saveProvider: t.prismaField({
    type: 'Provider',
    description:
      'Writes a provider, new or over the one with its external id, and admits or suspends it (登记供给主体).',
    errors: {},
    args: { input: t.arg({ type: ProviderInputType, required: true, description: 'The provider (供给主体信息).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      demandAtAll(viewer, 'provider.admit');
      const { version, admission, description, ...rest } = input;
      const row = parseInput(providerInput, {
        ...rest,
        admission: admission ?? undefined,
        description: description ?? undefined,
      });
      const seen = parseInput(versionSeen, version, ['input', 'version']);
      const id = await saveProvider(database, viewer, row, seen, clock());
      return database.prisma.provider.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
}));
