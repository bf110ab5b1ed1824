import { builder } from '../graphql/builder.ts';
import { describedEnum } from '../graphql/enums.ts';
import { guardNode } from '../graphql/node-access.ts';
import { keyringIn, latestConsent, openAttributes, openField, permits, withoutSensitive } from '../privacy/index.ts';
import { ConsentWithheld } from './consent.store.ts';
import { AttributeType, ResidentType } from './resident.graphql.ts';
import { RevealedField, revealResident } from './reveal.store.ts';

export const RevealedFieldEnum = describedEnum(
  'RevealedField',
  'What of a resident can be revealed (可查看原文的信息).',
  RevealedField,
  {
    NAME: 'Name (姓名)',
    PHONE: 'Telephone (电话)',
    ADDRESS: 'Address (住址)',
    IDENTITY_NUMBER: 'Number of the identity card (身份证号)',
    ATTRIBUTES: 'What decides eligibility, health and hardship among it (居民属性)',
  },
);

const REVEALED = {
  fields: true,
  resident: {
    select: {
      id: true,
      isSealed: true,
      key: true,
      name: true,
      phone: true,
      address: true,
      identityNumber: true,
      attributes: true,
      basis: true,
      consentRecords: latestConsent('HEALTH_ATTRIBUTES'),
    },
  },
} as const;

const TEXTS = [
  ['name', 'NAME', 'Name (姓名).'],
  ['phone', 'PHONE', 'Telephone (电话).'],
  ['address', 'ADDRESS', 'Address (住址).'],
  ['identityNumber', 'IDENTITY_NUMBER', 'Number of the identity card (身份证号).'],
] as const;

export const ResidentRevealType = builder.prismaNode('ResidentReveal', {
  id: { field: 'id' },
  description:
    'Personal information of a resident, unmasked, for the one who asked for it, for 15 minutes (个人信息原文). What was not asked for is null.',
  authScopes: ({ userId, until }, { viewer, clock }) => userId === viewer.userId && clock() < until,
  fields: (t) => ({
    purpose: t.exposeString('purpose', { description: 'For what it was asked (用途).' }),
    until: t.expose('until', { type: 'DateTime', description: 'Until when it is shown (截止时刻).' }),
    ...Object.fromEntries(
      TEXTS.map(([name, code, description]) => [
        name,
        t.string({
          nullable: true,
          description,
          select: REVEALED,
          resolve: ({ fields, resident }, _args, { database }) =>
            fields.includes(code) ? openField(keyringIn(database.prisma), resident, name, resident[name]) : null,
        }),
      ]),
    ),
    attributes: t.field({
      type: [AttributeType],
      nullable: true,
      description:
        'What decides eligibility; without what tells of health, hardship or family where their consent to its use is lacking (决定服务资格的属性).',
      select: REVEALED,
      resolve: ({ fields, resident }, _args, { database }) => {
        if (!fields.includes('ATTRIBUTES')) return null;
        const all = openAttributes(keyringIn(database.prisma), resident, resident.attributes);
        const mayUse = permits(resident.basis, resident.consentRecords[0]?.given ?? null);
        return (mayUse ? all : withoutSensitive(all)).map((code) => ({ code }));
      },
    }),
  }),
});

guardNode('ResidentReveal', async (id, { database, viewer, clock }) => {
  if (viewer.userId === null) return false;
  const where = { id, userId: viewer.userId, until: { gt: clock() } };
  return (await database.prisma.residentReveal.count({ where })) === 1;
});

const RevealResidentInputType = builder.inputType('RevealResidentInput', {
  description: 'What is to be revealed of whom, and for what (查看个人信息原文).',
  fields: (t) => ({
    residentId: t.globalID({ for: ResidentType, required: true, description: 'The resident (居民).' }),
    fields: t.field({ type: [RevealedFieldEnum], required: true, description: 'What of them (信息项).' }),
    purpose: t.string({ required: true, description: 'For what, in your words; auditors read it (用途).' }),
  }),
});

builder.mutationField('revealResident', (t) =>
  t.prismaField({
    type: 'ResidentReveal',
    description:
      'Shows personal information of a resident unmasked to you alone, for 15 minutes; the audit log says so (查看个人信息原文).',
    errors: { types: [ConsentWithheld] },
    args: {
      input: t.arg({ type: RevealResidentInputType, required: true, description: 'What of whom (居民与用途).' }),
    },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const given = { ...input, residentId: input.residentId.id };
      const id = await revealResident(database, viewer, given, clock());
      return database.prisma.residentReveal.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
);
