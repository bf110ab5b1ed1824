/** What other features may call of the orders. */
export { ordersInReach } from './access.ts';
export { calendarImport } from './calendar.import.ts';
export { capacityPeriodStarts } from './capacity.ts';
export type { EvaluateCandidate } from './choice.store.ts';
export { dispatchOrders } from './dispatch.store.ts';
export type { Dispatch, DispatchOutcome } from './dispatch-plan.store.ts';
export { ORDER, ORDER_STATES } from './lifecycle.ts';
export { cancelOrdersOfNeeds } from './order.store.ts';
export { type OrderChange, publishOrderChanges } from './order-changes.ts';
export type { FindNextCandidates, NextCandidate } from './redispatch.store.ts';
export { type FiredTimers, fireDueTimers, nextTimerAt } from './timers.store.ts';
