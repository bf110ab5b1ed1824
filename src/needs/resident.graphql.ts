import { CommunityType } from '../communities/community.graphql.ts';
import { textContains } from '../communities/index.ts';
import type { Database } from '../database/database.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { Gender, LegalBasis } from '../generated/prisma/enums.ts';
import { builder } from '../graphql/builder.ts';
import type { Context } from '../graphql/context.ts';
import { describedEnum } from '../graphql/enums.ts';
import { guardNode } from '../graphql/node-access.ts';
import { demandAtAll, may, reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import {
  blindIndexes,
  keyringIn,
  maskAddress,
  maskIdentityNumber,
  maskName,
  maskPhone,
  openAttributes,
  openField,
  type StoredResident,
} from '../privacy/index.ts';
import { mayFetchResident, needsInReach, residentsInReach } from './access.ts';
import { attributeName } from './attributes.ts';
import { saveResident } from './resident.store.ts';

export const GenderEnum = describedEnum('Gender', 'Gender (性别).', Gender, {
  FEMALE: 'Female (女)',
  MALE: 'Male (男)',
  UNKNOWN: 'Not said (未知)',
});

export const LegalBasisEnum = describedEnum(
  'LegalBasis',
  "On what a resident's record rests, by art. 13 of the Personal Information Protection Law (处理依据).",
  LegalBasis,
  {
    CONSENT: 'Their consent: what asks for it is done only once it was given (个人同意)',
    CONTRACT: 'A contract with them (合同)',
    STATUTORY_DUTY: 'A duty of the office by law (法定职责)',
    EMERGENCY: 'Life and safety in an emergency (紧急情况)',
  },
);

export const AttributeType = builder.objectRef<{ readonly code: string }>('ResidentAttribute').implement({
  description: 'Something about a resident that decides what they are eligible for (居民属性).',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'Its code, or the words of an office (编码).' }),
    name: t.string({
      description: 'Its name in the language of Accept-Language (名称).',
      resolve: ({ code }, _args, { locale }) => attributeName(code)[locale],
    }),
  }),
});

const MASKED = 'Whole for the resident, masked for others, who use `revealResident` (默认脱敏).';

/** Residents read all of themselves; the command line reads all. */
function seesWhole(viewer: Viewer, residentId: string): boolean {
  return viewer.isSystem || reachOf(viewer, 'resident.readWhole').residentIds.includes(residentId);
}

function shown(
  { database, viewer }: Context,
  resident: StoredResident,
  field: 'name' | 'phone' | 'address' | 'identityNumber',
  stored: string | null,
  mask: (text: string) => string,
): string | null {
  const text = openField(keyringIn(database.prisma), resident, field, stored);
  return text === null || seesWhole(viewer, resident.id) ? text : mask(text);
}

/** What one needs of a resident to open what is sealed. */
const STORED = { id: true, isSealed: true, key: true } as const;

/** Everything of a resident is personal, so the whole type asks the policy, by whatever way one came to it. */
export const ResidentType = builder.prismaNode('Resident', {
  id: { field: 'id' },
  description: 'A person who may have needs (居民). Seen by themselves and by those who look after their community.',
  authScopes: ({ id, areaId, communityId }, { viewer }) =>
    may(viewer, 'resident.read', { areaId, communityId, residentId: id }),
  fields: (t) => ({
    externalId: t.exposeString('externalId', { description: "Id in the office's own books (外部编号)." }),
    name: t.string({
      description: `Name (姓名). ${MASKED}`,
      select: { ...STORED, name: true },
      resolve: (resident, _args, context) => shown(context, resident, 'name', resident.name, maskName) ?? '',
    }),
    birthDate: t.expose('birthDate', { type: 'Date', nullable: true, description: 'Date of birth (出生日期).' }),
    gender: t.expose('gender', { type: GenderEnum, description: 'Gender (性别).' }),
    phone: t.string({
      nullable: true,
      description: `Telephone (电话). ${MASKED}`,
      select: { ...STORED, phone: true },
      resolve: (resident, _args, context) => shown(context, resident, 'phone', resident.phone, maskPhone),
    }),
    address: t.string({
      nullable: true,
      description: `Address (住址). ${MASKED}`,
      select: { ...STORED, address: true },
      resolve: (resident, _args, context) => shown(context, resident, 'address', resident.address, maskAddress),
    }),
    identityNumber: t.string({
      nullable: true,
      description: `Number of the identity card (身份证号). ${MASKED}`,
      select: { ...STORED, identityNumber: true },
      resolve: (resident, _args, context) =>
        shown(context, resident, 'identityNumber', resident.identityNumber, maskIdentityNumber),
    }),
    latitude: t.exposeFloat('latitude', { nullable: true, description: 'Home, degrees north (住处纬度).' }),
    longitude: t.exposeFloat('longitude', { nullable: true, description: 'Home, degrees east (住处经度).' }),
    attributes: t.field({
      type: [AttributeType],
      nullable: true,
      description:
        'What decides eligibility (决定服务资格的属性): health and hardship among it, so only the resident reads it here; null for others, who use `revealResident`.',
      select: { ...STORED, attributes: true },
      resolve: (resident, _args, { database, viewer }) =>
        seesWhole(viewer, resident.id)
          ? openAttributes(keyringIn(database.prisma), resident, resident.attributes).map((code) => ({ code }))
          : null,
    }),
    basis: t.expose('basis', { type: LegalBasisEnum, description: 'On what the record rests (处理依据).' }),
    community: t.relation('community', { description: 'The community (所属社区).' }),
    needs: t.relatedConnection('needs', {
      cursor: 'id',
      description: 'The needs of the resident, newest first (需求).',
      totalCount: true,
      query: (_args, { viewer }) => ({
        where: needsInReach(viewer),
        orderBy: [{ registeredAt: 'desc' }, { id: 'desc' }],
      }),
    }),
  }),
});

guardNode('Resident', mayFetchResident);

builder.queryFields((t) => ({
  residents: t.prismaConnection({
    type: 'Resident',
    cursor: 'id',
    description: 'The residents whom you may see (居民).',
    args: {
      text: t.arg.string({
        description:
          'Only those whose external id contains this, or whose name, telephone or identity number it is (编号包含，或姓名、电话、身份证号一致).',
      }),
    },
    totalCount: (_root, { text }, { database, viewer }) =>
      database.prisma.resident.count({
        where: { AND: [residentsInReach(viewer), containing(database, viewer, text)] },
      }),
    resolve: (query, _root, { text }, { database, viewer }) => {
      demandAtAll(viewer, 'resident.read');
      return database.prisma.resident.findMany({
        ...query,
        where: { AND: [residentsInReach(viewer), containing(database, viewer, text)] },
        orderBy: { externalId: 'asc' },
      });
    },
  }),
}));

/** Names and numbers are sealed, so they are found by their blind indexes, whole. */
function containing(
  { prisma }: Database,
  { areaId }: Viewer,
  text: string | null | undefined,
): Prisma.ResidentWhereInput {
  if (!text) return {};
  const sought = blindIndexes(keyringIn(prisma), areaId, { name: text, phone: text, identityNumber: text });
  return {
    OR: [
      { externalId: textContains(text) },
      { isSealed: true, nameIndex: sought.nameIndex },
      { isSealed: true, phoneIndex: sought.phoneIndex },
      { isSealed: true, identityNumberIndex: sought.identityNumberIndex },
    ],
  };
}

const ResidentInputType = builder.inputType('ResidentInput', {
  description: 'What is written of a resident (居民信息).',
  fields: (t) => ({
    externalId: t.string({
      required: true,
      description: "Id in the office's own books; written over when known (外部编号).",
    }),
    communityId: t.globalID({ for: CommunityType, required: true, description: 'The community (所属社区).' }),
    name: t.string({ required: true, description: 'Name (姓名).' }),
    birthDate: t.field({ type: 'Date', description: 'Date of birth (出生日期).' }),
    gender: t.field({ type: GenderEnum, defaultValue: 'UNKNOWN', description: 'Gender (性别).' }),
    phone: t.string({ description: 'Telephone (电话).' }),
    address: t.string({ description: 'Address (住址).' }),
    identityNumber: t.string({ description: 'Number of the identity card (身份证号).' }),
    latitude: t.float({ description: 'Home, degrees north (住处纬度).' }),
    longitude: t.float({ description: 'Home, degrees east (住处经度).' }),
    basis: t.field({
      type: LegalBasisEnum,
      description: 'On what the record rests; as before where left out, STATUTORY_DUTY for a new one (处理依据).',
    }),
    attributes: t.stringList({
      description: 'Codes such as LIVING_ALONE or the words of an office, which become the code (属性).',
    }),
  }),
});

builder.mutationFields((t) => ({
  saveResident: t.prismaField({
    type: 'Resident',
    description: 'Registers a resident, new or over the one with the external id (登记居民).',
    errors: {},
    args: { input: t.arg({ type: ResidentInputType, required: true, description: 'The resident (居民信息).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const { communityId, attributes, gender, ...fields } = input;
      const given = {
        ...fields,
        communityId: communityId.id,
        attributes: attributes ?? [],
        gender: gender ?? 'UNKNOWN',
      };
      const id = await saveResident(database, viewer, given, clock());
      return database.prisma.resident.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
}));
