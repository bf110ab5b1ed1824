import type { Prisma } from '../generated/prisma/client.ts';
import type { ConsentPurpose, LegalBasis } from '../generated/prisma/enums.ts';
import type { BilingualText } from '../matching/records.ts';

/**
 * For what a resident's consent is asked by itself, and what is not done without it (同意事项). To serve a need that the
 * resident registered asks for no further consent: it is taken back with the need. Figures of groups are not personal.
 */
export const CONSENT_PURPOSES = {
  HEALTH_ATTRIBUTES: {
    zh: '使用健康、困难和家庭属性（敏感个人信息，单独同意）',
    en: 'use of health, hardship and family attributes (sensitive, art. 29)',
    without: {
      zh: '匹配、计价时不使用这些属性，也不向工作人员显示原文',
      en: 'matching and prices do without them, and staff are not shown them',
    },
  },
  SHARING_WITH_PROVIDERS: {
    zh: '向供给主体提供姓名、电话和住址',
    en: 'giving name, telephone and address to providers (art. 23)',
    without: { zh: '供给主体只看到脱敏的联系方式', en: 'the provider of an order sees the contact masked' },
  },
  FOLLOW_UP_CONTACT: {
    zh: '无在办需求时的回访联系',
    en: 'being called when no need is under way',
    without: {
      zh: '没有在办需求时不向工作人员显示电话原文',
      en: 'staff are not shown the telephone unless a need is under way',
    },
  },
} as const satisfies Readonly<Record<ConsentPurpose, BilingualText & { readonly without: BilingualText }>>;

/** On what a resident's record may rest (Personal Information Protection Law, art. 13). */
export const LEGAL_BASES = {
  CONSENT: { zh: '个人同意', en: 'consent' },
  CONTRACT: { zh: '合同', en: 'contract' },
  STATUTORY_DUTY: { zh: '法定职责', en: 'duty by law' },
  EMERGENCY: { zh: '紧急情况', en: 'emergency' },
} as const satisfies Readonly<Record<LegalBasis, BilingualText>>;

/**
 * Whether something may be done that asks for consent: as the resident said last; where they said nothing, when their record
 * does not rest on consent alone.
 *
 * @param given what was said last; `null` for nothing
 */
export function permits(basis: LegalBasis, given: boolean | null): boolean {
  return given ?? basis !== 'CONSENT';
}

/** The latest consent to a purpose, in the selection of a resident, for `permits`. */
export function latestConsent(purpose: ConsentPurpose) {
  return {
    where: { purpose },
    orderBy: [{ at: 'desc' }, { id: 'desc' }],
    take: 1,
    select: { given: true },
  } satisfies Prisma.Resident$consentRecordsArgs;
}
