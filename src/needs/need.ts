import { z } from 'zod';
import { externalId, pointFields } from '../communities/community.ts';
import { ExpectedFailure } from '../failures.ts';
import {
  type CategorySource,
  Channel,
  type NeedState,
  type PreferenceKind,
  ServiceNature,
} from '../generated/prisma/enums.ts';
import { plainText, rule } from '../input.ts';
import type { WeeklyWindow } from '../matching/records.ts';
import { normaliseWindows } from '../services/schedule.ts';
import { isWholePoint, wholePoint } from './resident.ts';

/** A provider, a service or a nature that the resident asks for (PREFER) or rules out (EXCLUDE); exactly one is given. */
export type Preference = {
  readonly kind: PreferenceKind;
  readonly providerId: string | null;
  readonly serviceId: string | null;
  readonly nature: ServiceNature | null;
};

/** What a need says (需求内容): everything of it that its resident or the office writes. */
export type NeedContent = {
  readonly communityId: string;
  readonly residentId: string | null;
  readonly categoryId: string;
  readonly categorySource: CategorySource;
  readonly title: string;
  readonly description: string;
  readonly channel: Channel;
  /** 1 life and safety, 2 urgent, 3 normal, 4 can wait. */
  readonly urgency: number;
  readonly quantity: number;
  readonly registeredAt: Date;
  readonly earliestAt: Date | null;
  readonly deadlineAt: Date | null;
  readonly preferredWindows: readonly WeeklyWindow[];
  readonly maximumPriceFen: number | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly preferences: readonly Preference[];
};

/** Why a need is taken back (撤回原因). A closed list: the ledger keeps it for good, and no personal words with it. */
export const WITHDRAWAL_REASONS = {
  NO_LONGER_NEEDED: 'It is no longer needed (不再需要)',
  SOLVED_OTHERWISE: 'It was solved in another way (已自行解决)',
  REGISTERED_TWICE: 'It is registered twice (重复登记)',
  REGISTERED_IN_ERROR: 'It was registered in error (登记有误)',
  RESIDENT_LEFT: 'The resident moved away or died (居民迁出或去世)',
} as const;
export type WithdrawalReason = keyof typeof WITHDRAWAL_REASONS;

/** The most units that one need may ask for. */
export const MOST_UNITS = 1000;

/** The most that one entry of the list may offer to pay for a unit, in fen. */
const MOST_FEN = 100_000_000;

const weeklyWindow = z
  .strictObject({
    day: z.int().min(1).max(7),
    startMinute: z.int().min(0).max(1439),
    endMinute: z.int().min(1).max(1440),
  })
  .refine((window) => window.startMinute < window.endMinute, {
    ...rule('window', '结束时间须晚于开始时间', 'must end after it starts'),
    path: ['endMinute'],
  });

/** What may be written of a need, whatever names its community, resident, category and preferences. */
export const needFields = {
  externalId,
  title: plainText(200, 1),
  description: plainText(4000),
  channel: z.enum(Channel),
  urgency: z.int().min(1).max(4),
  quantity: z.int().min(1).max(MOST_UNITS),
  registeredAt: z.date().nullable(),
  earliestAt: z.date().nullable(),
  deadlineAt: z.date().nullable(),
  preferredWindows: z.array(weeklyWindow).max(50).transform(normaliseWindows),
  maximumPriceFen: z.int().min(0).max(MOST_FEN).nullable(),
  latitude: pointFields.latitude.nullable(),
  longitude: pointFields.longitude.nullable(),
  excludedNatures: z.array(z.enum(ServiceNature)).max(Object.keys(ServiceNature).length),
} as const;

/** The most providers or services that one need may prefer or rule out. */
export const MOST_PREFERENCES = 50;

/** The rules that hold between the fields of a need. */
export function withNeedRules<S extends z.ZodType<NeedRuleFields>>(schema: S): S {
  return schema
    .refine(isWholePoint, { ...wholePoint, path: ['latitude'] })
    .refine(({ earliestAt, deadlineAt }) => !earliestAt || !deadlineAt || earliestAt <= deadlineAt, {
      ...rule('deadline_order', '截止时间不能早于最早时间', 'must not be before earliestAt'),
      path: ['deadlineAt'],
    })
    .refine((need) => !overlaps(need.preferredProviders, need.excludedProviders), {
      ...rule('contradiction', '不能既希望又排除同一供给主体', 'must not exclude a provider that is preferred'),
      path: ['excludedProviders'],
    })
    .refine((need) => !overlaps(need.preferredServices, need.excludedServices), {
      ...rule('contradiction', '不能既希望又排除同一服务', 'must not exclude a service that is preferred'),
      path: ['excludedServices'],
    });
}

type NeedRuleFields = {
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly earliestAt: Date | null;
  readonly deadlineAt: Date | null;
  readonly preferredProviders: readonly string[];
  readonly excludedProviders: readonly string[];
  readonly preferredServices: readonly string[];
  readonly excludedServices: readonly string[];
};

/** The preferences of a need from its lists, each once. */
export function preferencesOf(lists: {
  readonly preferredProviderIds: readonly string[];
  readonly excludedProviderIds: readonly string[];
  readonly preferredServiceIds: readonly string[];
  readonly excludedServiceIds: readonly string[];
  readonly excludedNatures: readonly ServiceNature[];
}): readonly Preference[] {
  const none = { providerId: null, serviceId: null, nature: null };
  const each = <T>(values: readonly T[], make: (value: T) => Preference) => [...new Set(values)].map(make);
  return [
    ...each(lists.preferredProviderIds, (providerId) => ({ ...none, kind: 'PREFER', providerId })),
    ...each(lists.excludedProviderIds, (providerId) => ({ ...none, kind: 'EXCLUDE', providerId })),
    ...each(lists.preferredServiceIds, (serviceId) => ({ ...none, kind: 'PREFER', serviceId })),
    ...each(lists.excludedServiceIds, (serviceId) => ({ ...none, kind: 'EXCLUDE', serviceId })),
    ...each(lists.excludedNatures, (nature) => ({ ...none, kind: 'EXCLUDE', nature })),
  ];
}

/** Whether two contents say the same, so that writing one over the other would change nothing. */
export function saysTheSame(a: NeedContent, b: NeedContent): boolean {
  return JSON.stringify(comparable(a)) === JSON.stringify(comparable(b));
}

/** The need is dispatched or its life has ended: what it says is promised or done, and stays. */
export class NeedNotWaiting extends ExpectedFailure {
  readonly code = 'NEED_NOT_WAITING';
  readonly state: NeedState;

  constructor(state: NeedState, path: readonly (string | number)[] = []) {
    super(
      {
        zh: `该需求处于${state}状态，只有待匹配（OPEN）或未满足（UNMET）的需求可以修改`,
        en: `This need is ${state}; only a need that is OPEN or UNMET may be changed`,
      },
      path,
    );
    this.state = state;
  }
}

function comparable({ preferences, preferredWindows, ...content }: NeedContent): unknown {
  const fields = Object.entries(content).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [
    fields,
    normaliseWindows(preferredWindows),
    preferences
      .map(({ kind, providerId, serviceId, nature }) => `${kind} ${providerId ?? serviceId ?? nature}`)
      .toSorted(),
  ];
}

function overlaps(some: readonly string[], others: readonly string[]): boolean {
  return some.some((value) => others.includes(value));
}
