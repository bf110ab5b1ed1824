import { NotAllowed, NotFound, NotSignedIn } from '../failures.ts';
import type { Role } from '../generated/prisma/enums.ts';
import type { BilingualText } from '../matching/records.ts';
import type { Viewer } from './viewer.ts';

/**
 * How a role must be related to a thing to act on it: AREA, it is in the role's area; COMMUNITY, in the role's
 * community; PROVIDER, it is of the role's provider; SELF, of the role's resident: oneself, or whom a caregiver acts for.
 */
export type Relation = 'AREA' | 'COMMUNITY' | 'PROVIDER' | 'SELF';

type Rule = { readonly name: BilingualText; readonly roles: Partial<Readonly<Record<Role, Relation>>> };

/** Rights in one place (权限表): for each action, which roles may, and with which relation to the thing. */
export const POLICY = {
  'need.read': rule('查看需求', 'read needs', {
    RESIDENT: 'SELF',
    CAREGIVER: 'SELF',
    PROVIDER_STAFF: 'PROVIDER',
    GRID_WORKER: 'COMMUNITY',
    COMMUNITY_STAFF: 'COMMUNITY',
    AREA_ADMIN: 'AREA',
  }),
  'need.register': rule('登记需求', 'register needs', {
    RESIDENT: 'SELF',
    CAREGIVER: 'SELF',
    GRID_WORKER: 'COMMUNITY',
    COMMUNITY_STAFF: 'COMMUNITY',
    AREA_ADMIN: 'AREA',
  }),
  'need.amend': rule('修改或撤回需求', 'amend or withdraw needs', {
    RESIDENT: 'SELF',
    CAREGIVER: 'SELF',
    GRID_WORKER: 'COMMUNITY',
    COMMUNITY_STAFF: 'COMMUNITY',
    AREA_ADMIN: 'AREA',
  }),
  'need.choose': rule('自主选择服务', 'choose a service for a need', {
    RESIDENT: 'SELF',
    CAREGIVER: 'SELF',
    COMMUNITY_STAFF: 'COMMUNITY',
    AREA_ADMIN: 'AREA',
  }),
  'resident.read': rule('查看居民', 'read residents', {
    RESIDENT: 'SELF',
    CAREGIVER: 'SELF',
    GRID_WORKER: 'COMMUNITY',
    COMMUNITY_STAFF: 'COMMUNITY',
    AREA_ADMIN: 'AREA',
  }),
  'resident.contact': rule('查看办理中订单的联系方式', 'see whom to contact for an order in progress', {
    RESIDENT: 'SELF',
    PROVIDER_STAFF: 'PROVIDER',
    GRID_WORKER: 'COMMUNITY',
    COMMUNITY_STAFF: 'COMMUNITY',
    AREA_ADMIN: 'AREA',
  }),
  'resident.reveal': rule('查看居民个人信息原文', "see residents' personal information unmasked", {
    GRID_WORKER: 'COMMUNITY',
    COMMUNITY_STAFF: 'COMMUNITY',
    AREA_ADMIN: 'AREA',
  }),
  'resident.readWhole': rule('查看本人信息原文', 'read oneself unmasked', { RESIDENT: 'SELF' }),
  'resident.register': rule('登记居民', 'register residents', {
    GRID_WORKER: 'COMMUNITY',
    COMMUNITY_STAFF: 'COMMUNITY',
    AREA_ADMIN: 'AREA',
  }),
  'caregiver.read': rule('查看照护委托', 'read who acts for residents', {
    RESIDENT: 'SELF',
    GRID_WORKER: 'COMMUNITY',
    COMMUNITY_STAFF: 'COMMUNITY',
    AREA_ADMIN: 'AREA',
  }),
  'caregiver.name': rule('指定照护人', 'name caregivers', {
    RESIDENT: 'SELF',
    GRID_WORKER: 'COMMUNITY',
    COMMUNITY_STAFF: 'COMMUNITY',
  }),
  'caregiver.dismiss': rule('终止照护委托', 'dismiss caregivers', {
    RESIDENT: 'SELF',
    GRID_WORKER: 'COMMUNITY',
    COMMUNITY_STAFF: 'COMMUNITY',
    AREA_ADMIN: 'AREA',
  }),
  'service.readUnpublished': rule('查看未发布的服务', 'read services that are not published', {
    PROVIDER_STAFF: 'PROVIDER',
    COMMUNITY_STAFF: 'AREA',
    AREA_ADMIN: 'AREA',
    AUDITOR: 'AREA',
  }),
  'service.publish': rule('发布服务', 'publish services', { PROVIDER_STAFF: 'PROVIDER', AREA_ADMIN: 'AREA' }),
  'provider.admit': rule('登记和准入供给主体', 'register and admit providers', { AREA_ADMIN: 'AREA' }),
  'community.write': rule('维护社区', 'maintain communities', { AREA_ADMIN: 'AREA' }),
  'match.run': rule('运行匹配', 'run a match', { COMMUNITY_STAFF: 'COMMUNITY', AREA_ADMIN: 'AREA' }),
  'match.read': rule('查看匹配批次', 'read match runs', {
    COMMUNITY_STAFF: 'AREA',
    ANALYST: 'AREA',
    AREA_ADMIN: 'AREA',
    AUDITOR: 'AREA',
  }),
  'order.read': rule('查看订单', 'read orders', {
    RESIDENT: 'SELF',
    CAREGIVER: 'SELF',
    PROVIDER_STAFF: 'PROVIDER',
    GRID_WORKER: 'COMMUNITY',
    COMMUNITY_STAFF: 'COMMUNITY',
    AREA_ADMIN: 'AREA',
    AUDITOR: 'AREA',
  }),
  'order.dispatch': rule('派单', 'dispatch orders', { COMMUNITY_STAFF: 'COMMUNITY', AREA_ADMIN: 'AREA' }),
  'order.serve': rule('接单、拒单和办理订单', 'accept, decline, start and fulfil orders', {
    PROVIDER_STAFF: 'PROVIDER',
  }),
  'order.confirm': rule('确认和评议订单', 'confirm, dispute and appraise orders', {
    RESIDENT: 'SELF',
    CAREGIVER: 'SELF',
    GRID_WORKER: 'COMMUNITY',
    COMMUNITY_STAFF: 'COMMUNITY',
  }),
  'order.settle': rule('裁决有争议的订单', 'settle disputed orders', {
    COMMUNITY_STAFF: 'COMMUNITY',
    AREA_ADMIN: 'AREA',
  }),
  'order.cancel': rule('取消订单', 'cancel orders', {
    RESIDENT: 'SELF',
    CAREGIVER: 'SELF',
    COMMUNITY_STAFF: 'COMMUNITY',
    AREA_ADMIN: 'AREA',
  }),
  'sla.set': rule('设定办理时限规则', 'set the terms of time limits', { AREA_ADMIN: 'AREA' }),
  'notice.read': rule('查看提醒与督办', 'read notices', {
    PROVIDER_STAFF: 'PROVIDER',
    COMMUNITY_STAFF: 'COMMUNITY',
    AREA_ADMIN: 'AREA',
    AUDITOR: 'AREA',
  }),
  'notice.handle': rule('处理提醒与督办', 'handle notices', {
    PROVIDER_STAFF: 'PROVIDER',
    COMMUNITY_STAFF: 'COMMUNITY',
    AREA_ADMIN: 'AREA',
  }),
  'ledger.read': rule('查看台账', 'read ledgers', {
    COMMUNITY_STAFF: 'COMMUNITY',
    AREA_ADMIN: 'AREA',
    AUDITOR: 'AREA',
  }),
  'ledger.correct': rule('冲正转账', 'reverse transfers', { COMMUNITY_STAFF: 'COMMUNITY', AREA_ADMIN: 'AREA' }),
  'ledger.close': rule('结账', 'close periods of ledgers', { COMMUNITY_STAFF: 'COMMUNITY', AREA_ADMIN: 'AREA' }),
  'recognition.record': rule('登记志愿时长和积分', 'record volunteer hours and points', {
    COMMUNITY_STAFF: 'COMMUNITY',
    AREA_ADMIN: 'AREA',
  }),
  'recognition.read': rule('查看志愿时长和积分', 'read volunteer hours and points', {
    RESIDENT: 'SELF',
    PROVIDER_STAFF: 'PROVIDER',
    COMMUNITY_STAFF: 'COMMUNITY',
    AREA_ADMIN: 'AREA',
    AUDITOR: 'AREA',
  }),
  'programme.read': rule('查看资金项目', 'read funding programmes', {
    COMMUNITY_STAFF: 'AREA',
    ANALYST: 'AREA',
    AREA_ADMIN: 'AREA',
    AUDITOR: 'AREA',
  }),
  'programme.write': rule('维护资金项目', 'maintain funding programmes', { AREA_ADMIN: 'AREA' }),
  'settlement.read': rule('查看结算单', 'read settlements', {
    PROVIDER_STAFF: 'PROVIDER',
    AREA_ADMIN: 'AREA',
    AUDITOR: 'AREA',
  }),
  'settlement.write': rule('编制、核准和支付结算单', 'draft, approve and pay settlements', { AREA_ADMIN: 'AREA' }),
  'fit.read': rule('查看匹配度', 'read the fit', {
    COMMUNITY_STAFF: 'AREA',
    ANALYST: 'AREA',
    AREA_ADMIN: 'AREA',
    AUDITOR: 'AREA',
  }),
  'audit.read': rule('查看审计日志', 'read the audit log', { AUDITOR: 'AREA' }),
  'user.read': rule('查看用户', 'read users', { AREA_ADMIN: 'AREA', AUDITOR: 'AREA' }),
  'user.write': rule('管理用户和角色', 'register users, grant and revoke roles', { AREA_ADMIN: 'AREA' }),
} as const satisfies Record<string, Rule>;

/** What may be asked of the policy. */
export type Action = keyof typeof POLICY;

/** Whom a thing belongs to; what it does not have is left out. */
export type Belonging = {
  readonly areaId: string;
  readonly communityId?: string | null;
  readonly providerId?: string | null;
  readonly residentId?: string | null;
};

/** Whether the viewer may do this with a thing that belongs so. */
export function may(viewer: Viewer, action: Action, belonging: Belonging): boolean {
  const reach = reachOf(viewer, action);
  if (viewer.areaId !== belonging.areaId) return false;
  return (
    reach.wholeArea ||
    reach.communityIds.includes(belonging.communityId ?? '') ||
    reach.providerIds.includes(belonging.providerId ?? '') ||
    reach.residentIds.includes(belonging.residentId ?? '')
  );
}

/** The things of the viewer's area on which they may act: all of them, or those of any of these lists. */
export type Reach = {
  readonly areaId: string;
  readonly wholeArea: boolean;
  readonly communityIds: readonly string[];
  readonly providerIds: readonly string[];
  readonly residentIds: readonly string[];
};

/** How far the viewer's roles reach for an action, from which stores make their queries. */
export function reachOf(viewer: Viewer, action: Action): Reach {
  const roles: Rule['roles'] = POLICY[action].roles;
  const held = (relation: Relation) => viewer.grants.filter((grant) => roles[grant.role] === relation);
  return {
    areaId: viewer.areaId,
    wholeArea: viewer.isSystem || held('AREA').length > 0,
    communityIds: present(held('COMMUNITY').map((grant) => grant.communityId)),
    providerIds: present(held('PROVIDER').map((grant) => grant.providerId)),
    residentIds: present(held('SELF').map((grant) => grant.residentId)),
  };
}

/** Whether the viewer may do this with anything at all. */
export function mayAtAll(viewer: Viewer, action: Action): boolean {
  const reach = reachOf(viewer, action);
  return reach.wholeArea || reach.communityIds.length + reach.providerIds.length + reach.residentIds.length > 0;
}

/**
 * Lets the viewer through, or throws: `NotSignedIn`; `NotFound` where they may not even read the thing, so that it
 * looks as if it were not there; `NotAllowed` where they may read it but not do this.
 *
 * @param read the action that says whether they may read such a thing
 * @param kind the thing's name, for `NotFound`
 * @param path where the input names it, for `NotFound`; as it is said of a thing that is not there
 */
export function demand(
  viewer: Viewer,
  action: Action,
  belonging: Belonging,
  read: Action,
  kind: BilingualText,
  path: readonly (string | number)[] = [],
): void {
  if (may(viewer, action, belonging)) return;
  if (viewer.userId === null && !viewer.isSystem) throw new NotSignedIn();
  if (may(viewer, read, belonging)) throw new NotAllowed(POLICY[action].name);
  throw new NotFound(kind, path);
}

/** Lets the viewer through when they may do this with anything at all, or throws `NotSignedIn` or `NotAllowed`. */
export function demandAtAll(viewer: Viewer, action: Action): void {
  if (mayAtAll(viewer, action)) return;
  if (viewer.userId === null && !viewer.isSystem) throw new NotSignedIn();
  throw new NotAllowed(POLICY[action].name);
}

function rule(zh: string, en: string, roles: Rule['roles']): Rule {
  return { name: { zh, en }, roles };
}

function present(ids: readonly (string | null)[]): string[] {
  return ids.filter((id) => id !== null);
}
