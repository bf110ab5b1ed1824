import { TransitionRefused } from '../failures.ts';
import type { NeedState, OrderState } from '../generated/prisma/enums.ts';
import type { Action } from '../identity/policy.ts';
import type { BilingualText } from '../matching/records.ts';

/** What each state of an order means, in the order of its life (订单状态). */
export const ORDER_STATES = {
  DISPATCHED: { zh: '派单', en: 'sent to the provider, who has not answered' },
  ACCEPTED: { zh: '接单', en: 'the provider accepted it' },
  IN_SERVICE: { zh: '服务中', en: 'the provider is serving it' },
  FULFILLED: { zh: '已完成', en: 'the provider has served it; the resident has not confirmed' },
  CONFIRMED: { zh: '已办结', en: 'the resident confirmed it' },
  DECLINED: { zh: '拒单', en: 'the provider declined it; the next candidate is asked' },
  EXPIRED: { zh: '超时', en: 'the provider did not answer in time; the next candidate is asked' },
  CANCELLED: { zh: '已取消', en: 'the resident or the office cancelled it' },
  DISPUTED: { zh: '争议', en: 'the resident does not agree that it was served' },
} as const satisfies Readonly<Record<OrderState, BilingualText>>;

/** One change of state, who may make it, and what it does to everything that hangs on the order. */
export type OrderTransition = {
  readonly from: OrderState;
  readonly to: OrderState;
  /** What the policy is asked; SYSTEM for what only the clock does. */
  readonly by: Action | 'SYSTEM';
  /** What the need becomes; NEXT_CANDIDATE: it goes to the next candidate and stays OFFERED, or is UNMET when none is left. */
  readonly need: NeedState | 'NEXT_CANDIDATE';
  /** What becomes of the places that it holds. */
  readonly places: 'RESERVED' | 'CONSUMED' | 'RELEASED';
  /** What becomes of its transfers. */
  readonly transfers: 'PENDING' | 'POSTED' | 'VOIDED';
  /** Whether a reason must be given. */
  readonly reason: boolean;
};

/**
 * The life of an order (订单生命周期) after its dispatch, which reserves its places, opens its transfers as PENDING and makes
 * its need OFFERED. The database holds the same changes in `order_transitions`, and refuses every other one.
 */
// biome-ignore format: a table is read by its columns
export const ORDER_TRANSITIONS = [
  { from: 'DISPATCHED', to: 'ACCEPTED',   by: 'order.serve',   need: 'MATCHED',        places: 'RESERVED', transfers: 'PENDING', reason: false }, // 接单
  { from: 'DISPATCHED', to: 'DECLINED',   by: 'order.serve',   need: 'NEXT_CANDIDATE', places: 'RELEASED', transfers: 'VOIDED',  reason: true },  // 拒单
  { from: 'DISPATCHED', to: 'EXPIRED',    by: 'SYSTEM',        need: 'NEXT_CANDIDATE', places: 'RELEASED', transfers: 'VOIDED',  reason: false }, // 超时
  { from: 'DISPATCHED', to: 'CANCELLED',  by: 'order.cancel',  need: 'OPEN',           places: 'RELEASED', transfers: 'VOIDED',  reason: true },  // 取消
  { from: 'ACCEPTED',   to: 'CANCELLED',  by: 'order.cancel',  need: 'OPEN',           places: 'RELEASED', transfers: 'VOIDED',  reason: true },  // 取消
  { from: 'IN_SERVICE', to: 'CANCELLED',  by: 'order.cancel',  need: 'OPEN',           places: 'RELEASED', transfers: 'VOIDED',  reason: true },  // 取消
  { from: 'ACCEPTED',   to: 'IN_SERVICE', by: 'order.serve',   need: 'MATCHED',        places: 'RESERVED', transfers: 'PENDING', reason: false }, // 开始服务
  { from: 'IN_SERVICE', to: 'FULFILLED',  by: 'order.serve',   need: 'FULFILLED',      places: 'CONSUMED', transfers: 'PENDING', reason: false }, // 完成
  { from: 'FULFILLED',  to: 'CONFIRMED',  by: 'order.confirm', need: 'CLOSED',         places: 'CONSUMED', transfers: 'POSTED',  reason: false }, // 办结
  { from: 'FULFILLED',  to: 'DISPUTED',   by: 'order.confirm', need: 'FULFILLED',      places: 'CONSUMED', transfers: 'PENDING', reason: true },  // 争议
  { from: 'DISPUTED',   to: 'CONFIRMED',  by: 'order.settle',  need: 'CLOSED',         places: 'CONSUMED', transfers: 'POSTED',  reason: true },  // 裁决：已办结
  { from: 'DISPUTED',   to: 'CANCELLED',  by: 'order.settle',  need: 'OPEN',           places: 'CONSUMED', transfers: 'VOIDED',  reason: true },  // 裁决：未办结
] as const satisfies readonly OrderTransition[];

/** How an order ends that goes to the next candidate. */
export type PassedOnState = 'DECLINED' | 'EXPIRED';

/** The states of an order that is still alive; a need has at most one such. */
export const LIVE_ORDER_STATES = [
  'DISPATCHED',
  'ACCEPTED',
  'IN_SERVICE',
  'FULFILLED',
  'DISPUTED',
] as const satisfies readonly OrderState[];

/** The states in which an order may be appraised. */
export const APPRAISABLE_ORDER_STATES = ['FULFILLED', 'DISPUTED', 'CONFIRMED'] as const satisfies readonly OrderState[];

/** The thing's name, for messages. */
export const ORDER = { zh: '订单', en: 'order' } as const;

/**
 * The row of the table for a change.
 *
 * @throws TransitionRefused when the lifecycle has no such change
 */
export function orderTransition(from: OrderState, to: OrderState): OrderTransition {
  const found = ORDER_TRANSITIONS.find((transition) => transition.from === from && transition.to === to);
  if (found === undefined) throw new TransitionRefused(ORDER, from, to);
  return found;
}
