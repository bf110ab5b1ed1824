import { z } from 'zod';
import { appendAudit } from '../audit/index.ts';
import { CATEGORIES_NAMED, CategoryUnclear, sureCategory } from '../communities/category-by-text.ts';
import { readCategoryFinder } from '../communities/index.ts';
import type { Database, Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { InvalidInput, NotAllowed, NotFound, VersionConflict } from '../failures.ts';
import type { CategorySource } from '../generated/prisma/enums.ts';
import { demand, demandAtAll, may, POLICY, reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { parseInput, rule } from '../input.ts';
import { cancelOrdersOfNeeds, publishOrderChanges } from '../orders/index.ts';
import { NEED, WAITING_NEED_STATES } from './lifecycle.ts';
import { type LockedNeed, lockNeeds, withdrawLockedNeed, writeNeeds } from './need.store.ts';
import {
  MOST_PREFERENCES,
  NeedNotWaiting,
  needFields,
  preferencesOf,
  WITHDRAWAL_REASONS,
  type WithdrawalReason,
  withNeedRules,
} from './need.ts';
import { demandKnown } from './references.store.ts';
import { RESIDENT } from './resident.ts';

const ids = z.array(z.uuid()).max(MOST_PREFERENCES);

const needInput = z.strictObject({
  ...needFields,
  externalId: needFields.externalId.nullable(),
  residentId: z.uuid().nullable(),
  communityId: z.uuid().nullable(),
  categoryId: z.uuid().nullable(),
  preferredProviders: ids,
  excludedProviders: ids,
  preferredServices: ids,
  excludedServices: ids,
});
type NeedInput = z.output<typeof needInput>;

/** What a need says when its registration leaves it out. */
const UNSAID: Omit<NeedInput, 'title'> = {
  externalId: null,
  residentId: null,
  communityId: null,
  categoryId: null,
  description: '',
  channel: 'APP',
  urgency: 3,
  quantity: 1,
  registeredAt: null,
  earliestAt: null,
  deadlineAt: null,
  preferredWindows: [],
  maximumPriceFen: null,
  latitude: null,
  longitude: null,
  excludedNatures: [],
  preferredProviders: [],
  excludedProviders: [],
  preferredServices: [],
  excludedServices: [],
};

/** What a client sends of a need: fields of `NeedInput` by name; what is left out is as `UNSAID` says, or as it was. */
export type NeedFieldsGiven = Readonly<Record<string, unknown>>;

/**
 * Registers a need (登记需求). Without a resident it is that of a viewer who is one; without a community that of the
 * resident; without a category the one that its text is surely of.
 *
 * @returns the need's id
 * @throws InvalidInput; NotFound for a resident out of the viewer's reach; NotSignedIn, NotAllowed; CategoryUnclear
 */
export async function registerNeed(
  database: Database,
  viewer: Viewer,
  given: NeedFieldsGiven,
  now: Date,
): Promise<string> {
  demandAtAll(viewer, 'need.register');
  const input = parseInput(inputFrom(now), { ...UNSAID, ...withoutAbsent(given, null) });
  return database.transaction(
    async (tx) => {
      const residentId = input.residentId ?? onlyResidentOf(viewer);
      const communityId = await communityOf(tx, viewer, residentId, input.communityId);
      const belonging = { areaId: viewer.areaId, communityId, residentId };
      if (!may(viewer, 'need.register', belonging)) throw new NotAllowed(POLICY['need.register'].name);
      await demandKnown(tx, viewer, namedBy({ ...input, communityId }));
      const category = await categoryOf(tx, viewer.areaId, input);
      const externalId = input.externalId ?? newId();
      const row = { ...contentOf(input), ...category, externalId, residentId, communityId };
      const [written] = await writeNeeds(tx, { areaId: viewer.areaId, actorId: viewer.userId, now }, [row]);
      if (written!.outcome !== 'CREATED') {
        throw InvalidInput.at(
          ['input', 'externalId'],
          'taken',
          '该编号的需求已登记',
          'is the id of a need already registered',
        );
      }
      return written!.id;
    },
    { answerId: (id) => id },
  );
}

/** Which need, and the version of it that the viewer has seen. */
export type NeedSeen = { readonly needId: string; readonly version: number };

/**
 * Changes what a need says (修改需求) while no provider has been promised it. It is open again, and its candidates are
 * found anew by the next match run.
 *
 * @param given the fields to change; `null` empties those that may be empty
 * @throws InvalidInput, NotFound, NotSignedIn, NotAllowed, VersionConflict; NeedNotWaiting
 */
export async function amendNeed(
  database: Database,
  viewer: Viewer,
  seen: NeedSeen,
  given: NeedFieldsGiven,
  now: Date,
): Promise<void> {
  await database.transaction(
    async (tx) => {
      const need = await lockNeed(tx, viewer, seen);
      if (!(WAITING_NEED_STATES as readonly string[]).includes(need.state)) throw new NeedNotWaiting(need.state);
      const changes = withoutAbsent(given);
      const standing = inputOf(need);
      const input = parseInput(inputFrom(changes.deadlineAt ? now : null), { ...standing, ...changes });
      const residentId = input.residentId;
      const communityId =
        residentId === standing.residentId && input.communityId !== null
          ? input.communityId
          : await communityOf(tx, viewer, residentId, input.communityId);
      if (!may(viewer, 'need.amend', { areaId: viewer.areaId, communityId, residentId })) {
        throw new NotAllowed(POLICY['need.amend'].name);
      }
      const named = need.content.preferences.flatMap(({ providerId, serviceId }) => providerId ?? serviceId ?? []);
      await demandKnown(tx, viewer, namedBy({ ...input, communityId }), named);
      const isStanding = input.categoryId === standing.categoryId;
      const category = isStanding
        ? { categoryId: need.content.categoryId, categorySource: need.content.categorySource }
        : await categoryOf(tx, viewer.areaId, input);
      const row = { ...contentOf(input), ...category, externalId: need.externalId, residentId, communityId };
      await writeNeeds(tx, { areaId: viewer.areaId, actorId: viewer.userId, now }, [row]);
      await appendAudit(
        tx,
        viewer,
        {
          action: 'need.amend',
          subjectType: 'Need',
          subjectId: need.id,
          body: { fields: Object.keys(changes).sort() },
        },
        now,
      );
    },
    { answerId: () => seen.needId },
  );
}

/**
 * Takes a need back (撤回需求). An order that is out and not served yet is cancelled with it, by those who may cancel it.
 *
 * @throws NotFound, NotSignedIn, NotAllowed, VersionConflict; TransitionRefused once it is served or has ended
 */
export async function withdrawNeed(
  database: Database,
  viewer: Viewer,
  seen: NeedSeen,
  reason: WithdrawalReason,
  now: Date,
): Promise<void> {
  const changes = await database.transaction(
    async (tx) => {
      const need = await lockNeed(tx, viewer, seen);
      const isPromised = need.state === 'OFFERED' || need.state === 'MATCHED';
      if (isPromised) demand(viewer, 'order.cancel', belongingOf(viewer, need), 'need.read', NEED);
      const cancelled = isPromised
        ? await cancelOrdersOfNeeds(tx, viewer, 'order.cancel', [need.id], WITHDRAWAL_REASONS[reason], now)
        : [];
      await withdrawLockedNeed(tx, { areaId: viewer.areaId, actorId: viewer.userId, now }, need, reason);
      return cancelled;
    },
    { answerId: () => seen.needId },
  );
  await publishOrderChanges(database, changes);
}

/** Locks a need that the viewer may amend, as they have seen it. */
async function lockNeed(tx: Transaction, viewer: Viewer, { needId, version }: NeedSeen): Promise<LockedNeed> {
  demandAtAll(viewer, 'need.amend');
  const [need] = z.uuid().safeParse(needId).success ? await lockNeeds(tx, viewer.areaId, { ids: [needId] }) : [];
  if (!need) throw new NotFound(NEED);
  demand(viewer, 'need.amend', belongingOf(viewer, need), 'need.read', NEED);
  if (need.version !== version)
    throw new VersionConflict(NEED, need.version, need.state, { typename: 'Need', id: need.id });
  return need;
}

function belongingOf(viewer: Viewer, { content }: LockedNeed) {
  return { areaId: viewer.areaId, communityId: content.communityId, residentId: content.residentId };
}

/** The input with the rules between its fields. @param now what a deadline must come after; `null` for any */
function inputFrom(now: Date | null) {
  return withNeedRules(needInput)
    .refine(({ deadlineAt }) => now === null || deadlineAt === null || deadlineAt > now, {
      ...rule('deadline_past', '截止时间已过', 'must not be in the past'),
      path: ['deadlineAt'],
    })
    .refine(({ registeredAt }) => now === null || registeredAt === null || registeredAt <= now, {
      ...rule('registered_later', '登记时间不能晚于现在', 'must not be in the future'),
      path: ['registeredAt'],
    });
}

/** A need as it stands, in the form of an input. */
function inputOf({ externalId, content }: LockedNeed): NeedInput {
  const { categorySource: _, preferences, preferredWindows, ...fields } = content;
  const listed = (kind: 'PREFER' | 'EXCLUDE', key: 'providerId' | 'serviceId') =>
    preferences.flatMap((preference) => (preference.kind === kind ? (preference[key] ?? []) : []));
  return {
    ...fields,
    externalId,
    preferredWindows: [...preferredWindows],
    preferredProviders: listed('PREFER', 'providerId'),
    excludedProviders: listed('EXCLUDE', 'providerId'),
    preferredServices: listed('PREFER', 'serviceId'),
    excludedServices: listed('EXCLUDE', 'serviceId'),
    excludedNatures: preferences.flatMap(({ nature }) => nature ?? []),
  };
}

/** What an input says by itself, apart from whom it concerns and its category. */
function contentOf(input: NeedInput) {
  const {
    externalId: _,
    residentId: __,
    communityId: ___,
    categoryId: ____,
    preferredProviders,
    excludedProviders,
    preferredServices,
    excludedServices,
    excludedNatures,
    ...fields
  } = input;
  const preferences = preferencesOf({
    preferredProviderIds: preferredProviders,
    excludedProviderIds: excludedProviders,
    preferredServiceIds: preferredServices,
    excludedServiceIds: excludedServices,
    excludedNatures,
  });
  return { ...fields, preferences };
}

/** The things that an input names, by the field that names them. */
function namedBy(input: NeedInput & { readonly communityId: string }) {
  return {
    communityId: { kind: 'communities', ids: [input.communityId] },
    categoryId: { kind: 'categories', ids: input.categoryId === null ? [] : [input.categoryId] },
    preferredProviders: { kind: 'providers', ids: input.preferredProviders },
    excludedProviders: { kind: 'providers', ids: input.excludedProviders },
    preferredServices: { kind: 'services', ids: input.preferredServices },
    excludedServices: { kind: 'services', ids: input.excludedServices },
  } as const;
}

async function categoryOf(
  tx: Transaction,
  areaId: string,
  { categoryId, title, description }: NeedInput,
): Promise<{ readonly categoryId: string; readonly categorySource: CategorySource }> {
  if (categoryId !== null) return { categoryId, categorySource: 'STATED' };
  const find = await readCategoryFinder(tx, areaId);
  const considered = find(`${title} ${description}`, CATEGORIES_NAMED);
  const code = sureCategory(considered);
  if (code === null) throw new CategoryUnclear(considered, ['input', 'categoryId']);
  const found = await tx.category.findUniqueOrThrow({ where: { areaId_code: { areaId, code } }, select: { id: true } });
  return { categoryId: found.id, categorySource: 'TEXT' };
}

/** The community of a need: the one given, or that of its resident, whom the viewer must be able to read. */
async function communityOf(
  tx: Transaction,
  viewer: Viewer,
  residentId: string | null,
  given: string | null,
): Promise<string> {
  if (residentId === null) {
    if (given !== null) return given;
    throw InvalidInput.at(
      ['input', 'communityId'],
      'community_or_resident',
      '社区和居民须至少填写一项',
      'is required where no resident is given',
    );
  }
  const resident = await tx.resident.findFirst({
    where: { id: residentId, areaId: viewer.areaId },
    select: { communityId: true },
  });
  const belonging = { areaId: viewer.areaId, communityId: resident?.communityId ?? null, residentId };
  if (resident === null || !may(viewer, 'resident.read', belonging))
    throw new NotFound(RESIDENT, ['input', 'residentId']);
  return given ?? resident.communityId;
}

/**
 * The resident whom a viewer stands for who registers needs for one resident and for nobody else; oneself before others for
 * whom one is a caregiver.
 */
function onlyResidentOf(viewer: Viewer): string | null {
  const { wholeArea, communityIds, residentIds } = reachOf(viewer, 'need.register');
  if (wholeArea || communityIds.length > 0) return null;
  const own = viewer.grants.flatMap(({ role, residentId }) => (role === 'RESIDENT' ? (residentId ?? []) : []));
  const [first, ...others] = own.length > 0 ? own : residentIds;
  return first !== undefined && others.length === 0 ? first : null;
}

/** The fields that are given. @param alsoAbsent counts as not given, beside `undefined` */
function withoutAbsent(given: NeedFieldsGiven, alsoAbsent?: null): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== alsoAbsent));
}
