import { ConsentManner, ConsentPurpose } from '../generated/prisma/enums.ts';
import { builder } from '../graphql/builder.ts';
import { describedEnum } from '../graphql/enums.ts';
import { Failure } from '../graphql/failures.graphql.ts';
import { guardNode } from '../graphql/node-access.ts';
import { may } from '../identity/policy.ts';
import { CONSENT_PURPOSES, permits } from '../privacy/index.ts';
import { residentsInReach } from './access.ts';
import { ConsentWithheld, recordConsent } from './consent.store.ts';
import { ResidentType } from './resident.graphql.ts';

const described = (purpose: ConsentPurpose) =>
  `${CONSENT_PURPOSES[purpose].en}; without it ${CONSENT_PURPOSES[purpose].without.en} (${CONSENT_PURPOSES[purpose].zh})`;

export const ConsentPurposeEnum = describedEnum(
  'ConsentPurpose',
  'For what consent is asked by itself (同意事项).',
  ConsentPurpose,
  {
    HEALTH_ATTRIBUTES: described('HEALTH_ATTRIBUTES'),
    SHARING_WITH_PROVIDERS: described('SHARING_WITH_PROVIDERS'),
    FOLLOW_UP_CONTACT: described('FOLLOW_UP_CONTACT'),
  },
);

export const ConsentMannerEnum = describedEnum(
  'ConsentManner',
  'How consent was given or withdrawn (同意方式).',
  ConsentManner,
  {
    SELF: 'By the resident, signed in (本人)',
    PAPER: 'On paper, which the office keeps (书面)',
    SPOKEN: 'Spoken, before staff (口头)',
  },
);

export const ConsentRecordType = builder.prismaNode('ConsentRecord', {
  id: { field: 'id' },
  description: 'That a resident gave or withdrew their consent for a purpose; never changed (同意记录).',
  select: { areaId: true, residentId: true, resident: { select: { communityId: true } } },
  authScopes: ({ areaId, residentId, resident }, { viewer }) =>
    may(viewer, 'resident.read', { areaId, residentId, ...resident }),
  fields: (t) => ({
    purpose: t.expose('purpose', { type: ConsentPurposeEnum, description: 'For what (事项).' }),
    given: t.exposeBoolean('given', { description: 'Given, or else withdrawn (是否同意).' }),
    manner: t.expose('manner', { type: ConsentMannerEnum, description: 'How (方式).' }),
    at: t.expose('at', { type: 'DateTime', description: 'When (时刻).' }),
  }),
});

guardNode('ConsentRecord', async (id, { database, viewer }) => {
  return (await database.prisma.consentRecord.count({ where: { id, resident: residentsInReach(viewer) } })) === 1;
});

const ResidentConsentType = builder
  .objectRef<{ readonly purpose: ConsentPurpose; readonly isPermitted: boolean; readonly given: boolean | null }>(
    'ResidentConsent',
  )
  .implement({
    description: 'How a resident stands to a purpose now (当前同意情况).',
    fields: (t) => ({
      purpose: t.expose('purpose', { type: ConsentPurposeEnum, description: 'For what (事项).' }),
      name: t.string({
        description: 'It in words, in the language of Accept-Language (事项名称).',
        resolve: ({ purpose }, _args, { locale }) => CONSENT_PURPOSES[purpose][locale],
      }),
      without: t.string({
        description: 'What is not done without it, in the language of Accept-Language (未同意的后果).',
        resolve: ({ purpose }, _args, { locale }) => CONSENT_PURPOSES[purpose].without[locale],
      }),
      isPermitted: t.exposeBoolean('isPermitted', { description: 'Whether it may be done (是否可以).' }),
      given: t.exposeBoolean('given', {
        nullable: true,
        description: 'What they said last; null where they said nothing, and the basis decides (最近的表示).',
      }),
    }),
  });

builder.prismaObjectFields(ResidentType, (t) => ({
  consents: t.field({
    type: [ResidentConsentType],
    description: 'How they stand to each purpose now (当前同意情况).',
    select: { basis: true, consentRecords: { orderBy: [{ at: 'asc' }, { id: 'asc' }] } },
    resolve: ({ basis, consentRecords }) =>
      (Object.keys(CONSENT_PURPOSES) as ConsentPurpose[]).map((purpose) => {
        const given = consentRecords.findLast((record) => record.purpose === purpose)?.given ?? null;
        return { purpose, given, isPermitted: permits(basis, given) };
      }),
  }),
  consentRecords: t.relation('consentRecords', {
    description: 'Everything that they said, oldest first (同意记录).',
    query: { orderBy: [{ at: 'asc' }, { id: 'asc' }] },
  }),
}));

builder.objectType(ConsentWithheld, {
  name: 'ConsentWithheld',
  description: "What was asked for needs the resident's consent, which is lacking (未获同意).",
  interfaces: [Failure],
  fields: (t) => ({
    purpose: t.expose('purpose', { type: ConsentPurposeEnum, description: 'To what (事项).' }),
  }),
});

const ConsentInputType = builder.inputType('ConsentInput', {
  description: 'What a resident says about a purpose (同意或撤回同意).',
  fields: (t) => ({
    residentId: t.globalID({ for: ResidentType, required: true, description: 'The resident (居民).' }),
    purpose: t.field({ type: ConsentPurposeEnum, required: true, description: 'For what (事项).' }),
    given: t.boolean({ required: true, description: 'Given, or else withdrawn (同意为真，撤回为假).' }),
    manner: t.field({
      type: ConsentMannerEnum,
      description: 'How: PAPER or SPOKEN where staff record it; SELF by default for your own (方式).',
    }),
  }),
});

builder.mutationField('recordConsent', (t) =>
  t.prismaField({
    type: 'ConsentRecord',
    description:
      'Records that a resident gives or withdraws their consent for a purpose; it holds at once (登记同意或撤回同意).',
    errors: {},
    args: { input: t.arg({ type: ConsentInputType, required: true, description: 'What they say (内容).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const { residentId, purpose, given, manner = null } = input;
      const id = await recordConsent(database, viewer, { residentId: residentId.id, purpose, given, manner }, clock());
      return database.prisma.consentRecord.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
);
