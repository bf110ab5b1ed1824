import { TransitionRefused } from '../failures.ts';
import type { NeedState } from '../generated/prisma/enums.ts';
import type { BilingualText } from '../matching/records.ts';

/** What each state of a need means, in the order of its life (需求状态). */
export const NEED_STATES = {
  OPEN: { zh: '待匹配', en: 'registered, no order is out' },
  OFFERED: { zh: '已派单', en: 'an order is out and waits for its provider' },
  MATCHED: { zh: '已接单', en: 'a provider accepted the order' },
  FULFILLED: { zh: '已服务', en: 'the provider has served it; the resident has not confirmed yet' },
  CLOSED: { zh: '已办结', en: 'the resident confirmed it' },
  UNMET: { zh: '未满足', en: 'no service for it, or every one declined; the reason is kept with it' },
  WITHDRAWN: { zh: '已撤回', en: 'the resident or the office took it back' },
} as const satisfies Readonly<Record<NeedState, BilingualText>>;

/**
 * The changes of state that a need may make (需求生命周期). The database holds the same table, `need_transitions`, and
 * refuses every other change.
 */
export const NEED_TRANSITIONS = [
  { from: 'OPEN', to: 'OFFERED', meaning: 'its first order is dispatched (派单)' },
  { from: 'OPEN', to: 'UNMET', meaning: 'a match run finds no service for it (无可用服务)' },
  { from: 'OPEN', to: 'WITHDRAWN', meaning: 'it is taken back (撤回)' },

  { from: 'OFFERED', to: 'MATCHED', meaning: 'the provider accepts (接单)' },
  { from: 'OFFERED', to: 'OPEN', meaning: 'the order ends and nobody is asked yet (重新待匹配)' },
  { from: 'OFFERED', to: 'UNMET', meaning: 'every candidate declined or let it expire (无人接单)' },
  { from: 'OFFERED', to: 'WITHDRAWN', meaning: 'it is taken back and the order is cancelled (撤回)' },

  { from: 'MATCHED', to: 'FULFILLED', meaning: 'the provider has served it (服务完成)' },
  { from: 'MATCHED', to: 'OPEN', meaning: 'the order is cancelled before it is served (订单取消)' },
  { from: 'MATCHED', to: 'UNMET', meaning: 'the order is cancelled and no candidate is left (订单取消且无候选)' },
  { from: 'MATCHED', to: 'WITHDRAWN', meaning: 'it is taken back and the order is cancelled (撤回)' },

  {
    from: 'FULFILLED',
    to: 'CLOSED',
    meaning: 'the resident confirms, or a dispute is settled for the provider (办结)',
  },
  { from: 'FULFILLED', to: 'OPEN', meaning: 'a dispute is settled for the resident (争议成立，重新待匹配)' },

  { from: 'UNMET', to: 'OPEN', meaning: 'it is amended or put up for matching again (重新待匹配)' },
  { from: 'UNMET', to: 'OFFERED', meaning: 'a later match run or a person finds a service (补派)' },
  { from: 'UNMET', to: 'WITHDRAWN', meaning: 'it is taken back (撤回)' },
] as const satisfies readonly { from: NeedState; to: NeedState; meaning: string }[];

/** The state in which every need begins. */
export const FIRST_NEED_STATE = 'OPEN' satisfies NeedState;

/** The states in which a need waits for an order: it may be matched, and its words may still change. */
export const WAITING_NEED_STATES = ['OPEN', 'UNMET'] as const satisfies readonly NeedState[];

/** The thing's name, for messages. */
export const NEED = { zh: '需求', en: 'need' } as const;

/** Whether the lifecycle has this change. A state does not become itself. */
export function mayNeedBecome(from: NeedState, to: NeedState): boolean {
  return NEED_TRANSITIONS.some((transition) => transition.from === from && transition.to === to);
}

/** The states that a need in this state may become, none when its life has ended. */
export function nextNeedStates(from: NeedState): readonly NeedState[] {
  return NEED_TRANSITIONS.filter((transition) => transition.from === from).map((transition) => transition.to);
}

/** The states from which a need may become this one, for the WHERE of a set-based change. */
export function previousNeedStates(to: NeedState): readonly NeedState[] {
  return NEED_TRANSITIONS.filter((transition) => transition.to === to).map((transition) => transition.from);
}

/** @throws TransitionRefused when the lifecycle has no such change */
export function assertNeedTransition(from: NeedState, to: NeedState): void {
  if (!mayNeedBecome(from, to)) throw new TransitionRefused(NEED, from, to);
}
